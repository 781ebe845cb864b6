//! Sends messages to an SQS queue, in concurrent batches.

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use futures_util::{StreamExt, stream};

use crate::error::{ApiError, ErrorKind};

const SEND: &str = "sqs:SendMessage";
/// The most messages in a batch.
const BATCH: usize = 10;
/// How many batches are on their way at the same time.
const CONCURRENCY: usize = 32;
/// The most bytes in a batch. SQS accepts four times as many, but the limit of a queue may be lower (`MaximumMessageSize` in
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>).
const MAX_BYTES: usize = 262_144;

/// A standard queue.
#[derive(Clone, Debug)]
pub struct Queue {
    client: Client,
    url: String,
}

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Messages of the same group share the queue fairly with other groups: the account.
    pub group: String,
    pub body: String,
}

/// What became of the messages.
#[derive(Clone, Debug, Default)]
pub struct Dispatched {
    /// How many the queue accepted.
    pub sent: usize,
    /// How many it did not accept.
    pub failed: usize,
    /// The first error.
    pub error: Option<ApiError>,
}

impl Queue {
    pub fn new(sdk: &SdkConfig, url: String) -> Self {
        Self { client: Client::new(sdk), url }
    }

    /// Sends the messages. Never fails: the result says how many were not accepted, and why.
    pub async fn send(&self, messages: Vec<Outgoing>) -> Dispatched {
        let results: Vec<Dispatched> = stream::iter(batches(messages))
            .map(|batch| self.send_batch(batch))
            .buffer_unordered(CONCURRENCY)
            .collect()
            .await;
        results.into_iter().fold(Dispatched::default(), |all, one| Dispatched {
            sent: all.sent + one.sent,
            failed: all.failed + one.failed,
            error: all.error.or(one.error),
        })
    }

    async fn send_batch(&self, batch: Vec<Outgoing>) -> Dispatched {
        let count = batch.len();
        let all_failed = |error| Dispatched { sent: 0, failed: count, error: Some(error) };
        let entries = batch.into_iter().enumerate().map(|(position, message)| {
            SendMessageBatchRequestEntry::builder()
                .id(format!("m{position}"))
                .message_body(message.body)
                .message_group_id(message.group)
                .build()
        });
        let entries = match entries.collect::<Result<Vec<_>, _>>() {
            Ok(entries) => entries,
            Err(error) => return all_failed(ApiError::malformed(SEND, error.to_string())),
        };
        let answer = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries)).send().await;
        match answer {
            Ok(answer) => {
                let sent = answer.successful().len();
                let error = answer.failed().first().map(|entry| {
                    let status = if entry.sender_fault() { 400 } else { 500 };
                    let kind = ErrorKind::of_service(Some(entry.code()), Some(status));
                    let message = format!("{} ({})", entry.message().unwrap_or("no explanation"), entry.code());
                    ApiError { kind, action: SEND, code: Some(entry.code().to_owned()), message }
                });
                Dispatched { sent, failed: count - sent.min(count), error }
            }
            Err(error) => all_failed(ApiError::new(SEND, &error)),
        }
    }
}

/// As few batches as the limits for count and size allow.
fn batches(messages: Vec<Outgoing>) -> Vec<Vec<Outgoing>> {
    let mut batches: Vec<Vec<Outgoing>> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        let size = message.body.len();
        if let Some(batch) = batches.last_mut().filter(|batch| batch.len() < BATCH && bytes + size <= MAX_BYTES) {
            bytes += size;
            batch.push(message);
        } else {
            bytes = size;
            batches.push(vec![message]);
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_keep_both_limits() {
        let message = |bytes| Outgoing { group: "a".to_owned(), body: "x".repeat(bytes) };
        let sizes = |messages: Vec<Outgoing>| batches(messages).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(vec![message(10); 21]), [10, 10, 1]);
        assert_eq!(sizes(vec![message(100_000); 5]), [2, 2, 1]);
        assert_eq!(sizes(Vec::new()), [0; 0]);
    }
}
