//! Errors of AWS APIs.
//!
//! An error code counts only if the error document is complete. The SDK takes the code from half an XML document, too, or
//! from a header of an answer without a body. Two such answers would be enough to report a running restore as vanished, so
//! [`ApiError::new`], which all clients' errors go through, ignores them.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{DispatchFailure, SdkError};
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

pub use crate::domain::ErrorKind;
use crate::domain::{ScopeError, shorten};

/// How many bytes of an error's text are kept. A proxy's HTML page may be long and does not help.
const LONGEST: usize = 600;

impl ErrorKind {
    /// The kind of an error answer, by its code first and its HTTP status second. The codes come from the API pages and
    /// their pages of common errors; some carry `Exception` in the model but not on the wire.
    pub(crate) fn of_service(code: Option<&str>, status: Option<u16>) -> Self {
        match code.unwrap_or_default().trim_end_matches("Exception") {
            "AccessDenied" | "AuthorizationError" | "Forbidden" | "KMSAccessDenied" | "UnauthorizedOperation" => {
                Self::Denied
            }
            // The account has not signed up for the service, or the service is not offered to it.
            "OptInRequired" | "SubscriptionRequired" => Self::NotAvailable,
            "ExpiredToken"
            | "IncompleteSignature"
            | "InvalidClientTokenId"
            | "InvalidSignature"
            | "MissingAuthenticationToken"
            | "SignatureDoesNotMatch"
            | "UnrecognizedClient" => Self::Credentials,
            "KMSThrottling"
            | "ProvisionedThroughputExceeded"
            | "RequestLimitExceeded"
            | "RequestThrottled"
            | "SlowDown"
            | "Throttled"
            | "Throttling"
            | "TooManyRequests" => Self::Throttled,
            "ClusterNotFound"
            | "ExportNotFound"
            | "ImportNotFound"
            | "NotFound"
            | "ResourceNotFound"
            | "TableRestoreNotFoundFault" => Self::NotFound,
            _ => match status {
                Some(403) => Self::Denied,
                Some(429) => Self::Throttled,
                Some(status) if status >= 500 => Self::Unavailable,
                _ => Self::Invalid,
            },
        }
    }
}

/// A failed call. The text has the whole chain of causes.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{action} {}: {message}", verb(*.kind))]
pub struct ApiError {
    /// What sort of failure.
    pub kind: ErrorKind,
    /// The operation as its IAM action, such as `backup:ListRestoreJobs`.
    pub action: &'static str,
    /// The service's error code, if it gave one.
    pub code: Option<String>,
    /// The message of the service or the client.
    pub message: String,
}

const fn verb(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Denied => "was denied",
        ErrorKind::Throttled => "was throttled",
        ErrorKind::Timeout => "got no answer in time",
        ErrorKind::Malformed => "got an answer that cannot be read",
        ErrorKind::NotAvailable => "found no such service for this account and region",
        _ => "failed",
    }
}

impl ApiError {
    /// Reads an SDK error. `action` is the operation's IAM action.
    pub fn new<E>(action: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        let metadata = error.as_service_error().map(ProvideErrorMetadata::meta);
        let code = metadata.and_then(|meta| meta.code()).map(str::to_owned);
        let status = error.raw_response().map(|response| response.status().as_u16());
        let kind = match error {
            SdkError::TimeoutError(_) => ErrorKind::Timeout,
            SdkError::DispatchFailure(failure) if failure.is_timeout() => ErrorKind::Timeout,
            SdkError::DispatchFailure(failure) if failure.is_user() => ErrorKind::Invalid,
            SdkError::DispatchFailure(failure) if names_no_host(failure) => ErrorKind::NotAvailable,
            SdkError::DispatchFailure(failure) if !failure.is_io() && names_credentials(failure) => {
                ErrorKind::Credentials
            }
            SdkError::ConstructionFailure(_) => ErrorKind::Credentials,
            SdkError::ServiceError(answer) if !is_whole(answer.raw()) => return Self::unreadable(action, answer.raw()),
            SdkError::ServiceError(_) => ErrorKind::of_service(code.as_deref(), status),
            SdkError::ResponseError(_) if status.is_some_and(|status| status >= 500) => ErrorKind::Unavailable,
            SdkError::ResponseError(_) => ErrorKind::Malformed,
            _ => ErrorKind::Unavailable,
        };
        let message = match metadata.and_then(|meta| meta.message()) {
            Some(said) => match &code {
                Some(code) => format!("{said} ({code})"),
                None => said.to_owned(),
            },
            None => chain(error),
        };
        Self { kind, action, code, message: one_line(&message) }
    }

    /// An error answer whose document is incomplete. Only its HTTP status can be trusted, and only statuses that are
    /// unambiguous without a code.
    fn unreadable(action: &'static str, answer: &HttpResponse) -> Self {
        let status = answer.status().as_u16();
        let kind = match status {
            429 => ErrorKind::Throttled,
            500.. => ErrorKind::Unavailable,
            _ => ErrorKind::Malformed,
        };
        let message = format!("HTTP {status} with an error document that is cut off or not the service's own");
        Self { kind, action, code: None, message }
    }

