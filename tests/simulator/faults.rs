//! Faults, as the SDK takes them.

use std::time::Duration;

use aws_sdk_backup::config::retry::RetryConfig;
use aws_sdk_backup::config::timeout::TimeoutConfig;
use aws_sdk_backup::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use tidings::simulator::{BackupRestore, Fault, FaultKind, RedshiftRestore, Service, Simulator};

use crate::{REGION, calls_of, simulator};

/// A client that gives up at once, so that a test sees the fault itself.
fn impatient(simulator: &Simulator) -> aws_sdk_backup::Client {
    let config = aws_sdk_backup::config::Builder::from(&simulator.sdk_config(REGION))
        .retry_config(RetryConfig::disabled())
        .build();
    aws_sdk_backup::Client::from_conf(config)
}

fn with_a_job() -> Simulator {
    let simulator = simulator();
    simulator.world().put_backup(BackupRestore::new("b-1"));
    simulator
}

#[tokio::test(start_paused = true)]
async fn throttling_and_server_errors_pass_when_the_sdk_tries_again() {
    for kind in [FaultKind::Throttle, FaultKind::ServerError, FaultKind::Unavailable] {
        let simulator = with_a_job();
        simulator.inject(Fault::new(kind.clone()).times(2));
        let client = aws_sdk_backup::Client::new(&simulator.sdk_config(REGION));
        let answer = client.list_restore_jobs().send().await.unwrap();
        assert_eq!(answer.restore_jobs().len(), 1);
        let statuses: Vec<u16> = simulator.calls().iter().map(|call| call.status).collect();
        let failed = statuses[0];
        assert_eq!(statuses, [failed, failed, 200], "{kind:?}");
        assert_ne!(failed, 200);
        assert!(simulator.faults().is_empty(), "spent");
    }
}

#[tokio::test]
async fn codes_and_whole_errors_can_be_given() {
    let simulator = simulator();
    let client = aws_sdk_s3tables::Client::new(&simulator.sdk_config(REGION));
    simulator.inject(Fault::new(FaultKind::AccessDenied).code("ForbiddenException").times(1));
    let error = client.list_table_buckets().send().await.unwrap_err().into_service_error();
    assert!(error.is_forbidden_exception(), "{error:?}");
    simulator.inject(Fault::new(FaultKind::Error {
        status: 409,
        code: "ConflictException".to_owned(),
        message: "busy".to_owned(),
    }));
    let error = client.list_table_buckets().send().await.unwrap_err().into_service_error();
    assert!(error.is_conflict_exception(), "{error:?}");
    assert_eq!(error.message(), Some("busy"));
    simulator.clear_faults();
    client.list_table_buckets().send().await.unwrap();
}

#[tokio::test]
async fn answers_that_are_none_are_errors() {
    for kind in [FaultKind::Malformed, FaultKind::Truncated, FaultKind::Html] {
        let simulator = with_a_job();
        simulator.inject(Fault::new(kind.clone()));
        let error = impatient(&simulator).list_restore_jobs().send().await.unwrap_err();
        let unreadable = matches!(error, SdkError::ResponseError(_))
            || error.as_service_error().is_some_and(|error| error.code().is_none());
        assert!(unreadable, "{kind:?}: {}", DisplayErrorContext(&error));
    }
}

#[tokio::test]
async fn the_sdk_takes_half_an_xml_answer_for_a_short_listing() {
    let simulator = simulator();
    for number in 0..10 {
        let id = format!("r-{number}");
        simulator.world().put_redshift(RedshiftRestore::new(id));
    }
    let config = aws_sdk_redshift::config::Builder::from(&simulator.sdk_config(REGION))
        .retry_config(RetryConfig::disabled())
        .build();
    let client = aws_sdk_redshift::Client::from_conf(config);
    for kind in [FaultKind::Malformed, FaultKind::Html] {
        simulator.inject(Fault::new(kind.clone()).times(1));
        let answer = client.describe_table_restore_status().send().await;
        assert!(answer.is_err(), "{kind:?}");
    }
    // Not what one would wish for, but what a caller has to reckon with: only
    // the JSON services' clients notice that an answer was cut off.
    simulator.inject(Fault::new(FaultKind::Truncated).times(1));
    let cut = client.describe_table_restore_status().send().await.unwrap();
    assert!(cut.table_restore_status_details().len() < 10, "{cut:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_ends_with_the_timeout() {
    let simulator = with_a_job();
    simulator.inject(Fault::new(FaultKind::Hang).operation("ListRestoreJobs").times(1));
    let config = aws_sdk_backup::config::Builder::from(&simulator.sdk_config(REGION))
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(5)).build())
        .build();
    let client = aws_sdk_backup::Client::from_conf(config);
    let began = tokio::time::Instant::now();
    let answer = client.list_restore_jobs().send().await.unwrap();
    assert_eq!(answer.restore_jobs().len(), 1, "the second attempt answers");
    assert!(began.elapsed() >= Duration::from_secs(5));
    let statuses: Vec<u16> = simulator.calls().iter().map(|call| call.status).collect();
    assert_eq!(statuses, [0, 200]);
}

