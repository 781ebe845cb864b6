//! The wire formats: which service a request is for, and what its answer looks
//! like on the wire. One file per service, each with the operations we speak.
//!
//! One endpoint serves all services. A request says which one it means, and for
//! which region, in the credential scope of its signature; signatures themselves
//! are never checked.

mod backup;
mod dynamodb;
mod json;
mod organizations;
mod page;
mod redshift;
mod redshift_serverless;
mod refusal;
mod request;
mod s3tables;
mod sns;
mod sqs;
mod sts;
mod xml;

use std::fmt;

use axum::http::Method;
use serde::{Deserialize, Serialize};

use super::world::World;
pub(super) use dynamodb::answer_from_database;
pub(super) use refusal::Refusal;
pub(super) use request::Ask;
pub(super) use sns::Post;

/// A service that the simulator stands in for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    Redshift,
    RedshiftServerless,
    Backup,
    #[serde(rename = "s3tables")]
    S3Tables,
    Sns,
    Sts,
    Organizations,
    Sqs,
    #[serde(rename = "dynamodb")]
    DynamoDb,
}

/// How a service writes requests, answers and errors.
#[derive(Clone, Copy, Debug)]
pub(super) enum Protocol {
    /// Form-encoded requests, XML answers in this namespace.
    Query { namespace: &'static str },
    /// JSON both ways, the operation in `X-Amz-Target`.
    Json { content_type: &'static str },
    /// Methods and paths, JSON answers. `route` finds the operation at a method and a path.
    Rest { route: fn(&Method, &[&str]) -> Option<&'static str> },
}

impl Service {
    /// Every service, in the order of the declaration.
    pub const ALL: [Self; 9] = [
        Self::Redshift,
        Self::RedshiftServerless,
        Self::Backup,
        Self::S3Tables,
        Self::Sns,
        Self::Sts,
        Self::Organizations,
        Self::Sqs,
        Self::DynamoDb,
    ];

    /// The name it signs with, which is also the one faults and calls show.
    pub fn name(self) -> &'static str {
        match self {
            Self::Redshift => "redshift",
            Self::RedshiftServerless => "redshift-serverless",
            Self::Backup => "backup",
            Self::S3Tables => "s3tables",
            Self::Sns => "sns",
            Self::Sts => "sts",
            Self::Organizations => "organizations",
            Self::Sqs => "sqs",
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
            Self::RedshiftServerless | Self::Organizations => {
                Protocol::Json { content_type: "application/x-amz-json-1.1" }
            }
            Self::DynamoDb | Self::Sqs => Protocol::Json { content_type: "application/x-amz-json-1.0" },
            Self::Backup => Protocol::Rest { route: backup::route },
            Self::S3Tables => Protocol::Rest { route: s3tables::route },
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
    /// The value of `x-amzn-query-error`, on errors of SQS: the code that SQS had before it spoke JSON, which the SDKs show.
    pub query_error: Option<String>,
    pub body: Vec<u8>,
}

/// What a service answers from the world, leaving faults and the network aside.
pub(super) fn answer(ask: &Ask, world: &mut World, post: &mut Post<'_>) -> Answer {
    let body = match ask.service {
        Service::Redshift => redshift::answer(ask, world),
        Service::RedshiftServerless => redshift_serverless::answer(ask, world),
        Service::Backup => backup::answer(ask, world, post.now),
        Service::S3Tables => s3tables::answer(ask, world),
        Service::Sts => sts::answer(ask, world, post.now),
        Service::Organizations => organizations::answer(ask, world),
        Service::Sqs => sqs::answer(ask, world, post.now),
        Service::Sns => sns::answer(ask, world, post),
        Service::DynamoDb => dynamodb::answer(ask, world, post.now),
    };
    match body {
        Ok(body) => Answer {
            status: 200,
            content_type: match ask.service.protocol() {
                Protocol::Query { .. } => "text/xml",
                Protocol::Json { content_type } => content_type,
                Protocol::Rest { .. } => "application/json",
            },
            error_type: None,
            query_error: None,
            body: body.into_bytes(),
        },
        Err(refusal) => refusal.on_the_wire(ask),
    }
}
