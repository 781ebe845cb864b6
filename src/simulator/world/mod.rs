//! What exists: the jobs, tables and topics that the simulated services report.
//!
//! The world is a plain value. Nothing in it moves by itself: a script, a test
//! or a control request edits it, and the services read it.

mod backup;
mod dynamodb;
mod jobs;
mod organization;
mod tables;
mod topics;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use backup::{BackupCopy, BackupJob};
pub use dynamodb::{DynamoDbLists, TableExport, TableImport};
pub use jobs::{BackupRestore, RedshiftRestore, ServerlessRestore, TableName, TableNameError};
pub(super) use organization::id_of;
pub use organization::{Member, Organization, QueuedMessage, Role};
pub use tables::{Destination, MaintenanceJob, RecordExpiration, Table, TableBucket};
pub(crate) use topics::DEFAULT_SIZE;
pub use topics::{BatchLimit, Subscription, Topic};

/// The account that a new world belongs to.
pub const DEFAULT_ACCOUNT: &str = "123456789012";

/// What `DescribeTableRestoreStatus` lists when it is asked without an id: AWS's
/// operation text and its parameter text disagree, so both readings exist.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RedshiftLists {
    /// Every restore request, as the operation's text has it.
    #[default]
    AllRequests,
    /// Only requests that are pending or in progress, as the parameter's text has it.
    InProgressOnly,
}

/// What `GetTableReplicationStatus` answers for a table that is not replicated: no page says, so each reading exists.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnreplicatedAnswer {
    /// 404 `NotFoundException`.
    #[default]
    NotFound,
    /// 400 `BadRequestException`, with a message about the missing configuration.
    BadRequest,
    /// 200 with no destinations.
    EmptyList,
}

/// What `GetTableRecordExpirationJobStatus` answers for a table whose records do not expire: no page says, so each
/// reading exists.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnexpiringAnswer {
    /// 404 `NotFoundException`.
    #[default]
    NotFound,
    /// 405 `MethodNotAllowedException`.
    MethodNotAllowed,
}

/// Everything the simulated account holds.
///
/// Jobs, tables and topics with `region: None` are in whichever region asks.
#[derive(Clone, Debug)]
pub struct World {
    /// The account's twelve digits.
    pub account: String,
    /// Redshift table restore requests, by request id.
    pub redshift: BTreeMap<String, RedshiftRestore>,
    /// Redshift Serverless table restore requests, by request id.
    pub serverless: BTreeMap<String, ServerlessRestore>,
    /// AWS Backup restore jobs, by job id.
    pub backup: BTreeMap<String, BackupRestore>,
    /// AWS Backup backup jobs, by job id.
    pub backup_jobs: BTreeMap<String, BackupJob>,
    /// AWS Backup copy jobs, by job id.
    pub backup_copies: BTreeMap<String, BackupCopy>,
    /// Exports of DynamoDB tables, by id.
    pub exports: BTreeMap<String, TableExport>,
    /// Imports of DynamoDB tables, by id.
    pub imports: BTreeMap<String, TableImport>,
    /// S3 table buckets, by name.
    pub buckets: BTreeMap<String, TableBucket>,
    /// SNS topics, by ARN.
    pub topics: BTreeMap<String, Topic>,
    /// Redshift clusters that exist although no restore names them.
    pub clusters: BTreeSet<String>,
    /// Serverless namespaces that exist although no restore names them.
    pub namespaces: BTreeSet<String>,
    /// Serverless workgroups that exist although no restore names them.
    pub workgroups: BTreeSet<String>,
    /// Which reading of Redshift's documentation holds.
    pub redshift_lists: RedshiftLists,
    /// Which reading of DynamoDB's documentation holds.
    pub dynamodb_lists: DynamoDbLists,
    /// What is answered for tables that are not replicated.
    pub unreplicated: UnreplicatedAnswer,
    /// What is answered for tables whose records do not expire.
    pub unexpiring: UnexpiringAnswer,
    /// Whether `ListTableBuckets` shows the buckets of type `aws` when it is asked without a type. No page says.
    pub lists_aws_buckets: bool,
    /// The organization, as its management account sees it.
    pub organization: Organization,
    /// What waits in SQS queues, by URL, in the order of arrival.
    pub queues: BTreeMap<String, Vec<QueuedMessage>>,
    /// The largest page any listing hands out, whatever the caller asked for;
    /// `None` leaves each service's own limits.
    pub page_limit: Option<usize>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            account: DEFAULT_ACCOUNT.to_owned(),
            redshift: BTreeMap::new(),
            serverless: BTreeMap::new(),
            backup: BTreeMap::new(),
            backup_jobs: BTreeMap::new(),
            backup_copies: BTreeMap::new(),
            exports: BTreeMap::new(),
            imports: BTreeMap::new(),
            buckets: BTreeMap::new(),
            topics: BTreeMap::new(),
            clusters: BTreeSet::new(),
            namespaces: BTreeSet::new(),
            workgroups: BTreeSet::new(),
            redshift_lists: RedshiftLists::default(),
            dynamodb_lists: DynamoDbLists::default(),
            unreplicated: UnreplicatedAnswer::default(),
            unexpiring: UnexpiringAnswer::default(),
            lists_aws_buckets: true,
            organization: Organization::default(),
            queues: BTreeMap::new(),
            page_limit: None,
        }
    }
}

