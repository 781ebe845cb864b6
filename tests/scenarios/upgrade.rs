//! What an earlier version stored, read by this one.
//!
//! `tables/` has the whole state table of each version, as that version wrote it in [`history`]. A test plays on from
//! there: nobody is told anything twice, and nothing that was under way is forgotten.
//!
//! Before a release: `cargo test --test scenarios record -- --ignored` writes the table of the version in Cargo.toml.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use tidings::domain::Source;
use tidings::simulator::{
    BackupRestore, Destination, Fault, FaultKind, MaintenanceJob, RedshiftRestore, ServerlessRestore, Service,
};

use crate::stage::{REGION, Stage, TABLE};

const SOURCES: [Source; 5] = [
    Source::Redshift,
    Source::RedshiftServerless,
    Source::Backup,
    Source::S3TablesReplication,
    Source::S3TablesMaintenance,
];
const DR: &str = "arn:aws:s3tables:us-east-1:123456789012:bucket/dr";
const JOB: &str = "icebergCompaction";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/tables")
}

fn redshift(stage: &Stage, id: &str, status: &str, message: Option<&str>) {
    let mut world = stage.sim.world();
    let known = world.redshift.get(id).cloned();
    let restore = known.unwrap_or(RedshiftRestore { requested: Some(stage.now()), ..RedshiftRestore::new(id) });
    let (status, message) = (Some(status.to_owned()), message.map(str::to_owned));
    world.put_redshift(RedshiftRestore { status, message, ..restore });
}

fn maintenance(stage: &Stage, table: &str, status: &str) {
    let job = MaintenanceJob { status: Some(status.to_owned()), run: Some(stage.now()), message: None };
    stage.sim.world().table("lake", "sales", table).maintenance.insert(JOB.to_owned(), job);
}

fn replication(stage: &Stage, table: &str, status: &str) {
    let updated = (status == "completed").then(|| stage.now());
    let destination = Destination { status: Some(status.to_owned()), updated, ..Destination::default() };
    stage.sim.world().table("lake", "sales", table).replication.insert(DR.to_owned(), destination);
}

/// What is there at first: in each source something that has ended and something that has not.
fn at_first(stage: &Stage) {
    redshift(stage, "r-1", "IN_PROGRESS", None);
    redshift(stage, "r-2", "SUCCEEDED", None);
    redshift(stage, "r-3", "IN_PROGRESS", None);
    let status = Some("PENDING".to_owned());
    stage.sim.world().put_serverless(ServerlessRestore { status, ..ServerlessRestore::new("s-1") });
    for (id, status) in [("b-1", "RUNNING"), ("b-2", "FAILED")] {
        let (status, created) = (Some(status.to_owned()), Some(stage.now()));
        stage.sim.world().put_backup(BackupRestore { status, created, ..BackupRestore::new(id) });
    }
    for table in ["orders", "visits"] {
        replication(stage, table, "completed");
        maintenance(stage, table, "Successful");
    }
}

/// Five minutes later, what has happened by then.
fn failures(stage: &Stage) {
    maintenance(stage, "orders", "Failed");
    replication(stage, "orders", "failed");
}

/// Another five minutes later, while SNS refuses every call.
fn failure_in_an_outage(stage: &Stage) {
    stage.sim.inject(Fault::new(FaultKind::ServerError).service(Service::Sns));
    redshift(stage, "r-1", "FAILED", Some("Not enough space."));
}

/// A baseline of every source, two failures that people were told of, and one that waits because SNS refused it.
async fn history() -> Stage {
    let mut stage = Stage::of(&SOURCES);
    at_first(&stage);
    stage.baseline().await;
    stage.wait(5);
    failures(&stage);
    stage.pass().await;
    assert_eq!(stage.told().len(), 2);
    stage.wait(5);
    failure_in_an_outage(&stage);
    let report = stage.pass().await;
    assert_eq!((report.published, report.pending), (0, 1));
    stage
}

/// The world after [`history`], and the table as a version left it.
async fn upgraded(table: &Path) -> Stage {
    let mut stage = Stage::of(&SOURCES);
    stage.by_hand = Some("PutItem");
    at_first(&stage);
    stage.wait(5);
    failures(&stage);
    stage.wait(5);
    redshift(&stage, "r-1", "FAILED", Some("Not enough space."));
    let items: Vec<Value> = serde_json::from_str(&fs::read_to_string(table).expect("a file")).expect("JSON");
    assert_eq!(
        items.len(),
        15,
        "five checkpoints, three restores of Redshift, one serverless, two jobs, four of tables"
    );
    let client = Client::new(&stage.sim.sdk_config(REGION));
    for item in items {
        client.put_item().table_name(TABLE).set_item(Some(map_from_json(&item))).send().await.expect("an answer");
    }
    stage
}

