//! What people are told, as data. `publish` turns it into text.

mod id;
mod reason;

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use id::NoticeId;
use id::incident_key;
pub(super) use id::notice_id;
pub use reason::{Reason, Severity};

use super::{Facet, Progress, Scope, ScopeError, Silence, Source, Status, Subject, Treatment};

/// One thing that people are told. It contains everything that a message about it needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// The same in every copy of the notice, and different for every other notice.
    pub id: NoticeId,
    pub severity: Severity,
    pub scope: Scope,
    /// The name of the account, if the organization or the settings have one.
    pub account_name: Option<String>,
    pub event: Event,
    /// The reference time of the pass that found it.
    #[serde(with = "crate::domain::packed_time::required")]
    pub observed_at: Timestamp,
    /// Text that a rule adds, such as a link to a runbook.
    pub note: Option<String>,
    /// The topic that a rule sets. `None` is the default topic.
    pub topic_arn: Option<String>,
}

/// What happened, and to what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    Facet(Box<FacetEvent>),
    /// It concerns the scope as a whole, or parts of it.
    Scope(ScopeEvent),
}

/// What happened to one facet of a subject, and the state of the facet afterwards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FacetEvent {
    pub subject: Arc<Subject>,
    pub facet: Facet,
    pub change: FacetChange,
    /// The status before; `None` when the facet was first seen with this status.
    pub from: Option<Status>,
    /// The status now. If the facet vanished, its last known status.
    pub to: Status,
    /// The status now as AWS spells it.
    pub aws_status: Option<String>,
    /// The status message.
    pub message: Option<String>,
    pub progress: Option<Progress>,
    /// For recurring facets, what identifies the run.
    #[serde(with = "crate::domain::packed_time::optional")]
    pub run: Option<Timestamp>,
    /// When the subject was requested or created, if the API says so.
    #[serde(with = "crate::domain::packed_time::optional")]
    pub requested_at: Option<Timestamp>,
    /// When tidings first saw the subject.
    #[serde(with = "crate::domain::packed_time::required")]
    pub first_seen_at: Timestamp,
    /// When the status changed: AWS's time if there is one, else the reference time of the pass that saw it.
    #[serde(with = "crate::domain::packed_time::required")]
    pub changed_at: Timestamp,
    /// The silence of the failure, which this notice may end. One that is over is only in the first reminder after it.
    pub silence: Option<Box<Silence>>,
}

/// What happened to a facet, with the facts that only this kind of change has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FacetChange {
    Failed(Failures),
    StillFailing(Failures),
    Canceled,
    Vanished,
    UnknownStatus,
    Stalled {
        #[serde(with = "crate::domain::packed_time::required")]
        since: Timestamp,
    },
    Overdue {
        /// When AWS expected the end.
        #[serde(with = "crate::domain::packed_time::required")]
        expected_by: Timestamp,
    },
    Lagging {
        #[serde(with = "crate::domain::packed_time::required")]
        since: Timestamp,
    },
    Completed,
    Recovered(Recovery),
    Started,
    Validating,
    Disabled,
}

/// Failures without a success in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failures {
    /// When the first of them happened.
    #[serde(with = "crate::domain::packed_time::required")]
    pub since: Timestamp,
    /// The number of failures, including this one.
    pub count: u32,
}

/// What is over, and when it had begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recovery {
    Failing(#[serde(with = "crate::domain::packed_time::required")] Timestamp),
    Lagging(#[serde(with = "crate::domain::packed_time::required")] Timestamp),
    Stalled(#[serde(with = "crate::domain::packed_time::required")] Timestamp),
}

/// Something that happened to a scope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ScopeEvent {
    Baseline(Baseline),
    Unreachable {
        unread: UnreadFor,
        error: ScopeError,
    },
    Reachable(UnreadFor),
    /// Passes could read the scope except for these parts.
    PartlyUnreachable {
        unread: UnreadFor,
        parts: Parts,
    },
    /// Parts that people were told about could be read again. These are their keys.
    PartsReachable {
        unread: UnreadFor,
        parts: Vec<String>,
    },
}

/// For how long something could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadFor {
    /// The reference time of the first pass that could not read it.
    #[serde(with = "crate::domain::packed_time::required")]
    pub since: Timestamp,
    /// How many passes in a row could not read it. 0 in a notice of an earlier version, which did not store it.
    pub passes: u32,
}

