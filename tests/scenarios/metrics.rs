//! Metrics: what CloudWatch reads of a pass, field by field, and by the rules of the embedded metric format.

use std::collections::BTreeSet;
use std::time::Duration;

use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use tidings::domain::Source;
use tidings::report::Report;
use tidings::simulator::{BackupRestore, Destination, Fault, FaultKind, MaintenanceJob, Service};
use tidings::{handler, metrics};

use crate::stage::{ACCOUNT, REGION, Stage, scope};

const FUNCTION: &str = "tidings-notifier";
const OF_SOURCE: [&str; 3] = ["Source", "Region", "FunctionName"];

/// The lines about a report, each checked against the format.
fn documents(report: &Report) -> Vec<Value> {
    let mut lines = Vec::new();
    metrics::write(report, FUNCTION, &mut lines).expect("a Vec takes everything");
    read(&lines)
}

fn read(lines: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(lines).expect("text");
    assert!(text.is_empty() || text.ends_with('\n'), "whole lines");
    let documents: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for document in &documents {
        check_format(document);
    }
    documents
}

/// The documented schema, and what the specification says beside it: references lead to members at the root, dimensions
/// to texts and metrics to numbers.
fn check_format(document: &Value) {
    let length = |text: &Value, longest: usize| {
        let text = text.as_str().unwrap_or_else(|| panic!("not a text: {text}"));
        assert!((1..=longest).contains(&text.len()), "length of {text:?}");
    };
    assert!(document.to_string().len() < 256 * 1024, "a log event");
    let metadata = document["_aws"].as_object().expect("_aws");
    assert!(metadata["Timestamp"].is_u64(), "milliseconds: {document}");
    let directives = metadata["CloudWatchMetrics"].as_array().expect("directives");
    assert!(!directives.is_empty());
    for directive in directives {
        length(&directive["Namespace"], 1024);
        let sets = directive["Dimensions"].as_array().expect("dimension sets");
        assert!(!sets.is_empty());
        for set in sets {
            let set = set.as_array().expect("a dimension set");
            assert!((1..=30).contains(&set.len()));
            for dimension in set {
                length(dimension, 250);
                let value = &document[dimension.as_str().unwrap()];
                length(value, 1024);
                assert!(value.as_str().is_some_and(str::is_ascii), "{value}");
            }
        }
        let metrics = directive["Metrics"].as_array().expect("metrics");
        assert!((1..=100).contains(&metrics.len()));
        for metric in metrics {
            length(&metric["Name"], 1024);
            assert!(["Count", "Seconds"].contains(&metric["Unit"].as_str().expect("a unit")));
            let value = document[metric["Name"].as_str().unwrap()].as_f64();
            assert!(value.is_some_and(|value| value >= 0.0), "{metric} of {document}");
        }
    }
}

fn directive(dimensions: &[&str], measures: &[(&str, &str)]) -> Value {
    let metrics: Vec<Value> = measures.iter().map(|(name, unit)| json!({"Name": name, "Unit": unit})).collect();
    json!({"Namespace": "Tidings", "Dimensions": [dimensions], "Metrics": metrics})
}

/// The metrics of a scope that could be opened.
fn directives() -> Value {
    let of_function = [("Throttles", "Count"), ("Errors", "Count"), ("OldestPending", "Seconds")];
    json!([directive(&OF_SOURCE, &[("PassCompleted", "Count")]), directive(&["FunctionName"], &of_function)])
}

/// What CloudWatch bills for: every metric's name with the values of its dimensions.
fn billed(documents: &[Value]) -> BTreeSet<String> {
    let of_document = |document: &Value| -> Vec<String> {
        let directives = document["_aws"]["CloudWatchMetrics"].as_array().expect("directives");
        let of_directive = |directive: &Value| -> Vec<String> {
            let values = |set: &Value| -> Vec<Value> {
                set.as_array()
                    .expect("a set")
                    .iter()
                    .map(|name| document[name.as_str().expect("a name")].clone())
                    .collect()
            };
            let sets: Vec<_> = directive["Dimensions"].as_array().expect("sets").iter().map(values).collect();
            let names = directive["Metrics"].as_array().expect("metrics").iter().map(|metric| &metric["Name"]);
            names.flat_map(|name| sets.iter().map(move |set| json!([name, set]).to_string())).collect()
        };
        directives.iter().flat_map(of_directive).collect()
    };
    documents.iter().flat_map(of_document).collect()
}

fn run(stage: &Stage, table: &str, status: &str) {
    let job = MaintenanceJob { status: Some(status.to_owned()), run: Some(stage.now()), message: None };
    stage.sim.world().table("lake", "sales", table).maintenance.insert("icebergCompaction".to_owned(), job);
}

