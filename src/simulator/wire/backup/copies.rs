//! Copy jobs: `ListCopyJobs` and `DescribeCopyJob`.

use super::super::json::{Object, epoch_seconds};
use super::{Filter, Job, Place, created_by_plan};
use crate::simulator::world::{BackupCopy, World};

impl Job for BackupCopy {
    const KIND: &'static str = "copy job";
    const LISTED_AS: &'static str = "CopyJobs";
    const STATE: Filter<Self> = ("state", |job| job.state.as_deref());
    const STATES: &'static [&'static str] = &["CREATED", "RUNNING", "COMPLETED", "FAILED", "PARTIAL"];
    const FILTERS: &'static [Filter<Self>] = &[
        ("destinationVaultArn", |job| job.destination_vault_arn.as_deref()),
        ("messageCategory", |job| job.category.as_deref()),
        ("parentJobId", |job| job.parent_job_id.as_deref()),
        ("resourceArn", |job| job.resource_arn.as_deref()),
        ("resourceType", |job| job.resource_type.as_deref()),
        ("sourceRecoveryPointArn", |job| job.source_recovery_point_arn.as_deref()),
    ];

    fn find<'a>(world: &'a World, id: &str) -> Option<&'a Self> {
        world.backup_copies.get(id)
    }

    fn all(world: &World) -> impl Iterator<Item = &Self> {
        world.backup_copies.values()
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
            .with("CopyJobId", Some(self.id.as_str()))
            .with("SourceBackupVaultArn", self.source_vault_arn.as_deref())
            .with("SourceRecoveryPointArn", self.source_recovery_point_arn.as_deref())
            .with("DestinationBackupVaultArn", self.destination_vault_arn.as_deref())
            .with("DestinationRecoveryPointArn", self.destination_recovery_point_arn.as_deref())
            .with("ResourceArn", self.resource_arn.as_deref())
            .with("CreationDate", self.created.map(epoch_seconds))
            .with("CompletionDate", self.completed.map(epoch_seconds))
            .with("State", self.state.as_deref())
            .with("StatusMessage", self.message.as_deref())
            .with("BackupSizeInBytes", self.size_bytes)
            .with("IamRoleArn", self.role_arn.as_deref())
            .with("CreatedBy", created_by)
            .with("CreatedByBackupJobId", self.created_by_job_id.as_deref())
            .with("ResourceType", self.resource_type.as_deref())
            .with("ParentJobId", self.parent_job_id.as_deref())
            .with("IsParent", self.is_parent)
            .with("ResourceName", self.resource_name.as_deref())
            .with("MessageCategory", self.category.as_deref())
    }
}
