//! The messages that tidings sends to itself through its queues. Each says which version of its schema it has, and
//! schemas/ describes them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{Scope, SubjectId, Target, shorten};

const TARGET: &str = "tidings.target.v1";
const DELIVERY: &str = "tidings.delivery.v1";

/// A message of one of the queues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueMessage {
    Target(TargetMessage),
    Delivery(DeliveryMessage),
}

/// A pass over a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetMessage {
    schema: String,
    pub account: String,
    pub region: String,
    /// The reference time of the tick that sent it.
    pub tick: Timestamp,
}

/// A delivery of the notices that wait in a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryMessage {
    schema: String,
    /// Such as `backup/111122223333/eu-central-1`.
    scope: String,
    /// The sort keys of the items with notices. `None` if there are too many: then the whole scope is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<SubjectId>>,
}

/// Why a message of a queue is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    #[error("the message is not JSON with a schema: {0}")]
    NotOurs(String),
    #[error("the schema {0:?} is not known; accepted are {TARGET} and {DELIVERY}")]
    UnknownSchema(String),
    #[error("a message with the schema {schema} that cannot be read: {reason}")]
    Invalid { schema: &'static str, reason: String },
}

/// How many bytes of a message an error repeats.
const LONGEST: usize = 200;

impl QueueMessage {
    /// Reads the body of a message.
    ///
    /// # Errors
    /// The message is not one of ours, or a later version has sent it.
    pub fn parse(body: &str) -> Result<Self, MessageError> {
        #[derive(Deserialize)]
        struct Head {
            schema: String,
        }
        let head: Head =
            serde_json::from_str(body).map_err(|error| MessageError::NotOurs(shorten(&error.to_string(), LONGEST)))?;
        let invalid = |schema| {
            move |error: serde_json::Error| MessageError::Invalid {
                schema,
                reason: shorten(&error.to_string(), LONGEST),
            }
        };
        match head.schema.as_str() {
            TARGET => serde_json::from_str(body).map(Self::Target).map_err(invalid(TARGET)),
            DELIVERY => {
                let message: DeliveryMessage = serde_json::from_str(body).map_err(invalid(DELIVERY))?;
                if Scope::parse(&message.scope).is_none() {
                    let reason = format!("{:?} is not a scope", shorten(&message.scope, LONGEST));
                    return Err(MessageError::Invalid { schema: DELIVERY, reason });
                }
                Ok(Self::Delivery(message))
            }
            other => Err(MessageError::UnknownSchema(shorten(other, LONGEST))),
        }
    }
}

impl TargetMessage {
    pub fn new(target: &Target, tick: Timestamp) -> Self {
        Self { schema: TARGET.to_owned(), account: target.account.clone(), region: target.region.clone(), tick }
    }

    pub fn target(&self) -> Target {
        Target { account: self.account.clone(), region: self.region.clone() }
    }
}

impl DeliveryMessage {
    /// How many items a message names at most. If there are more, reading the whole scope costs less.
    const MOST_ITEMS: usize = 50;

    pub fn new(scope: &Scope, items: Vec<SubjectId>) -> Self {
        let items = (items.len() <= Self::MOST_ITEMS).then_some(items);
        Self { schema: DELIVERY.to_owned(), scope: scope.to_string(), items }
    }

    /// The scope. `None` only if the message was not made by [`QueueMessage::parse`] or [`DeliveryMessage::new`].
    pub fn scope(&self) -> Option<Scope> {
        Scope::parse(&self.scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Source;

    #[test]
    fn messages_read_back() {
        let target = Target { account: "111122223333".to_owned(), region: "eu-central-1".to_owned() };
        let message = TargetMessage::new(&target, "2026-03-02T06:00:00Z".parse().expect("a time"));
        let body = serde_json::to_string(&message).expect("JSON");
        assert_eq!(QueueMessage::parse(&body), Ok(QueueMessage::Target(message.clone())));
        assert_eq!(message.target(), target);

        let scope = target.scope(Source::Backup);
        for (items, named) in [(1, true), (DeliveryMessage::MOST_ITEMS, true), (DeliveryMessage::MOST_ITEMS + 1, false)]
        {
            let message = DeliveryMessage::new(&scope, (0..items).map(|id| id.to_string().into()).collect());
            let body = serde_json::to_string(&message).expect("JSON");
            assert_eq!(QueueMessage::parse(&body), Ok(QueueMessage::Delivery(message.clone())));
            assert_eq!((message.scope(), message.items.is_some()), (Some(scope.clone()), named));
        }
    }

    #[test]
    fn other_messages_are_refused_by_name() {
        let cases = [
            ("hello", "not JSON with a schema"),
            ("{}", "not JSON with a schema"),
            ("{\"schema\": \"tidings.target.v2\"}", "the schema \"tidings.target.v2\" is not known"),
            ("{\"schema\": \"tidings.target.v1\", \"region\": \"x\"}", "tidings.target.v1 that cannot be read"),
            ("{\"schema\": \"tidings.delivery.v1\", \"scope\": \"a/b\"}", "\"a/b\" is not a scope"),
        ];
        for (body, expected) in cases {
            let error = QueueMessage::parse(body).expect_err("an error").to_string();
            assert!(error.contains(expected), "{body}: {error}");
        }
    }
}
