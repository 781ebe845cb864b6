//! The settings that judgement depends on.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::Source;

/// What counts as news, and how long things are remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Sources whose routine transitions are told too: started, validating, every completion, disabled.
    pub routine: BTreeSet<Source>,
    /// A scope that fails this many passes in a row is unreachable.
    pub unreachable_after: u32,
    /// How much older than the last complete read a finished subject may be and still count as new: clocks differ, and
    /// listings lag behind.
    pub grace: SignedDuration,
    /// How long a completed restore test waits for a validation and a deletion that have not begun.
    pub settle_limit: SignedDuration,
    /// How long a closed subject is remembered after it was last listed.
    pub retention: SignedDuration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            routine: BTreeSet::new(),
            unreachable_after: 3,
            grace: SignedDuration::from_mins(5),
            settle_limit: SignedDuration::from_hours(8 * 24),
            retention: SignedDuration::from_hours(45 * 24),
        }
    }
}
