//! Why SNS did not take a message.

use std::sync::Arc;

use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sns::operation::publish_batch::PublishBatchError;

/// What the SDK said about a whole call.
pub type CallError = SdkError<PublishBatchError>;

/// Why a message was not published. The message stays the caller's: it may be sent again.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PublishError {
    /// The call was not allowed.
    #[error("not allowed to publish to {topic}{}", needs(*.action))]
    Denied {
        /// The topic's ARN.
        topic: String,
        /// The IAM action that would mend it; `None` when the credentials themselves are refused.
        action: Option<&'static str>,
        /// What the SDK said.
        #[source]
        source: Arc<CallError>,
    },
    /// SNS wants fewer calls.
    #[error("throttled while publishing to {topic}")]
    Throttled {
        /// The topic's ARN.
        topic: String,
        /// What the SDK said.
        #[source]
        source: Arc<CallError>,
    },
    /// No answer, or a fault on AWS's side: SNS may or may not have taken the messages.
    #[error("no usable answer from SNS while publishing to {topic}")]
    Unavailable {
        /// The topic's ARN.
        topic: String,
        /// What the SDK said.
        #[source]
        source: Arc<CallError>,
    },
    /// SNS refused the call as it is: no such topic, its KMS key is disabled, a parameter is wrong.
    #[error("refused to publish to {topic} ({code})")]
    Invalid {
        /// The topic's ARN.
        topic: String,
        /// AWS's error code.
        code: String,
        /// What the SDK said.
        #[source]
        source: Arc<CallError>,
    },
    /// The call failed in a way that fits no other variant.
    #[error("failed to publish to {topic}")]
    Failed {
        /// The topic's ARN.
        topic: String,
        /// What the SDK said.
        #[source]
        source: Arc<CallError>,
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
    /// An earlier call failed, so this message was not sent: the order is kept for the next pass.
    #[error("not sent to {topic} because an earlier call failed ({kind})")]
    NotTried {
        /// The topic's ARN.
        topic: String,
        /// The kind of the failure that stopped it.
        kind: &'static str,
    },
}

fn needs(action: Option<&str>) -> String {
    action.map(|action| format!(": {action} is needed")).unwrap_or_default()
}

impl PublishError {
    /// The failure of a whole call.
    pub(super) fn of_call(topic: &str, source: CallError) -> Self {
        let status = source.raw_response().map(|response| response.status().as_u16());
        let service = source.as_service_error();
        let code = service.and_then(ProvideErrorMetadata::code).unwrap_or_default().to_owned();
        let kind = match &source {
            SdkError::ServiceError(_) => kind_of(&code, status),
            SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) | SdkError::ResponseError(_) => "unavailable",
            _ => "publish",
        };
        let topic = topic.to_owned();
        let source = Arc::new(source);
        match kind {
            "denied" => Self::Denied { topic, action: action_for(&code), source },
            "throttled" => Self::Throttled { topic, source },
            "unavailable" => Self::Unavailable { topic, source },
            "invalid" => Self::Invalid { topic, code, source },
            _ => Self::Failed { topic, source },
        }
    }

    /// The failure in one stable word: `denied`, `throttled`, `unavailable`, `invalid` or `publish`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Denied { .. } => "denied",
            Self::Throttled { .. } => "throttled",
            Self::Unavailable { .. } => "unavailable",
            Self::Invalid { .. } => "invalid",
            Self::Rejected { code, sender_fault, .. } => kind_of(code, Some(if *sender_fault { 400 } else { 500 })),
            Self::Failed { .. } | Self::Unanswered { .. } => "publish",
            Self::NotTried { kind, .. } => kind,
        }
    }

    /// Whether only this message failed, so that others may still go through.
    pub const fn is_of_one_message(&self) -> bool {
        matches!(self, Self::Rejected { .. } | Self::Unanswered { .. })
    }

    /// The IAM action that would mend it, when permission is what is missing.
    pub fn action(&self) -> Option<&str> {
        match self {
            Self::Denied { action, .. } => *action,
            Self::Rejected { code, .. } if self.kind() == "denied" => action_for(code),
            _ => None,
        }
    }
}

/// The kind of a failure with that error code and HTTP status. Codes:
/// <https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html> and its page of common errors; the SDK's names
/// carry `Exception`, the wire's don't always.
fn kind_of(code: &str, status: Option<u16>) -> &'static str {
    match code.trim_end_matches("Exception") {
        "AuthorizationError"
        | "AccessDenied"
        | "KMSAccessDenied"
        | "OptInRequired"
        | "InvalidSecurity"
        | "InvalidClientTokenId"
        | "UnrecognizedClient"
        | "ExpiredToken"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "MissingAuthenticationToken" => "denied",
        "Throttled"
        | "Throttling"
        | "ThrottlingError"
        | "KMSThrottling"
        | "TooManyRequests"
        | "RequestLimitExceeded" => "throttled",
        "InternalError" | "InternalFailure" | "ServiceUnavailable" | "RequestTimeout" => "unavailable",
        "NotFound"
        | "InvalidParameter"
        | "InvalidParameterValue"
        | "ParameterValueInvalid"
        | "ValidationError"
        | "Validation"
        | "EndpointDisabled"
        | "PlatformApplicationDisabled"
        | "KMSDisabled"
        | "KMSInvalidState"
        | "KMSNotFound"
        | "KMSOptInRequired"
        | "BatchRequestTooLong"
        | "BatchEntryIdsNotDistinct"
        | "EmptyBatchRequest"
        | "InvalidBatchEntryId"
        | "TooManyEntriesInBatchRequest" => "invalid",
        _ => match status {
            Some(403) => "denied",
            Some(429) => "throttled",
            Some(500..) => "unavailable",
            _ => "publish",
        },
    }
}

/// The IAM action that a denial with that code asks for. A topic with a KMS key asks its publishers for the key, too.
fn action_for(code: &str) -> Option<&'static str> {
    match code.trim_end_matches("Exception") {
        "AuthorizationError" | "AccessDenied" => Some("sns:Publish"),
        "KMSAccessDenied" => Some("kms:GenerateDataKey"),
        _ => None,
    }
}
