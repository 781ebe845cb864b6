//! Many notices in one message: when, which, and that the delivery promise holds for each of them.
#![expect(clippy::disallowed_macros, reason = "the counts are there to be seen")]

use std::collections::BTreeSet;
use std::time::Duration;

use tidings::config::Config;
use tidings::domain::{Effect, Match, Pattern, Patterns, Rule, Source};
use tidings::simulator::{BackupRestore, Fault, FaultKind, MaintenanceJob, Publication, Service};

use crate::stage::{REGION, Stage, line, notices, scope};

const SOURCE: Source = Source::S3TablesMaintenance;

fn run(stage: &Stage, numbers: std::ops::Range<usize>, status: &str) {
    let mut world = stage.sim.world();
    for number in numbers {
        let job = MaintenanceJob { status: Some(status.to_owned()), run: Some(stage.now()), message: None };
        let table = world.table("lake", "sales", &format!("t{number:03}"));
        table.maintenance.insert("icebergCompaction".to_owned(), job);
    }
}

/// So many tables with maintenance that went well, taken in as the baseline; the first half of them fails and is told.
async fn stage(tables: usize) -> Stage {
    let mut stage = Stage::telling_every_failure(SOURCE);
    run(&stage, 0..tables, "Successful");
    stage.baseline().await;
    stage.wait(5);
    run(&stage, 0..tables / 2, "Failed");
    assert_eq!(stage.tick().await.len(), tables / 2);
    stage.wait(5);
    stage
}

fn counts(messages: &[Publication]) -> Vec<(String, usize)> {
    messages.iter().map(|message| (message.attributes["severity"].value.clone(), notices(message).len())).collect()
}

