//! What is stored about a scope as a whole.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::SubjectId;
use super::notice::UnreadFor;

/// How far a scope has been read, and how recent reads went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checkpoint {
    /// When the first read of every subject ended. Until then, whatever is found is history: it is stored without a
    /// notice.
    pub baseline_at: Option<Timestamp>,
    /// The reference time at which the last complete read began.
    pub last_complete_at: Option<Timestamp>,
    /// A read of many subjects that did not fit in one pass.
    pub sweep: Option<Sweep>,
    /// How many passes in a row failed to read the scope.
    pub failures: u32,
    /// The reference time of the first of these passes.
    pub failing_since: Option<Timestamp>,
    /// Whether people were told that the scope cannot be read.
    pub told_unreachable: bool,
    /// The parts that recent passes could not read although they could read the rest. The key is a table bucket's ARN
    /// or an IAM action.
    pub unread: BTreeMap<String, UnreadState>,
    /// How often operations may be called, by IAM action, as far as processes have learned it. A new process begins there.
    pub rates: BTreeMap<String, LearnedRate>,
}

/// The rate at which AWS allows an operation to be called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LearnedRate {
    /// In calls per second.
    pub rate: f64,
    /// The rate at which AWS last throttled a call, in calls per second.
    pub throttled: Option<f64>,
}

/// A part of a scope that passes cannot read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadState {
    /// For how long: that of the subject that was unread in the most passes.
    pub unread: UnreadFor,
    /// The subjects that the last pass could not read, at most 60, each with its own count. If each pass loses the answer
    /// about a different subject, the part can still be read.
    pub subjects: BTreeMap<SubjectId, UnreadFor>,
    /// Whether people were told.
    pub told: bool,
}

/// A read of many subjects that continues in the next pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The reference time of its first pass.
    pub started_at: Timestamp,
    /// The last key that was read.
    pub after: String,
    /// The parts that its passes could not read so far.
    pub unread: BTreeSet<String>,
}

impl Checkpoint {
    /// A subject that is already finished when it is first seen is news if it began or ended after this time. `None`
    /// before the baseline.
    pub fn horizon(&self) -> Option<Timestamp> {
        self.last_complete_at.max(self.baseline_at)
    }

    /// Whether the last pass could not read the scope, or a part of it.
    pub fn has_trouble(&self) -> bool {
        self.failing_since.is_some() || !self.unread.is_empty()
    }
}

/// The name of a part of a scope: `table bucket aaa`, or the IAM action that failed.
pub fn part_name(part: &str) -> String {
    bucket_name(part).map_or_else(|| part.to_owned(), |bucket| format!("table bucket {bucket}"))
}

/// The name in a table bucket's ARN.
pub fn bucket_name(part: &str) -> Option<&str> {
    part.split_once(":bucket/").map(|(_, name)| name).filter(|_| part.starts_with("arn:"))
}
