//! Replication to one destination: completed, pending, completed at every commit on the source. Transitions are the first
//! completion, a failure, and the first success after one.
//!
//! The run is the last successful update. When it moves, a success has happened, whatever the status says by now.

use super::{
    FacetChange, FacetObservation, FacetRecord, History, Reason, Recovery, Status, Transition, carry_on, count_failure,
    first_failures,
};

pub(super) fn evaluate(
    before: Option<&FacetRecord>,
    seen: &FacetObservation,
    history: &History,
) -> (FacetRecord, Option<Transition>) {
    let Some(before) = before else {
        return first_sight(seen, history);
    };
    if seen.run.is_some() && seen.run < before.run {
        // An answer older than what is known.
        return (FacetRecord { absent_reads: 0, ..before.clone() }, None);
    }
    let mut after = carry_on(before, seen, history.reference_time);
    let has_moved_on = seen.run > before.run;
    let has_succeeded = seen.status == Status::Completed || has_moved_on;
    if has_succeeded {
        after.completed_once = true;
        after.failing = None;
        after.warned.remove(&Reason::Lagging);
    }
    if seen.status == Status::Failed {
        // AWS tries again and fails again without a success in between: that is the same failure.
        if before.status == Status::Failed && !has_moved_on {
            return (after, None);
        }
        let failures = count_failure(&mut after);
        return (after, Some(Transition::new(FacetChange::Failed(failures))));
    }
    let transition = has_succeeded.then(|| success(before, has_moved_on)).flatten();
    (after, transition)
}

fn success(before: &FacetRecord, has_moved_on: bool) -> Option<Transition> {
    if let Some(failing) = &before.failing {
        Some(Transition::new(FacetChange::Recovered(Recovery::Failing(failing.since))))
    } else if !before.completed_once {
        Some(Transition::new(FacetChange::Completed))
    } else if before.warned.contains(&Reason::Lagging) {
        Some(Transition::new(FacetChange::Recovered(Recovery::Lagging(before.changed_at))))
    } else if has_moved_on || before.status != Status::Completed {
        Some(Transition::routine(FacetChange::Completed))
    } else {
        None
    }
}

fn first_sight(seen: &FacetObservation, history: &History) -> (FacetRecord, Option<Transition>) {
    let mut after = FacetRecord::first(seen, history.reference_time);
    after.completed_once = seen.status == Status::Completed || seen.run.is_some();
    let transition = match seen.status {
        // A failure carries no time of its own.
        Status::Failed => (!history.is_baseline).then(|| Transition::new(FacetChange::Failed(first_failures(&after)))),
        _ if after.completed_once && history.is_news([seen.run, None]) => Some(Transition::new(FacetChange::Completed)),
        _ => None,
    };
    (after, transition)
}
