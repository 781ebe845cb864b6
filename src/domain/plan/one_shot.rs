//! Restores, validations and deletions: they begin once and end once, and an end is for good.

use super::weigh::News;
use super::{FacetKind, FacetObservation, FacetRecord, Reason, Sight, Status, Verdict, carry_on};

pub(super) fn judge(before: Option<&FacetRecord>, seen: &FacetObservation, sight: &Sight) -> Verdict {
    let Some(before) = before else {
        let after = FacetRecord::first(seen, sight.reference_time);
        return (after, first_sight(seen, sight));
    };
    if before.status.is_finished() && !seen.status.is_finished() {
        // An answer from before the end, or a word we don't know: the end stands.
        return (FacetRecord { absent_reads: 0, ..before.clone() }, None);
    }
    let mut after = carry_on(before, seen, sight.reference_time);
    if before.status == seen.status {
        return (after, None);
    }
    after.failures = u32::from(seen.status.is_failure());
    after.failing_since = seen.status.is_failure().then_some(after.changed_at);
    after.completed_once = before.completed_once || seen.status == Status::Completed;
    let reason = if seen.status.is_finished() { Some(end(seen)) } else { beginning(seen).map(News::routine) };
    (after, reason)
}

/// A facet that was not known. On a known subject it has come up since the last look, so it is a transition; on a new
/// subject that is already finished it may be history. What is under way is history only if it began before the baseline:
/// its end will be told, so its start is told too, even if the reads since it began did not show it.
fn first_sight(seen: &FacetObservation, sight: &Sight) -> Option<News> {
    let is_history = sight.new_subject && !sight.is_fresh([sight.began_at, seen.ended_at]);
    match &seen.status {
        status if status.is_finished() => (!is_history).then(|| end(seen)),
        Status::Running if !sight.new_subject || sight.began_since_baseline() => moving(seen.kind()).map(News::routine),
        _ => None,
    }
}

const fn end(seen: &FacetObservation) -> News {
    match (seen.kind(), &seen.status) {
        (_, Status::Failed | Status::TimedOut) => News::new(Reason::Failed),
        (_, Status::Canceled) => News::new(Reason::Canceled),
        (FacetKind::Deletion, _) => News::routine(Reason::Completed),
        _ => News::new(Reason::Completed),
    }
}

/// What is told of a status that is new and no end.
fn beginning(seen: &FacetObservation) -> Option<Reason> {
    (seen.status == Status::Running).then(|| moving(seen.kind())).flatten()
}

const fn moving(kind: FacetKind) -> Option<Reason> {
    match kind {
        FacetKind::Restore => Some(Reason::Started),
        FacetKind::Validation => Some(Reason::Validating),
        _ => None,
    }
}
