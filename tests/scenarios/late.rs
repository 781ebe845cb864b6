//! What takes too long: stalled, overdue, lagging, and how each of them ends.

use jiff::SignedDuration;
use tidings::domain::Source;
use tidings::simulator::{BackupRestore, Destination, RedshiftRestore};

use crate::stage::Stage;

const DR: &str = "arn:aws:s3tables:us-east-1:123456789012:bucket/dr";

fn restoring(stage: &Stage, megabytes: i64) {
    let mut world = stage.sim.world();
    let known = world.redshift.get("r-1").cloned();
    let known =
        known.unwrap_or_else(|| RedshiftRestore { requested: Some(stage.now()), ..RedshiftRestore::new("r-1") });
    let status = Some("IN_PROGRESS".to_owned());
    world.put_redshift(RedshiftRestore { status, progress_mb: Some(megabytes), total_mb: Some(8_192), ..known });
}

fn replicating(stage: &Stage, status: &str, minutes_ago: i64) {
    let destination = Destination {
        status: Some(status.to_owned()),
        updated: Some(stage.ago(minutes_ago)),
        ..Destination::default()
    };
    stage.sim.world().table("lake", "sales", "orders").replication.insert(DR.to_owned(), destination);
}

#[tokio::test(start_paused = true)]
async fn a_restore_that_stands_still_is_told_once_and_so_is_its_moving_again() {
    let mut stage = Stage::of(&[Source::Redshift]);
    stage.baseline().await;
    restoring(&stage, 100);
    assert!(stage.tick().await.is_empty());
    restoring(&stage, 200);
    assert!(stage.tick().await.is_empty());
    let stood_still_since = stage.now();
    stage.wait(110);
    assert!(stage.tick().await.is_empty(), "an hour and 55 minutes");
    stage.wait(5);
    stage.pass().await;
    let notices = stage.notices();
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0]["reason"], "stalled");
    assert_eq!(notices[0]["severity"], "warning");
    assert_eq!(notices[0]["attributes"]["stalled_since"], stood_still_since.to_string());
    for _ in 0..3 {
        stage.wait(180);
        assert!(stage.tick().await.is_empty(), "told once");
    }
    restoring(&stage, 201);
    assert_eq!(stage.tick().await, ["recovered restore r-1: running -> running"]);
    stage.wait(120);
    assert_eq!(stage.tick().await, ["stalled restore r-1: running -> running"], "standing still once more");
    stage.sim.world().redshift.get_mut("r-1").expect("a restore").status = Some("SUCCEEDED".to_owned());
    assert_eq!(stage.tick().await, ["completed restore r-1: running -> completed"], "the end says it all");
}

#[tokio::test(start_paused = true)]
async fn a_restore_that_was_never_seen_to_move_has_stalled_only_after_we_watched_it_for_long() {
    let mut stage = Stage::of(&[Source::Redshift]);
    let requested = Some(stage.ago(24 * 60));
    let status = Some("PENDING".to_owned());
    stage.sim.world().put_redshift(RedshiftRestore { status, requested, ..RedshiftRestore::new("r-1") });
    stage.baseline().await;
    stage.wait(110);
    assert!(stage.tick().await.is_empty());
    stage.wait(5);
    assert_eq!(stage.tick().await, ["stalled restore r-1: pending -> pending"]);
}

#[tokio::test(start_paused = true)]
async fn a_restore_past_aws_s_own_estimate_is_overdue() {
    let mut stage = Stage::of(&[Source::Backup]);
    stage.baseline().await;
    let begun = stage.now();
    stage.sim.world().put_backup(BackupRestore {
        status: Some("RUNNING".to_owned()),
        created: Some(begun),
        expected_minutes: Some(60),
        ..BackupRestore::new("j-1")
    });
    assert!(stage.tick().await.is_empty());
    stage.wait(75);
    assert!(stage.tick().await.is_empty(), "85 minutes, and half an hour is given");
    stage.wait(5);
    stage.pass().await;
    let notices = stage.notices();
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0]["reason"], "overdue");
    let expected_by = begun.checked_add(SignedDuration::from_mins(60)).expect("a time");
    assert_eq!(notices[0]["attributes"]["expected_by"], expected_by.to_string());
    assert!(stage.tick().await.is_empty(), "told once");
    stage.sim.world().backup.get_mut("j-1").expect("a job").status = Some("COMPLETED".to_owned());
    assert_eq!(stage.tick().await, ["completed restore j-1: running -> completed"]);
}

#[tokio::test(start_paused = true)]
async fn changes_that_wait_too_long_are_lagging_until_they_are_copied() {
    let mut stage = Stage::of(&[Source::S3TablesReplication]);
    // Nothing has been written to this table for days: that alone is no lag.
    replicating(&stage, "completed", 5 * 24 * 60);
    stage.baseline().await;
    replicating(&stage, "pending", 5 * 24 * 60);
    assert!(stage.tick().await.is_empty(), "it has just begun to wait");
    stage.wait(350);
    assert!(stage.tick().await.is_empty(), "five hours and 55 minutes");
    assert_eq!(stage.tick().await, ["lagging dr orders: pending -> pending"]);
    stage.wait(10 * 60);
    assert!(stage.tick().await.is_empty(), "told once");
    replicating(&stage, "pending", 1);
    assert_eq!(stage.tick().await, ["recovered dr orders: pending -> pending"], "caught up, and pending once more");
    replicating(&stage, "completed", 1);
    assert!(stage.tick().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_first_copy_that_lags_ends_as_a_first_completion() {
    let mut stage = Stage::of(&[Source::S3TablesReplication]);
    stage.baseline().await;
    let waiting = Destination { status: Some("pending".to_owned()), ..Destination::default() };
    stage.sim.world().table("lake", "sales", "orders").replication.insert(DR.to_owned(), waiting);
    assert!(stage.tick().await.is_empty());
    stage.wait(6 * 60);
    assert_eq!(stage.tick().await, ["lagging dr orders: pending -> pending"]);
    replicating(&stage, "completed", 0);
    assert_eq!(stage.tick().await, ["completed dr orders: pending -> completed"]);
}
