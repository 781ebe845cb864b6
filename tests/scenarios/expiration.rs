//! Record expiration of S3 tables that AWS manages.

use jiff::Timestamp;
use tidings::domain::Source;
use tidings::simulator::{RecordExpiration, UnexpiringAnswer};

use crate::stage::Stage;

/// Sets the record expiration of a table in the table bucket of AWS.
fn set(stage: &Stage, table: &str, status: &str, run: Option<Timestamp>) {
    let mut world = stage.sim.world();
    world.bucket("aws-s3").kind = Some("aws".to_owned());
    let table = world.table("aws-s3", "lens", table);
    table.kind = Some("aws".to_owned());
    table.expiration = Some(RecordExpiration { status: Some(status.to_owned()), run, ..RecordExpiration::default() });
}

fn stage() -> Stage {
    Stage::of(&[Source::S3TablesExpiration])
}

#[tokio::test(start_paused = true)]
async fn the_first_success_a_failure_and_the_recovery_are_told() {
    let mut stage = stage();
    set(&stage, "activity", "NotYetRun", None);
    stage.baseline().await;
    assert!(stage.tick().await.is_empty());
    let steps = [
        ("Successful", Some("completed recordExpiration activity: not-yet-run -> completed")),
        ("Successful", None),
        ("Failed", Some("failed recordExpiration activity: completed -> failed")),
        ("Failed", None),
        ("Successful", Some("recovered recordExpiration activity: failed -> completed")),
        ("Disabled", None),
    ];
    for (status, expected) in steps {
        stage.wait(60);
        let run = (status != "Disabled").then(|| stage.now());
        set(&stage, "activity", status, run);
        let expected: Vec<&str> = expected.into_iter().collect();
        assert_eq!(stage.tick().await, expected, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn only_tables_in_the_buckets_of_aws_are_asked_about() {
    let mut stage = stage();
    set(&stage, "activity", "Successful", Some(stage.ago(600)));
    stage.sim.world().table("lake", "sales", "orders");
    stage.baseline().await;
    assert!(stage.tick().await.is_empty());
    let asked: Vec<String> =
        stage.sim.calls().iter().map(|call| format!("{} {:?}", call.operation, call.service)).collect();
    assert!(asked.iter().any(|call| call.starts_with("GetTableRecordExpirationJobStatus")));
    let lists = asked.iter().filter(|call| call.starts_with("ListTables ")).count();
    assert_eq!(lists, 2, "in two passes, of one bucket: {asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_table_without_record_expiration_is_no_error_whatever_aws_answers() {
    for answer in [UnexpiringAnswer::NotFound, UnexpiringAnswer::MethodNotAllowed] {
        let mut stage = stage();
        stage.sim.world().unexpiring = answer;
        set(&stage, "activity", "Successful", Some(stage.ago(600)));
        stage.sim.world().table("aws-s3", "lens", "inventory");
        stage.baseline().await;
        assert!(stage.tick().await.is_empty());
        assert_eq!(stage.records(Source::S3TablesExpiration).await.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_other_sources_leave_the_tables_of_aws_alone() {
    let mut stage = Stage::of(&[Source::S3TablesReplication, Source::S3TablesMaintenance, Source::S3TablesExpiration]);
    set(&stage, "activity", "Successful", Some(stage.ago(600)));
    stage.sim.world().table("lake", "sales", "orders");
    stage.baseline().await;
    stage.tick().await;
    for operation in ["GetTableReplicationStatus", "GetTableMaintenanceJobStatus"] {
        let calls = stage.sim.calls();
        let asked = calls.iter().filter(|call| call.operation == operation);
        assert!(asked.clone().count() > 0, "{operation}");
        assert!(asked.into_iter().all(|call| !format!("{call:?}").contains("aws-s3")), "{operation}");
    }
}
