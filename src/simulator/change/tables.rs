//! Tables that are created, edited and dropped, and what replication, maintenance
//! and the expiration of records say of them.

use jiff::Timestamp;
use serde::Deserialize;

use super::{ChangeError, changes, take_over};
use crate::simulator::world::{Table, World};

/// A table that is created (with its bucket), edited or dropped.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableChange {
    pub bucket: String,
    pub namespace: String,
    pub name: String,
    /// `type`: `customer` or `aws`.
    pub kind: Option<String>,
    /// `type` of the bucket: `customer` or `aws`.
    pub bucket_kind: Option<String>,
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
    pub bucket: String,
    pub namespace: String,
    pub name: String,
    /// The destination bucket's ARN, or its name: then in `us-east-1` of this account.
    pub destination: String,
    pub destination_table: Option<String>,
    pub status: Option<String>,
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
    pub bucket: String,
    pub namespace: String,
    pub name: String,
    /// The job type, such as `icebergCompaction`.
    pub job: String,
    pub status: Option<String>,
    /// The last run; a status `Successful` or `Failed` sets it to now.
    pub run: Option<Timestamp>,
    pub message: Option<String>,
}

/// The expiration of a table's records.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpirationChange {
    /// The bucket of the table.
    pub bucket: String,
    /// The namespace of the table.
    pub namespace: String,
    /// The name of the table.
    pub name: String,
    /// `NotYetRun`, `Successful`, `Failed`, `Disabled`, or any other word.
    pub status: Option<String>,
    /// Why it failed.
    pub message: Option<String>,
    /// The last run; a status `Successful` or `Failed` sets it to now.
    pub run: Option<Timestamp>,
    /// How many records the last run deleted.
    pub deleted_records: Option<i64>,
    /// How many data files the last run deleted.
    pub deleted_files: Option<i64>,
    /// How many bytes the files had that the last run removed.
    pub removed_bytes: Option<i64>,
}

impl TableChange {
    pub(super) fn apply(&self, world: &mut World, at: Timestamp) -> Result<(), ChangeError> {
        let bucket = world.bucket(&self.bucket);
        bucket.created.get_or_insert(at);
        take_over!(bucket, self, region);
        if self.bucket_kind.is_some() {
            bucket.kind.clone_from(&self.bucket_kind);
        }
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
    pub(super) fn apply(&self, world: &mut World, at: Timestamp) {
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

    pub(super) fn destination_arn(&self, world: &World) -> String {
        if self.destination.starts_with("arn:") {
            return self.destination.clone();
        }
        let account = &world.account;
        format!("arn:aws:s3tables:us-east-1:{account}:bucket/{}", self.destination)
    }
}

impl MaintenanceChange {
    pub(super) fn apply(&self, world: &mut World, at: Timestamp) {
        let table = table(world, [&self.bucket, &self.namespace, &self.name], at);
        let known = table.maintenance.entry(self.job.clone()).or_default();
        if changes(known.status.as_ref(), self.status.as_ref()) {
            known.message = None;
        }
        if is_a_run(self.status.as_ref()) {
            known.run = Some(at);
        }
        take_over!(known, self, status, message, run);
    }
}

impl ExpirationChange {
    pub(super) fn apply(&self, world: &mut World, at: Timestamp) {
        let table = table(world, [&self.bucket, &self.namespace, &self.name], at);
        let known = table.expiration.get_or_insert_default();
        if changes(known.status.as_ref(), self.status.as_ref()) {
            known.message = None;
        }
        if is_a_run(self.status.as_ref()) {
            known.run = Some(at);
        }
        take_over!(known, self, status, message, run, deleted_records, deleted_files, removed_bytes);
    }
}

/// Whether a status says that a job has run.
fn is_a_run(status: Option<&String>) -> bool {
    status.is_some_and(|status| ["Successful", "Failed"].contains(&status.as_str()))
}

/// The table, created as of `at` if it does not exist.
fn table<'a>(world: &'a mut World, [bucket, namespace, name]: [&str; 3], at: Timestamp) -> &'a mut Table {
    let bucket = world.bucket(bucket);
    bucket.created.get_or_insert(at);
    let table = bucket.table_or_new(namespace, name);
    table.created.get_or_insert(at);
    table
}

/// The table, if it exists.
pub(super) fn known_table<'a>(
    world: &'a mut World,
    bucket: &str,
    namespace: &str,
    name: &str,
) -> Option<&'a mut Table> {
    world.buckets.get_mut(bucket)?.table_mut(namespace, name)
}
