//! Many subjects, and too little time.

use std::time::Duration;

use tidings::domain::Source;
use tidings::simulator::{BackupRestore, Destination, MaintenanceJob, Service};

use crate::stage::{Stage, scope};

const TABLES: usize = 2_500;
const DR: &str = "arn:aws:s3tables:us-east-1:123456789012:bucket/dr";

fn tables(stage: &Stage) {
    let mut world = stage.sim.world();
    let now = stage.now();
    for index in 0..TABLES {
        let table = world.table(["bronze", "silver", "gold"][index % 3], "sales", &format!("t{index:04}"));
        let status = Some("completed".to_owned());
        table.replication.insert(DR.to_owned(), Destination { status, updated: Some(now), ..Destination::default() });
        let job = MaintenanceJob { status: Some("Successful".to_owned()), run: Some(now), message: None };
        table.maintenance.insert("icebergCompaction".to_owned(), job);
    }
}

fn fail(stage: &Stage, index: usize) {
    let mut world = stage.sim.world();
    let table = world.table(["bronze", "silver", "gold"][index % 3], "sales", &format!("t{index:04}"));
    table.replication.get_mut(DR).expect("a destination").status = Some("failed".to_owned());
}

#[tokio::test(start_paused = true)]
async fn every_one_of_2500_tables_over_three_buckets_is_watched() {
    let mut stage = Stage::of(&[Source::S3TablesReplication, Source::S3TablesMaintenance]);
    tables(&stage);
    stage.baseline().await;
    assert_eq!(stage.count("ListTableBuckets"), 1, "discovered once for both sources");
    assert_eq!(stage.count("ListTables"), 3);
    assert_eq!(stage.count("GetTableReplicationStatus"), TABLES);
    assert_eq!(stage.count("GetTableMaintenanceJobStatus"), TABLES);
    for index in [0, 1_234, TABLES - 1] {
        fail(&stage, index);
    }
    stage.sim.clear_calls();
    let mut told = stage.tick().await;
    told.sort();
    assert_eq!(
        told,
        [
            "failed dr t0000: completed -> failed",
            "failed dr t1234: completed -> failed",
            "failed dr t2499: completed -> failed"
        ]
    );
    let writes = stage.sim.calls().iter().filter(|call| call.service == Service::DynamoDb).count();
    assert_eq!(writes, 10, "two a scope, and for each change one to commit and one to clear its outbox");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_in_the_middle_of_2500_tables_goes_on_in_the_next_pass() {
    let mut stage = Stage::of(&[Source::S3TablesReplication]);
    tables(&stage);
    stage.sim.set_latency(Duration::from_millis(100));
    // 2,500 calls, 32 at a time, take some eight seconds; there are six for reading.
    let short = Duration::from_secs(10);
    let mut told = Vec::new();
    let mut passes = 0;
    while told.is_empty() {
        let report = stage.pass_within(short).await;
        let scope = scope(&report, Source::S3TablesReplication);
        assert_eq!(scope.error, None);
        assert!(scope.observed > 0);
        if scope.coverage == "partial" {
            assert!(scope.out_of_time, "the report says so");
        }
        told = stage.told();
        passes += 1;
        assert!(passes < 5, "every pass goes on where the last one stopped");
        stage.wait(5);
    }
    assert!(passes > 1, "one pass was not enough");
    assert_eq!(told.len(), 1, "the baseline comes when all of it has been read: {told:?}");
    assert!(told[0].starts_with("baseline"));

    // Failures anywhere are found within the passes that one sweep takes, and told once.
    for index in [0, 1_234, TABLES - 1] {
        fail(&stage, index);
    }
    let mut told = Vec::new();
    for _ in 0..passes * 2 {
        stage.pass_within(short).await;
        told.extend(stage.told());
        stage.wait(5);
    }
    told.sort();
    assert_eq!(told.len(), 3, "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn new_tables_have_their_turn_though_the_time_does_not_even_do_for_the_known_ones() {
    let mut stage = Stage::of(&[Source::S3TablesReplication]);
    tables(&stage);
    stage.baseline().await;
    // There are six seconds for reading, and the known tables alone take some eight.
    stage.sim.set_latency(Duration::from_millis(100));
    let short = Duration::from_secs(10);
    for (bucket, name) in [("attic", "fresh-a"), ("bronze", "fresh-b"), ("zinc", "fresh-c")] {
        let status = Some("failed".to_owned());
        let mut world = stage.sim.world();
        let table = world.table(bucket, "sales", name);
        table.replication.insert(DR.to_owned(), Destination { status, ..Destination::default() });
    }
    let mut told = Vec::new();
    for pass in 0..6 {
        stage.wait(5);
        let report = stage.pass_within(short).await;
        let scope = scope(&report, Source::S3TablesReplication);
        assert_eq!(scope.error, None, "pass {pass}");
        told.extend(stage.told());
    }
    told.sort();
    assert_eq!(told, ["a", "b", "c"].map(|name| format!("failed dr fresh-{name}: - -> failed")));
}

#[tokio::test(start_paused = true)]
async fn every_one_of_1100_restore_jobs_is_watched() {
    let mut stage = Stage::of(&[Source::Backup]);
    let job = |stage: &Stage, index: usize| BackupRestore {
        status: Some("RUNNING".to_owned()),
        created: Some(stage.now()),
        ..BackupRestore::new(format!("job-{index:04}"))
    };
    for index in 0..1_100 {
        stage.sim.world().put_backup(job(&stage, index));
    }
    stage.baseline().await;
    assert_eq!(stage.count("ListRestoreJobs"), 2, "1,000 to a page");
    for index in [0, 550, 1_099] {
        let id = format!("job-{index:04}");
        stage.sim.world().backup.get_mut(&id).expect("a job").status = Some("FAILED".to_owned());
    }
    let mut told = stage.tick().await;
    told.sort();
    assert_eq!(
        told,
        [
            "failed restore job-0000: running -> failed",
            "failed restore job-0550: running -> failed",
            "failed restore job-1099: running -> failed"
        ]
    );
    assert_eq!(stage.count("DescribeRestoreJob"), 0, "the listing covers them all");
    // All of them end in one pass: each is told, once.
    for job in stage.sim.world().backup.values_mut() {
        job.status = Some(job.status.take().filter(|status| status == "FAILED").unwrap_or("COMPLETED".to_owned()));
    }
    assert_eq!(stage.tick().await.len(), 1_097);
    assert!(stage.tick().await.is_empty());
}
