//! The five status APIs. One file each, all of one shape: `fetch` pages through the network and `parse` turns what the
//! SDK returns into observations and is pure.
//!
//! A source never decides what is news, never stores and never sends. What it has found so far stays in [`Found`] when
//! it is stopped in the middle, so a pass that runs out of time keeps what it has.

mod backup;
mod discovery;
mod found;
mod labels;
mod redshift;
mod redshift_serverless;
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
use std::collections::BTreeSet;

use crate::aws::connect;
use crate::calls::Calls;
use crate::domain::{Known, Observation, Source, SubjectId, shorten};
use crate::error::ApiError;
use crate::rate_limit::RateLimits;

pub use discovery::{Discovery, TableFilter};
pub use found::Found;
use labels::has;

/// How the sources go about their work.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How far back AWS Backup's restore jobs are listed once the baseline is known.
    pub look_back: SignedDuration,
    /// How many calls of one source are under way at once.
    pub concurrency: usize,
    /// Which S3 tables are watched.
    pub tables: TableFilter,
    /// Whether tables that AWS manages are watched, too: nobody but AWS can mend what fails on them.
    pub aws_managed: bool,
}

impl Default for Settings {
    fn default() -> Self {
        let look_back = SignedDuration::from_hours(24);
        Self { look_back, concurrency: 32, tables: TableFilter::default(), aws_managed: false }
    }
}

/// What a pass wants to know of a scope.
pub struct Ask<'a> {
    /// What is known so far: open subjects that a listing does not show are asked for by id.
    pub known: &'a Known,
    /// One subject only, because an event hinted at it.
    pub only: Option<&'a str>,
    /// The pass's time.
    pub reference_time: Timestamp,
    /// The S3 tables of this pass, discovered once and shared by both S3 Tables sources.
    pub tables: &'a Discovery,
    /// Makes the calls.
    pub calls: Calls<'a>,
}

impl Ask<'_> {
    /// Ids of known open subjects that are not among `seen`.
    fn open_but(&self, seen: &[Observation]) -> Vec<SubjectId> {
        let seen: BTreeSet<&str> = seen.iter().map(|seen| &*seen.subject.id).collect();
        let records = self.known.records.values().map(|tracked| &tracked.state);
        records
            .filter(|record| record.is_open() && !seen.contains(&*record.subject.id))
            .map(|record| record.subject.id.clone())
            .collect()
    }
}

/// A status API.
pub trait Fetch: Send + Sync {
    /// Reads the scope into `found`. Cancel-safe: stopped anywhere, what is in `found` is true.
    ///
    /// # Errors
    /// The listing could not be read to its end. Trouble with single subjects is noted in `found` instead.
    fn fetch<'a>(&'a self, ask: &'a Ask<'_>, found: &'a mut Found) -> BoxFuture<'a, Result<(), ApiError>>;
}

/// The clients of all five sources.
pub struct Sources {
    redshift: redshift::Redshift,
    redshift_serverless: redshift_serverless::RedshiftServerless,
    backup: backup::Backup,
    s3tables_replication: s3tables_replication::Replication,
    s3tables_maintenance: s3tables_maintenance::Maintenance,
    s3tables: aws_sdk_s3tables::Client,
    rate_limits: RateLimits,
    settings: Settings,
}

impl Sources {
    /// The sources as reached through `sdk`, which carries region, credentials, retries and timeouts.
    pub fn new(sdk: &SdkConfig, settings: Settings) -> Self {
        let s3tables = aws_sdk_s3tables::Client::new(sdk);
        let concurrency = settings.concurrency;
        Self {
            redshift: redshift::Redshift::new(aws_sdk_redshift::Client::new(sdk)),
            redshift_serverless: redshift_serverless::RedshiftServerless::new(aws_sdk_redshiftserverless::Client::new(
                sdk,
            )),
            backup: backup::Backup::new(aws_sdk_backup::Client::new(sdk), settings.look_back),
            s3tables_replication: s3tables_replication::Replication::new(s3tables.clone(), concurrency),
            s3tables_maintenance: s3tables_maintenance::Maintenance::new(s3tables.clone(), concurrency),
            s3tables,
            rate_limits: RateLimits::default(),
            settings,
        }
    }

