//! The report about a week or a month: when it is sent, what it costs, and that it is sent once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tidings::config::Config;
use tidings::domain::Source;
use tidings::metrics;
use tidings::operate::{SilenceRequest, history, silence};
use tidings::page::{Options, page};
use tidings::simulator::{BackupRestore, Fault, FaultKind, MaintenanceJob, Publication, RedshiftRestore, Service};

use crate::stage::{PATIENCE, Stage, TOPIC, scope};
use crate::support::messages::{self, event, is_report};

const WEEKLY: &str = "[report]\nevery = \"week\"\nday = \"mon\"\nat = \"08:00\"\ntime_zone = \"Europe/Berlin\"";
const PLAN: &str =
    "arn:aws:backup:eu-central-1:123456789012:restore-testing-plan:nightly-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
const JOB: &str = "icebergCompaction";

fn stage(sources: &[Source], settings: &str) -> Stage {
    Stage::with(sources, config(sources, settings))
}

fn config(sources: &[Source], settings: &str) -> Config {
    let config = Config::parse(settings, "tidings.toml").unwrap_or_else(|error| panic!("{error}"));
    Config { sources: sources.to_vec(), ..config }
}

/// A stage at 06:55 UTC, ten minutes before the first report is sent, that has had its baseline.
async fn before_the_report() -> Stage {
    let mut stage = stage(&[Source::Backup], WEEKLY);
    stage.baseline().await;
    stage.wait(55);
    stage.pass().await;
    stage
}

/// The reports since the last call, each of them checked. Notices are left out.
fn reports(stage: &Stage) -> Vec<Value> {
    stage.messages().iter().filter(|message| is_report(message)).map(event).collect()
}

fn period(report: &Value) -> (&str, &str) {
    let text = |key: &str| report["data"]["period"][key].as_str().expect("a time");
    (text("from"), text("to"))
}

fn database_calls(stage: &Stage) -> usize {
    stage.sim.calls().iter().filter(|call| call.service == Service::DynamoDb).count()
}

/// Passes until `end`, and returns when each report was sent, and its period.
async fn play(stage: &mut Stage, minutes: i64, end: &str) -> Vec<String> {
    let end: Timestamp = end.parse().expect("a time");
    let mut sent = Vec::new();
    while stage.now() < end {
        let report = stage.pass().await;
        assert_eq!(report.report.as_ref().and_then(|sent| sent.error.as_ref()), None);
        for report in reports(stage) {
            let (from, to) = period(&report);
            sent.push(format!("{}: {from} to {to}", stage.now()));
        }
        stage.sim.clear_calls();
        stage.wait(minutes);
    }
    sent
}

