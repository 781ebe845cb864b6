//! What takes too long: a restore that has not moved, a restore past AWS's own estimate, changes that are not replicated.
//!
//! Each is told once and stands until it is over. Only what was known before this pass can be late: nobody knows how long
//! something has stood still that is seen for the first time.

use jiff::Timestamp;

use super::decision::is_over;
use super::{FacetChange, FacetKind, FacetObservation, FacetRecord, Policy, Reason, Recovery, Status, Transition};
use crate::domain::Source;

/// The warnings that a facet calls for, and the end of a standstill. Takes back what no longer stands.
pub(super) fn evaluate(
    (before, after): (&FacetRecord, &mut FacetRecord),
    seen: &FacetObservation,
    (source, policy): (Source, &Policy),
    now: Timestamp,
) -> Vec<Transition> {
    match seen.kind() {
        FacetKind::Restore => restore((before, after), seen, (source, policy), now),
        FacetKind::Replication => {
            let is_late = after.status == Status::Pending && is_over(Some(after.changed_at), policy.max_lag, now);
            let lagging = is_late.then_some(FacetChange::Lagging { since: after.changed_at });
            lagging.into_iter().filter(|change| is_new(*change, after)).map(Transition::new).collect()
        }
        FacetKind::Validation | FacetKind::Deletion | FacetKind::Maintenance => Vec::new(),
    }
}

fn restore(
    (before, after): (&FacetRecord, &mut FacetRecord),
    seen: &FacetObservation,
    (source, policy): (Source, &Policy),
    now: Timestamp,
) -> Vec<Transition> {
    if after.status.is_finished() {
        // The end says it all.
        after.warned.clear();
        return Vec::new();
    }
    if after.moved_at != before.moved_at && after.warned.remove(&Reason::Stalled) {
        return vec![Transition::new(FacetChange::Recovered(Recovery::Stalled(before.moved_at)))];
    }
    let stalled_after = policy.stalled_after.get(&source).copied();
    let stalled =
        is_over(Some(after.moved_at), stalled_after, now).then_some(FacetChange::Stalled { since: after.moved_at });
    let overdue = seen.expected_by.filter(|expected_by| is_over(Some(*expected_by), policy.overdue_after, now));
    let overdue = overdue.map(|expected_by| FacetChange::Overdue { expected_by });
    let late = stalled.into_iter().chain(overdue);
    late.filter(|change| is_new(*change, after)).map(Transition::new).collect()
}

/// Whether people have not been warned of it yet.
fn is_new(change: FacetChange, after: &FacetRecord) -> bool {
    !after.warned.contains(&change.reason())
}
