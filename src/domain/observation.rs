//! What an API said in this pass.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::{ErrorKind, Facet, FacetKind, Status, Subject, SubjectId};

/// Everything that one pass learned about a scope.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// One entry per subject that was read. A later entry for the same subject replaces an earlier one.
    pub observations: Vec<Observation>,
    /// Known open subjects that were neither listed nor found when asked for by id.
    pub absent: Vec<SubjectId>,
    /// When the oldest of the earlier answers was given that stand in for questions that were not asked again; the scope
    /// has been read as of then.
    pub relied_on: Option<Timestamp>,
}

/// How much of a scope a pass has read.
#[derive(Clone, Debug, PartialEq)]
pub enum Coverage {
    /// All of it.
    Complete,
    /// Every subject was asked about, and these parts gave no answer. There is at least one.
    Swept(Vec<Unread>),
    /// The read ended before every subject was asked about, or it was about a single subject.
    Stopped {
        /// Where the next pass goes on, when time ran out in the middle of a sweep: the last key that was read.
        resume_after: Option<String>,
        /// The parts that gave no answer so far.
        unread: Vec<Unread>,
        /// What stopped it; `None` when time ran out and the next pass goes on, or when it was about a single subject.
        error: Option<ScopeError>,
    },
}

impl Coverage {
    /// Whether all of the scope was read.
    pub const fn is_complete(&self) -> bool {
        matches!(self, Self::Complete)
    }

    /// Whether every subject was asked about.
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

    /// What stopped the read, else what went wrong with the parts that gave no answer: the first, and how many more.
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

/// A part of a scope that gave no answer while the rest did.
#[derive(Clone, Debug, PartialEq)]
pub struct Unread {
    /// A table bucket's ARN. For sources without table buckets, the IAM action of the calls that failed.
    pub part: String,
    /// How many subjects could not be read.
    pub count: usize,
    /// The ids of those that were asked about, in order. The bucket's own ARN when its tables could not be listed.
    pub subjects: BTreeSet<SubjectId>,
    /// The globs that leave it out of what is watched; none where that is not possible.
    pub exclude: Vec<String>,
    /// Why, for the first of them.
    pub error: ScopeError,
}

/// Why a scope could not be read, or not wholly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeError {
    /// What sort of failure.
    pub kind: ErrorKind,
    /// The whole story in one line.
    pub message: String,
    /// The IAM action to allow, when access was denied.
    pub action: Option<String>,
}

impl ScopeError {
    /// Whether the account or the region does not have the service, which is nobody's fault.
    pub fn is_not_available(&self) -> bool {
        self.kind == ErrorKind::NotAvailable
    }
}

/// One subject as an API described it.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// What it is.
    pub subject: Arc<Subject>,
    /// When it was asked for or created, if the API says.
    pub began_at: Option<Timestamp>,
    /// Its state machines, each at most once.
    pub facets: Vec<FacetObservation>,
    /// Whether further facets will follow once the restore has completed: it belongs to a restore test.
    pub awaits_more: bool,
}

/// One state machine of a subject as an API described it.
#[derive(Clone, Debug, PartialEq)]
pub struct FacetObservation {
    /// Which one.
    pub facet: Facet,
    /// Its status in our words.
    pub status: Status,
    /// AWS's word for it.
    pub aws_status: String,
    /// For recurring facets, the identity of the run: the last run's start, the last successful replication.
    pub run: Option<Timestamp>,
    /// When it ended, if the API says.
    pub ended_at: Option<Timestamp>,
    /// AWS's explanation, whole or shortened with a mark.
    pub message: Option<String>,
    /// How far it is, if the API says.
    pub progress: Option<Progress>,
    /// When AWS expects it to end, if the API says.
    pub expected_by: Option<Timestamp>,
}

impl FacetObservation {
    /// A facet with AWS's word for its status and nothing else.
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
        }
    }

    /// The facet's kind.
    pub const fn kind(&self) -> FacetKind {
        self.facet.kind()
    }

    /// When the facet took its status: AWS's time if there is one, else the reference time of the pass that saw it.
    pub fn time_of_change(&self, reference_time: Timestamp) -> Timestamp {
        let run = match self.kind() {
            FacetKind::Maintenance => self.run,
            FacetKind::Replication if self.status == Status::Completed => self.run,
            _ => None,
        };
        self.ended_at.or(run).unwrap_or(reference_time)
    }
}

/// How far a restore is. Any part may be unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// 0 to 100.
    pub percent: Option<f64>,
    /// Bytes restored so far.
    pub done_bytes: Option<u64>,
    /// Bytes to restore in all.
    pub total_bytes: Option<u64>,
}

impl Progress {
    /// Whether this is another point than `before`, whatever became of the total.
    pub fn has_moved_from(&self, before: &Self) -> bool {
        self.percent != before.percent || self.done_bytes != before.done_bytes
    }

    /// From what the APIs give in megabytes of 2^20 bytes; `None` when they give nothing.
    pub fn from_megabytes(done: Option<i64>, total: Option<i64>) -> Option<Self> {
        let bytes = |megabytes: i64| u64::try_from(megabytes).ok().map(|megabytes| megabytes.saturating_mul(1 << 20));
        let (done_bytes, total_bytes) = (done.and_then(bytes), total.and_then(bytes));
        #[expect(clippy::cast_precision_loss, reason = "a percentage needs no 53 bits")]
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
    fn a_copy_that_was_made_was_made_when_the_api_says_and_any_other_status_began_when_it_was_seen() {
        let at = |seconds| Timestamp::from_second(seconds).expect("a time");
        for (status, expected) in [("completed", 1), ("pending", 2), ("failed", 2)] {
            let seen = FacetObservation::new(Facet::Destination("dr".to_owned()), status);
            let seen = FacetObservation { run: Some(at(1)), ..seen };
            assert_eq!(seen.time_of_change(at(2)), at(expected), "{status}");
        }
    }
}
