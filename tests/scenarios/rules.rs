//! What rules change: mutes, thresholds, reminders, severities, routine.

use jiff::{SignedDuration, Timestamp};
use tidings::config::Config;
use tidings::domain::{Effect, Match, Mute, Pattern, Patterns, Reason, Repeats, Rule, Severity, Source};
use tidings::simulator::{MaintenanceJob, RedshiftRestore};

use crate::stage::Stage;

const JOB: &str = "icebergCompaction";
const RETRIED: &str = "Commit failed because of out-of-date metadata. The job will be retried.";

fn rule(matches: Match, effect: Effect) -> Rule {
    Rule { name: "under test".to_owned(), matches, effect }
}

fn stage(source: Source, rules: impl IntoIterator<Item = Rule>) -> Stage {
    let mut config = Config::default();
    config.policy.rules.extend(rules);
    Stage::with(&[source], config)
}

/// A run of maintenance that ends now.
fn run(stage: &Stage, table: &str, status: &str, message: Option<&str>) {
    let (status, message) = (Some(status.to_owned()), message.map(str::to_owned));
    let job = MaintenanceJob { status, run: Some(stage.now()), message };
    stage.sim.world().table("lake", "sales", table).maintenance.insert(JOB.to_owned(), job);
}

fn muted_for(stage_begins: &str, minutes: i64, matches: Match) -> Rule {
    let begins: Timestamp = stage_begins.parse().expect("a time");
    let until = begins.checked_add(SignedDuration::from_mins(minutes)).expect("a time");
    rule(matches, Effect { mute: Some(Mute::Until(until)), ..Effect::default() })
}

/// When a [`Stage`] begins.
const BEGIN: &str = "2026-03-02T06:00:00Z";

#[tokio::test(start_paused = true)]
async fn what_is_still_failing_when_a_mute_ends_is_told_then() {
    let mut stage = stage(Source::S3TablesMaintenance, [muted_for(BEGIN, 60, Match::default())]);
    for table in ["orders", "items"] {
        run(&stage, table, "Successful", None);
    }
    stage.pass().await;
    assert!(stage.told().is_empty(), "even the baseline");
    for table in ["orders", "items"] {
        run(&stage, table, "Failed", Some("Insufficient access"));
    }
    stage.wait(5);
    let report = stage.pass().await;
    assert_eq!((report.noticed, report.muted), (0, 2), "muted, and counted");
    assert!(stage.told().is_empty());
    run(&stage, "items", "Successful", None);
    assert!(stage.tick().await.is_empty(), "nobody knew that it failed");
    stage.wait(60);
    assert_eq!(stage.tick().await, ["failed icebergCompaction orders: - -> failed"]);
    assert!(stage.tick().await.is_empty(), "told once");
    run(&stage, "orders", "Successful", None);
    assert_eq!(stage.tick().await, ["recovered icebergCompaction orders: failed -> completed"]);
}

