//! Restores, validations and deletions: they begin once and end once, and an end is for good.

use super::{
    FacetChange, FacetKind, FacetObservation, FacetRecord, Failing, History, Status, Transition, carry_on,
    first_failures,
};

pub(super) fn evaluate(
    before: Option<&FacetRecord>,
    seen: &FacetObservation,
    history: &History,
) -> (FacetRecord, Option<Transition>) {
    let Some(before) = before else {
        let after = FacetRecord::first(seen, history.reference_time);
        let transition = first_sight(&after, seen, history);
        return (after, transition);
    };
    if before.status.is_finished() && !seen.status.is_finished() {
        // An answer from before the end, or a status that we don't know: the end stands.
        return (FacetRecord { absent_reads: 0, ..before.clone() }, None);
    }
    let mut after = carry_on(before, seen, history.reference_time);
    if before.status == seen.status {
        return (after, None);
    }
    after.failing = seen.status.is_failure().then(|| Failing::first(after.changed_at));
    after.completed_once = before.completed_once || seen.status == Status::Completed;
    let transition = if seen.status.is_finished() { Some(end(&after, seen)) } else { beginning(seen) };
    (after, transition)
}

/// A facet that was not known. On a known subject it has come up since the last pass, so it is a transition; on a new
/// subject that is already finished it may be history. A facet that is running is history only if it began before the
/// baseline: its end will be told, so its start is told too, even if no pass saw it start.
fn first_sight(after: &FacetRecord, seen: &FacetObservation, history: &History) -> Option<Transition> {
    match &seen.status {
        status if status.is_finished() => {
            let is_history = history.is_new_subject && !history.is_news([history.began_at, seen.ended_at]);
            (!is_history).then(|| end(after, seen))
        }
        Status::Running if !history.is_new_subject || history.began_since_baseline() => beginning(seen),
        _ => None,
    }
}

fn end(after: &FacetRecord, seen: &FacetObservation) -> Transition {
    match (seen.kind(), &seen.status) {
        (_, Status::Failed | Status::TimedOut) => Transition::new(FacetChange::Failed(first_failures(after))),
        (_, Status::Canceled) => Transition::new(FacetChange::Canceled),
        (FacetKind::Deletion, _) => Transition::routine(FacetChange::Completed),
        _ => Transition::new(FacetChange::Completed),
    }
}

/// What is told of a status that is new and no end.
fn beginning(seen: &FacetObservation) -> Option<Transition> {
    match (seen.kind(), &seen.status) {
        (FacetKind::Restore, Status::Running) => Some(Transition::routine(FacetChange::Started)),
        (FacetKind::Validation, Status::Running) => Some(Transition::routine(FacetChange::Validating)),
        _ => None,
    }
}