    /// The API behind a source.
    pub fn get(&self, source: Source) -> &dyn Fetch {
        match source {
            Source::Redshift => &self.redshift,
            Source::RedshiftServerless => &self.redshift_serverless,
            Source::Backup => &self.backup,
            Source::S3TablesReplication => &self.s3tables_replication,
            Source::S3TablesMaintenance => &self.s3tables_maintenance,
        }
    }

    /// Opens a connection to each service that `sources` are read from.
    pub fn connect(&self, sources: &[Source]) -> Vec<BoxFuture<'static, ()>> {
        let mut services: Vec<BoxFuture<'static, ()>> = Vec::new();
        let mut s3tables = false;
        for source in sources {
            match source {
                Source::Redshift => services.push(self.redshift.connect()),
                Source::RedshiftServerless => services.push(self.redshift_serverless.connect()),
                Source::Backup => services.push(self.backup.connect()),
                Source::S3TablesReplication | Source::S3TablesMaintenance => s3tables = true,
            }
        }
        if s3tables {
            services.push(connect!(self.s3tables.list_table_buckets()));
        }
        services
    }

    /// The rate limits of all calls to these APIs.
    pub const fn rate_limits(&self) -> &RateLimits {
        &self.rate_limits
    }

    /// A discovery of S3 tables for one pass.
    pub fn discovery(&self) -> Discovery {
        Discovery::new(self.s3tables.clone(), &self.settings)
    }
}

/// Asks for each of `subjects` by its id, a few at a time, and notes each answer as it comes. `action` is the IAM action
/// of the question.
async fn ask_each<F>(
    found: &mut Found,
    action: &'static str,
    subjects: Vec<SubjectId>,
    concurrency: usize,
    ask: impl Fn(SubjectId) -> F + Send,
) -> Result<(), ApiError>
where
    F: Future<Output = (SubjectId, Result<Option<Observation>, ApiError>)> + Send,
{
    let mut answers = stream::iter(subjects).map(ask).buffer_unordered(concurrency.max(1));
    while let Some((id, answer)) = answers.next().await {
        found.take(action, &id, answer)?;
    }
    Ok(())
}

/// The token of the next page; `None` at the end. A service that hands out the same token again would keep us for ever.
fn next_page(action: &'static str, token: Option<&str>, next: Option<String>) -> Result<Option<String>, ApiError> {
    let next = next.filter(|next| !next.is_empty());
    if next.is_some() && next.as_deref() == token {
        return Err(ApiError::malformed(action, "the same page token came twice"));
    }
    Ok(next)
}

/// A field that the API promises. The SDK fills in some missing ones by itself; those count as missing too.
fn required<'a>(action: &'static str, what: &str, value: Option<&'a str>) -> Result<&'a str, ApiError> {
    value
        .filter(|value| !value.is_empty() && *value != "no value was set")
        .ok_or_else(|| ApiError::malformed(action, format!("an entry without {what}")))
}

/// AWS's words as they are kept: without control characters, shortened if they go on and on.
fn words(text: Option<&str>) -> Option<String> {
    let text = text?.replace("\r\n", "\n");
    let clean: String = text.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    let clean = clean.trim();
    (!clean.is_empty()).then(|| shorten(clean, 4096))
}

/// The SDK's time as ours, to the millisecond, which is as exact as the services are (fractions of a second come out of
/// the SDK a microsecond low); `None` outside the range that has a calendar.
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
        Source::S3TablesReplication | Source::S3TablesMaintenance => has(discovery::LABELS, name),
    }
}
