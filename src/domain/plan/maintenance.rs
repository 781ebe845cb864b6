//! One type of maintenance job of one table. A run is identified by its timestamp: the same status with a newer
//! timestamp is another run. The transitions are the first successful run, every failed run, and the first success
//! after failures.

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
        // The answer is older than what is known. It shows only that the job still exists.
        return (FacetRecord { absent_reads: 0, ..before.clone() }, None);
    }
    let mut after = carry_on(before, seen, history.reference_time);
    let is_newer = seen.run > before.run;
    let transition = match seen.status {
        Status::Failed => {
            // A job that was disabled and enabled again reports its last failed run once more. To count that run again
            // would double its notice. A run without a timestamp is the known one as long as the status does not
            // change.
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
                // Without a newer timestamp it is the success that was already seen.
                is_newer.then_some(Transition::routine(FacetChange::Completed))
            }
        }
        Status::Disabled if before.status != Status::Disabled => Some(Transition::routine(FacetChange::Disabled)),
        // Neither a job that has not run nor an unknown status says how a run ended. `failing` stays as it is, so that
        // the next success is still a recovery.
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
