//! Tables that were found without replication: not asked about again for up to an hour.
//!
//! What a pass leaves out it has not read. So it says how old the oldest answer is that it relied on, and the scope
//! counts as read as of then: whatever a table replicates in between is news when it is found, also by a process that
//! remembers nothing and asks for everything.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::Ask;
use super::discovery::Lead;

/// How long an answer is relied on; a little less than an hour, so that passes every five minutes ask every hour.
const RELIED_ON: SignedDuration = SignedDuration::from_mins(59);

/// The tables that were found without replication, by a hash of their ARN: there may be a hundred thousand.
pub(super) struct Unreplicated(Mutex<HashMap<u64, Answer>>);

#[derive(Clone, Copy)]
struct Answer {
    /// The reference time of the pass that asked.
    given_at: Timestamp,
    /// Until when it is relied on.
    until: Timestamp,
}

impl Unreplicated {
    pub(super) fn new() -> Self {
        Self(Mutex::default())
    }

    /// Takes out of `tables` those that were found without replication lately. When the oldest of the answers that
    /// this relies on was given, if it relies on any. A table that is known to be replicated is always asked about.
    pub(super) fn leave_out(&self, tables: &mut Vec<Lead<'_>>, ask: &Ask<'_>) -> Option<Timestamp> {
        let now = ask.reference_time;
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Tables that are listed no more.
        answers.retain(|_, answer| now.duration_since(answer.until) < RELIED_ON);
        let mut oldest: Option<Timestamp> = None;
        tables.retain(|table| {
            let is_open = || ask.known.records.get(table.arn()).is_some_and(|tracked| tracked.state.is_open());
            let answer = answers.get(&key(table.arn())).filter(|answer| answer.given_at <= now && now < answer.until);
            let Some(answer) = answer.filter(|_| !is_open()) else {
                return true;
            };
            oldest = Some(oldest.map_or(answer.given_at, |oldest| oldest.min(answer.given_at)));
            false
        });
        oldest
    }

    /// Notes that the table was found without replication in the pass at that time. The first such answer is relied on
    /// for a part of the time only, so that a process does not ask about all tables again in the same pass.
    pub(super) fn note(&self, arn: &str, reference_time: Timestamp) {
        let key = key(arn);
        let id = arn.rsplit('/').next().unwrap_or(arn);
        let part = i32::try_from(self::key(id) % 100).unwrap_or_default();
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let relied_on = if answers.contains_key(&key) { RELIED_ON } else { RELIED_ON * part / 100 };
        let until = reference_time.checked_add(relied_on).unwrap_or(reference_time);
        answers.insert(key, Answer { given_at: reference_time, until });
    }
}

fn key(arn: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    arn.hash(&mut hasher);
    hasher.finish()
}
