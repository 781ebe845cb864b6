//! Restore jobs: `ListRestoreJobs` and `DescribeRestoreJob`.

use super::super::json::{Object, epoch_seconds};
use super::{Filter, Job, Place};
use crate::simulator::world::{BackupRestore, World};

impl Job for BackupRestore {
    const KIND: &'static str = "restore job";
    const LISTED_AS: &'static str = "RestoreJobs";
    const STATE: Filter<Self> = ("status", |job| job.status.as_deref());
    const STATES: &'static [&'static str] = &["PENDING", "RUNNING", "COMPLETED", "ABORTED", "FAILED"];
    const FILTERS: &'static [Filter<Self>] = &[
        ("resourceType", |job| job.resource_type.as_deref()),
        ("restoreTestingPlanArn", |job| job.restore_testing_plan_arn.as_deref()),
        ("parentJobId", |job| job.parent_job_id.as_deref()),
    ];

    fn find<'a>(world: &'a World, id: &str) -> Option<&'a Self> {
        world.backup.get(id)
    }

    fn all(world: &World) -> impl Iterator<Item = &Self> {
        world.backup.values()
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
            self.restore_testing_plan_arn.as_deref().map(|arn| Object::new().with("RestoreTestingPlanArn", Some(arn)));
        Object::new()
            .with("AccountId", Some(self.account.as_deref().unwrap_or(own_account)))
            .with("RestoreJobId", Some(self.id.as_str()))
            .with("RecoveryPointArn", self.recovery_point_arn.as_deref())
            .with("SourceResourceArn", self.source_resource_arn.as_deref())
            .with("BackupVaultArn", self.backup_vault_arn.as_deref())
            .with("CreationDate", self.created.map(epoch_seconds))
            .with("CompletionDate", self.completed.map(epoch_seconds))
            .with("Status", self.status.as_deref())
            .with("StatusMessage", self.message.as_deref())
            .with("PercentDone", self.percent_done.as_deref())
            .with("BackupSizeInBytes", self.size_bytes)
            .with("IamRoleArn", self.role_arn.as_deref())
            .with("ExpectedCompletionTimeMinutes", self.expected_minutes)
            .with("CreatedResourceArn", self.created_resource_arn.as_deref())
            .with("ResourceType", self.resource_type.as_deref())
            .with("RecoveryPointCreationDate", self.recovery_point_created.map(epoch_seconds))
            .with("IsParent", self.is_parent)
            .with("ParentJobId", self.parent_job_id.as_deref())
            .with("CreatedBy", created_by)
            .with("ValidationStatus", self.validation_status.as_deref())
            .with("ValidationStatusMessage", self.validation_message.as_deref())
            .with("DeletionStatus", self.deletion_status.as_deref())
            .with("DeletionStatusMessage", self.deletion_message.as_deref())
    }
}