#[tokio::test(start_paused = true)]
async fn a_weekly_report_is_sent_with_the_first_pass_after_its_time_also_when_clocks_change() {
    let mut stage = stage(&[Source::Backup], WEEKLY);
    // 06:00, and then every 55 minutes. Summer time begins on 2026-03-29.
    let sent = play(&mut stage, 55, "2026-04-07T00:00:00Z").await;
    assert_eq!(
        sent,
        [
            "2026-03-02T07:50:00Z: 2026-02-23T07:00:00Z to 2026-03-02T07:00:00Z",
            "2026-03-09T07:35:00Z: 2026-03-02T07:00:00Z to 2026-03-09T07:00:00Z",
            "2026-03-16T07:20:00Z: 2026-03-09T07:00:00Z to 2026-03-16T07:00:00Z",
            "2026-03-23T07:05:00Z: 2026-03-16T07:00:00Z to 2026-03-23T07:00:00Z",
            "2026-03-30T06:50:00Z: 2026-03-23T07:00:00Z to 2026-03-30T06:00:00Z",
            "2026-04-06T06:35:00Z: 2026-03-30T06:00:00Z to 2026-04-06T06:00:00Z",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_monthly_report_has_its_day_or_the_last_one_of_the_month() {
    let mut stage = stage(&[Source::Backup], "[report]\nevery = \"month\"\nday = 31\nat = \"17:30\"");
    let sent = play(&mut stage, 360, "2026-06-01T00:00:00Z").await;
    assert_eq!(
        sent,
        [
            "2026-03-31T18:00:00Z: 2026-02-28T17:30:00Z to 2026-03-31T17:30:00Z",
            "2026-04-30T18:00:00Z: 2026-03-31T17:30:00Z to 2026-04-30T17:30:00Z",
            "2026-05-31T18:00:00Z: 2026-04-30T17:30:00Z to 2026-05-31T17:30:00Z",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_report_costs_nothing_while_none_is_due() {
    let mut counts = Vec::new();
    for settings in ["", WEEKLY] {
        let mut stage = stage(&[Source::Backup, Source::Redshift], settings);
        stage.baseline().await;
        stage.sim.clear_calls();
        for _ in 0..10 {
            assert!(stage.tick().await.is_empty());
        }
        counts.push(database_calls(&stage));
    }
    assert_eq!(counts, [40, 40], "two for each pass over a source");
}

#[tokio::test(start_paused = true)]
async fn a_process_that_knows_nothing_asks_once() {
    let mut counts = Vec::new();
    for settings in ["", WEEKLY] {
        let mut stage = stage(&[Source::Backup], settings);
        stage.baseline().await;
        stage.tick().await;
        stage.cold_start();
        stage.sim.clear_calls();
        for _ in 0..3 {
            assert!(stage.tick().await.is_empty());
        }
        counts.push(database_calls(&stage));
    }
    assert_eq!(counts[1], counts[0] + 1);
}

#[tokio::test(start_paused = true)]
async fn processes_that_remember_nothing_send_one_report() {
    let mut stage = before_the_report().await;
    let mut sent = Vec::new();
    for _ in 0..6 {
        stage.cold_start();
        stage.wait(5);
        stage.pass().await;
        sent.extend(reports(&stage));
    }
    assert_eq!(sent.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn overlapping_ticks_send_one_report() {
    for same_process in [true, false] {
        let mut stage = before_the_report().await;
        stage.wait(10);
        stage.sim.set_latency(Duration::from_millis(20));
        let other = stage.another_process();
        let (first, second) = (stage.invocation(PATIENCE), stage.invocation(PATIENCE));
        let (order, one) = (stage.order(), &stage.tidings);
        let two = if same_process { one } else { &other };
        let (one, two) = tokio::join!(one.run(&order, &first), two.run(&order, &second));
        assert_eq!(reports(&stage).len(), 1);
        let sent = [one.report, two.report].into_iter().flatten().collect::<Vec<_>>();
        assert_eq!(sent.len(), 1, "{sent:?}");
        stage.tick().await;
        assert!(reports(&stage).is_empty());
    }
}

/// The update that notes a report as sent.
fn note(kind: FaultKind) -> Fault {
    Fault::new(kind).service(Service::DynamoDb).operation("UpdateItem").matching("REMOVE claim_token")
}

#[tokio::test(start_paused = true)]
async fn a_process_that_dies_before_it_notes_the_report_leads_to_one_more_copy_with_the_same_id() {
    let mut stage = before_the_report().await;
    stage.wait(10);
    stage.sim.inject(note(FaultKind::Hang));
    let report = stage.pass().await;
    stage.sim.clear_faults();
    assert!(report.report.expect("a report was due").error.is_some());
    let mut sent = reports(&stage);
    for _ in 0..4 {
        stage.cold_start();
        stage.wait(5);
        stage.pass().await;
        sent.extend(reports(&stage));
    }
    let [first, second] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!((&first["id"], period(first)), (&second["id"], period(second)));
}

#[tokio::test(start_paused = true)]
async fn a_process_that_lives_on_notes_the_report_later_and_sends_it_once() {
    let mut stage = before_the_report().await;
    stage.wait(10);
    stage.sim.inject(note(FaultKind::ServerError));
    stage.pass().await;
    stage.wait(5);
    stage.pass().await;
    stage.sim.clear_faults();
    stage.wait(5);
    stage.pass().await;
    stage.cold_start();
    stage.wait(5);
    stage.pass().await;
    assert_eq!(reports(&stage).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_does_not_send_the_report_twice() {
    for lost in ["SET claim_token", "REMOVE claim_token"] {
        let mut stage = before_the_report().await;
        stage.wait(10);
        let fault = Fault::new(FaultKind::LostAnswer).operation("UpdateItem").matching(lost);
        stage.sim.inject(fault.times(1));
        assert!(stage.pass().await.report.expect("a report was due").published, "{lost}");
        stage.cold_start();
        stage.tick().await;
        stage.cold_start();
        stage.wait(5);
        stage.pass().await;
        assert_eq!(reports(&stage).len(), 0, "{lost}: tick() has taken the messages");
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_that_the_topic_refuses_is_sent_when_it_comes_back_and_the_sources_are_fine() {
    let mut stage = before_the_report().await;
    stage.wait(10);
    stage.sim.inject(Fault::new(FaultKind::AccessDenied).service(Service::Sns));
    for _ in 0..3 {
        let report = stage.pass().await;
        let error = report.report.as_ref().expect("a report was due").error.as_ref().expect("it was refused");
        assert_eq!((error.kind.as_str(), error.action.as_deref()), ("denied", Some("sns:Publish")));
        assert!(scope(&report, Source::Backup).is_swept() && !report.is_failure());
        let mut lines = Vec::new();
        metrics::write(&report, "tidings", &mut lines).expect("in memory");
        let lines: Vec<Value> =
            lines.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
        let [of_source, of_report] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!((&of_source["PassCompleted"], &of_source["Errors"]), (&1.into(), &0.into()));
        assert_eq!((&of_report["Errors"], &of_report["Kind"]), (&1.into(), &"denied".into()));
        stage.wait(5);
    }
    assert!(reports(&stage).is_empty());
    stage.sim.clear_faults();
    let report = stage.pass().await;
    assert!(report.report.expect("it was still due").published);
    let sent = reports(&stage);
    assert_eq!(sent.len(), 1);
    assert_eq!(period(&sent[0]), ("2026-02-23T07:00:00Z", "2026-03-02T07:00:00Z"));
}

#[tokio::test(start_paused = true)]
async fn a_report_that_could_not_be_sent_for_two_weeks_is_one_report_about_both() {
    let mut stage = before_the_report().await;
    stage.wait(10);
    stage.pass().await;
    reports(&stage);
    stage.sim.inject(Fault::new(FaultKind::AccessDenied).service(Service::Sns));
    for _ in 0..15 {
        stage.wait(24 * 60);
        stage.pass().await;
    }
    stage.sim.clear_faults();
    stage.wait(5);
    stage.pass().await;
    let sent = reports(&stage);
    assert_eq!(sent.iter().map(period).collect::<Vec<_>>(), [("2026-03-02T07:00:00Z", "2026-03-16T07:00:00Z")]);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_sends_no_report() {
    let mut stage = before_the_report().await;
    stage.wait(10);
    let (order, invocation) = (stage.dry_run(), stage.invocation(PATIENCE));
    let report = stage.tidings.run(&order, &invocation).await;
    assert_eq!((report.report, reports(&stage).len()), (None, 0));
    stage.hint("job").await;
    assert!(reports(&stage).is_empty(), "a hint is no tick");
    stage.pass().await;
    assert_eq!(reports(&stage).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_topic_for_small_messages_gets_a_short_report() {
    for max_bytes in [65_536, 8_192, 4_096, 2_560, 1_536] {
        let mut stage = before_the_report().await;
        for number in 0..300 {
            let id = format!("{number:04}");
            stage.sim.world().put_backup(test(&stage, &id, "COMPLETED", Some("SUCCESSFUL")));
        }
        stage.pass().await;
        stage.messages();
        stage.sim.world().topics.get_mut(TOPIC).expect("the topic").maximum_message_size = Some(max_bytes);
        stage.wait(10);
        stage.pass().await;
        let inbox = stage.sim.inbox();
        let [message] = inbox.as_slice() else { panic!("{max_bytes}: {inbox:?}") };
        assert_eq!(event(message)["data"]["counts"]["restore_tests_passed"], 300);
        let title = "Weekly report: nothing failed. 300 of 300 restore tests passed";
        assert_eq!(message.copy("sms"), title);
        // The smallest messages have one copy for everyone else.
        if max_bytes > 2_048 {
            messages::check(message);
            assert!(message.copy("email").starts_with("Weekly report: nothing failed."), "{max_bytes}");
        }
    }
}

/// A restore test that began half an hour ago and has ended, unless it is running.
fn test(stage: &Stage, id: &str, status: &str, validation: Option<&str>) -> BackupRestore {
    BackupRestore {
        status: Some(status.to_owned()),
        created: Some(stage.ago(30)),
        completed: (status != "RUNNING").then(|| stage.ago(3)),
        resource_type: Some("RDS".to_owned()),
        source_resource_arn: Some("arn:aws:rds:eu-central-1:123456789012:db:orders-db".to_owned()),
        restore_testing_plan_arn: Some(PLAN.to_owned()),
        validation_status: validation.map(str::to_owned),
        deletion_status: validation.map(|_| "SUCCESSFUL".to_owned()),
        ..BackupRestore::new(id)
    }
}

fn run(stage: &Stage, table: &str, status: &str) {
    let message = (status == "Failed").then(|| "No access to the KMS key".to_owned());
    let job = MaintenanceJob { status: Some(status.to_owned()), run: Some(stage.now()), message };
    stage.sim.world().table("lake", "sales", table).maintenance.insert(JOB.to_owned(), job);
}

/// How often each reason is in these messages.
fn by_reason<'m>(messages: impl IntoIterator<Item = &'m Publication>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for notice in messages.into_iter().flat_map(messages::notices) {
        *counts.entry(notice["reason"].as_str().expect("a reason").to_owned()).or_insert(0) += 1;
    }
    counts
}

#[tokio::test(start_paused = true)]
async fn over_two_weeks_the_reports_agree_with_what_was_published_to_the_notice() {
    let sources = [Source::Backup, Source::Redshift, Source::S3TablesMaintenance];
    let mut stage = stage(&sources, WEEKLY);
    for table in ["orders", "clicks", "users"] {
        run(&stage, table, "Successful");
    }
    let begin = stage.now();
    let mut messages: Vec<Publication> = Vec::new();
    for half_hour in 0..2 * 24 * 15 {
        let (day, slot) = (half_hour / 48, half_hour % 48);
        match slot {
            // A restore test every night. The one of the fifth night fails, that of the sixth is not validated in time.
            6 => stage.sim.world().put_backup(test(&stage, &format!("t-{day}"), "RUNNING", None)),
            8 => {
                let job = match day {
                    4 => test(&stage, "t-4", "FAILED", None),
                    5 => test(&stage, "t-5", "COMPLETED", Some("TIMED_OUT")),
                    _ => test(&stage, &format!("t-{day}"), "COMPLETED", Some("SUCCESSFUL")),
                };
                stage.sim.world().put_backup(job);
            }
            10 if day % 3 == 0 => {
                let status = if day == 9 { "FAILED" } else { "SUCCEEDED" };
                let id = format!("r-{day}");
                let requested = Some(stage.ago(20));
                let status = Some(status.to_owned());
                stage.sim.world().put_redshift(RedshiftRestore { status, requested, ..RedshiftRestore::new(id) });
            }
            // One table fails from the third to the fifth day, another one from the twelfth on.
            20 => {
                run(&stage, "orders", if (2..5).contains(&day) { "Failed" } else { "Successful" });
                run(&stage, "clicks", if day >= 11 { "Failed" } else { "Successful" });
            }
            // The topic is down for an afternoon.
            28 if day == 3 => stage.sim.inject(Fault::new(FaultKind::AccessDenied).service(Service::Sns)),
            38 if day == 3 => stage.sim.clear_faults(),
            // A new process every day.
            40 => stage.cold_start(),
            _ => {}
        }
        stage.pass().await;
        messages.extend(stage.messages());
        stage.sim.clear_calls();
        stage.wait(30);
    }
    let (reports, notices): (Vec<&Publication>, Vec<&Publication>) = messages.iter().partition(|it| is_report(it));
    assert_eq!(reports.len(), 3, "one an hour after the begin, and one after each week");
    let mut counted = 0;
    for report in &reports {
        let report = event(report);
        let (from, to) = period(&report);
        let (from, to): (Timestamp, Timestamp) = (from.parse().expect("a time"), to.parse().expect("a time"));
        let published = by_reason(notices.iter().copied().filter(|message| (from..to).contains(&message.at)));
        let told: BTreeMap<String, u64> =
            serde_json::from_value(report["data"]["told"]["by_reason"].clone()).expect("counts");
        assert_eq!(told, published, "from {from} to {to}");
        assert_eq!(report["data"]["told"]["is_least"], false);
        counted += told.values().sum::<u64>();
    }
    let before_the_last = notices.iter().filter(|message| message.at < begin + SignedDuration::from_hours(14 * 24 + 1));
    assert_eq!(counted, by_reason(before_the_last.copied()).values().sum::<u64>(), "every notice is in one report");

    // The history and the page know the same notices.
    let published: BTreeSet<String> = notices
        .iter()
        .flat_map(|message| crate::stage::notices(message))
        .map(|notice| notice["id"].as_str().expect("an id").to_owned())
        .collect();
    let scopes = stage.tidings.store.everything().await.expect("the table");
    let remembered = history(&scopes, begin);
    assert_eq!(remembered.len(), published.len());
    assert_eq!(remembered.iter().map(|entry| entry.notice.id.to_string()).collect::<BTreeSet<_>>(), published);
    let page = page(&scopes, &BTreeMap::new(), stage.now(), &Options::page());
    let told = format!("{} notices about", published.len());
    assert!(published.len() > 30 && page.contains(&told), "{told:?} is not on the page");

    let data = |number: usize| event(reports[number])["data"].clone();
    let first = data(1);
    assert_eq!(first["verdicts"]["validated"], 5);
    assert_eq!((&first["verdicts"]["failed"], &first["verdicts"]["timed-out"]), (&1.into(), &1.into()));
    let jobs: Vec<&str> =
        first["restore_tests"].as_array().expect("tests").iter().filter_map(|test| test["job"].as_str()).collect();
    assert_eq!(jobs, ["t-4", "t-5", "t-0", "t-1", "t-2", "t-3", "t-6"]);
    assert_eq!(first["restore_tests"][2]["duration_seconds"], 27 * 60);
    assert_eq!(first["counts"]["failing"], 0);
    let second = data(2);
    assert_eq!((&second["verdicts"]["validated"], &second["counts"]["restore_tests_passed"]), (&7.into(), &7.into()));
    assert_eq!(second["lost_restores"][0]["verdict"], "failed");
    let failing = &second["failing"][0];
    assert_eq!(failing["name"], "icebergCompaction on table sales.clicks in bucket lake");
    assert_eq!(failing["message"], "No access to the KMS key");
    assert_eq!(second["severity"], "warning");
    assert_eq!(second["counts"]["tables"], 3);
}

#[tokio::test(start_paused = true)]
async fn what_is_silenced_is_listed_and_is_no_reason_to_worry() {
    let mut stage = stage(&[Source::S3TablesMaintenance], WEEKLY);
    stage.by_hand = Some("Scan");
    run(&stage, "orders", "Successful");
    stage.baseline().await;
    stage.wait(30);
    run(&stage, "orders", "Failed");
    stage.pass().await;
    let failed = stage.notices();
    let id = failed[0]["id"].as_str().expect("an id");
    let request = SilenceRequest::new(id, "3d", "ticket 4711", Some("ana")).expect("a request");
    let writer = stage.invocation(PATIENCE).writer;
    silence(&stage.tidings.store, &request, &writer).await.expect("a silence");
    stage.wait(35);
    stage.pass().await;
    let sent = reports(&stage);
    let data = &sent[0]["data"];
    assert_eq!((&data["counts"]["failing"], &data["severity"]), (&0.into(), &"info".into()));
    let silence = &data["silenced"][0]["silence"];
    assert_eq!((&silence["reason"], &silence["by"]), (&"ticket 4711".into(), &"ana".into()));
    assert_eq!(silence["until"], "2026-03-05T06:30:00Z");
    stage.wait(7 * 24 * 60);
    stage.pass().await;
    let sent = reports(&stage);
    let data = &sent[0]["data"];
    assert_eq!((&data["counts"]["failing"], &data["counts"]["silenced"]), (&1.into(), &0.into()), "it is over");
    assert_eq!(data["severity"], "warning");
}

/// A test that AWS says has ended in the period, and that tidings sees only after the report was made.
#[tokio::test(start_paused = true)]
async fn what_ends_just_before_the_report_and_is_seen_after_it_is_in_the_next_one() {
    for is_known in [true, false] {
        let mut stage = before_the_report().await;
        if is_known {
            stage.sim.world().put_backup(test(&stage, "t-1", "RUNNING", None));
        }
        stage.pass().await;
        let denied = Fault::new(FaultKind::AccessDenied).service(Service::Backup);
        stage.sim.inject(denied);
        let ended = BackupRestore { completed: Some(stage.now()), ..test(&stage, "t-1", "COMPLETED", None) };
        stage.sim.world().put_backup(ended);
        stage.wait(10);
        stage.pass().await;
        stage.sim.clear_faults();
        let first = reports(&stage);
        stage.wait(5);
        stage.pass().await;
        stage.wait(7 * 24 * 60);
        stage.pass().await;
        let second = reports(&stage);
        let verdicts = |report: &Value| report["data"]["verdicts"]["restored"].as_u64();
        assert_eq!((verdicts(&first[0]), verdicts(&second[0])), (Some(0), Some(1)), "known before: {is_known}");
        assert_eq!(second[0]["data"]["restore_tests"][0]["verdict_at"], "2026-03-02T06:55:00Z");
    }
}

/// The first pass finds restores of the past.
#[tokio::test(start_paused = true)]
async fn restores_from_before_the_baseline_are_in_the_report_about_their_time() {
    let mut stage = stage(&[Source::Backup], WEEKLY);
    for (id, days) in [("old", 20), ("new", 3)] {
        let ended = Some(stage.ago(days * 24 * 60));
        let job = test(&stage, id, "COMPLETED", Some("SUCCESSFUL"));
        stage.sim.world().put_backup(BackupRestore { created: ended, completed: ended, ..job });
    }
    stage.baseline().await;
    stage.wait(65);
    stage.pass().await;
    let sent = reports(&stage);
    let tests = sent[0]["data"]["restore_tests"].as_array().expect("tests");
    assert_eq!(tests.iter().map(|test| &test["job"]).collect::<Vec<_>>(), ["new"]);
}

#[tokio::test(start_paused = true)]
async fn a_week_without_trouble_reads_well() {
    let mut stage = stage(&[Source::Backup, Source::S3TablesMaintenance], WEEKLY);
    for table in ["orders", "clicks"] {
        run(&stage, table, "Successful");
    }
    stage.baseline().await;
    stage.wait(30);
    for id in ["4F2C1A7E-5B7D-4E21-9A60-0C4D1B7E2F35", "8f2a1c3e"] {
        stage.sim.world().put_backup(test(&stage, id, "COMPLETED", Some("SUCCESSFUL")));
    }
    stage.pass().await;
    stage.messages();
    stage.wait(40);
    stage.pass().await;
    let messages = stage.messages();
    let message = messages.iter().find(|message| is_report(message)).expect("a report");
    let attribute = |name: &str| message.attributes[name].value.as_str();
    assert_eq!((attribute("severity"), attribute("reasons")), ("info", "[\"report\"]"));
    assert_eq!(message.copy("sms"), "Weekly report: nothing failed. 2 tables, 2 of 2 restore tests passed");
    assert!(
        message.copy("email").starts_with("Weekly report: nothing failed.\n2 tables, 2 of 2 restore tests passed.\n")
    );
}
