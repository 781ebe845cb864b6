//! The jobs of AWS Backup that make backups and copies. [`BackupRestore`](super::BackupRestore) is in `jobs.rs`.
//!
//! Every field but the id may be absent, as in AWS's models, and every state is a free string.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A job that makes a backup (`BackupJob` and `DescribeBackupJob`).
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BackupJob {
    /// `BackupJobId`.
    pub id: String,
    /// `AccountId`; `None`: the world's account.
    pub account: Option<String>,
    /// `State`: `CREATED`, `PENDING`, `RUNNING`, `ABORTING`, `ABORTED`, `COMPLETED`, `FAILED`, `EXPIRED`, `PARTIAL`, or
    /// any other word.
    pub state: Option<String>,
    /// `StatusMessage`.
    pub message: Option<String>,
    /// `MessageCategory`, such as `SUCCESS` or `AccessDenied`.
    pub category: Option<String>,
    /// `PercentDone`, a string such as `"42.00"`.
    pub percent_done: Option<String>,
    /// `CreationDate`.
    pub created: Option<Timestamp>,
    /// `CompletionDate`.
    pub completed: Option<Timestamp>,
    /// `BackupSizeInBytes`.
    pub size_bytes: Option<i64>,
    /// `BytesTransferred`.
    pub bytes_transferred: Option<i64>,
    /// `IamRoleArn`.
    pub role_arn: Option<String>,
    /// `ExpectedCompletionDate`.
    pub expected: Option<Timestamp>,
    /// `StartBy`: a job that has not started by then expires.
    pub start_by: Option<Timestamp>,
    /// `ResourceArn`.
    pub resource_arn: Option<String>,
    /// `ResourceName`.
    pub resource_name: Option<String>,
    /// `ResourceType`, such as `EBS` or `RDS`.
    pub resource_type: Option<String>,
    /// `BackupVaultName`.
    pub vault_name: Option<String>,
    /// `BackupVaultArn`.
    pub vault_arn: Option<String>,
    /// `RecoveryPointArn`.
    pub recovery_point_arn: Option<String>,
    /// `CreatedBy.BackupPlanArn`: set if a plan made the job.
    pub plan_arn: Option<String>,
    /// `CreatedBy.BackupPlanName`.
    pub plan_name: Option<String>,
    /// `CreatedBy.BackupRuleName`.
    pub rule_name: Option<String>,
    /// `IsParent`: a composite backup.
    pub is_parent: Option<bool>,
    /// `ParentJobId`.
    pub parent_job_id: Option<String>,
    /// The only region it is in; `None`: any.
    pub region: Option<String>,
}

/// A job that copies a recovery point into another vault (`CopyJob`).
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BackupCopy {
    /// `CopyJobId`.
    pub id: String,
    /// `AccountId`; `None`: the world's account.
    pub account: Option<String>,
    /// `State`: `CREATED`, `RUNNING`, `COMPLETED`, `FAILED`, `PARTIAL`, or any other word.
    pub state: Option<String>,
    /// `StatusMessage`.
    pub message: Option<String>,
    /// `MessageCategory`, such as `SUCCESS` or `AccessDenied`.
    pub category: Option<String>,
    /// `CreationDate`.
    pub created: Option<Timestamp>,
    /// `CompletionDate`.
    pub completed: Option<Timestamp>,
    /// `BackupSizeInBytes`.
    pub size_bytes: Option<i64>,
    /// `IamRoleArn`.
    pub role_arn: Option<String>,
    /// `ResourceArn`.
    pub resource_arn: Option<String>,
    /// `ResourceName`.
    pub resource_name: Option<String>,
    /// `ResourceType`, such as `EBS` or `RDS`.
    pub resource_type: Option<String>,
    /// `SourceBackupVaultArn`.
    pub source_vault_arn: Option<String>,
    /// `DestinationBackupVaultArn`.
    pub destination_vault_arn: Option<String>,
    /// `SourceRecoveryPointArn`.
    pub source_recovery_point_arn: Option<String>,
    /// `DestinationRecoveryPointArn`.
    pub destination_recovery_point_arn: Option<String>,
    /// `CreatedBy.BackupPlanArn`: set if a plan made the job.
    pub plan_arn: Option<String>,
    /// `CreatedBy.BackupPlanName`.
    pub plan_name: Option<String>,
    /// `CreatedBy.BackupRuleName`.
    pub rule_name: Option<String>,
    /// `CreatedByBackupJobId`: the backup job that asked for the copy.
    pub created_by_job_id: Option<String>,
    /// `IsParent`: a composite copy.
    pub is_parent: Option<bool>,
    /// `ParentJobId`.
    pub parent_job_id: Option<String>,
    /// The only region it is in; `None`: any.
    pub region: Option<String>,
}

impl BackupJob {
    /// A job that nothing is known of but its id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }
}

impl BackupCopy {
    /// A job that nothing is known of but its id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }
}
