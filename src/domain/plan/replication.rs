//! Replication to one destination: completed, pending, completed at every commit on the source. News is the first
//! completion, a failure, and the first success after one.
//!
//! The run is the last successful update. When it moves, a success has happened, whatever the status says by now.

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
    let moved_on = seen.run > before.run;
    let succeeded = seen.status == Status::Completed || moved_on;
    let was_failing = before.failing_since.is_some();
    if succeeded {
        after.completed_once = true;
        after.failures = 0;
        after.failing_since = None;
        after.warned.remove(&Reason::Lagging);
    }
    if seen.status == Status::Failed {
        if before.status == Status::Failed && !moved_on {
            return (after, None);
        }
        after.failures += 1;
        after.failing_since = after.failing_since.or(Some(after.changed_at));
        return (after, Some(News::new(Reason::Failed)));
    }
    let news = match () {
        () if !succeeded => None,
        () if was_failing => Some(News::new(Reason::Recovered)),
        () if !before.completed_once => Some(News::new(Reason::Completed)),
        () if before.warned.contains(&Reason::Lagging) => Some(News::new(Reason::Recovered)),
        () if moved_on || before.status != Status::Completed => Some(News::routine(Reason::Completed)),
        () => None,
    };
    (after, news)
}

fn first_sight(seen: &FacetObservation, sight: &Sight) -> Verdict {
    let mut after = FacetRecord::first(seen, sight.reference_time);
    after.completed_once = seen.status == Status::Completed || seen.run.is_some();
    let news = match seen.status {
        // A failure carries no time of its own.
        Status::Failed => (!sight.baseline).then_some(News::new(Reason::Failed)),
        _ if after.completed_once => sight.is_fresh([seen.run, None]).then_some(News::new(Reason::Completed)),
        _ => None,
    };
    (after, news)
}
