//! The publisher against the real SDK client, over a connector that answers instead of SNS.

use std::sync::{Arc, Mutex};

use aws_sdk_sns::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;

use super::*;
use crate::domain::{Notice, Severity};
use crate::publish::{AttributeKind, Settings, render, samples};

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:tidings";

/// One call's parameters, in the order of the wire.
type Call = Vec<(String, String)>;
/// What comes back.
#[derive(Clone, Debug)]
enum Answer {
    /// HTTP status and body.
    Says(u16, String),
    /// The connection breaks.
    Silence,
}

/// Answers a call, given its number and its entry ids.
type Answering = dyn Fn(usize, &[String]) -> Answer + Send + Sync;

/// Answers the calls and notes them down.
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
            Answer::Says(status, body) => Ok(HttpResponse::new(
                status.try_into().expect("a status"),
                SdkBody::from(body),
            )),
            Answer::Silence => Err(ConnectorError::io("connection reset".into())),
        })
    }
}

/// Reads `application/x-www-form-urlencoded`.
fn form(body: &str) -> Call {
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'+' => b' ',
                b'%' => {
                    let digits = [rest.next(), rest.next()].map(|digit| digit.expect("a digit"));
                    let digits = std::str::from_utf8(&digits).expect("digits");
                    u8::from_str_radix(digits, 16).expect("hex")
                }
                byte => byte,
            });
        }
        String::from_utf8(bytes).expect("UTF-8")
    };
    body.split('&')
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// The values of the entries' parameters whose names end so.
fn values(call: &Call, ending: &str) -> Vec<String> {
    call.iter()
        .filter(|(name, _)| {
            name.starts_with("PublishBatchRequestEntries.member.")
                && name.matches('.').count() == 3
                && name.ends_with(ending)
        })
        .map(|(_, value)| value.clone())
        .collect()
}

fn batch_answer(taken: &[String], failed: &[(&str, &str, &str, bool)]) -> Answer {
    let taken: Vec<String> = taken
        .iter()
        .map(|id| format!("<member><Id>{id}</Id><MessageId>{id}-0</MessageId></member>"))
        .collect();
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

fn error_answer(status: u16, code: &str) -> Answer {
    Answer::Says(
        status,
        format!(
            "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>"
        ),
    )
}

fn publisher(
    answer: impl Fn(usize, &[String]) -> Answer + Send + Sync + 'static,
) -> (Publisher, Arc<Mutex<Vec<Call>>>) {
    let wire = Wire {
        calls: Arc::default(),
        answer: Arc::new(answer),
    };
    let calls = wire.calls.clone();
    let config = aws_sdk_sns::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "tests"))
        .retry_config(RetryConfig::disabled())
        .http_client(http_client_fn(move |_, _| {
            SharedHttpConnector::new(wire.clone())
        }))
        .build();
    let client = Client::from_conf(config);
    (Publisher::new(client, TOPIC.to_owned()), calls)
}

fn message(name: &str, bytes: usize) -> Message {
    Message {
        subject: name.to_owned(),
        body: format!("{{\"default\":\"{}\"}}", "x".repeat(bytes)),
        attributes: vec![Attribute {
            name: "severity",
            kind: AttributeKind::String,
            value: "info".to_owned(),
        }],
        notices: Vec::new(),
    }
}

fn messages(count: usize) -> Vec<Message> {
    (0..count)
        .map(|position| message(&format!("Message {position}"), 10))
        .collect()
}

fn kinds(results: &[Result<(), PublishError>]) -> Vec<&'static str> {
    results
        .iter()
        .map(|result| {
            result
                .as_ref()
                .map_or_else(PublishError::kind, |()| "taken")
        })
        .collect()
}

