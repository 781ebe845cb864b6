//! Metrics in the function's log: one line for each scope of a pass, in CloudWatch's embedded metric format
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).
//!
//! CloudWatch bills every combination of a metric's name and dimensions. So only what an alarm watches is a metric: the
//! heartbeat of each source, and a few numbers for the whole function. Everything else is a plain member of the line, which
//! costs nothing and can be queried with CloudWatch Logs Insights.
//!
//! Everything in a line comes from the report, including its time. The format is one JSON object and is written here,
//! because the libraries for it record a whole process with a clock of their own, or bring thirty crates.
//!
//! docs/operations.md says what each metric and each member means.

use std::collections::BTreeMap;
use std::io::{self, Write};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::domain::Source;
use crate::report::{Report, ScopeReport};

const NAMESPACE: &str = "Tidings";
/// The dimensions of each source's heartbeat.
const OF_SOURCE: [&str; 3] = ["Source", "Region", "FunctionName"];
/// The dimension of the numbers for all sources: alarms use the sum or the maximum of the lines of a pass.
const OF_FUNCTION: [&str; 1] = ["FunctionName"];

/// Writes a line for each scope; with many targets, one for each source and region, with sums over the accounts. A dry
/// run writes none.
///
/// # Errors
/// Writing to `out` failed.
pub fn write(report: &Report, function_name: &str, mut out: impl Write) -> io::Result<()> {
    if report.dry_run {
        return Ok(());
    }
    // One write, so that no log line gets in between.
    let mut lines = String::new();
    let mut documents: Vec<Value> = if report.is_of_many {
        of_many(report, function_name)
    } else {
        report.scopes.iter().map(|scope| document(scope, report.reference_time, function_name)).collect()
    };
    // A report that could not be sent is no trouble of a source, so it has a line of its own.
    if let Some(error) = report.report.as_ref().and_then(|sent| sent.error.as_ref()) {
        let mut document = Map::new();
        document.insert("Kind".to_owned(), error.kind.as_str().into());
        document.insert(OF_FUNCTION[0].to_owned(), function_name.into());
        let measures = vec![("Errors", Unit::Count, 1)];
        documents.push(with_metrics(document, report.reference_time, &[(&OF_FUNCTION, measures)]));
    }
    for document in documents {
        lines.push_str(&document.to_string());
        lines.push('\n');
    }
    out.write_all(lines.as_bytes())?;
    out.flush()
}

/// The lines about many targets: one for each source and region, and one about all of them.
///
/// The account is not a dimension: 500 accounts would cost thousands of dollars a month. Instead an alarm compares the
/// number of completed passes with the number of those that the last tick expected, so that one account of many is enough
/// to raise it.
fn of_many(report: &Report, function_name: &str) -> Vec<Value> {
    let is_api = |scope: &&ScopeReport| Source::parse(scope.source).is_some();
    let mut groups: BTreeMap<(&str, &str), Vec<&ScopeReport>> = BTreeMap::new();
    for scope in report.scopes.iter().filter(is_api) {
        groups.entry((scope.source, &scope.region)).or_default().push(scope);
    }
    let expected =
        report.expected.iter().flatten().map(|((source, region), count)| ((*source, region.as_str()), *count));
    let expected: BTreeMap<(&str, &str), usize> = expected.collect();
    for scope in expected.keys() {
        groups.entry(*scope).or_default();
    }
    let mut documents: Vec<Value> = groups
        .into_iter()
        .map(|((source, region), scopes)| {
            let swept = scopes.iter().filter(|scope| scope.is_swept()).count();
            let measures = vec![("PassCompleted", Unit::Count, count(swept))];
            let mut document = sums(&scopes);
            // Not a metric: it would cost as much as the heartbeats, and queries find it without.
            if let Some(expected) = expected.get(&(source, region)) {
                document.insert("PassExpected".to_owned(), count(*expected).into());
            }
            for (name, value) in OF_SOURCE.into_iter().zip([source, region, function_name]) {
                document.insert(name.to_owned(), value.into());
            }
            with_metrics(document, report.reference_time, &[(&OF_SOURCE, measures)])
        })
        .collect();
    let throttled = report.scopes.iter().map(|scope| count(scope.throttled)).sum();
    let errors = report.scopes.iter().filter(|scope| scope.error.is_some()).count();
    let mut measures = vec![("Throttles", Unit::Count, throttled), ("Errors", Unit::Count, count(errors))];
    let oldest = report.scopes.iter().filter_map(|scope| scope.oldest_pending_seconds).max();
    measures.extend(oldest.map(|age| ("OldestPending", Unit::Seconds, age)));
    let oldest = report.scopes.iter().filter_map(|scope| scope.complete_age_seconds).max();
    measures.extend(oldest.map(|age| ("OldestComplete", Unit::Seconds, age)));
    let swept = report.scopes.iter().filter(is_api).filter(|scope| scope.is_swept()).count();
    measures.push(("ScopesCompleted", Unit::Count, count(swept)));
    if report.expected.is_some() {
        measures.push(("ScopesExpected", Unit::Count, count(expected.values().sum())));
    }
    let mut document = sums(&report.scopes.iter().collect::<Vec<_>>());
    document.insert(OF_FUNCTION[0].to_owned(), function_name.into());
    documents.push(with_metrics(document, report.reference_time, &[(&OF_FUNCTION, measures)]));
    documents
}

/// What happened in these scopes together.
fn sums(scopes: &[&ScopeReport]) -> Map<String, Value> {
    let sum = |of: fn(&ScopeReport) -> usize| scopes.iter().map(|scope| count(of(scope))).sum::<u64>();
    let sums = [
        ("Scopes", count(scopes.len())),
        ("Observed", sum(|scope| scope.observed)),
        ("Changed", sum(|scope| scope.changed)),
        ("Noticed", sum(|scope| scope.noticed)),
        ("Muted", sum(|scope| scope.muted)),
        ("Published", sum(|scope| scope.published)),
        ("Pending", sum(|scope| scope.pending)),
    ];
    sums.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

/// The line about one scope.
fn document(scope: &ScopeReport, reference_time: Timestamp, function_name: &str) -> Value {
    let of_source = vec![("PassCompleted", Unit::Count, u64::from(scope.is_swept()))];
    let of_function = of_function(scope);
    let mut document = members(scope);
    for (name, value) in OF_SOURCE.into_iter().zip([scope.source, &scope.region, function_name]) {
        document.insert(name.to_owned(), value.into());
    }
    with_metrics(document, reference_time, &[(&OF_SOURCE, of_source), (&OF_FUNCTION, of_function)])
}

/// The line with its metrics, by their dimensions.
fn with_metrics(
    mut document: Map<String, Value>,
    reference_time: Timestamp,
    metrics: &[(&[&str], Vec<Measure>)],
) -> Value {
    let directives: Vec<Value> = metrics.iter().map(|(dimensions, measures)| directive(dimensions, measures)).collect();
    for (name, _, value) in metrics.iter().flat_map(|(_, measures)| measures) {
        document.insert((*name).to_owned(), (*value).into());
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
