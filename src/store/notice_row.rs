//! Notices as they are stored in the outbox of an item.
//!
//! Rows contain what happened as data. The rows of version 0.1 contain text: a title, and times and counts as labels.
//! This version still reads them. Version 0.1 can also read the rows of this version, because they still contain the
//! fields that it needs. After a return to version 0.1, every notice is sent, with simpler text.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::notice::{
    Baseline, Event, FacetChange, FacetEvent, FailingFacet, Failures, Parts, Recovery, SCOPE, ScopeEvent, UnreadFor,
    UnreadPart,
};
use crate::domain::{
    ErrorKind, Facet, Labels, Notice, NoticeId, Progress, Reason, Scope, ScopeError, Severity, Silence, Status,
    Subject, shorten,
};

#[derive(Serialize, Deserialize)]
pub(super) struct NoticeRow {
    id: NoticeId,
    pub(super) reason: String,
    severity: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    subject: String,
    facet: String,
    /// Only for version 0.1, which makes the headline of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    to: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aws_status: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    progress: Option<ProgressRow>,
    first_seen_at: Timestamp,
    changed_at: Timestamp,
    observed_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<Timestamp>,
    #[serde(default)]
    labels: HashMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    topic_arn: Option<String>,

    // Version 0.1 does not have the following fields.
    /// The name of the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Since when the facet is, or was, failing, lagging or stalled. For an overdue restore, when AWS expected the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    /// The number of failures in a row, or of passes in a row that could not read the scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
    /// The reason of the notice whose cause is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recovered_from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    requested_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<ErrorRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parts: Option<PartsRow>,
    /// The keys of the parts that can be read again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    readable: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    baseline: Option<BaselineRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    silence: Option<SilenceRow>,
    /// When people were told. Only rows of the history have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) told_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
/// How far a restore is. Facets have it, too.
pub(super) struct ProgressRow {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    percent: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    done_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    total_bytes: Option<u64>,
}

#[derive(Serialize, Deserialize)]
/// A silence. Facets have it, too.
pub(super) struct SilenceRow {
    notice: NoticeId,
    began_at: Timestamp,
    until: Timestamp,
    reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct ErrorRow {
    kind: String,
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    action: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct PartsRow {
    named: Vec<PartRow>,
    #[serde(default)]
    more: usize,
    #[serde(default)]
    subjects: usize,
}

#[derive(Serialize, Deserialize)]
struct PartRow {
    part: String,
    #[serde(default)]
    subjects: usize,
    #[serde(default)]
    is_listing: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    exclude: Vec<String>,
    error: ErrorRow,
}

#[derive(Serialize, Deserialize)]
struct BaselineRow {
    known: usize,
    unfinished: usize,
    failing: usize,
    finished: usize,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    named: Vec<FailingRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unread: Option<PartsRow>,
}

#[derive(Serialize, Deserialize)]
struct FailingRow {
    facet: String,
    subject: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

pub(super) fn to_row(notice: &Notice) -> NoticeRow {
    let reason = notice.reason().as_str();
    let mut row = NoticeRow {
        id: notice.id,
        reason: reason.to_owned(),
        severity: notice.severity.as_str().to_owned(),
        subject: notice.subject().into_owned(),
        facet: notice.facet().to_owned(),
        title: String::new(),
        from: notice.from().map(str::to_owned),
        to: notice.to().to_owned(),
        aws_status: None,
        message: notice.message().map(std::borrow::Cow::into_owned),
        progress: None,
        first_seen_at: notice.first_seen_at(),
        changed_at: notice.changed_at(),
        observed_at: notice.observed_at,
        run: None,
        labels: HashMap::new(),
        topic_arn: notice.topic_arn.clone(),
        name: None,
        since: None,
        count: None,
        recovered_from: None,
        requested_at: None,
        note: notice.note.clone(),
        error: None,
        parts: None,
        readable: Vec::new(),
        baseline: None,
        account_name: notice.account_name.clone(),
        silence: None,
        told_at: None,
    };
    let what = match &notice.event {
        Event::Facet(event) => {
            write_facet_event(&mut row, event);
            event.facet.describe(&event.subject.name)
        }
        Event::Scope(event) => {
            write_scope_event(&mut row, event);
            notice.scope.source.describe().to_owned()
        }
    };
    row.title = format!("{}{}: {what}", reason[..1].to_uppercase(), &reason[1..]);
    row
}

/// The bytes of a text in a short row.
const SHORT: usize = 300;

/// The row of a notice that people were told, without what the item of the subject says anyway, and with short texts.
pub(super) fn to_told_row(notice: &Notice, told_at: Timestamp) -> NoticeRow {
    let mut row = to_row(notice);
    row.told_at = Some(told_at);
    (row.subject, row.title, row.name) = (String::new(), String::new(), None);
    (row.labels, row.account_name, row.topic_arn, row.note) = (HashMap::new(), None, None, None);
    row.message = row.message.map(|message| shorten(&message, SHORT));
    let errors = row.parts.iter_mut().flat_map(|parts| &mut parts.named).map(|part| &mut part.error);
    for error in row.error.iter_mut().chain(errors) {
        error.message = shorten(&error.message, SHORT);
    }
    row
}

fn write_facet_event(row: &mut NoticeRow, event: &FacetEvent) {
    row.aws_status.clone_from(&event.aws_status);
    row.progress = event.progress.map(ProgressRow::from);
    row.run = event.run;
    row.labels = event.subject.labels.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    row.name = Some(event.subject.name.clone());
    row.requested_at = event.requested_at;
    row.silence = event.silence.as_deref().map(Into::into);
    match event.change {
        FacetChange::Failed(failures) | FacetChange::StillFailing(failures) => {
            (row.since, row.count) = (Some(failures.since), Some(failures.count));
        }
        FacetChange::Stalled { since }
        | FacetChange::Lagging { since }
        | FacetChange::Overdue { expected_by: since } => {
            row.since = Some(since);
        }
        FacetChange::Recovered(recovery) => {
            let (from, since) = match recovery {
                Recovery::Failing(since) => (Reason::Failed, since),
                Recovery::Lagging(since) => (Reason::Lagging, since),
                Recovery::Stalled(since) => (Reason::Stalled, since),
            };
            (row.recovered_from, row.since) = (Some(from.as_str().to_owned()), Some(since));
        }
        _ => {}
    }
}

fn write_scope_event(row: &mut NoticeRow, event: &ScopeEvent) {
    match event {
        ScopeEvent::Baseline(baseline) => row.baseline = Some(baseline.into()),
        ScopeEvent::Unreachable { unread, error } => {
            (row.count, row.error) = (Some(unread.passes), Some(error.into()));
        }
        ScopeEvent::Reachable(unread) => row.count = Some(unread.passes),
        ScopeEvent::PartlyUnreachable { unread, parts } => {
            (row.count, row.parts) = (Some(unread.passes), Some(parts.into()));
        }
        ScopeEvent::PartsReachable { unread, parts } => {
            (row.count, row.readable) = (Some(unread.passes), parts.clone());
        }
    }
}

/// The notice of a row. `subject_name` is the name in the item, for rows of version 0.1, which have none. `None` if
/// only a later version knows the reason, severity or facet.
pub(super) fn from_row(scope: &Scope, subject_name: &str, mut row: NoticeRow) -> Option<Notice> {
    let reason = Reason::parse(&row.reason)?;
    let severity = Severity::parse(&row.severity)?;
    let note = row.note.take().or_else(|| row.labels.remove("note"));
    let (id, observed_at, topic_arn) = (row.id, row.observed_at, row.topic_arn.take());
    let account_name = row.account_name.take();
    let event = if row.facet == SCOPE {
        Event::Scope(scope_event(reason, row)?)
    } else {
        Event::Facet(Box::new(facet_event(scope, subject_name, reason, row)?))
    };
    Some(Notice { id, severity, scope: scope.clone(), account_name, event, observed_at, note, topic_arn })
}

fn facet_event(scope: &Scope, subject_name: &str, reason: Reason, mut row: NoticeRow) -> Option<FacetEvent> {
    let change = facet_change(reason, &mut row)?;
    let requested_at = row.requested_at.or_else(|| time_in(&mut row.labels, "started_at"));
    let aws_word = row.aws_status.as_deref().unwrap_or_default();
    let status = |word: &str| Status::from_stored(word, aws_word);
    let name = row.name.unwrap_or_else(|| subject_name.to_owned());
    let labels: Labels = row.labels.into_iter().collect();
    Some(FacetEvent {
        facet: Facet::parse(scope.source, &row.facet)?,
        change,
        // The status of a row about a vanished facet is `vanished`. The last known status is the one before.
        to: status(if reason == Reason::Vanished { row.from.as_deref().unwrap_or_default() } else { &row.to }),
        from: row.from.as_deref().map(status),
        subject: Arc::new(Subject { id: row.subject.into(), name, labels }),
        aws_status: row.aws_status,
        message: row.message,
        progress: row.progress.as_ref().map(Into::into),
        run: row.run,
        requested_at,
        first_seen_at: row.first_seen_at,
        changed_at: row.changed_at,
        silence: row.silence.map(|silence| Box::new(silence.into())),
    })
}

/// The change, from the fields of the row or from the labels of version 0.1. Removes these labels from the row.
fn facet_change(reason: Reason, row: &mut NoticeRow) -> Option<FacetChange> {
    let mut label = |name: &str| time_in(&mut row.labels, name);
    let [failing, lagging, stalled, expected_by] =
        ["failing_since", "lagging_since", "stalled_since", "expected_by"].map(&mut label);
    let count = row.labels.remove("failures_in_a_row").and_then(|count| count.parse().ok());
    let since = |labeled: Option<Timestamp>| row.since.or(labeled).unwrap_or(row.changed_at);
    let failures = Failures { since: since(failing), count: row.count.or(count).unwrap_or(1) };
    let recovered_from = row.recovered_from.as_deref().and_then(Reason::parse);
    Some(match reason {
        Reason::Failed => FacetChange::Failed(failures),
        Reason::StillFailing => FacetChange::StillFailing(failures),
        Reason::Canceled => FacetChange::Canceled,
        Reason::Vanished => FacetChange::Vanished,
        Reason::UnknownStatus => FacetChange::UnknownStatus,
        Reason::Stalled => FacetChange::Stalled { since: since(stalled) },
        Reason::Overdue => FacetChange::Overdue { expected_by: since(expected_by) },
        Reason::Lagging => FacetChange::Lagging { since: since(lagging) },
        Reason::Completed => FacetChange::Completed,
        Reason::Recovered => FacetChange::Recovered(match (recovered_from, failing, lagging, stalled) {
            (Some(Reason::Lagging), ..) | (None, None, Some(_), _) => Recovery::Lagging(since(lagging)),
            (Some(Reason::Stalled), ..) | (None, None, None, Some(_)) => Recovery::Stalled(since(stalled)),
            _ => Recovery::Failing(since(failing)),
        }),
        Reason::Started => FacetChange::Started,
        Reason::Validating => FacetChange::Validating,
        Reason::Disabled => FacetChange::Disabled,
        Reason::Unreachable | Reason::Reachable | Reason::Baseline => return None,
    })
}

fn time_in(labels: &mut HashMap<String, String>, name: &str) -> Option<Timestamp> {
    labels.remove(name)?.parse().ok()
}

fn scope_event(reason: Reason, mut row: NoticeRow) -> Option<ScopeEvent> {
    let unread = UnreadFor { since: row.first_seen_at, passes: row.count.unwrap_or_default() };
    // Version 0.1 stored whole sentences in `message`. They are sent as they are.
    let mut text = |name: &str| row.labels.remove(name);
    let (kind, action) = (text("error"), text("missing_action"));
    let said = row.message.take().unwrap_or_default();
    let of_labels = || ScopeError { kind: error_kind(kind.as_deref()), message: said.clone(), action: action.clone() };
    Some(match reason {
        Reason::Baseline => {
            let mut count = |name| text(name).and_then(|count| count.parse().ok()).unwrap_or_default();
            let of_labels = Baseline {
                known: count("known"),
                unfinished: count("unfinished"),
                failing: count("failing"),
                finished: count("finished"),
                named: named_in(&said),
                unread: None,
            };
            ScopeEvent::Baseline(row.baseline.map_or(of_labels, Into::into))
        }
        Reason::Unreachable => match (row.parts.take(), text("unread_parts")) {
            (Some(parts), _) => ScopeEvent::PartlyUnreachable { unread, parts: parts.into() },
            (None, Some(parts)) => {
                let subjects = text("unread").and_then(|count| count.parse().ok()).unwrap_or_default();
                let exclude = text("exclude").unwrap_or_default();
                let exclude = exclude.split(',').map(|glob| glob.trim().trim_matches('"').to_owned());
                let exclude = exclude.filter(|glob| !glob.is_empty()).collect();
                let part = UnreadPart { part: parts, subjects, is_listing: false, exclude, error: of_labels() };
                ScopeEvent::PartlyUnreachable { unread, parts: Parts { named: vec![part], more: 0, subjects } }
            }
            (None, None) => ScopeEvent::Unreachable { unread, error: row.error.map_or_else(of_labels, Into::into) },
        },
        Reason::Reachable => match text("unread_parts") {
            _ if !row.readable.is_empty() => ScopeEvent::PartsReachable { unread, parts: row.readable },
            Some(parts) => ScopeEvent::PartsReachable { unread, parts: vec![parts] },
            None => ScopeEvent::Reachable(unread),
        },
        _ => return None,
    })
}

/// Parses the lines `Failing: job of table: message` in a baseline of version 0.1.
fn named_in(message: &str) -> Vec<FailingFacet> {
    let lines = message.lines().filter_map(|line| line.strip_prefix("Failing: ")?.split_once(" of "));
    lines
        .map(|(facet, rest)| {
            let (subject, said) = rest.split_once(": ").unwrap_or((rest, ""));
            let message = (!said.is_empty()).then(|| said.to_owned());
            FailingFacet { facet: facet.to_owned(), subject: subject.to_owned(), message }
        })
        .collect()
}

/// A kind that only a later version knows becomes `Invalid`, for which the next steps suggest nothing special.
fn error_kind(word: Option<&str>) -> ErrorKind {
    word.and_then(ErrorKind::parse).unwrap_or(ErrorKind::Invalid)
}

impl From<Progress> for ProgressRow {
    fn from(progress: Progress) -> Self {
        Self { percent: progress.percent, done_bytes: progress.done_bytes, total_bytes: progress.total_bytes }
    }
}

impl From<&ProgressRow> for Progress {
    fn from(row: &ProgressRow) -> Self {
        Self { percent: row.percent, done_bytes: row.done_bytes, total_bytes: row.total_bytes }
    }
}

impl From<&Silence> for SilenceRow {
    fn from(silence: &Silence) -> Self {
        let Silence { notice, began_at, until, reason, by } = silence.clone();
        Self { notice, began_at, until, reason, by }
    }
}

impl From<SilenceRow> for Silence {
    fn from(row: SilenceRow) -> Self {
        let SilenceRow { notice, began_at, until, reason, by } = row;
        Self { notice, began_at, until, reason, by }
    }
}

impl From<&ScopeError> for ErrorRow {
    fn from(error: &ScopeError) -> Self {
        Self { kind: error.kind.as_str().to_owned(), message: error.message.clone(), action: error.action.clone() }
    }
}

impl From<ErrorRow> for ScopeError {
    fn from(row: ErrorRow) -> Self {
        Self { kind: error_kind(Some(&row.kind)), message: row.message, action: row.action }
    }
}

impl From<&Parts> for PartsRow {
    fn from(parts: &Parts) -> Self {
        let named = parts.named.iter().map(|part| PartRow {
            part: part.part.clone(),
            subjects: part.subjects,
            is_listing: part.is_listing,
            exclude: part.exclude.clone(),
            error: (&part.error).into(),
        });
        Self { named: named.collect(), more: parts.more, subjects: parts.subjects }
    }
}

impl From<PartsRow> for Parts {
    fn from(row: PartsRow) -> Self {
        let named = row.named.into_iter().map(|part| UnreadPart {
            part: part.part,
            subjects: part.subjects,
            is_listing: part.is_listing,
            exclude: part.exclude,
            error: part.error.into(),
        });
        Self { named: named.collect(), more: row.more, subjects: row.subjects }
    }
}

impl From<&Baseline> for BaselineRow {
    fn from(baseline: &Baseline) -> Self {
        let named = baseline.named.iter().map(|facet| FailingRow {
            facet: facet.facet.clone(),
            subject: facet.subject.clone(),
            message: facet.message.clone(),
        });
        Self {
            known: baseline.known,
            unfinished: baseline.unfinished,
            failing: baseline.failing,
            finished: baseline.finished,
            named: named.collect(),
            unread: baseline.unread.as_ref().map(Into::into),
        }
    }
}

impl From<BaselineRow> for Baseline {
    fn from(row: BaselineRow) -> Self {
        let named = row.named.into_iter().map(|facet| FailingFacet {
            facet: facet.facet,
            subject: facet.subject,
            message: facet.message,
        });
        Self {
            known: row.known,
            unfinished: row.unfinished,
            failing: row.failing,
            finished: row.finished,
            named: named.collect(),
            unread: row.unread.map(Into::into),
        }
    }
}

#[cfg(test)]
#[path = "notice_row_tests.rs"]
mod tests;
