//! A message as SNS takes it.

use std::collections::BTreeMap;

use crate::domain::NoticeId;

/// What a topic takes at most unless its attribute `MaximumMessageSize` says otherwise, for one message and for all messages
/// of one batch together: <https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html>. Topics that take more exist,
/// but not with mail or HTTPS subscriptions, so nobody gets more.
pub const MAX_BYTES: usize = 262_144;

/// One SNS message: a copy per protocol, and attributes for subscriptions' filter policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The subject line of mails: fewer than 100 printable ASCII characters, the first one a letter.
    pub subject: String,
    /// The `MessageStructure=json` document: an object from protocol to text, with a `default`.
    pub body: String,
    /// At most ten, each with a value.
    pub attributes: Vec<Attribute>,
    /// The notices that it tells, in order.
    pub notices: Vec<NoticeId>,
}

/// A message attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name in filter policies.
    pub name: &'static str,
    /// Its type.
    pub kind: AttributeKind,
    /// Its value; for an array, a JSON list of strings.
    pub value: String,
}

/// The type of a message attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeKind {
    /// One string.
    String,
    /// A list of strings: a filter policy matches if one of them does.
    StringArray,
}

impl AttributeKind {
    /// SNS's name for the type.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::StringArray => "String.Array",
        }
    }
}

impl Message {
    /// The message's size as SNS counts it against [`MAX_BYTES`]: the UTF-8 bytes of the whole body (every protocol's
    /// copy), and of every attribute's name, type and value. The subject is counted too, although the documentation names
    /// only the body and the attributes: it is short.
    pub fn bytes(&self) -> usize {
        let attributes: usize = self
            .attributes
            .iter()
            .map(|attribute| attribute.name.len() + attribute.kind.as_str().len() + attribute.value.len())
            .sum();
        self.subject.len() + self.body.len() + attributes
    }

    /// What a subscriber with that protocol (`email`, `sqs`, `https`, ...) receives: its own copy, else `default`.
    /// `None` when the body is no such document, which [`render()`](fn@super::render) never makes.
    pub fn copy(&self, protocol: &str) -> Option<String> {
        let mut copies: BTreeMap<String, String> = serde_json::from_str(&self.body).ok()?;
        copies.remove(protocol).or_else(|| copies.remove("default"))
    }

    /// The value of the attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|attribute| attribute.name == name).map(|attribute| attribute.value.as_str())
    }
}
