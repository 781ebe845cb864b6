//! Silences: no reminders of a failure until it is over, and nothing else is lost.

use jiff::{SignedDuration, Timestamp};
use tidings::config::Config;
use tidings::domain::Source;
use tidings::operate::{self, silenced, unsilence};
use tidings::simulator::{BackupRestore, Destination, Fault, FaultKind, MaintenanceJob, Service};

use crate::stage::{PATIENCE, Stage};

const JOB: &str = "icebergCompaction";
const RECOVERED: &str = "recovered icebergCompaction orders: failed -> completed";

fn set(stage: &Stage, status: &str, run: Timestamp) {
    let job = MaintenanceJob { status: Some(status.to_owned()), run: Some(run), message: None };
    stage.sim.world().table("lake", "sales", "orders").maintenance.insert(JOB.to_owned(), job);
}

/// A table whose compaction fails for the first time, and the id of the notice about that.
async fn failing(config: Config) -> (Stage, String) {
    let mut stage = Stage::with(&[Source::S3TablesMaintenance], config);
    set(&stage, "Successful", stage.now());
    stage.baseline().await;
    stage.wait(60);
    set(&stage, "Failed", stage.now());
    stage.pass().await;
    let notices = stage.notices();
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0]["reason"], "failed");
    (stage, notices[0]["id"].as_str().expect("an id").to_owned())
}

/// Ten more failed runs, twelve hours apart; what they made people hear.
async fn ten_more_failures(stage: &mut Stage) -> Vec<String> {
    let mut told = Vec::new();
    for _ in 0..10 {
        stage.wait(12 * 60);
        set(stage, "Failed", stage.now());
        told.extend(stage.tick().await);
    }
    told
}

/// The job succeeds; the notices about that.
async fn recovery(stage: &mut Stage) -> Vec<serde_json::Value> {
    stage.wait(60);
    set(stage, "Successful", stage.now());
    stage.pass().await;
    stage.notices()
}

fn every_failure() -> Config {
    let text = "[[rule]]\nmatch = { source = \"*\" }\nrepeats = \"tell\"";
    Config::parse(text, "tidings.toml").expect("settings")
}

