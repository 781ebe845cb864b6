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
use super::discovery::Table;

/// How long an answer is relied on: longer than this for no table, and at least half of it, so that not all tables are
/// asked about again in the same pass.
const RELIED_ON: SignedDuration = SignedDuration::from_hours(1);

/// When each table was last found without replication, by a hash of its ARN: there may be a hundred thousand.
pub(super) struct Unreplicated(Mutex<HashMap<u64, Timestamp>>);

impl Unreplicated {
    pub(super) fn new() -> Self {
        Self(Mutex::default())
    }

    /// Takes out of `tables` those that were found without replication lately. When the oldest of the answers that
    /// this relies on was given, if it relies on any. A table that is known to have been replicated is always asked about.
    pub(super) fn leave_out(&self, tables: &mut Vec<Table>, ask: &Ask<'_>) -> Option<Timestamp> {
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        found.retain(|key, at| is_recent(*key, *at, ask.reference_time));
        let mut oldest: Option<Timestamp> = None;
        tables.retain(|table| {
            let Some(at) = found.get(&key(&table.arn)).filter(|_| !is_known(&table.arn, ask)) else {
                return true;
            };
            oldest = Some(oldest.map_or(*at, |oldest| oldest.min(*at)));
            false
        });
        oldest
    }

    /// Notes that the table was found without replication in the pass at that time.
    pub(super) fn note(&self, arn: &str, reference_time: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key(arn), reference_time);
    }
}

fn is_known(arn: &str, ask: &Ask<'_>) -> bool {
    ask.known.records.get(arn).is_some_and(|tracked| tracked.state.is_open())
}

fn key(arn: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    arn.hash(&mut hasher);
    hasher.finish()
}

fn is_recent(key: u64, at: Timestamp, now: Timestamp) -> bool {
    let half = RELIED_ON / 2;
    let parts = i32::try_from(key % 60).unwrap_or_default();
    let age = now.duration_since(at);
    age >= SignedDuration::ZERO && age < half + half * parts / 60
}
