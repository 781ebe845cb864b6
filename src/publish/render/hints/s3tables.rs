//! S3 Tables: replication and maintenance.

use super::super::causes::{Cause, MaintenanceCause, cause, maintenance_cause};
use super::{RECOVERY, label};
use crate::domain::Notice;

/// A destination that does not get the updates of its source table.
///
/// What the role, the keys and the policies must allow: "Setting up S3 Tables replication",
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-replication-setting-up.html>. What is not replicated:
/// "How S3 Tables replication works",
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-replication-how-replication-works.html>
pub(super) fn replication(notice: &Notice) -> Vec<String> {
    let words = notice.message.as_deref().unwrap_or_default().to_lowercase();
    let elsewhere = match destination_account(notice) {
        Some(account) if account == notice.scope.account => None,
        Some(_) => Some("The destination is in another account"),
        None => Some("If the destination is in another account"),
    };
    let mut steps: Vec<String> = Vec::new();
    let mut add = |step: &str| steps.push(step.to_owned());
    match cause(notice.message.as_deref()) {
        Cause::Kms => {
            add(
                "Check the KMS keys of source and destination: both must be enabled, and the replication role needs kms:Decrypt and kms:GenerateDataKey on both, in its own policy and in the key policies (AWS's examples add kms:Encrypt).",
            );
            if let Some(elsewhere) = elsewhere {
                add(&format!(
                    "{elsewhere}: both key policies must name the role and maintenance.s3tables.amazonaws.com."
                ));
            }
        }
        Cause::Access => {
            add(
                "Check the replication role: it must trust replication.s3tables.amazonaws.com, read the source table and write to the destination bucket. AWS's guide \"Setting up S3 Tables replication\" lists the actions.",
            );
            if let Some(elsewhere) = elsewhere {
                add(&format!("{elsewhere}: the policy of its table bucket must allow the role too."));
            }
        }
        Cause::Quota => add(
            "Compare the limit that the message names with the quotas of S3 Tables in the destination account and Region.",
        ),
        Cause::Exists => add(
            "A replica has the namespace and name of its source table: rename the table of that name in the destination bucket, or delete it if nobody needs it.",
        ),
        Cause::NotFound => add(
            "Check that the destination bucket still exists, and that the replication configuration still names it (`aws s3tables get-table-replication`, `aws s3tables get-table-bucket-replication`).",
        ),
        Cause::Retried => add("AWS says that it tries again: act only if it does not recover."),
        Cause::Other if words.contains("branch") || words.contains("tags") => {
            add(
                "S3 Tables does not replicate tables with tags or branches: remove them, or take the table out of the replication.",
            );
        }
        Cause::Other => {}
    }
    add(replica(notice));
    add(RECOVERY);
    steps
}

/// The account of the destination bucket, by its ARN.
fn destination_account(notice: &Notice) -> Option<&str> {
    notice.facet.strip_prefix("arn:")?.split(':').nth(3)
}

/// While the status is FAILED, nothing new is replicated:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-replication-managing.html>
const fn replica(notice: &Notice) -> &'static str {
    match notice.run {
        Some(_) => {
            "Until it recovers, the replica gets no new updates: its readers see the data of the last good copy."
        }
        None => "Until it recovers, the destination has no complete copy.",
    }
}

/// A destination that has been waiting for updates for too long.
///
/// How long an update takes usually, and when longer:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-replication-how-replication-works.html>
pub(super) fn lagging(notice: &Notice) -> Vec<String> {
    let look = match notice.run {
        Some(_) => "a large update takes longer, so see how much has been written to the source table lately",
        None => "a first copy takes longer, the more the larger the table is",
    };
    vec![
        format!(
            "AWS reports no failure. Most updates are replicated within minutes; {look}. See also that the destination bucket, the replication role and the KMS keys are as they were."
        ),
        replica(notice).to_owned(),
        "You will be told when it has caught up, or has failed.".to_owned(),
    ]
}

/// A maintenance job that failed.
///
/// The failure messages: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-maintenance-status.html>. What the
/// key must allow: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-kms-permissions.html>. Tags, branches and
/// retention properties: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-considerations.html>
pub(super) fn maintenance(notice: &Notice) -> Vec<String> {
    let first = match maintenance_cause(notice.message.as_deref()) {
        MaintenanceCause::Key => Some(
            "Check the KMS key of the table: it must exist and be enabled, and its policy must allow maintenance.s3tables.amazonaws.com kms:GenerateDataKey and kms:Decrypt.",
        ),
        // The documented message of this beginning is about the key.
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
    let steps = first.into_iter().chain(meanwhile(notice)).chain([RECOVERY]);
    steps.map(str::to_owned).collect()
}

/// What does not happen as long as a job fails. That the data can be read meanwhile is nothing that AWS promises.
///
/// What the jobs do: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-maintenance.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-table-buckets-maintenance.html>
fn meanwhile(notice: &Notice) -> Option<&'static str> {
    match notice.facet.as_str() {
        "icebergCompaction" => Some("Until it recovers, small files are not combined, so queries may get slower."),
        "icebergSnapshotManagement" => {
            Some("Until it recovers, old snapshots do not expire, so storage costs may grow.")
        }
        "icebergUnreferencedFileRemoval" => {
            Some("Until it recovers, files that no snapshot refers to are not removed, so storage costs may grow.")
        }
        _ => None,
    }
}

/// A job that was switched off.
///
/// The removal of unreferenced files is configured for the table bucket only:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-table-buckets-maintenance.html>. When AWS disables snapshot
/// management by itself:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-considerations.html>
pub(super) fn disabled(notice: &Notice) -> Vec<String> {
    let bucket = || super::named("table bucket", label(notice, "bucket"));
    match notice.facet.as_str() {
        "icebergUnreferencedFileRemoval" => vec![format!(
            "Nothing to do if it was meant. Otherwise enable it again for all tables of the {}: `aws s3tables put-table-bucket-maintenance-configuration`.",
            bucket()
        )],
        job => {
            let mut steps = vec![
                "Nothing to do if it was meant. Otherwise enable it again for this table: `aws s3tables put-table-maintenance-configuration`."
                    .to_owned(),
            ];
            if job == "icebergSnapshotManagement" {
                steps.push("AWS also disables it for a table with tag or branch retention, or with history.expire.* properties that keep snapshots longer.".to_owned());
            }
            steps
        }
    }
}
