//! What becomes of a transition: it is told, held back, left for a later pass, or dropped.
//!
//! [`decide()`] is the one place that says so, for a pass and for `tidings check --test`. It is pure: what people know is an
//! argument, and what they know afterwards is the caller's to write down.

use std::num::NonZeroU32;

use jiff::{SignedDuration, Timestamp};

use super::{FacetKind, Reason, later};
use crate::domain::{Repeats, Treatment};

/// Something that people may be told, as far as a decision depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    pub reason: Reason,
    pub kind: FacetKind,
    /// Told only to those who asked for routine.
    pub is_routine: bool,
    /// How many failures in a row there are, for a failure.
    pub failures: u32,
    /// Whether people know of an earlier one of these failures, and it was not held back since.
    pub is_known: bool,
    /// When people were last told of these failures.
    pub told_at: Option<Timestamp>,
}

/// What becomes of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Tell,
    /// It is told as soon as this holds it back no longer.
    Hold(HeldBy),
    /// It is evaluated again in the next pass, as if it were new then.
    Wait,
    /// It is never told.
    Drop(DroppedBecause),
}

/// What holds a failure back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldBy {
    Mute,
    /// Fewer runs have failed in a row than the rules ask for.
    Threshold,
}

/// Why something is never told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DroppedBecause {
    Muted,
    /// Nobody asked for routine.
    Routine,
    /// People know that it is failing; the next reminder counts this failure.
    Repeated,
}

impl Decision {
    /// Whether a mute kept people from hearing of something that is new in this pass.
    pub(super) const fn is_muted(self) -> bool {
        matches!(self, Self::Hold(HeldBy::Mute) | Self::Drop(DroppedBecause::Muted))
    }
}

/// Decides what becomes of a candidate at `now`.
pub fn decide(candidate: &Candidate, treatment: &Treatment, now: Timestamp) -> Decision {
    if candidate.is_routine && !treatment.routine {
        return Decision::Drop(DroppedBecause::Routine);
    }
    match candidate.reason {
        Reason::Failed if candidate.is_known && repeats(candidate.kind, treatment) == Repeats::Remind => {
            Decision::Drop(DroppedBecause::Repeated)
        }
        // A mute ends, and more runs may fail. The record keeps that the failure is held back, so it can be told then.
        Reason::Failed if treatment.muted => Decision::Hold(HeldBy::Mute),
        Reason::Failed if candidate.failures < threshold(candidate.kind, treatment).get() => {
            Decision::Hold(HeldBy::Threshold)
        }
        // Warnings and reminders are evaluated in every pass. While they are muted nothing is noted, so they are told when
        // the mute ends, if they still stand.
        Reason::Stalled | Reason::Overdue | Reason::Lagging | Reason::StillFailing if treatment.muted => Decision::Wait,
        Reason::StillFailing if !is_over(candidate.told_at, treatment.reminder_interval, now) => Decision::Wait,
        _ if treatment.muted => Decision::Drop(DroppedBecause::Muted),
        _ => Decision::Tell,
    }
}

/// Whether each further failed run is told. A replication has no runs that fail one by one: between two failures without
/// a success nothing has ended.
const fn repeats(kind: FacetKind, treatment: &Treatment) -> Repeats {
    match kind {
        FacetKind::Replication => Repeats::Remind,
        _ => treatment.repeats,
    }
}

/// How many runs must fail in a row. Only maintenance has runs that fail one by one.
const fn threshold(kind: FacetKind, treatment: &Treatment) -> NonZeroU32 {
    match kind {
        FacetKind::Maintenance => treatment.failure_threshold,
        _ => NonZeroU32::MIN,
    }
}

/// Whether `limit` has passed since `since`. Without either of them it never has.
pub(super) fn is_over(since: Option<Timestamp>, limit: Option<SignedDuration>, now: Timestamp) -> bool {
    since.zip(limit).is_some_and(|(since, limit)| now >= later(since, limit))
}
