//! Copy jobs of AWS Backup.

use aws_sdk_backup::Client;
use aws_sdk_backup::types::CopyJobState;
use jiff::SignedDuration;
use tidings::simulator::{BackupCopy, DEFAULT_ACCOUNT, Simulator};

use crate::{REGION, calls_of, sdk_time, simulator};

const VOLUME: &str = "arn:aws:ec2:eu-central-1:123456789012:volume/vol-1";
const VAULT: &str = "arn:aws:backup:eu-west-1:123456789012:backup-vault:far";
const SNAPSHOT: &str = "arn:aws:ec2:eu-central-1::snapshot/snap-1";

fn client(simulator: &Simulator) -> Client {
    Client::new(&simulator.sdk_config(REGION))
}

#[tokio::test]
async fn every_filter_narrows_the_listing() {
    let simulator = simulator();
    let now = simulator.clock().now();
    let ago = |hours: i64| now - SignedDuration::from_hours(hours);
    simulator.world().put_backup_copy(BackupCopy {
        id: "wanted".to_owned(),
        account: Some("210987654321".to_owned()),
        state: Some("PARTIAL".to_owned()),
        category: Some("AccessDenied".to_owned()),
        resource_arn: Some(VOLUME.to_owned()),
        resource_type: Some("EBS".to_owned()),
        destination_vault_arn: Some(VAULT.to_owned()),
        source_recovery_point_arn: Some(SNAPSHOT.to_owned()),
        parent_job_id: Some("c-0".to_owned()),
        created: Some(ago(10)),
        completed: Some(ago(8)),
        ..BackupCopy::default()
    });
    simulator.world().put_backup_copy(BackupCopy {
        state: Some("RUNNING".to_owned()),
        source_vault_arn: Some(VAULT.to_owned()),
        created: Some(ago(20)),
        ..BackupCopy::new("running")
    });
    simulator.world().put_backup_copy(BackupCopy {
        state: Some("FAILED".to_owned()),
        destination_recovery_point_arn: Some(SNAPSHOT.to_owned()),
        created: Some(ago(5)),
        completed: Some(ago(4)),
        ..BackupCopy::new("late")
    });
    let client = client(&simulator);
    let all = || client.list_copy_jobs();
    let (before, after) = (sdk_time(ago(7)), sdk_time(ago(9)));
    let cases: [(&str, _, &[&str]); 14] = [
        ("none", all(), &["late", "wanted", "running"]),
        ("account", all().by_account_id("210987654321"), &["wanted"]),
        ("own account", all().by_account_id(DEFAULT_ACCOUNT), &["late", "running"]),
        ("state", all().by_state(CopyJobState::Partial), &["wanted"]),
        ("category", all().by_message_category("AccessDenied"), &["wanted"]),
        ("resource", all().by_resource_arn(VOLUME), &["wanted"]),
        ("type", all().by_resource_type("EBS"), &["wanted"]),
        ("vault", all().by_destination_vault_arn(VAULT), &["wanted"]),
        ("recovery point", all().by_source_recovery_point_arn(SNAPSHOT), &["wanted"]),
        ("parent", all().by_parent_job_id("c-0"), &["wanted"]),
        ("created before", all().by_created_before(before), &["wanted", "running"]),
        ("created after", all().by_created_after(before), &["late"]),
        ("complete before", all().by_complete_before(before), &["wanted"]),
        ("complete after", all().by_complete_after(after), &["late", "wanted"]),
    ];
    for (name, request, expected) in cases {
        let answer = request.send().await.unwrap();
        let ids: Vec<&str> = answer.copy_jobs().iter().filter_map(|job| job.copy_job_id()).collect();
        assert_eq!(ids, expected, "{name}");
    }
}

#[tokio::test]
async fn pages_have_at_most_what_was_asked_for_and_what_the_world_allows() {
    let simulator = simulator();
    for number in 1..=5 {
        let created = Some(simulator.clock().now() - SignedDuration::from_mins(number));
        simulator.world().put_backup_copy(BackupCopy { created, ..BackupCopy::new(format!("c-{number}")) });
    }
    simulator.world().page_limit = Some(3);
    let client = client(&simulator);
    for (asked, first) in [(2, 2), (4, 3)] {
        let page = client.list_copy_jobs().max_results(asked).send().await.unwrap();
        assert_eq!(page.copy_jobs().len(), first);
        let rest = client.list_copy_jobs().next_token(page.next_token().unwrap()).send().await.unwrap();
        assert_eq!(rest.copy_jobs().len(), 5 - first);
        assert_eq!(rest.next_token(), None);
    }
    assert_eq!(calls_of(&simulator, "ListCopyJobs"), 4);
}

#[tokio::test]
async fn a_job_leaves_the_listing_after_thirty_days_and_still_answers_by_id() {
    let simulator = simulator();
    simulator.world().put_backup_copy(BackupCopy { created: Some(simulator.clock().now()), ..BackupCopy::new("c-1") });
    let client = client(&simulator);
    for (days, listed) in [(30, 1), (1, 0)] {
        simulator.clock().advance(SignedDuration::from_hours(days * 24));
        let answer = client.list_copy_jobs().send().await.unwrap();
        assert_eq!(answer.copy_jobs().len(), listed);
    }
    let one = client.describe_copy_job().copy_job_id("c-1").send().await.unwrap();
    assert_eq!(one.copy_job().unwrap().copy_job_id(), Some("c-1"));
    let error = client.describe_copy_job().copy_job_id("c-2").send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
}

#[tokio::test]
async fn a_state_of_backup_jobs_is_none_of_copy_jobs() {
    let simulator = simulator();
    let client = client(&simulator);
    for state in ["CREATED", "RUNNING", "COMPLETED", "FAILED", "PARTIAL"] {
        client.list_copy_jobs().by_state(state.into()).send().await.unwrap();
    }
    let error = client.list_copy_jobs().by_state("EXPIRED".into()).send().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_parameter_value_exception(), "{error:?}");
}
