//! Sends messages to an SNS topic, in batches.
//!
//! The answer to a batch has HTTP status 200 and lists the accepted and the refused entries. Only an entry in the list
//! of accepted ones counts as sent.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_sdk_sns::Client;
use aws_sdk_sns::error::{BuildError, SdkError};
use aws_sdk_sns::operation::publish_batch::PublishBatchOutput;
use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use futures_util::future::BoxFuture;

use super::error::{ACTION, is_too_long, raise};
use super::{Attribute, MAX_BYTES, Message, PublishError};
use crate::aws::connect;
use crate::calls::Throttles;
use crate::error::ApiError;

/// The most messages in one batch.
const MAX_ENTRIES: usize = 10;
/// The smallest value of a topic's `MaximumMessageSize`.
const MIN_BYTES: usize = 1_024;

/// Sends messages to the default topic, or to a topic that a rule sets.
#[derive(Clone, Debug)]
pub struct Publisher {
    destination: Destination,
    topic_arn: String,
    /// The topics that have refused messages because of their size, by ARN, for the life of the process. The role may
    /// publish but not read the attributes of a topic, so the limit of a topic is found by trying.
    limits: Arc<Mutex<HashMap<String, Limit>>>,
}

#[derive(Clone, Debug)]
enum Destination {
    Sns(Client),
    /// The messages are kept for the command line to print. Clones share them.
    #[cfg(feature = "cli")]
    Memory(Arc<Mutex<Vec<Message>>>),
}

/// The limit of a topic that accepts less than [`MAX_BYTES`].
#[derive(Clone, Copy, Debug)]
struct Limit {
    /// The topic has not refused a message of this size so far.
    max_bytes: usize,
    is_logged: bool,
}

impl Publisher {
    /// A publisher for the default topic. Retries and timeouts are those of the client.
    pub fn new(client: Client, topic_arn: String) -> Self {
        Self { destination: Destination::Sns(client), topic_arn, limits: Arc::default() }
    }

    /// A publisher that keeps its messages and sends nothing.
    #[cfg(feature = "cli")]
    pub fn to_memory(topic: &str) -> Self {
        let destination = Destination::Memory(Arc::default());
        Self { destination, topic_arn: topic.to_owned(), limits: Arc::default() }
    }

    /// The messages since the last call.
    #[cfg(feature = "cli")]
    pub fn take_messages(&self) -> Vec<Message> {
        match &self.destination {
            Destination::Sns(_) => Vec::new(),
            Destination::Memory(messages) => {
                messages.lock().map(|mut messages| std::mem::take(&mut *messages)).unwrap_or_default()
            }
        }
    }

    /// The same publisher, with a client that counts throttled answers.
    #[must_use]
    pub fn counting(&self, throttles: &Throttles) -> Self {
        let destination = match &self.destination {
            Destination::Sns(client) => {
                let config = client.config().to_builder().interceptor(throttles.interceptor()).build();
                Destination::Sns(Client::from_conf(config))
            }
            #[cfg(feature = "cli")]
            memory @ Destination::Memory(_) => memory.clone(),
        };
        Self { destination, ..self.clone() }
    }

    /// The ARN of the default topic.
    pub fn topic_arn(&self) -> &str {
        &self.topic_arn
    }

    /// The size limit of the topic as far as it is known, for one message and for all messages of a batch together.
    pub fn max_bytes(&self, topic_arn: &str) -> usize {
        self.limits
            .lock()
            .ok()
            .and_then(|limits| limits.get(topic_arn).copied())
            .map_or(MAX_BYTES, |limit| limit.max_bytes)
    }

    /// Lowers the known limit of a topic that has refused this many bytes, to the next lower power of two. The real
    /// limit is not known, but people mostly choose powers of two.
    fn note_refused(&self, topic_arn: &str, bytes: usize) {
        let smaller = (1 << bytes.saturating_sub(1).max(1).ilog2()).max(MIN_BYTES);
        if let Ok(mut limits) = self.limits.lock()
            && limits.get(topic_arn).map_or(MAX_BYTES, |limit| limit.max_bytes) > smaller
        {
            limits.insert(topic_arn.to_owned(), Limit { max_bytes: smaller, is_logged: false });
        }
    }

