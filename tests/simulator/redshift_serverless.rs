//! Redshift Serverless.

use aws_sdk_redshiftserverless::Client;
use aws_sdk_redshiftserverless::error::ProvideErrorMetadata;
use jiff::SignedDuration;
use tidings::simulator::{ServerlessRestore, Simulator};

use crate::{REGION, calls_of, simulator};

fn client(simulator: &Simulator) -> Client {
    Client::new(&simulator.sdk_config(REGION))
}

fn restore(id: &str, namespace: &str) -> ServerlessRestore {
    ServerlessRestore {
        status: Some("PENDING".to_owned()),
        namespace: Some(namespace.to_owned()),
        workgroup: Some(format!("{namespace}-wg")),
        ..ServerlessRestore::new(id)
    }
}

#[tokio::test]
async fn pages_cover_everything_once() {
    let simulator = simulator();
    for number in 0..5_i64 {
        simulator.world().put_serverless(ServerlessRestore {
            requested: Some(simulator.clock().now() - SignedDuration::from_mins(number)),
            ..restore(&format!("s-{number}"), "lake")
        });
    }
    let items: Result<Vec<_>, _> =
        client(&simulator).list_table_restore_status().into_paginator().page_size(2).items().send().collect().await;
    let ids: Vec<String> = items.unwrap().into_iter().map(|item| item.table_restore_request_id.unwrap()).collect();
    assert_eq!(ids, ["s-0", "s-1", "s-2", "s-3", "s-4"]);
    assert_eq!(calls_of(&simulator, "ListTableRestoreStatus"), 3);
}

#[tokio::test]
async fn namespaces_and_workgroups_narrow_the_listing() {
    let simulator = simulator();
    simulator.world().put_serverless(restore("s-1", "lake"));
    simulator.world().put_serverless(restore("s-2", "sea"));
    let client = client(&simulator);
    let by_namespace = client.list_table_restore_status().namespace_name("sea");
    let by_workgroup = client.list_table_restore_status().workgroup_name("sea-wg");
    for request in [by_namespace, by_workgroup] {
        let answer = request.send().await.unwrap();
        let [found] = answer.table_restore_statuses() else {
            panic!("one request: {answer:?}");
        };
        assert_eq!(found.table_restore_request_id(), Some("s-2"));
    }
    let unknown = client.list_table_restore_status().namespace_name("desert");
    let error = unknown.send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
}

#[tokio::test]
async fn what_serverless_refuses_is_refused() {
    let simulator = simulator();
    let client = client(&simulator);
    let unknown = client.get_table_restore_status().table_restore_request_id("s-2");
    let error = unknown.send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
    let bad_token = client.list_table_restore_status().next_token("made up");
    let error = bad_token.send().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_pagination_exception(), "{error:?}");
    let bad_size = client.list_table_restore_status().max_results(101);
    let error = bad_size.send().await.unwrap_err().into_service_error();
    assert!(error.is_validation_exception(), "{error:?}");
    assert!(error.message().is_some_and(|message| message.contains("101")));
}
