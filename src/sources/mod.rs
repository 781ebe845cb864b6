//! The status APIs, one file each. Most have the same shape (`ListAndGet`): `list` reads all pages of a listing, `get` reads one
//! subject by its id, and `parse`, which is pure, turns the SDK's types into observations. S3 tables are read one by one
//! (`sweep.rs`).
//!
//! A source never decides what to send, and never stores or sends anything. If it is stopped in the middle, what it has
//! found stays in [`Found`], so a pass that runs out of time keeps it.

mod backup;
mod backup_copies;
mod backup_jobs;
mod backup_listing;
mod discovery;
mod dynamodb_exports;
mod dynamodb_imports;
mod dynamodb_jobs;
mod found;
mod labels;
mod redshift;
mod redshift_serverless;
mod s3tables_expiration;
mod s3tables_maintenance;
mod s3tables_replication;
mod sweep;
mod sweep_order;
mod table_restore;
mod unreplicated;
mod whole_xml;

use aws_config::SdkConfig;
use aws_smithy_types::DateTime;
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp, Unit};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use crate::aws::connect;
use crate::calls::{Attempts, Calls};
use crate::domain::{Known, LearnedRate, Observation, Source, SubjectId, shorten};
use crate::error::ApiError;
use crate::rate_limit::RateLimits;

pub use discovery::{Discovery, TableFilter};
pub use found::Found;
use labels::has;

/// Settings of the sources.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How far back AWS Backup's jobs are listed once the baseline is known.
    pub look_back: SignedDuration,
    /// How many calls of one source may be in flight at once.
    pub concurrency: usize,
    /// The S3 tables to watch.
    pub tables: TableFilter,
    /// Whether to watch tables that AWS manages. Only AWS can fix what fails on them.
    pub aws_managed: bool,
}

impl Default for Settings {
    fn default() -> Self {
        let look_back = SignedDuration::from_hours(24);
        Self { look_back, concurrency: 32, tables: TableFilter::default(), aws_managed: false }
    }
}

/// What a pass gives a source.
pub struct Ask<'a> {
    /// The stored state: open subjects that are missing from a listing are read by id.
    pub known: &'a Known,
    /// The only subject to read, if an event named one.
    pub only: Option<&'a str>,
    pub reference_time: Timestamp,
    /// The S3 tables of this pass, listed once for all S3 Tables sources.
    pub tables: &'a Discovery,
    /// Makes the calls.
    pub calls: Calls<'a>,
}

/// A status API.
pub trait Fetch: Send + Sync {
    /// Reads the scope into `found`. It may be cancelled at any point: what is in `found` stays valid.
    ///
    /// # Errors
    /// The listing could not be read completely. Errors of single subjects are in `found` instead.
    fn fetch<'a, 'k: 'a>(&'a self, ask: &'a Ask<'k>, found: &'a mut Found<'k>) -> BoxFuture<'a, Result<(), ApiError>>;
}

/// A status API with a listing and a call for one subject.
trait ListAndGet: Send + Sync {
    /// The IAM action of the call for one subject.
    const GET_ACTION: &str;

    /// Reads the listing into `found`. Returns the ids of the subjects to read one by one: unfinished subjects that are
    /// missing from the listing, and those of which the listing says too little.
    fn list(
        &self,
        ask: &Ask<'_>,
        found: &mut Found<'_>,
    ) -> impl Future<Output = Result<Vec<SubjectId>, ApiError>> + Send;

    /// Reads one subject. `None` means that the API does not know it.
    fn get(&self, calls: Calls<'_>, id: &str) -> impl Future<Output = Result<Option<Observation>, ApiError>> + Send;
}

/// How many subjects are read by id at once. `DescribeRestoreJob` allows 15 calls a second per account and region. For the
/// others, no page gives a number.
const CONCURRENCY: usize = 4;

impl<T: ListAndGet> Fetch for T {
    fn fetch<'a, 'k: 'a>(&'a self, ask: &'a Ask<'k>, found: &'a mut Found<'k>) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(async move {
            let ids = match ask.only {
                Some(id) => vec![id.into()],
                None => self.list(ask, found).await?,
            };
            let get = |id: SubjectId| async move {
                let answer = self.get(ask.calls, &id).await;
                (id, answer)
            };
            let mut answers = stream::iter(ids).map(get).buffer_unordered(CONCURRENCY);
            while let Some((id, answer)) = answers.next().await {
                found.take(T::GET_ACTION, &id, answer)?;
            }
            Ok(())
        })
    }
}

pub struct Sources {
    redshift: redshift::Redshift,
    redshift_serverless: redshift_serverless::RedshiftServerless,
    backup: backup::Backup,
    s3tables_replication: s3tables_replication::Replication,
    s3tables_maintenance: s3tables_maintenance::Maintenance,
    s3tables_expiration: s3tables_expiration::Expiration,
    backup_jobs: backup_jobs::Jobs,
    backup_copies: backup_copies::Copies,
    dynamodb_exports: dynamodb_exports::Exports,
    dynamodb_imports: dynamodb_imports::Imports,
    clients: Clients,
    rate_limits: Arc<RateLimits>,
    settings: Settings,
}

