//! AWS Backup: `ListRestoreJobs` and `DescribeRestoreJob`.
//!
//! Methods and paths, JSON answers. Listings are newest first and forget jobs
//! created more than thirty days ago; a job's own page never does.

use axum::http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::json::{Object, epoch_seconds};
use super::page::{newest_first, page};
use super::{Ask, Refusal};
use crate::simulator::world::{BackupRestore, World, visible};

const PAGE: usize = 1000;
const LISTED_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
const STATUSES: [&str; 5] = ["PENDING", "RUNNING", "COMPLETED", "ABORTED", "FAILED"];

/// The operation at a method and a path.
pub(super) fn route(method: &Method, path: &[&str]) -> Option<&'static str> {
    match (method, path) {
        (&Method::GET, ["restore-jobs"]) => Some("ListRestoreJobs"),
        (&Method::GET, ["restore-jobs", _]) => Some("DescribeRestoreJob"),
        _ => None,
    }
}

pub(super) fn answer(ask: &Ask, world: &World, now: Timestamp) -> Result<String, Refusal> {
    match ask.operation.as_str() {
        "ListRestoreJobs" => list(ask, world, now),
        "DescribeRestoreJob" => describe(ask, world),
        _ => Err(Refusal::unknown_operation(ask)),
    }
}

fn list(ask: &Ask, world: &World, now: Timestamp) -> Result<String, Refusal> {
    let filter = Filter::read(ask)?;
    let oldest = now.saturating_sub(LISTED_FOR).unwrap_or(Timestamp::MIN);
    let listed: Vec<(String, &BackupRestore)> = world
        .backup
        .values()
        .filter(|job| visible(job.region.as_deref(), &ask.region))
        .filter(|job| job.created.is_none_or(|created| created >= oldest))
        .filter(|job| filter.admits(job, &world.account))
        .map(|job| (newest_first(job.created, &job.id), job))
        .collect();
    let size = page_size(ask)?;
    let size = world.page_limit.map_or(size, |limit| size.min(limit).max(1));
    let page =
        page(listed, "ListRestoreJobs", ask.field("nextToken"), size).map_err(|_| invalid("Invalid NextToken."))?;
    let jobs: Vec<Value> = page.items.into_iter().map(|job| to_json(job, &world.account)).collect();
    Ok(Object::new().with("NextToken", page.next).with("RestoreJobs", Some(jobs)).into_string())
}

fn describe(ask: &Ask, world: &World) -> Result<String, Refusal> {
    let id = ask.path.last().map(String::as_str).unwrap_or_default();
    let job = world.backup.get(id).filter(|job| visible(job.region.as_deref(), &ask.region)).ok_or_else(|| {
        let message = format!("Cannot find restore job with ID {id}");
        Refusal::new(400, "ResourceNotFoundException", message)
    })?;
    Ok(to_json(job, &world.account).to_string())
}

/// What a listing was narrowed to.
struct Filter<'a> {
    status: Option<&'a str>,
    account: Option<&'a str>,
    resource_type: Option<&'a str>,
    plan: Option<&'a str>,
    parent: Option<&'a str>,
    created_after: Option<Timestamp>,
    created_before: Option<Timestamp>,
    complete_after: Option<Timestamp>,
    complete_before: Option<Timestamp>,
}

impl<'a> Filter<'a> {
    fn read(ask: &'a Ask) -> Result<Self, Refusal> {
        let status = ask.field("status");
        if let Some(word) = status.filter(|word| !STATUSES.contains(word)) {
            return Err(invalid(format!("Invalid restore job status {word}.")));
        }
        Ok(Self {
            status,
            account: ask.field("accountId").filter(|account| *account != "*"),
            resource_type: ask.field("resourceType"),
            plan: ask.field("restoreTestingPlanArn"),
            parent: ask.field("parentJobId"),
            created_after: time(ask, "createdAfter")?,
            created_before: time(ask, "createdBefore")?,
            complete_after: time(ask, "completeAfter")?,
            complete_before: time(ask, "completeBefore")?,
        })
    }

    fn admits(&self, job: &BackupRestore, own_account: &str) -> bool {
        let is = |asked: Option<&str>, found: Option<&str>| asked.is_none() || asked == found;
        let account = job.account.as_deref().unwrap_or(own_account);
        is(self.status, job.status.as_deref())
            && is(self.account, Some(account))
            && is(self.resource_type, job.resource_type.as_deref())
            && is(self.plan, job.restore_testing_plan_arn.as_deref())
            && is(self.parent, job.parent_job_id.as_deref())
            && within(job.created, self.created_after, self.created_before)
            && within(job.completed, self.complete_after, self.complete_before)
    }
}

/// Whether `at` lies after `after` and before `before`; no time lies nowhere.
fn within(at: Option<Timestamp>, after: Option<Timestamp>, before: Option<Timestamp>) -> bool {
    after.is_none_or(|after| at.is_some_and(|at| at > after))
        && before.is_none_or(|before| at.is_some_and(|at| at < before))
}

fn time(ask: &Ask, name: &str) -> Result<Option<Timestamp>, Refusal> {
    ask.field(name)
        .map(|text| text.parse().map_err(|_| invalid(format!("{name} is `{text}`, which is no time."))))
        .transpose()
}

fn page_size(ask: &Ask) -> Result<usize, Refusal> {
    let Some(asked) = ask.field("maxResults") else {
        return Ok(PAGE);
    };
    asked
        .parse()
        .ok()
        .filter(|size| (1..=PAGE).contains(size))
        .ok_or_else(|| invalid(format!("MaxResults is {asked}, not between 1 and 1000.")))
}

fn to_json(job: &BackupRestore, own_account: &str) -> Value {
    let created_by =
        job.restore_testing_plan_arn.as_deref().map(|arn| Object::new().with("RestoreTestingPlanArn", Some(arn)));
    Object::new()
        .with("AccountId", Some(job.account.as_deref().unwrap_or(own_account)))
        .with("RestoreJobId", Some(job.id.as_str()))
        .with("RecoveryPointArn", job.recovery_point_arn.as_deref())
        .with("SourceResourceArn", job.source_resource_arn.as_deref())
        .with("BackupVaultArn", job.backup_vault_arn.as_deref())
        .with("CreationDate", job.created.map(epoch_seconds))
        .with("CompletionDate", job.completed.map(epoch_seconds))
        .with("Status", job.status.as_deref())
        .with("StatusMessage", job.message.as_deref())
        .with("PercentDone", job.percent_done.as_deref())
        .with("BackupSizeInBytes", job.size_bytes)
        .with("IamRoleArn", job.role_arn.as_deref())
        .with("ExpectedCompletionTimeMinutes", job.expected_minutes)
        .with("CreatedResourceArn", job.created_resource_arn.as_deref())
        .with("ResourceType", job.resource_type.as_deref())
        .with("RecoveryPointCreationDate", job.recovery_point_created.map(epoch_seconds))
        .with("IsParent", job.is_parent)
        .with("ParentJobId", job.parent_job_id.as_deref())
        .with("CreatedBy", created_by)
        .with("ValidationStatus", job.validation_status.as_deref())
        .with("ValidationStatusMessage", job.validation_message.as_deref())
        .with("DeletionStatus", job.deletion_status.as_deref())
        .with("DeletionStatusMessage", job.deletion_message.as_deref())
        .into()
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "InvalidParameterValueException", message)
}
