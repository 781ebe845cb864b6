//! The copies of a message, with one file for each channel. `channels` is the registry of the copies for people.
//! [`cloudevents`] is the copy for programs, and the default for protocols without a copy of their own.

mod amazon_q;
pub mod cloudevents;
mod email;
mod inert;
mod roundup;
mod sms;

pub(super) use amazon_q::{Post, post};
pub(super) use inert::inert;

use super::HttpsForm;
use super::digest::Digest;

/// A copy of a message for the subscribers with one protocol.
pub(super) trait Channel: Sync {
    /// The SNS protocol. It is the key of the copy in the message.
    fn protocol(&self) -> &'static str;

    fn copy(&self, digest: &Digest<'_>) -> String;

    /// A copy of a few lines, for a topic that accepts only small messages. `full` is the digest before its texts were
    /// shortened.
    fn brief(&self, digest: &Digest<'_>, full: &Digest<'_>) -> String;
}

/// The channels with a copy of their own.
pub(super) fn channels(https: HttpsForm) -> Vec<&'static dyn Channel> {
    let mut channels: Vec<&'static dyn Channel> = vec![&email::Email, &sms::Sms];
    match https {
        HttpsForm::AmazonQ => channels.push(&amazon_q::AmazonQ),
        // Webhooks get the copy for programs.
        HttpsForm::Machine => {}
    }
    channels
}

/// The sentence in a brief copy that stands for everything else.
const LEFT_OUT: &str = "The rest is left out because this topic takes no larger messages. Raise its attribute \
                        MaximumMessageSize to get all of it.";
