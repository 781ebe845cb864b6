//! One type of maintenance job on one table. A run is known by its timestamp: the same status with a newer timestamp is
//! a new run. Transitions are the first successful run, every failed run, and the first success after failures.

use super::{
    FacetChange, FacetObservation, FacetRecord, History, Recovery, Status, Transition, carry_on, count_failure,
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
    let is_newer = seen.run > before.run;
    let transition = match seen.status {
        Status::Failed => {
            // A job that is switched off and on again shows the same failed run once more.
            let is_known_run = before.failing.is_some() && seen.run.is_some() && !is_newer;
            if is_known_run || (before.status == Status::Failed && !is_newer) {
                return (after, None);
            }
            Some(Transition::new(FacetChange::Failed(count_failure(&mut after))))
        }
        Status::Completed => {
            after.completed_once = true;
            after.failing = None;
            if let Some(failing) = &before.failing {
                Some(Transition::new(FacetChange::Recovered(Recovery::Failing(failing.since))))
            } else if !before.completed_once {
                Some(Transition::new(FacetChange::Completed))
            } else {
                is_newer.then_some(Transition::routine(FacetChange::Completed))
            }
        }
        Status::Disabled if before.status != Status::Disabled => Some(Transition::routine(FacetChange::Disabled)),
        _ => None,
    };
    (after, transition)
}

fn first_sight(seen: &FacetObservation, history: &History) -> (FacetRecord, Option<Transition>) {
    let after = FacetRecord::first(seen, history.reference_time);
    let transition = match seen.status {
        Status::Failed => Some(FacetChange::Failed(first_failures(&after))),
        Status::Completed => Some(FacetChange::Completed),
        _ => None,
    };
    let transition = transition.filter(|_| history.is_news([seen.run, None])).map(Transition::new);
    (after, transition)
}
