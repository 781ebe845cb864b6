//! Lists the S3 tables: `ListTableBuckets` and `ListTables`, once per pass for all S3 Tables sources
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_s3Buckets_ListTables.html>).

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use aws_sdk_s3tables::Client;
use aws_sdk_s3tables::types::{TableBucketType, TableSummary};
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::labels::{Label, labels};
use super::{Lazy, Settings, next_page, required};
use crate::calls::Calls;
use crate::domain::{Entry, Known, Pack, Packed, Pattern, Record, Source, Subject, SubjectId, Tracked, label, mark};
use crate::error::ApiError;

const LIST_BUCKETS: &str = "s3tables:ListTableBuckets";
const LIST_TABLES: &str = "s3tables:ListTables";
/// The largest page of both listings.
const PAGE: i32 = 1000;
/// The type of buckets and tables that AWS manages.
const AWS: &str = "aws";
/// How many buckets are listed at once. The default quota is ten buckets in a region.
const CONCURRENCY: usize = 10;

/// Which tables are watched, by globs over `bucket/namespace/table`.
#[derive(Clone, Debug)]
pub struct TableFilter {
    include: Vec<Pattern>,
    exclude: Vec<Pattern>,
}

impl Default for TableFilter {
    fn default() -> Self {
        Self::new(Vec::new(), Vec::new())
    }
}

impl TableFilter {
    /// Watches what matches one of `include` (everything, if there is none) and none of `exclude`. `*` does not cross a
    /// slash, `**` does: `lake/sales/*`, `**/tmp_*`.
    pub fn new(mut include: Vec<Pattern>, exclude: Vec<Pattern>) -> Self {
        if include.is_empty() {
            include.extend(Pattern::of_paths("**"));
        }
        Self { include, exclude }
    }

    /// The globs of the watched tables.
    pub fn include(&self) -> Vec<&str> {
        self.include.iter().map(Pattern::as_str).collect()
    }

    /// The globs of the tables that are not watched.
    pub fn exclude(&self) -> Vec<&str> {
        self.exclude.iter().map(Pattern::as_str).collect()
    }

    fn watches(&self, path: &str) -> bool {
        let is_in = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(path));
        is_in(&self.include) && !is_in(&self.exclude)
    }
}

/// A table with the names that the status calls need, which are labels of its subject.
#[derive(Clone)]
pub(super) struct Table(Arc<Subject>);

impl Table {
    pub(super) fn arn(&self) -> &SubjectId {
        &self.0.id
    }

    pub(super) fn bucket_arn(&self) -> &str {
        label_of(&self.0, label::BUCKET_ARN)
    }

    pub(super) fn namespace(&self) -> &str {
        label_of(&self.0, label::NAMESPACE)
    }

    pub(super) fn name(&self) -> &str {
        label_of(&self.0, label::TABLE)
    }

    pub(super) fn path(&self) -> String {
        path(self.bucket_arn(), self.namespace(), self.name())
    }

    pub(super) fn subject(self) -> Arc<Subject> {
        self.0
    }
}

fn label_of<'a>(subject: &'a Subject, name: &str) -> &'a str {
    subject.labels.get(name).map(String::as_str).unwrap_or_default()
}

/// A table bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Bucket {
    pub(super) arn: String,
    /// Whether it is of type `aws`, so that only AWS's services create tables in it.
    is_aws: bool,
}

/// The table buckets that a source is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Buckets {
    /// Those of the account, and those of type `aws` if the settings say so.
    AsSet,
    /// Those of type `aws`.
    Aws,
}

/// A listed table. It is smaller than a [`Table`], because there may be a hundred thousand of them, most of them known.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Listed {
    arn: SubjectId,
    bucket: Arc<Bucket>,
    namespace: String,
    name: String,
    /// The AWS service that manages it, or `aws` if the listing does not name one.
    managed_by: Option<String>,
}

