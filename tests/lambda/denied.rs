//! What the role may not do: told per scope, and an error only when nothing at all could be done.

use serde_json::Value;
use tidings::simulator::{Fault, FaultKind, Service};

use super::contract::{check_complete, check_report, counts, scope, scopes, text};
use super::function::Function;
use super::stage::Stage;
use super::{SOURCES, tick};

/// A service of the five sources, an operation of it, and what the report says when it is denied.
const DENIALS: [(Service, &str, &str, &str); 5] = [
    (Service::Redshift, "DescribeTableRestoreStatus", "redshift", "redshift:DescribeTableRestoreStatus"),
    (
        Service::RedshiftServerless,
        "ListTableRestoreStatus",
        "redshift-serverless",
        "redshift-serverless:ListTableRestoreStatus",
    ),
    (Service::Backup, "ListRestoreJobs", "backup", "backup:ListRestoreJobs"),
    (Service::S3Tables, "GetTableReplicationStatus", "s3tables-replication", "s3tables:GetTableReplicationStatus"),
    (
        Service::S3Tables,
        "GetTableMaintenanceJobStatus",
        "s3tables-maintenance",
        "s3tables:GetTableMaintenanceJobStatus",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn one_source_denied_leaves_the_other_four_complete() {
    for (service, operation, source, action) in DENIALS {
        let stage = Stage::set();
        let function = Function::start(&stage).await;
        stage.simulator.inject(Fault::new(FaultKind::AccessDenied).service(service).operation(operation));
        let report = function.report(&tick()).await;
        check_report(&report, &SOURCES);
        let denied = scope(&report, source);
        assert_eq!(text(denied, "coverage"), "partial", "{denied}");
        let error = &denied["error"];
        assert_eq!((text(error, "kind"), text(error, "action")), ("denied", action), "{denied}");
        assert!(text(error, "message").contains(action), "{denied}");
        let others: Vec<&Value> = scopes(&report).iter().filter(|scope| scope["source"] != source).collect();
        assert_eq!(others.len(), 4);
        for other in others {
            assert_eq!((text(other, "coverage"), &other["error"]), ("complete", &Value::Null), "{other}");
        }
        assert!(counts(&report)[1] >= 4, "the four say what they watch: {report}");

        stage.simulator.clear_faults();
        check_complete(&function.report(&tick()).await);
        assert_eq!(stage.told().iter().filter(|told| told.source == source && told.reason == "baseline").count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_denied_is_an_error_of_the_invocation_and_the_process_lives_on() {
    let everything = [None];
    let sources_only = [Service::Redshift, Service::RedshiftServerless, Service::Backup, Service::S3Tables].map(Some);
    for services in [everything.as_slice(), sources_only.as_slice()] {
        let stage = Stage::set();
        let function = Function::start(&stage).await;
        for service in services {
            let fault = Fault::new(FaultKind::AccessDenied);
            stage.simulator.inject(match service {
                Some(service) => fault.service(*service),
                None => fault,
            });
        }
        let failure = function.failure(&tick()).await;
        assert_eq!(failure.error_type, "Tidings.NothingDone", "{}", failure.message);
        assert!(failure.message.contains("nothing could be done: "), "{}", failure.message);
        let action = if services.len() == 1 { "dynamodb:UpdateItem" } else { "redshift:DescribeTableRestoreStatus" };
        assert!(failure.message.contains(action), "{action} is not in: {}", failure.message);
        assert_eq!(stage.simulator.inbox(), []);

        stage.simulator.clear_faults();
        let report = function.report(&tick()).await;
        check_complete(&report);
        assert_eq!(counts(&report), [5, 5, 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_topic_keeps_every_notice() {
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    check_complete(&function.report(&tick()).await);
    stage.simulator.clear_inbox();
    stage.fail_redshift();
    stage.simulator.inject(Fault::new(FaultKind::AccessDenied).service(Service::Sns));
    let report = function.report(&tick()).await;
    check_report(&report, &SOURCES);
    assert_eq!(counts(&report), [1, 0, 1]);
    let error = &scope(&report, "redshift")["error"];
    assert_eq!((text(error, "kind"), text(error, "action")), ("denied", "sns:Publish"), "{error}");
    assert_eq!(stage.told(), []);
}
