//! AWS Backup copy jobs: `ListCopyJobs` and `DescribeCopyJob`
//! (<https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeCopyJob.html>).
//!
//! The first pass lists the look-back window and the unfinished jobs, like that over backup jobs.

use std::borrow::Cow;
use std::sync::Arc;

use aws_sdk_backup::Client;
use aws_sdk_backup::operation::list_copy_jobs::ListCopyJobsOutput;
use aws_sdk_backup::types::{CopyJob, CopyJobState};
use jiff::SignedDuration;

use super::backup_listing::{Filter, PAGE, listings, message, name, seconds};
use super::labels::{Label, labels};
use super::{Ask, Found, Lazy, ListAndGet, each_page, required, timestamp};
use crate::calls::Calls;
use crate::domain::{Facet, FacetObservation, Observation, Progress, Subject, SubjectId, label};
use crate::error::ApiError;

const LIST: &str = "backup:ListCopyJobs";
const DESCRIBE: &str = "backup:DescribeCopyJob";
/// The states of a job that has not ended.
const UNFINISHED: [CopyJobState; 2] = [CopyJobState::Created, CopyJobState::Running];

pub(super) struct Copies {
    client: Lazy<Client>,
    look_back: SignedDuration,
}

impl Copies {
    pub(super) const fn new(client: Lazy<Client>, look_back: SignedDuration) -> Self {
        Self { client, look_back }
    }
}

impl ListAndGet for Copies {
    const GET_ACTION: &str = DESCRIBE;

    async fn list(&self, ask: &Ask<'_>, found: &mut Found<'_>) -> Result<Vec<SubjectId>, ApiError> {
        for Filter { state, created_after } in listings(ask, self.look_back, UNFINISHED) {
            let request = self.client.list_copy_jobs().max_results(PAGE).set_by_state(state);
            let request = request.set_by_created_after(seconds(created_after));
            let send = |token| {
                let request = request.clone().set_next_token(token);
                async move { ask.calls.make(LIST, || request.clone().send()).await }
            };
            let take = |page: ListCopyJobsOutput| {
                page.copy_jobs().iter().for_each(|job| found.note_entry(parse(LIST, job)));
                page.next_token
            };
            each_page(LIST, send, take).await?;
        }
        Ok(found.missing())
    }

    async fn get(&self, calls: Calls<'_>, id: &str) -> Result<Option<Observation>, ApiError> {
        let request = self.client.describe_copy_job().copy_job_id(id);
        let answer = calls.make(DESCRIBE, || request.clone().send()).await?;
        let job = answer.copy_job().ok_or_else(|| ApiError::malformed(DESCRIBE, "an answer without CopyJob"))?;
        parse(DESCRIBE, job).map(Some)
    }
}

/// The labels that this source makes.
pub(super) const LABELS: &[Label<CopyJob>] = &[
    (label::RESOURCE_TYPE, |job| job.resource_type().map(Cow::from)),
    (label::RESOURCE_NAME, |job| job.resource_name().map(Cow::from)),
    (label::SOURCE_RESOURCE_ARN, |job| job.resource_arn().map(Cow::from)),
    (label::BACKUP_VAULT_ARN, |job| job.source_backup_vault_arn().map(Cow::from)),
    (label::RECOVERY_POINT_ARN, |job| job.source_recovery_point_arn().map(Cow::from)),
    (label::DESTINATION_VAULT_ARN, |job| job.destination_backup_vault_arn().map(Cow::from)),
    (label::COPIED_RECOVERY_POINT_ARN, |job| job.destination_recovery_point_arn().map(Cow::from)),
    (label::IAM_ROLE_ARN, |job| job.iam_role_arn().map(Cow::from)),
    (label::BACKUP_PLAN, |job| {
        job.created_by().and_then(|by| by.backup_plan_name().or(by.backup_plan_arn())).map(Cow::from)
    }),
    (label::BACKUP_JOB_ID, |job| job.created_by_backup_job_id().map(Cow::from)),
    (label::PARENT_JOB_ID, |job| job.parent_job_id().map(Cow::from)),
    (label::IS_PARENT, |job| job.is_parent().then_some(Cow::from("true"))),
];

fn parse(action: &'static str, job: &CopyJob) -> Result<Observation, ApiError> {
    let id = required(action, "CopyJobId", job.copy_job_id())?;
    let state = required(action, "State", job.state().map(CopyJobState::as_str))?;
    let copy = FacetObservation {
        ended_at: timestamp(job.completion_date()),
        message: message(state, job.status_message(), job.message_category()),
        progress: Progress::from_percent_text(None, job.backup_size_in_bytes()),
        ..FacetObservation::new(Facet::Copy, state)
    };
    let resource = job.resource_name().filter(|name| !name.is_empty()).or(job.resource_arn());
    let name = name(job.resource_type(), "copy", resource, id);
    Ok(Observation {
        subject: Arc::new(Subject { id: id.into(), name, labels: labels(LABELS, job) }),
        began_at: timestamp(job.creation_date()),
        facets: vec![copy],
        awaits_more: false,
    })
}
