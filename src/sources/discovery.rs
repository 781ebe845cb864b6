//! Which S3 tables there are: `ListTableBuckets` and `ListTables`, once per pass for both S3 Tables sources
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_s3Buckets_ListTables.html>).

use std::sync::Arc;

use aws_sdk_s3tables::Client;
use futures_util::{StreamExt, stream};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use tokio::sync::OnceCell;

use super::{labels, next_page, required};
use crate::domain::{Record, Subject};
use crate::error::ApiError;
use crate::pace::Pace;

const LIST_BUCKETS: &str = "s3tables:ListTableBuckets";
const LIST_TABLES: &str = "s3tables:ListTables";
/// The largest page both listings give.
const PAGE: i32 = 1000;
/// How many buckets are listed at once. A region has ten unless the quota was raised.
const CONCURRENCY: usize = 10;

/// Which tables are watched, by globs over `bucket/namespace/table`.
#[derive(Clone, Debug)]
pub struct TableFilter {
    include: GlobSet,
    exclude: GlobSet,
    /// As they were written.
    globs: (Vec<String>, Vec<String>),
}

impl Default for TableFilter {
    fn default() -> Self {
        let nothing = GlobSet::empty();
        Self::new(&[], &[]).unwrap_or_else(|_| Self {
            include: nothing.clone(),
            exclude: nothing,
            globs: Default::default(),
        })
    }
}

impl TableFilter {
    /// Watches what matches one of `include` (everything, if there is none) and none of `exclude`. `*` does not cross a
    /// slash, `**` does: `lake/sales/*`, `**/tmp_*`.
    ///
    /// # Errors
    /// A pattern is not a glob; the error names it.
    pub fn new(include: &[String], exclude: &[String]) -> Result<Self, globset::Error> {
        let everything = ["**".to_owned()];
        let include = if include.is_empty() { &everything } else { include };
        let globs = (include.to_vec(), exclude.to_vec());
        Ok(Self { include: glob_set(include)?, exclude: glob_set(exclude)?, globs })
    }

    /// The globs of what is watched.
    pub fn include(&self) -> &[String] {
        &self.globs.0
    }

    /// The globs of what is not.
    pub fn exclude(&self) -> &[String] {
        &self.globs.1
    }

    fn watches(&self, path: &str) -> bool {
        self.include.is_match(path) && !self.exclude.is_match(path)
    }
}

fn glob_set(patterns: &[String]) -> Result<GlobSet, globset::Error> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(GlobBuilder::new(pattern).literal_separator(true).build()?);
    }
    set.build()
}

/// A table, as its status calls want it named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Table {
    pub(super) arn: String,
    pub(super) bucket_arn: String,
    pub(super) namespace: String,
    pub(super) name: String,
}

impl Table {
    /// `bucket/namespace/table`, what the globs see.
    fn path(&self) -> String {
        format!("{}/{}/{}", self.bucket(), self.namespace, self.name)
    }

    fn bucket(&self) -> &str {
        self.bucket_arn.rsplit('/').next().unwrap_or(&self.bucket_arn)
    }

    pub(super) fn subject(&self) -> Arc<Subject> {
        let labels = labels([
            ("bucket", Some(self.bucket())),
            ("bucket_arn", Some(&self.bucket_arn)),
            ("namespace", Some(&self.namespace)),
            ("table", Some(&self.name)),
            ("table_arn", Some(&self.arn)),
        ]);
        let name = format!("table {}.{} in bucket {}", self.namespace, self.name, self.bucket());
        Arc::new(Subject { id: self.arn.clone(), name, labels })
    }

    /// The table that a record is about.
    fn of_record(record: &Record) -> Option<Self> {
        let label = |key: &str| record.subject.labels.get(key).cloned();
        Some(Self {
            arn: record.subject.id.clone(),
            bucket_arn: label("bucket_arn")?,
            namespace: label("namespace")?,
            name: label("table")?,
        })
    }
}

/// The tables of one pass. Whichever source asks first lists them; the other waits for the same answer.
pub struct Discovery {
    client: Client,
    pace: Arc<Pace>,
    filter: TableFilter,
    tables: OnceCell<Result<Listing, ApiError>>,
}

