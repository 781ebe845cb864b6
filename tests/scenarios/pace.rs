//! How fast AWS is asked.

use std::time::Duration;

use tidings::config::Config;
use tidings::domain::Source;
use tidings::simulator::{BackupRestore, Fault, FaultKind, MaintenanceJob, Service};

use crate::stage::{Stage, scope};

const OPERATION: &str = "GetTableMaintenanceJobStatus";
/// Long enough for everything here, Lambda's own limit or not.
const LONG: Duration = Duration::from_mins(30);

fn tables(stage: &Stage, count: usize) {
    let mut world = stage.sim.world();
    for index in 0..count {
        let job = MaintenanceJob { status: Some("Successful".to_owned()), run: Some(stage.now()), message: None };
        let table = world.table("lake", "sales", &format!("t{index:05}"));
        table.maintenance.insert("icebergCompaction".to_owned(), job);
    }
}

/// A pass over one source: calls a second, and which part of all calls was throttled.
async fn rate(stage: &mut Stage, latency: Duration) -> (f64, f64) {
    stage.sim.set_latency(latency);
    stage.sim.clear_calls();
    let report = stage.pass_within(LONG).await;
    let scope = scope(&report, Source::S3TablesMaintenance);
    assert_eq!((scope.error.as_ref(), scope.coverage), (None, "complete"));
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let [seconds, calls, throttled] =
        [scope.duration_ms as f64 / 1000.0, stage.count(OPERATION) as f64, scope.throttled as f64];
    ((calls - throttled) / seconds, throttled / calls)
}

