//! Sending messages to an SNS topic, in batches.
//!
//! SNS answers for each entry of a batch on its own, under HTTP 200; only an entry that it names as taken was taken.

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

/// How many messages a batch takes.
const MAX_ENTRIES: usize = 10;
/// The smallest value of a topic's `MaximumMessageSize`.
const MIN_BYTES: usize = 1_024;

/// Sends messages to the usual topic, or to one that a rule names.
#[derive(Clone, Debug)]
pub struct Publisher {
    destination: Destination,
    topic_arn: String,
    /// Topics that have refused messages for their size, by ARN, for the life of the process. The role may publish and not
    /// ask for the topic's attributes, so their limits are found by trying.
    limits: Arc<Mutex<HashMap<String, Limit>>>,
}

#[derive(Clone, Debug)]
enum Destination {
    Sns(Client),
    /// The messages are kept for the command line to print. Clones share them.
    #[cfg(feature = "cli")]
    Memory(Arc<Mutex<Vec<Message>>>),
}

/// What is known of a topic that takes less than [`MAX_BYTES`].
#[derive(Clone, Copy, Debug)]
struct Limit {
    /// Not known to be refused.
    max_bytes: usize,
    /// Whether the log says so.
    is_told: bool,
}

impl Publisher {
    /// A publisher for the topic. Retries and timeouts are the client's.
    pub fn new(client: Client, topic_arn: String) -> Self {
        Self { destination: Destination::Sns(client), topic_arn, limits: Arc::default() }
    }

    /// A publisher that sends nothing and keeps the messages instead.
    #[cfg(feature = "cli")]
    pub fn to_memory(topic: &str) -> Self {
        let destination = Destination::Memory(Arc::default());
        Self { destination, topic_arn: topic.to_owned(), limits: Arc::default() }
    }

    /// The messages that were kept since the last call.
    #[cfg(feature = "cli")]
    pub fn take_messages(&self) -> Vec<Message> {
        match &self.destination {
            Destination::Sns(_) => Vec::new(),
            Destination::Memory(messages) => {
                messages.lock().map(|mut messages| std::mem::take(&mut *messages)).unwrap_or_default()
            }
        }
    }

    /// The same publisher, which counts throttled answers.
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

    /// The usual topic's ARN.
    pub fn topic_arn(&self) -> &str {
        &self.topic_arn
    }

    /// How large a message for that topic may be, and all messages of a batch together, as far as is known.
    pub fn max_bytes(&self, topic_arn: &str) -> usize {
        self.limits
            .lock()
            .ok()
            .and_then(|limits| limits.get(topic_arn).copied())
            .map_or(MAX_BYTES, |limit| limit.max_bytes)
    }

    /// Notes that a topic does not take so many bytes: from now on it gets at most half, rounded to a power of two. Nobody
    /// knows the limit that people chose, and theirs are powers of two most of the time.
    fn note_refused(&self, topic_arn: &str, bytes: usize) {
        let smaller = (1 << bytes.saturating_sub(1).max(1).ilog2()).max(MIN_BYTES);
        if let Ok(mut limits) = self.limits.lock()
            && limits.get(topic_arn).map_or(MAX_BYTES, |limit| limit.max_bytes) > smaller
        {
            limits.insert(topic_arn.to_owned(), Limit { max_bytes: smaller, is_told: false });
        }
    }

    /// Says once in the log that a topic gets smaller messages than others: when it has taken the first one, so that one
    /// line has the size that it takes.
    fn tell_of_limit(&self, topic_arn: &str) {
        let Ok(mut limits) = self.limits.lock() else { return };
        let Some(limit) = limits.get_mut(topic_arn).filter(|limit| !limit.is_told) else { return };
        limit.is_told = true;
        let max_bytes = limit.max_bytes;
        drop(limits);
        tracing::warn!(
            topic_arn,
            max_bytes,
            "{topic_arn} refused larger messages, so it gets shorter ones, of at most {max_bytes} bytes, and more of them, \
             until this process ends. Its attribute MaximumMessageSize is below {MAX_BYTES}. To raise it: {}",
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

    /// Sends the messages to that topic in the order given and says of each one whether SNS took it: one result per message, in the
    /// same order.
    ///
    /// A message that SNS refuses does not keep the others of its batch back. When a whole call fails, all of its
    /// messages get the error, and later ones are not sent ([`PublishError::NotTried`]).
    pub async fn publish(&self, topic_arn: &str, messages: &[Message]) -> Vec<Result<(), PublishError>> {
        let mut results = Vec::with_capacity(messages.len());
        for batch in batches(messages, self.max_bytes(topic_arn)) {
            match self.send(topic_arn, batch).await {
                Ok(answers) => {
                    if answers.iter().any(Result::is_ok) {
                        self.tell_of_limit(topic_arn);
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

    /// One call; the error is the whole call's.
    async fn send(&self, topic_arn: &str, batch: &[Message]) -> Result<Vec<Result<(), PublishError>>, PublishError> {
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

    /// What SNS said of each entry. Being named as taken counts; everything else is a failure.
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

/// What SNS said of each of `count` entries.
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

/// Consecutive messages in as few batches as the topic allows: by count, and by size in total. A message that is too large by
/// itself makes a batch of its own, for SNS to refuse.
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