impl Sources {
    /// The sources with clients from `sdk`, which has the region, credentials, retries and timeouts.
    pub fn new(sdk: &SdkConfig, settings: Settings) -> Self {
        Self::under(sdk, settings, Arc::default())
    }

    /// The same under the rate limits of an earlier pass.
    pub fn under(sdk: &SdkConfig, settings: Settings, rate_limits: Arc<RateLimits>) -> Self {
        let clients = Clients::new(sdk);
        let Clients { backup, s3tables, dynamodb, .. } = &clients;
        let (concurrency, look_back) = (settings.concurrency, settings.look_back);
        Self {
            redshift: redshift::Redshift::new(clients.redshift.clone()),
            redshift_serverless: redshift_serverless::RedshiftServerless::new(clients.redshift_serverless.clone()),
            backup: backup::Backup::new(backup.clone(), look_back),
            s3tables_replication: s3tables_replication::Replication::new(s3tables.clone(), concurrency),
            s3tables_maintenance: s3tables_maintenance::Maintenance::new(s3tables.clone(), concurrency),
            s3tables_expiration: s3tables_expiration::Expiration::new(s3tables.clone(), concurrency),
            backup_jobs: backup_jobs::Jobs::new(backup.clone(), look_back),
            backup_copies: backup_copies::Copies::new(backup.clone(), look_back),
            dynamodb_exports: dynamodb_exports::Exports::new(dynamodb.clone()),
            dynamodb_imports: dynamodb_imports::Imports::new(dynamodb.clone()),
            clients,
            rate_limits,
            settings,
        }
    }

    /// The API behind a source. `None` if the source is not an API.
    pub fn get(&self, source: Source) -> Option<&dyn Fetch> {
        Some(match source {
            Source::Redshift => &self.redshift,
            Source::RedshiftServerless => &self.redshift_serverless,
            Source::Backup => &self.backup,
            Source::S3TablesReplication => &self.s3tables_replication,
            Source::S3TablesMaintenance => &self.s3tables_maintenance,
            Source::S3TablesExpiration => &self.s3tables_expiration,
            Source::BackupJobs => &self.backup_jobs,
            Source::BackupCopies => &self.backup_copies,
            Source::DynamoDbExports => &self.dynamodb_exports,
            Source::DynamoDbImports => &self.dynamodb_imports,
            Source::Account | Source::Hub => return None,
        })
    }

    /// Opens a connection to each service that `sources` are read from.
    pub fn connect(&self, sources: &[Source]) -> Vec<BoxFuture<'static, ()>> {
        let services: BTreeSet<Service> = sources.iter().filter_map(|source| Service::of(*source)).collect();
        services.into_iter().map(|service| self.clients.connect(service)).collect()
    }

    /// The rate limits of all calls to these APIs.
    pub fn rate_limits(&self) -> &RateLimits {
        &self.rate_limits
    }

    /// The rates that were learned of the service behind a source.
    pub fn learned_rates(&self, source: Source) -> BTreeMap<String, LearnedRate> {
        let prefix = Service::of(source).map(Service::prefix);
        prefix.map(|prefix| self.rate_limits.learned(prefix)).unwrap_or_default()
    }

    /// A discovery of S3 tables for one pass over these sources.
    pub fn discovery(&self, sources: &[Source]) -> Discovery {
        Discovery::new(self.clients.s3tables.clone(), &self.settings, sources)
    }
}

/// The services behind the sources.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Service {
    Redshift,
    RedshiftServerless,
    Backup,
    S3Tables,
    DynamoDb,
}

impl Service {
    const fn of(source: Source) -> Option<Self> {
        Some(match source {
            Source::Redshift => Self::Redshift,
            Source::RedshiftServerless => Self::RedshiftServerless,
            Source::Backup | Source::BackupJobs | Source::BackupCopies => Self::Backup,
            Source::S3TablesReplication | Source::S3TablesMaintenance | Source::S3TablesExpiration => Self::S3Tables,
            Source::DynamoDbExports | Source::DynamoDbImports => Self::DynamoDb,
            Source::Account | Source::Hub => return None,
        })
    }

    /// How its IAM actions begin.
    const fn prefix(self) -> &'static str {
        match self {
            Self::Redshift => "redshift:",
            Self::RedshiftServerless => "redshift-serverless:",
            Self::Backup => "backup:",
            Self::S3Tables => "s3tables:",
            Self::DynamoDb => "dynamodb:",
        }
    }
}

/// A client that is made when it is first used. A process may watch few services, and a client for another account and region
/// is made in each of its passes.
type Lazy<C> = Arc<LazyLock<C, Box<dyn FnOnce() -> C + Send>>>;

