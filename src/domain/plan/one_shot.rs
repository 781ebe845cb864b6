//! Restores, backups, copies, exports and imports, validations and deletions. Each begins once and ends once. After its end, it never starts again.

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
    let is_after_the_end = before.status.is_finished() && !seen.status.is_finished();
    let is_before_the_start = before.status == Status::Running && seen.status == Status::Pending;
    if is_after_the_end || is_before_the_start {
        // The answer is older than what is known, or the status is unknown. The record keeps what is known: without it, the
        // next read would find the end, or the start, again and tell it twice.
        return (FacetRecord { absent_reads: 0, ..before.clone() }, None);
    }
    let mut after = carry_on(before, seen, history.reference_time);
    if before.status == seen.status {
        return (after, None);
    }
    after.failing = seen.status.is_failure().then(|| Failing::first(after.changed_at));
    after.completed_once = before.completed_once || seen.status == Status::Completed;
    // A different end than before, such as FAILED after COMPLETED, is told too. Otherwise people would rely on the
    // first.
    let transition = if seen.status.is_finished() { Some(end(&after, seen)) } else { beginning(seen) };
    (after, transition)
}

/// The transition of a facet that is seen for the first time.
///
/// On a known subject the facet is new since the last pass, so it is always a transition. On a new subject, a facet
/// that is already finished may be history. A running facet is history only if it began before the baseline. People
/// will be told of its end, so they are told of its start too, even if no pass saw it start.
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
        // A message with a completed backup is an issue, which people want to know.
        (kind, _) if kind.completes_as_routine() && (seen.message.is_none() || !kind.is_job()) => {
            Transition::routine(FacetChange::Completed)
        }
        _ => Transition::new(FacetChange::Completed),
    }
}

/// The transition to a status that is not an end.
fn beginning(seen: &FacetObservation) -> Option<Transition> {
    match (seen.kind(), &seen.status) {
        (FacetKind::Validation, Status::Running) => Some(Transition::routine(FacetChange::Validating)),
        (kind, Status::Running) if kind.is_job() => Some(Transition::routine(FacetChange::Started)),
        _ => None,
    }
}