/// The tables by version.
fn tables() -> BTreeMap<String, PathBuf> {
    let files = fs::read_dir(folder()).expect("the folder").map(|entry| entry.expect("an entry").path());
    let tables: BTreeMap<_, _> =
        files.map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), path)).collect();
    assert!(tables.contains_key("0.1.0"), "{tables:?}");
    tables
}

#[tokio::test(start_paused = true)]
async fn the_table_of_an_earlier_version_is_read() {
    for (version, table) in tables() {
        let mut stage = upgraded(&table).await;
        assert_eq!(
            stage.tick().await,
            ["failed restore r-1: running -> failed"],
            "{version}: the notice that waited, and no baseline and no failure again"
        );
        assert!(stage.tick().await.is_empty(), "{version}: and only once");

        // What was under way ends, what was failing recovers.
        redshift(&stage, "r-3", "SUCCEEDED", None);
        maintenance(&stage, "orders", "Successful");
        replication(&stage, "orders", "completed");
        let mut told = stage.tick().await;
        told.sort();
        assert_eq!(
            told,
            [
                "completed restore r-3: running -> completed",
                "recovered dr orders: failed -> completed",
                "recovered icebergCompaction orders: failed -> completed",
            ],
            "{version}"
        );
        assert!(stage.tick().await.is_empty(), "{version}");

        // What nobody finds any more has vanished.
        stage.sim.world().serverless.clear();
        let told = [stage.tick().await, stage.tick().await].concat();
        assert_eq!(told, ["vanished restore s-1: pending -> vanished"], "{version}");
    }
}

/// Without what else happens in a day, such as restores that stall.
fn reminders(mut told: Vec<String>) -> Vec<String> {
    told.retain(|told| told.starts_with("still-failing"));
    told
}

#[tokio::test(start_paused = true)]
async fn a_reminder_counts_from_when_an_earlier_version_told() {
    for (version, table) in tables() {
        let mut stage = upgraded(&table).await;
        assert_eq!(stage.tick().await.len(), 1, "{version}");
        stage.wait(23 * 60);
        assert!(reminders(stage.tick().await).is_empty(), "{version}: not yet a day");
        stage.wait(60);
        let mut told = reminders(stage.tick().await);
        told.sort();
        assert_eq!(
            told,
            ["still-failing dr orders: failed -> failed", "still-failing icebergCompaction orders: failed -> failed",],
            "{version}"
        );
    }
}

#[tokio::test(start_paused = true)]
#[ignore = "writes the table of this version, for a release"]
async fn record() {
    let mut stage = history().await;
    stage.by_hand = Some("Scan");
    let client = Client::new(&stage.sim.sdk_config(REGION));
    let items = client.scan().table_name(TABLE).send().await.expect("an answer").items.expect("items");
    let mut items: Vec<Value> = items.into_iter().map(|item| to_json(&AttributeValue::M(item))["M"].take()).collect();
    items.sort_by_key(|item| (item["pk"].to_string(), item["sk"].to_string()));
    let text = serde_json::to_string_pretty(&items).expect("JSON") + "\n";
    fs::write(folder().join(concat!(env!("CARGO_PKG_VERSION"), ".json")), text).expect("a file");
}

/// The JSON that DynamoDB's API has for a value.
fn to_json(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(bool) => json!({ "BOOL": bool }),
        AttributeValue::L(list) => json!({ "L": list.iter().map(to_json).collect::<Vec<_>>() }),
        AttributeValue::M(map) => {
            let sorted: BTreeMap<_, _> = map.iter().map(|(name, value)| (name, to_json(value))).collect();
            json!({ "M": sorted })
        }
        other => panic!("no row has {other:?}"),
    }
}

fn from_json(value: &Value) -> AttributeValue {
    let (kind, value) = value.as_object().and_then(|object| object.iter().next()).expect("a value");
    let text = || value.as_str().expect("a text").to_owned();
    match kind.as_str() {
        "S" => AttributeValue::S(text()),
        "N" => AttributeValue::N(text()),
        "BOOL" => AttributeValue::Bool(value.as_bool().expect("a bool")),
        "L" => AttributeValue::L(value.as_array().expect("a list").iter().map(from_json).collect()),
        "M" => AttributeValue::M(map_from_json(value)),
        other => panic!("no row has {other}"),
    }
}

fn map_from_json(value: &Value) -> HashMap<String, AttributeValue> {
    let map = value.as_object().expect("a map");
    map.iter().map(|(name, value)| (name.clone(), from_json(value))).collect()
}
