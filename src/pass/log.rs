//! The log of a pass: one line with the totals, and one for each scope in which something changed or failed. The line
//! of any other scope has the level `debug`, because a metric already shows that the scope was read.
//!
//! Each line is complete without the others, and contains the values of its text as fields too. docs/operations.md
//! lists the fields.

use crate::report::{ErrorReport, Report, ScopeReport, SentReport};

pub(super) fn summarize(report: &Report) {
    for scope in &report.scopes {
        log_scope(scope);
    }
    if let Some(sent) = &report.report {
        log_report(sent);
    }
    log_totals(report);
}

fn log_report(sent: &SentReport) {
    let SentReport { id, due, error, .. } = sent;
    match error {
        None => tracing::info!(report_id = %id, %due, "the report for the period up to {due} was sent"),
        Some(ErrorReport { kind, message, action }) => {
            let kind = kind.as_str();
            tracing::warn!(report_id = %id, %due, kind, action, "the report for the period up to {due} was not sent: {message}");
        }
    }
}

/// Logs a line about one scope: its fields, further fields, and the text.
macro_rules! scope_line {
    ($level:ident, $scope:ident, $($line:tt)+) => {
        tracing::$level!(
            source = $scope.source,
            account = $scope.account,
            region = $scope.region,
            coverage = $scope.coverage,
            observed = $scope.observed,
            changed = $scope.changed,
            noticed = $scope.noticed,
            muted = $scope.muted,
            published = $scope.published,
            pending = $scope.pending,
            throttled = $scope.throttled,
            duration_ms = $scope.duration_ms,
            $($line)+
        )
    };
}

fn log_scope(scope: &ScopeReport) {
    let ScopeReport { source, region, coverage, observed, changed, noticed, published, pending, .. } = scope;
    let text = format!(
        "{source} {region}: {coverage}, {observed} observed, {changed} changed, {noticed} noticed, \
         {published} published, {pending} pending"
    );
    match &scope.error {
        Some(ErrorReport { kind, message, action }) => {
            scope_line!(warn, scope, kind = kind.as_str(), action, "{text}; {message}");
        }
        None if changed + noticed + published > 0 => scope_line!(info, scope, "{text}"),
        None => scope_line!(debug, scope, "{text}"),
    }
}

fn log_totals(report: &Report) {
    let Report { reference_time, dry_run, scopes, noticed, published, pending, .. } = report;
    let sum = |count: fn(&ScopeReport) -> usize| scopes.iter().map(count).sum::<usize>();
    let complete = sum(|scope| usize::from(scope.is_complete()));
    let failed = sum(|scope| usize::from(scope.error.is_some()));
    let observed = sum(|scope| scope.observed);
    let changed = sum(|scope| scope.changed);
    // The scopes run at the same time, so the slowest one says how long the pass took.
    let duration_ms = scopes.iter().map(|scope| scope.duration_ms).max().unwrap_or_default();
    tracing::info!(
        %reference_time,
        dry_run,
        scopes = scopes.len(),
        complete,
        failed,
        observed,
        changed,
        noticed,
        published,
        pending,
        throttled = sum(|scope| scope.throttled),
        duration_ms,
        "{what} of {reference_time:.3}: {complete} of {} scopes complete, {failed} failed, {observed} observed, \
         {changed} changed, {noticed} noticed, {published} published, {pending} pending, in {duration_ms} ms",
        scopes.len(),
        what = if *dry_run { "dry run" } else { "pass" },
    );
}
