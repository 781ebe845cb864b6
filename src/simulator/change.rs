//! One change to the world: the body of an `[[at]]` entry of a scenario and of
//! the control route `POST /_tidings/at`.
//!
//! A change adds or updates: fields it gives replace what is there, fields it
//! leaves out stay. Three things follow from the change's own time unless they
//! are given: when a new request or job began, when a finished job completed, and
//! when a table was last replicated or maintained. A status that changes without
//! a message takes the old message away.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::fault::Fault;
use super::world::{BackupRestore, RedshiftLists, RedshiftRestore, ServerlessRestore, Table, World};

/// What changes at one moment; anything left out stays as it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// When, counted from the scenario's start. Only in scenarios.
    pub time: Option<SignedDuration>,
    /// A Redshift table restore.
    pub redshift: Option<RedshiftRestore>,
    /// A Redshift Serverless table restore.
    #[serde(rename = "redshift-serverless")]
    pub serverless: Option<ServerlessRestore>,
    /// An AWS Backup restore job.
    pub backup: Option<BackupRestore>,
    /// A table that is created, edited or dropped.
    pub table: Option<TableChange>,
    /// A table's replication to one destination.
    pub replication: Option<ReplicationChange>,
    /// A table's maintenance of one job type.
    pub maintenance: Option<MaintenanceChange>,
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

/// A table that is created (with its bucket), edited or dropped.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableChange {
    /// The table bucket's name.
    pub bucket: String,
    /// The namespace.
    pub namespace: String,
    /// The table's name.
    pub name: String,
    /// `type`: `customer` or `aws`.
    pub kind: Option<String>,
    /// `managedByService`.
    pub managed_by: Option<String>,
    /// The only region the bucket is in.
    pub region: Option<String>,
    /// Whether the table is dropped.
    #[serde(default)]
    pub drop: bool,
}

/// A table's replication to one destination.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplicationChange {
    /// The table bucket's name.
    pub bucket: String,
    /// The namespace.
    pub namespace: String,
    /// The table's name.
    pub name: String,
    /// The destination bucket's ARN, or its name: then in `us-east-1` of this account.
    pub destination: String,
    /// `destinationTableArn`.
    pub destination_table: Option<String>,
    /// `replicationStatus`.
    pub status: Option<String>,
    /// `failureMessage`.
    pub message: Option<String>,
    /// The last successful update; a status `completed` sets it to now.
    pub updated: Option<Timestamp>,
    /// Where the metadata of that update is.
    pub metadata_location: Option<String>,
}

/// A table's maintenance of one job type.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceChange {
    /// The table bucket's name.
    pub bucket: String,
    /// The namespace.
    pub namespace: String,
    /// The table's name.
    pub name: String,
    /// The job type, such as `icebergCompaction`.
    pub job: String,
    /// `status`.
    pub status: Option<String>,
    /// The last run; a status `Successful` or `Failed` sets it to now.
    pub run: Option<Timestamp>,
    /// `failureMessage`.
    pub message: Option<String>,
}

/// Something that ceases to exist.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Removal {
    /// The id of a Redshift table restore.
    pub redshift: Option<String>,
    /// The id of a Redshift Serverless table restore.
    #[serde(rename = "redshift-serverless")]
    pub serverless: Option<String>,
    /// The id of a Backup restore job.
    pub backup: Option<String>,
    /// One destination of a table's replication.
    pub replication: Option<ReplicationChange>,
    /// One job type of a table's maintenance.
    pub maintenance: Option<MaintenanceChange>,
}

/// How the services behave.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorldChange {
    /// The account's twelve digits.
    pub account: Option<String>,
    /// Which reading of Redshift's documentation holds.
    pub redshift_lists: Option<RedshiftLists>,
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
    fn nothing_to_remove(key: &'static str, kind: &'static str, name: &str) -> Self {
        Self { key, kind, name: name.to_owned(), verb: "remove" }
    }
}

