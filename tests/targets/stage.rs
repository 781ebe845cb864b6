//! An organization, and a deployment that watches it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use tidings::aws;
use tidings::config::{Config, Resources};
use tidings::domain::Source;
use tidings::handler::handle_at;
use tidings::pass::{Invocation, Order, Tidings};
use tidings::report::Report;
use tidings::simulator::{BackupRestore, Clock, Member, Publication, QueuedMessage, Simulator, World};

pub use crate::support::account::{ACCOUNT, REGION};
use crate::support::account::{TABLE, TOPIC, calls_of, deployed, monday};
use crate::support::messages;

pub const QUEUE: &str = "https://sqs.eu-central-1.amazonaws.com/123456789012/tidings-targets";
pub const DELIVERIES: &str = "https://sqs.eu-central-1.amazonaws.com/123456789012/tidings-deliveries";
/// How long an invocation may take.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// The deployment under test.
pub struct Stage {
    pub sim: Simulator,
    pub tidings: Tidings,
    pub settings: String,
    /// The metric lines that the handler has written since they were last taken.
    metrics: Vec<u8>,
    queues: Queues,
    invocations: u32,
}

/// Which queues the deployment has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queues {
    None,
    Targets,
    Both,
}

/// The id of the n-th account.
pub fn account(number: usize) -> String {
    format!("{:012}", 200_000_000_000_usize + number)
}

/// The name of the n-th account.
pub fn name(number: usize) -> String {
    format!("team-{number}")
}

impl Stage {
    /// An organization of the function's own account and `members` others, all with the role.
    pub fn of(members: usize, settings: &str, queues: Queues) -> Self {
        let sim = deployed(Clock::tokio(monday().now()), REGION);
        {
            let mut world = sim.world();
            for url in [QUEUE, DELIVERIES] {
                world.queues.insert(url.to_owned(), Vec::new());
            }
            let organization = &mut world.organization.members;
            organization.insert(ACCOUNT.to_owned(), Member { role: None, ..Member::new("hub") });
            for number in 1..=members {
                organization.insert(account(number), Member::new(&name(number)));
            }
        }
        let tidings = process(&sim, settings, queues);
        Self { sim, tidings, settings: settings.to_owned(), metrics: Vec::new(), queues, invocations: 0 }
    }

    /// The settings for restore jobs of the whole organization in `regions`.
    pub fn organization(regions: &[&str]) -> String {
        format!("sources = [\"backup\"]\n[targets]\naccounts = \"organization\"\nregions = {regions:?}\n")
    }

    /// A new process, which remembers nothing.
    pub fn cold_start(&mut self) {
        self.tidings = self.another_process();
    }

    /// A process beside the one that is used.
    pub fn another_process(&self) -> Tidings {
        process(&self.sim, &self.settings, self.queues)
    }

    pub fn now(&self) -> Timestamp {
        self.sim.clock().now()
    }

    /// Advances tokio's clock, which the world follows.
    pub async fn wait(&self, minutes: i64) {
        tokio::time::advance(Duration::from_mins(minutes.unsigned_abs())).await;
    }

    /// Changes the organization.
    pub fn member(&self, number: usize, change: impl FnOnce(&mut Member)) {
        let mut world = self.sim.world();
        change(world.organization.members.get_mut(&account(number)).expect("the account is a member"));
    }

    /// Changes what is in the n-th account.
    pub fn in_account(&self, number: usize, change: impl FnOnce(&mut World)) {
        self.sim.in_account(&account(number), change);
    }

    /// A restore job in the n-th account, in every region.
    pub fn restore(&self, number: usize, id: &str, status: &str) {
        let begun = self.now();
        let completed = (status != "RUNNING").then_some(begun);
        let id = format!("{number}-{id}");
        self.in_account(number, |world| {
            let before = world.backup.get(&id).and_then(|job| job.created);
            world.put_backup(BackupRestore {
                status: Some(status.to_owned()),
                created: before.or(Some(begun)),
                completed,
                ..BackupRestore::new(&id)
            });
        });
    }

    fn invocation(&mut self) -> Invocation {
        self.invocations += 1;
        let token = format!("invocation-{}", self.invocations);
        Invocation::new(ACCOUNT.to_owned(), REGION.to_owned(), token, self.now(), PATIENCE)
    }

    /// One pass over all targets in one invocation, without a queue.
    pub async fn pass(&mut self) -> Report {
        let sources = self.tidings.config.sources.clone();
        let invocation = self.invocation();
        self.tidings.run(&Order::Pass { sources, dry_run: false }, &invocation).await
    }

