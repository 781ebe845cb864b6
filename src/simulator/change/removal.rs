//! What ceases to exist.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::tables::known_table;
use super::{ChangeError, ExpirationChange, MaintenanceChange, ReplicationChange};
use crate::simulator::world::World;

/// Something that ceases to exist.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Removal {
    /// A Redshift table restore, by its id.
    pub redshift: Option<String>,
    /// A Redshift Serverless table restore, by its id.
    #[serde(rename = "redshift-serverless")]
    pub serverless: Option<String>,
    /// An AWS Backup restore job, by its id.
    pub backup: Option<String>,
    /// An AWS Backup backup job, by its id.
    #[serde(rename = "backup-job")]
    pub backup_job: Option<String>,
    /// An AWS Backup copy job, by its id.
    #[serde(rename = "backup-copy")]
    pub backup_copy: Option<String>,
    /// An export of a DynamoDB table, by its id.
    pub export: Option<String>,
    /// An import of a DynamoDB table, by its id.
    pub import: Option<String>,
    /// One destination of a table's replication.
    pub replication: Option<ReplicationChange>,
    /// One job type of a table's maintenance.
    pub maintenance: Option<MaintenanceChange>,
    /// The expiration of a table's records.
    pub expiration: Option<ExpirationChange>,
}

impl Removal {
    pub(super) fn apply(&self, world: &mut World) -> Result<(), ChangeError> {
        remove(&mut world.redshift, self.redshift.as_ref(), "redshift restore")?;
        remove(&mut world.serverless, self.serverless.as_ref(), "redshift-serverless restore")?;
        remove(&mut world.backup, self.backup.as_ref(), "backup restore job")?;
        remove(&mut world.backup_jobs, self.backup_job.as_ref(), "backup job")?;
        remove(&mut world.backup_copies, self.backup_copy.as_ref(), "copy job")?;
        remove(&mut world.exports, self.export.as_ref(), "export")?;
        remove(&mut world.imports, self.import.as_ref(), "import")?;
        if let Some(gone) = &self.replication {
            let arn = gone.destination_arn(world);
            known_table(world, &gone.bucket, &gone.namespace, &gone.name)
                .and_then(|table| table.replication.remove(&arn))
                .ok_or_else(|| missing("replication to", &gone.destination))?;
        }
        if let Some(gone) = &self.maintenance {
            known_table(world, &gone.bucket, &gone.namespace, &gone.name)
                .and_then(|table| table.maintenance.remove(&gone.job))
                .ok_or_else(|| missing("maintenance job", &gone.job))?;
        }
        if let Some(gone) = &self.expiration {
            known_table(world, &gone.bucket, &gone.namespace, &gone.name)
                .and_then(|table| table.expiration.take())
                .ok_or_else(|| missing("record expiration of", &format!("{}.{}", gone.namespace, gone.name)))?;
        }
        Ok(())
    }
}

fn remove<T>(known: &mut BTreeMap<String, T>, id: Option<&String>, kind: &'static str) -> Result<(), ChangeError> {
    match id {
        Some(id) => known.remove(id).map(drop).ok_or_else(|| missing(kind, id)),
        None => Ok(()),
    }
}

fn missing(kind: &'static str, name: &str) -> ChangeError {
    ChangeError::nothing_to_remove("remove", kind, name)
}
