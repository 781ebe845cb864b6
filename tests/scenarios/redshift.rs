//! Table restores on Amazon Redshift clusters.

use tidings::domain::Source;
use tidings::simulator::{Fault, FaultKind, RedshiftLists, RedshiftRestore, Service};

use crate::stage::{Stage, scope};

fn restore(stage: &Stage, id: &str, status: &str) -> RedshiftRestore {
    RedshiftRestore {
        status: Some(status.to_owned()),
        requested: Some(stage.now()),
        cluster: Some("analytics".to_owned()),
        source: Some("dev.public.orders".parse().expect("a table")),
        target: Some("dev.public.orders_restored".parse().expect("a table")),
        ..RedshiftRestore::new(id)
    }
}

fn set(stage: &Stage, id: &str, status: &str) {
    stage.sim.world().redshift.get_mut(id).expect("a restore").status = Some(status.to_owned());
}

fn stage() -> Stage {
    Stage::of(&[Source::Redshift])
}

#[tokio::test(start_paused = true)]
async fn every_end_of_a_restore_is_told_once() {
    for (status, expected) in [
        ("SUCCEEDED", "completed restore r-1: running -> completed"),
        ("FAILED", "failed restore r-1: running -> failed"),
        ("CANCELED", "canceled restore r-1: running -> canceled"),
    ] {
        let mut stage = stage();
        stage.baseline().await;
        stage.sim.world().put_redshift(restore(&stage, "r-1", "PENDING"));
        assert!(stage.tick().await.is_empty(), "a beginning is routine");
        set(&stage, "r-1", "IN_PROGRESS");
        assert!(stage.tick().await.is_empty(), "so is progress");
        set(&stage, "r-1", status);
        assert_eq!(stage.tick().await, [expected]);
        assert!(stage.tick().await.is_empty(), "an end is told once");
        stage.cold_start();
        assert!(stage.tick().await.is_empty(), "by any process");
    }
}

#[tokio::test(start_paused = true)]
async fn history_is_recorded_in_silence_and_summed_up() {
    let mut stage = stage();
    for (id, status) in [("old-1", "FAILED"), ("old-2", "SUCCEEDED"), ("now", "IN_PROGRESS")] {
        stage.sim.world().put_redshift(restore(&stage, id, status));
    }
    stage.wait(1);
    stage.pass().await;
    let notices = stage.notices();
    assert_eq!(notices.len(), 1, "one summary: {notices:?}");
    assert_eq!(notices[0]["reason"], "baseline");
    assert_eq!(notices[0]["attributes"]["known"], "3");
    assert_eq!(notices[0]["attributes"]["unfinished"], "1");
    assert_eq!(notices[0]["attributes"]["finished"], "2");
    assert!(stage.tick().await.is_empty(), "history stays history");
    set(&stage, "now", "FAILED");
    assert_eq!(stage.tick().await, ["failed restore now: running -> failed"], "what moves after it is news");
}

