//! Much at once, and much that is nothing: how many messages people get.
//!
//! The counts are printed: `cargo test --test scenarios storm -- --nocapture`.
#![expect(clippy::disallowed_macros, reason = "the counts are there to be seen")]

use std::collections::BTreeSet;

use jiff::SignedDuration;
use tidings::domain::Source;
use tidings::simulator::{Destination, MaintenanceJob, Publication};

use crate::stage::{Stage, notices};

const TABLES: usize = 5_000;
const KEY: &str = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
const DR: &str = "arn:aws:s3tables:us-east-1:123456789012:bucket/dr";

/// Compaction of every table ends so, each at a second of its own within the last half hour.
fn runs(stage: &Stage, status: &str) {
    let mut world = stage.sim.world();
    for number in 0..TABLES {
        let name = format!("orders_{number:04}");
        let seconds = i64::try_from(number * 1_800 / TABLES).expect("a number");
        let run = stage.now().checked_sub(SignedDuration::from_secs(1 + seconds)).expect("a time");
        let message =
            (status == "Failed").then(|| format!("Insufficient access to KMS key {KEY} for table sales.{name}."));
        let job = MaintenanceJob { status: Some(status.to_owned()), run: Some(run), message };
        let table = world.table(["bronze", "silver"][number % 2], "sales", &name);
        table.maintenance.insert("icebergCompaction".to_owned(), job);
    }
}

/// Checks that the messages tell every table, once.
fn check(messages: &[Publication], reason: &str) {
    println!(
        "{TABLES} tables {reason}: {} messages of {:?} bytes",
        messages.len(),
        messages.iter().map(|message| message.message.len()).collect::<Vec<_>>()
    );
    let told: Vec<_> = messages.iter().flat_map(notices).collect();
    assert!(told.iter().all(|notice| notice["reason"] == reason));
    let ids: BTreeSet<&str> = told.iter().filter_map(|notice| notice["id"].as_str()).collect();
    let subjects: BTreeSet<&str> = told.iter().filter_map(|notice| notice["subject"].as_str()).collect();
    assert_eq!((told.len(), ids.len(), subjects.len()), (TABLES, TABLES, TABLES));
    assert!(messages.len() <= 6, "{} messages", messages.len());
}

#[tokio::test(start_paused = true)]
async fn five_thousand_tables_fail_because_of_one_key_and_recover() {
    let mut stage = Stage::of(&[Source::S3TablesMaintenance]);
    runs(&stage, "Successful");
    stage.baseline().await;

    stage.wait(60);
    runs(&stage, "Failed");
    let report = stage.pass().await;
    assert_eq!((report.noticed, report.published, report.pending), (TABLES, TABLES, 0), "{:?}", report.scopes);
    let messages = stage.messages();
    check(&messages, "failed");
    for message in &messages {
        let subject = message.subject.as_deref().expect("a subject");
        assert!(subject.starts_with("FAILED ") && subject.contains("5,000 in all"), "{subject}");
        assert!(subject.contains("Insufficient access to KMS"), "{subject}");
        let letter = message.copy("email");
        assert!(letter.contains(KEY) && letter.contains("Check the KMS key"), "{letter}");
        assert!(letter.lines().count() <= 30, "{letter}");
    }

    stage.wait(60);
    runs(&stage, "Successful");
    let report = stage.pass().await;
    assert_eq!((report.published, report.pending), (TABLES, 0));
    let messages = stage.messages();
    check(&messages, "recovered");
    assert!(messages.iter().all(|message| message.attributes["severity"].value == "info"));
    assert!(stage.tick().await.is_empty(), "once");
}

/// A pass every 23 hours instead of every five minutes, or the test would take minutes; at each pass some tables wait for the commit of
/// the last five minutes to be copied and others have it.
#[tokio::test(start_paused = true)]
async fn a_week_of_ordinary_replication_is_silent() {
    // Every pass of a day over a few tables, whose other days are alike, and a pass a day over many for a week.
    for (tables, every_minutes, days) in [(5, 5, 1), (1_000, 24 * 60, 7)] {
        let mut stage = Stage::of(&[Source::S3TablesReplication]);
        commit(&stage, tables, 0);
        stage.baseline().await;
        let passes = days * 24 * 60 / every_minutes;
        let mut messages = 0;
        for pass in 1..=passes {
            stage.wait(every_minutes);
            commit(&stage, tables, pass);
            let report = stage.pass().await;
            let scope = &report.scopes[0];
            assert_eq!((report.noticed, scope.coverage, scope.observed), (0, "complete", tables), "{scope:?}");
            messages += stage.messages().len();
        }
        println!("{passes} passes over {tables} tables in {days} days: {messages} messages");
        assert_eq!(messages, 0);
    }
}

/// A commit on each table since the last pass: two thirds are replicated already, the others wait for a few minutes.
fn commit(stage: &Stage, tables: usize, pass: i64) {
    let mut world = stage.sim.world();
    for (number, shift) in (0..tables).zip(pass..) {
        let table = world.table("lake", "sales", &format!("orders_{number:03}"));
        let is_behind = shift % 3 == 0;
        let minutes = if is_behind { 9 } else { 4 };
        let destination = Destination {
            status: Some(if is_behind { "pending" } else { "completed" }.to_owned()),
            updated: Some(stage.ago(minutes)),
            ..Destination::default()
        };
        table.replication.insert(DR.to_owned(), destination);
    }
}