/// The labels of every table.
pub(super) const LABELS: &[Label<Listed>] = &[
    (label::BUCKET, |table| Some(last_part(&table.bucket.arn).into())),
    (label::BUCKET_ARN, |table| Some(table.bucket.arn.as_str().into())),
    (label::NAMESPACE, |table| Some(table.namespace.as_str().into())),
    (label::TABLE, |table| Some(table.name.as_str().into())),
    (label::TABLE_ARN, |table| Some((*table.arn).into())),
    (label::MANAGED_BY, |table| table.managed_by.as_deref().map(Cow::from)),
];

impl Listed {
    fn path(&self) -> String {
        path(&self.bucket.arn, &self.namespace, &self.name)
    }

    fn subject(&self) -> Subject {
        let bucket = last_part(&self.bucket.arn);
        let name = format!("table {}.{} in bucket {bucket}", self.namespace, self.name);
        Subject { id: Arc::clone(&self.arn), name, labels: labels(LABELS, self) }
    }

    /// Whether the subject has the same ARN and the same names.
    fn is(&self, subject: &Subject) -> bool {
        let managed_by = self.managed_by.as_deref().unwrap_or_default();
        let names = [
            (label::BUCKET_ARN, self.bucket.arn.as_str()),
            (label::NAMESPACE, &self.namespace),
            (label::TABLE, &self.name),
            (label::MANAGED_BY, managed_by),
        ];
        self.arn == subject.id && names.into_iter().all(|(name, value)| label_of(subject, name) == value)
    }
}

/// Of a listed table: AWS manages it.
const MANAGED: u8 = 1;
/// Of a listed table: AWS manages its bucket.
const IN_AWS_BUCKET: u8 = 2;

impl Pack for Listed {
    fn id(&self) -> &str {
        &self.arn
    }

    fn marks(&self) -> u8 {
        u8::from(self.managed_by.is_some()) * MANAGED + u8::from(self.bucket.is_aws) * IN_AWS_BUCKET
    }
}

/// A table to read.
#[derive(Clone, Copy)]
pub(super) enum Lead<'k> {
    /// A known, open table.
    Known(Entry<'k, Tracked<Record>>),
    /// A listed table that is not known by this name.
    Listed(Entry<'k, Listed>),
}

impl Lead<'_> {
    pub(super) fn arn(&self) -> String {
        match self {
            Self::Known(record) => record.id(),
            Self::Listed(listed) => listed.id(),
        }
    }

    /// Compares the ARNs.
    pub(super) fn cmp_arn(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Known(one), Self::Known(other)) => one.cmp_id(other),
            (Self::Known(one), Self::Listed(other)) => one.cmp_id(other),
            (Self::Listed(one), Self::Known(other)) => one.cmp_id(other),
            (Self::Listed(one), Self::Listed(other)) => one.cmp_id(other),
        }
    }

    /// `None` if what is known about it is not enough to read it.
    pub(super) fn table(&self) -> Option<Table> {
        let table = Table(match self {
            Self::Known(record) => record.subject(),
            Self::Listed(listed) => Arc::new(listed.unpack().subject()),
        });
        (!table.bucket_arn().is_empty()).then_some(table)
    }
}

/// The tables of one pass. The source that asks first lists them, and the other one waits for the same list.
pub struct Discovery {
    client: Lazy<Client>,
    filter: TableFilter,
    /// Whether the settings include tables that AWS manages.
    aws_managed: bool,
    /// Which buckets the sources of this pass are about.
    wanted: Vec<Buckets>,
    tables: OnceCell<Result<Listing, ApiError>>,
}

/// The result of the listings.
#[derive(Debug)]
pub(super) struct Listing {
    /// One set for each bucket.
    tables: Vec<Packed<Listed>>,
    /// The buckets that were listed completely.
    buckets: Vec<Arc<Bucket>>,
    /// The buckets whose tables could not be listed.
    trouble: Vec<(Arc<Bucket>, ApiError)>,
    aws_managed: bool,
}

