//! AWS Backup: restore jobs, restore tests and their validations.

use super::{
    AWS_RETRIES, About, CAUSE_FIXED, Fact, MuteKey, NO_CANCEL, STILL_NEEDED, label, named, owned, plain, within,
};
use crate::domain::label as name;
use crate::domain::notice::{FacetChange, FacetEvent};
use crate::domain::{Facet, Notice, Severity, Status};
use crate::publish::render::causes::{Cause, cause};
use crate::publish::render::escape::{shell_word, uri_component};

pub(super) struct Backup;

impl About for Backup {
    fn subjects(&self, event: &FacetEvent) -> (&'static str, &'static str) {
        match event.facet {
            Facet::Validation => ("validation of a restore", "validations of restores"),
            Facet::Deletion => ("clean-up after a restore", "clean-ups after restores"),
            _ => ("restore job", "restore jobs"),
        }
    }

    fn facts(&self, event: &FacetEvent) -> Vec<Fact> {
        vec![
            ("Resource type", owned(event, name::RESOURCE_TYPE)),
            ("Source", owned(event, name::SOURCE_RESOURCE_ARN)),
            ("Recovery point", owned(event, name::RECOVERY_POINT_ARN)),
            ("Restored to", owned(event, name::CREATED_RESOURCE_ARN)),
            ("Restore test", owned(event, name::RESTORE_TESTING_PLAN_ARN)),
            ("Job", within(Some(&event.subject.id), "part of", label(event, name::PARENT_JOB_ID))),
        ]
    }

    fn next_steps(&self, notice: &Notice, event: &FacetEvent) -> Vec<String> {
        match event.change {
            FacetChange::Failed(_) | FacetChange::StillFailing(_) => match event.facet {
                Facet::Validation => validation_failed(event),
                Facet::Deletion => deletion_failed(event),
                _ => restore_failed(event),
            },
            FacetChange::Canceled => super::canceled(again(event, STILL_NEEDED)),
            FacetChange::Vanished => {
                super::vanished("See whether the restored resource exists before you rely on it.".to_owned())
            }
            FacetChange::UnknownStatus => super::unknown_status(),
            FacetChange::Stalled { .. } => vec![
                "AWS still reports it as unfinished, and may report no progress before the end: see in the console of the resource whether the new resource is being created.".to_owned(),
                format!("{NO_CANCEL}. You will be told when it moves again, and how it ends."),
            ],
            FacetChange::Overdue { .. } => vec![
                "The expected end is an estimate of AWS Backup: as long as the restore makes progress, it may only need more time."
                    .to_owned(),
                "If others wait for it, tell them now. You will be told how it ends, and if it stops moving.".to_owned(),
            ],
            FacetChange::Completed => match event.facet {
                Facet::Restore => restored(notice, event),
                Facet::Validation => {
                    vec!["The restore test passed: this recovery point was restored and validated.".to_owned()]
                }
                _ => Vec::new(),
            },
            // There is nothing to do, or it does not happen to a restore job.
            FacetChange::Lagging { .. }
            | FacetChange::Disabled
            | FacetChange::Recovered(_)
            | FacetChange::Started
            | FacetChange::Validating => Vec::new(),
        }
    }

    fn console(&self, event: Option<&FacetEvent>, region: &str) -> String {
        let list = format!("backup/home?region={region}#/jobs/restore");
        match event {
            Some(event) => format!("{list}/details/{}", uri_component(&event.subject.id)),
            None => list,
        }
    }

    fn command(&self, event: Option<&FacetEvent>) -> Option<String> {
        Some(match event {
            Some(event) => format!("backup describe-restore-job --restore-job-id {}", shell_word(&event.subject.id)),
            None => "backup list-restore-jobs".to_owned(),
        })
    }

    fn mute_keys(&self, event: &FacetEvent) -> Vec<MuteKey> {
        vec![
            ("resource_type", owned(event, name::RESOURCE_TYPE)),
            ("restore_testing_plan", owned(event, name::RESTORE_TESTING_PLAN_ARN)),
            ("facet", (event.facet != Facet::Restore).then(|| event.facet.to_string())),
        ]
    }

    fn parameter(&self) -> &'static str {
        "WatchBackup"
    }

    fn parent_or_self<'a>(&self, event: &'a FacetEvent) -> &'a str {
        label(event, name::PARENT_JOB_ID).unwrap_or(&event.subject.id)
    }

    fn group<'a>(&self, event: &'a FacetEvent) -> &'a str {
        event.facet.as_str()
    }
}