#[tokio::test(start_paused = true)]
async fn a_complete_pass_field_by_field() {
    let mut stage = Stage::of(&[Source::Backup]);
    let running = BackupRestore { status: Some("RUNNING".into()), ..BackupRestore::new("j-1") };
    stage.sim.world().put_backup(BackupRestore { created: Some(stage.now()), ..running });
    stage.baseline().await;
    stage.wait(5);
    stage.sim.world().backup.get_mut("j-1").expect("a job").status = Some("FAILED".into());
    stage.sim.set_latency(Duration::from_millis(20));
    let report = stage.pass().await;
    let documents = documents(&report);
    let expected = json!({
        "Source": "backup",
        "Region": REGION,
        "FunctionName": FUNCTION,
        "Account": ACCOUNT,
        "Coverage": "complete", "Muted": 0,
        "PassCompleted": 1,
        // Lease, listing, state and notice, publication, removal, checkpoint, one after the other.
        "Duration": 120,
        "Observed": 1,
        "Changed": 1,
        "Noticed": 1,
        "Published": 1,
        "Throttles": 0,
        "Errors": 0,
        "Pending": 0,
        "OldestPending": 0,
        "_aws": {
            "Timestamp": stage.now().as_millisecond(),
            "CloudWatchMetrics": directives(),
        },
    });
    assert_eq!(documents, [expected]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_pass_has_no_heartbeat_and_an_error_of_its_kind() {
    let mut stage = Stage::of(&[Source::Backup, Source::Redshift]);
    stage.baseline().await;
    stage.wait(5);
    stage.sim.inject(Fault::new(FaultKind::AccessDenied).service(Service::Backup));
    let report = stage.pass().await;
    let documents = documents(&report);
    let [backup, redshift] = documents.as_slice() else { panic!("a line for each scope: {documents:?}") };
    assert_eq!((&backup["Source"], &backup["Kind"]), (&"backup".into(), &"denied".into()));
    assert_eq!((&backup["PassCompleted"], &backup["Errors"]), (&0.into(), &1.into()));
    assert_eq!(backup["_aws"]["CloudWatchMetrics"], directives(), "the kind is to be searched for and makes no metric");
    assert_eq!((&redshift["Source"], redshift.get("Kind")), (&"redshift".into(), None));
    assert_eq!((&redshift["PassCompleted"], &redshift["Errors"]), (&1.into(), &0.into()), "its trouble is its own");
    assert_eq!(redshift["_aws"]["CloudWatchMetrics"], directives());
}

#[tokio::test(start_paused = true)]
async fn the_heart_beats_when_only_a_part_cannot_be_read_and_when_the_service_is_not_available() {
    let mut stage = Stage::of(&[Source::RedshiftServerless, Source::S3TablesMaintenance]);
    for table in ["a", "b"] {
        run(&stage, table, "Successful");
    }
    let bucket = MaintenanceJob { status: Some("Successful".to_owned()), run: Some(stage.now()), message: None };
    stage.sim.world().table("aaa", "sales", "c").maintenance.insert("icebergCompaction".to_owned(), bucket);
    let operation = "GetTableMaintenanceJobStatus";
    stage.sim.inject(Fault::new(FaultKind::AccessDenied).operation(operation).matching("bucket/aaa"));
    stage.sim.inject(Fault::new(FaultKind::NoSuchHost).service(Service::RedshiftServerless));
    let documents = documents(&stage.pass().await);
    let told =
        documents.iter().map(|document| ["Source", "PassCompleted", "Errors", "Kind"].map(|name| &document[name]));
    let expected = json!([["redshift-serverless", 1, 1, "not-available"], ["s3tables-maintenance", 1, 1, "denied"]]);
    assert_eq!(json!(told.collect::<Vec<_>>()), expected);
}

#[tokio::test(start_paused = true)]
async fn a_deployment_is_billed_for_eight_metrics_whatever_goes_wrong() {
    let mut stage = Stage::of(&Source::DEFAULT);
    let mut lines = documents(&stage.pass().await);
    for kind in [FaultKind::AccessDenied, FaultKind::ServerError, FaultKind::Throttle] {
        for service in [Service::Backup, Service::S3Tables] {
            stage.wait(5);
            stage.sim.inject(Fault::new(kind.clone()).service(service));
            lines.extend(documents(&stage.pass().await));
            stage.sim.clear_faults();
        }
    }
    let kinds: BTreeSet<_> = lines.iter().filter_map(|line| line["Kind"].as_str()).collect();
    assert_eq!(kinds.len(), 3, "errors of several kinds: {kinds:?}");
    let heartbeats =
        Source::DEFAULT.map(|source| json!(["PassCompleted", [source.as_str(), REGION, FUNCTION]]).to_string());
    let others = ["Errors", "OldestPending", "Throttles"].map(|name| json!([name, [FUNCTION]]).to_string());
    assert_eq!(billed(&lines), heartbeats.into_iter().chain(others).collect());
}

#[tokio::test(start_paused = true)]
async fn a_scope_whose_state_cannot_be_read_does_not_claim_that_nothing_waits() {
    let mut stage = Stage::of(&[Source::Backup]);
    stage.sim.inject(Fault::new(FaultKind::ServerError).service(Service::DynamoDb));
    let report = stage.pass().await;
    let document = &documents(&report)[0];
    assert_eq!((document.get("Pending"), document.get("OldestPending")), (None, None));
    assert_eq!((&document["PassCompleted"], &document["Kind"]), (&0.into(), &"unavailable".into()));
}

#[tokio::test(start_paused = true)]
async fn throttled_answers_count_for_the_scope_that_got_them_even_when_a_retry_makes_up_for_them() {
    let mut stage = Stage::of(&Source::DEFAULT);
    run(&stage, "a", "Successful");
    let replica = "arn:aws:s3tables:us-east-1:123456789012:bucket/dr".to_owned();
    let destination = Destination { status: Some("completed".to_owned()), ..Destination::default() };
    stage.sim.world().table("lake", "sales", "a").replication.insert(replica, destination);
    stage.baseline().await;
    let throttled = |report: &Report| Source::DEFAULT.map(|source| scope(report, source).throttled);
    let cases = [
        (Service::Redshift, "DescribeTableRestoreStatus", [2, 0, 0, 0, 0]),
        (Service::RedshiftServerless, "ListTableRestoreStatus", [0, 2, 0, 0, 0]),
        (Service::Backup, "ListRestoreJobs", [0, 0, 2, 0, 0]),
        (Service::S3Tables, "GetTableReplicationStatus", [0, 0, 0, 2, 0]),
        (Service::S3Tables, "GetTableMaintenanceJobStatus", [0, 0, 0, 0, 2]),
    ];
    for (service, operation, expected) in cases {
        stage.wait(5);
        stage.sim.inject(Fault::new(FaultKind::Throttle).service(service).operation(operation).times(2));
        let report = stage.pass().await;
        assert!(stage.sim.faults().is_empty(), "{operation} was called");
        assert_eq!(throttled(&report), expected, "{operation}");
        for document in documents(&report) {
            assert_eq!((&document["PassCompleted"], &document["Errors"]), (&1.into(), &0.into()), "{document}");
        }
    }
    // The state table and the topic are everyone's; whose call it was decides.
    let table = Fault::new(FaultKind::Throttle).service(Service::DynamoDb).matching("backup/").times(1);
    let topic = Fault::new(FaultKind::Throttle).service(Service::Sns).times(2);
    stage.wait(5);
    run(&stage, "a", "Failed");
    stage.sim.inject(table);
    stage.sim.inject(topic);
    let report = stage.pass().await;
    assert!(stage.sim.faults().is_empty(), "both were called");
    assert_eq!(throttled(&report), [0, 0, 1, 0, 2]);
    assert_eq!(documents(&report)[4]["Throttles"], 2, "as a metric");
    assert_eq!(report.published, 1, "and it was told nevertheless");
}

#[tokio::test(start_paused = true)]
async fn throttling_that_outlasts_the_retries_is_an_error_too() {
    let mut stage = Stage::of(&[Source::Backup]);
    stage.baseline().await;
    stage.wait(5);
    // Three turns, each of as many attempts as the SDK makes. The odd code, which only its HTTP status gives away, it does not
    // try again.
    let odd = FaultKind::Error { status: 429, code: "Busy".into(), message: "later".into() };
    for (kind, expected) in [(FaultKind::Throttle, 3 * 4), (odd, 3)] {
        stage.sim.inject(Fault::new(kind).service(Service::Backup));
        let report = stage.pass().await;
        let document = &documents(&report)[0];
        assert_eq!((&document["Throttles"], &document["Kind"]), (&expected.into(), &"throttled".into()));
        assert_eq!((&document["PassCompleted"], &document["Errors"]), (&0.into(), &1.into()));
        stage.sim.clear_faults();
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_grows_older_until_it_is_told() {
    let mut stage = Stage::of(&[Source::S3TablesMaintenance]);
    for table in ["a", "b", "c"] {
        run(&stage, table, "Successful");
    }
    stage.baseline().await;
    stage.wait(5);
    stage.sim.inject(Fault::new(FaultKind::ServerError).service(Service::Sns));
    let mut waiting = Vec::new();
    for tables in [["a", "b"].as_slice(), &["c"], &[]] {
        for table in tables {
            run(&stage, table, "Failed");
        }
        if waiting.len() == 2 {
            stage.sim.clear_faults();
        }
        let report = stage.pass().await;
        let document = &documents(&report)[0];
        waiting.push(["PassCompleted", "Published", "Pending", "OldestPending"].map(|name| document[name].clone()));
        stage.wait(5);
    }
    let expected = [[0, 0, 2, 0], [0, 0, 3, 300], [1, 3, 0, 0]];
    assert_eq!(json!(waiting), json!(expected));
}

#[tokio::test(start_paused = true)]
async fn a_scope_that_another_invocation_works_on_has_no_heartbeat_from_this_one() {
    let mut stage = Stage::of(&[Source::Backup]);
    stage.sim.set_latency(Duration::from_millis(20));
    let order = stage.order();
    let (first, second) = (stage.invocation(Duration::from_mins(2)), stage.invocation(Duration::from_mins(2)));
    let (one, two) = tokio::join!(stage.tidings.run(&order, &first), stage.tidings.run(&order, &second));
    let mut lines: Vec<Value> = [one, two].iter().flat_map(documents).collect();
    lines.sort_by_key(|document| document["Coverage"].as_str().map(str::to_owned));
    let told = lines.iter().map(|document| (document["Coverage"].clone(), document["PassCompleted"].clone()));
    assert_eq!(told.collect::<Vec<_>>(), [("complete".into(), 1.into()), ("skipped".into(), 0.into())]);
    assert_eq!(lines[1].get("Pending"), None);
}

#[tokio::test(start_paused = true)]
async fn a_hint_says_nothing_about_the_scope() {
    let mut stage = Stage::of(&[Source::Backup]);
    stage.sim.world().put_backup(BackupRestore { status: Some("RUNNING".into()), ..BackupRestore::new("j-1") });
    stage.baseline().await;
    stage.wait(5);
    let report = stage.hint("j-1").await;
    let document = &documents(&report)[0];
    assert_eq!(
        (&document["PassCompleted"], &document["Observed"], &document["Errors"]),
        (&0.into(), &1.into(), &0.into())
    );
    assert_eq!((document.get("Pending"), document.get("OldestPending")), (None, None));
}

/// What the function writes to its standard output when it handles `event`.
async fn written_by_handler(stage: &Stage, event: Value) -> (bool, Vec<Value>) {
    let mut context = Context::default();
    context.invoked_function_arn = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}");
    // The handler reads the clock; this deadline is later than any test runs.
    context.deadline = 4_102_444_800_000;
    let mut lines = Vec::new();
    let answer = handler::handle(&stage.tidings, FUNCTION, &mut lines, LambdaEvent::new(event, context)).await;
    (answer.is_ok(), read(&lines))
}

#[tokio::test(start_paused = true)]
async fn the_handler_writes_a_line_for_each_scope_and_none_for_a_dry_run() {
    let stage = Stage::of(&Source::DEFAULT);
    let (answered, lines) = written_by_handler(&stage, json!({"command": "pass", "dry_run": true})).await;
    assert!(answered);
    assert!(!stage.sim.calls().is_empty(), "the dry run read the scopes");
    assert_eq!(lines, Vec::<Value>::new());

    let (answered, lines) = written_by_handler(&stage, json!({"command": "pass"})).await;
    assert!(answered);
    let sources: Vec<_> = lines.iter().filter_map(|line| line["Source"].as_str()).collect();
    assert_eq!(sources, Source::DEFAULT.map(Source::as_str));
    assert!(lines.iter().all(|line| line["FunctionName"] == FUNCTION && line["PassCompleted"] == 1), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn an_invocation_that_fails_is_measured_all_the_same() {
    let stage = Stage::of(&[Source::Backup]);
    stage.sim.inject(Fault::new(FaultKind::AccessDenied));
    let (answered, lines) = written_by_handler(&stage, json!({"command": "pass", "sources": ["backup"]})).await;
    assert!(!answered, "nothing could be done");
    assert_eq!(lines.len(), 1);
    assert_eq!((&lines[0]["Errors"], &lines[0]["Kind"]), (&1.into(), &"denied".into()));
    let (answered, lines) = written_by_handler(&stage, json!({"command": "dance"})).await;
    assert!(!answered && lines.is_empty(), "no pass, no metrics");
}
