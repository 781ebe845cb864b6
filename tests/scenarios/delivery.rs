//! The delivery promise: nothing lost, nothing doubled, in order, with stable ids.

use std::time::Duration;

use tidings::domain::Source;
use tidings::pass::Invocation;
use tidings::simulator::{BackupRestore, Fault, FaultKind, MaintenanceJob, RedshiftRestore, Service};

use crate::stage::{Stage, TOPIC, line, notices, scope};

fn run(stage: &Stage, table: &str, status: &str) {
    let job = MaintenanceJob { status: Some(status.to_owned()), run: Some(stage.now()), message: None };
    stage.sim.world().table("lake", "sales", table).maintenance.insert("icebergCompaction".to_owned(), job);
}

/// Tables `a`, `b`, `c` with maintenance that went well, taken in as the baseline.
async fn stage() -> Stage {
    let mut stage = Stage::telling_every_failure(Source::S3TablesMaintenance);
    for table in ["a", "b", "c"] {
        run(&stage, table, "Successful");
    }
    stage.baseline().await;
    stage.wait(5);
    stage
}

#[tokio::test(start_paused = true)]
async fn sns_refusing_for_two_passes_loses_doubles_and_reorders_nothing() {
    let mut stage = stage().await;
    stage.sim.inject(Fault::new(FaultKind::ServerError).service(Service::Sns));
    let mut pending = Vec::new();
    for _ in 0..2 {
        for table in ["a", "b"] {
            run(&stage, table, "Failed");
        }
        let report = stage.pass().await;
        let error = scope(&report, Source::S3TablesMaintenance).error.clone().expect("an error");
        assert!(error.message.contains("tidings"), "names the topic: {}", error.message);
        assert_eq!(report.published, 0);
        pending.push(report.pending);
        stage.wait(5);
    }
    assert_eq!(pending, [2, 4]);
    assert!(stage.told().is_empty());

    stage.sim.clear_faults();
    run(&stage, "a", "Successful");
    let report = stage.pass().await;
    assert_eq!((report.noticed, report.published, report.pending), (1, 5, 0));
    let notices = stage.notices();
    let of = |table: &str| -> Vec<String> {
        notices.iter().filter(|notice| notice["attributes"]["table"] == table).map(line).collect()
    };
    assert_eq!(
        of("a"),
        [
            "failed icebergCompaction a: completed -> failed",
            "failed icebergCompaction a: failed -> failed",
            "recovered icebergCompaction a: failed -> completed",
        ]
    );
    assert_eq!(of("b").len(), 2);
    let runs: Vec<&str> = notices.iter().filter_map(|notice| notice["run"].as_str()).collect();
    assert_eq!(runs.len(), 5);
    assert!(stage.tick().await.is_empty(), "nothing twice");
}

