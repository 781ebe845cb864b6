//! AWS Backup restore jobs: `ListRestoreJobs` and `DescribeRestoreJob`
//! (<https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeRestoreJob.html>).
//!
//! New jobs are listed over a look-back window. Known open jobs that are no longer in the window are read by id, because
//! the validation and the deletion of a restore test may come days after the restore has completed.

use std::borrow::Cow;
use std::sync::Arc;

use aws_sdk_backup::Client;
use aws_sdk_backup::operation::describe_restore_job::DescribeRestoreJobOutput;
use aws_sdk_backup::operation::list_restore_jobs::ListRestoreJobsOutput;
use aws_sdk_backup::types::{RestoreJobStatus, RestoreJobsListMember};
use jiff::SignedDuration;

use super::backup_listing::{PAGE, name, seconds, window};
use super::labels::{Label, labels};
use super::{Ask, Found, Lazy, ListAndGet, each_page, required, timestamp, words};
use crate::calls::Calls;
use crate::domain::{Facet, FacetObservation, Observation, Progress, Subject, SubjectId, label};
use crate::error::ApiError;

const LIST: &str = "backup:ListRestoreJobs";
const DESCRIBE: &str = "backup:DescribeRestoreJob";

pub(super) struct Backup {
    client: Lazy<Client>,
    look_back: SignedDuration,
}

impl Backup {
    pub(super) const fn new(client: Lazy<Client>, look_back: SignedDuration) -> Self {
        Self { client, look_back }
    }
}

impl ListAndGet for Backup {
    const GET_ACTION: &str = DESCRIBE;

    async fn list(&self, ask: &Ask<'_>, found: &mut Found<'_>) -> Result<Vec<SubjectId>, ApiError> {
        let created_after = seconds(window(ask, self.look_back));
        let request = self.client.list_restore_jobs().max_results(PAGE).set_by_created_after(created_after);
        let send = |token| {
            let request = request.clone().set_next_token(token);
            async move { ask.calls.make(LIST, || request.clone().send()).await }
        };
        let take = |page: ListRestoreJobsOutput| {
            page.restore_jobs().iter().for_each(|job| found.note_entry(parse(LIST, job)));
            page.next_token
        };
        each_page(LIST, send, take).await?;
        Ok(found.missing())
    }

    async fn get(&self, calls: Calls<'_>, id: &str) -> Result<Option<Observation>, ApiError> {
        let request = self.client.describe_restore_job().restore_job_id(id);
        let job = calls.make(DESCRIBE, || request.clone().send()).await?;
        parse(DESCRIBE, &list_member(job)).map(Some)
    }
}

/// Both operations return the same facts in two types. This one is parsed.
fn list_member(job: DescribeRestoreJobOutput) -> RestoreJobsListMember {
    RestoreJobsListMember::builder()
        .set_account_id(job.account_id)
        .set_restore_job_id(job.restore_job_id)
        .set_recovery_point_arn(job.recovery_point_arn)
        .set_source_resource_arn(job.source_resource_arn)
        .set_backup_vault_arn(job.backup_vault_arn)
        .set_creation_date(job.creation_date)
        .set_completion_date(job.completion_date)
        .set_status(job.status)
        .set_status_message(job.status_message)
        .set_percent_done(job.percent_done)
        .set_backup_size_in_bytes(job.backup_size_in_bytes)
        .set_iam_role_arn(job.iam_role_arn)
        .set_expected_completion_time_minutes(job.expected_completion_time_minutes)
        .set_created_resource_arn(job.created_resource_arn)
        .set_resource_type(job.resource_type)
        .is_parent(job.is_parent)
        .set_parent_job_id(job.parent_job_id)
        .set_created_by(job.created_by)
        .set_validation_status(job.validation_status)
        .set_validation_status_message(job.validation_status_message)
        .set_deletion_status(job.deletion_status)
        .set_deletion_status_message(job.deletion_status_message)
        .build()
}

/// The labels that this source makes.
pub(super) const LABELS: &[Label<RestoreJobsListMember>] = &[
    (label::RESOURCE_TYPE, |job| job.resource_type().map(Cow::from)),
    (label::CREATED_RESOURCE_ARN, |job| job.created_resource_arn().map(Cow::from)),
    (label::RECOVERY_POINT_ARN, |job| job.recovery_point_arn().map(Cow::from)),
    (label::SOURCE_RESOURCE_ARN, |job| job.source_resource_arn().map(Cow::from)),
    (label::BACKUP_VAULT_ARN, |job| job.backup_vault_arn().map(Cow::from)),
    (label::IAM_ROLE_ARN, |job| job.iam_role_arn().map(Cow::from)),
    (label::RESTORE_TESTING_PLAN_ARN, |job| plan(job).map(Cow::from)),
    (label::PARENT_JOB_ID, |job| job.parent_job_id().map(Cow::from)),
    (label::IS_PARENT, |job| job.is_parent().then_some(Cow::from("true"))),
    (label::EXPECTED_COMPLETION_MINUTES, |job| expected_minutes(job).map(|minutes| minutes.to_string().into())),
];

/// The restore testing plan that the job is a test of.
fn plan(job: &RestoreJobsListMember) -> Option<&str> {
    job.created_by()?.restore_testing_plan_arn()
}

fn expected_minutes(job: &RestoreJobsListMember) -> Option<i64> {
    job.expected_completion_time_minutes().filter(|minutes| *minutes > 0)
}

fn parse(action: &'static str, job: &RestoreJobsListMember) -> Result<Observation, ApiError> {
    let id = required(action, "RestoreJobId", job.restore_job_id())?;
    let status = required(action, "Status", job.status().map(RestoreJobStatus::as_str))?;
    let began_at = timestamp(job.creation_date());
    let mut facets = vec![FacetObservation {
        ended_at: timestamp(job.completion_date()),
        message: words(job.status_message()),
        progress: Progress::from_percent_text(job.percent_done(), job.backup_size_in_bytes()),
        expected_by: began_at.zip(expected_minutes(job)).and_then(|(began_at, minutes)| {
            began_at.checked_add(SignedDuration::from_secs(minutes.saturating_mul(60))).ok()
        }),
        ..FacetObservation::new(Facet::Restore, status)
    }];
    let validation = job.validation_status().map(|status| (Facet::Validation, status.as_str()));
    let deletion = job.deletion_status().map(|status| (Facet::Deletion, status.as_str()));
    for ((facet, status), message) in validation
        .map(|facet| (facet, job.validation_status_message()))
        .into_iter()
        .chain(deletion.map(|facet| (facet, job.deletion_status_message())))
    {
        facets.push(FacetObservation { message: words(message), ..FacetObservation::new(facet, status) });
    }
    let is_test = plan(job).is_some();
    Ok(Observation {
        subject: Arc::new(Subject { id: id.into(), name: restore_name(id, job, is_test), labels: labels(LABELS, job) }),
        began_at,
        facets,
        awaits_more: is_test,
    })
}

/// "RDS restore test of orders-db (job 4F2C1A7E)".
fn restore_name(id: &str, job: &RestoreJobsListMember, is_test: bool) -> String {
    let what = if is_test { "restore test" } else { "restore" };
    name(job.resource_type(), what, job.source_resource_arn().or(job.created_resource_arn()), id)
}
