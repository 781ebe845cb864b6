//! Amazon SNS and STS.

use aws_sdk_sns::Client;
use aws_sdk_sns::error::ProvideErrorMetadata;
use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use tidings::simulator::{BatchLimit, Fault, FaultKind, Service, Simulator};

use crate::{REGION, simulator};

const COPIES: &str = r#"{"default":"machine","email":"Dear all","sms":"short"}"#;

struct Sns {
    client: Client,
    topic: String,
}

async fn sns(simulator: &Simulator) -> Sns {
    let client = Client::new(&simulator.sdk_config(REGION));
    let topic = client.create_topic().name("tidings").send().await.unwrap();
    Sns { client, topic: topic.topic_arn.unwrap() }
}

fn attribute(data_type: &str, value: &str) -> MessageAttributeValue {
    MessageAttributeValue::builder().data_type(data_type).string_value(value).build().unwrap()
}

fn entry(id: &str, message: &str) -> PublishBatchRequestEntry {
    PublishBatchRequestEntry::builder().id(id).message(message).build().unwrap()
}

#[tokio::test]
async fn a_publication_is_captured_with_a_copy_for_every_protocol() {
    let simulator = simulator();
    let Sns { client, topic } = sns(&simulator).await;
    assert_eq!(topic, "arn:aws:sns:eu-central-1:123456789012:tidings");
    let answer = client
        .publish()
        .topic_arn(&topic)
        .subject("Restore failed: orders")
        .message(COPIES)
        .message_structure("json")
        .message_attributes("severity", attribute("String", "critical"))
        .message_attributes("reasons", attribute("String.Array", r#"["failed"]"#))
        .send()
        .await
        .unwrap();
    let inbox = simulator.inbox();
    let [publication] = &inbox[..] else {
        panic!("one publication: {inbox:?}");
    };
    assert_eq!(publication.at, simulator.clock().now());
    assert_eq!(Some(publication.message_id.as_str()), answer.message_id());
    assert_eq!(publication.topic_arn, topic);
    assert_eq!(publication.subject.as_deref(), Some("Restore failed: orders"));
    assert_eq!(publication.message, COPIES);
    assert!(publication.structured);
    for (protocol, copy) in [("email", "Dear all"), ("sms", "short"), ("sqs", "machine")] {
        assert_eq!(publication.copy(protocol), copy, "{protocol}");
    }
    let severity = &publication.attributes["severity"];
    assert_eq!((severity.data_type.as_str(), severity.value.as_str()), ("String", "critical"));
    assert_eq!(publication.attributes["reasons"].value, r#"["failed"]"#);

    client.publish().topic_arn(&topic).message("plain").send().await.unwrap();
    let plain = &simulator.inbox()[1];
    assert_eq!((plain.copy("email").as_str(), plain.structured), ("plain", false));
    assert_ne!(plain.message_id, publication.message_id);
    simulator.clear_inbox();
    assert!(simulator.inbox().is_empty());
}

#[tokio::test]
async fn what_sns_refuses_is_refused_and_not_captured() {
    let simulator = simulator();
    let Sns { client, topic } = sns(&simulator).await;
    let publish = || client.publish().topic_arn(&topic).message("x");
    let long = "x".repeat(262_144);
    let json = |message: &str| publish().message(message).message_structure("json");
    for (name, request, code) in [
        ("empty", publish().message(""), "InvalidParameter"),
        ("long subject", publish().subject("x".repeat(100)), "InvalidParameter"),
        ("two-line subject", publish().subject("a\nb"), "InvalidParameter"),
        ("accented subject", publish().subject("résumé"), "InvalidParameter"),
        ("not json", json("x"), "InvalidParameter"),
        ("no default", json(r#"{"email":"x"}"#), "InvalidParameter"),
        ("default no string", json(r#"{"default":{}}"#), "InvalidParameter"),
        ("other structure", publish().message_structure("xml"), "InvalidParameter"),
        (
            "a byte too long",
            publish().message(&long).message_attributes("a", attribute("String", "1")),
            "InvalidParameter",
        ),
        ("empty attribute", publish().message_attributes("a", attribute("String", "")), "ParameterValueInvalid"),
        ("attribute of no type", publish().message_attributes("a", attribute("Text", "x")), "ParameterValueInvalid"),
        (
            "array that is none",
            publish().message_attributes("a", attribute("String.Array", "x")),
            "ParameterValueInvalid",
        ),
        ("unknown topic", publish().topic_arn(format!("{topic}-2")), "NotFound"),
    ] {
        let error = request.send().await.unwrap_err().into_service_error();
        assert_eq!(error.code(), Some(code), "{name}: {error:?}");
    }
    assert!(simulator.inbox().is_empty());
    let fits = publish().message(&long).send().await;
    assert!(fits.is_ok(), "exactly the limit: {fits:?}");
}

#[tokio::test]
async fn batch_entries_fail_one_by_one() {
    let simulator = simulator();
    let Sns { client, topic } = sns(&simulator).await;
    simulator.inject(Fault::new(FaultKind::RejectEntry { matching: "unlucky".to_owned() }).times(1));
    let batch = || {
        client
            .publish_batch()
            .topic_arn(&topic)
            .publish_batch_request_entries(entry("n-1", "fine"))
            .publish_batch_request_entries(entry("n-2", "unlucky"))
            .publish_batch_request_entries(entry("n-3", ""))
            .send()
    };
    let answer = batch().await.unwrap();
    let sent: Vec<_> = answer.successful().iter().filter_map(|entry| entry.id()).collect();
    assert_eq!(sent, ["n-1"]);
    let failed: Vec<_> = answer.failed().iter().map(|entry| (entry.id(), entry.code(), entry.sender_fault())).collect();
    assert_eq!(failed, [("n-2", "InternalError", false), ("n-3", "InvalidParameter", true)]);
    assert_eq!(simulator.inbox().len(), 1);
    let again = batch().await.unwrap();
    assert_eq!(again.successful().len(), 2, "the fault was for one call");
}

#[tokio::test]
async fn a_batch_can_fail_as_a_whole() {
    let simulator = simulator();
    let Sns { client, topic } = sns(&simulator).await;
    let half = "x".repeat(140_000);
    for (name, entries, code) in [
        ("none", vec![], "EmptyBatchRequest"),
        ("eleven", (0..11).map(|number| entry(&number.to_string(), "x")).collect(), "TooManyEntriesInBatchRequest"),
        ("twins", vec![entry("a", "x"), entry("a", "y")], "BatchEntryIdsNotDistinct"),
        ("bad id", vec![entry("a b", "x")], "InvalidBatchEntryId"),
        ("too long", vec![entry("a", &half), entry("b", &half)], "BatchRequestTooLong"),
    ] {
        let batch = client.publish_batch().topic_arn(&topic);
        let request = batch.set_publish_batch_request_entries(Some(entries));
        let error = request.send().await.unwrap_err().into_service_error();
        assert_eq!(error.code(), Some(code), "{name}: {error:?}");
    }
    assert!(simulator.inbox().is_empty());
}

#[tokio::test]
async fn subscriptions_are_remembered_and_listed_in_pages() {
    let simulator = simulator();
    let Sns { client, topic } = sns(&simulator).await;
    let queue = "arn:aws:sqs:eu-central-1:123456789012:notices";
    let subscribe =
        |protocol: &str, endpoint: &str| client.subscribe().topic_arn(&topic).protocol(protocol).endpoint(endpoint);
    let mail = subscribe("email", "ops@example.com").send().await.unwrap();
    assert_eq!(mail.subscription_arn(), Some("pending confirmation"));
    let sqs = subscribe("sqs", queue).send().await.unwrap();
    let again = subscribe("sqs", queue).send().await.unwrap();
    assert_eq!(sqs.subscription_arn(), again.subscription_arn());
    let named = subscribe("email", "ops@example.com").return_subscription_arn(true);
    let named = named.send().await.unwrap();
    assert!(named.subscription_arn().unwrap().starts_with(&topic));

    simulator.world().page_limit = Some(1);
    let listed: Result<Vec<_>, _> =
        client.list_subscriptions_by_topic().topic_arn(&topic).into_paginator().items().send().collect().await;
    let listed: Vec<(Option<String>, Option<String>)> =
        listed.unwrap().into_iter().map(|found| (found.endpoint, found.subscription_arn)).collect();
    assert_eq!(
        listed,
        [
            (Some("ops@example.com".to_owned()), Some("PendingConfirmation".to_owned())),
            (Some(queue.to_owned()), sqs.subscription_arn),
        ]
    );
    let error = subscribe("pigeon", "loft").send().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_parameter_exception(), "{error:?}");
}

#[tokio::test]
async fn the_caller_is_the_worlds_account() {
    let simulator = simulator();
    simulator.world().account = "210987654321".to_owned();
    let client = aws_sdk_sts::Client::new(&simulator.sdk_config(REGION));
    let identity = client.get_caller_identity().send().await.unwrap();
    assert_eq!(identity.account(), Some("210987654321"));
    assert_eq!(identity.arn(), Some("arn:aws:sts::210987654321:assumed-role/tidings/tidings"));
    assert_eq!(simulator.calls()[0].service, Service::Sts);
}

#[tokio::test]
async fn a_topic_takes_messages_up_to_its_own_limit() {
    let simulator = simulator();
    let Sns { client, topic } = sns(&simulator).await;
    let set = |name: &str, value: &str| {
        client.set_topic_attributes().topic_arn(&topic).attribute_name(name).attribute_value(value).send()
    };
    for (name, value) in [("MaximumMessageSize", "1023"), ("MaximumMessageSize", "1048577"), ("Colour", "red")] {
        let error = set(name, value).await.expect_err("refused");
        assert_eq!(error.as_service_error().and_then(|error| error.meta().code()), Some("InvalidParameter"), "{value}");
    }
    set("MaximumMessageSize", "1024").await.unwrap();
    client.publish().topic_arn(&topic).message("x".repeat(1_024)).send().await.unwrap();
    let error = client.publish().topic_arn(&topic).message("x".repeat(1_025)).send().await.expect_err("too long");
    let said = error.as_service_error().and_then(|error| error.meta().message());
    assert_eq!(said, Some("Invalid parameter: Message too long"));

    // What counts in a batch: all of it, or each message.
    let batch = |sizes: &[usize]| {
        let entries = sizes.iter().enumerate().map(|(number, size)| entry(&format!("m{number}"), &"x".repeat(*size)));
        client.publish_batch().topic_arn(&topic).set_publish_batch_request_entries(Some(entries.collect())).send()
    };
    assert_eq!(batch(&[512, 512]).await.unwrap().successful().len(), 2);
    let error = batch(&[512, 513]).await.expect_err("too long");
    assert_eq!(error.as_service_error().and_then(|error| error.meta().code()), Some("BatchRequestTooLong"));
    simulator.world().topics.get_mut(&topic).unwrap().limits = BatchLimit::Each;
    let answer = batch(&[1_024, 1_025]).await.unwrap();
    let failed: Vec<_> = answer.failed().iter().map(|entry| (entry.id(), entry.code())).collect();
    assert_eq!((answer.successful().len(), failed), (1, vec![("m1", "InvalidParameter")]));
}
