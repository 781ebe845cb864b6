//! Why SNS did not take a message.

use super::MAX_BYTES;
use crate::error::{ApiError, ErrorKind};

/// The permission that publishing needs.
pub(super) const ACTION: &str = "sns:Publish";

/// Why a message was not published. The message stays the caller's: it may be sent again.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PublishError {
    /// The whole call failed. Unless SNS refused it, SNS may or may not have taken its messages.
    #[error("the topic {topic}: {source}")]
    Call {
        /// The topic's ARN.
        topic: String,
        /// What SNS or the client said.
        source: ApiError,
    },
    /// SNS took the call but not this message.
    #[error("message refused by {topic} ({code}): {message}")]
    Rejected {
        /// The topic's ARN.
        topic: String,
        /// AWS's error code for the entry.
        code: String,
        /// AWS's explanation.
        message: String,
        /// Whether AWS thinks that the fault is ours.
        sender_fault: bool,
    },
    /// SNS took the call and said nothing of this message.
    #[error("no word about the message from {topic}")]
    Unanswered {
        /// The topic's ARN.
        topic: String,
    },
    /// The message is larger than the topic allows. SNS took nothing of it.
    #[error(
        "the topic {topic} does not take a message of {bytes} bytes ({said}). Its attribute MaximumMessageSize is too small. \
         To raise it: {}",
        raise(.topic)
    )]
    TooLong {
        /// The topic's ARN.
        topic: String,
        /// How large the message is.
        bytes: usize,
        /// What SNS said.
        said: String,
    },
    /// An earlier call failed, so this message was not sent: the order is kept for the next pass.
    #[error("not sent to {topic} because an earlier call failed ({})", .kind.as_str())]
    NotTried {
        /// The topic's ARN.
        topic: String,
        /// The kind of the failure that stopped it.
        kind: ErrorKind,
    },
}

/// The command that raises a topic's limit to the default. It cannot be higher for topics with mail or HTTPS subscriptions:
/// <https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html>.
pub(super) fn raise(topic: &str) -> String {
    format!(
        "aws sns set-topic-attributes --topic-arn {topic} --attribute-name MaximumMessageSize --attribute-value {MAX_BYTES}"
    )
}

/// Whether SNS refuses something because it is larger than the topic allows.
///
/// For one message the documentation names `InvalidParameter`, whose text is "Invalid parameter: Message too long". For the
/// messages of a batch together it names `BatchRequestTooLong`. Which of the two a single large message of a batch gets,
/// and whether as an entry or for the whole call, is not documented, so both count in both places. Some codes carry
/// `Exception` in the model but not on the wire.
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
    /// What sort of failure it is.
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

    /// Whether only this message failed, so that others may still go through.
    pub const fn is_of_one_message(&self) -> bool {
        matches!(self, Self::Rejected { .. } | Self::Unanswered { .. } | Self::TooLong { .. })
    }

    /// The IAM action that would mend it, when permission is what is missing. A topic with a KMS key asks its
    /// publishers for the key, too.
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
