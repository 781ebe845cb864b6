//! From notices to messages, and from messages to SNS.
//!
//! [`render()`] and [`digest`] are pure: they turn notices into one [`Message`] or as few as possible, each with a copy for
//! every channel, and never fail. What is particular to a source is in `about/`, what is particular to a channel in
//! `channel/`.
//! [`Publisher`] sends messages and says of each one whether SNS took it. It keeps no message: what was not taken stays in
//! the caller's outbox. It remembers which topics take only small messages.

mod about;
pub mod channel;
pub mod digest;
mod error;
mod message;
pub mod render;
#[cfg(test)]
mod schemas;
mod sns;
#[cfg(test)]
mod wire;

pub use error::PublishError;
pub use message::{Attribute, AttributeKind, MAX_BYTES, Message};
pub use render::render;
pub use sns::Publisher;

/// What people may choose about the form of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What subscribers over HTTPS get.
    pub https: HttpsForm,
    /// A scope with more notices than this in one pass tells them together.
    pub digest_above: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { https: HttpsForm::default(), digest_above: 5 }
    }
}

/// What subscribers over HTTPS get: a topic can serve chat channels or webhooks, not both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpsForm {
    /// Amazon Q Developer's custom notification, for Slack and Teams.
    #[default]
    AmazonQ,
    /// The machine form, for webhooks of one's own.
    Machine,
}
