//! The names of labels: facts about a subject that its source knows. Rules match them, and messages carry them as
//! attributes.

/// The Redshift cluster.
pub const CLUSTER: &str = "cluster";
/// The table that is restored, as `database.schema.table`.
pub const SOURCE_TABLE: &str = "source_table";
/// The table that the restore makes, as `database.schema.table`.
pub const TARGET_TABLE: &str = "target_table";
/// The snapshot of a table restore.
pub const SNAPSHOT: &str = "snapshot";
/// A namespace of Redshift Serverless, or of a table bucket.
pub const NAMESPACE: &str = "namespace";
/// The workgroup of a Redshift Serverless namespace.
pub const WORKGROUP: &str = "workgroup";
/// The id of a recovery point of Redshift Serverless.
pub const RECOVERY_POINT: &str = "recovery_point";
/// What AWS Backup restores, such as `EBS`.
pub const RESOURCE_TYPE: &str = "resource_type";
/// The restore testing plan that a restore job is a test of.
pub const RESTORE_TESTING_PLAN_ARN: &str = "restore_testing_plan_arn";
/// The resource that was backed up.
pub const SOURCE_RESOURCE_ARN: &str = "source_resource_arn";
/// The resource that the restore makes.
pub const CREATED_RESOURCE_ARN: &str = "created_resource_arn";
/// The recovery point that AWS Backup restores from.
pub const RECOVERY_POINT_ARN: &str = "recovery_point_arn";
/// The backup vault of the recovery point.
pub const BACKUP_VAULT_ARN: &str = "backup_vault_arn";
/// The role that AWS Backup restores with.
pub const IAM_ROLE_ARN: &str = "iam_role_arn";
/// The restore job that this one is a part of.
pub const PARENT_JOB_ID: &str = "parent_job_id";
/// Whether the restore job has parts.
pub const IS_PARENT: &str = "is_parent";
/// How long AWS Backup expects a restore to take, in minutes.
pub const EXPECTED_COMPLETION_MINUTES: &str = "expected_completion_minutes";
/// The name of a table bucket.
pub const BUCKET: &str = "bucket";
/// The ARN of a table bucket.
pub const BUCKET_ARN: &str = "bucket_arn";
/// The name of a table.
pub const TABLE: &str = "table";
/// The ARN of a table.
pub const TABLE_ARN: &str = "table_arn";
/// The AWS service that manages a table.
pub const MANAGED_BY: &str = "managed_by";
