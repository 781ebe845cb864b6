//! Backup jobs of AWS Backup.

use aws_sdk_backup::Client;
use aws_sdk_backup::types::BackupJobState;
use jiff::SignedDuration;
use tidings::simulator::{BackupJob, DEFAULT_ACCOUNT, Simulator};

use crate::{REGION, calls_of, sdk_time, simulator};

const VOLUME: &str = "arn:aws:ec2:eu-central-1:123456789012:volume/vol-1";

fn client(simulator: &Simulator) -> Client {
    Client::new(&simulator.sdk_config(REGION))
}

#[tokio::test]
async fn pages_come_newest_first_and_stay_sound_while_jobs_arrive() {
    let simulator = simulator();
    let add = |number: i64| {
        simulator.world().put_backup_job(BackupJob {
            created: Some(simulator.clock().now() - SignedDuration::from_mins(number)),
            ..BackupJob::new(format!("j-{number}"))
        });
    };
    (1..=5).for_each(add);
    let mut pages = client(&simulator).list_backup_jobs().into_paginator().page_size(2).send();
    let mut ids = Vec::new();
    while let Some(page) = pages.next().await {
        let jobs = page.unwrap().backup_jobs.unwrap();
        ids.extend(jobs.into_iter().map(|job| job.backup_job_id.unwrap()));
        add(0);
    }
    assert_eq!(ids, ["j-1", "j-2", "j-3", "j-4", "j-5"]);
    assert_eq!(calls_of(&simulator, "ListBackupJobs"), 3);
}

#[tokio::test]
async fn every_filter_narrows_the_listing() {
    let simulator = simulator();
    let now = simulator.clock().now();
    let ago = |hours: i64| now - SignedDuration::from_hours(hours);
    simulator.world().put_backup_job(BackupJob {
        id: "wanted".to_owned(),
        account: Some("210987654321".to_owned()),
        state: Some("EXPIRED".to_owned()),
        category: Some("AccessDenied".to_owned()),
        resource_arn: Some(VOLUME.to_owned()),
        resource_type: Some("EBS".to_owned()),
        vault_name: Some("main".to_owned()),
        parent_job_id: Some("j-0".to_owned()),
        created: Some(ago(10)),
        completed: Some(ago(8)),
        ..BackupJob::default()
    });
    simulator.world().put_backup_job(BackupJob {
        state: Some("RUNNING".to_owned()),
        vault_name: Some("other".to_owned()),
        created: Some(ago(20)),
        ..BackupJob::new("running")
    });
    simulator.world().put_backup_job(BackupJob {
        state: Some("FAILED".to_owned()),
        created: Some(ago(5)),
        completed: Some(ago(4)),
        ..BackupJob::new("late")
    });
    let client = client(&simulator);
    let all = || client.list_backup_jobs();
    let (before, after) = (sdk_time(ago(7)), sdk_time(ago(9)));
    let cases: [(&str, _, &[&str]); 14] = [
        ("none", all(), &["late", "wanted", "running"]),
        ("account", all().by_account_id("210987654321"), &["wanted"]),
        ("own account", all().by_account_id(DEFAULT_ACCOUNT), &["late", "running"]),
        ("all accounts", all().by_account_id("*"), &["late", "wanted", "running"]),
        ("state", all().by_state(BackupJobState::Expired), &["wanted"]),
        ("category", all().by_message_category("AccessDenied"), &["wanted"]),
        ("resource", all().by_resource_arn(VOLUME), &["wanted"]),
        ("type", all().by_resource_type("EBS"), &["wanted"]),
        ("vault", all().by_backup_vault_name("main"), &["wanted"]),
        ("parent", all().by_parent_job_id("j-0"), &["wanted"]),
        ("created before", all().by_created_before(before), &["wanted", "running"]),
        ("created after", all().by_created_after(before), &["late"]),
        ("complete before", all().by_complete_before(before), &["wanted"]),
        ("complete after", all().by_complete_after(after), &["late", "wanted"]),
    ];
    for (name, request, expected) in cases {
        let answer = request.send().await.unwrap();
        let ids: Vec<&str> = answer.backup_jobs().iter().filter_map(|job| job.backup_job_id()).collect();
        assert_eq!(ids, expected, "{name}");
    }
}

#[tokio::test]
async fn a_job_leaves_the_listing_after_thirty_days_and_still_answers_by_id() {
    let simulator = simulator();
    simulator.world().put_backup_job(BackupJob { created: Some(simulator.clock().now()), ..BackupJob::new("j-1") });
    let client = client(&simulator);
    for (days, listed) in [(30, 1), (1, 0)] {
        simulator.clock().advance(SignedDuration::from_hours(days * 24));
        let answer = client.list_backup_jobs().send().await.unwrap();
        assert_eq!(answer.backup_jobs().len(), listed);
    }
    let one = client.describe_backup_job().backup_job_id("j-1").send().await.unwrap();
    assert_eq!(one.backup_job_id(), Some("j-1"));
}

#[tokio::test]
async fn a_job_of_another_region_is_not_there() {
    let simulator = simulator();
    let elsewhere = BackupJob { region: Some("us-west-2".to_owned()), ..BackupJob::new("j-1") };
    simulator.world().put_backup_job(elsewhere);
    let here = client(&simulator);
    assert_eq!(here.list_backup_jobs().send().await.unwrap().backup_jobs().len(), 0);
    let error = here.describe_backup_job().backup_job_id("j-1").send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
    let there = Client::new(&simulator.sdk_config("us-west-2"));
    assert_eq!(there.list_backup_jobs().send().await.unwrap().backup_jobs().len(), 1);
    there.describe_backup_job().backup_job_id("j-1").send().await.unwrap();
}

#[tokio::test]
async fn what_backup_refuses_is_refused() {
    let simulator = simulator();
    let client = client(&simulator);
    for state in ["CREATED", "PENDING", "RUNNING", "ABORTING", "ABORTED", "COMPLETED", "FAILED", "EXPIRED", "PARTIAL"] {
        client.list_backup_jobs().by_state(state.into()).send().await.unwrap();
    }
    for request in [
        client.list_backup_jobs().next_token("made up"),
        client.list_backup_jobs().max_results(1001),
        client.list_backup_jobs().by_state("DREAMING".into()),
    ] {
        let error = request.send().await.unwrap_err().into_service_error();
        assert!(error.is_invalid_parameter_value_exception(), "{error:?}");
    }
}

#[tokio::test]
async fn a_token_of_one_listing_is_none_of_another() {
    let simulator = simulator();
    for number in 1..=2 {
        simulator.world().put_backup_job(BackupJob::new(format!("j-{number}")));
    }
    let client = client(&simulator);
    let page = client.list_backup_jobs().max_results(1).send().await.unwrap();
    let token = page.next_token().unwrap();
    client.list_backup_jobs().next_token(token).send().await.unwrap();
    let error = client.list_copy_jobs().next_token(token).send().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_parameter_value_exception(), "{error:?}");
}
