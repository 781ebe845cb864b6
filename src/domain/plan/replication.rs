//! Replication to one destination. Every commit to the source table takes it from completed to pending and back. The
//! transitions are the first completion, a failure, and the first success after a failure.
//!
//! A run is identified by the time of the last successful update. When that time moves, a replication has succeeded,
//! even if the status is already pending or failed again.

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
        // The answer is older than what is known. It shows only that the destination still exists.
        return (FacetRecord { absent_reads: 0, ..before.clone() }, None);
    }
    let mut after = carry_on(before, seen, history.reference_time);
    // Passes may miss the status in between. If only the status counted, a replication that failed, succeeded and
    // failed again between two passes would look like one failure, and people would not be told of the second.
    let has_moved_on = seen.run > before.run;
    let has_succeeded = seen.status == Status::Completed || has_moved_on;
    if has_succeeded {
        after.completed_once = true;
        after.failing = None;
        after.warned.remove(&Reason::Lagging);
    }
    if seen.status == Status::Failed {
        if before.status == Status::Failed && !has_moved_on {
            return (after, None);
        }
        // If AWS tried again without a success in between, this continues the failure that people know about: the
        // failure is counted for the reminder, and the decision drops its notice.
        let failures = count_failure(&mut after);
        return (after, Some(Transition::new(FacetChange::Failed(failures))));
    }
    let transition = has_succeeded.then(|| success(before, has_moved_on)).flatten();
    (after, transition)
}

fn success(before: &FacetRecord, has_moved_on: bool) -> Option<Transition> {
    // A success may end several things at once. One notice, about the most important of them, is enough.
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
    // Only a successful update has a time, so a facet with one has completed before.
    after.completed_once = seen.status == Status::Completed || seen.run.is_some();
    let transition = match seen.status {
        // AWS gives no time of the failure, so nobody can say whether it is history. Outside the baseline it is told: a
        // notice that comes late is better than none.
        Status::Failed => (!history.is_baseline).then(|| Transition::new(FacetChange::Failed(first_failures(&after)))),
        _ if after.completed_once && history.is_news([seen.run, None]) => Some(Transition::new(FacetChange::Completed)),
        _ => None,
    };
    (after, transition)
}
