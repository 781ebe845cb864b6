//! Reading a scope within the time there is.

use tokio::time::timeout_at;

use super::Invocation;
use crate::domain::{Coverage, Known, Observed};
use crate::sources::{Ask, Discovery, Fetch, Found};

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
        coverage = Coverage::Stopped { resume_after: None, unread: Vec::new(), error: coverage.error() };
    }
    (found.observed, coverage)
}
