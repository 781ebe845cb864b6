//! S3 Tables.

use aws_sdk_s3tables::Client;
use aws_sdk_s3tables::types::TableSummary;
use tidings::simulator::{Destination, MaintenanceJob, Simulator};

use crate::{REGION, calls_of, sdk_time, simulator, time};

const BUCKET_ARN: &str = "arn:aws:s3tables:eu-central-1:123456789012:bucket/lake";
const REPLICA: &str = "arn:aws:s3tables:us-west-2:123456789012:bucket/replica";

fn client(simulator: &Simulator) -> Client {
    Client::new(&simulator.sdk_config(REGION))
}

#[tokio::test]
async fn buckets_and_tables_are_found_with_every_field() {
    let simulator = simulator();
    let at = time("2026-03-02T05:00:00.123Z");
    simulator.world().bucket("lake").created = Some(at);
    let table = simulator.world().table("lake", "sales", "orders").id().to_owned();
    {
        let mut world = simulator.world();
        let table = world.table("lake", "sales", "orders");
        table.created = Some(at);
        table.kind = Some("aws".to_owned());
        table.managed_by = Some("replication.s3tables.amazonaws.com".to_owned());
    }
    let client = client(&simulator);
    let buckets = client.list_table_buckets().send().await.unwrap();
    let [bucket] = buckets.table_buckets() else {
        panic!("one bucket: {buckets:?}");
    };
    assert_eq!(bucket.arn(), BUCKET_ARN);
    assert_eq!(bucket.name(), "lake");
    assert_eq!(bucket.owner_account_id(), "123456789012");
    assert_eq!(bucket.created_at(), &sdk_time(at));
    let tables = client.list_tables().table_bucket_arn(BUCKET_ARN).send().await.unwrap();
    let [found] = tables.tables() else {
        panic!("one table: {tables:?}");
    };
    assert_eq!(found.namespace(), ["sales"]);
    assert_eq!(found.name(), "orders");
    assert_eq!(found.r#type().as_str(), "aws");
    assert_eq!(found.table_arn(), format!("{BUCKET_ARN}/table/{table}"));
    assert_eq!(found.created_at(), &sdk_time(at));
    assert_eq!(found.modified_at(), &sdk_time(at));
    assert_eq!(found.managed_by_service(), Some("replication.s3tables.amazonaws.com"));
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
async fn replication_shows_every_destination_and_its_last_update() {
    let simulator = simulator();
    let at = time("2026-03-02T05:30:00Z");
    {
        let mut world = simulator.world();
        let table = world.table("lake", "sales", "orders");
        table.replication.insert(
            REPLICA.to_owned(),
            Destination {
                table_arn: Some(format!("{REPLICA}/table/t-2")),
                status: Some("failed".to_owned()),
                message: Some("access denied".to_owned()),
                updated: Some(at),
                metadata_location: Some("s3://replica/metadata".to_owned()),
            },
        );
        table.replication.insert(
            format!("{REPLICA}-2"),
            Destination { status: Some("pending".to_owned()), ..Destination::default() },
        );
    }
    let arn = simulator.world().table_arn(REGION, "lake", "sales", "orders").unwrap();
    let request = client(&simulator).get_table_replication_status().table_arn(&arn);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.source_table_arn(), arn);
    let [first, second] = answer.destinations() else {
        panic!("two destinations: {answer:?}");
    };
    assert_eq!(first.replication_status().as_str(), "failed");
    assert_eq!(first.destination_table_bucket_arn(), REPLICA);
    assert_eq!(first.destination_table_arn(), Some(format!("{REPLICA}/table/t-2").as_str()));
    assert_eq!(first.failure_message(), Some("access denied"));
    let update = first.last_successful_replicated_update().unwrap();
    assert_eq!(update.metadata_location(), "s3://replica/metadata");
    assert_eq!(update.timestamp(), &sdk_time(at));
    assert_eq!(second.replication_status().as_str(), "pending");
    assert!(second.last_successful_replicated_update().is_none());
    assert_eq!(second.failure_message(), None);
}

#[tokio::test]
async fn maintenance_shows_every_job_type() {
    let simulator = simulator();
    let at = time("2026-03-02T04:00:00Z");
    {
        let mut world = simulator.world();
        let table = world.table("lake", "sales", "orders");
        let job = |status: &str| MaintenanceJob { status: Some(status.to_owned()), ..MaintenanceJob::default() };
        table.maintenance.insert(
            "icebergCompaction".to_owned(),
            MaintenanceJob { run: Some(at), message: Some("commit lost".to_owned()), ..job("Failed") },
        );
        table.maintenance.insert("icebergDreaming".to_owned(), job("Not_Yet_Run"));
    }
    let answer = client(&simulator)
        .get_table_maintenance_job_status()
        .table_bucket_arn(BUCKET_ARN)
        .namespace("sales")
        .name("orders")
        .send()
        .await
        .unwrap();
    let arn = simulator.world().table_arn(REGION, "lake", "sales", "orders").unwrap();
    assert_eq!(answer.table_arn(), arn);
    assert_eq!(answer.status().len(), 2);
    let compaction = &answer.status()[&"icebergCompaction".into()];
    assert_eq!(compaction.status().as_str(), "Failed");
    assert_eq!(compaction.last_run_timestamp(), Some(&sdk_time(at)));
    assert_eq!(compaction.failure_message(), Some("commit lost"));
    let unknown = &answer.status()[&"icebergDreaming".into()];
    assert_eq!(unknown.status().as_str(), "Not_Yet_Run");
    assert_eq!(unknown.last_run_timestamp(), None);
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
