//! Metrics as CloudWatch reads them out of a function's log: one line for each scope of a pass, in the embedded metric
//! format (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).
//!
//! CloudWatch bills every combination of a metric's name and dimensions, so a metric is only what an alarm watches: the
//! heartbeat of each source, and three figures for the whole function. Everything else that is known of a scope is a plain
//! member of the line, which costs nothing and which a query to CloudWatch Logs Insights finds.
//!
//! Everything in a line comes from the report, its time included. The format is one JSON object and is written here: the
//! libraries for it are recorders of a whole process with a clock of their own, or bring thirty crates along.
//!
//! docs/operations.md says what each metric and each member means.

use std::io::{self, Write};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::report::{Report, ScopeReport};

const NAMESPACE: &str = "Tidings";
/// Tells the heartbeat of one source from another's.
const OF_SOURCE: [&str; 3] = ["Source", "Region", "FunctionName"];
/// All sources together: CloudWatch adds up, or takes the highest of, what the lines of a pass say.
const OF_FUNCTION: [&str; 1] = ["FunctionName"];

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

/// The line about one scope.
fn document(scope: &ScopeReport, reference_time: Timestamp, function_name: &str) -> Value {
    let of_source = vec![("PassCompleted", Unit::Count, u64::from(scope.is_swept()))];
    let of_function = of_function(scope);
    let directives = [directive(&OF_SOURCE, &of_source), directive(&OF_FUNCTION, &of_function)];

    let mut document = members(scope);
    for (name, value) in OF_SOURCE.into_iter().zip([scope.source, &scope.region, function_name]) {
        document.insert(name.to_owned(), value.into());
    }
    for (name, _, value) in of_source.into_iter().chain(of_function) {
        document.insert(name.to_owned(), value.into());
    }
    let metadata = json!({"Timestamp": reference_time.as_millisecond(), "CloudWatchMetrics": directives});
    document.insert("_aws".to_owned(), metadata);
    document.into()
}

/// What makes a metric out of members of the line.
fn directive(dimensions: &[&str], measures: &[Measure]) -> Value {
    let metrics: Vec<Value> =
        measures.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit.as_str()})).collect();
    json!({"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics})
}

/// A metric's name, unit and value.
type Measure = (&'static str, Unit, u64);

/// What is known of the scope, and nothing that is not: of outboxes that were not looked into it says no age.
fn of_function(scope: &ScopeReport) -> Vec<Measure> {
    let mut measures = vec![
        ("Throttles", Unit::Count, count(scope.throttled)),
        ("Errors", Unit::Count, u64::from(scope.error.is_some())),
    ];
    measures.extend(scope.oldest_pending_seconds.map(|age| ("OldestPending", Unit::Seconds, age)));
    measures
}

/// The members of the line that are no metrics and no dimensions.
fn members(scope: &ScopeReport) -> Map<String, Value> {
    let counts = [
        ("Observed", scope.observed),
        ("Changed", scope.changed),
        ("Noticed", scope.noticed),
        ("Muted", scope.muted),
        ("Published", scope.published),
    ];
    let mut members: Map<String, Value> =
        counts.into_iter().map(|(name, value)| (name.to_owned(), count(value).into())).collect();
    members.insert("Account".to_owned(), scope.account.as_str().into());
    members.insert("Coverage".to_owned(), scope.coverage.into());
    members.insert("Duration".to_owned(), scope.duration_ms.into());
    if scope.oldest_pending_seconds.is_some() {
        members.insert("Pending".to_owned(), count(scope.pending).into());
    }
    if let Some(error) = &scope.error {
        members.insert("Kind".to_owned(), error.kind.as_str().into());
    }
    members
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// The units we use, of those that CloudWatch knows.
#[derive(Clone, Copy)]
enum Unit {
    Count,
    Seconds,
}

impl Unit {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Seconds => "Seconds",
        }
    }
}
