//! Restores: tables of Amazon Redshift, and AWS Backup with its restore tests.

use super::super::causes::{Cause, cause};
use super::{label, named};
use crate::domain::{Notice, Severity, Source};

/// Where a one-shot job's failure promises a retry, that contradicts its being final.
const AWS_RETRIES: &str = "AWS says that it tries again: see whether it does before you start it again.";

/// The service models of Redshift, Redshift Serverless and AWS Backup have no operation that stops a restore
/// (`StopBackupJob` stops backup jobs only).
const NO_CANCEL: &str = "AWS offers no way to cancel a restore";

/// When to repeat what failed, and what was stopped.
const CAUSE_GONE: &str = "once the cause is gone";
const STILL_NEEDED: &str = "if it is still needed";

/// A table restore that failed.
///
/// Its APIs: <https://docs.aws.amazon.com/redshift/latest/APIReference/API_RestoreTableFromClusterSnapshot.html>,
/// <https://docs.aws.amazon.com/redshift-serverless/latest/APIReference/API_RestoreTableFromSnapshot.html>,
/// <https://docs.aws.amazon.com/redshift-serverless/latest/APIReference/API_RestoreTableFromRecoveryPoint.html>
pub(super) fn table_restore(notice: &Notice) -> Vec<String> {
    let home = home(notice);
    let point = match label(notice, "recovery_point") {
        Some(id) => format!("recovery point {id}"),
        None => named("snapshot", label(notice, "snapshot")),
    };
    let first = match cause(notice.message.as_deref()) {
        Cause::Retried => return vec![AWS_RETRIES.to_owned()],
        Cause::Kms => Some(format!(
            "Check the KMS keys of the {home} and of the {point}: they must exist, be enabled and not be scheduled for deletion."
        )),
        Cause::Access => Some("The message names what was denied: allow it.".to_owned()),
        Cause::Quota => {
            Some(format!("Free what the message says is short on the {home}, or raise the limit that it names."))
        }
        // A restored table never takes the name of an existing one:
        // https://docs.aws.amazon.com/redshift/latest/mgmt/working-with-snapshot-restore-table-from-snapshot.html
        Cause::Exists => Some(
            "Choose a new name for the restored table, or rename the one in the way: a table restore never overwrites."
                .to_owned(),
        ),
        Cause::NotFound => Some(format!(
            "Check that the {point} still exists and contains the table, and that the target database and schema exist."
        )),
        Cause::Other => None,
    };
    first.into_iter().chain([table_restore_again(notice, CAUSE_GONE)]).collect()
}

fn home(notice: &Notice) -> String {
    match notice.scope.source {
        Source::RedshiftServerless => named("namespace", label(notice, "namespace")),
        _ => named("cluster", label(notice, "cluster")),
    }
}

/// How to request a table restore once more, by what it was restored from.
fn table_restore_again(notice: &Notice, when: &str) -> String {
    let again = |command| format!("To try again, request a new table restore (`{command}`) {when}.");
    match (notice.scope.source, label(notice, "recovery_point")) {
        // How long a recovery point lasts:
        // https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-snapshots-recovery-points.html
        (Source::RedshiftServerless, Some(_)) => format!(
            "{} Redshift Serverless keeps a recovery point for 24 hours.",
            again("aws redshift-serverless restore-table-from-recovery-point --recovery-point-id ...")
        ),
        (Source::RedshiftServerless, None) => again("aws redshift-serverless restore-table-from-snapshot"),
        _ => again("aws redshift restore-table-from-cluster-snapshot"),
    }
}

/// A restored table that is ready.
///
/// Foreign keys, views and permissions of the source table are not restored with it:
/// <https://docs.aws.amazon.com/redshift/latest/mgmt/working-with-snapshot-restore-table-from-snapshot.html>,
/// <https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-table-restore.html>
pub(super) fn table_restored(notice: &Notice) -> Vec<String> {
    let table = label(notice, "target_table");
    let ready = |table| {
        format!(
            "{table} is ready. It has no foreign keys, and views and permissions of the original table do not apply to it."
        )
    };
    table.map(ready).into_iter().collect()
}

/// A restore job of AWS Backup that failed.
///
/// Keys and permissions: "Restore testing failure troubleshooting" in
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing.html>; the managed policies for restores:
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/security-iam-awsmanpol.html>
pub(super) fn backup(notice: &Notice) -> Vec<String> {
    let role = named("role", label(notice, "iam_role_arn"));
    let first = match cause(notice.message.as_deref()) {
        Cause::Retried => return vec![AWS_RETRIES.to_owned()],
        Cause::Kms => Some(format!(
            "Check the KMS keys of the recovery point and of the restored resource: they must be enabled, and the {role} must be allowed to use them by its own policy and by the key policies."
        )),
        Cause::Access => Some(format!(
            "Check the {role}, with whose permissions AWS Backup restores, against the managed policy for restores ({}). If the message names a resource-based policy, change that one.",
            match label(notice, "resource_type").as_deref() {
                Some("S3") => "AWSBackupServiceRolePolicyForS3Restore",
                _ => "AWSBackupServiceRolePolicyForRestores",
            }
        )),
        Cause::Quota => Some("Raise the limit that the message names, or free some of it.".to_owned()),
        Cause::Exists => Some("Restore under a new name, or remove what is in the way.".to_owned()),
        Cause::NotFound => Some("Check that what the message names still exists.".to_owned()),
        Cause::Other => None,
    };
    first.into_iter().chain([backup_again(notice, CAUSE_GONE)]).collect()
}

