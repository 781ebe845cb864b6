//! Many targets: a tick that dispatches, messages about targets, and deliveries.

use std::time::Duration;

use serde_json::{Value, json};
use tidings::simulator::Member;

use super::function::Function;
use super::proxy::Proxy;
use super::settings::File;
use super::stage::{REDSHIFT, Stage};
use super::support::messages;
use super::{ACCOUNT, REGION, sample, tick};

const QUEUE: &str = "https://sqs.eu-central-1.amazonaws.com/123456789012/tidings-targets";
const DELIVERIES: &str = "https://sqs.eu-central-1.amazonaws.com/123456789012/tidings-deliveries";
const OTHER: &str = "444455556666";

/// The reason and the account of each notice since the last call, sorted.
fn told(stage: &Stage) -> Vec<String> {
    let inbox = stage.simulator.inbox();
    stage.simulator.clear_inbox();
    inbox.iter().for_each(messages::check);
    let notices = inbox.iter().flat_map(messages::notices);
    let mut told: Vec<String> = notices
        .map(|notice| {
            let text = |key: &str| notice[key].as_str().unwrap_or_default().to_owned();
            format!("{} {}", text("reason"), text("account"))
        })
        .collect();
    told.sort();
    told
}

/// The event with which Lambda gives what waits in a queue to the function.
fn batch(stage: &Stage, queue: &str) -> Value {
    let mut world = stage.simulator.world();
    let messages = std::mem::take(world.queues.get_mut(queue).expect("the queue"));
    let record = sample("target-messages.json")["Records"][0].clone();
    let records = messages.into_iter().map(|message| {
        let mut record = record.clone();
        (record["messageId"], record["body"]) = (message.message_id.into(), message.body.into());
        record
    });
    json!({"Records": records.collect::<Vec<_>>()})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_is_dispatched_worked_off_and_delivered() {
    let stage = Stage::set();
    {
        let mut world = stage.simulator.world();
        world.queues.extend([QUEUE, DELIVERIES].map(|url| (url.to_owned(), Vec::new())));
        world.organization.members.insert(OTHER.to_owned(), Member::new("prod-data"));
    }
    let settings = File::new(&format!(
        "sources = [\"redshift\"]\n[targets]\naccounts = [\"{ACCOUNT}\", {{ id = \"{OTHER}\", name = \"prod-data\" }}]"
    ));
    let variables = [
        ("TIDINGS_CONFIG", Some(settings.path())),
        ("TIDINGS_QUEUE_URL", Some(QUEUE)),
        ("TIDINGS_DELIVERY_QUEUE_URL", Some(DELIVERIES)),
    ];
    let function = Function::start_with(&stage, &variables).await;
    let done = json!({"batchItemFailures": []});

    let report = function.report(&tick()).await;
    assert_eq!((&report["dispatched"], &report["scopes"]), (&json!(2), &json!([])));
    assert_eq!(function.report(&batch(&stage, QUEUE)).await, done);
    assert_eq!(told(&stage), [""; 0], "passes do not publish");
    assert_eq!(function.report(&batch(&stage, DELIVERIES)).await, done);
    assert_eq!(told(&stage), ["baseline 123456789012", "baseline 444455556666"]);

    stage.simulator.world().redshift.get_mut(REDSHIFT).expect("the restore").status = Some("FAILED".to_owned());
    function.report(&tick()).await;
    function.report(&batch(&stage, QUEUE)).await;
    function.report(&batch(&stage, DELIVERIES)).await;
    assert_eq!(told(&stage), ["failed 123456789012"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_targets_in_one_invocation_open_fewer_connections_than_lambda_allows() {
    let stage = Stage::set();
    let accounts: Vec<String> = (1..=100).map(|number| format!("{:012}", 444_455_550_000_u64 + number)).collect();
    for account in &accounts {
        stage.simulator.world().organization.members.insert(account.clone(), Member::new(account));
    }
    let regions = [REGION, "us-east-1", "us-west-2", "eu-west-1", "ap-south-1"];
    let settings =
        File::new(&format!("sources = [\"redshift\"]\n[targets]\nregions = {regions:?}\naccounts = {accounts:?}"));
    // Without a limit, there would be a call for each target at the same time.
    stage.simulator.set_latency(Duration::from_millis(100));
    let proxy = Proxy::to(&stage.endpoint).await;
    let variables = [("TIDINGS_CONFIG", Some(settings.path())), ("AWS_ENDPOINT_URL", Some(&*proxy.endpoint))];
    let function = Function::start_with(&stage, &variables).await;
    let report = function.report(&tick()).await;
    let scopes = report["scopes"].as_array().expect("a list");
    assert_eq!(scopes.len(), 500);
    for scope in scopes {
        assert_eq!(scope["error"], Value::Null, "{scope}");
    }
    assert_eq!(told(&stage).len(), 500, "a baseline for each");
    let open = proxy.most_open();
    assert!((100..400).contains(&open), "{open} connections");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_not_about_a_target_is_left_to_the_queue() {
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    let event = sample("target-messages.json");
    let region = event["Records"][0]["awsRegion"].as_str().expect("a region").to_owned();
    assert_ne!(region, REGION);
    let answer = function.report(&event).await;
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}));
    let here: Value = serde_json::from_str(&event.to_string().replace(&region, REGION)).expect("JSON");
    assert_eq!(function.report(&here).await, json!({"batchItemFailures": []}));
}
