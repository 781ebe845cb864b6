//! What tidings remembers of a scope as a whole.

use jiff::Timestamp;

/// How far a scope has been read, and how its reads have gone lately.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// When the scope's history had been taken in. Until then, what is found is recorded in silence.
    pub baseline_at: Option<Timestamp>,
    /// The reference time at which the last complete read began.
    pub last_complete_at: Option<Timestamp>,
    /// A sweep over many subjects that one pass could not finish.
    pub sweep: Option<Sweep>,
    /// How many passes in a row ended in an error.
    pub failures: u32,
    /// The reference time of the first of them.
    pub failing_since: Option<Timestamp>,
    /// Whether people have been told that the scope cannot be read.
    pub told_unreachable: bool,
}

/// A sweep that goes on in the next pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The reference time at which it began.
    pub started_at: Timestamp,
    /// The last key that was read.
    pub after: String,
}

impl Checkpoint {
    /// The time after which a subject that is first seen already finished is news; `None` before the baseline.
    pub fn horizon(&self) -> Option<Timestamp> {
        self.last_complete_at.max(self.baseline_at)
    }
}
