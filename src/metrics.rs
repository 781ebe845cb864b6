//! Metrics in the function's log: one line for each scope of a pass, in CloudWatch's embedded metric format
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).
//!
//! CloudWatch bills every combination of a metric's name and dimensions. So only what an alarm watches is a metric: the
//! heartbeat of each source, and three numbers for the whole function. Everything else is a plain member of the line, which
//! costs nothing and can be queried with CloudWatch Logs Insights.
//!
//! Everything in a line comes from the report, including its time. The format is one JSON object and is written here,
//! because the libraries for it record a whole process with a clock of their own, or bring thirty crates.
//!
//! docs/operations.md says what each metric and each member means.

use std::io::{self, Write};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::report::{Report, ScopeReport};

const NAMESPACE: &str = "Tidings";
/// The dimensions of each source's heartbeat.
const OF_SOURCE: [&str; 3] = ["Source", "Region", "FunctionName"];
/// The dimension of the numbers for all sources: alarms use the sum or the maximum of the lines of a pass.
const OF_FUNCTION: [&str; 1] = ["FunctionName"];

/// Writes a line for each scope. A dry run writes none.
///
/// # Errors
/// Writing to `out` failed.
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

/// The directive that turns members of the line into metrics.
fn directive(dimensions: &[&str], measures: &[Measure]) -> Value {
    let metrics: Vec<Value> =
        measures.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit.as_str()})).collect();
    json!({"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics})
}

/// A metric's name, unit and value.
type Measure = (&'static str, Unit, u64);

/// The numbers for the whole function. There is no age if the outboxes are not known.
fn of_function(scope: &ScopeReport) -> Vec<Measure> {
    let mut measures = vec![
        ("Throttles", Unit::Count, count(scope.throttled)),
        ("Errors", Unit::Count, u64::from(scope.error.is_some())),
    ];
    measures.extend(scope.oldest_pending_seconds.map(|age| ("OldestPending", Unit::Seconds, age)));
    measures
}

/// The members of the line that are neither metrics nor dimensions.
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
