//! The wire formats: which service a request is for, and what its answer looks
//! like on the wire. One file per service, each with the operations we speak.
//!
//! One endpoint serves all services. A request says which one it means, and for
//! which region, in the credential scope of its signature; signatures themselves
//! are never checked.

mod backup;
mod dynamodb;
mod json;
mod page;
mod redshift;
mod redshift_serverless;
mod refusal;
mod request;
mod s3tables;
mod sns;
mod sts;
mod xml;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Simulator, fault::FaultKind};
pub(super) use dynamodb::create_table;
pub(super) use refusal::Refusal;
pub(super) use request::Ask;

/// A service that the simulator stands in for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// Amazon Redshift.
    Redshift,
    /// Amazon Redshift Serverless.
    RedshiftServerless,
    /// AWS Backup.
    Backup,
    /// Amazon S3 Tables.
    #[serde(rename = "s3tables")]
    S3Tables,
    /// Amazon SNS.
    Sns,
    /// AWS STS.
    Sts,
    /// Amazon DynamoDB.
    #[serde(rename = "dynamodb")]
    DynamoDb,
}

/// How a service writes requests, answers and errors.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Protocol {
    /// Form-encoded requests, XML answers in this namespace.
    Query { namespace: &'static str },
    /// JSON both ways, the operation in `X-Amz-Target`.
    Json { content_type: &'static str },
    /// Methods and paths, JSON answers.
    Rest,
}

impl Service {
    /// Every service, in the order of the declaration.
    pub const ALL: [Self; 7] =
        [Self::Redshift, Self::RedshiftServerless, Self::Backup, Self::S3Tables, Self::Sns, Self::Sts, Self::DynamoDb];

    /// The name it signs with, which is also the one faults and calls show.
    pub fn name(self) -> &'static str {
        match self {
            Self::Redshift => "redshift",
            Self::RedshiftServerless => "redshift-serverless",
            Self::Backup => "backup",
            Self::S3Tables => "s3tables",
            Self::Sns => "sns",
            Self::Sts => "sts",
            Self::DynamoDb => "dynamodb",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }

    pub(super) fn protocol(self) -> Protocol {
        match self {
            Self::Redshift => Protocol::Query { namespace: "http://redshift.amazonaws.com/doc/2012-12-01/" },
            Self::Sns => Protocol::Query { namespace: "http://sns.amazonaws.com/doc/2010-03-31/" },
            Self::Sts => Protocol::Query { namespace: "https://sts.amazonaws.com/doc/2011-06-15/" },
            Self::RedshiftServerless => Protocol::Json { content_type: "application/x-amz-json-1.1" },
            Self::DynamoDb => Protocol::Json { content_type: "application/x-amz-json-1.0" },
            Self::Backup | Self::S3Tables => Protocol::Rest,
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An answer before it becomes an HTTP response.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    /// The value of `x-amzn-ErrorType`, on errors of the REST services.
    pub error_type: Option<String>,
    pub body: Vec<u8>,
}

/// What the service has to say, leaving faults and the network aside.
pub(super) fn answer(simulator: &Simulator, ask: &Ask, rejected: &[String]) -> Answer {
    let now = simulator.clock().now();
    let body = match ask.service {
        Service::DynamoDb => return dynamodb::answer(simulator.database(), ask),
        Service::Redshift => redshift::answer(ask, &simulator.world()),
        Service::RedshiftServerless => redshift_serverless::answer(ask, &simulator.world()),
        Service::Backup => backup::answer(ask, &simulator.world(), now),
        Service::S3Tables => s3tables::answer(ask, &simulator.world()),
        Service::Sts => sts::answer(ask, &simulator.world()),
        Service::Sns => sns::answer(
            ask,
            &mut simulator.world(),
            &mut sns::Post { now, rejected, inbox: &mut simulator.shared_inbox() },
        ),
    };
    match body {
        Ok(body) => Answer {
            status: 200,
            content_type: match ask.service.protocol() {
                Protocol::Query { .. } => "text/xml",
                Protocol::Json { content_type } => content_type,
                Protocol::Rest => "application/json",
            },
            error_type: None,
            body: body.into_bytes(),
        },
        Err(refusal) => refusal.on_the_wire(ask),
    }
}

/// The answer a fault puts in the place of the service's; `None` for the faults
/// that let the service answer, or let nothing answer.
pub(super) fn faulty(ask: &Ask, kind: &FaultKind, code: Option<&str>) -> Option<Answer> {
    let refusal = match kind {
        FaultKind::Throttle => Refusal::throttled(ask),
        FaultKind::ServerError => Refusal::server_error(ask, 500),
        FaultKind::Unavailable => Refusal::server_error(ask, 503),
        FaultKind::AccessDenied => Refusal::access_denied(ask),
        FaultKind::Error { status, code, message } => Refusal::new(*status, code, message),
        FaultKind::Malformed => {
            let (content_type, body) = match ask.service.protocol() {
                Protocol::Query { .. } => ("text/xml", "{\"answer\": \"not the expected one\"}"),
                Protocol::Json { content_type } => (content_type, "<answer>no JSON</answer>"),
                Protocol::Rest => ("application/json", "<answer>no JSON</answer>"),
            };
            return Some(Answer { status: 200, content_type, error_type: None, body: body.into() });
        }
        FaultKind::Html => {
            return Some(Answer {
                status: 502,
                content_type: "text/html",
                error_type: None,
                body: b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\
                    <body><h1>502 Bad Gateway</h1></body></html>\n"
                    .to_vec(),
            });
        }
        FaultKind::Truncated
        | FaultKind::Hang
        | FaultKind::ConnectionReset
        | FaultKind::NoSuchHost
        | FaultKind::LostAnswer
        | FaultKind::RejectEntry { .. } => return None,
    };
    let refusal = match code {
        Some(code) => Refusal { code: code.to_owned(), ..refusal },
        None => refusal,
    };
    Some(refusal.on_the_wire(ask))
}
