//! Much at once, and much that is nothing: how many messages people get.
//!
//! The counts are printed: `cargo test --test scenarios storm -- --nocapture`.
#![expect(clippy::disallowed_macros, reason = "the counts are there to be seen")]

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use tidings::domain::Source;
use tidings::simulator::{BatchLimit, Destination, MaintenanceJob, Publication};

use crate::stage::{Stage, TOPIC, notices};
use crate::support::messages::attribute_bytes;

const TABLES: usize = 2_000;
const KEY: &str = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
const DR: &str = "arn:aws:s3tables:us-east-1:123456789012:bucket/dr";

/// Compaction of every table ends so, each at a second of its own within the last half hour.
fn runs(stage: &Stage, tables: usize, status: &str) {
    let mut world = stage.sim.world();
    for number in 0..tables {
        let name = format!("orders_{number:04}");
        let seconds = i64::try_from(number * 1_800 / tables).expect("a number");
        let run = stage.now().checked_sub(SignedDuration::from_secs(1 + seconds)).expect("a time");
        let message =
            (status == "Failed").then(|| format!("Insufficient access to KMS key {KEY} for table sales.{name}."));
        let job = MaintenanceJob { status: Some(status.to_owned()), run: Some(run), message };
        let table = world.table(["bronze", "silver"][number % 2], "sales", &name);
        table.maintenance.insert("icebergCompaction".to_owned(), job);
    }
}

/// Checks that the messages, so many at most, tell every table, once.
fn check(messages: &[Publication], tables: usize, reason: &str, most: usize) {
    println!(
        "{tables} tables {reason}: {} messages of {:?} bytes",
        messages.len(),
        messages.iter().map(|message| message.message.len()).collect::<Vec<_>>()
    );
    let told: Vec<_> = messages.iter().flat_map(notices).collect();
    assert!(told.iter().all(|notice| notice["reason"] == reason));
    let ids: BTreeSet<&str> = told.iter().filter_map(|notice| notice["id"].as_str()).collect();
    let subjects: BTreeSet<&str> = told.iter().filter_map(|notice| notice["subject"].as_str()).collect();
    assert_eq!((told.len(), ids.len(), subjects.len()), (tables, tables, tables));
    assert!(messages.len() <= most, "{} messages", messages.len());
}

#[tokio::test(start_paused = true)]
async fn two_thousand_tables_fail_because_of_one_key_and_recover() {
    let mut stage = Stage::of(&[Source::S3TablesMaintenance]);
    runs(&stage, TABLES, "Successful");
    stage.baseline().await;

    stage.wait(60);
    runs(&stage, TABLES, "Failed");
    let report = stage.pass().await;
    assert_eq!((report.noticed, report.published, report.pending), (TABLES, TABLES, 0), "{:?}", report.scopes);
    let messages = stage.messages();
    check(&messages, TABLES, "failed", 3);
    for message in &messages {
        let subject = message.subject.as_deref().expect("a subject");
        assert!(subject.starts_with("FAILED ") && subject.contains("2,000 in all"), "{subject}");
        assert!(subject.contains("Insufficient access to KMS"), "{subject}");
        let letter = message.copy("email");
        assert!(letter.contains(KEY) && letter.contains("Check the KMS key"), "{letter}");
        assert!(letter.lines().count() <= 30, "{letter}");
    }

    stage.wait(60);
    runs(&stage, TABLES, "Successful");
    let report = stage.pass().await;
    assert_eq!((report.published, report.pending), (TABLES, 0));
    let messages = stage.messages();
    check(&messages, TABLES, "recovered", 3);
    assert!(messages.iter().all(|message| message.attributes["severity"].value == "info"));
    assert!(stage.tick().await.is_empty(), "once");
}

/// Both readings of what SNS's limit of a topic is for, each with a limit that holds many notices and one that holds few.
#[tokio::test(start_paused = true)]
async fn a_topic_that_takes_small_messages_gets_more_of_them() {
    for (max_bytes, tables, most) in [(65_536, 200, 6), (8_192, 60, 9)] {
        for limits in [BatchLimit::Together, BatchLimit::Each] {
            let log = Log::default();
            let lines = log.clone();
            let subscriber = tracing_subscriber::fmt().with_writer(move || lines.clone()).with_ansi(false).finish();
            let _guard = tracing::subscriber::set_default(subscriber);
            let mut stage = Stage::of(&[Source::S3TablesMaintenance]);
            {
                let mut world = stage.sim.world();
                let topic = world.topics.get_mut(TOPIC).expect("the topic");
                (topic.maximum_message_size, topic.limits) = (Some(max_bytes), limits);
            }
            runs(&stage, tables, "Successful");
            stage.baseline().await;
            for (status, reason) in [("Failed", "failed"), ("Successful", "recovered")] {
                stage.wait(60);
                stage.sim.clear_calls();
                runs(&stage, tables, status);
                let report = stage.pass().await;
                let scope = &report.scopes[0];
                assert_eq!((report.noticed, report.published, report.pending), (tables, tables, 0), "{scope:?}");
                assert_eq!(scope.error, None);
                let messages = stage.messages();
                check(&messages, tables, reason, most);
                assert!(messages.iter().all(|message| message.message.len() + attribute_bytes(message) <= max_bytes));
            }
            assert!(stage.count("PublishBatch") <= most, "once learned, nothing is refused");
            assert!(stage.tick().await.is_empty(), "once");
            let log = log.text();
            let told: Vec<&str> = log.lines().filter(|line| line.contains("MaximumMessageSize")).collect();
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].contains(&format!("at most {max_bytes} bytes")), "{told:?}");
            assert!(told[0].contains(&format!("aws sns set-topic-attributes --topic-arn {TOPIC}")), "{told:?}");
        }
    }
}

/// What is logged, for a test to read.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no poison").clone()).expect("text")
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no poison").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// At each pass some tables wait for the commit of the last five minutes to be copied, and others have it.
#[tokio::test(start_paused = true)]
async fn a_week_of_ordinary_replication_is_silent() {
    // Every pass of a day over a few tables (the other days are alike), and one pass a day over many tables for a week.
    for (tables, every_minutes, days) in [(5, 5, 1), (300, 24 * 60, 7)] {
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
