//! What tidings tells people, and why.

use std::fmt;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Facet, FacetRecord, Labels, Progress, Record, Scope, Source, Status, Treatment};

/// Why a notice is sent. One reason decides, is logged, is named in the message and names the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A restore, validation, deletion, replication or maintenance run ended badly.
    Failed,
    /// AWS or the service stopped a restore. No API of the services cancels one.
    Canceled,
    /// An unfinished subject is no longer to be found. It may have ended either way.
    Vanished,
    /// AWS used a status word that tidings does not know.
    UnknownStatus,
    /// An unfinished restore has not moved for long.
    Stalled,
    /// A restore takes longer than AWS said it would.
    Overdue,
    /// Changes have been waiting to be replicated for long.
    Lagging,
    /// A reminder: what people were told about goes on failing.
    StillFailing,
    /// A scope could not be read for several passes in a row.
    Unreachable,
    /// A restore or validation ended well, or a recurring job did for the first time.
    Completed,
    /// What people were warned of is over: a recurring job ended well after failures, a stalled restore moves again.
    Recovered,
    /// A scope that was unreachable has been read again.
    Reachable,
    /// A scope is watched from now on.
    Baseline,
    /// Routine: a restore began to move.
    Started,
    /// Routine: a validation began.
    Validating,
    /// Routine: a maintenance job was switched off.
    Disabled,
}

impl Reason {
    /// Every reason, the gravest first.
    pub const ALL: [Self; 16] = [
        Self::Failed,
        Self::Canceled,
        Self::Vanished,
        Self::UnknownStatus,
        Self::Stalled,
        Self::Overdue,
        Self::Lagging,
        Self::StillFailing,
        Self::Unreachable,
        Self::Completed,
        Self::Recovered,
        Self::Reachable,
        Self::Baseline,
        Self::Started,
        Self::Validating,
        Self::Disabled,
    ];

    /// The reason as it is spelled in messages, such as `unknown-status`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Vanished => "vanished",
            Self::UnknownStatus => "unknown-status",
            Self::Stalled => "stalled",
            Self::Overdue => "overdue",
            Self::Lagging => "lagging",
            Self::StillFailing => "still-failing",
            Self::Unreachable => "unreachable",
            Self::Completed => "completed",
            Self::Recovered => "recovered",
            Self::Reachable => "reachable",
            Self::Baseline => "baseline",
            Self::Started => "started",
            Self::Validating => "validating",
            Self::Disabled => "disabled",
        }
    }

    /// The reason of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }

    /// How grave it is unless the policy says otherwise.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Failed => Severity::Critical,
            Self::Canceled
            | Self::Vanished
            | Self::UnknownStatus
            | Self::Stalled
            | Self::Overdue
            | Self::Lagging
            | Self::StillFailing
            | Self::Unreachable => Severity::Warning,
            Self::Completed
            | Self::Recovered
            | Self::Reachable
            | Self::Baseline
            | Self::Started
            | Self::Validating
            | Self::Disabled => Severity::Info,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How grave a notice is. Ordered: info < warning < critical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Look at it during the day.
    Warning,
    /// Look at it now.
    Critical,
}

impl Severity {
    /// `info`, `warning` or `critical`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// The severity of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Info, Self::Warning, Self::Critical].into_iter().find(|severity| severity.as_str() == name)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One thing that people are told. Complete in itself: rendering it needs nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The same in every copy of the notice, and different for every other notice.
    pub id: NoticeId,
    /// Why.
    pub reason: Reason,
    /// How grave.
    pub severity: Severity,
    /// Where it comes from.
    pub scope: Scope,
    /// The subject's id, or the scope itself.
    pub subject: String,
    /// Which state machine of the subject, or `scope`.
    pub facet: String,
    /// One line that says it all, the verdict first.
    pub title: String,
    /// The status before, in our words; `None` when the subject was first seen with this status.
    pub from: Option<String>,
    /// The status now, in our words.
    pub to: String,
    /// AWS's word for the status now.
    pub aws_status: Option<String>,
    /// AWS's own explanation, or for notices about a scope what tidings has to say.
    pub message: Option<String>,
    /// How far it was.
    pub progress: Option<Progress>,
    /// When tidings first saw the subject.
    pub first_seen_at: Timestamp,
    /// When the status changed: AWS's time if there is one, else when tidings noticed.
    pub changed_at: Timestamp,
    /// When tidings noticed.
    pub observed_at: Timestamp,
    /// The identity of the run, for recurring jobs.
    pub run: Option<Timestamp>,
    /// Facts about the subject, and the note that a rule adds (`note`).
    pub labels: Labels,
    /// The topic it goes to, if a rule names another one than the usual.
    pub topic_arn: Option<String>,
}

/// A UUID (version 5) made of what the notice says, so that it is the same whoever computes it and whenever.
pub type NoticeId = Uuid;

/// The name space of notice ids: a constant of this project.
const NAMESPACE: Uuid = Uuid::from_u128(0x7d1a_c1f0_52b4_4f0e_9a55_3c0f_6e74_6964);

/// Makes a notice id of its parts. The parts are joined by a character that none of them contains.
pub(super) fn notice_id(parts: &[&str]) -> NoticeId {
    Uuid::new_v5(&NAMESPACE, parts.join("\u{1f}").as_bytes())
}

