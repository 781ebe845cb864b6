//! What a pass answers: how far it read, what it told, what it left.

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::domain::{Coverage, ErrorKind, Scope, ScopeError, Severity};

/// The answer of one invocation, as JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The pass's time.
    pub reference_time: Timestamp,
    /// Whether nothing was written and nothing sent.
    pub dry_run: bool,
    /// One entry per scope.
    pub scopes: Vec<ScopeReport>,
    /// How many notices this pass decided on.
    pub noticed: usize,
    /// How many more there would have been if no rule had muted them.
    pub muted: usize,
    /// How many notices SNS accepted in this pass, those of earlier passes included.
    pub published: usize,
    /// How many notices wait in outboxes.
    pub pending: usize,
    /// The highest severity among the notices that SNS accepted; in a dry run, among those it would have been given.
    #[serde(skip)]
    pub gravest: Option<Severity>,
    /// In a dry run, what would have been told, in the machine form of messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notices: Option<Vec<Value>>,
}

/// How a pass went in one scope.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScopeReport {
    /// The source's name.
    pub source: &'static str,
    /// The AWS account.
    pub account: String,
    /// The AWS region.
    pub region: String,
    /// `complete`, `partial`, or `skipped` when another invocation is at work on the scope.
    pub coverage: &'static str,
    /// Whether time ran out before everything was read. The next pass goes on from there.
    pub out_of_time: bool,
    /// How many subjects were read.
    pub observed: usize,
    /// How many records changed.
    pub changed: usize,
    /// How many notices were decided on.
    pub noticed: usize,
    /// How many more there would have been if no rule had muted them.
    pub muted: usize,
    /// How many notices SNS accepted.
    pub published: usize,
    /// How many notices wait in outboxes.
    pub pending: usize,
    /// How old the oldest of them is; 0 when none waits. `None` when not every outbox was looked into: the scope could
    /// not be opened, or only one subject was asked about.
    pub oldest_pending_seconds: Option<u64>,
    /// How many answers said that there were too many requests, those that a retry made up for included.
    pub throttled: usize,
    /// How long the pass over this scope took.
    pub duration_ms: u64,
    /// The highest severity among the notices that SNS accepted.
    #[serde(skip)]
    pub gravest: Option<Severity>,
    /// What went wrong, if anything did.
    pub error: Option<ErrorReport>,
    /// Whether every subject was asked about, or there is nothing to ask: the service is not available here.
    #[serde(skip)]
    swept: bool,
    /// Whether something went wrong besides parts that could not be read.
    #[serde(skip)]
    failed: bool,
}

/// What went wrong in a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorReport {
    /// A stable word in JSON, such as `denied`.
    #[serde(serialize_with = "as_word")]
    pub kind: ErrorKind,
    /// The whole story in one line.
    pub message: String,
    /// The IAM action that would mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
}

fn as_word<S: Serializer>(kind: &ErrorKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.as_str())
}

impl From<ScopeError> for ErrorReport {
    fn from(error: ScopeError) -> Self {
        Self { kind: error.kind, message: error.message, action: error.action }
    }
}

impl ScopeReport {
    /// A scope in which nothing has been done yet.
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
            throttled: 0,
            duration_ms: 0,
            gravest: None,
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

    /// Whether everything was read, written and told.
    pub fn is_complete(&self) -> bool {
        self.coverage == "complete" && self.error.is_none()
    }

    /// Whether the pass did all that can be done: every subject was asked about, and what was found was written and
    /// told. Parts that could not be read are told to people, and a service that is not available here is nobody's
    /// fault, so neither stops the heartbeat.
    pub const fn is_swept(&self) -> bool {
        self.swept && !self.failed
    }

    /// Notes what went wrong, unless something did before.
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
            noticed: sum(|scope| scope.noticed),
            muted: sum(|scope| scope.muted),
            published: sum(|scope| scope.published),
            pending: sum(|scope| scope.pending),
            gravest: scopes.iter().filter_map(|scope| scope.gravest).max(),
            scopes,
            notices: None,
        }
    }

    /// Whether every scope failed without having read, written or sent anything.
    pub fn is_failure(&self) -> bool {
        !self.scopes.is_empty()
            && self
                .scopes
                .iter()
                .all(|scope| scope.error.is_some() && !scope.is_swept() && scope.observed + scope.published == 0)
    }
}
