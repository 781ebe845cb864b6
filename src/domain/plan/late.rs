//! What takes too long: a job without progress, a job that exceeds AWS's estimate, changes that are not
//! replicated.
//!
//! Each warning is told once and applies until its cause is over. Only a facet that was known before this pass can be
//! late, because nobody knows how long a facet that is seen for the first time has been waiting.

use jiff::Timestamp;

use super::decision::is_over;
use super::{FacetChange, FacetKind, FacetObservation, FacetRecord, Policy, Reason, Recovery, Status, Transition};
use crate::domain::Source;

/// The new warnings about a facet, or the end of a stall. Removes warnings that no longer apply from the record.
pub(super) fn evaluate(
    (before, after): (&FacetRecord, &mut FacetRecord),
    seen: &FacetObservation,
    (source, policy): (Source, &Policy),
    now: Timestamp,
) -> Vec<Transition> {
    match seen.kind() {
        kind if kind.is_job() => job((before, after), seen, (source, policy), now),
        FacetKind::Replication => {
            // The lag counts from when the replication began to wait, not from its last success. A table without writes
            // for a week does not lag when the next commit comes.
            let is_late = after.status == Status::Pending && is_over(Some(after.changed_at), policy.max_lag, now);
            let lagging = is_late.then_some(FacetChange::Lagging { since: after.changed_at });
            lagging.into_iter().filter(|change| is_new(*change, after)).map(Transition::new).collect()
        }
        _ => Vec::new(),
    }
}

fn job(
    (before, after): (&FacetRecord, &mut FacetRecord),
    seen: &FacetObservation,
    (source, policy): (Source, &Policy),
    now: Timestamp,
) -> Vec<Transition> {
    if after.status.is_finished() {
        // The notice about the end also ends all warnings. A second notice that the job moves again would be noise.
        after.warned.clear();
        return Vec::new();
    }
    // Only people who were told about the stall need to hear of its end. Whether the job is overdue can wait for
    // the next pass.
    if after.moved_at != before.moved_at && after.warned.remove(&Reason::Stalled) {
        return vec![Transition::new(FacetChange::Recovered(Recovery::Stalled(before.moved_at)))];
    }
    // A job that waits within its start window does what it should.
    let may_wait = seen.status == Status::Pending && seen.start_by.is_some_and(|start_by| now <= start_by);
    let stalled_after = policy.stalled_after.get(&source).copied().filter(|_| !may_wait);
    let stalled =
        is_over(Some(after.moved_at), stalled_after, now).then_some(FacetChange::Stalled { since: after.moved_at });
    let overdue = seen.expected_by.filter(|expected_by| is_over(Some(*expected_by), policy.overdue_after, now));
    let overdue = overdue.map(|expected_by| FacetChange::Overdue { expected_by });
    let late = stalled.into_iter().chain(overdue);
    late.filter(|change| is_new(*change, after)).map(Transition::new).collect()
}

/// Whether people were not told of this warning yet.
fn is_new(change: FacetChange, after: &FacetRecord) -> bool {
    !after.warned.contains(&change.reason())
}
