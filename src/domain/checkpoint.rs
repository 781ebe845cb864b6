//! What tidings remembers of a scope as a whole.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::SubjectId;

/// How far a scope has been read, and how its reads have gone lately.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// When the scope's history had been taken in. Until then, what is found is recorded in silence.
    pub baseline_at: Option<Timestamp>,
    /// The reference time at which the last complete read began.
    pub last_complete_at: Option<Timestamp>,
    /// A sweep over many subjects that one pass could not finish.
    pub sweep: Option<Sweep>,
    /// How many passes in a row could not read the scope.
    pub failures: u32,
    /// The reference time of the first of them.
    pub failing_since: Option<Timestamp>,
    /// Whether people have been told that the scope cannot be read.
    pub told_unreachable: bool,
    /// The parts that could not be read lately, while the rest could: a table bucket's ARN, or an IAM action.
    pub unread: BTreeMap<String, UnreadState>,
}

/// A part of a scope that passes cannot read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadState {
    /// The reference time of the first pass in a row that could not read it.
    pub since: Timestamp,
    /// How many passes in a row that is.
    pub passes: u32,
    /// A few of the subjects that none of these passes could read. Single answers that get lost, each time of
    /// another subject, do not add up to a part that cannot be read.
    pub subjects: BTreeSet<SubjectId>,
    /// Whether people have been told.
    pub told: bool,
}

/// A sweep that goes on in the next pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The reference time at which it began.
    pub started_at: Timestamp,
    /// The last key that was read.
    pub after: String,
    /// The parts that its passes so far could not read.
    pub unread: BTreeSet<String>,
}

impl Checkpoint {
    /// The time after which a subject that is first seen already finished is news; `None` before the baseline.
    pub fn horizon(&self) -> Option<Timestamp> {
        self.last_complete_at.max(self.baseline_at)
    }
}

/// A part of a scope by its name: `table bucket aaa`, or the IAM action that failed.
pub fn part_name(part: &str) -> String {
    bucket_name(part).map_or_else(|| part.to_owned(), |bucket| format!("table bucket {bucket}"))
}

/// The name in a table bucket's ARN.
pub fn bucket_name(part: &str) -> Option<&str> {
    part.split_once(":bucket/").map(|(_, name)| name).filter(|_| part.starts_with("arn:"))
}