#[tokio::test(start_paused = true)]
async fn a_restore_that_begins_and_ends_between_two_passes_is_told() {
    let mut stage = stage();
    stage.baseline().await;
    stage.wait(1);
    stage.sim.world().put_redshift(restore(&stage, "quick", "FAILED"));
    assert_eq!(stage.tick().await, ["failed restore quick: - -> failed"]);
    assert!(stage.tick().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_finished_restore_from_before_the_last_complete_pass_is_history() {
    let mut stage = stage();
    stage.baseline().await;
    let requested = Some(stage.ago(60));
    stage.sim.world().put_redshift(RedshiftRestore { requested, ..restore(&stage, "late", "FAILED") });
    assert!(stage.tick().await.is_empty());
    // Without any time it can't be placed, so it is told.
    stage.sim.world().put_redshift(RedshiftRestore { requested: None, ..restore(&stage, "timeless", "FAILED") });
    assert_eq!(stage.tick().await, ["failed restore timeless: - -> failed"]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_leaves_the_listing_is_asked_for_by_id() {
    let mut stage = stage();
    stage.sim.world().redshift_lists = RedshiftLists::InProgressOnly;
    stage.sim.world().put_redshift(restore(&stage, "r-1", "IN_PROGRESS"));
    stage.baseline().await;
    set(&stage, "r-1", "SUCCEEDED");
    stage.sim.clear_calls();
    assert_eq!(stage.tick().await, ["completed restore r-1: running -> completed"]);
    assert_eq!(stage.count("DescribeTableRestoreStatus"), 2, "the listing and the question by id");
    stage.sim.clear_calls();
    assert!(stage.tick().await.is_empty());
    assert_eq!(stage.count("DescribeTableRestoreStatus"), 1, "a closed request is not asked for");
}

#[tokio::test(start_paused = true)]
async fn an_unfinished_request_that_is_gone_has_vanished_after_two_complete_reads() {
    let mut stage = stage();
    stage.sim.world().put_redshift(restore(&stage, "r-1", "IN_PROGRESS"));
    stage.baseline().await;
    let removed = stage.sim.world().redshift.remove("r-1").expect("a restore");
    assert!(stage.tick().await.is_empty(), "one read proves nothing");
    assert_eq!(stage.tick().await, ["vanished restore r-1: running -> vanished"]);
    assert!(stage.tick().await.is_empty(), "told once");
    // It comes back and ends after all.
    stage.sim.world().put_redshift(RedshiftRestore { status: Some("SUCCEEDED".into()), ..removed });
    assert_eq!(stage.tick().await, ["completed restore r-1: running -> completed"]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_read_lets_nothing_vanish() {
    let mut stage = stage();
    stage.sim.world().put_redshift(restore(&stage, "r-1", "IN_PROGRESS"));
    stage.baseline().await;
    let removed = stage.sim.world().redshift.remove("r-1").expect("a restore");
    assert!(stage.tick().await.is_empty());
    stage.sim.inject(Fault::new(FaultKind::ServerError).service(Service::Redshift));
    for _ in 0..2 {
        stage.wait(5);
        let report = stage.pass().await;
        assert_eq!(scope(&report, Source::Redshift).coverage, "partial");
        assert!(stage.told().is_empty(), "nothing is concluded from a failed read");
    }
    stage.sim.clear_faults();
    stage.sim.world().put_redshift(removed);
    assert!(stage.tick().await.is_empty(), "it was there all the time");
    stage.sim.world().redshift.clear();
    assert!(stage.tick().await.is_empty(), "and two reads in a row are needed again");
    assert_eq!(stage.tick().await, ["vanished restore r-1: running -> vanished"]);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_status_is_told_once_and_closes_nothing() {
    let mut stage = stage();
    stage.sim.world().put_redshift(restore(&stage, "r-1", "IN_PROGRESS"));
    stage.baseline().await;
    set(&stage, "r-1", "PAUSED_BY_AWS");
    stage.wait(5);
    stage.pass().await;
    let notices = stage.notices();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert_eq!(
        (&notices[0]["reason"], &notices[0]["to"], &notices[0]["aws_status"]),
        (&"unknown-status".into(), &"unknown".into(), &"PAUSED_BY_AWS".into())
    );
    assert!(stage.tick().await.is_empty(), "told once");
    set(&stage, "r-1", "IN_PROGRESS");
    assert!(stage.tick().await.is_empty());
    set(&stage, "r-1", "paused_by_aws");
    assert!(stage.tick().await.is_empty(), "the same word, told before");
    set(&stage, "r-1", "FAILED");
    assert_eq!(stage.tick().await, ["failed restore r-1: unknown -> failed"]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_from_before_the_end_does_not_undo_it() {
    let mut stage = stage();
    stage.sim.world().put_redshift(restore(&stage, "r-1", "IN_PROGRESS"));
    stage.baseline().await;
    for (status, expected) in [("FAILED", 1), ("IN_PROGRESS", 0), ("FAILED", 0)] {
        set(&stage, "r-1", status);
        assert_eq!(stage.tick().await.len(), expected, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_page_is_read() {
    let mut stage = stage();
    for index in 0..250 {
        stage.sim.world().put_redshift(restore(&stage, &format!("r-{index:03}"), "IN_PROGRESS"));
    }
    stage.baseline().await;
    set(&stage, "r-249", "FAILED");
    assert_eq!(stage.tick().await, ["failed restore r-249: running -> failed"]);
    assert_eq!(stage.count("DescribeTableRestoreStatus"), 6, "three pages, twice, and nothing by id");
}

#[tokio::test(start_paused = true)]
async fn throttling_and_broken_connections_are_tried_again() {
    let mut stage = stage();
    stage.sim.world().put_redshift(restore(&stage, "r-1", "IN_PROGRESS"));
    stage.baseline().await;
    set(&stage, "r-1", "FAILED");
    for kind in [FaultKind::Throttle, FaultKind::ConnectionReset] {
        stage.sim.inject(Fault::new(kind).service(Service::Redshift).times(1));
    }
    assert_eq!(stage.tick().await, ["failed restore r-1: running -> failed"]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_read_fails_the_scope_and_is_named() {
    let mut stage = stage();
    stage.baseline().await;
    for kind in [FaultKind::Malformed, FaultKind::Truncated, FaultKind::Html, FaultKind::Hang] {
        stage.sim.clear_faults();
        stage.sim.inject(Fault::new(kind.clone()).service(Service::Redshift));
        let report = stage.pass().await;
        let scope = scope(&report, Source::Redshift);
        let error = scope.error.as_ref().unwrap_or_else(|| panic!("{kind:?} must fail the scope"));
        assert_eq!(scope.coverage, "partial", "{kind:?}");
        assert!(error.message.contains("redshift:DescribeTableRestoreStatus"), "{kind:?}: {}", error.message);
    }
    stage.sim.clear_faults();
    // An entry without a status fails the scope, not the other entries.
    stage.sim.world().put_redshift(RedshiftRestore { status: None, ..restore(&stage, "r-0", "") });
    stage.sim.world().put_redshift(restore(&stage, "r-1", "FAILED"));
    let report = stage.pass().await;
    assert!(scope(&report, Source::Redshift).error.as_ref().is_some_and(|error| error.message.contains("Status")));
    assert_eq!(scope(&report, Source::Redshift).observed, 1);
}

#[tokio::test(start_paused = true)]
async fn routine_is_told_to_those_who_opted_in() {
    let config = tidings::config::Config::parse("routine = [\"redshift\"]", "tidings.toml").expect("settings");
    let mut stage = Stage::with(&[Source::Redshift], config);
    stage.baseline().await;
    stage.sim.world().put_redshift(restore(&stage, "r-1", "PENDING"));
    assert!(stage.tick().await.is_empty());
    set(&stage, "r-1", "IN_PROGRESS");
    assert_eq!(stage.tick().await, ["started restore r-1: pending -> running"]);
}
