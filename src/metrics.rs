//! Metrics as CloudWatch reads them out of a function's log: one line for each scope of a pass, in the embedded metric
//! format (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).
//!
//! Everything in a line comes from the report, its time included, so a pass is measured once and told twice. The format
//! is one JSON object and is written here: the libraries for it are recorders of a whole process with a clock of their
//! own, or bring thirty crates along.
//!
//! docs/operations.md says what each metric means and which ones deserve an alarm.

use std::io::{self, Write};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::report::{Report, ScopeReport};

const NAMESPACE: &str = "Tidings";
/// What tells one scope's metrics from another's.
const DIMENSIONS: [&str; 3] = ["Source", "Region", "FunctionName"];
/// What tells one kind of error from another, beside [`DIMENSIONS`].
const KIND: &str = "Kind";
const ERRORS: &str = "Errors";

/// Writes a line for each scope. A dry run did nothing, and nothing is written about it.
///
/// # Errors
/// `out` takes no more.
pub fn write(report: &Report, function_name: &str, mut out: impl Write) -> io::Result<()> {
    if report.dry_run {
        return Ok(());
    }
    // One write, so that no log line gets in between.
    let mut lines = String::new();
    for scope in &report.scopes {
        lines.push_str(&document(scope, report.reference_time, function_name).to_string());
        lines.push('\n');
    }
    out.write_all(lines.as_bytes())?;
    out.flush()
}

/// One scope's metrics, with the dimensions' values and a few facts to search for as plain members.
fn document(scope: &ScopeReport, reference_time: Timestamp, function_name: &str) -> Value {
    let measures = measures(scope);
    let definitions: Vec<Value> =
        measures.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit.as_str()})).collect();
    let mut directives = vec![json!({"Namespace": NAMESPACE, "Dimensions": [DIMENSIONS], "Metrics": definitions})];
    let mut document = Map::new();
    if let Some(error) = &scope.error {
        let dimensions: Vec<&str> = DIMENSIONS.into_iter().chain([KIND]).collect();
        let errors = json!({"Name": ERRORS, "Unit": Unit::Count.as_str()});
        directives.push(json!({"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": [errors]}));
        document.insert(KIND.to_owned(), error.kind.into());
    }
    for (name, value) in DIMENSIONS.into_iter().zip([scope.source, &scope.region, function_name]) {
        document.insert(name.to_owned(), value.into());
    }
    document.insert("Account".to_owned(), scope.account.as_str().into());
    document.insert("Coverage".to_owned(), scope.coverage.into());
    document.insert("Muted".to_owned(), scope.muted.into());
    for (name, _, value) in measures {
        document.insert(name.to_owned(), value.into());
    }
    let metadata = json!({"Timestamp": reference_time.as_millisecond(), "CloudWatchMetrics": directives});
    document.insert("_aws".to_owned(), metadata);
    document.into()
}

/// What is known of the scope, and nothing that is not: a scope that could not be opened has no count of what waits.
fn measures(scope: &ScopeReport) -> Vec<(&'static str, Unit, u64)> {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let mut measures = vec![
        ("PassCompleted", Unit::Count, u64::from(scope.is_swept())),
        ("Duration", Unit::Milliseconds, scope.duration_ms),
        ("Observed", Unit::Count, count(scope.observed)),
        ("Changed", Unit::Count, count(scope.changed)),
        ("Noticed", Unit::Count, count(scope.noticed)),
        ("Published", Unit::Count, count(scope.published)),
        ("Throttles", Unit::Count, count(scope.throttled)),
        (ERRORS, Unit::Count, u64::from(scope.error.is_some())),
    ];
    if let Some(age) = scope.oldest_pending_seconds {
        measures.push(("Pending", Unit::Count, count(scope.pending)));
        measures.push(("OldestPending", Unit::Seconds, age));
    }
    measures
}

/// The units we use, of those that CloudWatch knows.
#[derive(Clone, Copy)]
enum Unit {
    Count,
    Milliseconds,
    Seconds,
}

impl Unit {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Milliseconds => "Milliseconds",
            Self::Seconds => "Seconds",
        }
    }
}
