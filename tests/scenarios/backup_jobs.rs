//! Backup jobs and copy jobs: completed with issues, partly completed, expired, late, parents and children.

use jiff::SignedDuration;
use tidings::domain::Source;
use tidings::simulator::{BackupCopy, BackupJob};

use crate::stage::Stage;

fn job(stage: &Stage, id: &str, word: &str) -> BackupJob {
    BackupJob {
        state: Some(word.to_owned()),
        created: Some(stage.now()),
        resource_type: Some("RDS".to_owned()),
        resource_name: Some("orders".to_owned()),
        plan_name: Some("nightly".to_owned()),
        ..BackupJob::new(id)
    }
}

fn edit(stage: &Stage, id: &str, edit: impl FnOnce(&mut BackupJob)) {
    edit(stage.sim.world().backup_jobs.get_mut(id).expect("a job"));
}

fn stage() -> Stage {
    Stage::of(&[Source::BackupJobs])
}

async fn begun() -> Stage {
    let mut stage = stage();
    stage.baseline().await;
    stage.sim.world().put_backup_job(job(&stage, "j-1", "RUNNING"));
    assert!(stage.tick().await.is_empty());
    stage
}

#[tokio::test(start_paused = true)]
async fn a_job_that_completed_with_issues_is_a_warning_with_the_words_of_aws() {
    for (message, category, expected) in [
        (Some("The volume was not quiesced."), Some("VSS_ERROR"), Some("The volume was not quiesced.")),
        (Some("The volume was not quiesced."), None, Some("The volume was not quiesced.")),
        (None, Some("AccessDenied"), Some("AccessDenied")),
        (Some("Done."), Some("SUCCESS"), None),
        (None, Some("SUCCESS"), None),
        (None, None, None),
    ] {
        let mut stage = begun().await;
        edit(&stage, "j-1", |job| {
            job.state = Some("COMPLETED".to_owned());
            job.message = message.map(str::to_owned);
            job.category = category.map(str::to_owned);
        });
        stage.wait(5);
        stage.pass().await;
        let told = stage.notices();
        let Some(expected) = expected else {
            assert!(told.is_empty(), "{message:?} {category:?}: {told:?}");
            continue;
        };
        assert_eq!(told.len(), 1);
        assert_eq!((&told[0]["reason"], &told[0]["severity"]), (&"completed".into(), &"warning".into()));
        assert_eq!(told[0]["message"], expected);
        assert!(told[0]["title"].as_str().is_some_and(|title| title.starts_with("Completed with issues: RDS backup")));
    }
}