/// What the first complete pass found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// The number of subjects.
    pub known: usize,
    /// The number of facets that must still end.
    pub unfinished: usize,
    /// The number of recurring facets that are failing.
    pub failing: usize,
    /// The number of subjects that had already ended.
    pub finished: usize,
    /// The first few facets that are failing.
    pub named: Vec<FailingFacet>,
    /// The parts that could not be read.
    pub unread: Option<Parts>,
}

/// A recurring facet that was failing at the baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailingFacet {
    pub facet: String,
    /// The name of its subject.
    pub subject: String,
    /// The status message.
    pub message: Option<String>,
}

/// Parts of a scope that could not be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    /// The first few; at least one.
    pub named: Vec<UnreadPart>,
    /// The number of further parts.
    pub more: usize,
    /// The number of subjects in all parts together.
    pub subjects: usize,
}

/// A part of a scope that could not be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnreadPart {
    /// A table bucket's ARN. For sources without table buckets, the IAM action of the calls that failed.
    pub part: String,
    /// The number of subjects in it.
    pub subjects: usize,
    /// Whether it could not be listed. Then its known subjects are still watched, and only new ones are missed.
    pub is_listing: bool,
    /// The globs for the setting `exclude` that make tidings skip this part. Empty if that is not possible.
    pub exclude: Vec<String>,
    /// The error of the first of its subjects.
    pub error: ScopeError,
}

// The statuses in messages that no facet record has.
const VANISHED: &str = "vanished";
const REACHABLE: &str = "reachable";
const UNREACHABLE: &str = "unreachable";
const PARTLY_UNREACHABLE: &str = "partly-unreachable";
/// The facet of notices about a scope.
pub const SCOPE: &str = "scope";

impl Notice {
    pub const fn reason(&self) -> Reason {
        match &self.event {
            Event::Facet(event) => event.change.reason(),
            Event::Scope(event) => event.reason(),
        }
    }

    /// What happened to a facet; `None` for a notice about a scope.
    pub const fn facet_event(&self) -> Option<&FacetEvent> {
        match &self.event {
            Event::Facet(event) => Some(event),
            Event::Scope(_) => None,
        }
    }

    /// The subject's id, or the scope's name.
    pub fn subject(&self) -> Cow<'_, str> {
        match &self.event {
            Event::Facet(event) => Cow::Borrowed(&event.subject.id),
            Event::Scope(_) => Cow::Owned(self.scope.to_string()),
        }
    }

    /// The facet's name, or `scope`.
    pub fn facet(&self) -> &str {
        match &self.event {
            Event::Facet(event) => event.facet.as_str(),
            Event::Scope(_) => SCOPE,
        }
    }

    /// The same for every notice about this facet, from the start of a trouble to its end.
    pub fn incident_key(&self) -> Uuid {
        incident_key(&self.scope.to_string(), &self.subject(), self.facet())
    }

    /// Whether it is about a failure, of which reminders may follow.
    pub fn is_of_failure(&self) -> bool {
        matches!(self.reason(), Reason::Failed | Reason::StillFailing)
    }

    /// The status before, as the word in messages.
    pub fn from(&self) -> Option<&'static str> {
        match &self.event {
            Event::Facet(event) => event.from.as_ref().map(Status::as_str),
            Event::Scope(event) => Some(event.words().0),
        }
    }

    /// The status now, as the word in messages.
    pub fn to(&self) -> &'static str {
        match &self.event {
            Event::Facet(event) if event.change == FacetChange::Vanished => VANISHED,
            Event::Facet(event) => event.to.as_str(),
            Event::Scope(event) => event.words().1,
        }
    }

    /// The status message, or the text of the errors. Rules match it.
    pub fn message(&self) -> Option<Cow<'_, str>> {
        match &self.event {
            Event::Facet(event) => event.message.as_deref().map(Cow::Borrowed),
            Event::Scope(event) => event.message(),
        }
    }

    /// When tidings first saw the subject. For a scope, since when it could not be read.
    pub fn first_seen_at(&self) -> Timestamp {
        match &self.event {
            Event::Facet(event) => event.first_seen_at,
            Event::Scope(event) => event.since().unwrap_or(self.observed_at),
        }
    }

    /// When the status changed: AWS's time if there is one, else the reference time of the pass that saw it.
    pub fn changed_at(&self) -> Timestamp {
        self.facet_event().map_or(self.observed_at, |event| event.changed_at)
    }

    /// The notice with what the rules set for it.
    pub(super) fn treated(mut self, treatment: Treatment) -> Self {
        self.severity = treatment.severity;
        self.topic_arn = treatment.topic_arn;
        self.note = treatment.note;
        self
    }
}