    /// Logs once that a topic gets smaller messages. It does so after the topic has accepted the first of them, because
    /// only then the size that it accepts is known.
    fn log_limit(&self, topic_arn: &str) {
        let Ok(mut limits) = self.limits.lock() else { return };
        let Some(limit) = limits.get_mut(topic_arn).filter(|limit| !limit.is_logged) else { return };
        limit.is_logged = true;
        let max_bytes = limit.max_bytes;
        drop(limits);
        tracing::warn!(
            topic_arn,
            max_bytes,
            "{topic_arn} refused larger messages. Until this process ends, it gets more and shorter messages of at most \
             {max_bytes} bytes. Its attribute MaximumMessageSize is below {MAX_BYTES}. To raise it: {}",
            raise(topic_arn)
        );
    }

    /// Opens a connection to SNS.
    pub fn connect(&self) -> BoxFuture<'static, ()> {
        match &self.destination {
            Destination::Sns(client) => connect!(client.publish_batch()),
            #[cfg(feature = "cli")]
            Destination::Memory(_) => Box::pin(std::future::ready(())),
        }
    }

    /// Sends the messages to the topic in this order, and returns one result for each, in the same order.
    ///
    /// If SNS refuses a message, the others of its batch are still sent. If a whole call fails, all of its messages get
    /// the error, and later messages are not sent ([`PublishError::NotTried`]).
    pub async fn publish(&self, topic_arn: &str, messages: &[Message]) -> Vec<Result<(), PublishError>> {
        let mut results = Vec::with_capacity(messages.len());
        for batch in batches(messages, self.max_bytes(topic_arn)) {
            match self.send(topic_arn, batch).await {
                Ok(answers) => {
                    if answers.iter().any(Result::is_ok) {
                        self.log_limit(topic_arn);
                    }
                    results.extend(answers);
                }
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

    /// Makes one call. An error concerns the whole call.
    async fn send(&self, topic_arn: &str, batch: &[Message]) -> Result<Vec<Result<(), PublishError>>, PublishError> {
        #[cfg_attr(
            not(feature = "cli"),
            expect(clippy::infallible_destructuring_match, reason = "the cli has another")
        )]
        let client = match &self.destination {
            Destination::Sns(client) => client,
            #[cfg(feature = "cli")]
            Destination::Memory(messages) => {
                if let Ok(mut messages) = messages.lock() {
                    messages.extend_from_slice(batch);
                }
                return Ok(batch.iter().map(|_| Ok(())).collect());
            }
        };
        let answer = async {
            let entries = batch.iter().enumerate().map(|(position, message)| entry(position, message));
            let entries = entries.collect::<Result<Vec<_>, _>>().map_err(SdkError::construction_failure)?;
            client.publish_batch().topic_arn(topic_arn).set_publish_batch_request_entries(Some(entries)).send().await
        };
        match answer.await {
            Ok(answer) => Ok(self.answers(topic_arn, batch, &answer)),
            Err(error) => {
                let topic = topic_arn.to_owned();
                let source = ApiError::new(ACTION, &error);
                if !is_too_long(source.code.as_deref(), &source.message) {
                    return Err(PublishError::Call { topic, source });
                }
                let bytes = batch.iter().map(Message::bytes).sum();
                self.note_refused(topic_arn, bytes);
                Err(PublishError::TooLong { topic, bytes, said: source.message })
            }
        }
    }

    /// The result for each entry. If SNS refused one because of its size, the known limit of the topic is lowered.
    fn answers(
        &self,
        topic_arn: &str,
        batch: &[Message],
        answer: &PublishBatchOutput,
    ) -> Vec<Result<(), PublishError>> {
        let answers = answers(topic_arn, batch.len(), answer).into_iter().zip(batch);
        let answers = answers.map(|(answer, message)| match answer {
            Err(PublishError::Rejected { topic, code, message: said, .. }) if is_too_long(Some(&code), &said) => {
                let bytes = message.bytes();
                self.note_refused(topic_arn, bytes);
                Err(PublishError::TooLong { topic, bytes, said: format!("{said} ({code})") })
            }
            answer => answer,
        });
        answers.collect()
    }
}

/// The result for each of `count` entries. An entry that the answer does not list as accepted was not sent.
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

/// Splits the messages into as few batches as the limits for count and total size allow. A message that is too large by
/// itself gets a batch of its own, and SNS refuses it.
fn batches(messages: &[Message], max_bytes: usize) -> Vec<&[Message]> {
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (position, message) in messages.iter().enumerate() {
        let size = message.bytes();
        if position > start && (position - start == MAX_ENTRIES || bytes + size > max_bytes) {
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

/// The id of an entry must be unique only within its batch.
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