#[tokio::test(start_paused = true)]
async fn a_reset_connection_takes_no_effect_and_a_lost_answer_does() {
    for (kind, accepted) in [(FaultKind::ConnectionReset, 1), (FaultKind::LostAnswer, 2)] {
        let simulator = simulator();
        let topic = simulator.world().create_topic(REGION, "tidings");
        simulator.inject(Fault::new(kind.clone()).service(Service::Sns).times(1));
        let client = aws_sdk_sns::Client::new(&simulator.sdk_config(REGION));
        client.publish().topic_arn(topic).message("x").send().await.unwrap();
        assert_eq!(simulator.inbox().len(), accepted, "{kind:?}");
        assert_eq!(calls_of(&simulator, "Publish"), 2, "{kind:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_a_dispatch_failure_after_the_write() {
    let simulator = simulator();
    simulator.create_table("items").unwrap();
    simulator.inject(Fault::new(FaultKind::LostAnswer).operation("PutItem").times(1));
    let config = aws_sdk_dynamodb::config::Builder::from(&simulator.sdk_config(REGION))
        .retry_config(RetryConfig::disabled())
        .build();
    let client = aws_sdk_dynamodb::Client::from_conf(config);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = client.put_item().table_name("items").item("pk", text("a")).item("sk", text("b"));
    let error = put.send().await.unwrap_err();
    assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
    let get = client.get_item().table_name("items").key("pk", text("a")).key("sk", text("b"));
    assert!(get.send().await.unwrap().item.is_some());
}

#[tokio::test]
async fn a_fault_hits_only_what_it_matches_when_its_turn_comes() {
    let simulator = with_a_job();
    simulator.world().put_backup(BackupRestore::new("b-2"));
    simulator.inject(
        Fault::new(FaultKind::AccessDenied)
            .service(Service::Backup)
            .region(REGION)
            .operation("DescribeRestoreJob")
            .matching("b-2")
            .skip(1)
            .times(1),
    );
    let client = impatient(&simulator);
    let describe = |id: &str| client.describe_restore_job().restore_job_id(id).send();
    assert!(client.list_restore_jobs().send().await.is_ok(), "another operation");
    assert!(describe("b-1").await.is_ok(), "another id");
    let elsewhere = aws_sdk_backup::Client::new(&simulator.sdk_config("us-west-2"));
    let there = elsewhere.describe_restore_job().restore_job_id("b-2");
    assert!(there.send().await.is_ok(), "another region");
    assert!(describe("b-2").await.is_ok(), "skipped");
    assert!(describe("b-2").await.is_err(), "hit");
    assert!(describe("b-2").await.is_ok(), "spent");
}

#[tokio::test(start_paused = true)]
async fn latency_takes_tokios_time() {
    let simulator = with_a_job();
    simulator.set_latency(Duration::from_millis(20));
    let began = tokio::time::Instant::now();
    impatient(&simulator).list_restore_jobs().send().await.unwrap();
    assert_eq!(began.elapsed().as_millis(), 20);
}

#[tokio::test]
async fn the_recorder_keeps_calls_in_order_and_readable() {
    let simulator = with_a_job();
    let client = impatient(&simulator);
    client.list_restore_jobs().by_parent_job_id("b 0/1").send().await.unwrap();
    client.describe_restore_job().restore_job_id("none").send().await.unwrap_err();
    let redshift = aws_sdk_redshift::Client::new(&simulator.sdk_config("us-west-2"));
    let request = redshift.describe_table_restore_status().max_records(20);
    request.send().await.unwrap();
    let calls: Vec<String> = simulator
        .calls()
        .iter()
        .map(|call| {
            assert_eq!(call.at, simulator.clock().now());
            format!("{} {}:{} {} {}", call.region, call.service, call.operation, call.parameters, call.status)
        })
        .collect();
    assert_eq!(
        calls,
        [
            "eu-central-1 backup:ListRestoreJobs /restore-jobs?parentJobId=b 0/1 200",
            "eu-central-1 backup:DescribeRestoreJob /restore-jobs/none 400",
            "us-west-2 redshift:DescribeTableRestoreStatus MaxRecords=20 200",
        ]
    );
    simulator.clear_calls();
    assert!(simulator.calls().is_empty());
}
