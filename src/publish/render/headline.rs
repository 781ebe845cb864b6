//! The headline: what happened and to what, in one line.

use jiff::{SignedDuration, Timestamp};

use super::amounts::{ordinal, span};
use super::scope;
use super::text::one_line;
use crate::domain::notice::{Event, FacetChange, FacetEvent, Failures, Recovery, ScopeEvent};
use crate::domain::{Notice, Severity, Status};

/// The headline of a notice: `FAILED: table restore of dev.public.orders on cluster analytics`. What happened is in
/// capitals if it is critical. If this is not the first alert, the headline says how often it happened or how long it
/// has lasted.
pub fn headline(notice: &Notice) -> String {
    let what_happened = what_happened(notice);
    let what_happened =
        if notice.severity == Severity::Critical { what_happened.to_uppercase() } else { what_happened };
    let affected = affected(notice);
    match notice.facet_event().and_then(|event| how_long_or_often(notice, event)) {
        Some(how_long_or_often) => format!("{what_happened} {how_long_or_often}: {affected}"),
        None => format!("{what_happened}: {affected}"),
    }
}

/// What happened, and to what. Unlike the headline, it does not depend on the severity and on earlier notices.
pub fn title(notice: &Notice) -> String {
    format!("{}: {}", what_happened(notice), affected(notice))
}

/// What the notice is about: `table restore of dev.public.orders on cluster analytics`.
pub(in crate::publish) fn affected(notice: &Notice) -> String {
    one_line(&match &notice.event {
        Event::Facet(event) => event.facet.describe(&event.subject.name),
        Event::Scope(event) => scope::affected(notice, event),
    })
}

fn what_happened(notice: &Notice) -> String {
    let event = match &notice.event {
        Event::Facet(event) => event,
        Event::Scope(event) => return what_happened_to_scope(event).to_owned(),
    };
    let what_happened = match event.change {
        FacetChange::Failed(_) if event.to == Status::TimedOut => "Timed out",
        FacetChange::Failed(_) => "Failed",
        FacetChange::StillFailing(_) => "Still failing",
        FacetChange::Canceled => "Canceled",
        FacetChange::Vanished => "Vanished before it ended",
        FacetChange::UnknownStatus => {
            return one_line(&format!("Unknown status {:?}", event.aws_status.as_deref().unwrap_or_default()));
        }
        FacetChange::Stalled { .. } => "Stalled",
        FacetChange::Overdue { .. } => "Overdue",
        FacetChange::Lagging { .. } => "Lagging",
        FacetChange::Completed if event.is_completed_with_issues(notice.scope.source) => "Completed with issues",
        FacetChange::Completed => "Completed",
        FacetChange::Recovered(Recovery::Failing(_)) => "Recovered",
        FacetChange::Recovered(Recovery::Lagging(_)) => "Caught up",
        FacetChange::Recovered(Recovery::Stalled(_)) => "Moving again",
        FacetChange::Started => "Started",
        FacetChange::Validating => "Validating",
        FacetChange::Disabled => "Disabled",
    };
    what_happened.to_owned()
}

fn what_happened_to_scope(event: &ScopeEvent) -> &'static str {
    match event {
        ScopeEvent::Unreachable { error, .. } if error.is_not_available() => "Not available here",
        ScopeEvent::Unreachable { .. } => "Unreachable",
        ScopeEvent::PartlyUnreachable { .. } => "Partly unreadable",
        ScopeEvent::Reachable(_) => "Reachable again",
        ScopeEvent::PartsReachable { .. } => "Readable again",
        ScopeEvent::Baseline(_) => "Now watching",
    }
}

fn how_long_or_often(notice: &Notice, event: &FacetEvent) -> Option<String> {
    let now = notice.observed_at;
    let elapsed = |since| worth_saying(since, now).map(|since| span(since.duration_until(now)));
    match event.change {
        FacetChange::Failed(failures) => repeated(failures).map(|count| format!("again ({} in a row)", ordinal(count))),
        FacetChange::StillFailing(failures) => match (repeated(failures), elapsed(failures.since)) {
            (Some(count), Some(time)) => Some(format!("({} failure in {time})", ordinal(count))),
            (Some(count), None) => Some(format!("({} failure in a row)", ordinal(count))),
            (None, Some(time)) => Some(format!("(for {time})")),
            (None, None) => None,
        },
        FacetChange::Stalled { since } => elapsed(since).map(|time| format!("for {time}")),
        FacetChange::Overdue { expected_by: since } | FacetChange::Lagging { since } => {
            elapsed(since).map(|time| format!("by {time}"))
        }
        FacetChange::Recovered(recovery) => worth_saying(since_of(recovery), now)
            .map(|since| format!("after {}", span(since.duration_until(over_at(notice))))),
        _ => None,
    }
}

/// When what is over had begun.
pub(in crate::publish) const fn since_of(recovery: Recovery) -> Timestamp {
    match recovery {
        Recovery::Failing(since) | Recovery::Lagging(since) | Recovery::Stalled(since) => since,
    }
}

/// When it was over. The status of a stalled restore does not change when it moves again, so only the time of the pass
/// is known.
pub(in crate::publish) fn over_at(notice: &Notice) -> Timestamp {
    match notice.facet_event().map(|event| event.change) {
        Some(FacetChange::Recovered(Recovery::Stalled(_))) => notice.observed_at,
        _ => notice.changed_at(),
    }
}

/// The number of failures in a row, if there is more than one.
fn repeated(failures: Failures) -> Option<u64> {
    (failures.count > 1).then_some(u64::from(failures.count))
}

/// The same for a notice.
pub(in crate::publish) fn failures_in_a_row(notice: &Notice) -> Option<u64> {
    match notice.facet_event()?.change {
        FacetChange::Failed(failures) | FacetChange::StillFailing(failures) => repeated(failures),
        _ => None,
    }
}

/// Since when a facet is failing, or was failing. `None` for a first failure, because it has just begun.
pub(in crate::publish) fn failing_since(notice: &Notice) -> Option<Timestamp> {
    let since = match notice.facet_event()?.change {
        FacetChange::Failed(failures) if failures.count > 1 => failures.since,
        FacetChange::StillFailing(failures) => failures.since,
        FacetChange::Recovered(Recovery::Failing(since)) => since,
        _ => return None,
    };
    worth_saying(since, notice.observed_at)
}

/// The time, if it is at least a minute ago.
fn worth_saying(time: Timestamp, now: Timestamp) -> Option<Timestamp> {
    (time.duration_until(now) >= SignedDuration::from_mins(1)).then_some(time)
}
