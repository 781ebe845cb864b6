//! From what happened to what is told: routine is for those who asked for it, what is muted or has failed too seldom is
//! held back, and what goes on failing is told as a reminder.
//!
//! What people were told is kept apart from what is true. A failure that nobody heard of recovers in silence; one that was
//! held back is told as soon as nothing holds it any more.

use std::num::NonZeroU32;

use jiff::{SignedDuration, Timestamp};

use super::{FacetKind, FacetRecord, Reason, Status, later};
use crate::domain::{Repeats, Treatment};

/// Something that happened to a facet and that people may want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct News {
    pub(super) reason: Reason,
    /// Told only to those who asked for what is routine.
    is_routine: bool,
}

impl News {
    pub(super) const fn new(reason: Reason) -> Self {
        Self { reason, is_routine: false }
    }

    pub(super) const fn routine(reason: Reason) -> Self {
        Self { reason, is_routine: true }
    }
}

/// What becomes of news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// It is told.
    Tell,
    /// It would be told, but is muted.
    Muted,
    /// Nobody needs to hear of it.
    Drop,
}

/// The first success after failures that nobody heard of is no recovery.
pub(super) fn as_people_know_it(news: News, before: Option<&FacetRecord>) -> News {
    match before {
        Some(before)
            if news.reason == Reason::Recovered && is_secret(before) && !before.warned.contains(&Reason::Lagging) =>
        {
            if before.completed_once {
                News::routine(Reason::Completed)
            } else {
                News::new(Reason::Completed)
            }
        }
        _ => news,
    }
}

/// Weighs news and notes in `after` what people will know of it.
pub(super) fn weigh(
    news: News,
    treatment: &Treatment,
    kind: FacetKind,
    (before, after): (Option<&FacetRecord>, &mut FacetRecord),
    now: Timestamp,
) -> Weight {
    if news.is_routine && !treatment.routine {
        return Weight::Drop;
    }
    match news.reason {
        Reason::Failed => {
            // After a success in between it is another failure.
            let goes_on = kind.is_recurring() && after.failures > 1;
            let is_known = goes_on && before.is_some_and(|before| before.failing_since.is_some() && !before.withheld);
            // People know that it is failing: this run is counted, and the next reminder says how many there were.
            if is_known && repeats(treatment, kind) == Repeats::Remind {
                return Weight::Drop;
            }
            if is_held_back(after, treatment, kind) {
                after.withheld = true;
                after.told_failing_at = before.and_then(|before| before.told_failing_at);
                return if treatment.muted { Weight::Muted } else { Weight::Drop };
            }
            after.withheld = false;
            after.told_failing_at = Some(now);
        }
        // Not noted while muted: if it still stands when the mute ends, it is told then.
        Reason::Stalled | Reason::Overdue | Reason::Lagging if treatment.muted => return Weight::Drop,
        Reason::Stalled | Reason::Overdue | Reason::Lagging => {
            after.warned.insert(news.reason);
        }
        _ => {}
    }
    if treatment.muted { Weight::Muted } else { Weight::Tell }
}

/// What is due about a facet that stands in a failure with nothing new to it: the failure itself once nothing holds it back
/// any more, or a reminder.
pub(super) fn due(facet: &FacetRecord, kind: FacetKind) -> Option<News> {
    match () {
        () if facet.status != Status::Failed && facet.status != Status::TimedOut => None,
        () if facet.withheld => Some(News::new(Reason::Failed)),
        () if kind.is_recurring() && facet.failing_since.is_some() => Some(News::new(Reason::StillFailing)),
        () => None,
    }
}

/// Weighs what [`due`] found.
pub(super) fn weigh_due(
    news: News,
    treatment: &Treatment,
    kind: FacetKind,
    facet: &mut FacetRecord,
    now: Timestamp,
) -> Weight {
    let is_time = match news.reason {
        Reason::Failed => !is_held_back(facet, treatment, kind),
        _ => is_over(facet.told_failing_at, treatment.reminder_interval, now) && !treatment.muted,
    };
    if !is_time {
        return Weight::Drop;
    }
    facet.withheld = false;
    facet.told_failing_at = Some(now);
    Weight::Tell
}

fn is_over(since: Option<Timestamp>, interval: Option<SignedDuration>, now: Timestamp) -> bool {
    since.zip(interval).is_some_and(|(since, interval)| now >= later(since, interval))
}

fn is_held_back(facet: &FacetRecord, treatment: &Treatment, kind: FacetKind) -> bool {
    let threshold = match kind {
        FacetKind::Maintenance => treatment.failure_threshold,
        _ => NonZeroU32::MIN,
    };
    treatment.muted || facet.failures < threshold.get()
}

/// A replication has no runs that fail one by one: between two failures without a success nothing has ended.
const fn repeats(treatment: &Treatment, kind: FacetKind) -> Repeats {
    match kind {
        FacetKind::Replication => Repeats::Remind,
        _ => treatment.repeats,
    }
}

/// Whether it is failing and nobody was told.
const fn is_secret(facet: &FacetRecord) -> bool {
    facet.withheld && facet.told_failing_at.is_none()
}
