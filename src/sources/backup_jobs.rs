//! AWS Backup backup jobs: `ListBackupJobs` and `DescribeBackupJob`
//! (<https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeBackupJob.html>).
//!
//! An account may make thousands of backups a day, and what ended before the first pass is history. So the first pass
//! lists the look-back window, and the jobs that are unfinished, however old they are.

use std::borrow::Cow;
use std::sync::Arc;

use aws_sdk_backup::Client;
use aws_sdk_backup::operation::describe_backup_job::DescribeBackupJobOutput;
use aws_sdk_backup::operation::list_backup_jobs::ListBackupJobsOutput;
use aws_sdk_backup::types::{BackupJob, BackupJobState};
use jiff::SignedDuration;

use super::backup_listing::{Filter, PAGE, listings, message, name, seconds};
use super::labels::{Label, labels};
use super::{Ask, Found, Lazy, ListAndGet, each_page, required, timestamp};
use crate::calls::Calls;
use crate::domain::{Facet, FacetObservation, Observation, Progress, Subject, SubjectId, label};
use crate::error::ApiError;

const LIST: &str = "backup:ListBackupJobs";
const DESCRIBE: &str = "backup:DescribeBackupJob";
/// The states of a job that has not ended.
const UNFINISHED: [BackupJobState; 4] =
    [BackupJobState::Created, BackupJobState::Pending, BackupJobState::Running, BackupJobState::Aborting];

pub(super) struct Jobs {
    client: Lazy<Client>,
    look_back: SignedDuration,
}

impl Jobs {
    pub(super) const fn new(client: Lazy<Client>, look_back: SignedDuration) -> Self {
        Self { client, look_back }
    }
}

impl ListAndGet for Jobs {
    const GET_ACTION: &str = DESCRIBE;

    async fn list(&self, ask: &Ask<'_>, found: &mut Found<'_>) -> Result<Vec<SubjectId>, ApiError> {
        for Filter { state, created_after } in listings(ask, self.look_back, UNFINISHED) {
            let request = self.client.list_backup_jobs().max_results(PAGE).set_by_state(state);
            let request = request.set_by_created_after(seconds(created_after));
            let send = |token| {
                let request = request.clone().set_next_token(token);
                async move { ask.calls.make(LIST, || request.clone().send()).await }
            };
            let take = |page: ListBackupJobsOutput| {
                page.backup_jobs().iter().for_each(|job| found.note_entry(parse(LIST, job)));
                page.next_token
            };
            each_page(LIST, send, take).await?;
        }
        Ok(found.missing())
    }

    async fn get(&self, calls: Calls<'_>, id: &str) -> Result<Option<Observation>, ApiError> {
        let request = self.client.describe_backup_job().backup_job_id(id);
        let job = calls.make(DESCRIBE, || request.clone().send()).await?;
        parse(DESCRIBE, &listed(job)).map(Some)
    }
}

/// Both operations return the same facts in two types. This one is parsed.
fn listed(job: DescribeBackupJobOutput) -> BackupJob {
    BackupJob::builder()
        .set_backup_job_id(job.backup_job_id)
        .set_backup_vault_arn(job.backup_vault_arn)
        .set_recovery_point_arn(job.recovery_point_arn)
        .set_resource_arn(job.resource_arn)
        .set_resource_name(job.resource_name)
        .set_resource_type(job.resource_type)
        .set_creation_date(job.creation_date)
        .set_completion_date(job.completion_date)
        .set_expected_completion_date(job.expected_completion_date)
        .set_start_by(job.start_by)
        .set_state(job.state)
        .set_status_message(job.status_message)
        .set_message_category(job.message_category)
        .set_percent_done(job.percent_done)
        .set_backup_size_in_bytes(job.backup_size_in_bytes)
        .set_iam_role_arn(job.iam_role_arn)
        .set_created_by(job.created_by)
        .is_parent(job.is_parent)
        .set_parent_job_id(job.parent_job_id)
        .build()
}

/// The labels that this source makes.
pub(super) const LABELS: &[Label<BackupJob>] = &[
    (label::RESOURCE_TYPE, |job| job.resource_type().map(Cow::from)),
    (label::RESOURCE_NAME, |job| job.resource_name().map(Cow::from)),
    (label::SOURCE_RESOURCE_ARN, |job| job.resource_arn().map(Cow::from)),
    (label::BACKUP_VAULT_ARN, |job| job.backup_vault_arn().map(Cow::from)),
    (label::RECOVERY_POINT_ARN, |job| job.recovery_point_arn().map(Cow::from)),
    (label::IAM_ROLE_ARN, |job| job.iam_role_arn().map(Cow::from)),
    (label::BACKUP_PLAN, |job| {
        job.created_by().and_then(|by| by.backup_plan_name().or(by.backup_plan_arn())).map(Cow::from)
    }),
    (label::PARENT_JOB_ID, |job| job.parent_job_id().map(Cow::from)),
    (label::IS_PARENT, |job| job.is_parent().then_some(Cow::from("true"))),
];

fn parse(action: &'static str, job: &BackupJob) -> Result<Observation, ApiError> {
    let id = required(action, "BackupJobId", job.backup_job_id())?;
    let state = required(action, "State", job.state().map(BackupJobState::as_str))?;
    let backup = FacetObservation {
        ended_at: timestamp(job.completion_date()),
        message: message(state, job.status_message(), job.message_category()),
        progress: Progress::from_percent_text(job.percent_done(), job.backup_size_in_bytes()),
        expected_by: timestamp(job.expected_completion_date()),
        start_by: timestamp(job.start_by()),
        ..FacetObservation::new(Facet::Backup, state)
    };
    let resource = job.resource_name().filter(|name| !name.is_empty()).or(job.resource_arn());
    let name = name(job.resource_type(), "backup", resource, id);
    Ok(Observation {
        subject: Arc::new(Subject { id: id.into(), name, labels: labels(LABELS, job) }),
        began_at: timestamp(job.creation_date()),
        facets: vec![backup],
        awaits_more: false,
    })
}
