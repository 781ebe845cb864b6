//! The three kinds of restore job, with the fields AWS reports for them.
//!
//! Every field but the id may be absent, as in AWS's models, and every status
//! is a free string, so that a world can hold words nobody knows yet.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A Redshift table restore request (`TableRestoreStatus` of the Redshift API).
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RedshiftRestore {
    /// `TableRestoreRequestId`.
    pub id: String,
    /// `Status`: `PENDING`, `IN_PROGRESS`, `SUCCEEDED`, `FAILED`, `CANCELED`, or any other word.
    pub status: Option<String>,
    /// `Message`: AWS's own words about the status.
    pub message: Option<String>,
    /// `RequestTime`.
    pub requested: Option<Timestamp>,
    /// `ProgressInMegaBytes`.
    pub progress_mb: Option<i64>,
    /// `TotalDataInMegaBytes`.
    pub total_mb: Option<i64>,
    /// `ClusterIdentifier`.
    pub cluster: Option<String>,
    /// `SnapshotIdentifier`.
    pub snapshot: Option<String>,
    /// `SourceDatabaseName`, `SourceSchemaName` and `SourceTableName`.
    pub source: Option<TableName>,
    /// `TargetDatabaseName`, `TargetSchemaName` and `NewTableName`.
    pub target: Option<TableName>,
    /// The only region it is in; `None`: any.
    pub region: Option<String>,
}

/// A Redshift Serverless table restore request (`TableRestoreStatus` of its API).
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ServerlessRestore {
    /// `tableRestoreRequestId`.
    pub id: String,
    /// `status`: `PENDING`, `IN_PROGRESS`, `SUCCEEDED`, `FAILED`, `CANCELED`, or any other word.
    pub status: Option<String>,
    /// `message`: AWS's own words about the status.
    pub message: Option<String>,
    /// `requestTime`.
    pub requested: Option<Timestamp>,
    /// `progressInMegaBytes`.
    pub progress_mb: Option<i64>,
    /// `totalDataInMegaBytes`.
    pub total_mb: Option<i64>,
    /// `namespaceName`.
    pub namespace: Option<String>,
    /// `workgroupName`.
    pub workgroup: Option<String>,
    /// `snapshotName`.
    pub snapshot: Option<String>,
    /// `recoveryPointId`.
    pub recovery_point: Option<String>,
    /// `sourceDatabaseName`, `sourceSchemaName` and `sourceTableName`.
    pub source: Option<TableName>,
    /// `targetDatabaseName`, `targetSchemaName` and `newTableName`.
    pub target: Option<TableName>,
    /// The only region it is in; `None`: any.
    pub region: Option<String>,
}

/// An AWS Backup restore job (`RestoreJobsListMember` and `DescribeRestoreJob`).
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BackupRestore {
    /// `RestoreJobId`.
    pub id: String,
    /// `AccountId`; `None`: the world's account.
    pub account: Option<String>,
    /// `Status`: `PENDING`, `RUNNING`, `COMPLETED`, `ABORTED`, `FAILED`, or any other word.
    pub status: Option<String>,
    /// `StatusMessage`.
    pub message: Option<String>,
    /// `PercentDone`, a string such as `"42.00%"`.
    pub percent_done: Option<String>,
    /// `CreationDate`.
    pub created: Option<Timestamp>,
    /// `CompletionDate`.
    pub completed: Option<Timestamp>,
    /// `BackupSizeInBytes`.
    pub size_bytes: Option<i64>,
    /// `IamRoleArn`.
    pub role_arn: Option<String>,
    /// `ExpectedCompletionTimeMinutes`.
    pub expected_minutes: Option<i64>,
    /// `CreatedResourceArn`.
    pub created_resource_arn: Option<String>,
    /// `ResourceType`, such as `EBS` or `RDS`.
    pub resource_type: Option<String>,
    /// `RecoveryPointArn`.
    pub recovery_point_arn: Option<String>,
    /// `RecoveryPointCreationDate`.
    pub recovery_point_created: Option<Timestamp>,
    /// `SourceResourceArn`.
    pub source_resource_arn: Option<String>,
    /// `BackupVaultArn`.
    pub backup_vault_arn: Option<String>,
    /// `IsParent`: a composite restore.
    pub is_parent: Option<bool>,
    /// `ParentJobId`.
    pub parent_job_id: Option<String>,
    /// `CreatedBy.RestoreTestingPlanArn`: set for a restore test.
    pub restore_testing_plan_arn: Option<String>,
    /// `ValidationStatus`: `VALIDATING`, `SUCCESSFUL`, `FAILED`, `TIMED_OUT`, or any other word.
    pub validation_status: Option<String>,
    /// `ValidationStatusMessage`.
    pub validation_message: Option<String>,
    /// `DeletionStatus`: `DELETING`, `SUCCESSFUL`, `FAILED`, or any other word.
    pub deletion_status: Option<String>,
    /// `DeletionStatusMessage`.
    pub deletion_message: Option<String>,
    /// The only region it is in; `None`: any.
    pub region: Option<String>,
}

/// A table's full name, written `database.schema.table`. An empty part is absent
/// (`dev..orders` has no schema).
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct TableName {
    /// The database.
    pub database: Option<String>,
    /// The schema.
    pub schema: Option<String>,
    /// The table.
    pub table: Option<String>,
}

/// A table name that is not `database.schema.table`.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a table name: write `database.schema.table`")]
pub struct TableNameError(String);

impl FromStr for TableName {
    type Err = TableNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('.').collect();
        let [database, schema, table] = parts[..] else {
            return Err(TableNameError(text.to_owned()));
        };
        let part = |part: &str| (!part.is_empty()).then(|| part.to_owned());
        Ok(Self { database: part(database), schema: part(schema), table: part(table) })
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        write!(f, "{}.{}.{}", part(&self.database), part(&self.schema), part(&self.table))
    }
}

impl TryFrom<String> for TableName {
    type Error = TableNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TableName> for String {
    fn from(name: TableName) -> Self {
        name.to_string()
    }
}

impl RedshiftRestore {
    /// A request that nothing is known of but its id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }
}

impl ServerlessRestore {
    /// A request that nothing is known of but its id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }
}

impl BackupRestore {
    /// A job that nothing is known of but its id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }
}
