//! Replication of S3 tables.

use jiff::Timestamp;
use tidings::domain::Source;
use tidings::simulator::{Destination, Fault, FaultKind, Service, UnreplicatedAnswer};

use crate::stage::{Stage, scope};

const DR: &str = "arn:aws:s3tables:us-east-1:123456789012:bucket/dr";
const EU: &str = "arn:aws:s3tables:eu-west-1:123456789012:bucket/eu";

fn set(stage: &Stage, table: &str, destination: &str, status: &str, updated: Option<Timestamp>) {
    let mut world = stage.sim.world();
    let replication = &mut world.table("lake", "sales", table).replication;
    let updated = updated.or_else(|| replication.get(destination).and_then(|known| known.updated));
    let status = Some(status.to_owned());
    replication.insert(destination.to_owned(), Destination { status, updated, ..Destination::default() });
}

fn stage() -> Stage {
    Stage::of(&[Source::S3TablesReplication])
}

#[tokio::test(start_paused = true)]
async fn the_first_backfill_is_told_and_ordinary_replication_is_not() {
    let mut stage = stage();
    stage.baseline().await;
    set(&stage, "orders", DR, "pending", None);
    assert!(stage.tick().await.is_empty());
    set(&stage, "orders", DR, "completed", Some(stage.now()));
    assert_eq!(stage.tick().await, ["completed dr orders: pending -> completed"]);
    for _ in 0..3 {
        set(&stage, "orders", DR, "pending", None);
        assert!(stage.tick().await.is_empty());
        set(&stage, "orders", DR, "COMPLETED", Some(stage.now()));
        assert!(stage.tick().await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_and_the_recovery_are_told() {
    let mut stage = stage();
    set(&stage, "orders", DR, "completed", Some(stage.now()));
    stage.baseline().await;
    for (status, expected) in [
        ("pending", None),
        ("completed", None),
        ("Failed", Some("failed dr orders: completed -> failed")),
        ("failed", None),
        ("completed", Some("recovered dr orders: failed -> completed")),
        ("pending", None),
        ("failed", Some("failed dr orders: pending -> failed")),
        ("pending", None),
        ("completed", Some("recovered dr orders: pending -> completed")),
        ("completed", None),
    ] {
        let updated = (status == "completed").then(|| stage.now());
        set(&stage, "orders", DR, status, updated);
        assert_eq!(stage.tick().await, expected.into_iter().collect::<Vec<_>>(), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_failure_has_an_id_of_its_own() {
    let mut stage = stage();
    set(&stage, "orders", DR, "completed", Some(stage.now()));
    stage.baseline().await;
    let mut ids = Vec::new();
    for status in ["failed", "completed", "failed", "completed", "failed"] {
        // The last successful update stays the same: nothing but the order of events tells the failures apart.
        set(&stage, "orders", DR, status, None);
        stage.wait(5);
        stage.pass().await;
        ids.extend(stage.notices().iter().map(|notice| notice["id"].as_str().expect("an id").to_owned()));
    }
    assert_eq!(ids.len(), 5, "three failures and two recoveries");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5, "{ids:?}");
}

#[tokio::test(start_paused = true)]
async fn a_success_between_two_passes_is_seen_by_its_timestamp() {
    let mut stage = stage();
    set(&stage, "orders", DR, "failed", Some(stage.ago(60)));
    set(&stage, "items", DR, "pending", None);
    stage.baseline().await;
    // Both succeeded and were overtaken by a new commit before anyone looked.
    set(&stage, "orders", DR, "pending", Some(stage.now()));
    set(&stage, "items", DR, "pending", Some(stage.now()));
    let mut told = stage.tick().await;
    told.sort();
    assert_eq!(told, ["completed dr items: pending -> pending", "recovered dr orders: failed -> pending"]);
}

#[tokio::test(start_paused = true)]
async fn destinations_and_tables_come_and_go() {
    let mut stage = stage();
    set(&stage, "orders", DR, "completed", Some(stage.now()));
    stage.baseline().await;
    stage.wait(1);
    set(&stage, "orders", EU, "failed", None);
    assert_eq!(stage.tick().await, ["failed eu orders: - -> failed"], "a destination that comes up failing");
    stage.sim.world().table("lake", "sales", "orders").replication.remove(EU);
    for _ in 0..3 {
        assert!(stage.tick().await.is_empty(), "someone took the destination away");
    }
    stage.sim.world().table("lake", "sales", "plain");
    assert!(stage.tick().await.is_empty(), "a table without replication is no error");
    stage.sim.world().bucket("lake").drop_table("sales", "orders");
    for _ in 0..3 {
        assert!(stage.tick().await.is_empty(), "a table that was dropped");
    }
    // A process that relies on no earlier answer.
    stage.cold_start();
    stage.sim.clear_calls();
    assert!(stage.tick().await.is_empty());
    assert_eq!(stage.count("GetTableReplicationStatus"), 1, "only the table that is left is asked about");
}

#[tokio::test(start_paused = true)]
async fn a_first_backfill_that_disappears_has_vanished() {
    let mut stage = stage();
    set(&stage, "orders", DR, "pending", None);
    stage.baseline().await;
    stage.sim.world().table("lake", "sales", "orders").replication.clear();
    assert!(stage.tick().await.is_empty());
    assert_eq!(stage.tick().await, ["vanished dr orders: pending -> vanished"]);
    assert!(stage.tick().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_baseline_names_what_is_failing_right_now() {
    let mut stage = stage();
    set(&stage, "orders", DR, "completed", Some(stage.now()));
    set(&stage, "items", DR, "failed", None);
    stage.pass().await;
    let notices = stage.notices();
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0]["attributes"]["failing"], "1");
    assert!(notices[0]["message"].as_str().is_some_and(|text| text.contains("sales.items")), "{}", notices[0]);
    set(&stage, "items", DR, "completed", Some(stage.now()));
    assert_eq!(stage.tick().await, ["recovered dr items: failed -> completed"]);
}

#[tokio::test(start_paused = true)]
async fn one_table_that_cannot_be_read_leaves_the_others_alone() {
    let mut stage = stage();
    for table in ["a", "b", "c"] {
        set(&stage, table, DR, "completed", Some(stage.now()));
    }
    stage.baseline().await;
    let arn = stage.sim.world().table_arn(crate::stage::REGION, "lake", "sales", "b").expect("an ARN");
    let id = arn.rsplit('/').next().expect("an id").to_owned();
    stage.sim.inject(Fault::new(FaultKind::AccessDenied).service(Service::S3Tables).matching(id));
    set(&stage, "c", DR, "failed", None);
    stage.wait(5);
    let report = stage.pass().await;
    let replication = scope(&report, Source::S3TablesReplication);
    assert_eq!((replication.coverage, replication.observed), ("partial", 2));
    let error = replication.error.as_ref().expect("an error");
    assert_eq!(error.action.as_deref(), Some("s3tables:GetTableReplicationStatus"));
    assert!(error.message.contains(&arn), "{}", error.message);
    assert_eq!(stage.told(), ["failed dr c: completed -> failed"]);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_status_is_told_once() {
    let mut stage = stage();
    set(&stage, "orders", DR, "completed", Some(stage.now()));
    stage.baseline().await;
    set(&stage, "orders", DR, "resyncing", None);
    assert_eq!(stage.tick().await, ["unknown-status dr orders: completed -> unknown"]);
    assert!(stage.tick().await.is_empty());
    set(&stage, "orders", DR, "completed", None);
    assert!(stage.tick().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn tables_without_replication_are_asked_about_once_an_hour() {
    let mut stage = stage();
    set(&stage, "orders", DR, "completed", Some(stage.now()));
    for index in 0..50 {
        stage.sim.world().table("lake", "sales", &format!("plain{index}"));
    }
    stage.baseline().await;
    let mut asked = Vec::new();
    for _ in 0..36 {
        stage.sim.clear_calls();
        assert!(stage.tick().await.is_empty());
        let replicated = 1;
        asked.push(stage.count("GetTableReplicationStatus") - replicated);
    }
    let hours: Vec<usize> = asked.chunks(12).map(|hour| hour.iter().sum()).collect();
    assert_eq!(hours, [50, 50, 50], "each table once an hour: {asked:?}");
    assert!(asked.iter().all(|asked| *asked < 15), "a few every pass, not all in one: {asked:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_table_replicates_before_it_is_asked_about_again_is_told() {
    for dies in [false, true] {
        let mut stage = stage();
        stage.sim.world().table("lake", "sales", "plain");
        stage.baseline().await;
        // After the first time, the answer is relied on for an hour.
        stage.sim.clear_calls();
        while stage.count("GetTableReplicationStatus") == 0 {
            assert!(stage.tick().await.is_empty());
        }
        stage.wait(1);
        set(&stage, "plain", DR, "completed", Some(stage.now()));
        let mut told = Vec::new();
        let mut ticks = 0;
        while told.is_empty() {
            if dies && ticks == 4 {
                // The next process remembers nothing, asks for everything, and finds a success that is older than
                // several complete passes.
                stage.cold_start();
            }
            told = stage.tick().await;
            ticks += 1;
            assert!(ticks <= 12, "found within the hour");
        }
        assert_eq!(told, ["completed dr plain: - -> completed"]);
        assert!(ticks >= 5, "the answer was relied on");
        assert!(stage.tick().await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_without_replication_is_no_error_whatever_the_api_says_of_it() {
    use UnreplicatedAnswer::{BadRequest, EmptyList, NotFound};
    for answer in [NotFound, BadRequest, EmptyList] {
        let mut stage = stage();
        stage.sim.world().unreplicated = answer;
        stage.sim.world().table("lake", "sales", "plain");
        set(&stage, "orders", DR, "completed", Some(stage.now()));
        let report = stage.pass().await;
        let replication = scope(&report, Source::S3TablesReplication);
        assert_eq!((replication.coverage, &replication.error), ("complete", &None), "{answer:?}");
        assert_eq!(stage.told().len(), 1, "the baseline");
        set(&stage, "orders", DR, "failed", None);
        assert_eq!(stage.tick().await, ["failed dr orders: completed -> failed"], "{answer:?}");
        stage.sim.world().table("lake", "sales", "orders").replication.clear();
        for _ in 0..3 {
            assert!(stage.tick().await.is_empty(), "{answer:?}: someone took the destination away");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_request_that_names_no_missing_configuration_is_an_error() {
    let mut stage = stage();
    stage.sim.world().table("lake", "sales", "plain");
    set(&stage, "orders", DR, "completed", Some(stage.now()));
    let arn = stage.sim.world().table_arn(crate::stage::REGION, "lake", "sales", "plain").expect("an ARN");
    let kind = FaultKind::Error {
        status: 400,
        code: "BadRequestException".to_owned(),
        message: "The specified table ARN is not valid.".to_owned(),
    };
    let id = arn.rsplit('/').next().expect("an id").to_owned();
    stage.sim.inject(Fault::new(kind).service(Service::S3Tables).matching(id));
    let report = stage.pass().await;
    let replication = scope(&report, Source::S3TablesReplication);
    assert_eq!(replication.coverage, "partial");
    assert_eq!(replication.error.as_ref().map(|error| error.kind.as_str()), Some("invalid"));
}
