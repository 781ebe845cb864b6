//! Table buckets, their tables, and what replication, maintenance and the expiration of records say of them.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use uuid::Uuid;

#[derive(Clone, Debug, Default)]
pub struct TableBucket {
    /// Its name, the last part of its ARN.
    pub name: String,
    /// `createdAt`; `None` shows the Unix epoch, since AWS always sends one.
    pub created: Option<Timestamp>,
    /// The only region it is in; `None`: any.
    pub region: Option<String>,
    /// `type`: `customer` (also when `None`) or `aws`.
    pub kind: Option<String>,
    tables: BTreeMap<(String, String), Table>,
    by_id: HashMap<String, (String, String)>,
    /// How many tables of a name have been dropped: the next one of that name is another table.
    dropped: HashMap<(String, String), u32>,
}

/// A table of a table bucket.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub namespace: String,
    pub name: String,
    id: String,
    /// `createdAt`; `None` shows the Unix epoch, since AWS always sends one.
    pub created: Option<Timestamp>,
    /// `modifiedAt`; `None` shows what `created` shows.
    pub modified: Option<Timestamp>,
    /// `type`: `customer` (also when `None`) or `aws`.
    pub kind: Option<String>,
    /// `managedByService`: set on replicas and on tables that AWS writes.
    pub managed_by: Option<String>,
    /// Replication by destination bucket ARN, in the order of the ARNs; empty:
    /// the table is not replicated, and asking for its status finds nothing.
    pub replication: BTreeMap<String, Destination>,
    /// Maintenance by job type, such as `icebergCompaction`.
    pub maintenance: BTreeMap<String, MaintenanceJob>,
    /// The expiration of its records; `None`: they do not expire, and what is answered is the world's to say.
    pub expiration: Option<RecordExpiration>,
}

/// Replication to one destination.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Destination {
    pub table_arn: Option<String>,
    /// `replicationStatus`: `pending`, `completed`, `failed`, or any other word.
    pub status: Option<String>,
    pub message: Option<String>,
    /// `lastSuccessfulReplicatedUpdate.timestamp`; `None`: there was none.
    pub updated: Option<Timestamp>,
    /// `lastSuccessfulReplicatedUpdate.metadataLocation`; `None` with `updated`
    /// set shows a made-up place in the destination.
    pub metadata_location: Option<String>,
}

/// The last run of one maintenance job type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MaintenanceJob {
    /// `status`: `Not_Yet_Run`, `Successful`, `Failed`, `Disabled`, or any other word.
    pub status: Option<String>,
    /// `lastRunTimestamp`.
    pub run: Option<Timestamp>,
    pub message: Option<String>,
}

/// The last run of the job that deletes a table's expired records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordExpiration {
    /// `status`: `NotYetRun`, `Successful`, `Failed`, `Disabled`, or any other word.
    pub status: Option<String>,
    /// `lastRunTimestamp`.
    pub run: Option<Timestamp>,
    /// `failureMessage`.
    pub message: Option<String>,
    /// `metrics.deletedRecords`.
    pub deleted_records: Option<i64>,
    /// `metrics.deletedDataFiles`.
    pub deleted_files: Option<i64>,
    /// `metrics.removedFilesSize`.
    pub removed_bytes: Option<i64>,
}

impl TableBucket {
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Its ARN as a caller in `region` sees it.
    pub fn arn(&self, region: &str, account: &str) -> String {
        let region = self.region.as_deref().unwrap_or(region);
        format!("arn:aws:s3tables:{region}:{account}:bucket/{}", self.name)
    }

    /// The ARN of one of its tables as a caller in `region` sees it.
    pub fn table_arn(&self, table: &Table, region: &str, account: &str) -> String {
        format!("{}/table/{}", self.arn(region, account), table.id)
    }

    /// The table of this name.
    pub fn table(&self, namespace: &str, name: &str) -> Option<&Table> {
        self.tables.get(&(namespace.to_owned(), name.to_owned()))
    }

    /// The table with this id (the UUID at the end of its ARN).
    pub fn table_by_id(&self, id: &str) -> Option<&Table> {
        self.tables.get(self.by_id.get(id)?)
    }

    /// The table of this name, to edit.
    pub fn table_mut(&mut self, namespace: &str, name: &str) -> Option<&mut Table> {
        self.tables.get_mut(&(namespace.to_owned(), name.to_owned()))
    }

    /// The table of this name, created if it does not exist. Its id follows from the bucket, the namespace, the name, and
    /// how many tables of that name have been dropped before.
    pub fn table_or_new(&mut self, namespace: &str, name: &str) -> &mut Table {
        let key = (namespace.to_owned(), name.to_owned());
        self.tables.entry(key.clone()).or_insert_with(|| {
            let mut path = format!("{}/{namespace}/{name}", self.name);
            if let Some(before) = self.dropped.get(&key) {
                path = format!("{path}#{before}");
            }
            let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, path.as_bytes()).to_string();
            self.by_id.insert(id.clone(), key);
            Table { namespace: namespace.to_owned(), name: name.to_owned(), id, ..Table::default() }
        })
    }

    /// Drops a table and says whether there was one.
    pub fn drop_table(&mut self, namespace: &str, name: &str) -> bool {
        let key = (namespace.to_owned(), name.to_owned());
        let Some(table) = self.tables.remove(&key) else {
            return false;
        };
        self.by_id.remove(&table.id);
        *self.dropped.entry(key).or_default() += 1;
        true
    }

    /// Gives a table another name in its namespace, as `RenameTable` does, and says whether there was one. Its id stays.
    pub fn rename_table(&mut self, namespace: &str, name: &str, new: &str) -> bool {
        let Some(table) = self.tables.remove(&(namespace.to_owned(), name.to_owned())) else {
            return false;
        };
        let key = (namespace.to_owned(), new.to_owned());
        self.by_id.insert(table.id.clone(), key.clone());
        self.tables.insert(key, Table { name: new.to_owned(), ..table });
        true
    }

    /// Its tables, ordered by namespace and name.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.values()
    }

    /// Its tables after the one of this name, in the same order.
    pub(crate) fn tables_after(&self, namespace: &str, name: &str) -> impl Iterator<Item = &Table> + use<'_> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = (namespace.to_owned(), name.to_owned());
        self.tables.range((Excluded(from), Unbounded)).map(|(_, table)| table)
    }
}

impl Table {
    /// Its id, the UUID at the end of its ARN.
    pub fn id(&self) -> &str {
        &self.id
    }
}
