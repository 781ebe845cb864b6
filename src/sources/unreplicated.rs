//! A cache of tables without replication, which are not read again for up to an hour.
//!
//! A pass that uses cached answers has not read everything now. So it reports the age of the oldest cached answer that was
//! used, and the scope counts as read at that time. A replication that a table got since then is new when it is found, also
//! for a process with an empty cache.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::Ask;
use super::discovery::Lead;

/// How long an answer is used: a little less than an hour, so that passes every five minutes read a table every hour.
const RELIED_ON: SignedDuration = SignedDuration::from_mins(59);

/// The tables without replication, by a hash of their ARN, because there may be a hundred thousand.
pub(super) struct Unreplicated(Mutex<HashMap<u64, Answer>>);

#[derive(Clone, Copy)]
struct Answer {
    /// The reference time of the pass that got it.
    given_at: Timestamp,
    /// When it expires.
    until: Timestamp,
}

impl Unreplicated {
    pub(super) fn new() -> Self {
        Self(Mutex::default())
    }

    /// Removes the tables from `tables` that have a cached answer. Returns the time of the oldest cached answer that was
    /// used. A table that is known to be replicated is always read.
    pub(super) fn leave_out(&self, tables: &mut Vec<Lead<'_>>, ask: &Ask<'_>) -> Option<Timestamp> {
        let now = ask.reference_time;
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Forget tables that are no longer listed.
        answers.retain(|_, answer| now.duration_since(answer.until) < RELIED_ON);
        let mut oldest: Option<Timestamp> = None;
        tables.retain(|table| {
            let arn = table.arn();
            let answer = answers.get(&key(&arn)).filter(|answer| answer.given_at <= now && now < answer.until);
            let Some(answer) = answer.filter(|_| !ask.known.is_open(&arn)) else {
                return true;
            };
            oldest = Some(oldest.map_or(answer.given_at, |oldest| oldest.min(answer.given_at)));
            false
        });
        oldest
    }

    /// Stores that a table had no replication in the pass at that time. A table's first answer expires earlier, at a time
    /// that depends on its id, so that a process does not read all tables again in the same pass.
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
