//! DynamoDB, by the embedded engine.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Put, PutRequest, TransactWriteItem, WriteRequest};
use jiff::SignedDuration;
use tidings::simulator::Simulator;

use crate::{REGION, simulator};

const TABLE: &str = "tidings";

fn client(simulator: &Simulator) -> Client {
    simulator.create_table(TABLE).unwrap();
    Client::new(&simulator.sdk_config(REGION))
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn item(sk: &str, revision: u64) -> HashMap<String, AttributeValue> {
    HashMap::from([
        ("pk".to_owned(), text("scope")),
        ("sk".to_owned(), text(sk)),
        ("revision".to_owned(), AttributeValue::N(revision.to_string())),
    ])
}

fn key(sk: &str) -> HashMap<String, AttributeValue> {
    let mut key = item(sk, 0);
    key.remove("revision");
    key
}

async fn put(client: &Client, sk: &str, revision: u64) {
    let put = client.put_item().table_name(TABLE);
    put.set_item(Some(item(sk, revision))).send().await.unwrap();
}

#[tokio::test]
async fn the_table_is_made_once_with_its_keys_and_its_expiry() {
    let simulator = simulator();
    let client = client(&simulator);
    simulator.create_table(TABLE).unwrap();
    let table = client.describe_table().table_name(TABLE).send().await.unwrap();
    let keys: Vec<String> = table
        .table
        .unwrap()
        .key_schema
        .unwrap()
        .into_iter()
        .map(|key| format!("{} {}", key.attribute_name, key.key_type))
        .collect();
    assert_eq!(keys, ["pk HASH", "sk RANGE"]);
    let expiry = client.describe_time_to_live().table_name(TABLE).send().await.unwrap();
    let expiry = expiry.time_to_live_description.unwrap();
    assert_eq!(expiry.attribute_name(), Some("expires_at"));
    assert_eq!(expiry.time_to_live_status().unwrap().as_str(), "ENABLED");
}

#[tokio::test]
async fn a_query_pages_through_a_scope() {
    let simulator = simulator();
    let client = client(&simulator);
    for number in 0..5 {
        put(&client, &format!("r-{number}"), number).await;
    }
    let pages: Result<Vec<_>, _> = client
        .query()
        .table_name(TABLE)
        .key_condition_expression("pk = :scope AND begins_with(sk, :r)")
        .expression_attribute_values(":scope", text("scope"))
        .expression_attribute_values(":r", text("r-"))
        .limit(2)
        .into_paginator()
        .items()
        .send()
        .collect()
        .await;
    let keys: Vec<String> = pages.unwrap().into_iter().map(|item| item["sk"].as_s().unwrap().clone()).collect();
    assert_eq!(keys, ["r-0", "r-1", "r-2", "r-3", "r-4"]);
    let scan = client.scan().table_name(TABLE).send().await.unwrap();
    assert_eq!(scan.count(), 5);
}

#[tokio::test]
async fn items_are_written_read_and_deleted_in_batches_and_alone() {
    let simulator = simulator();
    let client = client(&simulator);
    let write = |sk: &str| {
        let put = PutRequest::builder().set_item(Some(item(sk, 1))).build().unwrap();
        WriteRequest::builder().put_request(put).build()
    };
    let writes = vec![write("r-1"), write("r-2")];
    client.batch_write_item().request_items(TABLE, writes).send().await.unwrap();
    let keys = KeysAndAttributes::builder().set_keys(Some(vec![key("r-1"), key("r-2"), key("r-3")])).build().unwrap();
    let read = client.batch_get_item().request_items(TABLE, keys).send().await.unwrap();
    assert_eq!(read.responses.unwrap()[TABLE].len(), 2);
    let delete = client.delete_item().table_name(TABLE).set_key(Some(key("r-1")));
    delete.send().await.unwrap();
    let get = |sk| client.get_item().table_name(TABLE).set_key(Some(key(sk))).send();
    assert!(get("r-1").await.unwrap().item.is_none());
    assert_eq!(get("r-2").await.unwrap().item.unwrap(), item("r-2", 1));
}

#[tokio::test]
async fn a_transaction_is_canceled_as_a_whole_and_says_why() {
    let simulator = simulator();
    let client = client(&simulator);
    put(&client, "r-1", 1).await;
    let write = |sk: &str| {
        let put = Put::builder()
            .table_name(TABLE)
            .set_item(Some(item(sk, 2)))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .unwrap();
        TransactWriteItem::builder().put(put).build()
    };
    let transaction = client.transact_write_items().transact_items(write("r-2")).transact_items(write("r-1"));
    let error = transaction.send().await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(
        canceled,
    ) = error
    else {
        panic!("the transaction is canceled: {error:?}");
    };
    let codes: Vec<&str> = canceled.cancellation_reasons().iter().filter_map(|reason| reason.code()).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed"]);
    let get = client.get_item().table_name(TABLE).set_key(Some(key("r-2")));
    assert!(get.send().await.unwrap().item.is_none());
}

#[tokio::test]
async fn an_item_expires_by_the_simulators_clock_when_the_sweep_comes() {
    let simulator = simulator();
    let client = client(&simulator);
    let expires_at = simulator.clock().now() + SignedDuration::from_hours(1);
    let mut expiring = item("r-1", 1);
    let seconds = expires_at.as_second().to_string();
    expiring.insert("expires_at".to_owned(), AttributeValue::N(seconds));
    let put_expiring = client.put_item().table_name(TABLE);
    put_expiring.set_item(Some(expiring)).send().await.unwrap();
    put(&client, "r-2", 1).await;
    for (minutes, swept) in [(59, 0), (2, 1)] {
        simulator.clock().advance(SignedDuration::from_mins(minutes));
        assert_eq!(simulator.database().sweep_ttl().unwrap(), swept);
    }
    let left = client.scan().table_name(TABLE).send().await.unwrap();
    assert_eq!(left.items(), [item("r-2", 1)]);
}

#[tokio::test]
async fn errors_have_dynamodbs_codes() {
    let simulator = simulator();
    let client = client(&simulator);
    let missing = client.get_item().table_name("nowhere").set_key(Some(key("r-1")));
    let error = missing.send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
    let broken = client.update_item().table_name(TABLE).set_key(Some(key("r-1"))).update_expression("SET").send().await;
    let error = broken.unwrap_err().into_service_error();
    assert_eq!(error.code(), Some("ValidationException"), "{error:?}");
    let unspoken = client.describe_limits().send().await;
    let error = unspoken.unwrap_err().into_service_error();
    assert_eq!(error.code(), Some("UnsupportedOperation"), "{error:?}");
}