/// The whole chain, as the edge prints it.
fn chain(error: &PublishError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[tokio::test]
async fn one_message_goes_as_a_batch_of_one_with_all_its_parts() {
    let (publisher, calls) = publisher(|_, ids| batch_answer(ids, &[]));
    let notice: Notice = samples::graded(Severity::Critical);
    let message = render(&[notice], &Settings::default());
    let results = publisher.publish(std::slice::from_ref(&message)).await;
    assert_eq!(kinds(&results), ["taken"]);

    let calls = calls.lock().expect("no poison");
    assert_eq!(calls.len(), 1);
    let parameter = |name: &str| {
        let found = calls[0].iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    };
    let entry = |name: &str| parameter(&format!("PublishBatchRequestEntries.member.1.{name}"));
    assert_eq!(parameter("Action"), Some("PublishBatch"));
    assert_eq!(parameter("TopicArn"), Some(TOPIC));
    assert_eq!(entry("Subject"), Some(message.subject.as_str()));
    assert_eq!(entry("Message"), Some(message.body.as_str()));
    assert_eq!(entry("MessageStructure"), Some("json"));
    let attributes = calls[0]
        .iter()
        .filter(|(name, _)| name.contains("MessageAttributes.entry.") && name.ends_with(".Name"));
    assert_eq!(attributes.count(), 6);
    assert!(calls[0].iter().any(|(_, value)| value == "String.Array"));
}

#[tokio::test]
async fn more_than_ten_messages_go_in_order() {
    let (publisher, calls) = publisher(|_, ids| batch_answer(ids, &[]));
    let results = publisher.publish(&messages(23)).await;
    assert_eq!(kinds(&results), ["taken"; 23]);
    let calls = calls.lock().expect("no poison");
    let sizes: Vec<usize> = calls.iter().map(|call| values(call, ".Id").len()).collect();
    assert_eq!(sizes, [10, 10, 3]);
    let sent: Vec<String> = calls
        .iter()
        .flat_map(|call| values(call, ".Subject"))
        .collect();
    let expected: Vec<String> = (0..23)
        .map(|position| format!("Message {position}"))
        .collect();
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn batches_stay_under_the_total_size() {
    let (publisher, calls) = publisher(|_, ids| batch_answer(ids, &[]));
    let large = [100_000, 100_000, 100_000, 260_000, 10, 10];
    let large: Vec<Message> = large.iter().map(|bytes| message("Large", *bytes)).collect();
    let results = publisher.publish(&large).await;
    assert_eq!(kinds(&results), ["taken"; 6]);
    let calls = calls.lock().expect("no poison");
    let sizes: Vec<usize> = calls.iter().map(|call| values(call, ".Id").len()).collect();
    assert_eq!(sizes, [2, 1, 3]);
    for batch in batches(&large) {
        assert!(batch.iter().map(Message::bytes).sum::<usize>() <= MAX_BYTES);
    }
    assert!(batches(&[]).is_empty());
    assert_eq!(
        batches(&[message("Too large", MAX_BYTES), message("Small", 1)]).len(),
        2
    );
}

#[tokio::test]
async fn a_refused_entry_is_told_apart_from_the_others() {
    let (publisher, _) = publisher(|_, ids| {
        let failed = [("m1", "InvalidParameter", "Invalid parameter: Subject", true)];
        // Out of order, and silent about the last one.
        batch_answer(&[ids[2].clone(), ids[0].clone()], &failed)
    });
    let results = publisher.publish(&messages(4)).await;
    assert_eq!(kinds(&results), ["taken", "invalid", "taken", "publish"]);
    let refused = results[1].as_ref().expect_err("refused");
    assert_eq!(
        refused.to_string(),
        format!("message refused by {TOPIC} (InvalidParameter): Invalid parameter: Subject")
    );
    assert!(matches!(results[3], Err(PublishError::Unanswered { .. })));
}

#[tokio::test]
async fn an_entry_that_aws_could_not_take_is_worth_another_try() {
    let (publisher, _) = publisher(|_, _| {
        batch_answer(
            &[],
            &[
                ("m0", "InternalError", "try again", false),
                ("m1", "AuthorizationError", "no", true),
            ],
        )
    });
    let results = publisher.publish(&messages(2)).await;
    assert_eq!(kinds(&results), ["unavailable", "denied"]);
    let denied = results[1].as_ref().expect_err("denied");
    assert_eq!(denied.action(), Some("sns:Publish"));
}

#[tokio::test]
async fn a_failed_call_keeps_the_rest_back() {
    let (publisher, calls) = publisher(|call, ids| match call {
        0 => batch_answer(ids, &[]),
        _ => error_answer(403, "AuthorizationError"),
    });
    let results = publisher.publish(&messages(25)).await;
    assert_eq!(calls.lock().expect("no poison").len(), 2);
    assert_eq!(kinds(&results[..10]), ["taken"; 10]);
    assert_eq!(kinds(&results[10..]), ["denied"; 15]);
    assert!(matches!(results[19], Err(PublishError::Denied { .. })));
    assert!(matches!(results[20], Err(PublishError::NotTried { .. })));
    let denied = results[10].as_ref().expect_err("denied");
    assert_eq!(denied.action(), Some("sns:Publish"));
    assert!(
        chain(denied).starts_with(&format!(
            "not allowed to publish to {TOPIC}: sns:Publish is needed: "
        )),
        "{}",
        chain(denied)
    );
    assert!(
        chain(denied).contains("AuthorizationError"),
        "{}",
        chain(denied)
    );
}

#[tokio::test]
async fn failed_calls_by_kind() {
    let cases = [
        (
            error_answer(400, "KMSAccessDenied"),
            "denied",
            Some("kms:GenerateDataKey"),
        ),
        (error_answer(403, "ExpiredToken"), "denied", None),
        (error_answer(400, "Throttling"), "throttled", None),
        (error_answer(400, "KMSThrottling"), "throttled", None),
        (error_answer(404, "NotFound"), "invalid", None),
        (error_answer(400, "KMSDisabled"), "invalid", None),
        (error_answer(500, "InternalError"), "unavailable", None),
        (error_answer(503, "Odd"), "unavailable", None),
        (error_answer(418, "Odd"), "publish", None),
        (
            Answer::Says(502, "<html>bad gateway</html>".to_owned()),
            "unavailable",
            None,
        ),
        (Answer::Silence, "unavailable", None),
    ];
    for (answer, kind, action) in cases {
        let told = format!("{answer:?}");
        let (publisher, _) = publisher(move |_, _| answer.clone());
        let results = publisher.publish(&messages(1)).await;
        let error = results[0].as_ref().expect_err("an error");
        assert_eq!(
            (error.kind(), error.action()),
            (kind, action),
            "{told}: {}",
            chain(error)
        );
        assert!(error.to_string().contains(TOPIC), "{error}");
    }
}

#[tokio::test]
async fn nothing_to_send_makes_no_call() {
    let (publisher, calls) = publisher(|_, ids| batch_answer(ids, &[]));
    assert!(publisher.publish(&[]).await.is_empty());
    assert!(calls.lock().expect("no poison").is_empty());
    assert_eq!(publisher.topic_arn(), TOPIC);
}
