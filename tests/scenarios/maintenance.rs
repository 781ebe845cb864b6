//! Maintenance of S3 tables.

use jiff::Timestamp;
use tidings::config::Config;
use tidings::domain::Source;
use tidings::simulator::{Fault, FaultKind, MaintenanceJob};

use crate::stage::{Stage, scope};

const JOB: &str = "icebergCompaction";

fn set(stage: &Stage, table: &str, status: &str, run: Option<Timestamp>) {
    let job = MaintenanceJob { status: Some(status.to_owned()), run, message: None };
    stage.sim.world().table("lake", "sales", table).maintenance.insert(JOB.to_owned(), job);
}

fn stage() -> Stage {
    Stage::of(&[Source::S3TablesMaintenance])
}

#[tokio::test(start_paused = true)]
async fn the_first_successful_run_is_told_and_later_ones_are_not() {
    let mut stage = stage();
    set(&stage, "orders", "Not_Yet_Run", None);
    stage.baseline().await;
    set(&stage, "orders", "Successful", Some(stage.now()));
    assert_eq!(stage.tick().await, ["completed icebergCompaction orders: not-yet-run -> completed"]);
    for _ in 0..3 {
        set(&stage, "orders", "Successful", Some(stage.now()));
        assert!(stage.tick().await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_tables_first_successful_run_is_told_once_whichever_of_its_jobs_it_is() {
    let jobs = [JOB, "icebergSnapshotManagement", "icebergUnreferencedFileRemoval"];
    for at_once in [true, false] {
        let mut stage = stage();
        let set = |stage: &Stage, job: &str, status: &str, run: Option<Timestamp>| {
            let status = Some(status.to_owned());
            let job_now = MaintenanceJob { status, run, message: None };
            stage.sim.world().table("lake", "sales", "orders").maintenance.insert(job.to_owned(), job_now);
        };
        stage.baseline().await;
        for job in jobs {
            set(&stage, job, "Not_Yet_Run", None);
        }
        assert!(stage.tick().await.is_empty());
        let mut told = Vec::new();
        for job in jobs {
            set(&stage, job, "Successful", Some(stage.now()));
            if !at_once {
                told.extend(stage.tick().await);
            }
        }
        told.extend(stage.tick().await);
        assert_eq!(told, ["completed icebergCompaction orders: not-yet-run -> completed"], "at once: {at_once}");
        // A failure of one of the others is still news, and so is the end of it.
        stage.wait(60);
        set(&stage, jobs[1], "Failed", Some(stage.now()));
        assert_eq!(stage.tick().await, ["failed icebergSnapshotManagement orders: completed -> failed"]);
        stage.wait(60);
        set(&stage, jobs[1], "Successful", Some(stage.now()));
        assert_eq!(stage.tick().await, ["recovered icebergSnapshotManagement orders: failed -> completed"]);
    }
}

#[tokio::test(start_paused = true)]
async fn four_failed_runs_in_a_row_are_one_alert_and_then_one_reminder_a_day() {
    let mut stage = stage();
    set(&stage, "orders", "Successful", Some(stage.now()));
    stage.baseline().await;
    stage.wait(60);
    let first_failure = stage.now();
    let mut told = Vec::new();
    for _ in 0..4 {
        set(&stage, "orders", "Failed", Some(stage.now()));
        told.extend(stage.tick().await);
        stage.wait(60);
    }
    assert_eq!(told, ["failed icebergCompaction orders: completed -> failed"]);
    // A run an hour for two days: each pass sees a new failed run.
    let mut reminders = Vec::new();
    for _ in 0..48 {
        stage.wait(55);
        set(&stage, "orders", "Failed", Some(stage.now()));
        stage.wait(5);
        stage.pass().await;
        reminders.extend(stage.notices());
    }
    assert_eq!(reminders.len(), 2, "{reminders:?}");
    for (reminder, runs) in reminders.iter().zip(["24", "48"]) {
        assert_eq!((&reminder["reason"], &reminder["severity"]), (&"still-failing".into(), &"warning".into()));
        assert_eq!(reminder["attributes"]["failing_since"], first_failure.to_string());
        assert_eq!(reminder["attributes"]["failures_in_a_row"], runs);
    }
    set(&stage, "orders", "Successful", Some(stage.now()));
    assert_eq!(stage.tick().await, ["recovered icebergCompaction orders: failed -> completed"]);
}

#[tokio::test(start_paused = true)]
async fn a_rule_may_have_each_failed_run_told() {
    let mut stage = Stage::telling_every_failure(Source::S3TablesMaintenance);
    set(&stage, "orders", "Successful", Some(stage.now()));
    stage.baseline().await;
    let mut ids = Vec::new();
    for run in 0..3 {
        stage.wait(60);
        set(&stage, "orders", "Failed", Some(stage.now()));
        stage.pass().await;
        let notices = stage.notices();
        assert_eq!(notices.len(), 1, "run {run}");
        assert_eq!(notices[0]["reason"], "failed");
        ids.push(notices[0]["id"].clone());
        assert!(stage.tick().await.is_empty(), "the same run is the same failure");
    }
    ids.dedup();
    assert_eq!(ids.len(), 3, "a run of its own, an id of its own");
    set(&stage, "orders", "Successful", Some(stage.now()));
    assert_eq!(stage.tick().await, ["recovered icebergCompaction orders: failed -> completed"]);
}

#[tokio::test(start_paused = true)]
async fn switching_a_job_off_is_no_recovery_and_on_again_no_new_failure() {
    let mut stage = stage();
    set(&stage, "orders", "Successful", Some(stage.now()));
    stage.baseline().await;
    stage.wait(5);
    let failed_at = stage.now();
    set(&stage, "orders", "Failed", Some(failed_at));
    assert_eq!(stage.tick().await, ["failed icebergCompaction orders: completed -> failed"]);
    set(&stage, "orders", "Disabled", None);
    assert!(stage.tick().await.is_empty());
    set(&stage, "orders", "Failed", Some(failed_at));
    assert!(stage.tick().await.is_empty(), "the same run, told before");
    set(&stage, "orders", "Successful", Some(stage.now()));
    assert_eq!(stage.tick().await, ["recovered icebergCompaction orders: failed -> completed"]);
}

#[tokio::test(start_paused = true)]
async fn an_older_answer_changes_nothing() {
    let mut stage = stage();
    set(&stage, "orders", "Successful", Some(stage.now()));
    stage.baseline().await;
    set(&stage, "orders", "Failed", Some(stage.ago(60)));
    assert!(stage.tick().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_new_table_and_a_new_job_type_are_watched() {
    let mut stage = stage();
    stage.baseline().await;
    stage.wait(1);
    set(&stage, "fresh", "Failed", Some(stage.now()));
    set(&stage, "old", "Failed", Some(stage.ago(600)));
    assert_eq!(stage.tick().await, ["failed icebergCompaction fresh: - -> failed"], "older than the baseline: history");
    let job = MaintenanceJob { status: Some("Failed".into()), run: None, message: Some("why".into()) };
    stage.sim.world().table("lake", "sales", "fresh").maintenance.insert("icebergNewThing".to_owned(), job);
    assert_eq!(stage.tick().await, ["failed icebergNewThing fresh: - -> failed"]);
    stage.sim.world().bucket("lake").drop_table("sales", "fresh");
    for _ in 0..3 {
        assert!(stage.tick().await.is_empty(), "a dropped table is no failure");
    }
}

#[tokio::test(start_paused = true)]
async fn only_tables_that_the_globs_want_are_asked_about() {
    let text = "[s3tables]\ninclude = [\"lake/**\"]\nexclude = [\"**/tmp_*\"]";
    let config = Config::parse(text, "tidings.toml").expect("settings");
    let mut stage = Stage::with(&[Source::S3TablesMaintenance], config);
    for (bucket, table) in [("lake", "orders"), ("lake", "tmp_orders"), ("attic", "orders")] {
        stage.sim.world().table(bucket, "sales", table);
    }
    stage.baseline().await;
    assert_eq!(stage.count("GetTableMaintenanceJobStatus"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_table_that_is_renamed_is_still_the_same_table() {
    for (before, after) in [("orders", "sorders"), ("sorders", "orders")] {
        let mut stage = stage();
        set(&stage, before, "Successful", Some(stage.now()));
        stage.baseline().await;
        assert!(stage.sim.world().bucket("lake").rename_table("sales", before, after));
        set(&stage, after, "Failed", Some(stage.now()));
        let told = format!("failed icebergCompaction {after}: completed -> failed");
        assert_eq!(stage.tick().await, [told], "what was known of it is still known");
        for _ in 0..3 {
            assert!(stage.tick().await.is_empty(), "the new name is no news");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_that_is_dropped_and_made_again_is_another_table() {
    let mut stage = stage();
    set(&stage, "orders", "Failed", Some(stage.now()));
    stage.baseline().await;
    stage.sim.world().bucket("lake").drop_table("sales", "orders");
    stage.wait(1);
    set(&stage, "orders", "Successful", Some(stage.now()));
    let told = "completed icebergCompaction orders: - -> completed";
    assert_eq!(stage.tick().await, [told], "the first run of a new table, no recovery of the old one");
    for _ in 0..3 {
        assert!(stage.tick().await.is_empty());
    }
    stage.sim.clear_calls();
    assert!(stage.tick().await.is_empty());
    assert_eq!(stage.count("GetTableMaintenanceJobStatus"), 1, "nobody asks for the old one any more");
}

#[tokio::test(start_paused = true)]
async fn known_tables_are_watched_while_they_cannot_be_listed() {
    let mut stage = stage();
    set(&stage, "orders", "Successful", Some(stage.now()));
    stage.baseline().await;
    stage.sim.inject(Fault::new(FaultKind::AccessDenied).operation("ListTables"));
    stage.wait(1);
    set(&stage, "orders", "Failed", Some(stage.now()));
    let report = stage.pass().await;
    let told: Vec<_> = stage.told();
    assert_eq!(told, ["failed icebergCompaction orders: completed -> failed"]);
    let scope = scope(&report, Source::S3TablesMaintenance);
    assert_eq!(scope.coverage, "partial");
    let error = scope.error.as_ref().expect("an error");
    assert_eq!((error.kind.as_str(), error.action.as_deref()), ("denied", Some("s3tables:ListTables")));
}
