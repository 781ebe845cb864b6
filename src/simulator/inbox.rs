//! What SNS accepted, and what each kind of subscriber would receive.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// A message that SNS accepted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Publication {
    /// When it was accepted, by the simulator's clock.
    pub at: Timestamp,
    /// The id the publisher was given.
    pub message_id: String,
    /// The topic it was published to.
    pub topic_arn: String,
    /// The subject line of emails.
    pub subject: Option<String>,
    /// The message as it was published: a JSON object of copies if `structured`.
    pub message: String,
    /// Whether it was published with `MessageStructure=json`.
    pub structured: bool,
    /// The attributes that filter policies see, by name.
    pub attributes: BTreeMap<String, Attribute>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attribute {
    /// `String`, `String.Array`, `Number`, `Binary`, or one of them with a label.
    pub data_type: String,
    /// The value; of a binary attribute, its base64 form.
    pub value: String,
}

impl Publication {
    /// The message body that a subscriber of `protocol` would receive.
    pub fn copy(&self, protocol: &str) -> String {
        if !self.structured {
            return self.message.clone();
        }
        let copies: BTreeMap<String, serde_json::Value> = serde_json::from_str(&self.message).unwrap_or_default();
        copies
            .get(protocol)
            .and_then(serde_json::Value::as_str)
            .or_else(|| copies.get("default")?.as_str())
            .unwrap_or_default()
            .to_owned()
    }
}

#[derive(Debug, Default)]
pub(super) struct Inbox {
    publications: Vec<Publication>,
    accepted: u64,
}

impl Inbox {
    /// An id that no earlier publication had; the same in every run.
    pub fn next_message_id(&mut self) -> String {
        self.accepted += 1;
        let name = format!("message {}", self.accepted);
        Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string()
    }

    pub fn accept(&mut self, publication: Publication) {
        self.publications.push(publication);
    }

    pub fn publications(&self) -> &[Publication] {
        &self.publications
    }

    pub fn clear(&mut self) {
        self.publications.clear();
    }
}
