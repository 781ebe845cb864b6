//! Backup jobs: `ListBackupJobs` and `DescribeBackupJob`.

use super::super::json::{Object, epoch_seconds};
use super::{Filter, Job, Place, created_by_plan};
use crate::simulator::world::{BackupJob, World};

impl Job for BackupJob {
    const KIND: &'static str = "backup job";
    const LISTED_AS: &'static str = "BackupJobs";
    const STATE: Filter<Self> = ("state", |job| job.state.as_deref());
    const STATES: &'static [&'static str] =
        &["CREATED", "PENDING", "RUNNING", "ABORTING", "ABORTED", "COMPLETED", "FAILED", "EXPIRED", "PARTIAL"];
    const FILTERS: &'static [Filter<Self>] = &[
        ("backupVaultName", |job| job.vault_name.as_deref()),
        ("messageCategory", |job| job.category.as_deref()),
        ("parentJobId", |job| job.parent_job_id.as_deref()),
        ("resourceArn", |job| job.resource_arn.as_deref()),
        ("resourceType", |job| job.resource_type.as_deref()),
    ];

    fn find<'a>(world: &'a World, id: &str) -> Option<&'a Self> {
        world.backup_jobs.get(id)
    }

    fn all(world: &World) -> impl Iterator<Item = &Self> {
        world.backup_jobs.values()
    }

    fn place(&self) -> Place<'_> {
        Place {
            id: &self.id,
            account: self.account.as_deref(),
            region: self.region.as_deref(),
            created: self.created,
            completed: self.completed,
        }
    }

    fn to_json(&self, own_account: &str) -> Object {
        let created_by =
            created_by_plan(self.plan_arn.as_deref(), self.plan_name.as_deref(), self.rule_name.as_deref());
        Object::new()
            .with("AccountId", Some(self.account.as_deref().unwrap_or(own_account)))
            .with("BackupJobId", Some(self.id.as_str()))
            .with("BackupVaultName", self.vault_name.as_deref())
            .with("BackupVaultArn", self.vault_arn.as_deref())
            .with("RecoveryPointArn", self.recovery_point_arn.as_deref())
            .with("ResourceArn", self.resource_arn.as_deref())
            .with("CreationDate", self.created.map(epoch_seconds))
            .with("CompletionDate", self.completed.map(epoch_seconds))
            .with("State", self.state.as_deref())
            .with("StatusMessage", self.message.as_deref())
            .with("PercentDone", self.percent_done.as_deref())
            .with("BackupSizeInBytes", self.size_bytes)
            .with("IamRoleArn", self.role_arn.as_deref())
            .with("CreatedBy", created_by)
            .with("ExpectedCompletionDate", self.expected.map(epoch_seconds))
            .with("StartBy", self.start_by.map(epoch_seconds))
            .with("ResourceType", self.resource_type.as_deref())
            .with("BytesTransferred", self.bytes_transferred)
            .with("ParentJobId", self.parent_job_id.as_deref())
            .with("IsParent", self.is_parent)
            .with("ResourceName", self.resource_name.as_deref())
            .with("MessageCategory", self.category.as_deref())
    }
}
