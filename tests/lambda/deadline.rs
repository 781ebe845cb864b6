//! Little time left: the report says so, and the next invocation makes up for it.

use std::time::Duration;

use serde_json::Value;
use tidings::simulator::{Fault, FaultKind, Service};
use tokio::time::{Instant, timeout};

use super::contract::{self, check_complete, check_report, count, counts, scope, scopes, text};
use super::function::{Function, PATIENCE};
use super::stage::{REDSHIFT, Stage};
use super::{SOURCES, tick};

/// Sooner than any call of the SDK gives up by itself.
const SHORT: Duration = Duration::from_secs(5);

/// The subjects whose failure was told.
fn failed(stage: &Stage) -> Vec<String> {
    stage.told().into_iter().filter(|told| told.reason == "failed").map(|told| told.subject).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_runs_out_of_time_goes_on_where_it_stopped() {
    let stage = Stage::set();
    let arns = stage.replicate(40);
    let function = Function::start(&stage).await;
    check_complete(&function.report(&tick()).await);
    let (first, last) = (&arns[0], &arns[39]);
    stage.fail_replication(first);
    stage.fail_replication(last);
    stage.simulator.clear_inbox();

    // The status of the last table never comes.
    let service = Service::S3Tables;
    let id = last.rsplit('/').next().unwrap();
    let hang = Fault::new(FaultKind::Hang).service(service).operation("GetTableReplicationStatus").matching(id);
    stage.simulator.inject(hang);
    let begun = Instant::now();
    let report = function.report_within(&tick(), SHORT).await;
    assert!(begun.elapsed() < SHORT, "the answer comes before the deadline");
    check_report(&report, &SOURCES);
    for entry in scopes(&report) {
        let is_late = entry["source"] == "s3tables-replication";
        assert_eq!(text(entry, "coverage"), if is_late { "partial" } else { "complete" }, "{entry}");
        assert_eq!(entry["out_of_time"], is_late, "{entry}");
        assert_eq!(entry["error"], Value::Null, "{entry}");
    }
    assert_eq!(count(scope(&report, "s3tables-replication"), "observed"), 39);
    assert_eq!(failed(&stage), [first.as_str()]);

    stage.simulator.clear_faults();
    let report = function.report(&tick()).await;
    check_complete(&report);
    assert_eq!(count(scope(&report, "s3tables-replication"), "observed"), 1, "the sweep goes on where it stopped");
    assert_eq!(failed(&stage), [first.as_str(), last.as_str()]);
    let report = function.report(&tick()).await;
    assert_eq!((counts(&report), count(scope(&report, "s3tables-replication"), "observed")), ([0, 0, 0], 40));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_no_time_at_all_the_invocation_fails_and_the_next_one_tells() {
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    check_complete(&function.report(&tick()).await);
    stage.fail_redshift();
    let failure = function.failure_within(&tick(), Duration::ZERO).await;
    assert_eq!(failure.error_type, "Tidings.NothingDone");
    assert!(failure.message.contains("time ran out"), "{}", failure.message);
    assert_eq!(failed(&stage), Vec::<String>::new());

    let report = function.report(&tick()).await;
    check_complete(&report);
    assert_eq!((counts(&report), failed(&stage)), ([1, 1, 0], vec![REDSHIFT.to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_never_ends_is_its_scopes_alone() {
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    check_complete(&function.report(&tick()).await);
    stage.fail_redshift();
    stage.simulator.inject(Fault::new(FaultKind::Hang).service(Service::Redshift));
    let report = function.report_within(&tick(), SHORT).await;
    check_report(&report, &SOURCES);
    for entry in scopes(&report).iter().filter(|entry| entry["source"] != "redshift") {
        assert_eq!((text(entry, "coverage"), &entry["error"]), ("complete", &Value::Null), "{entry}");
    }
    let late = scope(&report, "redshift");
    assert_eq!((text(late, "coverage"), text(&late["error"], "kind")), ("partial", "timeout"), "{late}");
    assert!(text(&late["error"], "message").contains("time ran out"), "{late}");

    stage.simulator.clear_faults();
    assert_eq!(counts(&function.report(&tick()).await), [1, 1, 0]);
    assert_eq!(failed(&stage), [REDSHIFT]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_sns_does_not_take_in_time_waits_in_the_outbox_for_the_next_process() {
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    check_complete(&function.report(&tick()).await);
    stage.fail_redshift();
    stage.simulator.inject(Fault::new(FaultKind::Hang).service(Service::Sns));
    let begun = Instant::now();
    let report = function.report_within(&tick(), SHORT).await;
    assert!(begun.elapsed() < SHORT, "the answer comes before the deadline");
    check_report(&report, &SOURCES);
    assert_eq!(counts(&report), [1, 0, 1]);
    let late = scope(&report, "redshift");
    assert_eq!(text(&late["error"], "kind"), "timeout", "{late}");
    let outbox = stage.item("redshift", REDSHIFT).await["outbox"].as_m().expect("a map").len();
    assert_eq!((outbox, failed(&stage).len()), (1, 0));

    // Nothing of it was only in the process.
    function.kill().await;
    stage.simulator.clear_faults();
    let function = Function::start(&stage).await;
    // The ended invocation's claim holds until its deadline; the ticks after that find it gone.
    let told = timeout(PATIENCE, async {
        loop {
            let report = function.report(&tick()).await;
            if contract::counts(&report)[1] > 0 {
                break report;
            }
            assert_eq!(counts(&report), [0, 0, 1], "the notice still waits");
        }
    });
    let report = told.await.expect("the notice is told");
    assert_eq!((counts(&report), failed(&stage)), ([0, 1, 0], vec![REDSHIFT.to_owned()]));
    assert_eq!(counts(&function.report(&tick()).await), [0, 0, 0]);
    assert_eq!(failed(&stage).len(), 1);
}
