//! AWS Backup.

use aws_sdk_backup::Client;
use aws_sdk_backup::types::RestoreJobStatus;
use aws_smithy_types::DateTime;
use jiff::{SignedDuration, Timestamp};
use tidings::simulator::{BackupRestore, DEFAULT_ACCOUNT, Simulator};

use crate::{REGION, calls_of, sdk_time, simulator, time};

const PLAN: &str = "arn:aws:backup:eu-central-1:123456789012:restore-testing-plan:weekly";

fn client(simulator: &Simulator) -> Client {
    Client::new(&simulator.sdk_config(REGION))
}

fn complete_job() -> BackupRestore {
    let text = |text: &str| Some(text.to_owned());
    BackupRestore {
        id: "b/1 +x".to_owned(),
        account: None,
        status: text("COMPLETED"),
        message: text("done"),
        percent_done: text("100.00%"),
        created: Some(time("2026-03-01T20:00:00.087Z")),
        completed: Some(time("2026-03-01T21:00:00Z")),
        size_bytes: Some(8_589_934_592),
        role_arn: text("arn:aws:iam::123456789012:role/Restore"),
        expected_minutes: Some(45),
        created_resource_arn: text("arn:aws:ec2:eu-central-1:123456789012:volume/vol-1"),
        resource_type: text("EBS"),
        recovery_point_arn: text("arn:aws:ec2:eu-central-1::snapshot/snap-1"),
        recovery_point_created: Some(time("2026-02-28T01:00:00Z")),
        source_resource_arn: text("arn:aws:ec2:eu-central-1:123456789012:volume/vol-0"),
        backup_vault_arn: text("arn:aws:backup:eu-central-1:123456789012:backup-vault:main"),
        is_parent: Some(true),
        parent_job_id: text("b-0"),
        restore_testing_plan_arn: text(PLAN),
        validation_status: text("TIMED_OUT"),
        validation_message: text("no validation was received"),
        deletion_status: text("DELETING"),
        deletion_message: text("deleting"),
        region: None,
    }
}

/// Backup's times are fractions of seconds: the SDK's come out a microsecond off.
fn is_at(found: Option<&DateTime>, at: Option<Timestamp>) -> bool {
    let (found, at) = (found.unwrap().as_secs_f64(), sdk_time(at.unwrap()).as_secs_f64());
    (found - at).abs() < 0.000_5
}

/// Checks every field of a listed or described job; both have the same accessors.
macro_rules! assert_is_the_complete_job {
    ($found:expr) => {
        let found = $found;
        let job = complete_job();
        assert_eq!(found.account_id(), Some(DEFAULT_ACCOUNT));
        assert_eq!(found.restore_job_id(), Some(job.id.as_str()));
        assert_eq!(found.status().map(|word| word.as_str()), job.status.as_deref());
        assert_eq!(found.status_message(), job.message.as_deref());
        assert_eq!(found.percent_done(), job.percent_done.as_deref());
        assert!(is_at(found.creation_date(), job.created));
        assert!(is_at(found.completion_date(), job.completed));
        assert_eq!(found.backup_size_in_bytes(), job.size_bytes);
        assert_eq!(found.iam_role_arn(), job.role_arn.as_deref());
        assert_eq!(found.expected_completion_time_minutes(), job.expected_minutes);
        assert_eq!(found.created_resource_arn(), job.created_resource_arn.as_deref());
        assert_eq!(found.resource_type(), job.resource_type.as_deref());
        assert_eq!(found.recovery_point_arn(), job.recovery_point_arn.as_deref());
        let point = found.recovery_point_creation_date();
        assert!(is_at(point, job.recovery_point_created));
        assert_eq!(found.source_resource_arn(), job.source_resource_arn.as_deref());
        assert_eq!(found.backup_vault_arn(), job.backup_vault_arn.as_deref());
        assert!(found.is_parent());
        assert_eq!(found.parent_job_id(), job.parent_job_id.as_deref());
        let plan = found.created_by().unwrap().restore_testing_plan_arn();
        assert_eq!(plan, Some(PLAN));
        let validation = found.validation_status().map(|word| word.as_str());
        assert_eq!(validation, job.validation_status.as_deref());
        assert_eq!(found.validation_status_message(), job.validation_message.as_deref());
        let deletion = found.deletion_status().map(|word| word.as_str());
        assert_eq!(deletion, job.deletion_status.as_deref());
        assert_eq!(found.deletion_status_message(), job.deletion_message.as_deref());
    };
}

#[tokio::test]
async fn a_job_comes_back_with_every_field_from_the_list_and_by_id() {
    let simulator = simulator();
    simulator.world().put_backup(complete_job());
    let client = client(&simulator);
    let list = client.list_restore_jobs().send().await.unwrap();
    assert_eq!(list.restore_jobs().len(), 1);
    assert_is_the_complete_job!(&list.restore_jobs()[0]);
    let id = complete_job().id;
    let one = client.describe_restore_job().restore_job_id(id).send().await.unwrap();
    assert_is_the_complete_job!(&one);
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
