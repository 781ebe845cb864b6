//! Exports and imports of DynamoDB tables.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use jiff::SignedDuration;
use tidings::simulator::{DynamoDbLists, Fault, FaultKind, Service, Simulator, TableExport, TableImport};

use crate::{REGION, calls_of, simulator};

fn client(simulator: &Simulator) -> Client {
    let config = aws_sdk_dynamodb::config::Builder::from(&simulator.sdk_config(REGION));
    Client::from_conf(config.retry_config(RetryConfig::disabled()).build())
}

fn export(id: &str, status: &str) -> TableExport {
    TableExport { table: "orders".to_owned(), status: Some(status.to_owned()), ..TableExport::new(id) }
}

fn import(id: &str, status: &str) -> TableImport {
    TableImport { table: "orders".to_owned(), status: Some(status.to_owned()), ..TableImport::new(id) }
}

/// The ids of the listed exports.
async fn exports(client: &Client) -> Vec<String> {
    let listed = client.list_exports().send().await.unwrap();
    listed.export_summaries().iter().map(|export| id_in(export.export_arn())).collect()
}

/// The ids of the listed imports.
async fn imports(client: &Client) -> Vec<String> {
    let listed = client.list_imports().send().await.unwrap();
    listed.import_summary_list().iter().map(|import| id_in(import.import_arn())).collect()
}

fn id_in(arn: Option<&str>) -> String {
    arn.and_then(|arn| arn.rsplit('/').next()).unwrap().to_owned()
}

#[tokio::test]
async fn both_readings_of_the_listings_exist() {
    let simulator = simulator();
    for (number, status) in ["IN_PROGRESS", "COMPLETED", "FAILED", "CANCELLING", "CANCELLED"].into_iter().enumerate() {
        simulator.world().put_export(export(&format!("e-{number}"), status));
        simulator.world().put_import(import(&format!("i-{number}"), status));
    }
    let client = client(&simulator);
    assert_eq!(exports(&client).await, ["e-4", "e-3", "e-2", "e-1", "e-0"]);
    assert_eq!(imports(&client).await, ["i-4", "i-3", "i-2", "i-1", "i-0"]);
    simulator.world().dynamodb_lists = DynamoDbLists::CompletedOnly;
    assert_eq!(exports(&client).await, ["e-4", "e-2", "e-1"]);
    assert_eq!(imports(&client).await, ["i-4", "i-2", "i-1"]);
}

#[tokio::test]
async fn the_order_is_that_of_the_whole_arn() {
    let simulator = simulator();
    simulator.world().put_export(export("e-2", "COMPLETED"));
    simulator.world().put_export(TableExport { table: "visits".to_owned(), ..export("e-1", "COMPLETED") });
    assert_eq!(exports(&client(&simulator)).await, ["e-1", "e-2"]);
}

#[tokio::test]
async fn pages_hold_twenty_five_and_cover_everything_once() {
    let simulator = simulator();
    for number in 0..60 {
        simulator.world().put_export(export(&format!("e-{number:02}"), "COMPLETED"));
        simulator.world().put_import(import(&format!("i-{number:02}"), "COMPLETED"));
    }
    let client = client(&simulator);
    let (mut seen, mut token) = (Vec::new(), None);
    for size in [25, 25, 10] {
        let page = client.list_exports().set_next_token(token).send().await.unwrap();
        assert_eq!(page.export_summaries().len(), size);
        seen.extend(page.export_summaries().iter().map(|export| id_in(export.export_arn())));
        token = page.next_token;
    }
    assert_eq!(token, None);
    let expected: Vec<String> = (0..60).rev().map(|number| format!("e-{number:02}")).collect();
    assert_eq!(seen, expected);

    simulator.world().page_limit = Some(7);
    let page = client.list_imports().page_size(25).send().await.unwrap();
    assert_eq!(page.import_summary_list().len(), 7);
    let token = page.next_token().unwrap();
    assert!(token.len() >= 112 && token.len() % 16 == 0, "{token}");
    let rest = client.list_imports().next_token(token).send().await.unwrap();
    assert_eq!(id_in(rest.import_summary_list()[0].import_arn()), "i-52");
}