#[tokio::test(start_paused = true)]
async fn entries_that_fail_one_by_one_stay_in_the_outbox() {
    let mut stage = stage().await;
    for table in ["a", "b", "c"] {
        run(&stage, table, "Failed");
    }
    stage.sim.inject(Fault::new(FaultKind::RejectEntry { matching: "table sales.b".to_owned() }).times(1));
    let report = stage.pass().await;
    assert_eq!((report.published, report.pending), (2, 1));
    assert_eq!(stage.told().len(), 2);
    assert_eq!(stage.tick().await, ["failed icebergCompaction b: completed -> failed"]);
    assert!(stage.tick().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_message_that_sns_never_takes_holds_nobody_else_up() {
    let mut stage = stage().await;
    stage.sim.inject(Fault::new(FaultKind::RejectEntry { matching: "table sales.b".to_owned() }));
    run(&stage, "b", "Failed");
    let report = stage.pass().await;
    assert_eq!((report.published, report.pending), (0, 1));
    stage.wait(5);
    run(&stage, "a", "Failed");
    let report = stage.pass().await;
    assert!(scope(&report, Source::S3TablesMaintenance).error.is_some(), "it is not passed over in silence");
    assert_eq!((report.published, report.pending), (1, 1));
    assert_eq!(stage.told(), ["failed icebergCompaction a: completed -> failed"], "in the same pass");
}

#[tokio::test(start_paused = true)]
async fn a_process_that_dies_between_commit_and_publish_loses_nothing() {
    let mut stage = stage().await;
    run(&stage, "a", "Failed");
    stage.sim.inject(Fault::new(FaultKind::Hang).service(Service::Sns));
    let (order, invocation) = (stage.order(), stage.invocation(Duration::from_mins(2)));
    let died = tokio::time::timeout(Duration::from_secs(5), stage.tidings.run(&order, &invocation)).await;
    assert!(died.is_err(), "the process dies while it waits for SNS");
    stage.sim.clear_faults();
    stage.cold_start();
    assert!(stage.told().is_empty());
    assert_eq!(stage.tick().await, ["failed icebergCompaction a: completed -> failed"], "the next pass tells it");
    assert!(stage.tick().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_commit_whose_answer_is_lost_is_recognised_as_ours() {
    let mut stage = stage().await;
    run(&stage, "a", "Failed");
    let lost = Fault::new(FaultKind::LostAnswer).service(Service::DynamoDb).operation("UpdateItem");
    stage.sim.inject(lost.matching("outbox").times(1));
    assert_eq!(stage.tick().await, ["failed icebergCompaction a: completed -> failed"]);
    assert!(stage.sim.faults().is_empty(), "the fault was hit");
    assert!(stage.tick().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_claim_whose_answer_is_lost_is_not_taken_for_the_commit_after_it() {
    let mut stage = stage().await;
    run(&stage, "a", "Failed");
    stage.sim.inject(Fault::new(FaultKind::ServerError).service(Service::Sns));
    stage.pass().await;
    stage.sim.clear_faults();
    stage.wait(5);
    run(&stage, "a", "Failed");
    // The claim on what waits takes effect, but nobody hears of it; then the failure of the second run is written.
    let arn = stage.sim.world().table_arn(crate::stage::REGION, "lake", "sales", "a").expect("an ARN");
    let claim = |kind| Fault::new(kind).service(Service::DynamoDb).matching(arn.as_str());
    stage.sim.inject(claim(FaultKind::LostAnswer).times(1));
    stage.sim.inject(claim(FaultKind::ServerError).times(3));
    stage.pass().await;
    assert!(stage.sim.faults().is_empty(), "the faults were hit");
    let mut told = stage.told();
    told.extend(stage.tick().await);
    assert_eq!(
        told,
        ["failed icebergCompaction a: completed -> failed", "failed icebergCompaction a: failed -> failed"],
        "both failures, in order"
    );
    run(&stage, "a", "Successful");
    assert_eq!(stage.tick().await, ["recovered icebergCompaction a: failed -> completed"]);
}

#[tokio::test(start_paused = true)]
async fn a_publish_whose_answer_is_lost_may_double_but_with_the_same_id() {
    let mut stage = stage().await;
    run(&stage, "a", "Failed");
    stage.sim.inject(Fault::new(FaultKind::LostAnswer).service(Service::Sns).times(1));
    stage.pass().await;
    let notices = stage.notices();
    assert_eq!(notices.len(), 2, "sent again by the SDK: {notices:?}");
    assert_eq!(notices[0]["id"], notices[1]["id"]);
    assert!(stage.tick().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn state_that_cannot_be_written_is_told_when_it_can() {
    let mut stage = stage().await;
    run(&stage, "a", "Failed");
    let arn = stage.sim.world().table_arn(crate::stage::REGION, "lake", "sales", "a").expect("an ARN");
    stage.sim.inject(Fault::new(FaultKind::ServerError).service(Service::DynamoDb).matching(arn));
    let report = stage.pass().await;
    let error = scope(&report, Source::S3TablesMaintenance).error.clone().expect("an error");
    assert!(error.message.contains("tidings-state"), "names the table: {}", error.message);
    assert!(stage.told().is_empty(), "nothing is sent before it is written");
    stage.sim.clear_faults();
    assert_eq!(stage.tick().await, ["failed icebergCompaction a: completed -> failed"]);
}

#[tokio::test(start_paused = true)]
async fn a_notice_that_was_sent_but_not_removed_comes_again_with_the_same_id() {
    // A removal that fails, and one in the middle of which the invocation ends.
    let cases = [(true, FaultKind::ServerError), (false, FaultKind::ServerError), (true, FaultKind::Hang)];
    for (warm, kind) in cases {
        let short = Duration::from_secs(20);
        let mut stage = stage().await;
        run(&stage, "a", "Failed");
        let removal = Fault::new(kind).service(Service::DynamoDb).matching("REMOVE outbox");
        stage.sim.inject(removal);
        stage.pass_within(short).await;
        let first = stage.notices();
        assert_eq!(first.len(), 1);
        if !warm {
            stage.cold_start();
        }
        // Still not removed, but there is more news.
        stage.wait(5);
        run(&stage, "a", "Failed");
        stage.pass_within(short).await;
        stage.sim.clear_faults();
        stage.wait(5);
        stage.pass().await;
        let later = stage.notices();
        let again = later.iter().filter(|notice| notice["id"] == first[0]["id"]).count();
        if warm {
            assert_eq!((again, later.len()), (0, 1), "a process knows what it has sent");
        } else {
            assert_eq!((again, later.len()), (1, 2), "another one does not, and sends it again, once");
        }
        assert!(stage.tick().await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn two_overlapping_passes_tell_everything_once() {
    let mut stage = stage().await;
    for table in ["a", "b", "c"] {
        run(&stage, table, "Failed");
    }
    stage.sim.set_latency(Duration::from_millis(20));
    let order = stage.order();
    let (first, second) = (stage.invocation(Duration::from_mins(2)), stage.invocation(Duration::from_mins(2)));
    let tidings = &stage.tidings;
    let (one, two) = tokio::join!(tidings.run(&order, &first), tidings.run(&order, &second));
    let mut coverages = [one.scopes[0].coverage, two.scopes[0].coverage];
    coverages.sort_unstable();
    assert_eq!(coverages, ["complete", "skipped"], "the lease keeps the second one out");
    assert_eq!(stage.told().len(), 3);
    assert!(stage.tick().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_sns_refused_goes_out_with_the_next_pass_of_the_same_process() {
    for is_warm in [true, false] {
        let mut stage = stage().await;
        run(&stage, "a", "Failed");
        stage.sim.inject(Fault::new(FaultKind::AccessDenied).service(Service::Sns));
        let report = stage.pass().await;
        assert_eq!((report.published, report.pending), (0, 1));
        stage.sim.clear_faults();
        if !is_warm {
            stage.cold_start();
        }
        // The claim of the first pass lasts for two minutes and five seconds.
        stage.wait(1);
        let report = stage.pass().await;
        let expected = if is_warm { (1, 0) } else { (0, 1) };
        assert_eq!((report.published, report.pending), expected, "only the same process knows that the pass is over");
        stage.wait(2);
        let report = stage.pass().await;
        assert_eq!((report.published, report.pending), (1 - expected.0, 0));
        assert_eq!(stage.told(), ["failed icebergCompaction a: completed -> failed"]);
        assert!(stage.tick().await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_hint_could_not_send_goes_out_with_the_tick_after_it() {
    let mut stage = Stage::of(&[Source::Backup]);
    let job = BackupRestore { status: Some("RUNNING".into()), created: Some(stage.now()), ..BackupRestore::new("j") };
    stage.sim.world().put_backup(job);
    stage.baseline().await;
    stage.wait(1);
    stage.sim.world().backup.get_mut("j").expect("a job").status = Some("FAILED".into());
    stage.sim.inject(Fault::new(FaultKind::AccessDenied).service(Service::Sns));
    assert_eq!(stage.hint("j").await.pending, 1);
    stage.sim.clear_faults();
    assert_eq!(stage.pass().await.published, 1, "at the same moment");
    assert_eq!(stage.told(), ["failed restore j: running -> failed"]);
    assert!(stage.tick().await.is_empty());
}

/// The message may still be on its way, and the claim is over in a few seconds.
#[tokio::test(start_paused = true)]
async fn the_claim_of_a_pass_that_was_cut_off_holds_until_it_ends() {
    let mut stage = Stage::of(&[Source::Backup]);
    let job = BackupRestore { status: Some("RUNNING".into()), created: Some(stage.now()), ..BackupRestore::new("j") };
    stage.sim.world().put_backup(job);
    stage.baseline().await;
    stage.wait(5);
    stage.sim.world().backup.get_mut("j").expect("a job").status = Some("FAILED".into());
    stage.sim.inject(Fault::new(FaultKind::Hang).service(Service::Sns));
    let report = stage.pass_within(Duration::from_secs(20)).await;
    assert_eq!((report.published, report.pending), (0, 1));
    stage.sim.clear_faults();
    let report = stage.hint("j").await;
    assert_eq!((report.published, report.pending), (0, 1), "within the five seconds after the deadline");
    stage.wait(1);
    let report = stage.hint("j").await;
    assert_eq!((report.published, report.pending), (1, 0));
    assert_eq!(stage.told(), ["failed restore j: running -> failed"]);
}

#[tokio::test(start_paused = true)]
async fn a_hint_and_a_pass_at_the_same_moment_tell_everything_once() {
    // A hint takes no lease, so only the conditional writes stand between the two.
    for delay in 0..40 {
        let mut stage = Stage::of(&[Source::Backup]);
        let job =
            BackupRestore { status: Some("RUNNING".into()), created: Some(stage.now()), ..BackupRestore::new("j") };
        stage.sim.world().put_backup(job);
        stage.baseline().await;
        stage.wait(5);
        stage.sim.world().backup.get_mut("j").expect("a job").status = Some("FAILED".into());
        stage.sim.set_latency(Duration::from_millis(10));
        let (tick, hint) = (stage.order(), Stage::hint_at("j"));
        let (first, second) = (stage.invocation(Duration::from_mins(2)), stage.invocation(Duration::from_mins(2)));
        let tidings = &stage.tidings;
        tokio::join!(tidings.run(&tick, &first), async {
            tokio::time::sleep(Duration::from_millis(delay * 3)).await;
            tidings.run(&hint, &second).await
        });
        stage.sim.set_latency(Duration::ZERO);
        assert_eq!(stage.told(), ["failed restore j: running -> failed"], "hint after {} ms", delay * 3);
        assert!(stage.tick().await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_hint_does_not_take_an_outbox_from_the_pass_that_is_publishing_it() {
    let mut stage = Stage::of(&[Source::Backup]);
    let job = BackupRestore {
        status: Some("RUNNING".into()),
        created: Some(stage.now()),
        restore_testing_plan_arn: Some("arn:aws:backup:eu-central-1:123456789012:restore-testing-plan:weekly".into()),
        ..BackupRestore::new("j")
    };
    stage.sim.world().put_backup(job);
    stage.baseline().await;
    stage.wait(5);
    stage.sim.world().backup.get_mut("j").expect("a job").status = Some("COMPLETED".into());
    // The pass has written that the restore completed, and waits for SNS when the validation fails.
    stage.sim.inject(Fault::new(FaultKind::Hang).service(Service::Sns).times(1));
    let (tick, hint) = (stage.order(), Stage::hint_at("j"));
    let (first, second) = (stage.invocation(Duration::from_mins(2)), stage.invocation(Duration::from_mins(2)));
    let tidings = &stage.tidings;
    tokio::join!(tidings.run(&tick, &first), async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        stage.sim.world().backup.get_mut("j").expect("a job").validation_status = Some("FAILED".into());
        tidings.run(&hint, &second).await
    });
    let mut told = stage.told();
    told.extend(stage.tick().await);
    assert_eq!(told, ["completed restore j: running -> completed", "failed validation j: - -> failed"]);
    assert!(stage.tick().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_ahead_does_not_end_the_claim_of_a_pass_that_still_runs() {
    let mut stage = stage().await;
    run(&stage, "a", "Failed");
    // Twice no answer: the third attempt comes shortly before the deadline.
    stage.sim.inject(Fault::new(FaultKind::Hang).service(Service::Sns).times(2));
    let order = stage.order();
    let (patience, shortly_before) = (Duration::from_secs(20), Duration::from_secs(17));
    let first = stage.invocation(patience);
    let tidings = &stage.tidings;
    tokio::join!(tidings.run(&order, &first), async {
        tokio::time::sleep(shortly_before).await;
        let now = stage.now().checked_add(patience).expect("a time");
        let (account, region) = (first.account.clone(), first.region.clone());
        tidings.run(&order, &Invocation::new(account, region, "ahead".to_owned(), now, patience)).await
    });
    // How long the SDK waits between attempts is up to chance: the third may come too late for the first invocation.
    let mut told = stage.told();
    told.extend(stage.tick().await);
    assert_eq!(told, ["failed icebergCompaction a: completed -> failed"]);
    assert!(stage.tick().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_warm_pass_costs_two_requests_to_the_table() {
    let mut stage = stage().await;
    for _ in 0..2 {
        stage.sim.clear_calls();
        assert!(stage.tick().await.is_empty());
        let calls: Vec<String> = stage
            .sim
            .calls()
            .iter()
            .filter(|call| call.service == Service::DynamoDb)
            .map(|call| call.operation.clone())
            .collect();
        assert_eq!(calls, ["UpdateItem", "UpdateItem"], "the lease and the checkpoint");
    }
    stage.cold_start();
    stage.sim.clear_calls();
    assert!(stage.tick().await.is_empty());
    assert_eq!(stage.count("Query"), 1, "a cold start reads the state once");
}

#[tokio::test(start_paused = true)]
async fn a_table_that_hangs_ends_with_the_invocation_and_loses_nothing() {
    for hanging in ["GetItem lease", "UpdateItem outbox", "UpdateItem REMOVE outbox", "UpdateItem last_complete_at"] {
        let mut stage = stage().await;
        run(&stage, "a", "Failed");
        let (operation, matching) = hanging.split_once(' ').expect("two words");
        let hang = Fault::new(FaultKind::Hang).service(Service::DynamoDb).matching(matching);
        stage.sim.inject(if operation == "GetItem" { hang } else { hang.operation(operation) });
        let begun = tokio::time::Instant::now();
        let report = stage.pass_within(Duration::from_secs(20)).await;
        assert!(begun.elapsed() < Duration::from_secs(20), "{hanging}: there is a report before the deadline");
        assert!(scope(&report, Source::S3TablesMaintenance).out_of_time, "{hanging}: it says so: {report:?}");
        stage.sim.clear_faults();
        let before = stage.notices();
        stage.wait(5);
        stage.pass().await;
        let after = stage.notices();
        let ids: std::collections::BTreeSet<_> =
            before.iter().chain(&after).map(|notice| notice["id"].as_str().expect("an id").to_owned()).collect();
        assert_eq!(ids.len(), 1, "{hanging}: told");
        assert!(before.len() + after.len() <= 2, "{hanging}: at most once more");
        assert!(stage.tick().await.is_empty(), "{hanging}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_claim_ends_with_the_last_notice_it_was_for() {
    let mut stage = Stage::of(&[Source::Backup]);
    let mut told = Vec::new();
    // The scope's outbox and a job's, twice each while the claims of the invocations before would still hold.
    stage.pass().await;
    told.push(stage.told().len());
    let begun = Some(stage.now());
    let plan = Some("arn:aws:backup:eu-central-1:123456789012:restore-testing-plan:weekly".to_owned());
    let job = BackupRestore { created: begun, restore_testing_plan_arn: plan, ..BackupRestore::new("b-1") };
    let status = |word: &str| Some(word.to_owned());
    stage.sim.world().put_backup(BackupRestore { status: status("RUNNING"), ..job.clone() });
    stage.pass().await;
    stage.sim.world().put_backup(BackupRestore { status: status("COMPLETED"), ..job.clone() });
    stage.hint("b-1").await;
    told.push(stage.told().len());
    let failed = BackupRestore { status: status("COMPLETED"), validation_status: status("FAILED"), ..job };
    stage.sim.world().put_backup(failed);
    stage.pass().await;
    told.push(stage.told().len());
    stage.sim.inject(Fault::new(FaultKind::AccessDenied).service(Service::Backup));
    for _ in 0..3 {
        stage.pass().await;
    }
    told.push(stage.told().len());
    assert_eq!(told, [1, 1, 1, 1], "the baseline, the completion, the validation, the source that is unreachable");
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_takes_a_kilobyte_gets_what_fits() {
    let mut stage = stage().await;
    limit(&stage, Some(1_024));
    run(&stage, "a", "Failed");
    let report = stage.pass().await;
    assert_eq!((report.published, report.pending, &report.scopes[0].error), (1, 0, &None));
    let inbox = stage.sim.inbox();
    stage.sim.clear_inbox();
    let [message] = inbox.as_slice() else { panic!("one message: {inbox:?}") };
    assert!(message.copy("sqs").contains(r#""left_out":{"everything_else":1}"#), "{}", message.message);
    assert_eq!(message.attributes["severity"].value, "critical", "filter policies still match");
    let title = notices(message)[0]["title"].as_str().expect("a title").to_owned();
    assert!(title.starts_with("Failed: icebergCompaction on table sales.a"), "{title}");
    assert!(stage.tick().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_nothing_makes_small_enough_waits_and_the_report_says_how_to_let_it_through() {
    let mut stage = Stage::of(&[Source::Redshift]);
    // Every character of the first id takes four bytes in a message.
    let ids = ["\"".repeat(64), "r-2".to_owned()];
    let put = |stage: &Stage, status: &str| {
        for id in &ids {
            let (status, requested) = (Some(status.to_owned()), Some(stage.now()));
            stage.sim.world().put_redshift(RedshiftRestore { status, requested, ..RedshiftRestore::new(id.as_str()) });
        }
    };
    put(&stage, "IN_PROGRESS");
    stage.baseline().await;
    limit(&stage, Some(1_024));
    stage.wait(5);
    put(&stage, "FAILED");
    for published in [1, 0] {
        let report = stage.pass().await;
        let error = scope(&report, Source::Redshift).error.clone().expect("an error");
        let command = format!("aws sns set-topic-attributes --topic-arn {TOPIC} --attribute-name MaximumMessageSize");
        assert!(error.message.contains(&command), "{}", error.message);
        assert_eq!((report.published, report.pending), (published, 1), "it holds nobody else up");
        stage.wait(5);
    }
    limit(&stage, None);
    let report = stage.pass().await;
    assert_eq!((report.published, report.pending), (1, 0), "without a new process");
    assert_eq!(stage.sim.inbox().len(), 2, "each once");
    stage.sim.clear_inbox();
    assert!(stage.tick().await.is_empty());
}

fn limit(stage: &Stage, maximum_message_size: Option<usize>) {
    stage.sim.world().topics.get_mut(TOPIC).expect("the topic").maximum_message_size = maximum_message_size;
}