/// Replaces the fields that the newer value gives.
macro_rules! take_over {
    ($known:expr, $newer:expr, $($field:ident),+ $(,)?) => {
        $(if $newer.$field.is_some() {
            $known.$field.clone_from(&$newer.$field);
        })+
    };
}

impl Change {
    /// Makes the change, as of `at`. Faults are not the world's and stay aside.
    pub fn apply(&self, world: &mut World, at: Timestamp) -> Result<(), ChangeError> {
        if let Some(change) = &self.world {
            change.apply(world);
        }
        if let Some(newer) = &self.redshift {
            redshift(world, newer, at);
        }
        if let Some(newer) = &self.serverless {
            serverless(world, newer, at);
        }
        if let Some(newer) = &self.backup {
            backup(world, newer, at);
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
        match &self.remove {
            Some(removal) => removal.apply(world),
            None => Ok(()),
        }
    }
}

fn redshift(world: &mut World, newer: &RedshiftRestore, at: Timestamp) {
    let known = world
        .redshift
        .entry(newer.id.clone())
        .or_insert_with(|| RedshiftRestore { requested: Some(at), ..RedshiftRestore::new(&newer.id) });
    if changes(known.status.as_ref(), newer.status.as_ref()) {
        known.message = None;
    }
    take_over!(
        known,
        newer,
        status,
        message,
        requested,
        progress_mb,
        total_mb,
        cluster,
        snapshot,
        source,
        target,
        region,
    );
}

fn serverless(world: &mut World, newer: &ServerlessRestore, at: Timestamp) {
    let known = world
        .serverless
        .entry(newer.id.clone())
        .or_insert_with(|| ServerlessRestore { requested: Some(at), ..ServerlessRestore::new(&newer.id) });
    if changes(known.status.as_ref(), newer.status.as_ref()) {
        known.message = None;
    }
    take_over!(
        known,
        newer,
        status,
        message,
        requested,
        progress_mb,
        total_mb,
        namespace,
        workgroup,
        snapshot,
        recovery_point,
        source,
        target,
        region,
    );
}

fn backup(world: &mut World, newer: &BackupRestore, at: Timestamp) {
    let known = world
        .backup
        .entry(newer.id.clone())
        .or_insert_with(|| BackupRestore { created: Some(at), ..BackupRestore::new(&newer.id) });
    if changes(known.status.as_ref(), newer.status.as_ref()) {
        known.message = None;
        if matches!(newer.status.as_deref(), Some("COMPLETED" | "FAILED" | "ABORTED")) {
            known.completed.get_or_insert(at);
        }
    }
    if changes(known.validation_status.as_ref(), newer.validation_status.as_ref()) {
        known.validation_message = None;
    }
    if changes(known.deletion_status.as_ref(), newer.deletion_status.as_ref()) {
        known.deletion_message = None;
    }
    take_over!(
        known,
        newer,
        account,
        status,
        message,
        percent_done,
        created,
        completed,
        size_bytes,
        role_arn,
        expected_minutes,
        created_resource_arn,
        resource_type,
        recovery_point_arn,
        recovery_point_created,
        source_resource_arn,
        backup_vault_arn,
        is_parent,
        parent_job_id,
        restore_testing_plan_arn,
        validation_status,
        validation_message,
        deletion_status,
        deletion_message,
        region,
    );
}

impl TableChange {
    fn apply(&self, world: &mut World, at: Timestamp) -> Result<(), ChangeError> {
        let bucket = world.bucket(&self.bucket);
        bucket.created.get_or_insert(at);
        take_over!(bucket, self, region);
        if self.drop {
            if bucket.drop_table(&self.namespace, &self.name) {
                return Ok(());
            }
            let name = format!("{}.{}", self.namespace, self.name);
            return Err(ChangeError { verb: "drop", ..ChangeError::nothing_to_remove("table", "table", &name) });
        }
        let table = table(world, [&self.bucket, &self.namespace, &self.name], at);
        table.modified = Some(at);
        take_over!(table, self, kind, managed_by);
        Ok(())
    }
}

impl ReplicationChange {
    fn apply(&self, world: &mut World, at: Timestamp) {
        let arn = self.destination_arn(world);
        let table = table(world, [&self.bucket, &self.namespace, &self.name], at);
        let known = table.replication.entry(arn).or_default();
        if changes(known.status.as_ref(), self.status.as_ref()) {
            known.message = None;
        }
        let completed = |status: &String| status.eq_ignore_ascii_case("completed");
        if self.status.as_ref().is_some_and(completed) {
            known.updated = Some(at);
        }
        take_over!(known, self, status, message, updated, metadata_location);
        if let Some(table_arn) = &self.destination_table {
            known.table_arn = Some(table_arn.clone());
        }
    }

