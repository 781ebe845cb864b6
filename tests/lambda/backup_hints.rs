//! Events of AWS Backup are hints: the job they name is fetched, alone, and judged as always.

use tidings::simulator::{Fault, FaultKind, Service};

use super::contract::{self, check_report, count, counts};
use super::function::Function;
use super::stage::{BACKUP, Stage};
use super::{sample, tick};

const ELSEWHERE: [&str; 5] = [
    "DescribeTableRestoreStatus",
    "ListTableRestoreStatus",
    "ListRestoreJobs",
    "GetTableReplicationStatus",
    "GetTableMaintenanceJobStatus",
];

/// The samples of the two shapes of the event, and the job they are about.
fn samples() -> (serde_json::Value, serde_json::Value, String) {
    let (created, failed) = (sample("backup-restore-job-created.json"), sample("backup-restore-job-failed.json"));
    let job = failed["detail"]["restoreJobId"].as_str().expect("an id").to_owned();
    assert_eq!(created["detail"]["restoreJobId"], job, "both samples are about one job");
    (created, failed, job)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_fetches_just_its_job_and_its_failure_is_told_once() {
    let (created, failed, job) = samples();
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    function.report(&tick()).await;
    stage.simulator.clear_inbox();
    stage.simulator.clear_calls();

    stage.put_backup(&job, "PENDING");
    let report = function.report(&created).await;
    check_report(&report, &["backup"]);
    assert_eq!(counts(&report), [0, 0, 0]);
    assert_eq!((count(contract::scope(&report, "backup"), "changed"), stage.told().len()), (1, 0));

    stage.put_backup(&job, "FAILED");
    let report = function.report(&failed).await;
    check_report(&report, &["backup"]);
    assert_eq!(counts(&report), [1, 1, 0]);
    let told = stage.told();
    let [told] = told.as_slice() else { panic!("one notice is expected: {told:?}") };
    assert_eq!((told.reason.as_str(), told.source.as_str(), &told.subject), ("failed", "backup", &job));

    let described = stage.calls_of("DescribeRestoreJob");
    assert_eq!(described.len(), 2, "{described:?}");
    assert!(described.iter().all(|call| call.parameters.contains(&job)), "{described:?}");
    for operation in ELSEWHERE {
        assert_eq!(stage.calls_of(operation), [], "{operation}");
    }

    // The same hint again, and the tick after it, have nothing to add.
    assert_eq!(counts(&function.report(&failed).await), [0, 0, 0]);
    assert_eq!(counts(&function.report(&tick()).await), [0, 0, 0]);
    assert_eq!(stage.told().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_hint_says_is_not_believed() {
    let (_, mut failed, _) = samples();
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    function.report(&tick()).await;
    stage.simulator.clear_inbox();

    // The job runs, whatever the event says.
    failed["detail"]["restoreJobId"] = BACKUP.into();
    let report = function.report(&failed).await;
    check_report(&report, &["backup"]);
    assert_eq!((counts(&report), stage.told().len()), ([0, 0, 0], 0));
    assert_eq!(contract::scope(&report, "backup")["observed"], 1);
}

/// Lambda would put a failed invocation into the dead letters, though the next tick does the work.
#[tokio::test(flavor = "multi_thread")]
async fn a_hint_that_fails_is_reported_and_the_next_tick_does_its_work() {
    let (_, failed, job) = samples();
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    stage.put_backup(&job, "RUNNING");
    function.report(&tick()).await;
    stage.simulator.clear_inbox();
    stage.put_backup(&job, "FAILED");

    let on = |kind, service| Fault::new(kind).service(service);
    for (fault, kind) in [
        (on(FaultKind::Throttle, Service::Backup).operation("DescribeRestoreJob"), "throttled"),
        (on(FaultKind::AccessDenied, Service::Backup).operation("DescribeRestoreJob"), "denied"),
        (on(FaultKind::AccessDenied, Service::DynamoDb), "denied"),
    ] {
        stage.simulator.inject(fault);
        let report = function.report(&failed).await;
        check_report(&report, &["backup"]);
        let scope = contract::scope(&report, "backup");
        assert_eq!((count(scope, "observed"), &scope["error"]["kind"]), (0, &kind.into()), "{report}");
        stage.simulator.clear_faults();
    }
    assert_eq!(stage.told().len(), 0);

    assert_eq!(counts(&function.report(&tick()).await), [1, 1, 0]);
    assert_eq!(stage.told()[0].subject, job);
    // A tick that can do nothing is a failure as before.
    stage.simulator.inject(Fault::new(FaultKind::AccessDenied));
    assert_eq!(function.failure(&tick()).await.error_type, "Tidings.NothingDone");
    let ended = function.kill().await;
    let logged = ended.stdout.iter().filter(|line| line.contains("DescribeRestoreJob was throttled")).count();
    assert_eq!(logged, 1, "{:?}", ended.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_that_comes_first_leaves_the_baseline_to_the_first_tick() {
    let (created, failed, job) = samples();
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    stage.put_backup(&job, "PENDING");
    check_report(&function.report(&created).await, &["backup"]);
    stage.put_backup(&job, "FAILED");
    // The job was seen before it failed, so its failure is news, baseline or not.
    assert_eq!(counts(&function.report(&failed).await), [1, 1, 0]);

    let report = function.report(&tick()).await;
    contract::check_complete(&report);
    assert_eq!(counts(&report), [5, 5, 0]);
    let told = stage.told();
    assert_eq!(told.iter().filter(|told| told.reason == "failed").count(), 1, "{told:?}");
    assert_eq!(told.iter().filter(|told| told.reason == "baseline").count(), 5, "{told:?}");
}
