//! S3 Tables.

use aws_sdk_s3tables::Client;
use aws_sdk_s3tables::types::TableSummary;
use tidings::simulator::{Destination, RecordExpiration, Simulator, UnexpiringAnswer};

use crate::{REGION, calls_of, simulator};

const BUCKET_ARN: &str = "arn:aws:s3tables:eu-central-1:123456789012:bucket/lake";
const REPLICA: &str = "arn:aws:s3tables:us-west-2:123456789012:bucket/replica";

fn client(simulator: &Simulator) -> Client {
    Client::new(&simulator.sdk_config(REGION))
}

#[tokio::test]
async fn pages_of_buckets_and_tables_cover_everything_once() {
    let simulator = simulator();
    for name in ["a", "b", "c", "d", "e"] {
        simulator.world().bucket(&format!("bucket-{name}"));
        simulator.world().table("bucket-a", "sales", name);
    }
    simulator.world().table("bucket-a", "assets", "z");
    let client = client(&simulator);
    let buckets: Result<Vec<_>, _> =
        client.list_table_buckets().max_buckets(2).into_paginator().items().send().collect().await;
    let names: Vec<String> = buckets.unwrap().into_iter().map(|bucket| bucket.name).collect();
    assert_eq!(names, ["bucket-a", "bucket-b", "bucket-c", "bucket-d", "bucket-e"]);
    assert_eq!(calls_of(&simulator, "ListTableBuckets"), 3);

    simulator.world().page_limit = Some(3);
    let tables: Result<Vec<_>, _> = client
        .list_tables()
        .table_bucket_arn(BUCKET_ARN.replace("lake", "bucket-a"))
        .into_paginator()
        .items()
        .send()
        .collect()
        .await;
    let names: Vec<String> = tables.unwrap().into_iter().map(|table| table.name).collect();
    assert_eq!(names, ["z", "a", "b", "c", "d", "e"]);
    assert_eq!(calls_of(&simulator, "ListTables"), 2);
}

#[tokio::test]
async fn namespaces_and_prefixes_narrow_the_listings() {
    let simulator = simulator();
    for (bucket, namespace, name) in
        [("lake", "sales", "orders"), ("lake", "sales", "old"), ("lake", "ops", "orders"), ("sea", "x", "y")]
    {
        simulator.world().table(bucket, namespace, name);
    }
    let client = client(&simulator);
    let buckets = client.list_table_buckets().prefix("se").send().await.unwrap();
    assert_eq!(buckets.table_buckets().len(), 1);
    assert_eq!(buckets.table_buckets()[0].name(), "sea");
    let tables = client.list_tables().table_bucket_arn(BUCKET_ARN);
    let sales = tables.clone().namespace("sales").send().await.unwrap();
    let names: Vec<&str> = sales.tables().iter().map(TableSummary::name).collect();
    assert_eq!(names, ["old", "orders"]);
    let orders = tables.prefix("ord").send().await.unwrap();
    let names: Vec<&str> = orders.tables().iter().map(|table| table.namespace()[0].as_str()).collect();
    assert_eq!(names, ["ops", "sales"]);
}

