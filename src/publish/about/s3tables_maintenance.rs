//! Amazon S3 Tables: maintenance jobs of tables.

use super::{About, Fact, MuteKey, RECOVERY, label, named, owned, plain, s3tables};
use crate::domain::Notice;
use crate::domain::label as name;
use crate::domain::notice::{FacetChange, FacetEvent};
use crate::publish::render::causes::{MaintenanceCause, maintenance_cause};
use crate::publish::render::escape::shell_word;

pub(super) struct Maintenance;

const COMPACTION: &str = "icebergCompaction";
const SNAPSHOT_MANAGEMENT: &str = "icebergSnapshotManagement";
const UNREFERENCED_FILE_REMOVAL: &str = "icebergUnreferencedFileRemoval";

impl About for Maintenance {
    fn subjects(&self, _event: &FacetEvent) -> (&'static str, &'static str) {
        ("table", "tables")
    }

    fn facts(&self, event: &FacetEvent) -> Vec<Fact> {
        vec![s3tables::table(event), ("Job", Some(event.facet.to_string()))]
    }

    fn next_steps(&self, _notice: &Notice, event: &FacetEvent) -> Vec<String> {
        match event.change {
            FacetChange::Failed(_) | FacetChange::StillFailing(_) => failed(event),
            FacetChange::Vanished => s3tables::vanished(),
            FacetChange::UnknownStatus => super::unknown_status(),
            FacetChange::Completed => vec![
                "This was the table's first successful maintenance run. From now on you will be told when one of its jobs fails or recovers."
                    .to_owned(),
            ],
            FacetChange::Disabled => disabled(event),
            // There is nothing to do, or it does not happen to a maintenance job.
            FacetChange::Canceled
            | FacetChange::Stalled { .. }
            | FacetChange::Overdue { .. }
            | FacetChange::Lagging { .. }
            | FacetChange::Started
            | FacetChange::Validating
            | FacetChange::Recovered(_) => Vec::new(),
        }
    }

    fn console(&self, _event: Option<&FacetEvent>, region: &str) -> String {
        s3tables::console(region)
    }

    fn command(&self, event: Option<&FacetEvent>) -> Option<String> {
        let Some(event) = event else {
            return Some(s3tables::LIST.to_owned());
        };
        Some(format!(
            "s3tables get-table-maintenance-job-status --table-bucket-arn {} --namespace {} --name {}",
            shell_word(label(event, name::BUCKET_ARN)?),
            shell_word(label(event, name::NAMESPACE)?),
            shell_word(label(event, name::TABLE)?)
        ))
    }

    fn mute_keys(&self, event: &FacetEvent) -> Vec<MuteKey> {
        vec![
            ("bucket", owned(event, name::BUCKET)),
            ("table", owned(event, name::TABLE)),
            ("job_type", Some(event.facet.to_string())),
        ]
    }

    fn parameter(&self) -> &'static str {
        "WatchS3TablesMaintenance"
    }
}

/// A maintenance job that failed.
///
/// The failure messages: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-maintenance-status.html>.
/// What the key must allow: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-kms-permissions.html>.
/// Tags, branches and retention properties:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-considerations.html>
fn failed(event: &FacetEvent) -> Vec<String> {
    let first = match maintenance_cause(event.message.as_deref()) {
        MaintenanceCause::Key => Some(
            "Check the KMS key of the table: it must exist and be enabled, and its policy must allow maintenance.s3tables.amazonaws.com kms:GenerateDataKey and kms:Decrypt.",
        ),
        // The documented message that begins like this is about the key.
        MaintenanceCause::Access => Some(
            "If the table is encrypted with a KMS key, check that: it must exist and be enabled, and its policy must allow maintenance.s3tables.amazonaws.com kms:GenerateDataKey and kms:Decrypt. Else look for a Deny in the policies of table and table bucket.",
        ),
        MaintenanceCause::TagsOrBranches => Some(
            "Snapshot management does not support tags and branches that you made: remove them, or disable it for this table (`aws s3tables put-table-maintenance-configuration`) and expire snapshots yourself.",
        ),
        MaintenanceCause::RetentionProperties => Some(
            "Remove the table properties history.expire.max-snapshot-age-ms and history.expire.min-snapshots-to-keep, and set the retention with `aws s3tables put-table-maintenance-configuration --type icebergSnapshotManagement`.",
        ),
        MaintenanceCause::GarbageCollection => Some(
            "Unset the table property gc.enabled or set it to true: while it is false, S3 Tables neither manages the snapshots of the table nor removes its unreferenced files.",
        ),
        MaintenanceCause::Validation => Some(
            "AWS could not read the table as Iceberg. Query it now: it must be readable, follow the Iceberg specification, and refer only to S3 paths of its own (those that begin with the table's alias).",
        ),
        MaintenanceCause::Retried => Some("AWS tries again by itself: act only if the next runs fail too."),
        MaintenanceCause::Internal => {
            Some("AWS names nothing that you could fix. If the next runs fail too, ask AWS Support.")
        }
        MaintenanceCause::Quota => Some("Compare the limit that the message names with the quotas of S3 Tables."),
        MaintenanceCause::Other => None,
    };
    let steps = first.into_iter().chain(meanwhile(event)).chain([RECOVERY]);
    steps.map(str::to_owned).collect()
}

/// What does not happen while a job fails. AWS does not promise that the data can be read, so the text does not either.
///
/// What the jobs do: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-maintenance.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-table-buckets-maintenance.html>
fn meanwhile(event: &FacetEvent) -> Option<&'static str> {
    match event.facet.as_str() {
        COMPACTION => Some("Until it recovers, small files are not combined, so queries may get slower."),
        SNAPSHOT_MANAGEMENT => Some("Until it recovers, old snapshots do not expire, so storage costs may grow."),
        UNREFERENCED_FILE_REMOVAL => {
            Some("Until it recovers, files that no snapshot refers to are not removed, so storage costs may grow.")
        }
        _ => None,
    }
}

/// The steps for a disabled job.
///
/// The removal of unreferenced files is configured only for the table bucket:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-table-buckets-maintenance.html>. When AWS disables
/// snapshot management by itself: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-considerations.html>
fn disabled(event: &FacetEvent) -> Vec<String> {
    match event.facet.as_str() {
        UNREFERENCED_FILE_REMOVAL => vec![format!(
            "Nothing to do if it was meant. Otherwise enable it again for all tables of the {}: `aws s3tables put-table-bucket-maintenance-configuration`.",
            named("table bucket", plain(event, name::BUCKET))
        )],
        job => {
            let mut steps = vec![
                "Nothing to do if it was meant. Otherwise enable it again for this table: `aws s3tables put-table-maintenance-configuration`."
                    .to_owned(),
            ];
            if job == SNAPSHOT_MANAGEMENT {
                steps.push("AWS also disables it for a table with tag or branch retention, or with history.expire.* properties that keep snapshots longer.".to_owned());
            }
            steps
        }
    }
}
