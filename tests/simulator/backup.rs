//! AWS Backup.

use aws_sdk_backup::Client;
use aws_sdk_backup::types::RestoreJobStatus;
use jiff::SignedDuration;
use tidings::simulator::{BackupRestore, DEFAULT_ACCOUNT, Simulator};

use crate::{REGION, calls_of, sdk_time, simulator};

const PLAN: &str = "arn:aws:backup:eu-central-1:123456789012:restore-testing-plan:weekly";

fn client(simulator: &Simulator) -> Client {
    Client::new(&simulator.sdk_config(REGION))
}

#[tokio::test]
async fn pages_come_newest_first_and_stay_sound_while_jobs_arrive() {
    let simulator = simulator();
    let add = |number: i64| {
        simulator.world().put_backup(BackupRestore {
            created: Some(simulator.clock().now() - SignedDuration::from_mins(number)),
            ..BackupRestore::new(format!("b-{number}"))
        });
    };
    (1..=5).for_each(add);
    simulator.world().page_limit = Some(2);
    let mut pages = client(&simulator).list_restore_jobs().into_paginator().send();
    let mut ids = Vec::new();
    while let Some(page) = pages.next().await {
        let jobs = page.unwrap().restore_jobs.unwrap();
        ids.extend(jobs.into_iter().map(|job| job.restore_job_id.unwrap()));
        add(0);
    }
    assert_eq!(ids, ["b-1", "b-2", "b-3", "b-4", "b-5"]);
    assert_eq!(calls_of(&simulator, "ListRestoreJobs"), 3);
}

#[tokio::test]
async fn every_filter_narrows_the_listing() {
    let simulator = simulator();
    let now = simulator.clock().now();
    let ago = |hours: i64| now - SignedDuration::from_hours(hours);
    simulator.world().put_backup(BackupRestore {
        id: "wanted".to_owned(),
        account: Some("210987654321".to_owned()),
        status: Some("COMPLETED".to_owned()),
        resource_type: Some("RDS".to_owned()),
        restore_testing_plan_arn: Some(PLAN.to_owned()),
        parent_job_id: Some("b-0".to_owned()),
        created: Some(ago(10)),
        completed: Some(ago(8)),
        ..BackupRestore::default()
    });
    simulator.world().put_backup(BackupRestore {
        status: Some("RUNNING".to_owned()),
        created: Some(ago(20)),
        ..BackupRestore::new("running")
    });
    simulator.world().put_backup(BackupRestore {
        status: Some("FAILED".to_owned()),
        created: Some(ago(5)),
        completed: Some(ago(4)),
        ..BackupRestore::new("late")
    });
    let client = client(&simulator);
    let all = || client.list_restore_jobs();
    let (before, after) = (sdk_time(ago(7)), sdk_time(ago(9)));
    let cases: [(&str, _, &[&str]); 12] = [
        ("none", all(), &["late", "wanted", "running"]),
        ("account", all().by_account_id("210987654321"), &["wanted"]),
        ("own account", all().by_account_id(DEFAULT_ACCOUNT), &["late", "running"]),
        ("all accounts", all().by_account_id("*"), &["late", "wanted", "running"]),
        ("status", all().by_status(RestoreJobStatus::Completed), &["wanted"]),
        ("type", all().by_resource_type("RDS"), &["wanted"]),
        ("plan", all().by_restore_testing_plan_arn(PLAN), &["wanted"]),
        ("parent", all().by_parent_job_id("b-0"), &["wanted"]),
        ("created before", all().by_created_before(before), &["wanted", "running"]),
        ("created after", all().by_created_after(before), &["late"]),
        ("complete before", all().by_complete_before(before), &["wanted"]),
        ("complete after", all().by_complete_after(after), &["late", "wanted"]),
    ];
    for (name, request, expected) in cases {
        let answer = request.send().await.unwrap();
        let ids: Vec<&str> = answer.restore_jobs().iter().filter_map(|job| job.restore_job_id()).collect();
        assert_eq!(ids, expected, "{name}");
    }
}

#[tokio::test]
async fn a_job_leaves_the_listing_after_thirty_days_and_still_answers_by_id() {
    let simulator = simulator();
    simulator.world().put_backup(BackupRestore { created: Some(simulator.clock().now()), ..BackupRestore::new("b-1") });
    let client = client(&simulator);
    for (days, listed) in [(30, 1), (1, 0)] {
        simulator.clock().advance(SignedDuration::from_hours(days * 24));
        let answer = client.list_restore_jobs().send().await.unwrap();
        assert_eq!(answer.restore_jobs().len(), listed);
    }
    let one = client.describe_restore_job().restore_job_id("b-1").send().await.unwrap();
    assert_eq!(one.restore_job_id(), Some("b-1"));
}

#[tokio::test]
async fn what_backup_refuses_is_refused() {
    let simulator = simulator();
    let client = client(&simulator);
    let unknown = client.describe_restore_job().restore_job_id("b-2").send().await;
    let error = unknown.unwrap_err().into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
    for request in [
        client.list_restore_jobs().next_token("made up"),
        client.list_restore_jobs().max_results(1001),
        client.list_restore_jobs().by_status("DREAMING".into()),
    ] {
        let error = request.send().await.unwrap_err().into_service_error();
        assert!(error.is_invalid_parameter_value_exception(), "{error:?}");
    }
}