    fn destination_arn(&self, world: &World) -> String {
        if self.destination.starts_with("arn:") {
            return self.destination.clone();
        }
        let account = &world.account;
        format!("arn:aws:s3tables:us-east-1:{account}:bucket/{}", self.destination)
    }
}

impl MaintenanceChange {
    fn apply(&self, world: &mut World, at: Timestamp) {
        let table = table(world, [&self.bucket, &self.namespace, &self.name], at);
        let known = table.maintenance.entry(self.job.clone()).or_default();
        if changes(known.status.as_ref(), self.status.as_ref()) {
            known.message = None;
        }
        if matches!(self.status.as_deref(), Some("Successful" | "Failed")) {
            known.run = Some(at);
        }
        take_over!(known, self, status, message, run);
    }
}

impl Removal {
    fn apply(&self, world: &mut World) -> Result<(), ChangeError> {
        let missing = ChangeError::nothing_to_remove;
        if let Some(id) = &self.redshift {
            let gone = world.redshift.remove(id);
            gone.ok_or_else(|| missing("remove", "redshift restore", id))?;
        }
        if let Some(id) = &self.serverless {
            let gone = world.serverless.remove(id);
            gone.ok_or_else(|| missing("remove", "redshift-serverless restore", id))?;
        }
        if let Some(id) = &self.backup {
            let gone = world.backup.remove(id);
            gone.ok_or_else(|| missing("remove", "backup restore job", id))?;
        }
        if let Some(gone) = &self.replication {
            let arn = gone.destination_arn(world);
            known_table(world, &gone.bucket, &gone.namespace, &gone.name)
                .and_then(|table| table.replication.remove(&arn))
                .ok_or_else(|| missing("remove", "replication to", &gone.destination))?;
        }
        if let Some(gone) = &self.maintenance {
            known_table(world, &gone.bucket, &gone.namespace, &gone.name)
                .and_then(|table| table.maintenance.remove(&gone.job))
                .ok_or_else(|| missing("remove", "maintenance job", &gone.job))?;
        }
        Ok(())
    }
}

impl WorldChange {
    fn apply(&self, world: &mut World) {
        if let Some(account) = &self.account {
            world.account.clone_from(account);
        }
        if let Some(reading) = self.redshift_lists {
            world.redshift_lists = reading;
        }
        if let Some(limit) = self.page_limit {
            world.page_limit = Some(limit);
        }
        world.clusters.extend(self.cluster.clone());
        world.namespaces.extend(self.namespace.clone());
        world.workgroups.extend(self.workgroup.clone());
    }
}

/// The table, created as of `at` if it does not exist.
fn table<'a>(world: &'a mut World, [bucket, namespace, name]: [&str; 3], at: Timestamp) -> &'a mut Table {
    let bucket = world.bucket(bucket);
    bucket.created.get_or_insert(at);
    let table = bucket.table_or_new(namespace, name);
    table.created.get_or_insert(at);
    table
}

fn known_table<'a>(world: &'a mut World, bucket: &str, namespace: &str, name: &str) -> Option<&'a mut Table> {
    world.buckets.get_mut(bucket)?.table_mut(namespace, name)
}

/// Whether a newer status is given and differs from the known one.
fn changes(known: Option<&String>, newer: Option<&String>) -> bool {
    newer.is_some() && newer != known
}
