//! Table restores in Redshift Serverless namespaces.

use tidings::domain::Source;
use tidings::simulator::{Fault, FaultKind, ServerlessRestore, Service};

use crate::stage::{Stage, scope};

fn restore(stage: &Stage, id: &str, status: &str) -> ServerlessRestore {
    ServerlessRestore {
        status: Some(status.to_owned()),
        requested: Some(stage.now()),
        namespace: Some("lab".to_owned()),
        source: Some("dev.public.events".parse().expect("a table")),
        ..ServerlessRestore::new(id)
    }
}

fn set(stage: &Stage, id: &str, status: &str) {
    stage.sim.world().serverless.get_mut(id).expect("a restore").status = Some(status.to_owned());
}

fn stage() -> Stage {
    Stage::of(&[Source::RedshiftServerless])
}

#[tokio::test(start_paused = true)]
async fn every_end_of_a_restore_is_told_once() {
    for (status, expected) in [
        ("SUCCEEDED", "completed restore s-1: running -> completed"),
        ("FAILED", "failed restore s-1: running -> failed"),
        ("CANCELED", "canceled restore s-1: running -> canceled"),
        ("failed", "failed restore s-1: running -> failed"),
    ] {
        let mut stage = stage();
        stage.baseline().await;
        stage.sim.world().put_serverless(restore(&stage, "s-1", "IN_PROGRESS"));
        assert!(stage.tick().await.is_empty());
        set(&stage, "s-1", status);
        assert_eq!(stage.tick().await, [expected]);
        assert!(stage.tick().await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_restore_between_two_passes_and_history() {
    let mut stage = stage();
    stage.sim.world().put_serverless(restore(&stage, "old", "FAILED"));
    stage.baseline().await;
    stage.wait(1);
    stage.sim.world().put_serverless(restore(&stage, "quick", "SUCCEEDED"));
    assert_eq!(stage.tick().await, ["completed restore quick: - -> completed"]);
}

#[tokio::test(start_paused = true)]
async fn every_page_is_read_and_what_is_missing_is_asked_for() {
    let mut stage = stage();
    stage.sim.world().page_limit = Some(2);
    for index in 0..5 {
        stage.sim.world().put_serverless(restore(&stage, &format!("s-{index}"), "IN_PROGRESS"));
    }
    stage.baseline().await;
    assert_eq!(stage.count("ListTableRestoreStatus"), 3);
    set(&stage, "s-4", "FAILED");
    assert_eq!(stage.tick().await, ["failed restore s-4: running -> failed"]);
    assert_eq!(stage.count("GetTableRestoreStatus"), 0, "all were listed");
    stage.sim.world().serverless.remove("s-3");
    assert!(stage.tick().await.is_empty());
    assert_eq!(stage.count("GetTableRestoreStatus"), 1, "the missing one is asked for by id");
    assert_eq!(stage.tick().await, ["vanished restore s-3: running -> vanished"]);
}

#[tokio::test(start_paused = true)]
async fn a_bad_page_token_restarts_the_listing_once() {
    let mut stage = stage();
    stage.sim.world().page_limit = Some(2);
    for index in 0..5 {
        stage.sim.world().put_serverless(restore(&stage, &format!("s-{index}"), "IN_PROGRESS"));
    }
    stage.baseline().await;
    set(&stage, "s-4", "FAILED");
    let expired = FaultKind::Error {
        status: 400,
        code: "InvalidPaginationException".to_owned(),
        message: "The pagination token has expired".to_owned(),
    };
    let expire = |times| Fault::new(expired.clone()).service(Service::RedshiftServerless).skip(2).times(times);
    stage.sim.inject(expire(1));
    assert_eq!(stage.tick().await, ["failed restore s-4: running -> failed"]);
    // Twice in one pass is too much for the scope.
    set(&stage, "s-3", "FAILED");
    stage.sim.clear_faults();
    stage.sim.inject(Fault::new(expired).service(Service::RedshiftServerless));
    stage.wait(5);
    let report = stage.pass().await;
    let error = scope(&report, Source::RedshiftServerless).error.clone().expect("an error");
    assert!(error.message.contains("redshift-serverless:ListTableRestoreStatus"), "{}", error.message);
    stage.sim.clear_faults();
    assert_eq!(stage.told().len() + stage.tick().await.len(), 1, "told when it can be read");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_status_is_told_once() {
    let mut stage = stage();
    stage.sim.world().put_serverless(restore(&stage, "s-1", "IN_PROGRESS"));
    stage.baseline().await;
    set(&stage, "s-1", "REWINDING");
    assert_eq!(stage.tick().await, ["unknown-status restore s-1: running -> unknown"]);
    assert!(stage.tick().await.is_empty());
}
