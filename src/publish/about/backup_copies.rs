//! AWS Backup: copy jobs.

use super::backup_job::{self, ToCheck};
use super::{About, Fact, MuteKey, label, owned};
use crate::domain::label as name;
use crate::domain::notice::{FacetChange, FacetEvent};
use crate::domain::{Notice, Source};
use crate::publish::render::escape::shell_word;

/// The access policy of the destination vault:
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html>
const TO_CHECK: ToCheck = ToCheck {
    keys: "both vaults",
    policies: "The access policy of a vault in another account must allow backup:CopyIntoBackupVault.",
    existence: "Check that the recovery point and the destination vault still exist.",
};

pub(super) struct BackupCopies;

impl About for BackupCopies {
    fn subjects(&self, _event: &FacetEvent) -> (&'static str, &'static str) {
        ("copy job", "copy jobs")
    }

    fn facts(&self, event: &FacetEvent) -> Vec<Fact> {
        vec![
            backup_job::resource(event),
            ("From vault", owned(event, name::BACKUP_VAULT_ARN)),
            ("To vault", owned(event, name::DESTINATION_VAULT_ARN)),
            ("Recovery point", owned(event, name::RECOVERY_POINT_ARN)),
            ("Copy", owned(event, name::COPIED_RECOVERY_POINT_ARN)),
            ("Backup plan", owned(event, name::BACKUP_PLAN)),
            backup_job::job(event),
        ]
    }

    fn next_steps(&self, _notice: &Notice, event: &FacetEvent) -> Vec<String> {
        match event.change {
            FacetChange::Failed(_) | FacetChange::StillFailing(_) => {
                let again = "To try again, start a copy of the recovery point (`aws backup start-copy-job`) once the cause is fixed.";
                backup_job::failed(event, &TO_CHECK, again.to_owned())
            }
            FacetChange::Vanished => super::vanished(
                "See whether the recovery point is in the destination vault before you rely on it.".to_owned(),
            ),
            FacetChange::UnknownStatus => super::unknown_status(),
            FacetChange::Stalled { .. } => vec![
                "AWS reports no progress of copies: see whether the recovery point is in the destination vault."
                    .to_owned(),
                // The service model of AWS Backup contains no operation that stops a copy job.
                "AWS offers no way to cancel a copy. You will be told how it ends.".to_owned(),
            ],
            FacetChange::Completed if event.is_completed_with_issues(Source::BackupCopies) => backup_job::issues(event),
            // There is nothing to do, or it does not happen to a copy job.
            FacetChange::Completed
            | FacetChange::Canceled
            | FacetChange::Overdue { .. }
            | FacetChange::Lagging { .. }
            | FacetChange::Disabled
            | FacetChange::Recovered(_)
            | FacetChange::Started
            | FacetChange::Validating => Vec::new(),
        }
    }

    fn console(&self, _event: Option<&FacetEvent>, region: &str) -> String {
        format!("backup/home?region={region}#/jobs/copy")
    }

    fn command(&self, event: Option<&FacetEvent>) -> Option<String> {
        Some(match event {
            Some(event) => format!("backup describe-copy-job --copy-job-id {}", shell_word(&event.subject.id)),
            None => "backup list-copy-jobs".to_owned(),
        })
    }

    fn mute_keys(&self, event: &FacetEvent) -> Vec<MuteKey> {
        backup_job::mute_keys(event)
    }

    fn parameter(&self) -> &'static str {
        "WatchBackupCopies"
    }

    fn parent_or_self<'a>(&self, event: &'a FacetEvent) -> &'a str {
        label(event, name::PARENT_JOB_ID).unwrap_or(&event.subject.id)
    }
}
