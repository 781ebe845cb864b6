//! One type of maintenance job on one table. A run is known by its timestamp: the same status with a newer timestamp is
//! a new run. News is the first successful run, every failed run, and the first success after failures.

use super::weigh::News;
use super::{FacetObservation, FacetRecord, Reason, Sight, Status, Verdict, carry_on};

pub(super) fn judge(before: Option<&FacetRecord>, seen: &FacetObservation, sight: &Sight) -> Verdict {
    let Some(before) = before else {
        return first_sight(seen, sight);
    };
    if seen.run.is_some() && seen.run < before.run {
        // An answer older than what is known.
        return (FacetRecord { absent_reads: 0, ..before.clone() }, None);
    }
    let mut after = carry_on(before, seen, sight.reference_time);
    let newer = seen.run > before.run;
    let was_failing = before.failing_since.is_some();
    let news = match seen.status {
        Status::Failed => {
            // Switched off and on again, the same failed run shows once more.
            let known_run = was_failing && seen.run.is_some() && !newer;
            if known_run || (before.status == Status::Failed && !newer) {
                return (after, None);
            }
            after.failures += 1;
            after.failing_since = after.failing_since.or(Some(after.changed_at));
            Some(News::new(Reason::Failed))
        }
        Status::Completed => {
            after.completed_once = true;
            after.failures = 0;
            after.failing_since = None;
            match () {
                () if was_failing => Some(News::new(Reason::Recovered)),
                () if !before.completed_once => Some(News::new(Reason::Completed)),
                () if newer => Some(News::routine(Reason::Completed)),
                () => None,
            }
        }
        Status::Disabled if before.status != Status::Disabled => Some(News::routine(Reason::Disabled)),
        _ => None,
    };
    (after, news)
}

fn first_sight(seen: &FacetObservation, sight: &Sight) -> Verdict {
    let after = FacetRecord::first(seen, sight.reference_time);
    let fresh = sight.is_fresh([seen.run, None]);
    let news = match seen.status {
        Status::Failed if fresh => Some(News::new(Reason::Failed)),
        Status::Completed if fresh => Some(News::new(Reason::Completed)),
        _ => None,
    };
    (after, news)
}
