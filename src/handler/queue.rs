//! Messages of the queues: which of them are accepted, and which SQS must keep because they failed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use serde_json::Value;

use super::{HandlerError, write_metrics};
use crate::domain::Target;
use crate::pass::{Invocation, Order, Tidings};
use crate::report::Report;
use crate::targets::{DeliveryMessage, QueueMessage};

/// The messages of one invocation, each with the id that SQS gave it.
pub(super) type Batch = Vec<(String, String)>;

/// Whether the event is a batch of messages of an SQS queue.
pub(super) fn is_batch(event: &Value) -> bool {
    let records = event.get("Records").and_then(Value::as_array);
    let is_sqs = |record: &Value| record.get("eventSource").and_then(Value::as_str) == Some("aws:sqs");
    records.is_some_and(|records| !records.is_empty() && records.iter().all(is_sqs))
}

/// The ids and bodies of the messages.
pub(super) fn read(event: Value) -> Result<Batch, HandlerError> {
    let event: SqsEvent = serde_json::from_value(event)
        .map_err(|error| HandlerError::invalid(&format!("it looks like a batch of SQS messages, but {error}")))?;
    let message = |record: aws_lambda_events::event::sqs::SqsMessage| {
        let id = record.message_id.filter(|id| !id.is_empty());
        id.map(|id| (id, record.body.unwrap_or_default()))
    };
    let batch: Option<Batch> = event.records.into_iter().map(message).collect();
    batch.ok_or_else(|| HandlerError::invalid("a message without messageId"))
}

/// Handles the messages. A message that fails does not keep the others from success.
pub(super) async fn answer(
    tidings: &Tidings,
    function_name: &str,
    mut metrics: impl Write,
    batch: Batch,
    invocation: &Invocation,
) -> SqsBatchResponse {
    let mut failed: BTreeSet<String> = BTreeSet::new();
    // Messages about the same target or scope may come twice. Two passes over one scope in one invocation would mistake
    // each other's writes for their own.
    let mut targets: BTreeMap<Target, Vec<String>> = BTreeMap::new();
    let mut deliveries: Vec<(String, DeliveryMessage)> = Vec::new();
    let mut tick = None;
    for (id, body) in batch {
        match QueueMessage::parse(&body) {
            Ok(QueueMessage::Target(message)) => {
                tick = tick.max(Some(message.tick));
                targets.entry(message.target()).or_default().push(id);
            }
            Ok(QueueMessage::Delivery(message)) => deliveries.push((id, message)),
            Err(error) => {
                tracing::error!(message_id = id, %error, "message {id} is refused: {error}");
                failed.insert(id);
            }
        }
    }
    failed.extend(refused(tidings, &mut targets, invocation).await);
    if !targets.is_empty() {
        let order = Order::Targets { targets: targets.into_keys().collect(), sources: tidings.config.sources.clone() };
        // What could not be read is in the report, the metrics and the notices. Another attempt would be the next tick's
        // work.
        let mut report = tidings.run(&order, invocation).await;
        // The metrics get the time of the tick, which said how many scopes it expects. With their own times, the passes
        // after one tick could end in two periods of an alarm, and both periods would seem to miss some.
        report.reference_time = tick.map_or(report.reference_time, |tick| tick.min(report.reference_time));
        write_metrics(&report, function_name, &mut metrics);
    }
    if !deliveries.is_empty() {
        let messages = deliveries.iter().map(|(_, message)| message.clone()).collect();
        let report = tidings.run(&Order::Deliver(messages), invocation).await;
        write_metrics(&report, function_name, &mut metrics);
        failed.extend(undelivered(&deliveries, &report));
    }
    let failures = failed.into_iter().map(|id| {
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = id;
        failure
    });
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failures.collect();
    response
}

/// Removes the targets that the settings do not name, and returns the ids of their messages.
async fn refused(
    tidings: &Tidings,
    targets: &mut BTreeMap<Target, Vec<String>>,
    invocation: &Invocation,
) -> Vec<String> {
    let mut refused = Vec::new();
    let home = invocation.home();
    for target in targets.keys().cloned().collect::<Vec<_>>() {
        let problem = match tidings.is_target(&target, &home).await {
            Ok(true) => continue,
            Ok(false) => "it is not one of the targets in the settings".to_owned(),
            Err(error) => error.to_string(),
        };
        let Target { account, region } = &target;
        tracing::error!(account, region, "a message about account {account}, {region} is refused: {problem}");
        refused.extend(targets.remove(&target).unwrap_or_default());
    }
    refused
}

/// The ids of the messages about scopes in which an error left notices behind. SQS delivers them again.
fn undelivered(deliveries: &[(String, DeliveryMessage)], report: &Report) -> Vec<String> {
    let failed: BTreeSet<String> = report
        .scopes
        .iter()
        .filter(|scope| scope.error.is_some())
        .map(|scope| format!("{}/{}/{}", scope.source, scope.account, scope.region))
        .collect();
    let is_failed =
        |message: &DeliveryMessage| message.scope().is_some_and(|scope| failed.contains(&scope.to_string()));
    deliveries.iter().filter(|(_, message)| is_failed(message)).map(|(id, _)| id.clone()).collect()
}
