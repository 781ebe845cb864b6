//! AWS Backup: backup jobs.

use super::backup_job::{self, ToCheck};
use super::{About, Fact, MuteKey, label, owned, plain};
use crate::domain::label as name;
use crate::domain::notice::{FacetChange, FacetEvent};
use crate::domain::{Notice, Source, Status};
use crate::publish::render::escape::shell_word;

const TO_CHECK: ToCheck = ToCheck {
    keys: "the resource and of the vault",
    policies: "If the message names the access policy of the vault, change that one.",
    existence: "Check that what the message names still exists. If the resource was deleted on purpose, take it out of the backup plan.",
};

pub(super) struct BackupJobs;

impl About for BackupJobs {
    fn subjects(&self, _event: &FacetEvent) -> (&'static str, &'static str) {
        ("backup job", "backup jobs")
    }

    fn facts(&self, event: &FacetEvent) -> Vec<Fact> {
        vec![
            backup_job::resource(event),
            ("Vault", owned(event, name::BACKUP_VAULT_ARN)),
            ("Backup plan", owned(event, name::BACKUP_PLAN)),
            ("Recovery point", owned(event, name::RECOVERY_POINT_ARN)),
            backup_job::job(event),
        ]
    }

    fn next_steps(&self, _notice: &Notice, event: &FacetEvent) -> Vec<String> {
        match event.change {
            FacetChange::Failed(_) | FacetChange::StillFailing(_) if event.to == Status::TimedOut => expired(event),
            FacetChange::Failed(_) | FacetChange::StillFailing(_) => backup_job::failed(event, &TO_CHECK, again(event)),
            // The one API that stops a job is StopBackupJob:
            // https://docs.aws.amazon.com/aws-backup/latest/devguide/API_StopBackupJob.html
            FacetChange::Canceled => {
                vec!["A call of StopBackupJob stopped it, or AWS did. It will not continue.".to_owned(), again(event)]
            }
            FacetChange::Vanished => {
                super::vanished("See whether the vault has a recovery point of that time before you rely on it.".to_owned())
            }
            FacetChange::UnknownStatus => super::unknown_status(),
            FacetChange::Stalled { .. } => vec![
                "AWS still reports it as unfinished, and may report no progress before the end: see in the console of the resource whether its backup or snapshot is being made.".to_owned(),
                "You will be told when it moves again, and how it ends.".to_owned(),
            ],
            FacetChange::Overdue { .. } => vec![
                "The expected end is an estimate of AWS Backup: as long as the backup makes progress, it may only need more time.".to_owned(),
                "You will be told if it fails, and if it stops moving.".to_owned(),
            ],
            FacetChange::Completed if event.is_completed_with_issues(Source::BackupJobs) => backup_job::issues(event),
            // There is nothing to do, or it does not happen to a backup job.
            FacetChange::Completed
            | FacetChange::Lagging { .. }
            | FacetChange::Disabled
            | FacetChange::Recovered(_)
            | FacetChange::Started
            | FacetChange::Validating => Vec::new(),
        }
    }

    fn console(&self, _event: Option<&FacetEvent>, region: &str) -> String {
        format!("backup/home?region={region}#/jobs/backup")
    }

    fn command(&self, event: Option<&FacetEvent>) -> Option<String> {
        Some(match event {
            Some(event) => format!("backup describe-backup-job --backup-job-id {}", shell_word(&event.subject.id)),
            None => "backup list-backup-jobs".to_owned(),
        })
    }

    fn mute_keys(&self, event: &FacetEvent) -> Vec<MuteKey> {
        backup_job::mute_keys(event)
    }

    fn parameter(&self) -> &'static str {
        "WatchBackupJobs"
    }

    fn parent_or_self<'a>(&self, event: &'a FacetEvent) -> &'a str {
        label(event, name::PARENT_JOB_ID).unwrap_or(&event.subject.id)
    }
}

/// A job that expired. `StartWindowMinutes` and `CompletionWindowMinutes`:
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRule.html>
fn expired(event: &FacetEvent) -> Vec<String> {
    vec![
        "It did not start within the start window of its backup rule, or did not complete within the completion window. If that happens again, make the window longer, or spread the backups over more time.".to_owned(),
        again(event),
    ]
}

fn again(event: &FacetEvent) -> String {
    let now = "`aws backup start-backup-job`";
    match plain(event, name::BACKUP_PLAN) {
        Some(plan) => format!(
            "This job leaves no recovery point to rely on. The backup plan {plan} makes the next backup on its schedule; {now} makes one now."
        ),
        None => format!("This job leaves no recovery point to rely on. To try again, start another one ({now})."),
    }
}