/// A client of one of the SDK's crates whose attempts are reported to the call that is being made.
macro_rules! client {
    ($sdk_crate:ident, $sdk:expr) => {{
        use $sdk_crate::{Client, config::Builder};
        let sdk = $sdk.clone();
        Arc::new(LazyLock::new(Box::new(move || {
            Client::from_conf(Builder::from(&sdk).interceptor(Attempts::of_the_call()).build())
        })))
    }};
}

/// One client for each service. Its sources share the connections.
struct Clients {
    redshift: Lazy<aws_sdk_redshift::Client>,
    redshift_serverless: Lazy<aws_sdk_redshiftserverless::Client>,
    backup: Lazy<aws_sdk_backup::Client>,
    s3tables: Lazy<aws_sdk_s3tables::Client>,
    dynamodb: Lazy<aws_sdk_dynamodb::Client>,
}

impl Clients {
    fn new(sdk: &SdkConfig) -> Self {
        Self {
            redshift: client!(aws_sdk_redshift, sdk),
            redshift_serverless: client!(aws_sdk_redshiftserverless, sdk),
            backup: client!(aws_sdk_backup, sdk),
            s3tables: client!(aws_sdk_s3tables, sdk),
            dynamodb: client!(aws_sdk_dynamodb, sdk),
        }
    }

    fn connect(&self, service: Service) -> BoxFuture<'static, ()> {
        match service {
            Service::Redshift => connect!(self.redshift.describe_table_restore_status()),
            Service::RedshiftServerless => connect!(self.redshift_serverless.list_table_restore_status()),
            Service::Backup => connect!(self.backup.list_restore_jobs()),
            Service::S3Tables => connect!(self.s3tables.list_table_buckets()),
            Service::DynamoDb => connect!(self.dynamodb.list_exports()),
        }
    }
}

/// Reads all pages of a listing. `send` makes the call for a page token, and `take` reads the page and returns the next one.
async fn each_page<P, F>(
    action: &'static str,
    mut send: impl FnMut(Option<String>) -> F + Send,
    mut take: impl FnMut(P) -> Option<String> + Send,
) -> Result<(), ApiError>
where
    P: Send,
    F: Future<Output = Result<P, ApiError>> + Send,
{
    let mut token: Option<String> = None;
    loop {
        let page = send(token.clone()).await?;
        token = next_page(action, token.as_deref(), take(page))?;
        if token.is_none() {
            return Ok(());
        }
    }
}

/// The token of the next page; `None` at the end. A repeated token is an error: following it would never end.
pub(crate) fn next_page(
    action: &'static str,
    token: Option<&str>,
    next: Option<String>,
) -> Result<Option<String>, ApiError> {
    let next = next.filter(|next| !next.is_empty());
    if next.is_some() && next.as_deref() == token {
        return Err(ApiError::malformed(action, "the same page token came twice"));
    }
    Ok(next)
}

/// A field that the API promises. The SDK replaces some missing fields with a text; those count as missing, too.
fn required<'a>(action: &'static str, what: &str, value: Option<&'a str>) -> Result<&'a str, ApiError> {
    value
        .filter(|value| !value.is_empty() && *value != "no value was set")
        .ok_or_else(|| ApiError::malformed(action, format!("an entry without {what}")))
}

/// A status message as it is stored: without control characters, and shortened if it is very long.
fn words(text: Option<&str>) -> Option<String> {
    let text = text?.replace("\r\n", "\n");
    let clean: String = text.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    let clean = clean.trim();
    (!clean.is_empty()).then(|| shorten(clean, 4096))
}

/// The SDK's time, rounded to the millisecond, which is as exact as the services are (the SDK's fractions of a second are
/// a microsecond low). `None` outside the range of calendar dates.
fn timestamp(time: Option<&DateTime>) -> Option<Timestamp> {
    let time = time?;
    let exact = Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).ok()?).ok()?;
    exact.round(Unit::Millisecond).ok()
}

/// The sources that make a label of that name.
pub(crate) fn sources_with_label(name: &str) -> BTreeSet<Source> {
    Source::ALL.into_iter().filter(|source| makes_label(*source, name)).collect()
}

fn makes_label(source: Source, name: &str) -> bool {
    match source {
        Source::Redshift => has(redshift::LABELS, name) || has(table_restore::LABELS, name),
        Source::RedshiftServerless => has(redshift_serverless::LABELS, name) || has(table_restore::LABELS, name),
        Source::Backup => has(backup::LABELS, name),
        Source::S3TablesReplication | Source::S3TablesMaintenance | Source::S3TablesExpiration => {
            has(discovery::LABELS, name)
        }
        Source::BackupJobs => has(backup_jobs::LABELS, name),
        Source::BackupCopies => has(backup_copies::LABELS, name),
        Source::DynamoDbExports => has(dynamodb_exports::LABELS, name) || dynamodb_jobs::LABELS.contains(&name),
        Source::DynamoDbImports => has(dynamodb_imports::LABELS, name) || dynamodb_jobs::LABELS.contains(&name),
        Source::Account | Source::Hub => false,
    }
}
