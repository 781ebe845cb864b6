//! Sources of which a part cannot be read: the rest is watched as always, and people are told which part it is.

use std::time::Duration;

use jiff::Timestamp;
use tidings::domain::Source;
use tidings::simulator::{Destination, Fault, FaultKind, MaintenanceJob, Service};

use crate::stage::{REGION, Stage, scope};

const DR: &str = "arn:aws:s3tables:us-east-1:123456789012:bucket/dr";
const JOB: &str = "icebergCompaction";

fn run(stage: &Stage, bucket: &str, table: &str, status: &str, run: Option<Timestamp>) {
    let job = MaintenanceJob { status: Some(status.to_owned()), run, message: None };
    stage.sim.world().table(bucket, "sales", table).maintenance.insert(JOB.to_owned(), job);
}

fn replicate(stage: &Stage, table: &str, status: &str) {
    let updated = (status == "completed").then(|| stage.now());
    let mut world = stage.sim.world();
    let replication = &mut world.table("lake", "sales", table).replication;
    let updated = updated.or_else(|| replication.get(DR).and_then(|known| known.updated));
    let status = Some(status.to_owned());
    replication.insert(DR.to_owned(), Destination { status, updated, ..Destination::default() });
}

fn deny(stage: &Stage, matching: &str) {
    for operation in ["GetTableReplicationStatus", "GetTableMaintenanceJobStatus"] {
        stage.sim.inject(Fault::new(FaultKind::AccessDenied).operation(operation).matching(matching));
    }
}

/// Five minutes later, a pass; what it told.
async fn pass(stage: &mut Stage) -> Vec<String> {
    stage.wait(5);
    stage.pass().await;
    stage.told()
}