#[tokio::test(start_paused = true)]
async fn a_muted_failure_that_is_for_good_is_told_when_the_mute_ends_though_aws_forgot_it() {
    let matches = Match { reasons: [Reason::Failed].into(), ..Match::default() };
    let mut stage = stage(Source::Redshift, [muted_for(BEGIN, 60, matches)]);
    stage.baseline().await;
    let status = Some("IN_PROGRESS".to_owned());
    stage.sim.world().put_redshift(RedshiftRestore {
        status,
        requested: Some(stage.now()),
        ..RedshiftRestore::new("r-1")
    });
    assert!(stage.tick().await.is_empty());
    stage.sim.world().redshift.get_mut("r-1").expect("a restore").status = Some("FAILED".to_owned());
    assert!(stage.tick().await.is_empty());
    stage.sim.world().redshift.clear();
    assert!(stage.tick().await.is_empty());
    stage.cold_start();
    stage.wait(60);
    assert_eq!(stage.tick().await, ["failed restore r-1: - -> failed"]);
    assert!(stage.tick().await.is_empty(), "told once");
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_aws_retries_is_noise_until_it_has_failed_three_times_in_a_row() {
    let mut stage = stage(Source::S3TablesMaintenance, []);
    run(&stage, "orders", "Successful", None);
    stage.baseline().await;
    for _ in 0..2 {
        stage.wait(60);
        run(&stage, "orders", "Failed", Some(RETRIED));
        assert!(stage.tick().await.is_empty());
    }
    stage.wait(60);
    run(&stage, "orders", "Successful", None);
    assert!(stage.tick().await.is_empty(), "nobody knew that it failed");
    for run_number in 1..=6 {
        stage.wait(60);
        run(&stage, "orders", "Failed", Some(RETRIED));
        stage.wait(5);
        stage.pass().await;
        let notices = stage.notices();
        assert_eq!(notices.len(), usize::from(run_number == 3), "run {run_number}");
        if let [notice] = notices.as_slice() {
            assert_eq!(notice["reason"], "failed");
            assert_eq!(notice["attributes"]["failures_in_a_row"], "3");
        }
    }
    run(&stage, "orders", "Successful", None);
    assert_eq!(stage.tick().await, ["recovered icebergCompaction orders: failed -> completed"]);
}

#[tokio::test(start_paused = true)]
async fn another_message_is_not_held_back_with_the_noise() {
    let mut stage = stage(Source::S3TablesMaintenance, []);
    run(&stage, "orders", "Not_Yet_Run", None);
    stage.baseline().await;
    stage.wait(60);
    run(&stage, "orders", "Failed", Some(RETRIED));
    assert!(stage.tick().await.is_empty());
    stage.wait(60);
    run(&stage, "orders", "Failed", Some("Insufficient access to KMS key"));
    assert_eq!(stage.tick().await, ["failed icebergCompaction orders: failed -> failed"]);
}

#[tokio::test(start_paused = true)]
async fn a_first_success_after_failures_that_nobody_heard_of_is_a_first_completion() {
    let mut stage = stage(Source::S3TablesMaintenance, []);
    run(&stage, "orders", "Not_Yet_Run", None);
    stage.baseline().await;
    run(&stage, "orders", "Failed", Some(RETRIED));
    assert!(stage.tick().await.is_empty());
    run(&stage, "orders", "Successful", None);
    assert_eq!(stage.tick().await, ["completed icebergCompaction orders: failed -> completed"]);
}

#[tokio::test(start_paused = true)]
async fn what_goes_on_failing_is_told_again_as_a_reminder() {
    let effect = Effect {
        repeats: Some(Repeats::Remind),
        reminder_interval: Some(Some(SignedDuration::from_hours(6))),
        ..Effect::default()
    };
    let mut stage = stage(Source::S3TablesMaintenance, [rule(Match::default(), effect)]);
    run(&stage, "orders", "Successful", None);
    stage.baseline().await;
    let failing_since = stage.now();
    run(&stage, "orders", "Failed", Some("Insufficient access"));
    assert_eq!(stage.tick().await, ["failed icebergCompaction orders: completed -> failed"]);
    for _ in 0..2 {
        stage.wait(115);
        run(&stage, "orders", "Failed", Some("Insufficient access"));
        assert!(stage.tick().await.is_empty(), "the reminder says it");
    }
    stage.wait(120);
    stage.pass().await;
    let notices = stage.notices();
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0]["reason"], "still-failing");
    assert_eq!(notices[0]["severity"], "warning");
    assert_eq!(notices[0]["attributes"]["failures_in_a_row"], "3");
    assert_eq!(notices[0]["attributes"]["failing_since"], failing_since.to_string());
    assert!(stage.tick().await.is_empty());
    stage.wait(6 * 60);
    assert_eq!(stage.tick().await, ["still-failing icebergCompaction orders: failed -> failed"]);
    run(&stage, "orders", "Successful", None);
    assert_eq!(stage.tick().await, ["recovered icebergCompaction orders: failed -> completed"]);
    stage.wait(24 * 60);
    assert!(stage.tick().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_was_failing_before_tidings_came_is_reminded_of_a_day_later() {
    let mut stage = stage(Source::S3TablesMaintenance, []);
    run(&stage, "orders", "Failed", Some("Insufficient access"));
    stage.baseline().await;
    stage.wait(23 * 60);
    assert!(stage.tick().await.is_empty());
    stage.wait(60);
    assert_eq!(stage.tick().await, ["still-failing icebergCompaction orders: failed -> failed"]);
}

#[tokio::test(start_paused = true)]
async fn a_later_rule_goes_before_an_earlier_one_and_only_where_it_matches() {
    let table = |pattern: &str| Match {
        labels: [("table".to_owned(), Patterns(vec![Pattern::new(pattern).expect("a pattern")]))].into(),
        ..Match::default()
    };
    let topic = "arn:aws:sns:eu-central-1:123456789012:staging";
    let rules = [
        rule(
            table("staging_*"),
            Effect {
                severity: Some(Severity::Info),
                topic_arn: Some(topic.to_owned()),
                note: Some("Runbook: https://example.com/staging".to_owned()),
                ..Effect::default()
            },
        ),
        rule(table("*_orders"), Effect { severity: Some(Severity::Warning), routine: Some(true), ..Effect::default() }),
    ];
    let mut stage = stage(Source::S3TablesMaintenance, rules);
    stage.sim.world().create_topic(crate::stage::REGION, "staging");
    for table in ["orders", "staging_items", "staging_orders"] {
        run(&stage, table, "Successful", None);
    }
    stage.baseline().await;
    for table in ["orders", "staging_items", "staging_orders"] {
        run(&stage, table, "Failed", None);
    }
    stage.wait(5);
    stage.pass().await;
    let mut told: Vec<_> = stage.notices();
    told.sort_by_key(|notice| notice["attributes"]["table"].as_str().map(str::to_owned));
    let severities: Vec<_> = told.iter().map(|notice| notice["severity"].as_str().expect("a severity")).collect();
    assert_eq!(severities, ["critical", "info", "warning"]);
    assert_eq!(told[0]["attributes"].get("note"), None);
    assert_eq!(told[2]["attributes"]["note"], "Runbook: https://example.com/staging", "what it leaves out stays");
    for table in ["orders", "staging_items", "staging_orders"] {
        run(&stage, table, "Successful", None);
    }
    assert_eq!(stage.tick().await.len(), 3, "recovered");
    for table in ["orders", "staging_items", "staging_orders"] {
        run(&stage, table, "Successful", None);
    }
    assert_eq!(stage.tick().await, ["completed icebergCompaction staging_orders: completed -> completed"]);
}