/// The steps for a failed restore job.
///
/// Keys and permissions: "Restore testing failure troubleshooting" in
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing.html>; the managed policies for restores:
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/security-iam-awsmanpol.html>
fn restore_failed(event: &FacetEvent) -> Vec<String> {
    let role = named("role", plain(event, name::IAM_ROLE_ARN));
    let first = match cause(event.message.as_deref()) {
        Cause::Retried => return vec![AWS_RETRIES.to_owned()],
        Cause::Kms => Some(format!(
            "Check the KMS keys of the recovery point and of the restored resource: they must be enabled, and the {role} must be allowed to use them by its own policy and by the key policies."
        )),
        Cause::Access => Some(format!(
            "Check the {role}, with whose permissions AWS Backup restores, against the managed policy for restores ({}). If the message names a resource-based policy, change that one.",
            match label(event, name::RESOURCE_TYPE) {
                Some("S3") => "AWSBackupServiceRolePolicyForS3Restore",
                _ => "AWSBackupServiceRolePolicyForRestores",
            }
        )),
        Cause::Quota => Some("Raise the limit that the message names, or use less of it.".to_owned()),
        Cause::Exists => Some("Restore under a new name, or remove the resource that already exists.".to_owned()),
        Cause::NotFound => Some("Check that what the message names still exists.".to_owned()),
        Cause::Other => None,
    };
    first.into_iter().chain([again(event, CAUSE_FIXED)]).collect()
}

fn again(event: &FacetEvent, when: &str) -> String {
    if is_restore_test(event) {
        "This was a restore test: it has not shown that this recovery point can be restored. The plan tests again on its schedule."
            .to_owned()
    } else {
        format!("To try again, start a new restore from the recovery point (`aws backup start-restore-job`) {when}.")
    }
}

fn is_restore_test(event: &FacetEvent) -> bool {
    label(event, name::RESTORE_TESTING_PLAN_ARN).is_some()
}

/// The steps for a validation that failed or timed out.
///
/// `PutRestoreValidationResult` also accepts `TIMED_OUT`:
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_PutRestoreValidationResult.html>. AWS Backup deletes
/// what it restored when the validation has ended or its time window closes:
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing.html>
fn validation_failed(event: &FacetEvent) -> Vec<String> {
    let mut steps = vec![
        if event.to == Status::TimedOut {
            "Either no result came in time, or your validation reported TIMED_OUT: check what should call PutRestoreValidationResult (the EventBridge rule, its target, their permissions and logs). If nobody set up a validation, only the restore itself was tested."
        } else {
            "The restore itself completed; your validation reported this failure (PutRestoreValidationResult): see its logs."
        }
        .to_owned(),
        "Treat this recovery point as unproven until a restore of it has been validated.".to_owned(),
    ];
    if is_restore_test(event) {
        steps.push("AWS Backup deletes the restored copy by itself.".to_owned());
    }
    steps
}

/// The steps for a failed deletion after a restore test.
///
/// Why it must be deleted by hand, and about the tag:
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing.html>
fn deletion_failed(event: &FacetEvent) -> Vec<String> {
    let copy = plain(event, name::CREATED_RESOURCE_ARN).unwrap_or_else(|| "what was restored for the test".to_owned());
    vec![
        format!("Delete {copy} by hand: AWS Backup could not, and it may cost money as long as it exists."),
        "Often the cause is that the tag awsbackup-restore-test was removed from it: see whether something removes such tags.".to_owned(),
    ]
}

/// The steps for a completed restore job.
///
/// AWS's guide calls a job with status COMPLETED and a status message "completed with issues", but only for *backup*
/// jobs (<https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html>). So these steps do not say what the
/// message means. The events of the vault:
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-notifications.html>
fn restored(notice: &Notice, event: &FacetEvent) -> Vec<String> {
    let mut steps = Vec::new();
    let has_message = event.message.as_deref().is_some_and(|message| !message.trim().is_empty());
    if notice.severity == Severity::Warning && has_message {
        steps.push(
            "AWS Backup reports COMPLETED and adds the message above, so part of the data may be missing: compare the restored resource with it before you rely on it."
                .to_owned(),
        );
        let events = match label(event, name::RESOURCE_TYPE) {
            Some("S3") | None => Some("S3_RESTORE_OBJECT_FAILED"),
            Some("EKS") => Some("EKS_RESTORE_OBJECT_FAILED and EKS_RESTORE_OBJECT_SKIPPED"),
            Some(_) => None,
        };
        steps.extend(events.map(|events| {
            format!("If the notifications of the backup vault include {events}, they list the objects that were not restored (`aws backup get-backup-vault-notifications`).")
        }));
    }
    if is_restore_test(event) {
        steps.push("This was a restore test: if it has a validation, you will be told the result.".to_owned());
    }
    steps
}
