//! Amazon Redshift.

use aws_sdk_redshift::Client;
use aws_sdk_redshift::error::ProvideErrorMetadata;
use jiff::SignedDuration;
use tidings::simulator::{RedshiftLists, RedshiftRestore, Simulator};

use crate::{REGION, calls_of, simulator};

fn client(simulator: &Simulator) -> Client {
    Client::new(&simulator.sdk_config(REGION))
}

fn restore(id: &str, status: &str) -> RedshiftRestore {
    RedshiftRestore {
        status: Some(status.to_owned()),
        cluster: Some("analytics".to_owned()),
        ..RedshiftRestore::new(id)
    }
}

#[tokio::test]
async fn a_request_of_which_nothing_is_known_has_only_its_id() {
    let simulator = simulator();
    simulator.world().put_redshift(RedshiftRestore::new("r-1"));
    let answer = client(&simulator).describe_table_restore_status().send().await.unwrap();
    let found = &answer.table_restore_status_details()[0];
    assert_eq!(found.table_restore_request_id(), Some("r-1"));
    assert_eq!((found.status(), found.request_time(), found.message()), (None, None, None));
}

#[tokio::test]
async fn pages_come_oldest_first_and_cover_everything_once() {
    let simulator = simulator();
    for number in 0..7_i64 {
        simulator.world().put_redshift(RedshiftRestore {
            requested: Some(simulator.clock().now() - SignedDuration::from_mins(number)),
            ..restore(&format!("r-{number}"), "PENDING")
        });
    }
    simulator.world().page_limit = Some(3);
    let items: Result<Vec<_>, _> =
        client(&simulator).describe_table_restore_status().into_paginator().items().send().collect().await;
    let ids: Vec<String> = items.unwrap().into_iter().map(|item| item.table_restore_request_id.unwrap()).collect();
    assert_eq!(ids, ["r-6", "r-5", "r-4", "r-3", "r-2", "r-1", "r-0"]);
    assert_eq!(calls_of(&simulator, "DescribeTableRestoreStatus"), 3);
}

#[tokio::test]
async fn both_readings_of_the_documentation_are_possible_and_an_id_always_answers() {
    let simulator = simulator();
    for (id, status) in [("r-1", "PENDING"), ("r-2", "SUCCEEDED"), ("r-3", "IN_PROGRESS")] {
        simulator.world().put_redshift(restore(id, status));
    }
    let client = client(&simulator);
    for (reading, listed) in
        [(RedshiftLists::AllRequests, &["r-1", "r-2", "r-3"][..]), (RedshiftLists::InProgressOnly, &["r-1", "r-3"][..])]
    {
        simulator.world().redshift_lists = reading;
        let answer = client.describe_table_restore_status().send().await.unwrap();
        let ids: Vec<&str> =
            answer.table_restore_status_details().iter().filter_map(|found| found.table_restore_request_id()).collect();
        assert_eq!(ids, listed, "{reading:?}");
        let by_id = client.describe_table_restore_status().table_restore_request_id("r-2");
        let found = by_id.send().await.unwrap();
        let status = found.table_restore_status_details()[0].status().unwrap();
        assert_eq!(status.as_str(), "SUCCEEDED");
    }
}

#[tokio::test]
async fn a_cluster_narrows_the_listing() {
    let simulator = simulator();
    simulator.world().put_redshift(restore("r-1", "PENDING"));
    simulator
        .world()
        .put_redshift(RedshiftRestore { cluster: Some("finance".to_owned()), ..restore("r-2", "PENDING") });
    simulator.world().clusters.insert("idle".to_owned());
    let client = client(&simulator);
    for (cluster, listed) in [("finance", Some("r-2")), ("idle", None)] {
        let request = client.describe_table_restore_status().cluster_identifier(cluster);
        let answer = request.send().await.unwrap();
        let ids: Vec<_> =
            answer.table_restore_status_details().iter().filter_map(|found| found.table_restore_request_id()).collect();
        assert_eq!(ids, Vec::from_iter(listed), "{cluster}");
    }
    let request = client.describe_table_restore_status().cluster_identifier("nowhere");
    let error = request.send().await.unwrap_err().into_service_error();
    assert!(error.is_cluster_not_found_fault(), "{error:?}");
}

#[tokio::test]
async fn what_redshift_refuses_is_refused() {
    let simulator = simulator();
    simulator.world().put_redshift(restore("r-1", "PENDING"));
    let client = client(&simulator);
    let unknown = client.describe_table_restore_status().table_restore_request_id("r-2");
    let error = unknown.send().await.unwrap_err().into_service_error();
    assert!(error.is_table_restore_not_found_fault(), "{error:?}");
    for request in [
        client.describe_table_restore_status().max_records(19),
        client.describe_table_restore_status().max_records(101),
        client.describe_table_restore_status().marker("made up"),
    ] {
        let error = request.send().await.unwrap_err().into_service_error();
        assert_eq!(error.code(), Some("InvalidParameterValue"), "{error:?}");
    }
}

#[tokio::test]
async fn a_request_is_seen_from_its_own_region_only() {
    let simulator = simulator();
    simulator
        .world()
        .put_redshift(RedshiftRestore { region: Some("us-west-2".to_owned()), ..restore("r-1", "PENDING") });
    for (region, listed) in [("us-west-2", 1), (REGION, 0)] {
        let client = Client::new(&simulator.sdk_config(region));
        let answer = client.describe_table_restore_status().send().await.unwrap();
        assert_eq!(answer.table_restore_status_details().len(), listed, "{region}");
    }
}
