//! What the API says about a scope in this pass.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ErrorKind, Facet, FacetKind, Status, Subject, SubjectId};

/// Everything that one pass has read about a scope, for [`plan`](super::plan()).
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The subjects that were read. If a subject is in the list twice, the later entry counts.
    pub observations: Vec<Observation>,
    /// Known open subjects that the listing did not contain and that a lookup by id did not find either.
    pub absent: Vec<SubjectId>,
    /// The time of the oldest cached answer that was used instead of a new call. The scope counts as read as of then.
    pub relied_on: Option<Timestamp>,
}

/// How much of a scope a pass has read.
#[derive(Clone, Debug, PartialEq)]
pub enum Coverage {
    Complete,
    /// The pass asked about every subject, and these parts gave no answer. There is at least one.
    Swept(Vec<Unread>),
    /// The read ended before the pass had asked about every subject, or it was about a single subject.
    Stopped {
        /// If time ran out in the middle of a sweep: the last key that was read. The next pass continues after it.
        resume_after: Option<String>,
        /// The parts that gave no answer so far.
        unread: Vec<Unread>,
        /// What stopped the read. `None` if time ran out and the next pass continues, or if it was about one subject.
        error: Option<ScopeError>,
    },
}

impl Coverage {
    pub const fn is_complete(&self) -> bool {
        matches!(self, Self::Complete)
    }

    /// Whether the pass asked about every subject, even if not all of them gave an answer.
    pub const fn is_swept(&self) -> bool {
        matches!(self, Self::Complete | Self::Swept(_))
    }

    /// The parts that gave no answer.
    pub fn unread(&self) -> &[Unread] {
        match self {
            Self::Complete => &[],
            Self::Swept(unread) | Self::Stopped { unread, .. } => unread,
        }
    }

    /// The error that stopped the read. Otherwise the error of the first part that gave no answer, and how many more
    /// subjects have none.
    pub fn error(&self) -> Option<ScopeError> {
        let stopped = match self {
            Self::Stopped { error, .. } => error.clone(),
            _ => None,
        };
        stopped.or_else(|| {
            let first = self.unread().first()?;
            let name = first.subjects.first().map_or(first.part.as_str(), |id| id);
            let total: usize = self.unread().iter().map(|part| part.count).sum();
            let others = if total > 1 { format!(" (and {} more)", total - 1) } else { String::new() };
            Some(ScopeError { message: format!("{name}: {}{others}", first.error.message), ..first.error.clone() })
        })
    }

    /// The same coverage with one more part that could not be read.
    #[must_use]
    pub fn without(self, part: Unread) -> Self {
        match self {
            Self::Complete => Self::Swept(vec![part]),
            Self::Swept(mut unread) => {
                unread.push(part);
                Self::Swept(unread)
            }
            Self::Stopped { resume_after, mut unread, error } => {
                unread.push(part);
                Self::Stopped { resume_after, unread, error }
            }
        }
    }
}

/// A part of a scope that gave no answer although the rest did.
#[derive(Clone, Debug, PartialEq)]
pub struct Unread {
    /// A table bucket's ARN. For sources without table buckets, the IAM action of the calls that failed.
    pub part: String,
    /// How many subjects could not be read.
    pub count: usize,
    /// The ids of these subjects. If the tables of a bucket could not be listed, the ARN of the bucket.
    pub subjects: BTreeSet<SubjectId>,
    /// The globs for the setting `exclude` that make tidings skip this part. Empty if that is not possible.
    pub exclude: Vec<String>,
    /// The error of the first of these subjects.
    pub error: ScopeError,
}

/// Why a scope, or a part of it, could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeError {
    pub kind: ErrorKind,
    /// The whole chain of causes, on one line.
    pub message: String,
    /// The IAM action to allow, if access was denied.
    pub action: Option<String>,
}

impl ScopeError {
    /// Whether the account or the region does not have the service. Then nothing is wrong, and nothing is left
    /// unwatched.
    pub fn is_not_available(&self) -> bool {
        self.kind == ErrorKind::NotAvailable
    }
}

/// What the API says now about one subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    pub subject: Arc<Subject>,
    /// When it was requested or created, if the API says so.
    #[serde(with = "crate::domain::packed_time::optional")]
    pub began_at: Option<Timestamp>,
    /// Each facet at most once.
    pub facets: Vec<FacetObservation>,
    /// Whether it belongs to a restore test, so that a validation and a deletion may follow the restore.
    pub awaits_more: bool,
}

/// What the API says now about one facet of a subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FacetObservation {
    pub facet: Facet,
    pub status: Status,
    /// The status as AWS spells it.
    pub aws_status: String,
    /// For recurring facets, what identifies the run: the start of the last run, or the last successful replication.
    #[serde(with = "crate::domain::packed_time::optional")]
    pub run: Option<Timestamp>,
    /// When it ended, if the API says so.
    #[serde(with = "crate::domain::packed_time::optional")]
    pub ended_at: Option<Timestamp>,
    /// The status message. If it is shortened, it says so.
    pub message: Option<String>,
    pub progress: Option<Progress>,
    /// When AWS expects it to end, if the API says so.
    #[serde(with = "crate::domain::packed_time::optional")]
    pub expected_by: Option<Timestamp>,
    /// Until when it may wait before it starts, if the API says so.
    #[serde(with = "crate::domain::packed_time::optional")]
    pub start_by: Option<Timestamp>,
}

