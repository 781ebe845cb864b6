//! The history: the update that empties an outbox keeps what people were told.

use tidings::domain::Source;
use tidings::operate::{find_notice, history};
use tidings::simulator::{Fault, FaultKind, RedshiftRestore, Service};

use crate::stage::Stage;

fn restore(stage: &Stage, id: &str, status: &str) {
    let (status, requested) = (Some(status.to_owned()), Some(stage.now()));
    let cluster = Some("analytics".to_owned());
    stage.sim.world().put_redshift(RedshiftRestore { status, requested, cluster, ..RedshiftRestore::new(id) });
}

/// The ids of the history, the oldest first.
async fn remembered(stage: &Stage) -> Vec<String> {
    let scopes = stage.tidings.store.everything().await.expect("the table");
    history(&scopes, stage.ago(60 * 24 * 400)).iter().map(|entry| entry.notice.id.to_string()).collect()
}

/// The ids of the notices of every message since the last call.
fn ids(stage: &Stage) -> Vec<String> {
    stage.notices().iter().map(|notice| notice["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_was_told_is_remembered_without_a_further_request() {
    let mut stage = Stage::of(&[Source::Redshift]);
    restore(&stage, "r-1", "IN_PROGRESS");
    stage.pass().await;
    let mut told = ids(&stage);
    stage.sim.clear_calls();
    restore(&stage, "r-1", "SUCCEEDED");
    stage.wait(5);
    stage.pass().await;
    // The lease, the record, the removal and the checkpoint.
    assert_eq!((stage.count("UpdateItem"), stage.count("Query"), stage.count("GetItem")), (4, 0, 0));
    told.extend(ids(&stage));
    assert_eq!(told.len(), 2);
    assert_eq!(remembered(&stage).await, told);

    let scopes = stage.tidings.store.everything().await.expect("the table");
    let entry = &history(&scopes, stage.now())[0];
    assert_eq!(entry.told_at, stage.now());
    let event = entry.notice.facet_event().expect("a facet");
    assert_eq!((&*event.subject.id, entry.notice.to()), ("r-1", "completed"));
    assert!(find_notice(&scopes, entry.notice.id).is_some());
    assert_eq!(event.subject.labels.get("cluster").map(String::as_str), Some("analytics"));
}

#[tokio::test(start_paused = true)]
async fn a_notice_that_waits_is_not_yet_history_and_becomes_it_once() {
    let mut stage = Stage::of(&[Source::Redshift]);
    restore(&stage, "r-1", "IN_PROGRESS");
    stage.baseline().await;
    let before = remembered(&stage).await;
    restore(&stage, "r-1", "FAILED");
    stage.wait(5);
    stage.sim.inject(Fault::new(FaultKind::ServerError).service(Service::Sns));
    stage.pass().await;
    assert_eq!(remembered(&stage).await, before);
    stage.sim.clear_faults();
    // The answer to the removal is lost, and the SDK tries it again.
    stage.sim.inject(Fault::new(FaultKind::LostAnswer).service(Service::DynamoDb).matching("REMOVE outbox").times(1));
    stage.wait(5);
    stage.pass().await;
    let told = ids(&stage);
    assert_eq!(told.len(), 1);
    assert_eq!(remembered(&stage).await, [before, told].concat());
}

#[tokio::test(start_paused = true)]
async fn the_last_thirty_notices_of_a_subject_are_remembered() {
    let mut stage = Stage::of(&[Source::Redshift]);
    restore(&stage, "r-1", "IN_PROGRESS");
    stage.pass().await;
    stage.messages();
    let mut told = Vec::new();
    for number in 0..40 {
        restore(&stage, "r-1", &format!("ODD_{number}"));
        stage.wait(5);
        // A cold start reads the history that the table has, a warm process the one that it remembers.
        if number % 3 == 0 {
            stage.cold_start();
        }
        stage.pass().await;
        told.extend(ids(&stage));
    }
    assert_eq!(told.len(), 40);
    let scopes = stage.tidings.store.everything().await.expect("the table");
    let subject = scopes[0].known.records.get("r-1").expect("the restore");
    let of_subject: Vec<String> = subject.history.iter().map(|told| told.notice.id.to_string()).collect();
    assert_eq!(of_subject, told[10..]);
}