#[tokio::test(start_paused = true)]
async fn a_silenced_job_that_fails_ten_more_times_and_recovers_is_one_recovery() {
    for config in [Config::default(), every_failure()] {
        let (mut stage, id) = failing(config).await;
        let silenced = stage.silence(&id, "7d").await.expect("a silence");
        assert_eq!(
            (silenced.failures, silenced.what.as_str()),
            (1, "icebergCompaction on table sales.orders in bucket lake")
        );
        assert_eq!(ten_more_failures(&mut stage).await, [""; 0]);
        let notices = recovery(&mut stage).await;
        assert_eq!(notices.iter().map(crate::stage::line).collect::<Vec<_>>(), [RECOVERED]);
        // It says what it ends.
        assert_eq!(notices[0]["attributes"]["silence_reason"], "ticket 4711");
        assert_eq!(notices[0]["attributes"]["silenced_by"], "ana");
        // The next failure is told again.
        stage.wait(60);
        set(&stage, "Failed", stage.now());
        assert_eq!(stage.tick().await, ["failed icebergCompaction orders: completed -> failed"]);
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_silence_the_same_failures_are_reminders() {
    let (mut stage, _) = failing(Config::default()).await;
    let told = ten_more_failures(&mut stage).await;
    assert_eq!(told, ["still-failing icebergCompaction orders: failed -> failed"; 5]);
    let (mut stage, _) = failing(every_failure()).await;
    assert_eq!(ten_more_failures(&mut stage).await, ["failed icebergCompaction orders: failed -> failed"; 10]);
}

#[tokio::test(start_paused = true)]
async fn the_facts_are_recorded_and_the_first_reminder_after_the_silence_counts_them() {
    let (mut stage, id) = failing(Config::default()).await;
    stage.silence(&id, "6d").await.expect("a silence");
    assert_eq!(ten_more_failures(&mut stage).await, [""; 0]);
    stage.wait(24 * 60);
    stage.pass().await;
    let notices = stage.notices();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert_eq!(notices[0]["reason"], "still-failing");
    assert_eq!(notices[0]["attributes"]["failures_in_a_row"], "11");
    assert_eq!(notices[0]["attributes"]["silence_reason"], "ticket 4711");
    // The next one is an ordinary reminder.
    stage.wait(24 * 60);
    stage.pass().await;
    let notices = stage.notices();
    assert_eq!(notices.len(), 1);
    assert!(notices[0]["attributes"].get("silence_reason").is_none());
    assert!(recovery(&mut stage).await[0]["attributes"].get("silence_reason").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_silence_that_is_taken_back_leaves_the_reminders() {
    let (mut stage, id) = failing(Config::default()).await;
    stage.silence(&id, "7d").await.expect("a silence");
    let writer = stage.invocation(PATIENCE).writer;
    let ended = unsilence(&stage.tidings.store, &id, &writer).await.expect("there is one");
    assert_eq!(ended.by.as_deref(), Some("ana"));
    let again = unsilence(&stage.tidings.store, &id, &writer).await.expect_err("it is gone").to_string();
    assert!(again.contains("is not silenced"), "{again}");
    assert_eq!(ten_more_failures(&mut stage).await.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn every_notice_of_the_failure_names_it_and_a_second_silence_replaces_the_first() {
    let (mut stage, _) = failing(Config::default()).await;
    stage.wait(24 * 60);
    stage.pass().await;
    let reminder = stage.notices()[0]["id"].as_str().expect("an id").to_owned();
    stage.silence(&reminder, "1h").await.expect("a silence");
    let until = stage.silence(&reminder, "2d").await.expect("another").until;
    let scopes = stage.tidings.store.everything().await.expect("the table");
    let silences = silenced(&scopes, stage.now());
    assert_eq!(silences.len(), 1);
    assert_eq!((silences[0].until, silences[0].subject.contains("/table/")), (until, true));
    assert!(silenced(&scopes, until).is_empty(), "it is over");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_silenced_is_refused_with_the_reason() {
    let mut stage = Stage::of(&[Source::S3TablesMaintenance]);
    set(&stage, "Successful", stage.now());
    stage.pass().await;
    let baseline = stage.notices()[0]["id"].as_str().expect("an id").to_owned();
    let refused = stage.silence(&baseline, "1h").await.expect_err("it is about a source");
    assert!(refused.contains("about a whole source"), "{refused}");
    let unknown = "00000000-0000-5000-8000-000000000000";
    let refused = stage.silence(unknown, "1h").await.expect_err("nobody has seen it");
    assert!(refused.contains("no notice has the id 00000000"), "{refused}");
    let refused = stage.silence(&baseline, "31d").await.expect_err("it is too long");
    assert!(refused.contains("at most 30 days"), "{refused}");

    let (mut stage, id) = failing(Config::default()).await;
    recovery(&mut stage).await;
    let refused = stage.silence(&id, "1h").await.expect_err("it has recovered");
    assert!(refused.contains("icebergCompaction on table sales.orders in bucket lake is not failing"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_restore_and_its_validation_are_told_although_something_of_it_is_silenced() {
    let mut stage = Stage::of(&[Source::Backup]);
    stage.baseline().await;
    let status = Some("FAILED".to_owned());
    let created = Some(stage.now());
    stage.sim.world().put_backup(BackupRestore { status, created, ..BackupRestore::new("b-1") });
    stage.hint("b-1").await;
    let id = stage.notices()[0]["id"].as_str().expect("an id").to_owned();
    stage.silence(&id, "7d").await.expect("a silence");
    stage.sim.world().backup.get_mut("b-1").expect("a job").validation_status = Some("FAILED".to_owned());
    stage.hint("b-1").await;
    assert_eq!(stage.told(), ["failed validation b-1: - -> failed"]);
    stage.sim.world().backup.get_mut("b-1").expect("a job").status = Some("COMPLETED".to_owned());
    stage.hint("b-1").await;
    assert_eq!(stage.told(), ["completed restore b-1: failed -> completed"]);
}

#[tokio::test(start_paused = true)]
async fn a_replication_that_fails_again_without_a_success_stays_silenced() {
    let mut stage = Stage::of(&[Source::S3TablesReplication]);
    let replica = "arn:aws:s3tables:eu-west-1:123456789012:bucket/replica";
    let set = |stage: &Stage, status: &str, run: Option<Timestamp>| {
        let destination = Destination { status: Some(status.to_owned()), updated: run, ..Destination::default() };
        stage.sim.world().table("lake", "sales", "orders").replication.insert(replica.to_owned(), destination);
    };
    let first = stage.now();
    set(&stage, "completed", Some(first));
    stage.baseline().await;
    set(&stage, "failed", Some(first));
    stage.pass().await;
    let id = stage.notices()[0]["id"].as_str().expect("an id").to_owned();
    stage.silence(&id, "30d").await.expect("a silence");
    for _ in 0..10 {
        set(&stage, "pending", Some(first));
        assert_eq!(stage.tick().await, [""; 0]);
        stage.wait(12 * 60);
        set(&stage, "failed", Some(first));
        assert_eq!(stage.tick().await, [""; 0]);
    }
    stage.wait(60);
    set(&stage, "completed", Some(stage.now()));
    assert_eq!(stage.tick().await, ["recovered replica orders: failed -> completed"]);
}

#[tokio::test(start_paused = true)]
async fn a_reminder_that_was_decided_before_the_silence_is_still_sent() {
    let (mut stage, id) = failing(Config::default()).await;
    stage.wait(24 * 60);
    stage.sim.inject(Fault::new(FaultKind::ServerError).service(Service::Sns).times(50));
    stage.pass().await;
    assert!(stage.told().is_empty());
    stage.sim.clear_faults();
    stage.silence(&id, "7d").await.expect("a silence");
    // The process that decided it has died.
    stage.cold_start();
    stage.wait(10);
    stage.pass().await;
    assert_eq!(stage.told(), ["still-failing icebergCompaction orders: failed -> failed"]);
    assert_eq!(ten_more_failures(&mut stage).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_pass_that_began_before_the_silence_sends_no_reminder_after_it() {
    let (mut stage, id) = failing(Config::default()).await;
    stage.wait(24 * 60);
    // The pass has read the table and waits for the service when the silence comes.
    stage.sim.inject(Fault::new(FaultKind::Hang).operation("GetTableMaintenanceJobStatus").times(1));
    let (order, invocation) = (stage.order(), stage.invocation(PATIENCE));
    let writer = stage.invocation(PATIENCE).writer;
    let request = operate::SilenceRequest::new(&id, "7d", "ticket 4711", None).expect("a request");
    let silence = async {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        operate::silence(&stage.tidings.store, &request, &writer).await.expect("a silence")
    };
    let (report, silenced) = tokio::join!(stage.tidings.run(&order, &invocation), silence);
    assert_eq!(report.scopes[0].error, None);
    assert_eq!(stage.told(), [""; 0]);
    assert_eq!(silenced.until, stage.now().checked_add(SignedDuration::from_hours(7 * 24)).expect("a time"));
    assert_eq!(ten_more_failures(&mut stage).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_digest_names_what_is_silenced() {
    let (mut stage, id) = failing(Config::parse("digest_above = 1", "tidings.toml").expect("settings")).await;
    stage.silence(&id, "7d").await.expect("a silence");
    for table in ["clicks", "carts"] {
        let job = MaintenanceJob { status: Some("Failed".to_owned()), run: Some(stage.now()), message: None };
        stage.sim.world().table("lake", "sales", table).maintenance.insert(JOB.to_owned(), job);
    }
    stage.wait(5);
    stage.pass().await;
    let messages = stage.messages();
    assert_eq!(messages.len(), 1);
    let silenced = "icebergCompaction on table sales.orders in bucket lake";
    for (protocol, line) in [("email", "Silenced now: "), ("https", "*Silenced now:* ")] {
        let copy = messages[0].copy(protocol);
        assert!(copy.contains(&format!("{line}{silenced}")), "{copy}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_silence_that_comes_while_a_pass_writes_takes_nothing_back() {
    let (mut stage, id) = failing(Config::default()).await;
    stage.wait(60);
    set(&stage, "Successful", stage.now());
    // The silence has read the item and waits for an answer when a pass sees that the job has recovered.
    stage.sim.inject(Fault::new(FaultKind::Hang).service(Service::DynamoDb).matching("silence").times(1));
    let (order, invocation) = (stage.order(), stage.invocation(PATIENCE));
    let writer = stage.invocation(PATIENCE).writer;
    let request = operate::SilenceRequest::new(&id, "7d", "ticket 4711", None).expect("a request");
    let pass = async {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        stage.tidings.run(&order, &invocation).await
    };
    let (silenced, report) = tokio::join!(operate::silence(&stage.tidings.store, &request, &writer), pass);
    assert_eq!(report.scopes[0].error, None);
    assert_eq!(stage.told(), [RECOVERED]);
    let refused = silenced.expect_err("it has recovered").to_string();
    assert!(refused.contains("is not failing"), "{refused}");
    assert_eq!(stage.tick().await, [""; 0]);
}
