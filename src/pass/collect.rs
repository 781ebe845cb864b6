//! Reads a scope in the time that is left.

use std::collections::BTreeSet;

use tokio::time::timeout_at;

use super::Invocation;
use crate::calls::Calls;
use crate::domain::{Coverage, Known, Observed, ScopeError, SubjectId, Unread};
use crate::sources::{Ask, Discovery, Fetch, Found};
use crate::store::StoreError;

/// Reads the scope and returns what it read, and how much of the scope that is. If time runs out, what was read so far
/// counts: for these subjects it is as true as in a complete read.
pub(super) async fn collect(
    source: &dyn Fetch,
    known: &Known,
    only: Option<&str>,
    tables: &Discovery,
    calls: Calls<'_>,
    invocation: &Invocation,
) -> (Observed, Coverage) {
    let ask = Ask { known, only, reference_time: invocation.writer.now, tables, calls };
    let mut found = Found::default();
    let ended = timeout_at(invocation.collect_until, source.fetch(&ask, &mut found)).await.ok();
    let mut coverage = found.coverage(ended);
    if only.is_some() {
        // A complete coverage would mean that all other subjects are absent.
        coverage = Coverage::Stopped { resume_after: None, unread: Vec::new(), error: coverage.error() };
    }
    (found.observed, coverage)
}

/// Leaves out the subjects whose items in the table cannot be read, and reports them in the coverage as a part of the
/// scope that is not watched. Without its item, such a subject would look new: its old notices would be sent again, and
/// the write would fail.
pub(super) fn without_unreadable(
    mut observed: Observed,
    coverage: Coverage,
    unreadable: &[StoreError],
) -> (Observed, Coverage) {
    let Some(first) = unreadable.first() else {
        return (observed, coverage);
    };
    let ids = unreadable.iter().filter_map(|error| match error {
        StoreError::Unreadable { sk, .. } => Some(SubjectId::from(sk.as_str())),
        _ => None,
    });
    let subjects: BTreeSet<SubjectId> = ids.collect();
    observed.observations.retain(|seen| !subjects.contains(&seen.subject.id));
    observed.absent.retain(|id| !subjects.contains(id));
    let part = "the state table".to_owned();
    let error = ScopeError::from(first);
    (observed, coverage.without(Unread { part, count: unreadable.len(), subjects, exclude: Vec::new(), error }))
}