impl World {
    /// An empty world of [`DEFAULT_ACCOUNT`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a Redshift table restore, replacing one with the same id.
    pub fn put_redshift(&mut self, restore: RedshiftRestore) {
        self.redshift.insert(restore.id.clone(), restore);
    }

    /// Adds a Redshift Serverless table restore, replacing one with the same id.
    pub fn put_serverless(&mut self, restore: ServerlessRestore) {
        self.serverless.insert(restore.id.clone(), restore);
    }

    /// Adds a Backup restore job, replacing one with the same id.
    pub fn put_backup(&mut self, job: BackupRestore) {
        self.backup.insert(job.id.clone(), job);
    }

    /// Adds a Backup backup job, replacing one with the same id.
    pub fn put_backup_job(&mut self, job: BackupJob) {
        self.backup_jobs.insert(job.id.clone(), job);
    }

    /// Adds a Backup copy job, replacing one with the same id.
    pub fn put_backup_copy(&mut self, job: BackupCopy) {
        self.backup_copies.insert(job.id.clone(), job);
    }

    /// Adds an export of a DynamoDB table, replacing one with the same id.
    pub fn put_export(&mut self, export: TableExport) {
        self.exports.insert(export.id.clone(), export);
    }

    /// Adds an import of a DynamoDB table, replacing one with the same id.
    pub fn put_import(&mut self, import: TableImport) {
        self.imports.insert(import.id.clone(), import);
    }

    /// The size of a page when the service would hand out `size`.
    pub(crate) fn page_size(&self, size: usize) -> usize {
        self.page_limit.map_or(size, |limit| size.min(limit).max(1))
    }

    /// The bucket of this name, created empty if it does not exist.
    pub fn bucket(&mut self, name: &str) -> &mut TableBucket {
        self.buckets.entry(name.to_owned()).or_insert_with(|| TableBucket::new(name))
    }

    /// The table of this name, created (with its bucket) if it does not exist.
    pub fn table(&mut self, bucket: &str, namespace: &str, name: &str) -> &mut Table {
        self.bucket(bucket).table_or_new(namespace, name)
    }

    /// The table's ARN as a caller in `region` sees it, if the table exists.
    pub fn table_arn(&self, region: &str, bucket: &str, namespace: &str, name: &str) -> Option<String> {
        let bucket = self.buckets.get(bucket)?;
        let table = bucket.table(namespace, name)?;
        Some(bucket.table_arn(table, region, &self.account))
    }

    /// Creates a topic, as SNS does: the same name again is the same topic.
    /// Returns its ARN.
    pub fn create_topic(&mut self, region: &str, name: &str) -> String {
        let arn = format!("arn:aws:sns:{region}:{}:{name}", self.account);
        self.topics.entry(arn.clone()).or_default();
        arn
    }
}

/// Whether something in `region` is to be seen from `asked`.
pub(crate) fn visible(region: Option<&str>, asked: &str) -> bool {
    region.is_none_or(|region| region == asked)
}