fn ids(messages: &[Publication]) -> Vec<String> {
    messages.iter().flat_map(notices).map(|notice| notice["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn more_than_five_are_told_together_by_severity() {
    let mut stage = stage(12).await;
    run(&stage, 6..11, "Failed");
    stage.pass().await;
    assert_eq!(stage.messages().len(), 5, "five go one by one");
    stage.wait(5);
    run(&stage, 0..6, "Successful");
    run(&stage, 11..12, "Failed");
    let report = stage.pass().await;
    assert_eq!((report.noticed, report.published, report.pending), (7, 7, 0));
    let messages = stage.messages();
    assert_eq!(counts(&messages), [("critical".to_owned(), 1), ("info".to_owned(), 6)]);
    let subject = messages[1].subject.as_deref().expect("a subject");
    assert!(subject.starts_with("Recovered 6: S3 Tables maintenance"), "{subject}");
    assert!(stage.tick().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_refused_message_keeps_its_notices_and_no_others() {
    let mut stage = stage(20).await;
    run(&stage, 0..10, "Successful");
    run(&stage, 10..20, "Failed");
    stage.sim.inject(Fault::new(FaultKind::RejectEntry { matching: "FAILED 10".to_owned() }).times(1));
    let report = stage.pass().await;
    assert!(scope(&report, SOURCE).error.is_some());
    assert_eq!((report.published, report.pending), (10, 10));
    let first = stage.messages();
    assert_eq!(counts(&first), [("info".to_owned(), 10)]);
    stage.wait(5);
    assert_eq!(stage.pass().await.pending, 0);
    let second = stage.messages();
    assert_eq!(counts(&second), [("critical".to_owned(), 10)]);
    let all: BTreeSet<String> = ids(&first).into_iter().chain(ids(&second)).collect();
    assert_eq!(all.len(), 20);
    assert!(stage.tick().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_waited_long_is_told_in_order() {
    let mut stage = stage(20).await;
    stage.sim.inject(Fault::new(FaultKind::ServerError).service(Service::Sns));
    for (numbers, status) in [(10..20, "Failed"), (10..20, "Failed"), (0..20, "Successful"), (10..12, "Failed")] {
        run(&stage, numbers, status);
        stage.pass().await;
        stage.wait(5);
    }
    stage.sim.clear_faults();
    let report = stage.pass().await;
    assert_eq!((report.published, report.pending), (42, 0));
    let messages = stage.messages();
    let told: Vec<_> = messages.iter().flat_map(notices).collect();
    let of = |table: &str| -> Vec<String> {
        let its = told.iter().filter(|notice| notice["attributes"]["table"] == table);
        its.map(|notice| line(notice).split(' ').next().expect("a reason").to_owned()).collect()
    };
    assert_eq!(of("t010"), ["failed", "failed", "recovered", "failed"]);
    assert_eq!(of("t019"), ["failed", "failed", "recovered"]);
    assert_eq!(of("t003"), ["recovered"]);
    let sizes: Vec<usize> = messages.iter().map(|message| notices(message).len()).collect();
    assert_eq!(sizes, [20, 10, 10, 2], "failed twice; recovered; recovered of the second round; failed again");
    assert!(stage.tick().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_removed_is_not_sent_again_by_this_process() {
    for warm in [true, false] {
        let mut stage = stage(20).await;
        run(&stage, 10..20, "Failed");
        stage.sim.inject(Fault::new(FaultKind::ServerError).service(Service::DynamoDb).matching("REMOVE outbox"));
        stage.pass().await;
        let first = stage.messages();
        assert_eq!(counts(&first), [("critical".to_owned(), 10)]);
        stage.sim.clear_faults();
        if !warm {
            stage.cold_start();
        }
        stage.wait(5);
        assert_eq!(stage.pass().await.pending, 0);
        let again: BTreeSet<String> = ids(&stage.messages()).into_iter().collect();
        let expected = if warm { BTreeSet::new() } else { ids(&first).into_iter().collect() };
        assert_eq!(again, expected);
        assert!(stage.tick().await.is_empty());
    }
}

/// A removal takes 200 ms here, so a few seconds are enough for some hundreds and no more.
#[tokio::test(start_paused = true)]
async fn no_more_is_sent_than_can_be_removed_in_time() {
    let mut stage = stage(1_200).await;
    let slow = Duration::from_millis(200);
    stage.sim.inject(Fault::new(FaultKind::ServerError).service(Service::Sns));
    run(&stage, 600..1_200, "Failed");
    assert_eq!(stage.pass().await.pending, 600);
    stage.sim.clear_faults();
    stage.sim.set_latency(slow);
    let mut told = Vec::new();
    let mut passes = 0;
    let mut pending = 600;
    while pending > 0 {
        stage.wait(5);
        // Every time another process, which does not remember what was sent.
        stage.cold_start();
        let report = stage.pass_within(Duration::from_secs(10)).await;
        let ids = ids(&stage.messages());
        assert_eq!(ids.len(), report.published);
        assert_eq!(report.pending, pending - ids.len(), "what was sent was removed: {:?}", report.scopes);
        pending = report.pending;
        told.extend(ids);
        passes += 1;
        assert!(passes < 12, "it comes to an end");
    }
    println!("600 notices in {passes} passes of 10 s with a table that takes 200 ms");
    assert!(passes > 1, "one pass was not enough");
    let once: BTreeSet<&String> = told.iter().collect();
    assert_eq!((told.len(), once.len()), (600, 600), "each once");
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_is_denied_holds_no_other_up() {
    let other = format!("arn:aws:sns:{REGION}:123456789012:lake-team");
    let pattern = Pattern::new("t00[0-2]").expect("a pattern");
    let rule = Rule {
        name: "the lake team's".to_owned(),
        matches: Match { labels: [("table".to_owned(), Patterns(vec![pattern]))].into(), ..Match::default() },
        effect: Effect { topic_arn: Some(other.clone()), ..Effect::default() },
    };
    let mut config = Config::default();
    config.policy.rules.push(rule);
    let mut stage = Stage::with(&[SOURCE], config);
    stage.sim.world().create_topic(REGION, "lake-team");
    for (tables, expected) in [(4, vec![1]), (8, vec![5])] {
        run(&stage, 0..tables, "Successful");
        stage.pass().await;
        stage.told();
        stage.wait(5);
        run(&stage, 0..tables, "Failed");
        stage.sim.inject(Fault::new(FaultKind::AccessDenied).service(Service::Sns).matching(other.as_str()));
        let report = stage.pass().await;
        let error = scope(&report, SOURCE).error.clone().expect("an error");
        assert!(error.message.contains(&other), "names the topic: {}", error.message);
        assert_eq!(error.action.as_deref(), Some("sns:Publish"));
        assert_eq!((report.published, report.pending), (tables - 3, 3));
        let messages = stage.messages();
        let sizes: Vec<usize> = messages.iter().map(|message| notices(message).len()).collect();
        assert_eq!(sizes, expected);
        assert!(messages.iter().all(|message| message.topic_arn != other));
        stage.sim.clear_faults();
        stage.wait(5);
        assert_eq!(stage.pass().await.pending, 0);
        let messages = stage.messages();
        assert_eq!(ids(&messages).len(), 3);
        assert!(messages.iter().all(|message| message.topic_arn == other));
    }
}

#[tokio::test(start_paused = true)]
async fn a_composite_restore_is_one_story() {
    let mut stage = Stage::of(&[Source::Backup]);
    let job = |stage: &Stage, id: &str, status: &str| BackupRestore {
        status: Some(status.to_owned()),
        created: Some(stage.ago(30)),
        is_parent: Some(id == "whole"),
        parent_job_id: id.starts_with("part").then(|| "whole".to_owned()),
        ..BackupRestore::new(id)
    };
    for id in ["whole", "part-1", "part-2", "other"] {
        stage.sim.world().put_backup(job(&stage, id, "RUNNING"));
    }
    stage.baseline().await;
    stage.wait(5);
    for (id, status) in [("whole", "FAILED"), ("part-1", "COMPLETED"), ("part-2", "FAILED"), ("other", "COMPLETED")] {
        stage.sim.world().put_backup(job(&stage, id, status));
    }
    stage.pass().await;
    let messages = stage.messages();
    assert_eq!(counts(&messages), [("critical".to_owned(), 3), ("info".to_owned(), 1)]);
    let subject = messages[0].subject.as_deref().expect("a subject");
    assert!(subject.contains("(its parts: FAILED 1, completed 1)"), "{subject}");
    assert!(stage.tick().await.is_empty());
}
