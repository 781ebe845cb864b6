//! Exports of DynamoDB tables to S3, and imports of tables from S3. Tables themselves are in the embedded database: an
//! export does not need one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What `ListExports` and `ListImports` list. Their texts say "completed", and their answers have a status
/// `IN_PROGRESS`, so both readings exist.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DynamoDbLists {
    /// Every job, as the statuses of the answers have it.
    #[default]
    AllJobs,
    /// Only jobs that are neither in progress nor cancelling, as the operations' texts have it.
    CompletedOnly,
}

/// An export of a table to S3 (`ExportDescription`).
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TableExport {
    /// The last part of `ExportArn`. AWS makes it of the start in milliseconds since the epoch, in 14 digits, and 8
    /// hexadecimal digits: `01693685827463-2d8752fd`.
    pub id: String,
    /// The name of the table, which is part of `TableArn`. In a change it may be left out if the export exists.
    #[serde(default)]
    pub table: String,
    /// `ExportStatus`: `IN_PROGRESS`, `COMPLETED`, `FAILED`, or any other word.
    pub status: Option<String>,
    /// `ExportType`: `FULL_EXPORT` or `INCREMENTAL_EXPORT`.
    pub export_type: Option<String>,
    /// `StartTime`.
    pub start: Option<Timestamp>,
    /// `EndTime`.
    pub end: Option<Timestamp>,
    /// `ExportTime`: the moment whose state of the table is exported.
    pub export_time: Option<Timestamp>,
    /// `S3Bucket`.
    pub bucket: Option<String>,
    /// `S3Prefix`.
    pub prefix: Option<String>,
    /// `FailureCode`.
    pub failure_code: Option<String>,
    /// `FailureMessage`.
    pub message: Option<String>,
    /// `ItemCount`.
    pub items: Option<i64>,
    /// `BilledSizeBytes`.
    pub size_bytes: Option<i64>,
    /// The only region it is in; `None`: any.
    pub region: Option<String>,
}

/// An import of a table from S3 (`ImportTableDescription`).
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TableImport {
    /// The last part of `ImportArn`, made like that of an export.
    pub id: String,
    /// The name of the table, which is part of `TableArn`. In a change it may be left out if the import exists.
    #[serde(default)]
    pub table: String,
    /// `ImportStatus`: `IN_PROGRESS`, `COMPLETED`, `CANCELLING`, `CANCELLED`, `FAILED`, or any other word.
    pub status: Option<String>,
    /// `StartTime`.
    pub start: Option<Timestamp>,
    /// `EndTime`.
    pub end: Option<Timestamp>,
    /// `S3BucketSource.S3Bucket`; `None` leaves out the whole `S3BucketSource`.
    pub bucket: Option<String>,
    /// `S3BucketSource.S3KeyPrefix`.
    pub prefix: Option<String>,
    /// `CloudWatchLogGroupArn`.
    pub log_group_arn: Option<String>,
    /// `InputFormat`: `DYNAMODB_JSON`, `ION` or `CSV`.
    pub format: Option<String>,
    /// `ErrorCount`.
    pub errors: Option<i64>,
    /// `ProcessedItemCount`.
    pub processed_items: Option<i64>,
    /// `ImportedItemCount`.
    pub imported_items: Option<i64>,
    /// `ProcessedSizeBytes`.
    pub processed_bytes: Option<i64>,
    /// `FailureCode`.
    pub failure_code: Option<String>,
    /// `FailureMessage`.
    pub message: Option<String>,
    /// The only region it is in; `None`: any.
    pub region: Option<String>,
}

impl TableExport {
    /// An export that nothing is known of but its id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// The ARN of its table as a caller in `region` sees it.
    pub fn table_arn(&self, region: &str, account: &str) -> String {
        table_arn(self.region.as_deref().unwrap_or(region), account, &self.table)
    }

    /// Its ARN as a caller in `region` sees it.
    pub fn arn(&self, region: &str, account: &str) -> String {
        format!("{}/export/{}", self.table_arn(region, account), self.id)
    }
}

impl TableImport {
    /// An import that nothing is known of but its id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// The ARN of its table as a caller in `region` sees it.
    pub fn table_arn(&self, region: &str, account: &str) -> String {
        table_arn(self.region.as_deref().unwrap_or(region), account, &self.table)
    }

    /// Its ARN as a caller in `region` sees it.
    pub fn arn(&self, region: &str, account: &str) -> String {
        format!("{}/import/{}", self.table_arn(region, account), self.id)
    }
}

fn table_arn(region: &str, account: &str, table: &str) -> String {
    format!("arn:aws:dynamodb:{region}:{account}:table/{table}")
}
