//! The report of a pass: what it read, what it sent, and what is left.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::domain::{Coverage, ErrorKind, NoticeId, Scope, ScopeError, Severity};

/// The answer of one invocation, as JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub reference_time: Timestamp,
    /// In a dry run nothing was written and nothing sent.
    pub dry_run: bool,
    pub scopes: Vec<ScopeReport>,
    /// With many targets, how many scopes each source has in each region. `None` if this invocation does not know all of
    /// them, or if there is only one target.
    #[serde(skip)]
    pub expected: Option<BTreeMap<(&'static str, String), usize>>,
    /// Whether the settings name more targets than the function's own account and region.
    #[serde(skip)]
    pub is_of_many: bool,
    /// How many targets were sent to the queue. Only if there is a queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispatched: Option<usize>,
    /// How many notices this pass made.
    pub noticed: usize,
    /// How many more notices there would be without mutes.
    pub muted: usize,
    /// How many notices SNS accepted in this pass, including those that earlier passes left.
    pub published: usize,
    /// How many notices wait in outboxes.
    pub pending: usize,
    /// The highest severity of the notices that SNS accepted, or that a dry run would send.
    #[serde(skip)]
    pub highest_severity: Option<Severity>,
    /// The report about a week or a month that was due in this invocation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<SentReport>,
    /// In a dry run, the notices that would be sent, in the machine-readable form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notices: Option<Vec<Value>>,
}

/// A report about a week or a month that this invocation has sent, or tried to send.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SentReport {
    pub id: NoticeId,
    /// The end of its period.
    pub due: Timestamp,
    pub published: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorReport>,
}

/// The report on one scope.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScopeReport {
    pub source: &'static str,
    pub account: String,
    pub region: String,
    /// `complete`, `partial`, `skipped` if another invocation is working on the scope, or `not-due` if the setting `every`
    /// says that it is too early.
    pub coverage: &'static str,
    /// Whether time ran out before everything was read. The next pass continues there.
    pub out_of_time: bool,
    /// How many subjects were read.
    pub observed: usize,
    /// How many records changed.
    pub changed: usize,
    /// How many notices were made.
    pub noticed: usize,
    /// How many more notices there would be without mutes.
    pub muted: usize,
    /// How many notices SNS accepted.
    pub published: usize,
    /// How many notices wait in outboxes.
    pub pending: usize,
    /// The age of the oldest of them; 0 if none waits. `None` if not all outboxes are known: the scope could not be opened,
    /// or the pass was about one subject only.
    pub oldest_pending_seconds: Option<u64>,
    /// How long ago the scope was read completely. For an account that cannot be read, the first of its scopes says since
    /// when. `None` if that is not known, or the scope was never read.
    #[serde(skip)]
    pub complete_age_seconds: Option<u64>,
    /// How many calls AWS throttled, including those that succeeded after a retry.
    pub throttled: usize,
    /// How long the pass over this scope took.
    pub duration_ms: u64,
    /// The highest severity of the notices that SNS accepted.
    #[serde(skip)]
    pub highest_severity: Option<Severity>,
    /// The first error, if there was one.
    pub error: Option<ErrorReport>,
    /// Whether every subject was read or failed on its own, or the service is not available here.
    #[serde(skip)]
    swept: bool,
    /// Whether there was an error other than unreadable parts.
    #[serde(skip)]
    failed: bool,
}

/// An error in a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorReport {
    /// A stable word in JSON, such as `denied`.
    #[serde(serialize_with = "as_word")]
    pub kind: ErrorKind,
    /// The whole message in one line.
    pub message: String,
    /// The IAM action to allow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn as_word<S: Serializer>(kind: &ErrorKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.as_str())
}

impl From<ScopeError> for ErrorReport {
    fn from(error: ScopeError) -> Self {
        Self { kind: error.kind, message: error.message, action: error.action }
    }
}

impl ScopeReport {
    /// The report at the beginning of a pass.
    pub fn of(scope: &Scope) -> Self {
        Self {
            source: scope.source.as_str(),
            account: scope.account.clone(),
            region: scope.region.clone(),
            coverage: "partial",
            out_of_time: false,
            observed: 0,
            changed: 0,
            noticed: 0,
            muted: 0,
            published: 0,
            pending: 0,
            oldest_pending_seconds: None,
            complete_age_seconds: None,
            throttled: 0,
            duration_ms: 0,
            highest_severity: None,
            error: None,
            swept: false,
            failed: false,
        }
    }

    /// Notes how much was read.
    pub fn cover(&mut self, coverage: &Coverage) {
        self.coverage = if coverage.is_complete() { "complete" } else { "partial" };
        self.out_of_time = matches!(coverage, Coverage::Stopped { resume_after: Some(_), .. });
        let error = coverage.error();
        self.swept = coverage.is_swept() || error.as_ref().is_some_and(ScopeError::is_not_available);
        if let Some(error) = error {
            self.error.get_or_insert_with(|| error.into());
        }
    }

    /// Notes that it is too early to read the scope. The heartbeat is that of the last pass.
    pub fn not_due(&mut self, was_complete: bool) {
        self.coverage = "not-due";
        self.swept = was_complete;
    }

    /// Whether everything was read, written and sent.
    pub fn is_complete(&self) -> bool {
        self.coverage == "complete" && self.error.is_none()
    }

    /// Whether the heartbeat metric counts the pass: it tried to read every subject, and wrote and sent what it found.
    /// Unreadable parts and a service that is not available here do not stop the heartbeat, because there are notices about
    /// them.
    pub const fn is_swept(&self) -> bool {
        self.swept && !self.failed
    }

    /// Notes an error, unless there was one before.
    pub fn fail(&mut self, error: ScopeError) {
        self.failed = true;
        self.error.get_or_insert_with(|| error.into());
    }
}

impl Report {
    /// The report over these scopes.
    pub fn new(reference_time: Timestamp, scopes: Vec<ScopeReport>) -> Self {
        let sum = |count: fn(&ScopeReport) -> usize| scopes.iter().map(count).sum();
        Self {
            reference_time,
            dry_run: false,
            expected: None,
            is_of_many: false,
            dispatched: None,
            noticed: sum(|scope| scope.noticed),
            muted: sum(|scope| scope.muted),
            published: sum(|scope| scope.published),
            pending: sum(|scope| scope.pending),
            highest_severity: scopes.iter().filter_map(|scope| scope.highest_severity).max(),
            scopes,
            report: None,
            notices: None,
        }
    }

    /// Whether every scope failed without having read, written or sent anything.
    pub fn is_failure(&self) -> bool {
        !self.scopes.is_empty()
            && self.dispatched.is_none_or(|dispatched| dispatched == 0)
            && self
                .scopes
                .iter()
                .all(|scope| scope.error.is_some() && !scope.is_swept() && scope.observed + scope.published == 0)
    }
}