/// What the listings gave.
#[derive(Clone, Debug)]
struct Listing {
    tables: Vec<Table>,
    /// Buckets whose tables could not be listed.
    trouble: Vec<(String, ApiError)>,
}

impl Discovery {
    pub(super) fn new(client: Client, pace: Arc<Pace>, filter: TableFilter) -> Self {
        Self { client, pace, filter, tables: OnceCell::new() }
    }

    /// The tables to ask about, sorted by ARN: those that are listed and watched, and those that `ask` knows to be open
    /// though no longer listed. Buckets that could not be listed are noted in `found`.
    pub(super) async fn tables(&self, ask: &super::Ask<'_>, found: &mut super::Found) -> Result<Vec<Table>, ApiError> {
        let listing = self.tables.get_or_init(|| self.list()).await.clone()?;
        for (bucket, error) in listing.trouble {
            found.note(&bucket, error);
        }
        let open = ask.known.records.values().map(|tracked| &tracked.state).filter(|record| record.is_open());
        let mut tables = listing.tables;
        tables.extend(open.filter_map(Table::of_record).filter(|table| self.filter.watches(&table.path())));
        tables.sort_unstable();
        tables.dedup_by(|a, b| a.arn == b.arn);
        Ok(tables)
    }

    async fn list(&self) -> Result<Listing, ApiError> {
        let buckets = self.list_buckets().await?;
        let mut listing = Listing { tables: Vec::new(), trouble: Vec::new() };
        let mut listed = stream::iter(buckets)
            .map(|bucket| async move {
                let (tables, ended) = self.list_tables(&bucket).await;
                (bucket, tables, ended)
            })
            .buffered(CONCURRENCY);
        while let Some((bucket, tables, ended)) = listed.next().await {
            listing.tables.extend(tables);
            if let Err(error) = ended {
                listing.trouble.push((bucket, error));
            }
        }
        Ok(listing)
    }

    async fn list_buckets(&self) -> Result<Vec<String>, ApiError> {
        let mut buckets = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let request = self.client.list_table_buckets().max_buckets(PAGE).set_continuation_token(token.clone());
            let page = self.pace.call(LIST_BUCKETS, || request.clone().send()).await;
            let page = page.map_err(|error| ApiError::new(LIST_BUCKETS, &error))?;
            for bucket in page.table_buckets() {
                buckets.push(required(LIST_BUCKETS, "arn", Some(bucket.arn()))?.to_owned());
            }
            token = next_page(LIST_BUCKETS, token.as_deref(), page.continuation_token)?;
            if token.is_none() {
                return Ok(buckets);
            }
        }
    }

    /// The tables of one bucket as far as they could be listed, and how the listing ended.
    async fn list_tables(&self, bucket_arn: &str) -> (Vec<Table>, Result<(), ApiError>) {
        let mut tables = Vec::new();
        let ended = self.list_tables_into(bucket_arn, &mut tables).await;
        (tables, ended)
    }

    async fn list_tables_into(&self, bucket_arn: &str, tables: &mut Vec<Table>) -> Result<(), ApiError> {
        let mut token: Option<String> = None;
        loop {
            let request = self.client.list_tables().table_bucket_arn(bucket_arn).max_tables(PAGE);
            let request = request.set_continuation_token(token.clone());
            let page = self.pace.call(LIST_TABLES, || request.clone().send()).await;
            let page = page.map_err(|error| ApiError::new(LIST_TABLES, &error))?;
            for table in page.tables() {
                let table = Table {
                    arn: required(LIST_TABLES, "tableARN", Some(table.table_arn()))?.to_owned(),
                    bucket_arn: bucket_arn.to_owned(),
                    namespace: table.namespace().join("."),
                    name: required(LIST_TABLES, "name", Some(table.name()))?.to_owned(),
                };
                if self.filter.watches(&table.path()) {
                    tables.push(table);
                }
            }
            token = next_page(LIST_TABLES, token.as_deref(), page.continuation_token)?;
            if token.is_none() {
                return Ok(());
            }
        }
    }
}
