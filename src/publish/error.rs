//! Why a message was not published.

use super::MAX_BYTES;
use crate::error::{ApiError, ErrorKind};

/// The IAM action for publishing.
pub(super) const ACTION: &str = "sns:Publish";

/// Why a message was not published. `topic` is the ARN of the topic.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PublishError {
    /// The whole call failed. If the answer was lost, SNS may have accepted the messages.
    #[error("the topic {topic}: {source}")]
    Call { topic: String, source: ApiError },
    /// SNS accepted the call but not this message.
    #[error("message refused by {topic} ({code}): {message}")]
    Rejected {
        topic: String,
        /// The error code of the entry.
        code: String,
        message: String,
        /// Whether SNS says that the sender made a mistake.
        sender_fault: bool,
    },
    /// SNS answered the call, but the answer does not contain this message.
    #[error("the answer from {topic} does not contain the message")]
    Unanswered { topic: String },
    /// The message is larger than the topic allows. No subscriber received it.
    #[error(
        "the topic {topic} does not accept a message of {bytes} bytes ({said}). Its attribute MaximumMessageSize is too small. \
         To raise it: {}",
        raise(.topic)
    )]
    TooLong {
        topic: String,
        /// The size of the message.
        bytes: usize,
        /// The error message from SNS.
        said: String,
    },
    /// An earlier call failed, so this message was not sent. If it were, it could arrive before the messages of that
    /// call.
    #[error("not sent to {topic} because an earlier call failed ({})", .kind.as_str())]
    NotTried {
        topic: String,
        /// The kind of the earlier failure.
        kind: ErrorKind,
    },
}

/// The command that raises the limit of a topic to the default. Topics with email or HTTPS subscriptions cannot have a
/// higher one: <https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html>.
pub(super) fn raise(topic: &str) -> String {
    format!(
        "aws sns set-topic-attributes --topic-arn {topic} --attribute-name MaximumMessageSize --attribute-value {MAX_BYTES}"
    )
}

/// Whether an error means that a message, or a batch, is larger than the topic allows.
///
/// For one message the documentation names the code `InvalidParameter`, with the text "Invalid parameter: Message too
/// long". For the messages of a batch together it names `BatchRequestTooLong`. It does not say which of the two a
/// single large message of a batch gets, nor whether the error is about the entry or the call. So both codes count in
/// both places. Some codes end in `Exception` in the service model but not in the response.
pub(super) fn is_too_long(code: Option<&str>, message: &str) -> bool {
    match code.unwrap_or_default().trim_end_matches("Exception") {
        "BatchRequestTooLong" => true,
        "InvalidParameter" | "InvalidParameterValue" => {
            let message = message.to_ascii_lowercase();
            ["too long", "too large", "message size", "maximummessagesize"].iter().any(|sign| message.contains(sign))
        }
        _ => false,
    }
}

impl PublishError {
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Call { source, .. } => source.kind,
            Self::Rejected { code, sender_fault, .. } => {
                ErrorKind::of_service(Some(code), Some(if *sender_fault { 400 } else { 500 }))
            }
            Self::Unanswered { .. } => ErrorKind::Unavailable,
            Self::TooLong { .. } => ErrorKind::Invalid,
            Self::NotTried { kind, .. } => *kind,
        }
    }

    /// Whether only this message failed, so that other messages to the topic may succeed.
    pub const fn is_of_one_message(&self) -> bool {
        matches!(self, Self::Rejected { .. } | Self::Unanswered { .. } | Self::TooLong { .. })
    }

    /// The IAM action to allow, if access was denied. If the topic is encrypted, publishers also need its KMS key.
    pub fn action(&self) -> Option<&'static str> {
        let code = match self {
            Self::Call { source, .. } => source.code.as_deref(),
            Self::Rejected { code, .. } => Some(code.as_str()),
            _ => None,
        };
        let needed = if code?.starts_with("KMS") { "kms:GenerateDataKey" } else { ACTION };
        (self.kind() == ErrorKind::Denied).then_some(needed)
    }
}
