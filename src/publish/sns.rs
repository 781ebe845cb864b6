//! Sending messages to an SNS topic, in batches.
//!
//! SNS answers for each entry of a batch on its own, under HTTP 200; only an entry that it names as taken was taken.

use std::collections::HashMap;

use aws_sdk_sns::Client;
use aws_sdk_sns::error::{BuildError, SdkError};
use aws_sdk_sns::operation::publish_batch::PublishBatchOutput;
use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use futures_util::future::BoxFuture;

use super::error::ACTION;
use super::{Attribute, MAX_BYTES, Message, PublishError};
use crate::aws::connect;
use crate::error::ApiError;

/// How many messages a batch takes.
const MAX_ENTRIES: usize = 10;

/// Sends messages to the usual topic, or to one that a rule names.
#[derive(Clone, Debug)]
pub struct Publisher {
    client: Client,
    topic_arn: String,
}

impl Publisher {
    /// A publisher for the topic. Retries and timeouts are the client's.
    pub fn new(client: Client, topic_arn: String) -> Self {
        Self { client, topic_arn }
    }

    /// The usual topic's ARN.
    pub fn topic_arn(&self) -> &str {
        &self.topic_arn
    }

    /// Opens a connection to SNS.
    pub fn connect(&self) -> BoxFuture<'static, ()> {
        connect!(self.client.publish_batch())
    }

    /// Sends the messages to that topic in the order given and says of each one whether SNS took it: one result per message, in the
    /// same order.
    ///
    /// A message that SNS refuses does not keep the others of its batch back. When a whole call fails, all of its
    /// messages get the error, and later ones are not sent ([`PublishError::NotTried`]).
    pub async fn publish(&self, topic_arn: &str, messages: &[Message]) -> Vec<Result<(), PublishError>> {
        let mut results = Vec::with_capacity(messages.len());
        for batch in batches(messages) {
            match self.send(topic_arn, batch).await {
                Ok(answers) => results.extend(answers),
                Err(error) => {
                    let kind = error.kind();
                    results.extend(batch.iter().map(|_| Err(error.clone())));
                    results.resize_with(messages.len(), || {
                        let topic = topic_arn.to_owned();
                        Err(PublishError::NotTried { topic, kind })
                    });
                    break;
                }
            }
        }
        results
    }

    /// One call; the error is the whole call's.
    async fn send(&self, topic_arn: &str, batch: &[Message]) -> Result<Vec<Result<(), PublishError>>, PublishError> {
        let answer = async {
            let entries = batch.iter().enumerate().map(|(position, message)| entry(position, message));
            let entries = entries.collect::<Result<Vec<_>, _>>().map_err(SdkError::construction_failure)?;
            self.client
                .publish_batch()
                .topic_arn(topic_arn)
                .set_publish_batch_request_entries(Some(entries))
                .send()
                .await
        };
        let answer = answer.await.map_err(|error| PublishError::Call {
            topic: topic_arn.to_owned(),
            source: ApiError::new(ACTION, &error),
        })?;
        Ok(answers(topic_arn, batch.len(), &answer))
    }
}

/// What SNS said of each of `count` entries. Being named as taken counts; everything else is a failure.
fn answers(topic_arn: &str, count: usize, answer: &PublishBatchOutput) -> Vec<Result<(), PublishError>> {
    let taken: Vec<&str> = answer.successful().iter().filter_map(|entry| entry.id()).collect();
    let mut refused: HashMap<&str, _> = answer.failed().iter().map(|entry| (entry.id(), entry)).collect();
    (0..count)
        .map(|position| {
            let id = entry_id(position);
            let topic = topic_arn.to_owned();
            match refused.remove(id.as_str()) {
                Some(entry) => Err(PublishError::Rejected {
                    topic,
                    code: entry.code().to_owned(),
                    message: entry.message().unwrap_or("no explanation").to_owned(),
                    sender_fault: entry.sender_fault(),
                }),
                None if taken.contains(&id.as_str()) => Ok(()),
                None => Err(PublishError::Unanswered { topic }),
            }
        })
        .collect()
}

/// Consecutive messages in as few batches as SNS allows: by count, and by size in total. A message that is too large by
/// itself makes a batch of its own, for SNS to refuse.
fn batches(messages: &[Message]) -> Vec<&[Message]> {
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (position, message) in messages.iter().enumerate() {
        let size = message.bytes();
        if position > start && (position - start == MAX_ENTRIES || bytes + size > MAX_BYTES) {
            batches.push(&messages[start..position]);
            (start, bytes) = (position, 0);
        }
        bytes += size;
    }
    if start < messages.len() {
        batches.push(&messages[start..]);
    }
    batches
}

/// Ids need only be distinct within a batch.
fn entry_id(position: usize) -> String {
    format!("m{position}")
}

fn entry(position: usize, message: &Message) -> Result<PublishBatchRequestEntry, BuildError> {
    let mut entry = PublishBatchRequestEntry::builder()
        .id(entry_id(position))
        .subject(&message.subject)
        .message(&message.body)
        .message_structure("json");
    for attribute in &message.attributes {
        entry = entry.message_attributes(attribute.name, value(attribute)?);
    }
    entry.build()
}

fn value(attribute: &Attribute) -> Result<MessageAttributeValue, BuildError> {
    MessageAttributeValue::builder().data_type(attribute.kind.as_str()).string_value(&attribute.value).build()
}

#[cfg(test)]
#[path = "sns_tests.rs"]
mod tests;
