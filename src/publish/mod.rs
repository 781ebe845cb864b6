//! Turns notices into messages, and publishes messages to SNS.
//!
//! [`render()`] and [`digest`] are pure. They turn notices into one [`Message`] or into as few as possible, with a copy
//! for every channel, and never fail. `about/` has one file for each source, `channel/` one for each channel.
//!
//! [`Publisher`] sends messages and returns for each whether SNS accepted it. It stores no messages: if SNS did not
//! accept one, its notices stay in the outboxes of the caller. It remembers which topics accept only small messages.

mod about;
pub mod channel;
pub mod digest;
mod error;
mod message;
pub mod render;
pub mod report;
#[cfg(test)]
mod schemas;
mod sns;
#[cfg(test)]
mod wire;

pub use error::PublishError;
pub use message::{Attribute, AttributeKind, MAX_BYTES, Message};
pub use render::render;
pub use sns::Publisher;

/// The settings for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    pub https: HttpsForm,
    /// If one pass over a scope, or one delivery, has more notices than this, they share messages.
    pub digest_above: usize,
    pub group_by: GroupBy,
}

/// What keeps digests apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupBy {
    pub account: bool,
    pub region: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { https: HttpsForm::default(), digest_above: 5, group_by: GroupBy::default() }
    }
}

/// What HTTPS subscribers get. A topic has one copy for all of them, so it can serve chat channels or webhooks, not
/// both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpsForm {
    /// The custom notification of Amazon Q Developer, for Slack and Teams.
    #[default]
    AmazonQ,
    /// The copy for programs, for webhooks.
    Machine,
}
