//! AWS Backup restore jobs and restore tests.

use tidings::domain::{Scope, Source};
use tidings::pass::Order;
use tidings::simulator::{BackupRestore, Fault, FaultKind, Service};

use crate::stage::{ACCOUNT, PATIENCE, REGION, Stage, scope};

const PLAN: &str = "arn:aws:backup:eu-central-1:123456789012:restore-testing-plan:nightly";

fn job(stage: &Stage, id: &str, status: &str) -> BackupRestore {
    BackupRestore {
        status: Some(status.to_owned()),
        created: Some(stage.now()),
        resource_type: Some("RDS".to_owned()),
        percent_done: Some("0.00%".to_owned()),
        ..BackupRestore::new(id)
    }
}

fn edit(stage: &Stage, id: &str, edit: impl FnOnce(&mut BackupRestore)) {
    edit(stage.sim.world().backup.get_mut(id).expect("a job"));
}

fn set(stage: &Stage, id: &str, status: &str) {
    edit(stage, id, |job| job.status = Some(status.to_owned()));
}

fn stage() -> Stage {
    Stage::of(&[Source::Backup])
}

#[tokio::test(start_paused = true)]
async fn every_end_of_a_job_is_told_once() {
    for (status, expected) in [
        ("COMPLETED", "completed restore j-1: running -> completed"),
        ("FAILED", "failed restore j-1: running -> failed"),
        ("ABORTED", "canceled restore j-1: running -> canceled"),
    ] {
        let mut stage = stage();
        stage.baseline().await;
        stage.sim.world().put_backup(job(&stage, "j-1", "RUNNING"));
        assert!(stage.tick().await.is_empty());
        set(&stage, "j-1", status);
        assert_eq!(stage.tick().await, [expected]);
        assert!(stage.tick().await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_restore_test_is_followed_until_it_is_cleaned_up() {
    let mut stage = stage();
    stage.baseline().await;
    let plan = Some(PLAN.to_owned());
    stage.sim.world().put_backup(BackupRestore { restore_testing_plan_arn: plan, ..job(&stage, "t-1", "RUNNING") });
    assert!(stage.tick().await.is_empty());
    edit(&stage, "t-1", |job| {
        job.status = Some("COMPLETED".to_owned());
        job.validation_status = Some("VALIDATING".to_owned());
    });
    assert_eq!(stage.tick().await, ["completed restore t-1: running -> completed"]);
    // An hour and many silent passes later, far outside any listing window.
    for _ in 0..12 {
        assert!(stage.tick().await.is_empty());
    }
    edit(&stage, "t-1", |job| {
        job.validation_status = Some("FAILED".to_owned());
        job.validation_message = Some("row counts differ".to_owned());
    });
    stage.wait(5);
    stage.pass().await;
    let notices = stage.notices();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert_eq!(notices[0]["facet"], "validation");
    assert_eq!(notices[0]["reason"], "failed");
    assert_eq!(notices[0]["message"], "row counts differ");
    edit(&stage, "t-1", |job| job.deletion_status = Some("DELETING".to_owned()));
    assert!(stage.tick().await.is_empty());
    edit(&stage, "t-1", |job| job.deletion_status = Some("FAILED".to_owned()));
    assert_eq!(stage.tick().await, ["failed deletion t-1: running -> failed"]);
}

#[tokio::test(start_paused = true)]
async fn a_validation_that_timed_out_is_a_failure_and_one_that_succeeds_is_told() {
    for (status, expected) in [
        ("TIMED_OUT", "failed validation t-1: running -> timed-out"),
        ("SUCCESSFUL", "completed validation t-1: running -> completed"),
    ] {
        let mut stage = stage();
        stage.sim.world().put_backup(BackupRestore {
            restore_testing_plan_arn: Some(PLAN.to_owned()),
            validation_status: Some("VALIDATING".to_owned()),
            ..job(&stage, "t-1", "COMPLETED")
        });
        stage.baseline().await;
        edit(&stage, "t-1", |job| job.validation_status = Some(status.to_owned()));
        assert_eq!(stage.tick().await, [expected]);
        edit(&stage, "t-1", |job| job.deletion_status = Some("SUCCESSFUL".to_owned()));
        assert!(stage.tick().await.is_empty(), "a clean-up that went well is routine");
    }
}

#[tokio::test(start_paused = true)]
async fn a_test_outside_the_window_is_asked_for_by_id_until_a_limit() {
    let mut stage = stage();
    let plan = Some(PLAN.to_owned());
    stage.sim.world().put_backup(BackupRestore { restore_testing_plan_arn: plan, ..job(&stage, "t-1", "RUNNING") });
    stage.baseline().await;
    edit(&stage, "t-1", |job| {
        job.status = Some("COMPLETED".to_owned());
        job.completed = job.created;
    });
    assert_eq!(stage.tick().await, ["completed restore t-1: running -> completed"]);
    stage.wait(2 * 24 * 60);
    stage.pass().await;
    stage.sim.clear_calls();
    assert!(stage.tick().await.is_empty());
    assert_eq!(stage.count("DescribeRestoreJob"), 1, "validation may still come");
    stage.wait(7 * 24 * 60);
    stage.pass().await;
    stage.sim.clear_calls();
    assert!(stage.tick().await.is_empty());
    assert_eq!(stage.count("DescribeRestoreJob"), 0, "no longer after the limit");
}

#[tokio::test(start_paused = true)]
async fn an_event_is_a_hint_and_the_next_tick_does_not_repeat_it() {
    let mut stage = stage();
    stage.sim.world().put_backup(job(&stage, "j-1", "RUNNING"));
    stage.baseline().await;
    stage.sim.world().put_backup(job(&stage, "j-2", "FAILED"));
    set(&stage, "j-1", "COMPLETED");
    stage.sim.clear_calls();
    let report = stage.hint("j-1").await;
    assert_eq!(scope(&report, Source::Backup).error, None);
    assert_eq!(stage.told(), ["completed restore j-1: running -> completed"]);
    assert_eq!((stage.count("DescribeRestoreJob"), stage.count("ListRestoreJobs")), (1, 0));
    // A job that nobody knew: it began after the last complete pass.
    stage.wait(1);
    stage.hint("j-2").await;
    assert_eq!(stage.told(), ["failed restore j-2: - -> failed"]);
    assert!(stage.tick().await.is_empty());
    // A warm process sees what the hint wrote, and a hint for nothing changes nothing.
    let report = stage.hint("nowhere").await;
    assert_eq!(scope(&report, Source::Backup).observed, 0);
    assert!(stage.tick().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn parents_and_children_keep_their_ids() {
    let mut stage = stage();
    stage.baseline().await;
    stage.wait(1);
    stage.sim.world().put_backup(BackupRestore { is_parent: Some(true), ..job(&stage, "parent", "FAILED") });
    let parent_job_id = Some("parent".to_owned());
    stage.sim.world().put_backup(BackupRestore { parent_job_id, ..job(&stage, "child", "FAILED") });
    stage.pass().await;
    let notices = stage.notices();
    assert_eq!(notices.len(), 2, "{notices:?}");
    let label = |subject: &str, label: &str| {
        let notice = notices.iter().find(|notice| notice["subject"] == subject).expect("a notice");
        notice["attributes"][label].clone()
    };
    assert_eq!(label("parent", "is_parent"), "true");
    assert_eq!(label("child", "parent_job_id"), "parent");
}

#[tokio::test(start_paused = true)]
async fn odd_progress_is_read_leniently_and_never_decides() {
    let mut stage = stage();
    stage.sim.world().put_backup(job(&stage, "j-1", "RUNNING"));
    stage.baseline().await;
    for percent in ["100%", "", "lots", "-3%", "99.999999999%"] {
        edit(&stage, "j-1", |job| job.percent_done = Some(percent.to_owned()));
        assert!(stage.tick().await.is_empty(), "{percent}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_fails_in_the_middle_concludes_nothing() {
    let mut stage = stage();
    stage.sim.world().page_limit = Some(10);
    for index in 0..30 {
        stage.sim.world().put_backup(job(&stage, &format!("j-{index:02}"), "RUNNING"));
    }
    stage.baseline().await;
    for index in 0..30 {
        set(&stage, &format!("j-{index:02}"), "COMPLETED");
    }
    stage.sim.inject(Fault::new(FaultKind::ServerError).service(Service::Backup).operation("ListRestoreJobs").skip(1));
    stage.wait(5);
    let report = stage.pass().await;
    let backup = scope(&report, Source::Backup);
    assert_eq!((backup.coverage, backup.observed), ("partial", 10));
    assert_eq!(stage.told().len(), 10, "what was read is told");
    stage.sim.clear_faults();
    assert_eq!(stage.tick().await.len(), 20, "the rest when it can be read");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_completed_with_a_message_completed_with_issues() {
    let issue = "Some objects could not be restored.";
    for message in [None, Some(issue.to_owned())] {
        let mut stage = stage();
        stage.baseline().await;
        stage.sim.world().put_backup(job(&stage, "j-1", "RUNNING"));
        assert!(stage.tick().await.is_empty());
        edit(&stage, "j-1", |job| {
            job.status = Some("COMPLETED".to_owned());
            job.message.clone_from(&message);
        });
        stage.wait(5);
        stage.pass().await;
        let messages = stage.messages();
        assert_eq!(messages.len(), 1);
        let notice = crate::stage::notices(&messages[0]).remove(0);
        let (verdict, severity) = match message {
            Some(_) => ("Completed with issues: ", "warning"),
            None => ("Completed: ", "info"),
        };
        assert_eq!((&notice["reason"], &notice["severity"]), (&"completed".into(), &severity.into()));
        assert!(notice["title"].as_str().is_some_and(|title| title.starts_with(verdict)), "{notice}");
        assert_eq!(messages[0].copy("email").contains(issue), message.is_some(), "AWS's message, whole");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hint_that_names_another_account_or_region_is_looked_up_in_our_own() {
    let mut stage = Stage::of(&[Source::Backup]);
    stage.baseline().await;
    stage.sim.clear_calls();
    for (account, region) in [("444455556666", REGION), (ACCOUNT, "us-east-1")] {
        let scope = Scope { source: Source::Backup, account: account.to_owned(), region: region.to_owned() };
        let (order, invocation) = (Order::Hint { scope, subject: "j-1".into() }, stage.invocation(PATIENCE));
        let report = stage.tidings.run(&order, &invocation).await;
        assert_eq!(report.scopes.len(), 1, "{account} {region}");
        assert_eq!((&*report.scopes[0].account, &*report.scopes[0].region), (ACCOUNT, REGION));
    }
    assert_eq!(stage.count("DescribeRestoreJob"), 2);
}
