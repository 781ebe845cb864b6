//! The names of labels. A label is a fact about a subject that comes from its source. Rules can match labels, and
//! messages contain them as attributes.

/// The name of a Redshift cluster.
pub const CLUSTER: &str = "cluster";
/// The table to restore, as `database.schema.table`.
pub const SOURCE_TABLE: &str = "source_table";
/// The table that the restore creates, as `database.schema.table`.
pub const TARGET_TABLE: &str = "target_table";
pub const SNAPSHOT: &str = "snapshot";
/// The name of a namespace in Redshift Serverless or in a table bucket.
pub const NAMESPACE: &str = "namespace";
/// The workgroup of a Redshift Serverless namespace.
pub const WORKGROUP: &str = "workgroup";
/// The id of a recovery point of Redshift Serverless.
pub const RECOVERY_POINT: &str = "recovery_point";
/// What AWS Backup restores, such as `EBS`.
pub const RESOURCE_TYPE: &str = "resource_type";
/// The restore testing plan that started a restore job.
pub const RESTORE_TESTING_PLAN_ARN: &str = "restore_testing_plan_arn";
/// The resource that was backed up.
pub const SOURCE_RESOURCE_ARN: &str = "source_resource_arn";
/// The resource that the restore creates.
pub const CREATED_RESOURCE_ARN: &str = "created_resource_arn";
/// The recovery point that AWS Backup restores from.
pub const RECOVERY_POINT_ARN: &str = "recovery_point_arn";
pub const BACKUP_VAULT_ARN: &str = "backup_vault_arn";
/// The role that AWS Backup uses for the restore.
pub const IAM_ROLE_ARN: &str = "iam_role_arn";
/// The restore job that this job is a part of.
pub const PARENT_JOB_ID: &str = "parent_job_id";
/// Whether the restore job has parts.
pub const IS_PARENT: &str = "is_parent";
/// How long AWS Backup expects a restore to take, in minutes.
pub const EXPECTED_COMPLETION_MINUTES: &str = "expected_completion_minutes";
/// The name of a table bucket.
pub const BUCKET: &str = "bucket";
pub const BUCKET_ARN: &str = "bucket_arn";
/// The name of a table, without its namespace.
pub const TABLE: &str = "table";
pub const TABLE_ARN: &str = "table_arn";
/// The AWS service that manages a table.
pub const MANAGED_BY: &str = "managed_by";
