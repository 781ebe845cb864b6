//! The status APIs, and the scope: the unit of listing, leasing and failure.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Facet, FacetKind};

/// One of the status APIs, or what tidings needs before it can call them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Source {
    /// Amazon Redshift, `DescribeTableRestoreStatus`: table restores on provisioned clusters.
    Redshift,
    /// Amazon Redshift Serverless, `GetTableRestoreStatus` and its listing: table restores in namespaces.
    RedshiftServerless,
    /// AWS Backup, `DescribeRestoreJob` and its listing: restore jobs, restore tests included.
    Backup,
    /// Amazon S3 Tables, `GetTableReplicationStatus`: replication of tables to other table buckets.
    S3TablesReplication,
    /// Amazon S3 Tables, `GetTableMaintenanceJobStatus`: compaction, snapshot management, file removal.
    S3TablesMaintenance,
    /// Amazon S3 Tables, `GetTableRecordExpirationJobStatus`: record expiration of tables that AWS manages.
    S3TablesExpiration,
    /// AWS Backup, `DescribeBackupJob` and its listing: backup jobs.
    BackupJobs,
    /// AWS Backup, `DescribeCopyJob` and its listing: copies of recovery points to other vaults.
    BackupCopies,
    /// Amazon DynamoDB, `DescribeExport` and its listing: exports of tables to Amazon S3.
    DynamoDbExports,
    /// Amazon DynamoDB, `DescribeImport` and its listing: imports of tables from Amazon S3.
    DynamoDbImports,
    /// The role that tidings assumes in another account. Nothing is read from it. A scope of it can only be unreachable or
    /// reachable again.
    Account,
    /// The list of accounts, and the permission to assume roles in them. It is like [`Source::Account`], for all accounts
    /// together.
    Hub,
}

impl Source {
    /// The status APIs, in the order in which reports, settings and documents name them.
    pub const ALL: [Self; 10] = [
        Self::Redshift,
        Self::RedshiftServerless,
        Self::Backup,
        Self::S3TablesReplication,
        Self::S3TablesMaintenance,
        Self::S3TablesExpiration,
        Self::BackupJobs,
        Self::BackupCopies,
        Self::DynamoDbExports,
        Self::DynamoDbImports,
    ];

    /// Those that are watched if nobody chooses others.
    pub const DEFAULT: [Self; 5] =
        [Self::Redshift, Self::RedshiftServerless, Self::Backup, Self::S3TablesReplication, Self::S3TablesMaintenance];

