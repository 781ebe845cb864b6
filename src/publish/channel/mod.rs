//! The copies of a message: one file per channel. [`channels()`] is the registry of those that people read;
//! [`cloudevents`] is the copy for programs, which everyone gets who has no other.

mod amazon_q;
pub mod cloudevents;
mod email;
mod inert;
mod roundup;
mod sms;

use super::HttpsForm;
use super::digest::Digest;

/// A copy of a message for the subscribers of some protocol.
pub(super) trait Channel: Sync {
    /// The protocol of SNS, which is the copy's key in the message.
    fn protocol(&self) -> &'static str;

    /// The copy.
    fn copy(&self, digest: &Digest<'_>) -> String;

    /// The copy in a few lines, for a topic that takes small messages only. `whole` is the digest before its texts were
    /// shortened.
    fn brief(&self, digest: &Digest<'_>, whole: &Digest<'_>) -> String;
}

/// The channels that have a copy of their own.
pub(super) fn channels(https: HttpsForm) -> Vec<&'static dyn Channel> {
    let mut channels: Vec<&'static dyn Channel> = vec![&email::Email, &sms::Sms];
    match https {
        HttpsForm::AmazonQ => channels.push(&amazon_q::AmazonQ),
        // Webhooks get the copy for programs.
        HttpsForm::Machine => {}
    }
    channels
}

/// What people read in a brief copy in place of everything else.
const LEFT_OUT: &str = "The rest is left out because this topic takes no larger messages. Raise its attribute \
                        MaximumMessageSize to get all of it.";
