//! The publisher against the real SDK client, over a connector that answers instead of SNS.

use super::*;
use crate::domain::{Notice, Severity};
use crate::publish::wire::{Answer, TOPIC, batch_answer, error_answer, publisher, values};
use crate::publish::{AttributeKind, Settings, render};
use crate::samples;

fn message(name: &str, bytes: usize) -> Message {
    Message {
        subject: name.to_owned(),
        body: format!("{{\"default\":\"{}\"}}", "x".repeat(bytes)),
        attributes: vec![Attribute { name: "severity", kind: AttributeKind::String, value: "info".to_owned() }],
        notices: Vec::new(),
    }
}

fn messages(count: usize) -> Vec<Message> {
    (0..count).map(|position| message(&format!("Message {position}"), 10)).collect()
}

fn kinds(results: &[Result<(), PublishError>]) -> Vec<&'static str> {
    results.iter().map(|result| result.as_ref().map_or_else(|error| error.kind().as_str(), |()| "taken")).collect()
}

#[tokio::test]
async fn one_message_goes_as_a_batch_of_one_with_all_its_parts() {
    let (publisher, calls) = publisher(|_, ids| batch_answer(ids, &[]));
    let notice: Notice = samples::graded(Severity::Critical);
    let message = render(&[notice], &Settings::default());
    let results = publisher.publish(TOPIC, std::slice::from_ref(&message)).await;
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
    let attributes =
        calls[0].iter().filter(|(name, _)| name.contains("MessageAttributes.entry.") && name.ends_with(".Name"));
    assert_eq!(attributes.count(), 6);
    assert!(calls[0].iter().any(|(_, value)| value == "String.Array"));
}

