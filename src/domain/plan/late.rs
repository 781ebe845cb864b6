//! What takes too long: a restore that has not moved, a restore past AWS's own estimate, changes that are not replicated.
//!
//! Each is told once and stands until it is over. Only what was known before this pass can be late: nobody knows for how
//! long something has stood still that is seen for the first time.

use jiff::{SignedDuration, Timestamp};

use super::weigh::News;
use super::{FacetKind, FacetObservation, FacetRecord, Policy, Reason, Status, later};
use crate::domain::Source;

/// The warnings that are due about a facet, and the end of a standstill. Takes back what no longer stands.
pub(super) fn judge(
    (before, after): (&FacetRecord, &mut FacetRecord),
    seen: &FacetObservation,
    (source, policy): (Source, &Policy),
    now: Timestamp,
) -> Vec<News> {
    match seen.kind() {
        FacetKind::Restore => restore((before, after), seen, (source, policy), now),
        FacetKind::Replication => {
            let is_due = after.status == Status::Pending && is_over(Some(after.changed_at), policy.max_lag, now);
            due(after, [(Reason::Lagging, is_due)])
        }
        FacetKind::Validation | FacetKind::Deletion | FacetKind::Maintenance => Vec::new(),
    }
}

fn restore(
    (before, after): (&FacetRecord, &mut FacetRecord),
    seen: &FacetObservation,
    (source, policy): (Source, &Policy),
    now: Timestamp,
) -> Vec<News> {
    if after.status.is_finished() {
        after.warned.clear();
        return Vec::new();
    }
    if after.moved_at != before.moved_at && after.warned.remove(&Reason::Stalled) {
        return vec![News::new(Reason::Recovered)];
    }
    let stalled = is_over(Some(after.moved_at), policy.stalled_after.get(&source).copied(), now);
    let overdue = is_over(seen.expected_by, policy.overdue_after, now);
    due(after, [(Reason::Stalled, stalled), (Reason::Overdue, overdue)])
}

/// Whether `limit` has passed since `since`. Without either of them it never has.
fn is_over(since: Option<Timestamp>, limit: Option<SignedDuration>, now: Timestamp) -> bool {
    since.zip(limit).is_some_and(|(since, limit)| now >= later(since, limit))
}

fn due<const N: usize>(after: &FacetRecord, warnings: [(Reason, bool); N]) -> Vec<News> {
    let new = warnings.into_iter().filter(|(reason, is_due)| *is_due && !after.warned.contains(reason));
    new.map(|(reason, _)| News::new(reason)).collect()
}