impl Listing {
    /// Whether a source that is about these buckets reads this one.
    fn has(&self, bucket: &Bucket, buckets: Buckets) -> bool {
        match buckets {
            Buckets::AsSet => self.aws_managed || !bucket.is_aws,
            Buckets::Aws => bucket.is_aws,
        }
    }

    /// The ARNs of those of these buckets that were listed completely.
    pub(super) fn complete(&self, buckets: Buckets) -> impl Iterator<Item = &str> {
        let read = self.buckets.iter().filter(move |bucket| self.has(bucket, buckets));
        read.map(|bucket| bucket.arn.as_str())
    }

    /// Those of these buckets whose tables could not be listed, by ARN.
    pub(super) fn trouble(&self, buckets: Buckets) -> impl Iterator<Item = (&str, &ApiError)> {
        let troubled = self.trouble.iter().filter(move |(bucket, _)| self.has(bucket, buckets));
        troubled.map(|(bucket, error)| (bucket.arn.as_str(), error))
    }

    /// The listed tables of these buckets that are not known, or known by another name.
    pub(super) fn unknown<'k>(&'k self, known: &Known, buckets: Buckets) -> Vec<Lead<'k>> {
        let is_known = |entry: &Entry<'_, Listed>| {
            let record = known.records.entry(&entry.id()).filter(|record| record.has(mark::OPEN));
            record.is_some_and(|record| entry.unpack().is(&record.subject()))
        };
        let is_ours = |entry: &Entry<'_, Listed>| match buckets {
            Buckets::AsSet => self.aws_managed || !entry.has(MANAGED),
            Buckets::Aws => entry.has(IN_AWS_BUCKET),
        };
        let entries = self.tables.iter().flat_map(Packed::entries);
        entries.filter(|entry| is_ours(entry) && !is_known(entry)).map(Lead::Listed).collect()
    }
}

impl Discovery {
    pub(super) fn new(client: Lazy<Client>, settings: &Settings, sources: &[Source]) -> Self {
        let (filter, aws_managed) = (settings.tables.clone(), settings.aws_managed);
        let wanted = sources.iter().filter_map(|source| match source {
            Source::S3TablesReplication | Source::S3TablesMaintenance => Some(Buckets::AsSet),
            Source::S3TablesExpiration => Some(Buckets::Aws),
            _ => None,
        });
        Self { client, filter, aws_managed, wanted: wanted.collect(), tables: OnceCell::new() }
    }

    /// Whether this is one of the tables to watch.
    pub(super) fn watches(&self, table: &Table, buckets: Buckets) -> bool {
        let is_ours = match buckets {
            Buckets::AsSet => self.aws_managed || label_of(&table.0, label::MANAGED_BY).is_empty(),
            Buckets::Aws => true,
        };
        is_ours && self.filter.watches(&table.path())
    }

    /// The listed tables that are watched.
    pub(super) async fn listing(&self, calls: Calls<'_>) -> Result<&Listing, ApiError> {
        self.tables.get_or_init(|| self.list(calls)).await.as_ref().map_err(Clone::clone)
    }

    async fn list(&self, calls: Calls<'_>) -> Result<Listing, ApiError> {
        let buckets = self.list_buckets(calls).await?;
        let aws_managed = self.aws_managed;
        let mut listing = Listing { tables: Vec::new(), buckets: Vec::new(), trouble: Vec::new(), aws_managed };
        let mut listed = stream::iter(buckets)
            .map(|bucket| async move {
                let (tables, ended) = self.list_tables(calls, &bucket).await;
                (bucket, tables, ended)
            })
            .buffered(CONCURRENCY);
        while let Some((bucket, tables, ended)) = listed.next().await {
            match ended {
                Ok(()) => listing.buckets.push(bucket),
                Err(error) => listing.trouble.push((bucket, error)),
            }
            listing.tables.push(tables);
        }
        Ok(listing)
    }