    /// Five minutes later, another pass; what it told.
    pub async fn tick(&mut self) -> Vec<String> {
        self.wait(5).await;
        self.pass().await;
        self.told()
    }

    /// What the handler answers to an event.
    pub async fn event(&mut self, event: Value) -> Result<Value, String> {
        self.invocations += 1;
        let mut context = Context::default();
        context.invoked_function_arn = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:tidings");
        context.request_id = format!("request-{}", self.invocations);
        let now = self.now();
        let event = LambdaEvent::new(event, context);
        let answer = handle_at(now, &self.tidings, "tidings", &mut self.metrics, event).await;
        match answer {
            Ok(answer) => Ok(serde_json::to_value(answer).expect("JSON")),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The metric lines since the last call.
    pub fn metrics(&mut self) -> Vec<Value> {
        let lines = String::from_utf8(std::mem::take(&mut self.metrics)).expect("text");
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// The event of a schedule.
    pub fn schedule() -> Value {
        json!({"source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}"})
    }

    /// The messages that wait in a queue, which is empty then.
    pub fn take(&self, queue: &str) -> Vec<QueuedMessage> {
        std::mem::take(self.sim.world().queues.get_mut(queue).expect("the queue exists"))
    }

    /// The event with which Lambda gives messages of a queue to the function.
    pub fn batch(queue: &str, messages: &[QueuedMessage]) -> Value {
        let name = queue.rsplit('/').next().expect("a name");
        let record = |message: &QueuedMessage| {
            json!({
                "messageId": message.message_id,
                "receiptHandle": "handle",
                "body": message.body,
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": message.sent_at.as_millisecond().to_string()},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"),
                "awsRegion": REGION,
            })
        };
        json!({"Records": messages.iter().map(record).collect::<Vec<_>>()})
    }

    /// Works off a queue in batches of `size`. No message may fail.
    pub async fn work_off(&mut self, queue: &str, size: usize) -> usize {
        let messages = self.take(queue);
        for batch in messages.chunks(size) {
            let answer = self.event(Self::batch(queue, batch)).await.expect("an answer");
            assert_eq!(answer, json!({"batchItemFailures": []}));
        }
        messages.len()
    }

    /// A tick with both queues: dispatch, passes, delivery. The number of targets and of delivery messages.
    pub async fn round(&mut self) -> (usize, usize) {
        self.wait(5).await;
        self.event(Self::schedule()).await.expect("a report");
        let targets = self.work_off(QUEUE, 10).await;
        (targets, self.work_off(DELIVERIES, 10_000).await)
    }

    /// Every message since the last call, each of them checked.
    pub fn messages(&self) -> Vec<Publication> {
        let inbox = self.sim.inbox();
        self.sim.clear_inbox();
        inbox.iter().for_each(messages::check);
        inbox
    }

    /// The notices since the last call, as the machine form has them.
    pub fn notices(&self) -> Vec<Value> {
        self.messages().iter().flat_map(messages::notices).collect()
    }

    /// The notices since the last call, one line each: `failed team-1 eu-central-1 1-a`.
    pub fn told(&self) -> Vec<String> {
        let mut told: Vec<String> = self.notices().iter().map(line).collect();
        told.sort();
        told
    }

    /// How many calls of that operation each account has seen.
    pub fn calls(&self, operation: &str) -> BTreeMap<String, usize> {
        let mut calls = BTreeMap::new();
        for call in calls_of(&self.sim, operation) {
            *calls.entry(call.account).or_default() += 1;
        }
        calls
    }
}

/// One notice in one line.
pub fn line(notice: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let source = text(&notice["source"]);
    let what = match source.as_str() {
        "account" | "hub" => source,
        _ if notice["facet"] == "scope" => "scope".to_owned(),
        _ => text(&notice["subject"]),
    };
    let account = match &notice["attributes"]["account_name"] {
        Value::String(name) => name.clone(),
        _ => text(&notice["account"]),
    };
    format!("{} {account} {} {what}", text(&notice["reason"]), text(&notice["region"]))
}

fn process(sim: &Simulator, settings: &str, queues: Queues) -> Tidings {
    let sdk = aws::with_limits(sim.sdk_config(REGION).into_builder());
    let resources = Resources {
        queue_url: (queues != Queues::None).then(|| QUEUE.to_owned()),
        delivery_queue_url: (queues == Queues::Both).then(|| DELIVERIES.to_owned()),
        ..Resources::new(TABLE, TOPIC)
    };
    let config = Config::parse(settings, "tidings.toml").unwrap_or_else(|error| panic!("{error}"));
    assert!(config.sources.contains(&Source::Backup), "the tests are about restore jobs");
    Tidings::new(&sdk.build(), &resources, config)
}
