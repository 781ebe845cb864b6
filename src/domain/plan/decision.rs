//! Decides about each transition: tell it, hold it back, leave it to a later pass, or drop it.
//!
//! Passes and `tidings check --test` both call [`decide()`], so they cannot differ. It is pure: what people already
//! know is an argument, and the caller stores what they know afterwards.

use std::num::NonZeroU32;

use jiff::{SignedDuration, Timestamp};

use super::{FacetKind, Reason, later};
use crate::domain::{Repeats, Treatment};

/// The facts about a possible notice that the decision depends on.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    pub reason: Reason,
    pub kind: FacetKind,
    /// Whether only those who asked for routine are told.
    pub is_routine: bool,
    /// For a failure, the number of failures in a row.
    pub failures: u32,
    /// Whether people were told of an earlier one of these failures, and no failure was held back since.
    pub is_known: bool,
    /// When people were last told of these failures.
    pub told_at: Option<Timestamp>,
    /// Whether people asked not to be reminded of these failures.
    pub is_silenced: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Tell,
    /// Tell it as soon as nothing holds it back.
    Hold(HeldBy),
    /// Decide again in the next pass, as if it were new then.
    Wait,
    /// Never tell it.
    Drop(DroppedBecause),
}

/// What holds a failure back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldBy {
    Mute,
    /// Fewer runs have failed in a row than a rule requires.
    Threshold,
}

/// Why something is never told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DroppedBecause {
    Muted,
    /// Nobody asked for routine.
    Routine,
    /// People know that it is failing. The next reminder counts this failure.
    Repeated,
    /// People asked not to be reminded. The first reminder after the silence counts this failure.
    Silenced,
}

impl Decision {
    /// Whether a mute suppressed something that is new in this pass.
    pub(super) const fn is_muted(self) -> bool {
        matches!(self, Self::Hold(HeldBy::Mute) | Self::Drop(DroppedBecause::Muted))
    }
}

/// Decides what happens to a candidate at `now`.
pub fn decide(candidate: &Candidate, treatment: &Treatment, now: Timestamp) -> Decision {
    // This comes first, because a notice that nobody asked for must not count as muted.
    if candidate.is_routine && !treatment.routine {
        return Decision::Drop(DroppedBecause::Routine);
    }
    match candidate.reason {
        // This comes before the mute. A failure that people know about must not become one that is held back, or the
        // end of the mute would send it as if it were new.
        Reason::Failed if candidate.is_known && repeats(candidate.kind, treatment) == Repeats::Remind => {
            Decision::Drop(DroppedBecause::Repeated)
        }
        Reason::Failed | Reason::StillFailing if candidate.is_silenced => Decision::Drop(DroppedBecause::Silenced),
        // The facet may still be failing when the mute ends, or when more runs have failed. The record keeps that the
        // failure is held back, so it can be told then.
        Reason::Failed if treatment.muted => Decision::Hold(HeldBy::Mute),
        Reason::Failed if candidate.failures < threshold(candidate.kind, treatment).get() => {
            Decision::Hold(HeldBy::Threshold)
        }
        // Every pass evaluates warnings and reminders again. While they are muted, the record does not change. So they
        // are told after the mute if they still apply.
        Reason::Stalled | Reason::Overdue | Reason::Lagging | Reason::StillFailing if treatment.muted => Decision::Wait,
        Reason::StillFailing if !is_over(candidate.told_at, treatment.reminder_interval, now) => Decision::Wait,
        // Everything else happens once and describes that moment. Nobody needs to hear of it after the mute.
        _ if treatment.muted => Decision::Drop(DroppedBecause::Muted),
        _ => Decision::Tell,
    }
}

/// Whether each further failed run is told. A replication has no separate runs that fail: two failures without a
/// success in between are one.
const fn repeats(kind: FacetKind, treatment: &Treatment) -> Repeats {
    match kind {
        FacetKind::Replication => Repeats::Remind,
        _ => treatment.repeats,
    }
}

/// How many runs in a row must fail. Only maintenance jobs have separate runs that fail.
const fn threshold(kind: FacetKind, treatment: &Treatment) -> NonZeroU32 {
    match kind {
        FacetKind::Maintenance => treatment.failure_threshold,
        _ => NonZeroU32::MIN,
    }
}

/// Whether `limit` has passed since `since`. If either is `None`, it has not.
pub(super) fn is_over(since: Option<Timestamp>, limit: Option<SignedDuration>, now: Timestamp) -> bool {
    since.zip(limit).is_some_and(|(since, limit)| now >= later(since, limit))
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
