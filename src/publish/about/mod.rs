//! What notices say that depends on the source: facts, next steps, links, commands, and the keys of a rule that mutes
//! them.
//!
//! There is one file for each source. [`about()`] is the registry, and the compiler checks that no source and no method
//! is missing.
//!
//! Next steps contain only what is known about the API and the failure. They never guess a cause that AWS did not name.
//! A comment gives the source of each claim about AWS. Commands and settings are in backticks. Values from AWS never
//! contain backticks, because [`plain()`] replaces them.

mod access;
mod backup;
mod backup_copies;
mod backup_job;
mod backup_jobs;
mod dynamodb;
mod dynamodb_exports;
mod dynamodb_imports;
mod redshift;
mod redshift_serverless;
mod s3tables;
mod s3tables_expiration;
mod s3tables_maintenance;
mod s3tables_replication;
mod table_restore;

use crate::domain::notice::FacetEvent;
use crate::domain::{Notice, Source};

/// The name and the value of a fact. A fact without a value is left out.
pub(super) type Fact = (&'static str, Option<String>);
/// A key of `match` in a rule, and the value in this notice.
pub(super) type MuteKey = (&'static str, Option<String>);

/// What notices say that depends on the source.
pub(super) trait About: Sync {
    /// The words for one subject and for several subjects of such an event.
    fn subjects(&self, event: &FacetEvent) -> (&'static str, &'static str);

    /// The facts that identify the subject, the most important first.
    fn facts(&self, event: &FacetEvent) -> Vec<Fact>;

    /// What to do next, the most useful step first.
    fn next_steps(&self, notice: &Notice, event: &FacetEvent) -> Vec<String>;

    /// The path of the console page for the subject, without the host name. Without an event, the page that lists
    /// subjects. The page of a table bucket has no documented address, so S3 Tables links to the list of table buckets.
    fn console(&self, event: Option<&FacetEvent>, region: &str) -> String;

    /// The AWS CLI command that shows the subject, without `aws`. Without an event, the command that lists subjects.
    /// `None` if a part of the command is not known.
    fn command(&self, event: Option<&FacetEvent>) -> Option<String>;

    /// The keys besides source and reason that a rule needs to match this notice and few others.
    fn mute_keys(&self, event: &FacetEvent) -> Vec<MuteKey>;

    /// The template parameter that turns the source off.
    fn parameter(&self) -> &'static str;

    /// The id of the subject that this one is a part of, else its own. Notices with the same id share a message.
    fn parent_or_self<'a>(&self, event: &'a FacetEvent) -> &'a str {
        &event.subject.id
    }

    /// Notices with different words here are in different groups of a digest.
    fn group<'a>(&self, _event: &'a FacetEvent) -> &'a str {
        ""
    }
}

pub(super) fn about(source: Source) -> &'static dyn About {
    match source {
        Source::Redshift => &redshift::Redshift,
        Source::RedshiftServerless => &redshift_serverless::RedshiftServerless,
        Source::Backup => &backup::Backup,
        Source::S3TablesReplication => &s3tables_replication::Replication,
        Source::S3TablesMaintenance => &s3tables_maintenance::Maintenance,
        Source::S3TablesExpiration => &s3tables_expiration::Expiration,
        Source::BackupJobs => &backup_jobs::BackupJobs,
        Source::BackupCopies => &backup_copies::BackupCopies,
        Source::DynamoDbExports => &dynamodb_exports::DynamoDbExports,
        Source::DynamoDbImports => &dynamodb_imports::DynamoDbImports,
        Source::Account | Source::Hub => &access::Access,
    }
}

/// The last step of every failure of a recurring facet.
const RECOVERY: &str = "You will be told when it recovers.";

/// The service models of Redshift, Redshift Serverless and AWS Backup contain no operation that stops a restore.
/// `StopBackupJob` stops only backup jobs.
const NO_CANCEL: &str = "AWS offers no way to cancel a restore";

/// The status of a failed one-shot job is final, but its message may still promise a retry. Nobody knows which is true.
const AWS_RETRIES: &str = "AWS says that it tries again: see whether it does before you start it again.";

/// When to repeat a restore that failed, and one that was stopped.
const CAUSE_FIXED: &str = "once the cause is fixed";
const STILL_NEEDED: &str = "if it is still needed";

/// The steps for a status that tidings does not know.
fn unknown_status() -> Vec<String> {
    vec![
        "tidings does not know this status and draws no conclusion from it: look at the console.".to_owned(),
        "tidings keeps watching it. A newer version may know the status.".to_owned(),
    ]
}

/// The steps for a subject that vanished. `look` says where to look for it.
fn vanished(look: String) -> Vec<String> {
    vec![
        "It may have succeeded or failed: AWS no longer lists it and does not find it by id, and tidings does not guess.".to_owned(),
        look,
    ]
}

/// The steps for a restore that was stopped: CANCELED or ABORTED. `again` says how to repeat it.
fn canceled(again: String) -> Vec<String> {
    vec![format!("AWS or the service stopped it before it ended: {NO_CANCEL}. It will not continue."), again]
}

/// The value of a label. An empty value counts as none.
fn label<'a>(event: &'a FacetEvent, name: &str) -> Option<&'a str> {
    let value: &str = event.subject.labels.get(name)?;
    (!value.is_empty()).then_some(value)
}

fn owned(event: &FacetEvent, name: &str) -> Option<String> {
    label(event, name).map(str::to_owned)
}

/// The value of a label without backticks, for sentences in which backticks mark commands.
fn plain(event: &FacetEvent, name: &str) -> Option<String> {
    label(event, name).map(|value| value.replace('`', "'"))
}

/// `cluster analytics`, or `cluster` if the name is not known.
fn named(kind: &str, name: Option<String>) -> String {
    match name {
        Some(name) => format!("{kind} {name}"),
        None => kind.to_owned(),
    }
}

/// `what, relation whole`, or the part of it that is known.
fn within(what: Option<&str>, relation: &str, whole: Option<&str>) -> Option<String> {
    match (what, whole) {
        (Some(what), Some(whole)) => Some(format!("{what}, {relation} {whole}")),
        (what, None) => what.map(str::to_owned),
        (None, Some(whole)) => Some(format!("{relation} {whole}")),
    }
}
