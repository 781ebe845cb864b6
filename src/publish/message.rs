//! A message in the form that SNS accepts.

use std::collections::BTreeMap;

use crate::domain::NoticeId;

/// The most bytes that a topic accepts by default, for one message and for all messages of a batch together:
/// <https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html>. The attribute `MaximumMessageSize` of a topic
/// may set a lower limit. A higher one is possible only for topics without email and HTTPS subscriptions, so it is not
/// used.
pub const MAX_BYTES: usize = 262_144;

/// One SNS message: a copy for each protocol, and attributes for filter policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The subject of emails: fewer than 100 printable ASCII characters, the first one a letter.
    pub subject: String,
    /// The document for `MessageStructure=json`: an object that maps each protocol, and `default`, to a text.
    pub body: String,
    /// At most ten, each with a value.
    pub attributes: Vec<Attribute>,
    /// The ids of its notices, in order.
    pub notices: Vec<NoticeId>,
}

/// A message attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The name in filter policies.
    pub name: &'static str,
    pub kind: AttributeKind,
    /// For an array, a JSON list of strings.
    pub value: String,
}

/// The type of a message attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeKind {
    String,
    /// A list of strings. A filter policy matches if one of them does.
    StringArray,
}

impl AttributeKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::StringArray => "String.Array",
        }
    }
}

impl Message {
    /// The size that SNS compares with [`MAX_BYTES`]: the UTF-8 bytes of the body with all its copies, and of the name,
    /// type and value of every attribute. The documentation does not say whether the subject counts. It is short, so it
    /// is included.
    pub fn bytes(&self) -> usize {
        let attributes: usize = self
            .attributes
            .iter()
            .map(|attribute| attribute.name.len() + attribute.kind.as_str().len() + attribute.value.len())
            .sum();
        self.subject.len() + self.body.len() + attributes
    }

    /// What a subscriber with this protocol (`email`, `sqs`, `https`, ...) receives: the copy of the protocol if there
    /// is one, else `default`. `None` if the body is not such a document, which [`render()`](fn@super::render) never
    /// produces.
    pub fn copy(&self, protocol: &str) -> Option<String> {
        let mut copies: BTreeMap<String, String> = serde_json::from_str(&self.body).ok()?;
        copies.remove(protocol).or_else(|| copies.remove("default"))
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|attribute| attribute.name == name).map(|attribute| attribute.value.as_str())
    }
}