    /// The name in events, messages, settings and keys, such as `s3tables-replication`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Redshift => "redshift",
            Self::RedshiftServerless => "redshift-serverless",
            Self::Backup => "backup",
            Self::S3TablesReplication => "s3tables-replication",
            Self::S3TablesMaintenance => "s3tables-maintenance",
            Self::S3TablesExpiration => "s3tables-expiration",
            Self::BackupJobs => "backup-jobs",
            Self::BackupCopies => "backup-copies",
            Self::DynamoDbExports => "dynamodb-exports",
            Self::DynamoDbImports => "dynamodb-imports",
            Self::Account => "account",
            Self::Hub => "hub",
        }
    }

    /// The status API with that name. Upper and lower case make no difference.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str().eq_ignore_ascii_case(name))
    }

    /// The source with that name, [`Source::Account`] and [`Source::Hub`] among them, as keys and messages have it.
    pub fn from_key(name: &str) -> Option<Self> {
        Self::ALL.into_iter().chain([Self::Account, Self::Hub]).find(|source| source.as_str() == name)
    }

    /// The words for one of its subjects and for several.
    pub const fn subjects(self) -> (&'static str, &'static str) {
        match self {
            Self::Redshift | Self::RedshiftServerless => ("table restore", "table restores"),
            Self::Backup => ("restore job", "restore jobs"),
            Self::S3TablesReplication | Self::S3TablesMaintenance | Self::S3TablesExpiration => ("table", "tables"),
            Self::BackupJobs => ("backup job", "backup jobs"),
            Self::BackupCopies => ("copy job", "copy jobs"),
            Self::DynamoDbExports => ("export", "exports"),
            Self::DynamoDbImports => ("import", "imports"),
            Self::Account | Self::Hub => ("account", "accounts"),
        }
    }

    /// Which facets its subjects have.
    pub const fn facets(self) -> Facets {
        match self {
            Self::Redshift | Self::RedshiftServerless | Self::Backup => {
                Facets::OneShot(&[Facet::Restore, Facet::Validation, Facet::Deletion])
            }
            Self::BackupJobs => Facets::OneShot(&[Facet::Backup]),
            Self::BackupCopies => Facets::OneShot(&[Facet::Copy]),
            Self::DynamoDbExports => Facets::OneShot(&[Facet::Export]),
            Self::DynamoDbImports => Facets::OneShot(&[Facet::Import]),
            Self::S3TablesReplication => Facets::Destinations,
            Self::S3TablesMaintenance | Self::S3TablesExpiration => Facets::Jobs,
            Self::Account | Self::Hub => Facets::None,
        }
    }

    /// Whether a completed facet of that kind has had issues if AWS adds a message.
    ///
    /// The AWS Backup developer guide calls a *backup* job with status COMPLETED and a status message "completed with
    /// issues" (page "Monitoring AWS Backup events using `EventBridge`"). Restore and copy jobs have the same two fields.
    /// An import completes even if some items could not be imported. A table restore of Redshift may have a message that
    /// means nothing.
    pub const fn tells_issues(self, kind: FacetKind) -> bool {
        match self {
            Self::Backup | Self::BackupJobs | Self::BackupCopies | Self::DynamoDbImports => kind.is_job(),
            _ => false,
        }
    }

    /// A noun phrase for what the source watches: "table restores in Amazon Redshift".
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Redshift => "table restores in Amazon Redshift",
            Self::RedshiftServerless => "table restores in Redshift Serverless",
            Self::Backup => "AWS Backup restore jobs",
            Self::S3TablesReplication => "S3 Tables replication",
            Self::S3TablesMaintenance => "S3 Tables maintenance",
            Self::S3TablesExpiration => "S3 Tables record expiration",
            Self::BackupJobs => "AWS Backup backup jobs",
            Self::BackupCopies => "AWS Backup copy jobs",
            Self::DynamoDbExports => "DynamoDB exports",
            Self::DynamoDbImports => "DynamoDB imports",
            Self::Account => "an account",
            Self::Hub => "all accounts",
        }
    }
}

/// Which facets the subjects of a source have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facets {
    /// These, of which only the first is there from the beginning.
    OneShot(&'static [Facet]),
    /// One for each table bucket that a table is replicated to.
    Destinations,
    /// One for each type of job.
    Jobs,
    /// There are no subjects.
    None,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A source in one account and region. A scope is listed, leased and fails on its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Scope {
    pub source: Source,
    /// The twelve-digit AWS account id.
    pub account: String,
    pub region: String,
}

impl fmt::Display for Scope {
    /// `backup/123456789012/us-east-1`. It is also the partition key in the table.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.source, self.account, self.region)
    }
}

impl Scope {
    /// The opposite of [`Display`](fmt::Display).
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '/');
        Some(Self {
            source: Source::from_key(parts.next()?)?,
            account: parts.next()?.to_owned(),
            region: parts.next()?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_parsed_from_its_key_and_other_keys_are_refused() {
        for source in Source::ALL.into_iter().chain([Source::Account, Source::Hub]) {
            let scope = Scope { source, account: "123456789012".to_owned(), region: "us-east-1".to_owned() };
            assert_eq!(Scope::parse(&scope.to_string()), Some(scope));
        }
        for other in ["", "backup", "backup/123456789012", "ec2/123456789012/us-east-1"] {
            assert_eq!(Scope::parse(other), None, "{other}");
        }
    }
}