    /// The ARNs of the table buckets. The documentation does not say whether a listing without a type contains the buckets
    /// that AWS manages. So they are filtered out of it, and listed by type if they are wanted.
    async fn list_buckets(&self, calls: Calls<'_>) -> Result<Vec<Arc<Bucket>>, ApiError> {
        let wants_own = self.wanted.contains(&Buckets::AsSet);
        let wants_aws = self.aws_managed && wants_own || self.wanted.contains(&Buckets::Aws);
        let mut buckets = Vec::new();
        if wants_own {
            buckets = self.list_buckets_of(calls, None).await?;
            buckets.retain(|bucket| wants_aws || !bucket.is_aws);
        }
        if wants_aws {
            let aws = self.list_buckets_of(calls, Some(TableBucketType::Aws)).await?;
            buckets.retain(|bucket| aws.iter().all(|aws| aws.arn != bucket.arn));
            buckets.extend(aws);
        }
        Ok(buckets.into_iter().map(Arc::new).collect())
    }

    async fn list_buckets_of(&self, calls: Calls<'_>, kind: Option<TableBucketType>) -> Result<Vec<Bucket>, ApiError> {
        let mut buckets = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let request = self.client.list_table_buckets().max_buckets(PAGE).set_type(kind.clone());
            let request = request.set_continuation_token(token.clone());
            let page = calls.make(LIST_BUCKETS, || request.clone().send()).await?;
            for bucket in page.table_buckets() {
                // A listing by type has that type only.
                let is_aws = kind.is_some() || bucket.r#type().map(TableBucketType::as_str) == Some(AWS);
                buckets.push(Bucket { arn: required(LIST_BUCKETS, "arn", Some(bucket.arn()))?.to_owned(), is_aws });
            }
            token = next_page(LIST_BUCKETS, token.as_deref(), page.continuation_token)?;
            if token.is_none() {
                return Ok(buckets);
            }
        }
    }

    /// The tables of one bucket that could be listed, and how the listing ended.
    async fn list_tables(&self, calls: Calls<'_>, bucket: &Arc<Bucket>) -> (Packed<Listed>, Result<(), ApiError>) {
        let mut tables = Packed::default();
        let ended = self.list_tables_into(calls, bucket, &mut tables).await;
        (tables, ended)
    }

    async fn list_tables_into(
        &self,
        calls: Calls<'_>,
        bucket: &Arc<Bucket>,
        tables: &mut Packed<Listed>,
    ) -> Result<(), ApiError> {
        let mut token: Option<String> = None;
        loop {
            let request = self.client.list_tables().table_bucket_arn(&bucket.arn).max_tables(PAGE);
            let request = request.set_continuation_token(token.clone());
            let page = calls.make(LIST_TABLES, || request.clone().send()).await?;
            for table in page.tables() {
                let table = Listed {
                    arn: required(LIST_TABLES, "tableARN", Some(table.table_arn()))?.into(),
                    bucket: Arc::clone(bucket),
                    namespace: table.namespace().join("."),
                    name: required(LIST_TABLES, "name", Some(table.name()))?.to_owned(),
                    managed_by: managed_by(table),
                };
                let is_ours = self.aws_managed || bucket.is_aws || table.managed_by.is_none();
                if is_ours && self.filter.watches(&table.path()) {
                    tables.insert(&table);
                }
            }
            token = next_page(LIST_TABLES, token.as_deref(), page.continuation_token)?;
            if token.is_none() {
                return Ok(());
            }
        }
    }
}

/// The service that manages the table, if one does. S3 Tables manages replicas, for example.
fn managed_by(table: &TableSummary) -> Option<String> {
    let service = table.managed_by_service().filter(|service| !service.is_empty());
    service.or_else(|| (table.r#type().as_str() == AWS).then_some(AWS)).map(str::to_owned)
}

/// `bucket/namespace/table`, which globs match.
fn path(bucket_arn: &str, namespace: &str, name: &str) -> String {
    format!("{}/{namespace}/{name}", last_part(bucket_arn))
}

/// The bucket's name in its ARN.
fn last_part(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
