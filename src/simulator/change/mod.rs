//! One change to the world: the body of an `[[at]]` entry of a scenario and of
//! the control route `POST /_tidings/at`.
//!
//! A change adds or updates: fields it gives replace what is there, fields it
//! leaves out stay. Three things follow from the change's own time unless they
//! are given: when a new request or job began, when a finished job ended, and when a
//! table was last replicated or maintained, or its expired records deleted. A status
//! that changes without a message takes the old message away, and with it the
//! category or the code of that message.

mod backup;
mod dynamodb;
mod jobs;
mod members;
mod removal;
mod tables;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::fault::Fault;
use super::world::{
    BackupCopy, BackupJob, BackupRestore, DynamoDbLists, RedshiftLists, RedshiftRestore, ServerlessRestore,
    TableExport, TableImport, UnexpiringAnswer, World,
};
pub use members::MemberChange;
pub(super) use members::ids_of;
pub use removal::Removal;
pub use tables::{ExpirationChange, MaintenanceChange, ReplicationChange, TableChange};

/// Replaces the fields that the newer value gives.
macro_rules! take_over {
    ($known:expr, $newer:expr, $($field:ident),+ $(,)?) => {
        $(if $newer.$field.is_some() {
            $known.$field.clone_from(&$newer.$field);
        })+
    };
}
use take_over;

/// What changes at one moment; anything left out stays as it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// When, counted from the scenario's start. Only in scenarios.
    pub time: Option<SignedDuration>,
    /// The accounts of the organization in which it changes: a name, or the beginning of names and `*`. Without it, the
    /// account of tidings.
    pub account: Option<String>,
    /// An account that is added to the organization, or changed.
    pub member: Option<MemberChange>,
    /// A Redshift table restore.
    pub redshift: Option<RedshiftRestore>,
    /// A Redshift Serverless table restore.
    #[serde(rename = "redshift-serverless")]
    pub serverless: Option<ServerlessRestore>,
    /// An AWS Backup restore job.
    pub backup: Option<BackupRestore>,
    /// An AWS Backup backup job.
    #[serde(rename = "backup-job")]
    pub backup_job: Option<BackupJob>,
    /// An AWS Backup copy job.
    #[serde(rename = "backup-copy")]
    pub backup_copy: Option<BackupCopy>,
    /// An export of a DynamoDB table to S3.
    pub export: Option<TableExport>,
    /// An import of a DynamoDB table from S3.
    pub import: Option<TableImport>,
    /// A table that is created, edited or dropped.
    pub table: Option<TableChange>,
    /// A table's replication to one destination.
    pub replication: Option<ReplicationChange>,
    /// A table's maintenance of one job type.
    pub maintenance: Option<MaintenanceChange>,
    /// The expiration of a table's records.
    pub expiration: Option<ExpirationChange>,
    /// Something that ceases to exist.
    pub remove: Option<Removal>,
    /// How the services behave from now on.
    pub world: Option<WorldChange>,
    /// Every fault goes away; one given beside it stays.
    #[serde(default)]
    pub clear_faults: bool,
    /// Something that goes wrong from now on.
    pub fault: Option<Fault>,
}

/// How the services behave.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorldChange {
    /// The account's twelve digits.
    pub account: Option<String>,
    /// Makes an organization of this account and so many others: `team-1`, `team-2` and so on, each with the role.
    pub accounts: Option<usize>,
    /// Which reading of Redshift's documentation holds.
    pub redshift_lists: Option<RedshiftLists>,
    /// Which reading of DynamoDB's documentation holds.
    pub dynamodb_lists: Option<DynamoDbLists>,
    /// What is answered for tables whose records do not expire.
    pub unexpiring: Option<UnexpiringAnswer>,
    /// The largest page that any listing hands out.
    pub page_limit: Option<usize>,
    /// A Redshift cluster that exists without restores.
    pub cluster: Option<String>,
    /// A serverless namespace that exists without restores.
    pub namespace: Option<String>,
    /// A serverless workgroup that exists without restores.
    pub workgroup: Option<String>,
}

/// A change to something that is not there.
#[derive(Debug, thiserror::Error)]
#[error("there is no {kind} `{name}` to {verb}")]
pub struct ChangeError {
    /// The key of the change that could not be made, as it is written there.
    pub key: &'static str,
    kind: &'static str,
    name: String,
    verb: &'static str,
}

impl ChangeError {
    pub(super) fn no_account(name: &str) -> Self {
        Self { key: "account", kind: "account", name: name.to_owned(), verb: "change" }
    }

    /// A change of a job that does not exist, which says too little to begin one.
    fn nothing_to_change(kind: &'static str, name: &str) -> Self {
        Self { key: kind, kind, name: name.to_owned(), verb: "change" }
    }

    fn nothing_to_remove(key: &'static str, kind: &'static str, name: &str) -> Self {
        Self { key, kind, name: name.to_owned(), verb: "remove" }
    }
}

impl Change {
    /// Makes the change, as of `at`. Faults are not the world's and stay aside.
    pub fn apply(&self, world: &mut World, at: Timestamp) -> Result<(), ChangeError> {
        if let Some(change) = &self.world {
            change.apply(world);
        }
        if let Some(change) = &self.member {
            change.apply(world);
        }
        if let Some(newer) = &self.redshift {
            jobs::redshift(world, newer, at);
        }
        if let Some(newer) = &self.serverless {
            jobs::serverless(world, newer, at);
        }
        if let Some(newer) = &self.backup {
            jobs::backup(world, newer, at);
        }
        if let Some(newer) = &self.backup_job {
            backup::job(world, newer, at);
        }
        if let Some(newer) = &self.backup_copy {
            backup::copy(world, newer, at);
        }
        if let Some(newer) = &self.export {
            dynamodb::export(world, newer, at)?;
        }
        if let Some(newer) = &self.import {
            dynamodb::import(world, newer, at)?;
        }
        if let Some(change) = &self.table {
            change.apply(world, at)?;
        }
        if let Some(change) = &self.replication {
            change.apply(world, at);
        }
        if let Some(change) = &self.maintenance {
            change.apply(world, at);
        }
        if let Some(change) = &self.expiration {
            change.apply(world, at);
        }
        match &self.remove {
            Some(removal) => removal.apply(world),
            None => Ok(()),
        }
    }
}

impl WorldChange {
    fn apply(&self, world: &mut World) {
        if let Some(account) = &self.account {
            world.account.clone_from(account);
        }
        if let Some(count) = self.accounts {
            world.create_organization(count);
        }
        if let Some(reading) = self.redshift_lists {
            world.redshift_lists = reading;
        }
        if let Some(reading) = self.dynamodb_lists {
            world.dynamodb_lists = reading;
        }
        if let Some(answer) = self.unexpiring {
            world.unexpiring = answer;
        }
        if let Some(limit) = self.page_limit {
            world.page_limit = Some(limit);
        }
        world.clusters.extend(self.cluster.clone());
        world.namespaces.extend(self.namespace.clone());
        world.workgroups.extend(self.workgroup.clone());
    }
}

/// Whether a newer status is given and differs from the known one.
fn changes(known: Option<&String>, newer: Option<&String>) -> bool {
    newer.is_some() && newer != known
}

/// Sets the end of a job that takes on one of its last statuses.
fn end(end: &mut Option<Timestamp>, newer: Option<&String>, last: &[&str], at: Timestamp) {
    if newer.is_some_and(|status| last.contains(&status.as_str())) {
        end.get_or_insert(at);
    }
}