#[tokio::test]
async fn what_s3_tables_refuses_is_refused() {
    let simulator = simulator();
    let destination = (REPLICA.to_owned(), Destination::default());
    simulator.world().table("lake", "sales", "orders").replication.extend([destination]);
    simulator.world().table("lake", "sales", "alone");
    let arn_of = |name| simulator.world().table_arn(REGION, "lake", "sales", name).unwrap();
    let client = client(&simulator);
    let replication = |arn: &str| client.get_table_replication_status().table_arn(arn).send();
    replication(&arn_of("orders")).await.unwrap();
    for arn in [
        arn_of("alone"),
        arn_of("orders").replace(REGION, "us-west-2"),
        arn_of("orders").replace("lake", "sea"),
        format!("{BUCKET_ARN}/table/none"),
    ] {
        let error = replication(&arn).await.unwrap_err().into_service_error();
        assert!(error.is_not_found_exception(), "{arn}: {error:?}");
    }
    let request = client.get_table_maintenance_job_status().table_bucket_arn(BUCKET_ARN);
    let gone = request.namespace("sales").name("gone").send().await;
    let error = gone.unwrap_err().into_service_error();
    assert!(error.is_not_found_exception(), "{error:?}");
    let request = client.list_tables().table_bucket_arn(BUCKET_ARN.replace("lake", "sea"));
    let error = request.send().await.unwrap_err().into_service_error();
    assert!(error.is_not_found_exception(), "{error:?}");
    for request in [
        client.list_tables().table_bucket_arn("lake"),
        client.list_tables().table_bucket_arn(BUCKET_ARN).continuation_token("made up"),
        client.list_tables().table_bucket_arn(BUCKET_ARN).max_tables(1001),
    ] {
        let error = request.send().await.unwrap_err().into_service_error();
        assert!(error.is_bad_request_exception(), "{error:?}");
    }
}

#[tokio::test]
async fn a_table_that_is_dropped_and_created_again_is_another_table() {
    let simulator = simulator();
    let destination = (REPLICA.to_owned(), Destination::default());
    simulator.world().table("lake", "sales", "orders").replication.extend([destination]);
    let arn = || simulator.world().table_arn(REGION, "lake", "sales", "orders");
    let dropped = arn().unwrap();
    assert!(simulator.world().bucket("lake").drop_table("sales", "orders"));
    let client = client(&simulator);
    let maintenance = client.get_table_maintenance_job_status().table_bucket_arn(BUCKET_ARN).namespace("sales");
    let error = maintenance.name("orders").send().await.unwrap_err().into_service_error();
    assert!(error.is_not_found_exception(), "{error:?}");

    simulator.world().table("lake", "sales", "orders");
    assert_ne!(arn().unwrap(), dropped);
    for arn in [dropped, arn().unwrap()] {
        let error = client.get_table_replication_status().table_arn(&arn).send().await.unwrap_err();
        assert!(error.into_service_error().is_not_found_exception(), "{arn}: the new table is not replicated");
    }
}

#[tokio::test]
async fn the_expiration_of_records_is_asked_by_the_arn_of_the_table() {
    let simulator = simulator();
    let expiration = RecordExpiration { status: Some("Disabled".to_owned()), ..RecordExpiration::default() };
    simulator.world().table("lake", "sales", "orders").expiration = Some(expiration);
    simulator.world().table("lake", "sales", "alone");
    let arn_of = |name| simulator.world().table_arn(REGION, "lake", "sales", name).unwrap();
    let client = client(&simulator);
    let ask = |arn: &str| client.get_table_record_expiration_job_status().table_arn(arn).send();
    let answer = ask(&arn_of("orders")).await.unwrap();
    assert_eq!((answer.status().as_str(), answer.metrics()), ("Disabled", None));
    for reading in [UnexpiringAnswer::NotFound, UnexpiringAnswer::MethodNotAllowed] {
        simulator.world().unexpiring = reading;
        let error = ask(&arn_of("alone")).await.unwrap_err().into_service_error();
        assert_eq!(error.is_not_found_exception(), reading == UnexpiringAnswer::NotFound, "{error:?}");
        assert_eq!(error.is_method_not_allowed_exception(), reading == UnexpiringAnswer::MethodNotAllowed, "{error:?}");
    }
    for arn in [
        arn_of("orders").replace(REGION, "us-west-2"),
        arn_of("orders").replace("lake", "sea"),
        format!("{BUCKET_ARN}/table/none"),
    ] {
        let error = ask(&arn).await.unwrap_err().into_service_error();
        assert!(error.is_not_found_exception(), "{arn}: {error:?}");
    }
    let error = ask(BUCKET_ARN).await.unwrap_err().into_service_error();
    assert!(error.is_bad_request_exception(), "{error:?}");
}