#[tokio::test(start_paused = true)]
async fn it_settles_at_what_the_service_allows() {
    // Enough calls for more than one throttled call and the six seconds after it, which are slower.
    for (allowed, latency, calls) in [(10.0, 20, 1_500), (100.0, 20, 4_000), (3.0, 200, 1_000)] {
        let mut stage = Stage::of(&[Source::S3TablesMaintenance]);
        tables(&stage, calls);
        stage.sim.set_quota(OPERATION, allowed, 10.0);
        let latency = Duration::from_millis(latency);
        let (_, throttled) = rate(&mut stage, latency).await;
        // The first calls are made at a rate that is a guess, and what jitter makes of it differs from run to run.
        assert!(throttled < 0.05, "finding out: {throttled} throttled of {allowed}/s");
        let (settled, throttled) = rate(&mut stage, latency).await;
        assert!((0.9..1.1).contains(&(settled / allowed)), "{settled}/s of {allowed}/s");
        assert!(throttled < 0.02, "settled: {throttled} throttled of {allowed}/s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_process_begins_at_the_rate_that_was_learned() {
    let latency = Duration::from_millis(20);
    let fastest: f64 = 32.0 / 0.02;
    for allowed in [10.0, 100.0, 1_000.0, f64::INFINITY] {
        let mut stage = Stage::of(&[Source::S3TablesMaintenance]);
        tables(&stage, 1_000);
        if allowed.is_finite() {
            stage.sim.set_quota(OPERATION, allowed, 10.0);
        }
        let (_, throttled) = rate(&mut stage, latency).await;
        assert!(throttled < 0.02, "the first process: {throttled} throttled of {allowed}/s");
        for process in 2..4 {
            stage.cold_start();
            let (rate, throttled) = rate(&mut stage, latency).await;
            let possible = fastest.min(allowed);
            // What a pass does besides these calls takes another tenth of a second.
            assert!(rate > 0.75 * possible && rate < 1.1 * possible, "process {process}: {rate}/s of {allowed}/s");
            assert!(throttled < 0.02, "process {process}: {throttled} throttled of {allowed}/s");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_is_raised_is_found_and_one_that_is_lowered_too() {
    let mut stage = Stage::of(&[Source::S3TablesMaintenance]);
    tables(&stage, 1_000);
    let latency = Duration::from_millis(20);
    for (allowed, at_least) in [(10.0, 0.0), (40.0, 10.0), (40.0, 20.0), (40.0, 30.0), (5.0, 0.0), (5.0, 4.0)] {
        stage.sim.set_quota(OPERATION, allowed, 10.0);
        let (found, throttled) = rate(&mut stage, latency).await;
        assert!(found >= at_least && found < allowed * 1.1, "{found}/s of {allowed}/s");
        assert!(throttled < 0.02, "{throttled} throttled of {allowed}/s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_operation_holds_up_no_other_source() {
    let mut stage = Stage::of(&[Source::S3TablesMaintenance, Source::S3TablesReplication, Source::Backup]);
    tables(&stage, 500);
    stage.sim.world().put_backup(BackupRestore { status: Some("RUNNING".to_owned()), ..BackupRestore::new("job") });
    stage.sim.set_quota(OPERATION, 10.0, 10.0);
    stage.sim.set_latency(Duration::from_millis(20));
    let report = stage.pass_within(LONG).await;
    assert!(scope(&report, Source::S3TablesMaintenance).duration_ms > 40_000, "500 calls at 10/s");
    let backup = scope(&report, Source::Backup);
    assert!(backup.duration_ms < 500, "{}", backup.duration_ms);
    let replication = scope(&report, Source::S3TablesReplication);
    assert!(replication.duration_ms < 2_000, "{}", replication.duration_ms);
    assert_eq!((backup.throttled, replication.throttled), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn it_starts_politely_and_rises_to_what_is_needed() {
    let mut stage = Stage::of(&[Source::S3TablesMaintenance]);
    tables(&stage, 2_500);
    stage.baseline().await;
    stage.cold_start();
    stage.sim.clear_calls();
    stage.sim.set_latency(Duration::from_millis(20));
    // Reading ends before AWS has answered more than a few calls.
    stage.pass_within(Duration::from_millis(150)).await;
    let polite = stage.count(OPERATION);
    assert!((1..=40).contains(&polite), "{polite} calls before AWS has answered many");
    stage.cold_start();
    let fastest: f64 = 32.0 / 0.02;
    let (first, _) = rate(&mut stage, Duration::from_millis(20)).await;
    assert!(first > fastest * 0.8, "{first}/s of {fastest}/s");
    let (then, _) = rate(&mut stage, Duration::from_millis(20)).await;
    assert!(then > fastest * 0.9, "{then}/s of {fastest}/s");
}

#[tokio::test(start_paused = true)]
async fn a_source_is_asked_as_often_as_the_settings_say() {
    let config = Config::parse("backup.every = \"30m\"", "tidings.toml").expect("settings");
    let mut stage = Stage::with(&[Source::Backup, Source::Redshift], config);
    stage.baseline().await;
    for minutes in 1..=12 {
        stage.wait(5);
        let report = stage.pass().await;
        let backup = scope(&report, Source::Backup);
        let is_due = minutes % 6 == 0;
        assert_eq!(backup.coverage, if is_due { "complete" } else { "not-due" }, "after {} minutes", minutes * 5);
        assert!(backup.is_swept(), "the heart beats in between");
        assert_eq!(scope(&report, Source::Redshift).coverage, "complete");
    }
    assert_eq!(stage.count("ListRestoreJobs"), 3);
    // A hint does not wait.
    stage.hint("unknown").await;
    assert_eq!(stage.count("DescribeRestoreJob"), 1);

    // As long as the last pass has failed, the heart stands still.
    stage.sim.inject(Fault::new(FaultKind::AccessDenied).service(Service::Backup));
    stage.wait(30);
    assert!(!scope(&stage.pass().await, Source::Backup).is_swept());
    stage.wait(5);
    let report = stage.pass().await;
    let backup = scope(&report, Source::Backup);
    assert_eq!((backup.coverage, backup.is_swept()), ("not-due", false));
}
