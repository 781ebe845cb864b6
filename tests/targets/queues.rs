//! Queues: dispatch, messages about targets, deliveries, and what SQS may do to messages.

use serde_json::{Value, json};
use tidings::simulator::{Fault, FaultKind, Service};

use crate::stage::{ACCOUNT, DELIVERIES, QUEUE, Queues, REGION, Stage, account};

const TWO: [&str; 2] = [REGION, "us-east-1"];

#[tokio::test(start_paused = true)]
async fn a_tick_sends_one_message_for_each_target_and_reads_nothing() {
    let mut stage = Stage::of(12, &Stage::organization(&TWO), Queues::Targets);
    let report = stage.event(Stage::schedule()).await.expect("a report");
    assert_eq!(report["dispatched"], 26);
    let messages = stage.take(QUEUE);
    assert_eq!(messages.len(), 26);
    for message in &messages {
        let body: Value = serde_json::from_str(&message.body).expect("JSON");
        assert_eq!(body["schema"], "tidings.target.v1");
        assert_eq!(body["account"].as_str(), message.group.as_deref(), "fair queues need the account");
    }
    assert_eq!(stage.calls("ListRestoreJobs").len(), 0);
    assert_eq!(stage.calls("SendMessageBatch")[ACCOUNT], 3);
    let order = |messages: &[tidings::simulator::QueuedMessage]| -> Vec<String> {
        messages.iter().map(|message| message.group.clone().unwrap_or_default()).collect()
    };
    stage.event(Stage::schedule()).await.expect("a report");
    assert_ne!(order(&messages), order(&stage.take(QUEUE)), "the order changes");
}

