//! Reads a scope in the time that is left.

use std::collections::BTreeSet;

use tokio::time::{Instant, timeout_at};

use crate::domain::{Basis, Coverage, Planned, Planner, Policy, ScopeError, SubjectId, Unread};
use crate::sources::{Ask, Fetch, Found};
use crate::store::StoreError;

/// Reads the scope and plans what to do about it. Returns the plan, how much of the scope was read, and of how many subjects.
/// If time runs out, what was read so far counts: for these subjects it is as true as in a complete read.
///
/// Nothing is planned about the subjects whose items in the table cannot be read. Without its item, such a subject would look
/// new: its old notices would be sent again, and the write would fail. The coverage reports them as a part of the scope that
/// is not watched.
pub(super) async fn collect<'k>(
    source: &dyn Fetch,
    ask: &Ask<'k>,
    policy: &'k Policy,
    unreadable: &[StoreError],
    until: Instant,
) -> (Planned, Coverage, usize) {
    let basis = Basis { known: ask.known, policy, reference_time: ask.reference_time };
    let left_out = ids(unreadable);
    let mut found = Found::new(ask.known, Planner::new(basis).leaving_out(left_out.clone()));
    let ended = timeout_at(until, source.fetch(ask, &mut found)).await.ok();
    let mut coverage = found.coverage(ended);
    if ask.only.is_some() {
        // A complete coverage would mean that all other subjects are absent.
        coverage = Coverage::Stopped { resume_after: None, unread: Vec::new(), error: coverage.error() };
    }
    if let Some(first) = unreadable.first() {
        let (part, error) = ("the state table".to_owned(), ScopeError::from(first));
        let count = unreadable.len();
        coverage = coverage.without(Unread { part, count, subjects: left_out, exclude: Vec::new(), error });
    }
    let observed = found.planner.observed();
    (found.planner.finish(&coverage), coverage, observed)
}

fn ids(unreadable: &[StoreError]) -> BTreeSet<SubjectId> {
    let ids = unreadable.iter().filter_map(|error| match error {
        StoreError::Unreadable { sk, .. } => Some(SubjectId::from(sk.as_str())),
        _ => None,
    });
    ids.collect()
}
