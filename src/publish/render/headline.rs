//! The line that says it all, the verdict first.

use jiff::{SignedDuration, Timestamp};

use super::amounts::{ordinal, span};
use super::scope;
use super::text::one_line;
use crate::domain::notice::{Event, FacetChange, FacetEvent, Failures, Recovery, ScopeEvent};
use crate::domain::{Notice, Severity, Status};

/// One line for one notice: `FAILED: table restore of dev.public.orders on cluster analytics`. What is critical is in
/// capitals, and what is not a first alert says so at once, with how long or how often.
pub(in crate::publish) fn headline(notice: &Notice) -> String {
    let verdict = verdict(notice);
    let verdict = if notice.severity == Severity::Critical { verdict.to_uppercase() } else { verdict };
    let story = story(notice);
    match notice.facet_event().and_then(|event| so_far(notice, event)) {
        Some(so_far) => format!("{verdict} {so_far}: {story}"),
        None => format!("{verdict}: {story}"),
    }
}

/// The same without how long or how often.
pub fn title(notice: &Notice) -> String {
    format!("{}: {}", verdict(notice), story(notice))
}

/// What the notice is about, without its verdict: `table restore of dev.public.orders on cluster analytics`.
pub(in crate::publish) fn story(notice: &Notice) -> String {
    one_line(&match &notice.event {
        Event::Facet(event) => event.facet.describe(&event.subject.name),
        Event::Scope(event) => scope::story(notice.scope.source, event),
    })
}

/// The first words.
fn verdict(notice: &Notice) -> String {
    let event = match &notice.event {
        Event::Facet(event) => event,
        Event::Scope(event) => return verdict_of_scope(event).to_owned(),
    };
    let verdict = match event.change {
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
        FacetChange::Completed if event.is_completed_with_issues(&notice.scope) => "Completed with issues",
        FacetChange::Completed => "Completed",
        FacetChange::Recovered(Recovery::Failing(_)) => "Recovered",
        FacetChange::Recovered(Recovery::Lagging(_)) => "Caught up",
        FacetChange::Recovered(Recovery::Stalled(_)) => "Moving again",
        FacetChange::Started => "Started",
        FacetChange::Validating => "Validating",
        FacetChange::Disabled => "Disabled",
    };
    verdict.to_owned()
}

fn verdict_of_scope(event: &ScopeEvent) -> &'static str {
    match event {
        ScopeEvent::Unreachable { error, .. } if error.is_not_available() => "Not available here",
        ScopeEvent::Unreachable { .. } => "Unreachable",
        ScopeEvent::PartlyUnreachable { .. } => "Partly unreadable",
        ScopeEvent::Reachable(_) => "Reachable again",
        ScopeEvent::PartsReachable { .. } => "Readable again",
        ScopeEvent::Baseline(_) => "Now watching",
    }
}

/// What sets a notice apart from others of its reason: how often, for how long.
fn so_far(notice: &Notice, event: &FacetEvent) -> Option<String> {
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

/// Since when what is over had lasted.
pub(in crate::publish) const fn since_of(recovery: Recovery) -> Timestamp {
    match recovery {
        Recovery::Failing(since) | Recovery::Lagging(since) | Recovery::Stalled(since) => since,
    }
}

/// When what people were warned of was over. A restore that moves again does so without a change of its status, so there
/// is only the time at which that was noticed.
pub(in crate::publish) fn over_at(notice: &Notice) -> Timestamp {
    match notice.facet_event().map(|event| event.change) {
        Some(FacetChange::Recovered(Recovery::Stalled(_))) => notice.observed_at,
        _ => notice.changed_at(),
    }
}

/// How many failures in a row, when this is not the first.
fn repeated(failures: Failures) -> Option<u64> {
    (failures.count > 1).then_some(u64::from(failures.count))
}

/// The same of a notice.
pub(in crate::publish) fn failures_in_a_row(notice: &Notice) -> Option<u64> {
    match notice.facet_event()?.change {
        FacetChange::Failed(failures) | FacetChange::StillFailing(failures) => repeated(failures),
        _ => None,
    }
}

/// Since when a facet has been failing, or had been; of a first failure that goes without saying.
pub(in crate::publish) fn failing_since(notice: &Notice) -> Option<Timestamp> {
    let since = match notice.facet_event()?.change {
        FacetChange::Failed(failures) if failures.count > 1 => failures.since,
        FacetChange::StillFailing(failures) => failures.since,
        FacetChange::Recovered(Recovery::Failing(since)) => since,
        _ => return None,
    };
    worth_saying(since, notice.observed_at)
}

/// A time, if it is worth saying that it has passed: at least a minute ago.
fn worth_saying(time: Timestamp, now: Timestamp) -> Option<Timestamp> {
    (time.duration_until(now) >= SignedDuration::from_mins(1)).then_some(time)
}