#[tokio::test]
async fn more_than_ten_messages_go_in_order() {
    let (publisher, calls) = publisher(|_, ids| batch_answer(ids, &[]));
    let results = publisher.publish(TOPIC, &messages(23)).await;
    assert_eq!(kinds(&results), ["taken"; 23]);
    let calls = calls.lock().expect("no poison");
    let sizes: Vec<usize> = calls.iter().map(|call| values(call, ".Id").len()).collect();
    assert_eq!(sizes, [10, 10, 3]);
    let sent: Vec<String> = calls.iter().flat_map(|call| values(call, ".Subject")).collect();
    let expected: Vec<String> = (0..23).map(|position| format!("Message {position}")).collect();
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn batches_stay_under_the_total_size() {
    let (publisher, calls) = publisher(|_, ids| batch_answer(ids, &[]));
    let large = [100_000, 100_000, 100_000, 260_000, 10, 10];
    let large: Vec<Message> = large.iter().map(|bytes| message("Large", *bytes)).collect();
    let results = publisher.publish(TOPIC, &large).await;
    assert_eq!(kinds(&results), ["taken"; 6]);
    let calls = calls.lock().expect("no poison");
    let sizes: Vec<usize> = calls.iter().map(|call| values(call, ".Id").len()).collect();
    assert_eq!(sizes, [2, 1, 3]);
    for batch in batches(&large, MAX_BYTES) {
        assert!(batch.iter().map(Message::bytes).sum::<usize>() <= MAX_BYTES);
    }
    assert!(batches(&[], MAX_BYTES).is_empty());
    assert_eq!(batches(&[message("Too large", MAX_BYTES), message("Small", 1)], MAX_BYTES).len(), 2);
}

#[tokio::test]
async fn a_refused_entry_is_told_apart_from_the_others() {
    let (publisher, _) = publisher(|_, ids| {
        let failed = [("m1", "InvalidParameter", "Invalid parameter: Subject", true)];
        // Out of order, and silent about the last one.
        batch_answer(&[ids[2].clone(), ids[0].clone()], &failed)
    });
    let results = publisher.publish(TOPIC, &messages(4)).await;
    assert_eq!(kinds(&results), ["taken", "invalid", "taken", "unavailable"]);
    let refused = results[1].as_ref().expect_err("refused");
    assert_eq!(
        refused.to_string(),
        format!("message refused by {TOPIC} (InvalidParameter): Invalid parameter: Subject")
    );
    assert!(matches!(results[3], Err(PublishError::Unanswered { .. })));
    assert!(results.iter().filter_map(|result| result.as_ref().err()).all(PublishError::is_of_one_message));
}

#[tokio::test]
async fn a_call_that_failed_is_no_matter_of_one_message() {
    let (publisher, _) = publisher(|_, _| error_answer(403, "AuthorizationError"));
    let results = publisher.publish(TOPIC, &messages(1)).await;
    assert!(!results[0].as_ref().expect_err("denied").is_of_one_message());
}

#[test]
fn a_message_weighs_all_that_is_sent_of_it() {
    let message = message("Subject", 10);
    let attribute = "severity".len() + "String".len() + "info".len();
    assert_eq!(message.bytes(), "Subject".len() + message.body.len() + attribute);
}

#[tokio::test]
async fn an_entry_that_aws_could_not_take_is_worth_another_try() {
    let (publisher, _) = publisher(|_, _| {
        batch_answer(&[], &[("m0", "InternalError", "try again", false), ("m1", "AuthorizationError", "no", true)])
    });
    let results = publisher.publish(TOPIC, &messages(2)).await;
    assert_eq!(kinds(&results), ["unavailable", "denied"]);
    let denied = results[1].as_ref().expect_err("denied");
    assert_eq!(denied.action(), Some("sns:Publish"));
}

/// SNS's answers to a message that is larger than the topic allows: for its entry, or for the whole call.
fn too_long(is_whole: bool, ids: &[String]) -> Answer {
    if is_whole {
        return error_answer(400, "BatchRequestTooLong");
    }
    let said = "Invalid parameter: Message too long";
    let failed: Vec<_> = ids.iter().map(|id| (id.as_str(), "InvalidParameter", said, true)).collect();
    batch_answer(&[], &failed)
}

#[tokio::test]
async fn a_topic_that_takes_less_is_remembered_whichever_way_it_says_so() {
    for is_whole in [true, false] {
        let (publisher, calls) = publisher(move |call, ids| match call {
            0 => too_long(is_whole, ids),
            _ => batch_answer(ids, &[]),
        });
        let large = [message("Large", 100_000)];
        let results = publisher.publish(TOPIC, &large).await;
        let error = results[0].as_ref().expect_err("too long");
        assert!(matches!(error, PublishError::TooLong { .. }), "{error:?}");
        assert_eq!((error.kind().as_str(), error.action(), error.is_of_one_message()), ("invalid", None, true));
        let text = error.to_string();
        let command = format!("aws sns set-topic-attributes --topic-arn {TOPIC} --attribute-name MaximumMessageSize");
        assert!(text.contains(&command), "{text}");
        assert_eq!(publisher.max_bytes(TOPIC), 65_536, "the next smaller power of two");
        assert_eq!(publisher.max_bytes("arn:aws:sns:us-east-1:123456789012:other"), MAX_BYTES, "only that topic");
        // From now on its batches are that small as well.
        let small: Vec<Message> = (0..3).map(|_| message("Small", 30_000)).collect();
        assert_eq!(kinds(&publisher.publish(TOPIC, &small).await), ["taken"; 3]);
        let calls = calls.lock().expect("no poison");
        let sizes: Vec<usize> = calls.iter().map(|call| values(call, ".Id").len()).collect();
        assert_eq!(sizes, [1, 2, 1]);
    }
}

#[tokio::test]
async fn a_batch_that_is_too_long_says_nothing_of_its_messages_one_by_one() {
    let (publisher, _) = publisher(|_, ids| too_long(true, ids));
    let ten: Vec<Message> = (0..10).map(|_| message("Small", 2_900)).collect();
    publisher.publish(TOPIC, &ten).await;
    assert_eq!(publisher.max_bytes(TOPIC), 16_384);
    publisher.publish(TOPIC, &ten).await;
    assert_eq!(publisher.max_bytes(TOPIC), 8_192);
    for _ in 0..9 {
        publisher.publish(TOPIC, &ten[..1]).await;
    }
    assert_eq!(publisher.max_bytes(TOPIC), 2_048, "not less than what was refused");
    publisher.publish(TOPIC, &[message("Tiny", 10)]).await;
    assert_eq!(publisher.max_bytes(TOPIC), 1_024, "no topic takes less");
}

#[tokio::test]
async fn other_refusals_say_nothing_of_size() {
    for (code, said) in [("InvalidParameter", "Invalid parameter: Subject"), ("ParameterValueInvalid", "too long")] {
        let (publisher, _) = publisher(move |_, _| batch_answer(&[], &[("m0", code, said, true)]));
        let results = publisher.publish(TOPIC, &messages(1)).await;
        assert!(matches!(results[0], Err(PublishError::Rejected { .. })), "{code}");
        assert_eq!(publisher.max_bytes(TOPIC), MAX_BYTES);
    }
}

#[tokio::test]
async fn a_failed_call_keeps_the_rest_back() {
    let (publisher, calls) = publisher(|call, ids| match call {
        0 => batch_answer(ids, &[]),
        _ => error_answer(403, "AuthorizationError"),
    });
    let results = publisher.publish(TOPIC, &messages(25)).await;
    assert_eq!(calls.lock().expect("no poison").len(), 2);
    assert_eq!(kinds(&results[..10]), ["taken"; 10]);
    assert_eq!(kinds(&results[10..]), ["denied"; 15]);
    assert!(matches!(results[19], Err(PublishError::Call { .. })));
    assert!(matches!(results[20], Err(PublishError::NotTried { .. })));
    let denied = results[10].as_ref().expect_err("denied");
    assert_eq!(denied.action(), Some("sns:Publish"));
    let text = denied.to_string();
    assert!(text.starts_with(&format!("the topic {TOPIC}: sns:Publish was denied: ")), "{text}");
    assert!(text.contains("AuthorizationError"), "{text}");
}

#[tokio::test]
async fn failed_calls_by_kind() {
    let cases = [
        (error_answer(400, "KMSAccessDenied"), "denied", Some("kms:GenerateDataKey")),
        (error_answer(403, "ExpiredToken"), "credentials", None),
        (error_answer(400, "Throttling"), "throttled", None),
        (error_answer(400, "KMSThrottling"), "throttled", None),
        (error_answer(404, "NotFound"), "not-found", None),
        (error_answer(400, "KMSDisabled"), "invalid", None),
        (error_answer(500, "InternalError"), "unavailable", None),
        (error_answer(503, "Odd"), "unavailable", None),
        (error_answer(418, "Odd"), "invalid", None),
        (Answer::Says(502, "<html>bad gateway</html>".to_owned()), "unavailable", None),
        (Answer::Silence, "unavailable", None),
    ];
    for (answer, kind, action) in cases {
        let told = format!("{answer:?}");
        let (publisher, _) = publisher(move |_, _| answer.clone());
        let results = publisher.publish(TOPIC, &messages(1)).await;
        let error = results[0].as_ref().expect_err("an error");
        assert_eq!((error.kind().as_str(), error.action()), (kind, action), "{told}: {error}");
        assert!(error.to_string().contains(TOPIC), "{error}");
    }
}

#[tokio::test]
async fn nothing_to_send_makes_no_call() {
    let (publisher, calls) = publisher(|_, ids| batch_answer(ids, &[]));
    assert!(publisher.publish(TOPIC, &[]).await.is_empty());
    assert!(calls.lock().expect("no poison").is_empty());
    assert_eq!(publisher.topic_arn(), TOPIC);
}