#[tokio::test(start_paused = true)]
async fn messages_of_the_queue_are_passes_over_their_targets() {
    let mut stage = Stage::of(3, &Stage::organization(&TWO), Queues::Targets);
    for number in 1..=3 {
        stage.restore(number, "a", "RUNNING");
    }
    stage.event(Stage::schedule()).await.expect("a report");
    assert_eq!(stage.work_off(QUEUE, 3).await, 8);
    assert_eq!(stage.told().len(), 8, "a baseline for each target");
    stage.restore(3, "a", "FAILED");
    stage.wait(5).await;
    stage.event(Stage::schedule()).await.expect("a report");
    stage.work_off(QUEUE, 1).await;
    assert_eq!(stage.told(), [format!("failed team-3 {REGION} 3-a"), "failed team-3 us-east-1 3-a".to_owned()]);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_not_understood_fails_alone() {
    let mut stage = Stage::of(2, &Stage::organization(&[REGION]), Queues::Targets);
    stage.event(Stage::schedule()).await.expect("a report");
    let mut messages = stage.take(QUEUE);
    let good = messages.len();
    let strange = [
        json!({"schema": "tidings.target.v2", "account": account(1), "region": REGION}).to_string(),
        json!({"schema": "tidings.target.v1", "account": "999999999999", "region": REGION, "tick": stage.now()})
            .to_string(),
        json!({"schema": "tidings.target.v1", "account": account(1), "region": "eu-west-3", "tick": stage.now()})
            .to_string(),
        "hello".to_owned(),
    ];
    for (number, body) in strange.iter().enumerate() {
        let message = tidings::simulator::QueuedMessage {
            message_id: format!("strange-{number}"),
            body: body.clone(),
            ..messages[0].clone()
        };
        messages.push(message);
    }
    stage.sim.clear_calls();
    let answer = stage.event(Stage::batch(QUEUE, &messages)).await.expect("an answer");
    let failed: Vec<&str> = answer["batchItemFailures"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|failure| failure["itemIdentifier"].as_str())
        .collect();
    assert_eq!(failed, ["strange-0", "strange-1", "strange-2", "strange-3"]);
    assert_eq!(stage.told().len(), good);
    let calls = stage.sim.calls();
    assert!(!calls.iter().any(|call| call.parameters.contains("999999999999") || call.region == "eu-west-3"));
}

#[tokio::test(start_paused = true)]
async fn with_a_delivery_queue_passes_do_not_publish_and_a_delivery_sends_everything_together() {
    let mut stage = Stage::of(40, &Stage::organization(&[REGION]), Queues::Both);
    stage.round().await;
    stage.told();
    for number in 1..=40 {
        for job in ["a", "b", "c", "d", "e"] {
            stage.restore(number, job, "RUNNING");
        }
    }
    assert_eq!(stage.round().await, (41, 0));
    for number in 1..=40 {
        for job in ["a", "b", "c", "d", "e"] {
            stage.restore(number, job, "FAILED");
        }
    }
    stage.wait(5).await;
    stage.event(Stage::schedule()).await.expect("a report");
    stage.work_off(QUEUE, 10).await;
    assert_eq!(stage.sim.inbox().len(), 0, "passes do not publish");
    let deliveries = stage.take(DELIVERIES);
    assert_eq!(deliveries.len(), 40);
    // A duplicate changes nothing.
    let twice = [deliveries.clone(), deliveries.clone()].concat();
    let answer = stage.event(Stage::batch(DELIVERIES, &twice)).await.expect("an answer");
    assert_eq!(answer, json!({"batchItemFailures": []}));
    let messages = stage.messages();
    assert!(messages.len() <= 6, "{} messages", messages.len());
    let ids: Vec<Value> =
        messages.iter().flat_map(crate::support::messages::notices).map(|notice| notice["id"].clone()).collect();
    let once: std::collections::BTreeSet<String> = ids.iter().map(Value::to_string).collect();
    assert_eq!((ids.len(), once.len()), (200, 200));
    stage.event(Stage::batch(DELIVERIES, &deliveries)).await.expect("an answer");
    assert_eq!(stage.told(), [""; 0], "a late copy of a message tells nothing again");
}

#[tokio::test(start_paused = true)]
async fn a_lost_delivery_message_costs_time_only() {
    let mut stage = Stage::of(1, &Stage::organization(&[REGION]), Queues::Both);
    stage.round().await;
    stage.restore(1, "a", "RUNNING");
    stage.round().await;
    stage.told();
    stage.restore(1, "a", "FAILED");
    stage.wait(5).await;
    stage.event(Stage::schedule()).await.expect("a report");
    stage.work_off(QUEUE, 10).await;
    assert_eq!(stage.take(DELIVERIES).len(), 1);
    assert_eq!(stage.told(), [""; 0]);
    stage.round().await;
    assert_eq!(stage.told(), [format!("failed team-1 {REGION} 1-a")]);
    assert_eq!(stage.round().await, (2, 0));
}

#[tokio::test(start_paused = true)]
async fn news_right_after_a_delivery_do_not_wait_until_its_claim_expires() {
    let mut stage = Stage::of(1, &Stage::organization(&[REGION]), Queues::Both);
    stage.round().await;
    assert_eq!(stage.told().len(), 2, "the baselines, whose claims last for two minutes");
    let denied = Fault::new(FaultKind::AccessDenied).operation("ListRestoreJobs").account(account(1));
    stage.sim.inject(denied);
    let mut told = Vec::new();
    for _ in 0..3 {
        // Another process delivers than the one that passes. It does not know which invocations have ended.
        stage.cold_start();
        stage.event(Stage::schedule()).await.expect("a report");
        stage.work_off(QUEUE, 10).await;
        stage.work_off(DELIVERIES, 10).await;
        told.extend(stage.told());
    }
    assert_eq!(told, [format!("unreachable team-1 {REGION} scope")]);
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_sns_refuses_is_kept_by_the_queue() {
    let mut stage = Stage::of(1, &Stage::organization(&[REGION]), Queues::Both);
    stage.wait(5).await;
    stage.event(Stage::schedule()).await.expect("a report");
    stage.work_off(QUEUE, 10).await;
    let deliveries = stage.take(DELIVERIES);
    assert_eq!(deliveries.len(), 2);
    stage.sim.inject(Fault::new(FaultKind::AccessDenied).service(Service::Sns));
    let answer = stage.event(Stage::batch(DELIVERIES, &deliveries)).await.expect("an answer");
    assert_eq!(answer["batchItemFailures"].as_array().map(Vec::len), Some(2));
    stage.sim.clear_faults();
    let answer = stage.event(Stage::batch(DELIVERIES, &deliveries)).await.expect("an answer");
    assert_eq!(answer, json!({"batchItemFailures": []}));
    assert_eq!(stage.told().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_dispatch_that_the_queue_refuses_is_an_error() {
    let mut stage = Stage::of(1, &Stage::organization(&[REGION]), Queues::Targets);
    for (fault, verb) in [(FaultKind::AccessDenied, "denied"), (FaultKind::Throttle, "throttled")] {
        stage.sim.clear_faults();
        stage.sim.inject(Fault::new(fault).service(Service::Sqs));
        let error = stage.event(Stage::schedule()).await.expect_err("an error");
        let expected = format!("2 of 2 targets were not dispatched: sqs:SendMessage was {verb}");
        assert!(error.contains(&expected), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_backup_event_is_looked_up_in_the_account_and_region_that_it_names() {
    let mut stage = Stage::of(2, &Stage::organization(&TWO), Queues::None);
    stage.restore(2, "a", "RUNNING");
    stage.pass().await;
    stage.told();
    stage.restore(2, "a", "FAILED");
    let event = |account: &str, region: &str| {
        json!({"source": "aws.backup", "detail-type": "Restore Job State Change", "account": account, "region": region,
               "detail": {"restoreJobId": "2-a", "status": "FAILED"}})
    };
    stage.event(event("999999999999", REGION)).await.expect("a report");
    assert_eq!(stage.told(), [""; 0]);
    stage.event(event(&account(2), "us-east-1")).await.expect("a report");
    assert_eq!(stage.told(), ["failed team-2 us-east-1 2-a"]);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_another_process_has_just_listed_is_not_refused() {
    let mut stage = Stage::of(2, &Stage::organization(&[REGION]), Queues::Targets);
    stage.event(Stage::schedule()).await.expect("a report");
    stage.work_off(QUEUE, 10).await;
    stage.told();
    stage.wait(55).await;
    stage.event(Stage::schedule()).await.expect("a report");
    stage.work_off(QUEUE, 10).await;
    stage.sim.world().organization.members.insert(account(3), tidings::simulator::Member::new("team-3"));
    stage.wait(5).await;
    // The process that worked off the queue has an older list than the one that dispatches.
    let worker = stage.another_process();
    let worker = std::mem::replace(&mut stage.tidings, worker);
    stage.event(Stage::schedule()).await.expect("a report");
    stage.tidings = worker;
    assert_eq!(stage.work_off(QUEUE, 10).await, 4);
    assert_eq!(stage.told(), [format!("baseline team-3 {REGION} scope")]);
}

#[tokio::test(start_paused = true)]
async fn one_target_can_have_queues_too() {
    let mut stage = Stage::of(0, "sources = [\"backup\"]", Queues::Both);
    let begun = Some(stage.now());
    let job = |status: &str| tidings::simulator::BackupRestore {
        status: Some(status.to_owned()),
        created: begun,
        ..tidings::simulator::BackupRestore::new("j-1")
    };
    stage.sim.world().put_backup(job("RUNNING"));
    assert_eq!(stage.round().await, (1, 1));
    assert_eq!(stage.told(), [format!("baseline {ACCOUNT} {REGION} scope")]);
    stage.sim.world().put_backup(job("FAILED"));
    let event = json!({"source": "aws.backup", "detail-type": "Restore Job State Change", "account": ACCOUNT,
                       "region": REGION, "detail": {"restoreJobId": "j-1", "status": "FAILED"}});
    stage.event(event).await.expect("a report");
    assert_eq!(stage.told(), [""; 0], "a hint does not publish either");
    assert_eq!(stage.work_off(DELIVERIES, 10).await, 1);
    assert_eq!(stage.told(), [format!("failed {ACCOUNT} {REGION} j-1")]);
}
