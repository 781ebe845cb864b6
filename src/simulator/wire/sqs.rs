//! Amazon SQS: `CreateQueue` and `SendMessageBatch`. Messages wait until somebody takes them: a test, or a control route.
//!
//! JSON 1.0 both ways.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Ask, Refusal};
use crate::simulator::world::{QueuedMessage, World};

/// The most bytes of a batch.
const MAX_BYTES: usize = 1_048_576;

pub(super) fn answer(ask: &Ask, world: &mut World, now: Timestamp) -> Result<String, Refusal> {
    let request = ask.json().map_err(|_| Refusal::new(400, "SerializationException", "the body is not JSON"))?;
    match ask.operation.as_str() {
        "CreateQueue" => Ok(create_queue(ask, world, &request)),
        "SendMessageBatch" => send_message_batch(ask, world, now, &request),
        _ => Err(Refusal::unknown_operation(ask)),
    }
}

/// Attributes and tags of the queue are not kept.
fn create_queue(ask: &Ask, world: &mut World, request: &Value) -> String {
    let name = request["QueueName"].as_str().unwrap_or_default();
    let url = format!("https://sqs.{}.amazonaws.com/{}/{name}", ask.region, ask.account);
    world.queues.entry(url.clone()).or_default();
    json!({"QueueUrl": url}).to_string()
}

fn send_message_batch(ask: &Ask, world: &mut World, now: Timestamp, request: &Value) -> Result<String, Refusal> {
    let url = request["QueueUrl"].as_str().unwrap_or_default();
    let queue = world
        .queues
        .get_mut(url)
        .ok_or_else(|| Refusal::new(400, "QueueDoesNotExist", "The specified queue does not exist."))?;
    let entries = request["Entries"].as_array().cloned().unwrap_or_default();
    let bytes: usize = entries.iter().map(|entry| entry["MessageBody"].as_str().unwrap_or_default().len()).sum();
    match entries.len() {
        0 => return Err(Refusal::new(400, "EmptyBatchRequest", "There should be at least one entry.")),
        1..=10 if bytes <= MAX_BYTES => {}
        1..=10 => return Err(Refusal::new(400, "BatchRequestTooLong", "Batch requests cannot be longer.")),
        _ => return Err(Refusal::new(400, "TooManyEntriesInBatchRequest", "Maximum number of entries is 10.")),
    }
    let mut successful: Vec<Value> = Vec::new();
    for entry in &entries {
        let number = queue.len();
        let name = format!("{url} {now} {number} {}", ask.request_id);
        let message_id = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string();
        queue.push(QueuedMessage {
            message_id: message_id.clone(),
            sent_at: now,
            group: entry["MessageGroupId"].as_str().map(str::to_owned),
            body: entry["MessageBody"].as_str().unwrap_or_default().to_owned(),
        });
        successful.push(json!({"Id": entry["Id"], "MessageId": message_id, "MD5OfMessageBody": ""}));
    }
    Ok(json!({"Successful": successful, "Failed": []}).to_string())
}