#[tokio::test]
async fn a_job_leaves_the_listing_after_ninety_days_and_still_answers_by_arn() {
    let simulator = simulator();
    let start = Some(simulator.clock().now());
    simulator.world().put_export(TableExport { start, ..export("e-1", "COMPLETED") });
    simulator.world().put_import(TableImport { start, ..import("i-1", "COMPLETED") });
    let client = client(&simulator);
    for (days, listed) in [(90, 1), (1, 0)] {
        simulator.clock().advance(SignedDuration::from_hours(days * 24));
        assert_eq!(exports(&client).await.len(), listed);
        assert_eq!(imports(&client).await.len(), listed);
    }
    let table = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders";
    let export = client.describe_export().export_arn(format!("{table}/export/e-1")).send().await.unwrap();
    assert_eq!(export.export_description().unwrap().table_arn(), Some(table));
    let import = client.describe_import().import_arn(format!("{table}/import/i-1")).send().await.unwrap();
    assert_eq!(import.import_table_description().unwrap().table_arn(), Some(table));
}

#[tokio::test]
async fn a_job_is_found_by_its_whole_arn_in_its_region() {
    let simulator = simulator();
    simulator.world().put_export(TableExport { region: Some("us-west-2".to_owned()), ..export("e-1", "COMPLETED") });
    simulator.world().put_import(import("i-1", "COMPLETED"));
    let here = client(&simulator);
    let there = Client::new(&simulator.sdk_config("us-west-2"));
    assert!(exports(&here).await.is_empty());
    assert_eq!(exports(&there).await, ["e-1"]);
    let arn = |region: &str, rest: &str| format!("arn:aws:dynamodb:{region}:123456789012:table/{rest}");
    there.describe_export().export_arn(arn("us-west-2", "orders/export/e-1")).send().await.unwrap();
    for (client, arn) in [
        (&here, arn("us-west-2", "orders/export/e-1")),
        (&here, arn(REGION, "orders/export/e-1")),
        (&there, arn("us-west-2", "visits/export/e-1")),
        (&there, arn("us-west-2", "orders/import/e-1")),
    ] {
        let error = client.describe_export().export_arn(&arn).send().await.unwrap_err().into_service_error();
        assert!(error.is_export_not_found_exception(), "{arn}: {error:?}");
    }
    // An import of no region is in every region, under the ARN that it has there.
    there.describe_import().import_arn(arn("us-west-2", "orders/import/i-1")).send().await.unwrap();
    let error = here.describe_import().import_arn(arn(REGION, "orders/import/i-2")).send().await.unwrap_err();
    assert!(error.into_service_error().is_import_not_found_exception());
}

#[tokio::test]
async fn what_dynamodb_refuses_is_refused() {
    let simulator = simulator();
    let client = client(&simulator);
    let exports = client.list_exports();
    for request in [exports.clone().max_results(0), exports.clone().max_results(26), exports.next_token("made up")] {
        let error = request.send().await.unwrap_err().into_service_error();
        assert_eq!(error.code(), Some("ValidationException"), "{error:?}");
    }
    let imports = client.list_imports();
    for request in [imports.clone().page_size(0), imports.clone().page_size(26), imports.next_token("made up")] {
        let error = request.send().await.unwrap_err().into_service_error();
        assert_eq!(error.code(), Some("ValidationException"), "{error:?}");
    }
}

#[tokio::test]
async fn faults_and_quotas_apply_as_to_any_call() {
    let simulator = simulator();
    simulator.create_table("tidings").unwrap();
    let client = client(&simulator);
    let listing = Fault::new(FaultKind::AccessDenied).service(Service::DynamoDb).operation("ListExports");
    simulator.inject(listing.times(1));
    let denied = client.list_exports().send().await.unwrap_err().into_service_error();
    assert_eq!(denied.code(), Some("AccessDeniedException"));
    client.list_exports().send().await.unwrap();
    simulator.set_quota("ListImports", 0.001, 1.0);
    client.list_imports().send().await.unwrap();
    let throttled = client.list_imports().send().await.unwrap_err().into_service_error();
    assert_eq!(throttled.code(), Some("ThrottlingException"));
    client.describe_table().table_name("tidings").send().await.unwrap();
    assert_eq!(calls_of(&simulator, "ListImports"), 2);
}
