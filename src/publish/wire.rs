//! The real SDK client with a connector that answers in place of SNS.

use std::sync::{Arc, Mutex};

use aws_sdk_sns::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;

use aws_sdk_sns::Client;

use super::Publisher;

pub(super) const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:tidings";

/// The parameters of one call, in the order of the request.
pub(super) type Call = Vec<(String, String)>;

#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// HTTP status and body.
    Says(u16, String),
    /// The connection breaks.
    Silence,
}

/// Gets the number of the call and the ids of its entries.
type Answering = dyn Fn(usize, &[String]) -> Answer + Send + Sync;

/// Answers the calls and records them.
#[derive(Clone)]
struct Wire {
    calls: Arc<Mutex<Vec<Call>>>,
    answer: Arc<Answering>,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wire")
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().expect("a body in memory");
        let call = form(std::str::from_utf8(body).expect("text"));
        let ids = values(&call, ".Id");
        let mut calls = self.calls.lock().expect("no poison");
        let answer = (self.answer)(calls.len(), &ids);
        calls.push(call);
        HttpConnectorFuture::ready(match answer {
            Answer::Says(status, body) => {
                Ok(HttpResponse::new(status.try_into().expect("a status"), SdkBody::from(body)))
            }
            Answer::Silence => Err(ConnectorError::io("connection reset".into())),
        })
    }
}

fn form(body: &str) -> Call {
    form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

/// The values of the entry parameters whose names have this ending.
pub(super) fn values(call: &Call, ending: &str) -> Vec<String> {
    call.iter()
        .filter(|(name, _)| {
            name.starts_with("PublishBatchRequestEntries.member.")
                && name.matches('.').count() == 3
                && name.ends_with(ending)
        })
        .map(|(_, value)| value.clone())
        .collect()
}

/// SNS's answer to a batch: the ids of the accepted entries, and `(id, code, message, sender fault)` of the others.
pub(super) fn batch_answer(taken: &[String], failed: &[(&str, &str, &str, bool)]) -> Answer {
    let taken: Vec<String> =
        taken.iter().map(|id| format!("<member><Id>{id}</Id><MessageId>{id}-0</MessageId></member>")).collect();
    let failed: Vec<String> = failed
        .iter()
        .map(|(id, code, message, sender)| {
            format!(
                "<member><Id>{id}</Id><Code>{code}</Code><Message>{message}</Message>\
                 <SenderFault>{sender}</SenderFault></member>"
            )
        })
        .collect();
    let (taken, failed) = (taken.concat(), failed.concat());
    Answer::Says(
        200,
        format!(
            "<PublishBatchResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishBatchResult>\
             <Successful>{taken}</Successful><Failed>{failed}</Failed></PublishBatchResult>\
             <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishBatchResponse>"
        ),
    )
}

/// SNS's answer if it refuses the whole call.
pub(super) fn error_answer(status: u16, code: &str) -> Answer {
    Answer::Says(
        status,
        format!(
            "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>"
        ),
    )
}

/// A publisher with these answers, and the list to which its calls are added.
pub(super) fn publisher(
    answer: impl Fn(usize, &[String]) -> Answer + Send + Sync + 'static,
) -> (Publisher, Arc<Mutex<Vec<Call>>>) {
    let wire = Wire { calls: Arc::default(), answer: Arc::new(answer) };
    let calls = wire.calls.clone();
    let config = aws_sdk_sns::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "tests"))
        .retry_config(RetryConfig::disabled())
        .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(wire.clone())))
        .build();
    let client = Client::from_conf(config);
    (Publisher::new(client, TOPIC.to_owned()), calls)
}