/// The notice for a transition of one facet of a subject.
pub(super) fn transition(
    scope: &Scope,
    record: &Record,
    facet: &Facet,
    (before, after): (Option<&FacetRecord>, &FacetRecord),
    reason: Reason,
    reference_time: Timestamp,
) -> Notice {
    let from = before.map(|before| before.status.as_str().to_owned());
    let to = if reason == Reason::Vanished { "vanished" } else { after.status.as_str() };
    let run = after.run.map(|run| run.to_string()).unwrap_or_default();
    let id = notice_id(&[
        &scope.to_string(),
        &record.subject.id,
        facet.as_str(),
        &run,
        from.as_deref().unwrap_or_default(),
        to,
        reason.as_str(),
        &after.told.to_string(),
    ]);
    let mut labels = record.subject.labels.clone();
    let mut label = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            labels.insert(name.to_owned(), value);
        }
    };
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
    label("started_at", time(record.began_at));
    match reason {
        Reason::Failed | Reason::StillFailing if after.failures > 1 || reason == Reason::StillFailing => {
            label("failures_in_a_row", Some(after.failures.to_string()));
            label("failing_since", time(after.failing_since));
        }
        Reason::Recovered => {
            label("failing_since", time(before.and_then(|before| before.failing_since)));
            label("lagging_since", time(before.and_then(|before| warned_since(before, Reason::Lagging))));
            label("stalled_since", time(before.and_then(|before| warned_since(before, Reason::Stalled))));
        }
        Reason::Stalled => label("stalled_since", Some(after.moved_at.to_string())),
        Reason::Lagging => label("lagging_since", Some(after.changed_at.to_string())),
        _ => {}
    }
    Notice {
        id,
        reason,
        severity: reason.severity(),
        scope: scope.clone(),
        subject: record.subject.id.to_string(),
        facet: facet.as_str().to_owned(),
        title: format!("{}: {}", verdict(scope, facet, reason, (before, after)), facet.describe(&record.subject.name)),
        from,
        to: to.to_owned(),
        aws_status: Some(after.aws_status.clone()),
        message: after.message.clone(),
        progress: after.progress,
        first_seen_at: record.first_seen_at,
        changed_at: if reason == Reason::Vanished { reference_time } else { after.changed_at },
        observed_at: reference_time,
        run: after.run,
        labels,
        topic_arn: None,
    }
}

/// Since when a facet stands in what people were warned of.
fn warned_since(facet: &FacetRecord, reason: Reason) -> Option<Timestamp> {
    let since = if reason == Reason::Stalled { facet.moved_at } else { facet.changed_at };
    facet.warned.contains(&reason).then_some(since)
}

impl Notice {
    /// The notice as the rules want it.
    pub(super) fn treated(mut self, treatment: Treatment) -> Self {
        self.severity = treatment.severity;
        self.topic_arn = treatment.topic_arn;
        if let Some(note) = treatment.note {
            self.labels.insert("note".to_owned(), note);
        }
        self
    }
}

/// The title's first words.
fn verdict(
    scope: &Scope,
    facet: &Facet,
    reason: Reason,
    (before, after): (Option<&FacetRecord>, &FacetRecord),
) -> String {
    // AWS Backup's developer guide calls a backup job that is COMPLETED and has a status message "completed with
    // issues" (page "Monitoring AWS Backup events using EventBridge"). Restore jobs have the same two fields.
    let has_issues = scope.source == Source::Backup && *facet == Facet::Restore && after.message.is_some();
    let stood_in =
        |reason| before.is_some_and(|before| before.failing_since.is_none() && before.warned.contains(&reason));
    match (reason, &after.status) {
        (Reason::Recovered, _) if stood_in(Reason::Stalled) => "Moving again".to_owned(),
        (Reason::Recovered, _) if stood_in(Reason::Lagging) => "Caught up".to_owned(),
        (Reason::Failed, Status::TimedOut) => "Timed out".to_owned(),
        (Reason::Failed, _) => "Failed".to_owned(),
        (Reason::Canceled, _) => "Canceled".to_owned(),
        (Reason::Vanished, _) => "Vanished before it ended".to_owned(),
        (Reason::UnknownStatus, _) => format!("Unknown status {:?}", after.aws_status),
        (Reason::Stalled, _) => "Stalled".to_owned(),
        (Reason::Overdue, _) => "Overdue".to_owned(),
        (Reason::Lagging, _) => "Lagging".to_owned(),
        (Reason::StillFailing, _) => "Still failing".to_owned(),
        (Reason::Completed, _) if has_issues => "Completed with issues".to_owned(),
        (Reason::Completed, _) => "Completed".to_owned(),
        (Reason::Recovered, _) => "Recovered".to_owned(),
        (Reason::Started, _) => "Started".to_owned(),
        (Reason::Validating, _) => "Validating".to_owned(),
        (Reason::Disabled, _) => "Disabled".to_owned(),
        (Reason::Unreachable, _) => "Unreachable".to_owned(),
        (Reason::Reachable, _) => "Reachable again".to_owned(),
        (Reason::Baseline, _) => "Now watching".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for reason in Reason::ALL {
            assert_eq!(Reason::parse(reason.as_str()), Some(reason));
        }
        for severity in [Severity::Info, Severity::Warning, Severity::Critical] {
            assert_eq!(Severity::parse(severity.as_str()), Some(severity));
        }
        assert_eq!((Reason::parse("encore"), Severity::parse("grim")), (None, None));
    }
}
