//! The facts of a notice besides the headline: where, what, since when, how far, how fast.

use jiff::{SignedDuration, Timestamp};

use super::amounts::{minute, rate, size, span};
use super::estimate::estimate;
use super::headline::over_at;
use super::scope::account_named;
use super::text::one_line;
use crate::domain::notice::{Event, FacetChange, FacetEvent, Recovery, ScopeEvent};
use crate::domain::{FacetKind, Notice, Reason, Silence, Source};
use crate::publish::about::about;

/// A fact. Name and value are never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    /// Such as `Where`.
    pub name: &'static str,
    /// On one line.
    pub value: String,
}

/// The facts of a notice, the most important first.
pub(crate) fn facts(notice: &Notice) -> Vec<Fact> {
    let mut facts = vec![("Where", place(notice))];
    match &notice.event {
        Event::Facet(event) => {
            facts.extend(about(notice.scope.source).facts(event));
            facts.extend(of_facet(notice, event));
        }
        Event::Scope(event) => facts.extend(of_scope(notice, event)),
    }
    let facts = facts.into_iter().filter_map(|(name, value)| Some(Fact { name, value: one_line(&value?) }));
    facts.filter(|fact| !fact.value.is_empty()).collect()
}

fn of_scope(notice: &Notice, event: &ScopeEvent) -> Option<(&'static str, Option<String>)> {
    let now = notice.observed_at;
    match event {
        ScopeEvent::Unreachable { unread, .. } | ScopeEvent::PartlyUnreachable { unread, .. } => {
            Some(("Since", Some(with_span(unread.since, now))))
        }
        ScopeEvent::Reachable(unread) => Some(("Was unreachable", Some(lasted(unread.since, now)))),
        ScopeEvent::PartsReachable { unread, .. } => Some(("Could not be read", Some(lasted(unread.since, now)))),
        ScopeEvent::Baseline(_) => None,
    }
}

fn of_facet(notice: &Notice, event: &FacetEvent) -> Vec<(&'static str, Option<String>)> {
    let now = notice.observed_at;
    let lasting = match event.change {
        FacetChange::Failed(failures) if failures.count < 2 => None,
        FacetChange::Failed(failures) | FacetChange::StillFailing(failures) => {
            Some(("Failing since", with_span(failures.since, now)))
        }
        FacetChange::Lagging { since } => Some(("Waiting since", with_span(since, now))),
        FacetChange::Stalled { since } => Some(("No progress since", with_span(since, now))),
        FacetChange::Overdue { expected_by } => Some(("AWS expected it by", with_span(expected_by, now))),
        FacetChange::Recovered(Recovery::Failing(since)) => Some(("Was failing", lasted(since, over_at(notice)))),
        FacetChange::Recovered(Recovery::Lagging(since)) => Some(("Was behind", lasted(since, over_at(notice)))),
        FacetChange::Recovered(Recovery::Stalled(since)) => Some(("Did not move", lasted(since, over_at(notice)))),
        _ => None,
    };
    let mut facts = vec![
        ("Status", status(notice, event)),
        ("Requested", requested(event)),
        (ending(event), Some(ended(notice, event))),
    ];
    facts.extend(lasting.map(|(name, value)| (name, Some(value))));
    facts.extend([
        ("Last good copy", last_good_copy(notice, event)),
        ("Progress", progress(event)),
        ("Estimate", estimate(notice, event)),
        ("Silence", event.silence.as_deref().map(|silence| silence_of(notice, event, silence))),
    ]);
    facts
}

pub(in crate::publish) fn place(notice: &Notice) -> Option<String> {
    let scope = &notice.scope;
    match (scope.account.is_empty(), scope.region.is_empty()) {
        // An account is the same in every region.
        _ if scope.source == Source::Account => Some(account_named(notice)),
        _ if notice.account_name.is_some() => Some(format!("{}, {}", account_named(notice), scope.region)),
        (true, true) => None,
        (true, false) => Some(scope.region.clone()),
        (false, true) => Some(format!("account {}", scope.account)),
        (false, false) => Some(format!("account {}, {}", scope.account, scope.region)),
    }
}

/// `completed (AWS: SUCCEEDED), was running`. AWS's status is left out if it is the same word.
fn status(notice: &Notice, event: &FacetEvent) -> Option<String> {
    let to = notice.to();
    let is_other = |word: &&String| !word.is_empty() && letters(word) != letters(to);
    let mut status = match event.aws_status.as_ref().filter(is_other) {
        // The last status that AWS returned is not how the subject ended.
        Some(word) if event.change != FacetChange::Vanished => format!("{to} (AWS: {word})"),
        _ => to.to_owned(),
    };
    if let Some(from) = notice.from().filter(|from| *from != to) {
        status = format!("{status}, was {from}");
    }
    (!status.is_empty()).then_some(status)
}