#[tokio::test(start_paused = true)]
async fn each_end_of_a_backup_job_has_its_reason_and_severity() {
    for (state, reason, severity, to) in [
        ("FAILED", "failed", "critical", "failed"),
        ("EXPIRED", "failed", "critical", "timed-out"),
        ("ABORTED", "canceled", "warning", "canceled"),
        ("PARTIAL", "completed", "warning", "completed"),
    ] {
        let mut stage = begun().await;
        edit(&stage, "j-1", |job| job.state = Some(state.to_owned()));
        stage.wait(5);
        stage.pass().await;
        let told = stage.notices();
        assert_eq!(told.len(), 1, "{state}");
        let notice = &told[0];
        assert_eq!([&notice["reason"], &notice["severity"], &notice["to"]], [reason, severity, to], "{state}");
        assert_eq!(notice["aws_status"], state);
        assert_eq!(notice["attributes"]["backup_plan"], "nightly");
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_being_aborted_has_not_ended() {
    let mut stage = begun().await;
    edit(&stage, "j-1", |job| job.state = Some("ABORTING".to_owned()));
    assert!(stage.tick().await.is_empty());
    edit(&stage, "j-1", |job| job.state = Some("ABORTED".to_owned()));
    assert_eq!(stage.tick().await, ["canceled backup j-1: running -> canceled"]);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_waits_in_its_start_window_is_not_stuck() {
    let mut stage = stage();
    stage.baseline().await;
    let start_by = stage.now().checked_add(SignedDuration::from_hours(20)).ok();
    stage.sim.world().put_backup_job(BackupJob { start_by, ..job(&stage, "j-1", "CREATED") });
    assert!(stage.tick().await.is_empty());
    stage.wait(19 * 60);
    assert!(stage.tick().await.is_empty(), "it may wait for 20 hours");
    stage.wait(60);
    assert_eq!(stage.tick().await, ["stalled backup j-1: pending -> pending"]);
}

#[tokio::test(start_paused = true)]
async fn a_backup_that_exceeds_the_estimate_of_aws_is_overdue() {
    let mut stage = stage();
    stage.baseline().await;
    let expected = stage.now().checked_add(SignedDuration::from_hours(2)).ok();
    stage.sim.world().put_backup_job(BackupJob { expected, ..job(&stage, "j-1", "RUNNING") });
    assert!(stage.tick().await.is_empty());
    stage.wait(135);
    assert!(stage.tick().await.is_empty());
    stage.wait(5);
    assert_eq!(stage.tick().await, ["overdue backup j-1: running -> running"]);
}

#[tokio::test(start_paused = true)]
async fn a_parent_and_its_children_share_a_message() {
    let mut stage = stage();
    stage.baseline().await;
    let children = ["c-1", "c-2"];
    stage.sim.world().put_backup_job(BackupJob { is_parent: Some(true), ..job(&stage, "p-1", "RUNNING") });
    for child in children {
        let parent_job_id = Some("p-1".to_owned());
        stage.sim.world().put_backup_job(BackupJob { parent_job_id, ..job(&stage, child, "RUNNING") });
    }
    stage.sim.world().put_backup_job(job(&stage, "other", "RUNNING"));
    assert!(stage.tick().await.is_empty());
    for id in ["c-1", "c-2", "other"] {
        edit(&stage, id, |job| job.state = Some("FAILED".to_owned()));
    }
    edit(&stage, "p-1", |job| job.state = Some("PARTIAL".to_owned()));
    stage.wait(5);
    stage.pass().await;
    let messages = stage.messages();
    let mut subjects: Vec<Vec<String>> = messages
        .iter()
        .map(|message| {
            let notices = crate::stage::notices(message);
            notices.iter().map(|notice| notice["subject"].as_str().unwrap_or_default().to_owned()).collect()
        })
        .collect();
    for subjects in &mut subjects {
        subjects.sort();
    }
    subjects.sort();
    assert_eq!(subjects, [vec!["c-1", "c-2", "p-1"], vec!["other"]]);
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_was_made_only_in_part_is_a_warning() {
    let mut stage = Stage::of(&[Source::BackupCopies]);
    stage.baseline().await;
    let vault = "arn:aws:backup:eu-west-1:444455556666:backup-vault:dr".to_owned();
    stage.sim.world().put_backup_copy(BackupCopy {
        state: Some("PARTIAL".to_owned()),
        created: Some(stage.now()),
        destination_vault_arn: Some(vault.clone()),
        ..BackupCopy::new("c-1")
    });
    stage.wait(5);
    stage.pass().await;
    let told = stage.notices();
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["reason"], &told[0]["severity"]), (&"completed".into(), &"warning".into()));
    assert_eq!(told[0]["attributes"]["destination_vault_arn"], vault);
}

/// The first pass must not list a month of backups, and nobody needs to keep those that nobody was told about.
#[tokio::test(start_paused = true)]
async fn old_backups_are_neither_read_nor_kept() {
    let mut stage = stage();
    for number in 0..20 {
        let old =
            BackupJob { created: Some(stage.ago(3 * 24 * 60)), ..job(&stage, &format!("old-{number}"), "COMPLETED") };
        stage.sim.world().put_backup_job(old);
    }
    stage.sim.world().put_backup_job(job(&stage, "recent", "COMPLETED"));
    stage.baseline().await;
    assert_eq!(stage.records(Source::BackupJobs).await, ["recent"]);
    stage.sim.world().put_backup_job(job(&stage, "failed", "FAILED"));
    assert_eq!(stage.tick().await, ["failed backup failed: - -> failed"]);
    // After a week, only what people were told about is left.
    for _ in 0..8 {
        stage.wait(24 * 60 - 5);
        assert!(stage.tick().await.is_empty());
    }
    assert_eq!(stage.records(Source::BackupJobs).await, ["failed"]);
}