fn backup_again(notice: &Notice, when: &str) -> String {
    if is_restore_test(notice) {
        "This was a restore test: it has not shown that this recovery point can be restored. The plan tests again on its schedule."
            .to_owned()
    } else {
        format!("To try again, start a new restore from the recovery point (`aws backup start-restore-job`) {when}.")
    }
}

fn is_restore_test(notice: &Notice) -> bool {
    label(notice, "restore_testing_plan_arn").is_some()
}

/// A validation that failed or timed out.
///
/// `PutRestoreValidationResult` takes `TIMED_OUT` too:
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_PutRestoreValidationResult.html>. AWS Backup deletes what it
/// restored when the validation is over or its window closes:
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing.html>
pub(super) fn validation(notice: &Notice) -> Vec<String> {
    let mut steps = vec![
        if notice.to == "timed-out" {
            "Either no result came in time, or your validation reported TIMED_OUT: check what should call PutRestoreValidationResult (the EventBridge rule, its target, their permissions and logs). If nobody set up a validation, only the restore itself was tested."
        } else {
            "The restore itself completed; your validation reported this failure (PutRestoreValidationResult): see its logs."
        }
        .to_owned(),
        "Treat this recovery point as unproven until a restore of it has been validated.".to_owned(),
    ];
    if is_restore_test(notice) {
        steps.push("AWS Backup deletes the restored copy by itself.".to_owned());
    }
    steps
}

/// A clean-up after a restore test that failed.
///
/// That it must be removed by hand then, and the tag:
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing.html>
pub(super) fn deletion(notice: &Notice) -> Vec<String> {
    let copy = label(notice, "created_resource_arn").unwrap_or_else(|| "what was restored for the test".to_owned());
    vec![
        format!("Delete {copy} by hand: AWS Backup could not, and as long as it exists it may cost money."),
        "Often the tag awsbackup-restore-test was removed from it: see whether something removes such tags.".to_owned(),
    ]
}

/// A restore job of AWS Backup that completed.
///
/// A status message beside COMPLETED: AWS's guide calls that "completed with issues", and says so of *backup* jobs only
/// (<https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html>), so nothing is said here of what the message
/// means. The events of the vault: <https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-notifications.html>
pub(super) fn restored(notice: &Notice) -> Vec<String> {
    let mut steps = Vec::new();
    let has_message = notice.message.as_deref().is_some_and(|message| !message.trim().is_empty());
    if notice.severity == Severity::Warning && has_message {
        steps.push(
            "AWS Backup reports COMPLETED and adds the message above, so part of the data may be missing: compare the restored resource with it before you rely on it."
                .to_owned(),
        );
        let events = match label(notice, "resource_type").as_deref() {
            Some("S3") | None => Some("S3_RESTORE_OBJECT_FAILED"),
            Some("EKS") => Some("EKS_RESTORE_OBJECT_FAILED and EKS_RESTORE_OBJECT_SKIPPED"),
            Some(_) => None,
        };
        steps.extend(events.map(|events| {
            format!("If the backup vault's notifications include {events}, they tell which objects were not restored (`aws backup get-backup-vault-notifications`).")
        }));
    }
    if is_restore_test(notice) {
        steps.push("This was a restore test: if it has a validation, you will be told how that ends.".to_owned());
    }
    steps
}

/// A restore that was stopped, by `CANCELED` or `ABORTED`.
pub(super) fn canceled(notice: &Notice) -> Vec<String> {
    let again = match notice.scope.source {
        Source::Redshift | Source::RedshiftServerless => table_restore_again(notice, STILL_NEEDED),
        _ => backup_again(notice, STILL_NEEDED),
    };
    vec![format!("AWS or the service stopped it before it ended: {NO_CANCEL}. Nothing more will come of it."), again]
}

/// A restore that does not move.
pub(super) fn stalled(notice: &Notice) -> Vec<String> {
    let home = home(notice);
    let look = match notice.scope.source {
        Source::Redshift => format!(
            "AWS still calls it unfinished: see whether the {home} is available, and not paused, resizing or short of disk space."
        ),
        Source::RedshiftServerless => {
            format!("AWS still calls it unfinished: see whether the {home} and its workgroup are available.")
        }
        _ => "AWS still calls it unfinished, and may report no progress before the end: see in the resource's own console whether the new resource is being made.".to_owned(),
    };
    // InProgressTableRestoreQuotaExceededFault:
    // https://docs.aws.amazon.com/redshift/latest/APIReference/API_RestoreTableFromClusterSnapshot.html
    let limit = match notice.scope.source {
        Source::Redshift => ", and limits how many table restores run at once",
        _ => "",
    };
    vec![look, format!("{NO_CANCEL}{limit}. You will be told when it moves again, and how it ends.")]
}
