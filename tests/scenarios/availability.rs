//! Services that the account or the region does not have, and tables that AWS manages: nobody's fault, and no alarm.

use tidings::config::Config;
use tidings::domain::Source;
use tidings::simulator::{Fault, FaultKind, MaintenanceJob, Service};

use crate::stage::{Stage, scope};

const JOB: &str = "icebergCompaction";

fn opt_in_required() -> FaultKind {
    FaultKind::Error {
        status: 403,
        code: "OptInRequired".to_owned(),
        message: "The AWS Access Key Id needs a subscription for the service".to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_not_available_here_is_told_once_with_the_way_to_switch_it_off() {
    for kind in [opt_in_required(), FaultKind::NoSuchHost] {
        let mut stage = Stage::of(&[Source::RedshiftServerless]);
        stage.sim.inject(Fault::new(kind.clone()).service(Service::RedshiftServerless));
        let mut told = Vec::new();
        for _ in 0..6 {
            stage.wait(5);
            let report = stage.pass().await;
            assert!(!report.is_failure(), "{kind:?}: the invocation does not fail");
            let scope = scope(&report, Source::RedshiftServerless);
            assert!(scope.is_swept(), "{kind:?}: the heartbeat beats");
            assert_eq!(scope.error.as_ref().map(|error| error.kind.as_str()), Some("not-available"), "{kind:?}");
            for message in stage.messages() {
                told.push((crate::stage::notices(&message), message.copy("email")));
            }
        }
        let [(notices, letter)] = told.as_slice() else { panic!("{kind:?}: {told:?}") };
        assert_eq!(notices[0]["reason"], "unreachable");
        assert_eq!(notices[0]["attributes"]["error"], "not-available");
        assert!(notices[0]["title"].as_str().is_some_and(|title| title.starts_with("Not available here: ")));
        for way_out in ["WatchRedshiftServerless=false", "sources"] {
            assert!(letter.contains(way_out), "{kind:?}: {letter}");
        }
        assert!(!letter.contains("Allow "), "{letter}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_server_in_trouble_is_an_outage() {
    let mut stage = Stage::of(&[Source::RedshiftServerless]);
    stage.sim.inject(Fault::new(FaultKind::ConnectionReset).service(Service::RedshiftServerless));
    let report = stage.pass().await;
    let scope = scope(&report, Source::RedshiftServerless);
    assert_eq!(scope.error.as_ref().map(|error| error.kind.as_str()), Some("unavailable"));
    assert!(!scope.is_swept() && report.is_failure());
}

fn failed(stage: &Stage, bucket: &str) {
    let job = MaintenanceJob { status: Some("Failed".to_owned()), run: Some(stage.now()), message: None };
    stage.sim.world().table(bucket, "sales", "orders").maintenance.insert(JOB.to_owned(), job);
}

#[tokio::test(start_paused = true)]
async fn tables_that_aws_manages_are_not_watched_unless_they_are_asked_for() {
    for lists_aws_buckets in [true, false] {
        for (text, expected) in [("", 1), ("[s3tables]\naws_managed = true", 3)] {
            let config = Config::parse(text, "tidings.toml").expect("settings");
            let mut stage = Stage::with(&[Source::S3TablesMaintenance], config);
            stage.sim.world().lists_aws_buckets = lists_aws_buckets;
            stage.sim.world().bucket("aws-s3").kind = Some("aws".to_owned());
            stage.sim.world().table("lake", "sales", "replica").managed_by =
                Some("replication.s3tables.amazonaws.com".to_owned());
            stage.baseline().await;
            stage.wait(1);
            for bucket in ["lake", "aws-s3"] {
                failed(&stage, bucket);
            }
            let job = MaintenanceJob { status: Some("Failed".to_owned()), run: Some(stage.now()), message: None };
            stage.sim.world().table("lake", "sales", "replica").maintenance.insert(JOB.to_owned(), job);
            let told = stage.tick().await;
            assert_eq!(told.len(), expected, "{text:?}, listed without a type: {lists_aws_buckets}: {told:?}");
            stage.sim.clear_calls();
            assert!(stage.tick().await.is_empty());
            assert_eq!(stage.count("GetTableMaintenanceJobStatus"), expected);
        }
    }
}