    /// An answer without something that it must have.
    pub fn malformed(action: &'static str, message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Malformed, action, code: None, message: one_line(&message.into()) }
    }
}

/// Whether an error answer has a complete document: a JSON object, or XML with the end tag of every XML error.
fn is_whole(answer: &HttpResponse) -> bool {
    // The SDK has read the body by now. A body that it still streams cannot be checked.
    let Some(body) = answer.body().bytes().map(<[u8]>::trim_ascii) else {
        return true;
    };
    body.ends_with(b"</ErrorResponse>")
        || body.starts_with(b"{") && serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok()
}

/// Whether a call was not sent because there were no credentials.
fn names_credentials(failure: &DispatchFailure) -> bool {
    failure.as_connector_error().is_some_and(|error| DisplayErrorContext(error).to_string().contains("redential"))
}

/// Whether the service's host name does not exist, as in a region without the service. A name server that does not answer
/// gives another error (`Temporary failure in name resolution`), which is an outage.
fn names_no_host(failure: &DispatchFailure) -> bool {
    let says_so = |text: &str| {
        // The messages of glibc, musl and macOS.
        ["Name or service not known", "Name does not resolve", "nodename nor servname provided"]
            .iter()
            .any(|words| text.contains(words))
    };
    failure.as_connector_error().is_some_and(|error| says_so(&DisplayErrorContext(error).to_string()))
}

fn one_line(text: &str) -> String {
    shorten(&text.split_whitespace().collect::<Vec<_>>().join(" "), LONGEST)
}

/// An error and all its causes in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl From<&ApiError> for ScopeError {
    fn from(error: &ApiError) -> Self {
        Self {
            kind: error.kind,
            message: error.to_string(),
            action: (error.kind == ErrorKind::Denied).then(|| error.action.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_redshift::operation::describe_table_restore_status::DescribeTableRestoreStatusError as RedshiftError;
    use aws_sdk_s3tables::operation::get_table_replication_status::GetTableReplicationStatusError as S3TablesError;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    /// What becomes of an error answer with that status and body in which the SDK has found `code`.
    fn read<E>(status: u16, body: &str, code: Option<&str>, error: impl Fn(ErrorMetadata) -> E) -> ApiError
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        let mut metadata = ErrorMetadata::builder();
        if let Some(code) = code {
            metadata = metadata.code(code);
        }
        let answer = HttpResponse::new(status.try_into().expect("a status"), SdkBody::from(body));
        ApiError::new("service:Operation", &SdkError::service_error(error(metadata.build()), answer))
    }

    const XML: &str = "<?xml version=\"1.0\"?>\n<ErrorResponse><Error><Type>Sender</Type><Code>TableRestoreNotFoundFault</Code>\
                       <Message>no</Message></Error><RequestId>1</RequestId></ErrorResponse>\n";
    const JSON: &str = r#"{"message": "no such table", "detail": {"a": [1]}}"#;

    #[test]
    fn half_an_xml_document_is_no_answer() {
        let code = Some("TableRestoreNotFoundFault");
        let whole = read(400, XML, code, RedshiftError::generic);
        assert_eq!((whole.kind, whole.code.as_deref()), (ErrorKind::NotFound, code));
        let last = XML.trim_end().len();
        for cut in 0..last {
            let error = read(400, &XML[..cut], code, RedshiftError::generic);
            assert_eq!((error.kind, error.code), (ErrorKind::Malformed, None), "{:?}", &XML[..cut]);
        }
    }

    #[test]
    fn half_a_json_document_is_no_answer_even_if_a_header_names_the_error() {
        let code = Some("ResourceNotFoundException");
        for status in [400, 404] {
            let whole = read(status, JSON, code, S3TablesError::generic);
            assert_eq!((whole.kind, whole.code.as_deref()), (ErrorKind::NotFound, code));
            for cut in 0..JSON.len() {
                let error = read(status, &JSON[..cut], code, S3TablesError::generic);
                assert_eq!((error.kind, error.code), (ErrorKind::Malformed, None), "{:?}", &JSON[..cut]);
            }
        }
    }

    #[test]
    fn without_a_whole_document_the_status_alone_counts() {
        let page = "<html><body>Sorry</body></html>";
        let cases = [
            (400, ErrorKind::Malformed),
            (403, ErrorKind::Malformed),
            (404, ErrorKind::Malformed),
            (429, ErrorKind::Throttled),
            (500, ErrorKind::Unavailable),
            (502, ErrorKind::Unavailable),
        ];
        for (status, kind) in cases {
            for body in ["", page, "{\"message\": \"a"] {
                let error = read(status, body, Some("ResourceNotFoundException"), S3TablesError::generic);
                assert_eq!(error.kind, kind, "{status} {body}");
                assert!(error.to_string().contains(&format!("HTTP {status}")), "{error}");
            }
        }
    }
}
