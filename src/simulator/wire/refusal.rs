//! Errors: a status, a code and a message, written the way each protocol does.

use super::xml::Xml;
use super::{Answer, Ask, Protocol, Service};

/// A service's refusal.
#[derive(Clone, Debug)]
pub(in crate::simulator) struct Refusal {
    pub status: u16,
    pub code: String,
    pub message: String,
}

impl Refusal {
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }

    /// An operation of the service that the simulator does not speak.
    pub fn unknown_operation(ask: &Ask) -> Self {
        let (status, code) = match ask.service.protocol() {
            Protocol::Query { .. } => (400, "InvalidAction"),
            Protocol::Json { .. } => (400, "UnknownOperationException"),
            Protocol::Rest { .. } => (404, "UnknownOperationException"),
        };
        let message = format!("the simulator does not speak {}", ask.iam_action());
        Self::new(status, code, message)
    }

    /// The service's way of saying "too many requests".
    pub fn throttled(ask: &Ask) -> Self {
        let (status, code) = match ask.service {
            Service::Redshift | Service::Sns | Service::Sts => (400, "Throttling"),
            Service::RedshiftServerless | Service::Backup | Service::DynamoDb => (400, "ThrottlingException"),
            Service::Organizations => (400, "TooManyRequestsException"),
            Service::Sqs => (400, "RequestThrottled"),
            Service::S3Tables => (429, "TooManyRequestsException"),
        };
        Self::new(status, code, "Rate exceeded")
    }

    /// The service's way of saying that the fault is its own.
    pub fn server_error(ask: &Ask, status: u16) -> Self {
        let code = match (ask.service, status) {
            (Service::Redshift | Service::Sts, 503) => "ServiceUnavailable",
            (Service::Redshift | Service::Sts | Service::Sqs, _) => "InternalFailure",
            (Service::RedshiftServerless, _) => "InternalServerException",
            (Service::Backup, _) => "ServiceUnavailableException",
            (Service::S3Tables, _) => "InternalServerErrorException",
            (Service::Sns, _) => "InternalError",
            (Service::DynamoDb, _) => "InternalServerError",
            (Service::Organizations, _) => "ServiceException",
        };
        Self::new(status, code, "The service has failed; try again later.")
    }

    /// The service's way of saying that IAM does not allow this.
    pub fn access_denied(ask: &Ask) -> Self {
        let (status, code) = match ask.service {
            Service::Redshift | Service::Sts | Service::Sqs => (403, "AccessDenied"),
            Service::Sns => (403, "AuthorizationError"),
            Service::Backup | Service::S3Tables => (403, "AccessDeniedException"),
            Service::RedshiftServerless | Service::DynamoDb | Service::Organizations => (400, "AccessDeniedException"),
        };
        let message = format!(
            "User: {} is not authorized to perform: {} \
             on resource: {} because no identity-based policy allows the {} action",
            ask.caller(),
            ask.iam_action(),
            ask.iam_resource(),
            ask.iam_action(),
        );
        Self::new(status, code, message)
    }

    /// The service's way of saying that the credentials are too old.
    pub fn expired(ask: &Ask) -> Self {
        let code = match ask.service.protocol() {
            Protocol::Query { .. } => "ExpiredToken",
            Protocol::Json { .. } | Protocol::Rest { .. } => "ExpiredTokenException",
        };
        Self::new(403, code, "The security token included in the request is expired")
    }

    /// The refusal as `ask`'s service writes it.
    pub fn on_the_wire(&self, ask: &Ask) -> Answer {
        let (content_type, error_type, body) = match ask.service.protocol() {
            Protocol::Query { namespace } => {
                let mut xml = Xml::new();
                xml.root("ErrorResponse", namespace, |xml| {
                    xml.element("Error", |xml| {
                        let fault = if self.status < 500 { "Sender" } else { "Receiver" };
                        xml.text("Type", fault);
                        xml.text("Code", &self.code);
                        xml.text("Message", &self.message);
                    });
                    xml.text("RequestId", &ask.request_id);
                });
                ("text/xml", None, xml.into_string())
            }
            Protocol::Json { content_type } => {
                let body = match ask.service {
                    Service::DynamoDb => serde_json::json!({
                        "__type": format!("com.amazonaws.dynamodb.v20120810#{}", self.code),
                        "message": self.message,
                    }),
                    _ => serde_json::json!({"__type": self.code, "message": self.message}),
                };
                (content_type, None, body.to_string())
            }
            Protocol::Rest { .. } => {
                let body = match ask.service {
                    Service::Backup => serde_json::json!({"Message": self.message}),
                    _ => serde_json::json!({"message": self.message}),
                };
                ("application/json", Some(self.code.clone()), body.to_string())
            }
        };
        let query_error = (ask.service == Service::Sqs).then(|| self.query_error());
        Answer { status: self.status, content_type, error_type, query_error, body: body.into_bytes() }
    }

    /// The old code of an error of SQS, and whose fault it is.
    fn query_error(&self) -> String {
        let code = match self.code.as_str() {
            "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue",
            "EmptyBatchRequest" => "AWS.SimpleQueueService.EmptyBatchRequest",
            "BatchRequestTooLong" => "AWS.SimpleQueueService.BatchRequestTooLong",
            "TooManyEntriesInBatchRequest" => "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            other => other,
        };
        let whose = if self.status < 500 { "Sender" } else { "Receiver" };
        format!("{code};{whose}")
    }
}
