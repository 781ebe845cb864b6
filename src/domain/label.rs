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
/// What AWS Backup backs up or restores, such as `EBS`.
pub const RESOURCE_TYPE: &str = "resource_type";
/// The restore testing plan that started a restore job.
pub const RESTORE_TESTING_PLAN_ARN: &str = "restore_testing_plan_arn";
/// The resource that was backed up.
pub const SOURCE_RESOURCE_ARN: &str = "source_resource_arn";
/// The resource that the restore creates.
pub const CREATED_RESOURCE_ARN: &str = "created_resource_arn";
/// The recovery point that AWS Backup makes, copies or restores from.
pub const RECOVERY_POINT_ARN: &str = "recovery_point_arn";
/// The vault that the recovery point is in.
pub const BACKUP_VAULT_ARN: &str = "backup_vault_arn";
/// The name that the resource had when it was backed up.
pub const RESOURCE_NAME: &str = "resource_name";
/// The backup plan that started a job: its name, or its ARN where AWS gives no name.
pub const BACKUP_PLAN: &str = "backup_plan";
/// The vault that a recovery point is copied to.
pub const DESTINATION_VAULT_ARN: &str = "destination_vault_arn";
/// The recovery point that a copy job makes.
pub const COPIED_RECOVERY_POINT_ARN: &str = "copied_recovery_point_arn";
/// The backup job that a copy job belongs to.
pub const BACKUP_JOB_ID: &str = "backup_job_id";
/// The role that AWS Backup uses for the job.
pub const IAM_ROLE_ARN: &str = "iam_role_arn";
/// The job that this job is a part of.
pub const PARENT_JOB_ID: &str = "parent_job_id";
/// Whether the job has parts.
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
/// The S3 bucket that a DynamoDB table is exported to or imported from.
pub const S3_BUCKET: &str = "s3_bucket";
/// The beginning of the keys of the objects in that bucket.
pub const S3_PREFIX: &str = "s3_prefix";
/// `FULL_EXPORT` or `INCREMENTAL_EXPORT`.
pub const EXPORT_TYPE: &str = "export_type";
/// How many items were exported or imported.
pub const ITEMS: &str = "items";
/// How many items could not be imported.
pub const ITEM_ERRORS: &str = "item_errors";
/// The log group with the errors of an import.
pub const LOG_GROUP_ARN: &str = "log_group_arn";
