//! What is particular to a source, for readers: facts, next steps, links, commands, keys of a rule that mutes it.
//!
//! One file per source. [`about()`] is the registry: the compiler asks for every source and for every method.
//!
//! Next steps say what is known to be true of the API and of the failure. They never guess at a cause that AWS did not
//! name. Each claim about AWS has its source in a comment. Commands and settings stand between backticks, and nothing that
//! AWS says brings in a backtick ([`named()`], [`plain()`]).

mod backup;
mod redshift;
mod redshift_serverless;
mod s3tables;
mod s3tables_maintenance;
mod s3tables_replication;
mod table_restore;

use crate::domain::notice::FacetEvent;
use crate::domain::{Notice, Source};

/// A fact by its name. One without a value is left out.
pub(super) type Fact = (&'static str, Option<String>);
/// A key of `match` in a rule, with the value that fits this notice.
pub(super) type MuteKey = (&'static str, Option<String>);

/// What is particular to a source.
pub(super) trait About: Sync {
    /// What the subjects of a notice like this one are called: one, and several.
    fn subjects(&self, event: &FacetEvent) -> (&'static str, &'static str);

    /// The facts that identify the subject, in the order in which they are asked for.
    fn facts(&self, event: &FacetEvent) -> Vec<Fact>;

    /// What to do next, the most useful first.
    fn next_steps(&self, notice: &Notice, event: &FacetEvent) -> Vec<String>;

    /// The console page nearest to the subject, after the host name; without an event the page that lists subjects.
    /// S3 Tables pages are linked by region only: a table bucket's own page has no documented address.
    fn console(&self, event: Option<&FacetEvent>, region: &str) -> String;

    /// What the AWS CLI shows more with; without an event it lists subjects. `None` when a part of it is not known.
    fn command(&self, event: Option<&FacetEvent>) -> Option<String>;

    /// The keys that a rule needs to match this notice and few others, besides source and reason.
    fn mute_keys(&self, event: &FacetEvent) -> Vec<MuteKey>;

    /// The parameter of the template that turns the source off.
    fn parameter(&self) -> &'static str;

    /// The id of the subject that this one is a part of, else its own. Notices with the same id are told together.
    fn whole<'a>(&self, event: &'a FacetEvent) -> &'a str {
        &event.subject.id
    }

    /// A word that keeps notices of different kinds in different groups of a digest.
    fn group<'a>(&self, _event: &'a FacetEvent) -> &'a str {
        ""
    }
}

/// The source's own file.
pub(super) fn about(source: Source) -> &'static dyn About {
    match source {
        Source::Redshift => &redshift::Redshift,
        Source::RedshiftServerless => &redshift_serverless::RedshiftServerless,
        Source::Backup => &backup::Backup,
        Source::S3TablesReplication => &s3tables_replication::Replication,
        Source::S3TablesMaintenance => &s3tables_maintenance::Maintenance,
    }
}

/// What follows for something that runs again and again.
const RECOVERY: &str = "You will be told when it recovers.";

/// The service models of Redshift, Redshift Serverless and AWS Backup have no operation that stops a restore
/// (`StopBackupJob` stops backup jobs only).
const NO_CANCEL: &str = "AWS offers no way to cancel a restore";

/// Where a one-shot job's failure promises a retry, that contradicts its being final.
const AWS_RETRIES: &str = "AWS says that it tries again: see whether it does before you start it again.";

/// When to repeat what failed, and what was stopped.
const CAUSE_GONE: &str = "once the cause is gone";
const STILL_NEEDED: &str = "if it is still needed";

/// What to do about a status that tidings does not know.
fn unknown_status() -> Vec<String> {
    vec![
        "tidings does not know this status and concludes nothing from it: see in the console how it stands.".to_owned(),
        "tidings goes on watching it. A newer version may know the status.".to_owned(),
    ]
}

/// What to do about something that is gone, beginning with where to look.
fn vanished(look: String) -> Vec<String> {
    vec![
        "It may have ended well or badly: AWS neither lists it any more nor finds it by id, and tidings does not guess.".to_owned(),
        look,
    ]
}

/// A restore that was stopped: CANCELED or ABORTED.
fn canceled(again: String) -> Vec<String> {
    vec![format!("AWS or the service stopped it before it ended: {NO_CANCEL}. Nothing more will come of it."), again]
}

/// The subject's label of that name, if it has a value.
fn label<'a>(event: &'a FacetEvent, name: &str) -> Option<&'a str> {
    let value: &str = event.subject.labels.get(name)?;
    (!value.is_empty()).then_some(value)
}

/// The same, as a value of its own.
fn owned(event: &FacetEvent, name: &str) -> Option<String> {
    label(event, name).map(str::to_owned)
}

/// A label without backticks, which mark our own commands.
fn plain(event: &FacetEvent, name: &str) -> Option<String> {
    label(event, name).map(|value| value.replace('`', "'"))
}

/// `cluster analytics`, or `cluster` when it has no known name.
fn named(kind: &str, name: Option<String>) -> String {
    match name {
        Some(name) => format!("{kind} {name}"),
        None => kind.to_owned(),
    }
}

/// `what, part of whole`, or as much of it as is known.
fn within(what: Option<&str>, relation: &str, whole: Option<&str>) -> Option<String> {
    match (what, whole) {
        (Some(what), Some(whole)) => Some(format!("{what}, {relation} {whole}")),
        (what, None) => what.map(str::to_owned),
        (None, Some(whole)) => Some(format!("{relation} {whole}")),
    }
}