impl FacetChange {
    pub const fn reason(self) -> Reason {
        match self {
            Self::Failed(_) => Reason::Failed,
            Self::StillFailing(_) => Reason::StillFailing,
            Self::Canceled => Reason::Canceled,
            Self::Vanished => Reason::Vanished,
            Self::UnknownStatus => Reason::UnknownStatus,
            Self::Stalled { .. } => Reason::Stalled,
            Self::Overdue { .. } => Reason::Overdue,
            Self::Lagging { .. } => Reason::Lagging,
            Self::Completed => Reason::Completed,
            Self::Recovered(_) => Reason::Recovered,
            Self::Started => Reason::Started,
            Self::Validating => Reason::Validating,
            Self::Disabled => Reason::Disabled,
        }
    }
}

impl FacetEvent {
    /// When the job was requested, if that is known. `None` for other facets, which begin at times of their own.
    pub fn job_requested_at(&self) -> Option<Timestamp> {
        self.requested_at.filter(|_| self.facet.kind().is_job())
    }

    /// Whether a job completed with a message that means issues: [`Source::tells_issues`].
    pub fn is_completed_with_issues(&self, source: Source) -> bool {
        let is_completed = self.change == FacetChange::Completed && self.message.is_some();
        is_completed && source.tells_issues(self.facet.kind())
    }
}

impl ScopeEvent {
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Baseline(_) => Reason::Baseline,
            Self::Unreachable { .. } | Self::PartlyUnreachable { .. } => Reason::Unreachable,
            Self::Reachable(_) | Self::PartsReachable { .. } => Reason::Reachable,
        }
    }

    /// Since when the scope, or a part of it, could not be read.
    pub const fn since(&self) -> Option<Timestamp> {
        match self {
            Self::Baseline(_) => None,
            Self::Unreachable { unread, .. }
            | Self::Reachable(unread)
            | Self::PartlyUnreachable { unread, .. }
            | Self::PartsReachable { unread, .. } => Some(unread.since),
        }
    }

    /// The scope's status before and now.
    pub const fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Baseline(_) => ("unwatched", "watched"),
            Self::Unreachable { .. } => (REACHABLE, UNREACHABLE),
            Self::Reachable(_) => (UNREACHABLE, REACHABLE),
            Self::PartlyUnreachable { .. } => (REACHABLE, PARTLY_UNREACHABLE),
            Self::PartsReachable { .. } => (PARTLY_UNREACHABLE, REACHABLE),
        }
    }

    fn message(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Unreachable { error, .. } => Some(Cow::Borrowed(&error.message)),
            Self::PartlyUnreachable { parts, .. } => {
                let said: Vec<&str> = parts.named.iter().map(|part| part.error.message.as_str()).collect();
                Some(Cow::Owned(said.join("\n")))
            }
            Self::Baseline(_) | Self::Reachable(_) | Self::PartsReachable { .. } => None,
        }
    }
}
