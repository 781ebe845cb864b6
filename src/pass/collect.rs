//! Reading a scope within the time there is.

use tokio::time::timeout_at;

use super::{Invocation, store_error};
use crate::domain::{Coverage, Known, Observed};
use crate::sources::{Ask, Discovery, Fetch, Found};
use crate::store::StoreError;

/// What was read, and how much that covers. Stopped by the clock, what was read so far counts.
pub(super) async fn collect(
    source: &dyn Fetch,
    known: &Known,
    only: Option<&str>,
    tables: &Discovery,
    invocation: &Invocation,
) -> (Observed, Coverage) {
    let ask = Ask { known, only, reference_time: invocation.writer.now, tables };
    let mut found = Found::default();
    let ended = timeout_at(invocation.collect_until, source.fetch(&ask, &mut found)).await.ok();
    let mut coverage = found.coverage(ended);
    if only.is_some() {
        // One subject says nothing about the scope.
        coverage = Coverage::Partial { swept: false, resume_after: None, error: coverage.error().cloned() };
    }
    (found.observed, coverage)
}

/// Leaves out what was read about subjects whose items in the table cannot be read, and says so in the coverage.
pub(super) fn without_unreadable(
    mut observed: Observed,
    coverage: Coverage,
    unreadable: &[StoreError],
) -> (Observed, Coverage) {
    let Some(first) = unreadable.first() else {
        return (observed, coverage);
    };
    let is_unreadable =
        |id: &str| unreadable.iter().any(|error| matches!(error, StoreError::Unreadable { sk, .. } if sk == id));
    observed.observations.retain(|seen| !is_unreadable(&seen.subject.id));
    observed.absent.retain(|id| !is_unreadable(id));
    let coverage = match coverage {
        Coverage::Complete => Coverage::Partial { swept: true, resume_after: None, error: Some(store_error(first)) },
        partial @ Coverage::Partial { .. } => partial,
    };
    (observed, coverage)
}