/// The letters and digits of a status, in lower case.
fn letters(word: &str) -> String {
    let letters = word.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn requested(event: &FacetEvent) -> Option<String> {
    match event.job_requested_at() {
        Some(time) => Some(minute(time)),
        None if event.facet.kind().is_job() => Some(format!("not known; first seen {}", minute(event.first_seen_at))),
        None => None,
    }
}

/// The name of the fact with the time of the change.
fn ending(event: &FacetEvent) -> &'static str {
    match event.change {
        FacetChange::Failed(_) if event.run.is_some() && event.facet.kind() == FacetKind::Maintenance => "Run",
        FacetChange::Failed(_) => "Failed",
        FacetChange::Canceled => "Stopped",
        FacetChange::Completed => "Completed",
        FacetChange::Recovered(_) => "Recovered",
        FacetChange::Started => "Started",
        FacetChange::Validating | FacetChange::Disabled => "Since",
        FacetChange::Stalled { .. }
        | FacetChange::Overdue { .. }
        | FacetChange::Lagging { .. }
        | FacetChange::StillFailing(_) => "As of",
        FacetChange::Vanished | FacetChange::UnknownStatus => "Noticed",
    }
}

/// When it happened, and how long after the request. If AWS gives no time, it happened at or before the time of the
/// pass that saw it, and the text says so.
fn ended(notice: &Notice, event: &FacetEvent) -> String {
    let is_seen = match event.change {
        FacetChange::Vanished
        | FacetChange::UnknownStatus
        | FacetChange::Stalled { .. }
        | FacetChange::Overdue { .. }
        | FacetChange::Lagging { .. }
        | FacetChange::StillFailing(_) => return minute(notice.observed_at),
        FacetChange::Recovered(_) if over_at(notice) == notice.observed_at => {
            return format!("seen at {}", minute(notice.observed_at));
        }
        _ => event.changed_at == notice.observed_at,
    };
    let time = minute(event.changed_at);
    if is_seen && matches!(event.change, FacetChange::Validating | FacetChange::Disabled) {
        return format!("{time} or earlier");
    }
    match (is_seen, took(event).map(span)) {
        (true, Some(took)) => format!("seen at {time}, within {took} of the request"),
        (true, None) => format!("seen at {time}"),
        (false, Some(took)) => format!("{time}, {took} after the request"),
        (false, None) => time,
    }
}

/// The time from the request to the end.
fn took(event: &FacetEvent) -> Option<SignedDuration> {
    let is_end = matches!(event.change.reason(), Reason::Failed | Reason::Canceled | Reason::Completed);
    let took = event.job_requested_at()?.duration_until(event.changed_at);
    (is_end && took.is_positive()).then_some(took)
}

/// `until 2026-03-05 06:00 UTC, by ana: ticket 4711; this recovery ends it`.
fn silence_of(notice: &Notice, event: &FacetEvent, silence: &Silence) -> String {
    let by = silence.by.as_ref().map(|by| format!(", by {by}")).unwrap_or_default();
    let end = match event.change {
        _ if !silence.is_on(notice.observed_at) => "; it is over",
        FacetChange::Recovered(_) => "; this recovery ends it",
        _ => "",
    };
    format!("until {}{by}: {}{end}", minute(silence.until), silence.reason)
}

fn last_good_copy(notice: &Notice, event: &FacetEvent) -> Option<String> {
    let is_stale = event.facet.kind() == FacetKind::Replication
        && !matches!(event.change, FacetChange::Completed | FacetChange::Recovered(_));
    let run = event.run.filter(|_| is_stale)?;
    Some(with_span(run, notice.observed_at))
}

/// `2026-03-02 04:10 UTC, 2 h 10 min ago`.
fn with_span(since: Timestamp, now: Timestamp) -> String {
    let elapsed = since.duration_until(now);
    if elapsed.as_secs() < 60 {
        return minute(since);
    }
    format!("{}, {} ago", minute(since), span(elapsed))
}

/// `from 2026-03-02 04:10 UTC, for 2 h 10 min`.
fn lasted(from: Timestamp, to: Timestamp) -> String {
    format!("from {}, for {}", minute(from), span(from.duration_until(to)))
}

/// `37 % (3.0 GiB of 8.0 GiB), 1.2 MiB/s on average`.
fn progress(event: &FacetEvent) -> Option<String> {
    let progress = event.progress?;
    let is_completed = event.change == FacetChange::Completed;
    let amount = match (progress.done_bytes, progress.total_bytes) {
        (Some(done), Some(total)) if done == total => Some(size(total)),
        (Some(done), Some(total)) => Some(format!("{} of {}", size(done), size(total))),
        (Some(done), None) => Some(format!("{} so far", size(done))),
        (None, Some(total)) if is_completed => Some(size(total)),
        (None, Some(total)) => Some(format!("{} in all", size(total))),
        (None, None) => None,
    };
    let percent = progress.percent.filter(|percent| percent.is_finite()).map(|percent| format!("{percent:.0} %"));
    let mut text = match (percent, amount) {
        (Some(percent), Some(amount)) => format!("{percent} ({amount})"),
        (percent, amount) => percent.or(amount)?,
    };
    let copied = progress.done_bytes.or(progress.total_bytes.filter(|_| is_completed));
    let speed = copied.filter(|&bytes| bytes > 0).zip(took(event)).and_then(|(bytes, took)| rate(bytes, took));
    if let Some(speed) = speed {
        text = format!("{text}, {speed} on average");
    }
    Some(text)
}