impl FacetObservation {
    /// A facet of which only the status is known.
    pub fn new(facet: Facet, aws_status: &str) -> Self {
        Self {
            status: Status::from_aws(facet.kind(), aws_status),
            facet,
            aws_status: aws_status.to_owned(),
            run: None,
            ended_at: None,
            message: None,
            progress: None,
            expected_by: None,
            start_by: None,
        }
    }

    pub const fn kind(&self) -> FacetKind {
        self.facet.kind()
    }

    /// When the facet got its status: AWS's time if there is one, else the reference time of the pass that saw it.
    pub fn time_of_change(&self, reference_time: Timestamp) -> Timestamp {
        let run = match self.kind() {
            FacetKind::Maintenance => self.run,
            // The run of a replication is its last success, which says nothing about when it failed or began to wait.
            FacetKind::Replication if self.status == Status::Completed => self.run,
            _ => None,
        };
        self.ended_at.or(run).unwrap_or(reference_time)
    }
}

/// How far a job is. Each part may be unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// 0 to 100.
    pub percent: Option<f64>,
    pub done_bytes: Option<u64>,
    pub total_bytes: Option<u64>,
}

impl Progress {
    /// Whether the job has moved since `before`. A total that changes is no progress.
    pub fn has_moved_from(&self, before: &Self) -> bool {
        self.percent != before.percent || self.done_bytes != before.done_bytes
    }

    /// From the megabytes (2^20 bytes) that the Redshift APIs return. `None` if they return neither.
    pub fn from_megabytes(done: Option<i64>, total: Option<i64>) -> Option<Self> {
        let bytes = |megabytes: i64| u64::try_from(megabytes).ok().map(|megabytes| megabytes.saturating_mul(1 << 20));
        let (done_bytes, total_bytes) = (done.and_then(bytes), total.and_then(bytes));
        #[expect(clippy::cast_precision_loss, reason = "a percentage does not need 53 bits")]
        let percent = match (done_bytes, total_bytes) {
            (Some(done), Some(total)) if total > 0 => Some((done as f64 / total as f64 * 100.0).min(100.0)),
            _ => None,
        };
        (done_bytes.is_some() || total_bytes.is_some()).then_some(Self { percent, done_bytes, total_bytes })
    }

    /// From AWS Backup's `PercentDone`, a string such as `"37.52%"`, and the size of the backup.
    pub fn from_percent_text(percent: Option<&str>, total_bytes: Option<i64>) -> Option<Self> {
        let percent = percent
            .and_then(|text| text.trim().trim_end_matches('%').trim().parse::<f64>().ok())
            .filter(|percent| percent.is_finite())
            .map(|percent| percent.clamp(0.0, 100.0));
        let total_bytes = total_bytes.and_then(|bytes| u64::try_from(bytes).ok());
        (percent.is_some() || total_bytes.is_some()).then_some(Self { percent, done_bytes: None, total_bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_text_is_read_leniently() {
        let percent = |text| Progress::from_percent_text(Some(text), None).and_then(|progress| progress.percent);
        assert_eq!(percent("0.00%"), Some(0.0));
        assert_eq!(percent(" 37.52 % "), Some(37.52));
        assert_eq!(percent("100"), Some(100.0));
        assert_eq!(percent("250%"), Some(100.0));
        for odd in ["", "done", "NaN", "inf%", "12,5%"] {
            assert_eq!(percent(odd), None, "{odd}");
        }
    }

    #[test]
    fn megabytes_become_bytes_and_a_percentage() {
        let progress = Progress::from_megabytes(Some(512), Some(2048)).expect("progress");
        assert_eq!(progress, Progress { percent: Some(25.0), done_bytes: Some(512 << 20), total_bytes: Some(2 << 30) });
        assert_eq!(Progress::from_megabytes(Some(0), Some(0)).and_then(|progress| progress.percent), None);
        assert_eq!(Progress::from_megabytes(None, None), None);
        assert_eq!(Progress::from_megabytes(Some(-1), None), None);
        let half = Progress { percent: None, done_bytes: Some(1 << 20), total_bytes: None };
        assert_eq!(Progress::from_megabytes(Some(1), None), Some(half));
    }

    #[test]
    fn only_the_completion_of_a_replication_has_a_time_of_its_own() {
        let at = |seconds| Timestamp::from_second(seconds).expect("a time");
        for (status, expected) in [("completed", 1), ("pending", 2), ("failed", 2)] {
            let seen = FacetObservation::new(Facet::Destination("dr".to_owned()), status);
            let seen = FacetObservation { run: Some(at(1)), ..seen };
            assert_eq!(seen.time_of_change(at(2)), at(expected), "{status}");
        }
    }
}