#[tokio::test(start_paused = true)]
async fn one_locked_bucket_does_not_blind_a_source() {
    let mut stage = Stage::of(&[Source::S3TablesReplication]);
    for index in 0..40 {
        stage.sim.world().table("aaa", "secret", &format!("table{index:02}"));
    }
    for index in 0..200 {
        stage.sim.world().table("lake", "sales", &format!("table{index:03}"));
    }
    replicate(&stage, "table150", "completed");
    deny(&stage, "bucket/aaa");
    let report = stage.pass().await;
    let first = scope(&report, Source::S3TablesReplication);
    assert_eq!((first.coverage, first.observed), ("partial", 1));
    assert!(first.is_swept(), "the heartbeat beats");
    let calls = stage.count("GetTableReplicationStatus");
    assert!(calls < 200 + 60, "a locked bucket is given up after a few calls: {calls}");
    let notices = stage.notices();
    assert_eq!(notices.len(), 1);
    assert_eq!((&notices[0]["reason"], &notices[0]["attributes"]["known"]), (&"baseline".into(), &"1".into()));
    let message = notices[0]["message"].as_str().expect("a message");
    assert!(message.contains("Not read: 40 tables in table bucket aaa: "), "{message}");

    replicate(&stage, "table150", "failed");
    assert_eq!(pass(&mut stage).await, ["failed dr table150: completed -> failed"]);
    replicate(&stage, "table150", "completed");
    let told = pass(&mut stage).await;
    assert!(told.contains(&"recovered dr table150: failed -> completed".to_owned()), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_part_that_cannot_be_read_is_told_once_as_a_part_and_so_is_its_return() {
    let mut stage = Stage::of(&[Source::S3TablesMaintenance]);
    for index in 0..30 {
        run(&stage, "lake", &format!("orders{index:02}"), "Successful", Some(stage.ago(60)));
    }
    stage.baseline().await;
    deny(&stage, "/orders07/");
    let mut told = Vec::new();
    for number in 1..=5 {
        stage.wait(5);
        let report = stage.pass().await;
        let scope = scope(&report, Source::S3TablesMaintenance);
        assert_eq!((scope.coverage, scope.observed, scope.is_swept()), ("partial", 29, true), "pass {number}");
        told.push(stage.notices());
    }
    let counts: Vec<usize> = told.iter().map(Vec::len).collect();
    assert_eq!(counts, [0, 0, 1, 0, 0], "in the third pass, and once");
    let notice = &told[2][0];
    assert_eq!((&notice["reason"], &notice["severity"]), (&"unreachable".into(), &"warning".into()));
    assert_eq!((&notice["facet"], &notice["to"]), (&"scope".into(), &"partly-unreachable".into()));
    assert_eq!(notice["title"], "Partly unreadable: S3 Tables maintenance: table sales.orders07 in table bucket lake");
    let attributes = &notice["attributes"];
    assert_eq!(attributes["missing_action"], "s3tables:GetTableMaintenanceJobStatus");
    assert_eq!((&attributes["unread"], &attributes["exclude"]), (&"1".into(), &"\"lake/sales/orders07\"".into()));
    let message = notice["message"].as_str().expect("a message");
    assert!(message.contains("Everything else is still watched."), "{message}");
    assert!(!message.contains("tidings does not assume"), "{message}");

    stage.sim.clear_faults();
    assert_eq!(pass(&mut stage).await.len(), 1);
    assert!(pass(&mut stage).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_return_of_a_part_says_which_part() {
    let mut stage = Stage::of(&[Source::S3TablesMaintenance]);
    for bucket in ["lake", "vault"] {
        run(&stage, bucket, "orders", "Successful", Some(stage.ago(60)));
    }
    stage.baseline().await;
    deny(&stage, "bucket/vault");
    for expected in [0, 0, 1] {
        assert_eq!(pass(&mut stage).await.len(), expected);
    }
    stage.sim.clear_faults();
    stage.wait(5);
    stage.pass().await;
    let notices = stage.notices();
    assert_eq!(notices.len(), 1);
    assert_eq!((&notices[0]["reason"], &notices[0]["from"]), (&"reachable".into(), &"partly-unreachable".into()));
    assert_eq!(notices[0]["title"], "Readable again: S3 Tables maintenance: table bucket vault");
}

#[tokio::test(start_paused = true)]
async fn another_part_that_cannot_be_read_is_told_of_its_own() {
    let mut stage = Stage::of(&[Source::S3TablesMaintenance]);
    for bucket in ["attic", "lake", "vault"] {
        run(&stage, bucket, "orders", "Successful", Some(stage.ago(60)));
    }
    stage.baseline().await;
    deny(&stage, "bucket/vault");
    for expected in [0, 0, 1, 0] {
        assert_eq!(pass(&mut stage).await.len(), expected);
    }
    deny(&stage, "bucket/attic");
    for expected in [0, 0, 1, 0] {
        stage.wait(5);
        stage.pass().await;
        let notices = stage.notices();
        assert_eq!(notices.len(), expected);
        if let [notice] = notices.as_slice() {
            assert_eq!(notice["attributes"]["unread_parts"], "table bucket attic");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn answers_that_get_lost_each_time_of_another_table_are_no_part_that_cannot_be_read() {
    let mut stage = Stage::of(&[Source::S3TablesMaintenance]);
    for index in 0..6 {
        run(&stage, "lake", &format!("orders{index}"), "Successful", Some(stage.ago(60)));
    }
    stage.baseline().await;
    for index in 0..6 {
        stage.sim.clear_faults();
        deny(&stage, &format!("/orders{index}/"));
        assert!(pass(&mut stage).await.is_empty(), "pass {index}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_that_stays_unreadable_is_told_although_others_can_be_read_again() {
    let mut stage = Stage::of(&[Source::S3TablesMaintenance]);
    for table in ["customers", "orders", "returns"] {
        run(&stage, "lake", table, "Successful", Some(stage.ago(60)));
    }
    stage.baseline().await;
    deny(&stage, "/customers/");
    assert!(pass(&mut stage).await.is_empty());
    // From now on orders cannot be read either. One pass later customers can be read again.
    deny(&stage, "/orders/");
    assert!(pass(&mut stage).await.is_empty());
    stage.sim.clear_faults();
    deny(&stage, "/orders/");
    assert!(pass(&mut stage).await.is_empty(), "orders was unread twice");
    assert_eq!(pass(&mut stage).await.len(), 1, "and now three times");
}

#[tokio::test(start_paused = true)]
async fn tables_of_a_closed_bucket_that_stay_unreadable_are_told_although_a_few_can_be_read_again() {
    let mut stage = Stage::of(&[Source::S3TablesMaintenance]);
    let tables: Vec<String> = (0..30).map(|number| format!("orders{number:02}")).collect();
    for table in &tables {
        run(&stage, "lake", table, "Successful", Some(stage.ago(60)));
    }
    run(&stage, "attic", "returns", "Successful", Some(stage.ago(60)));
    stage.baseline().await;
    deny(&stage, "/orders");
    for _ in 0..2 {
        assert!(pass(&mut stage).await.is_empty());
    }
    // Whichever of them are remembered one by one: in the third pass, those with the first ARNs can be read again.
    let mut by_arn = tables;
    by_arn.sort_by_cached_key(|table| stage.sim.world().table_arn(REGION, "lake", "sales", table));
    stage.sim.clear_faults();
    for table in &by_arn[8..] {
        deny(&stage, &format!("/{table}/"));
    }
    let told = pass(&mut stage).await;
    assert_eq!(told.len(), 1, "the others could not be read in three passes: {told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_goes_on_beside_a_denied_bucket_and_has_nothing_left_to_ask_is_not_blind() {
    let mut stage = Stage::of(&[Source::S3TablesMaintenance]);
    run(&stage, "attic", "orders", "Successful", Some(stage.ago(60)));
    stage.baseline().await;
    // A new table sorts after the known one, and time runs out before it answers.
    run(&stage, "lake", "returns", "Successful", Some(stage.ago(60)));
    stage.sim.inject(Fault::new(FaultKind::Hang).operation("GetTableMaintenanceJobStatus").matching("/returns/"));
    stage.wait(5);
    let report = stage.pass_within(Duration::from_secs(5)).await;
    assert!(scope(&report, Source::S3TablesMaintenance).out_of_time);
    stage.sim.clear_faults();
    stage.sim.inject(Fault::new(FaultKind::AccessDenied).operation("ListTables").matching("bucket/lake"));
    stage.wait(5);
    let report = stage.pass().await;
    let scope = scope(&report, Source::S3TablesMaintenance);
    assert_eq!((scope.coverage, scope.observed), ("partial", 0));
    assert!(scope.is_swept(), "the other bucket was listed, and its table was read by the pass before");
}

#[tokio::test(start_paused = true)]
async fn tables_of_buckets_that_were_read_whole_still_vanish_and_close() {
    let mut stage = Stage::of(&[Source::S3TablesReplication]);
    stage.sim.world().table("aaa", "secret", "table");
    replicate(&stage, "orders", "pending");
    stage.baseline().await;
    deny(&stage, "bucket/aaa");
    // Whoever remembers that the table is not replicated does not ask about it.
    stage.cold_start();
    stage.sim.world().bucket("lake").drop_table("sales", "orders");
    assert!(pass(&mut stage).await.is_empty());
    assert_eq!(pass(&mut stage).await, ["vanished dr orders: pending -> vanished"]);
}

#[tokio::test(start_paused = true)]
async fn tables_of_a_bucket_of_which_a_part_was_not_read_do_not_vanish() {
    let mut stage = Stage::of(&[Source::S3TablesReplication]);
    replicate(&stage, "orders", "pending");
    replicate(&stage, "items", "completed");
    stage.baseline().await;
    let arn = stage.sim.world().table_arn(REGION, "lake", "sales", "items").expect("an ARN");
    deny(&stage, arn.rsplit('/').next().expect("an id"));
    stage.sim.world().bucket("lake").drop_table("sales", "orders");
    for _ in 0..6 {
        let told = pass(&mut stage).await;
        assert!(!told.iter().any(|told| told.starts_with("vanished")), "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_of_which_nothing_can_be_read_is_unreachable() {
    let mut stage = Stage::of(&[Source::S3TablesMaintenance]);
    for bucket in ["lake", "vault"] {
        for index in 0..30 {
            run(&stage, bucket, &format!("orders{index}"), "Successful", Some(stage.ago(60)));
        }
    }
    stage.baseline().await;
    deny(&stage, "bucket/");
    for expected in [0, 0, 1] {
        stage.wait(5);
        let report = stage.pass().await;
        let scope = scope(&report, Source::S3TablesMaintenance);
        assert_eq!((scope.observed, scope.is_swept()), (0, false));
        let notices = stage.notices();
        assert_eq!(notices.len(), expected);
        if let [notice] = notices.as_slice() {
            assert_eq!(
                (&notice["to"], &notice["title"]),
                (&"unreachable".into(), &"Unreachable: S3 Tables maintenance".into())
            );
        }
    }
    // One bucket opens: the source is reachable, and the other bucket is a part that is not.
    stage.sim.clear_faults();
    deny(&stage, "bucket/vault");
    let told = pass(&mut stage).await;
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("reachable scope "), "{told:?}");
    for expected in [0, 1] {
        assert_eq!(pass(&mut stage).await.len(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_does_not_ask_about_every_table() {
    let mut stage = Stage::of(&[Source::S3TablesMaintenance]);
    for index in 0..300 {
        run(&stage, "lake", &format!("orders{index:03}"), "Successful", Some(stage.ago(60)));
    }
    stage.baseline().await;
    stage.sim.clear_calls();
    stage.sim.inject(Fault::new(FaultKind::Unavailable).operation("GetTableMaintenanceJobStatus"));
    stage.wait(5);
    let report = stage.pass().await;
    assert!(!scope(&report, Source::S3TablesMaintenance).is_swept());
    let calls = stage.count("GetTableMaintenanceJobStatus");
    assert!(calls < 300, "{calls}");
}

#[tokio::test(start_paused = true)]
async fn known_tables_that_can_be_read_while_buckets_cannot_be_listed_are_a_part() {
    let mut stage = Stage::of(&[Source::S3TablesMaintenance]);
    run(&stage, "lake", "orders", "Successful", Some(stage.ago(60)));
    stage.baseline().await;
    stage.sim.inject(Fault::new(FaultKind::AccessDenied).operation("ListTableBuckets"));
    for expected in [0, 0, 1] {
        stage.wait(5);
        let report = stage.pass().await;
        assert!(scope(&report, Source::S3TablesMaintenance).is_swept());
        let notices = stage.notices();
        assert_eq!(notices.len(), expected);
        if let [notice] = notices.as_slice() {
            assert_eq!(notice["attributes"]["missing_action"], "s3tables:ListTableBuckets");
            assert_eq!(notice["to"], "partly-unreachable");
        }
    }
    run(&stage, "lake", "orders", "Failed", Some(stage.now()));
    assert_eq!(pass(&mut stage).await, ["failed icebergCompaction orders: completed -> failed"]);
}

#[tokio::test(start_paused = true)]
async fn one_restore_job_that_cannot_be_described_is_a_part() {
    let mut stage = Stage::of(&[Source::Backup]);
    let job = tidings::simulator::BackupRestore {
        status: Some("RUNNING".to_owned()),
        created: Some(stage.ago(60)),
        ..tidings::simulator::BackupRestore::new("j-1")
    };
    stage.sim.world().put_backup(job);
    stage.baseline().await;
    // Two days later the listing no longer covers it.
    stage.wait(48 * 60);
    stage.pass().await;
    stage.told();
    stage.sim.inject(Fault::new(FaultKind::AccessDenied).operation("DescribeRestoreJob").service(Service::Backup));
    stage.wait(48 * 60);
    let mut told = Vec::new();
    for _ in 0..3 {
        stage.wait(5);
        let report = stage.pass().await;
        assert!(scope(&report, Source::Backup).is_swept());
        told.extend(stage.notices());
    }
    let parts: Vec<_> = told.iter().filter(|notice| notice["to"] == "partly-unreachable").collect();
    assert_eq!(parts.len(), 1, "{told:?}");
    assert_eq!(parts[0]["title"], "Partly unreadable: AWS Backup restore jobs: 1 restore job");
    assert_eq!(parts[0]["attributes"]["missing_action"], "backup:DescribeRestoreJob");
}

#[tokio::test(start_paused = true)]
async fn a_bucket_whose_last_table_was_dropped_does_not_stand_for_what_gave_no_answer() {
    let mut stage = Stage::of(&[Source::S3TablesMaintenance]);
    run(&stage, "lake", "orders", "Successful", Some(stage.ago(60)));
    stage.baseline().await;
    stage.sim.world().bucket("lake").drop_table("sales", "orders");
    stage.sim.inject(Fault::new(FaultKind::Truncated).operation("GetTableMaintenanceJobStatus"));
    stage.wait(5);
    let report = stage.pass().await;
    let scope = scope(&report, Source::S3TablesMaintenance);
    assert_eq!((scope.coverage, scope.is_swept()), ("partial", false), "nothing answered");
    assert_eq!(scope.error.as_ref().map(|error| error.kind.as_str()), Some("malformed"));
}
