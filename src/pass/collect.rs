//! Reading a scope within the time there is.

use std::collections::BTreeSet;

use tokio::time::timeout_at;

use super::{Invocation, store_error};
use crate::calls::Calls;
use crate::domain::{Coverage, Known, Observed, SubjectId, Unread};
use crate::sources::{Ask, Discovery, Fetch, Found};
use crate::store::StoreError;

/// What was read, and how much that covers. Stopped by the clock, what was read so far counts.
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
        // One subject says nothing about the scope.
        coverage = Coverage::Stopped { resume_after: None, unread: Vec::new(), error: coverage.error() };
    }
    (found.observed, coverage)
}

/// Leaves out what was read about subjects whose items in the table cannot be read, and says so in the coverage: they are
/// a part of the scope that is not watched.
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
    let error = store_error(first);
    (observed, coverage.without(Unread { part, count: unreadable.len(), subjects, exclude: Vec::new(), error }))
}
