//! The statuses of AWS, and the few that tidings makes of them.

use serde::{Deserialize, Serialize};

use super::FacetKind;

/// The status of a facet. AWS's own spelling is stored beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Requested but not started. Of a replication: changes wait to be copied.
    Pending,
    Running,
    Completed,
    Failed,
    /// No result of a validation came in time, or a backup job exceeded its window.
    TimedOut,
    /// AWS or the service stopped it: `CANCELED` or `ABORTED`.
    Canceled,
    /// A maintenance job that has not run yet.
    NotYetRun,
    /// A maintenance job that is disabled.
    Disabled,
    /// A status that tidings does not know, as AWS spells it.
    Unknown(String),
}

impl Status {
    /// Maps AWS's status of a facet of that kind. Case, `_` and `-` make no difference.
    ///
    /// The known statuses come from the API pages: `DescribeTableRestoreStatus`, `GetTableRestoreStatus`,
    /// `DescribeRestoreJob` (Status, `ValidationStatus`, `DeletionStatus`), `GetTableReplicationStatus`,
    /// `GetTableMaintenanceJobStatus`, `GetTableRecordExpirationJobStatus`, `DescribeBackupJob`, `DescribeCopyJob`,
    /// `DescribeExport` and `DescribeImport`. A status that the page of its facet does not list is [`Status::Unknown`].
    pub fn from_aws(kind: FacetKind, word: &str) -> Self {
        let folded: String =
            word.trim().chars().filter(|c| !matches!(c, '_' | '-' | ' ')).map(|c| c.to_ascii_lowercase()).collect();
        match (kind, folded.as_str()) {
            (FacetKind::Restore | FacetKind::Replication | FacetKind::Backup, "pending")
            | (FacetKind::Backup | FacetKind::Copy, "created") => Self::Pending,
            (FacetKind::Restore | FacetKind::Export | FacetKind::Import, "inprogress")
            | (FacetKind::Restore | FacetKind::Backup | FacetKind::Copy, "running")
            | (FacetKind::Backup, "aborting")
            | (FacetKind::Import, "cancelling")
            | (FacetKind::Validation, "validating")
            | (FacetKind::Deletion, "deleting") => Self::Running,
            (FacetKind::Restore, "succeeded")
            | (
                FacetKind::Restore
                | FacetKind::Replication
                | FacetKind::Backup
                | FacetKind::Copy
                | FacetKind::Export
                | FacetKind::Import,
                "completed",
            )
            // The recovery point exists, but nested ones are missing from it: AWS Backup's page "Recovery point status".
            | (FacetKind::Backup | FacetKind::Copy, "partial")
            | (FacetKind::Validation | FacetKind::Deletion | FacetKind::Maintenance, "successful") => Self::Completed,
            (_, "failed") => Self::Failed,
            // A backup job that did not start, or did not complete, within its window.
            (FacetKind::Validation, "timedout") | (FacetKind::Backup, "expired") => Self::TimedOut,
            (FacetKind::Restore, "canceled" | "cancelled" | "aborted")
            | (FacetKind::Backup, "aborted")
            | (FacetKind::Import, "cancelled") => Self::Canceled,
            (FacetKind::Maintenance, "notyetrun") => Self::NotYetRun,
            (FacetKind::Maintenance, "disabled") => Self::Disabled,
            _ => Self::Unknown(word.to_owned()),
        }
    }

    /// The word in messages and rows. Every unknown status is `unknown`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::TimedOut => "timed-out",
            Self::Canceled => "canceled",
            Self::NotYetRun => "not-yet-run",
            Self::Disabled => "disabled",
            Self::Unknown(_) => "unknown",
        }
    }

    /// The opposite of [`Status::as_str`]. Any other word is an unknown status that AWS spells `aws_word`.
    pub fn from_stored(word: &str, aws_word: &str) -> Self {
        [
            Self::Pending,
            Self::Running,
            Self::Completed,
            Self::Failed,
            Self::TimedOut,
            Self::Canceled,
            Self::NotYetRun,
            Self::Disabled,
        ]
        .into_iter()
        .find(|status| status.as_str() == word)
        .unwrap_or_else(|| Self::Unknown(aws_word.to_owned()))
    }

    /// Whether a one-shot facet with this status has ended.
    pub const fn is_finished(&self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::TimedOut | Self::Canceled)
    }

    pub const fn is_failure(&self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_facet_has_its_own_statuses_and_case_makes_no_difference() {
        use FacetKind::{Backup, Copy, Deletion, Export, Import, Maintenance, Replication, Restore, Validation};
        let cases = [
            (Restore, "PENDING", Status::Pending),
            (Restore, "IN_PROGRESS", Status::Running),
            (Restore, "in_progress", Status::Running),
            (Restore, "RUNNING", Status::Running),
            (Restore, "SUCCEEDED", Status::Completed),
            (Restore, "COMPLETED", Status::Completed),
            (Restore, "ABORTED", Status::Canceled),
            (Restore, "CANCELED", Status::Canceled),
            (Validation, "VALIDATING", Status::Running),
            (Validation, "SUCCESSFUL", Status::Completed),
            (Validation, "TIMED_OUT", Status::TimedOut),
            (Deletion, "DELETING", Status::Running),
            (Deletion, "FAILED", Status::Failed),
            (Replication, "Completed", Status::Completed),
            (Replication, "PENDING", Status::Pending),
            (Maintenance, "Not_Yet_Run", Status::NotYetRun),
            (Maintenance, "NotYetRun", Status::NotYetRun),
            (Maintenance, "Successful", Status::Completed),
            (Maintenance, "Disabled", Status::Disabled),
            (Backup, "CREATED", Status::Pending),
            (Backup, "PENDING", Status::Pending),
            (Backup, "RUNNING", Status::Running),
            (Backup, "ABORTING", Status::Running),
            (Backup, "ABORTED", Status::Canceled),
            (Backup, "COMPLETED", Status::Completed),
            (Backup, "PARTIAL", Status::Completed),
            (Backup, "EXPIRED", Status::TimedOut),
            (Backup, "FAILED", Status::Failed),
            (Copy, "CREATED", Status::Pending),
            (Copy, "RUNNING", Status::Running),
            (Copy, "PARTIAL", Status::Completed),
            (Copy, "EXPIRED", Status::Unknown("EXPIRED".into())),
            (Export, "IN_PROGRESS", Status::Running),
            (Export, "COMPLETED", Status::Completed),
            (Export, "CANCELLED", Status::Unknown("CANCELLED".into())),
            (Import, "CANCELLING", Status::Running),
            (Import, "CANCELLED", Status::Canceled),
            (Import, "COMPLETED", Status::Completed),
            (Restore, "VALIDATING", Status::Unknown("VALIDATING".into())),
            (Replication, "RESYNCING", Status::Unknown("RESYNCING".into())),
            (Maintenance, "", Status::Unknown(String::new())),
        ];
        for (kind, word, expected) in cases {
            assert_eq!(Status::from_aws(kind, word), expected, "{kind:?} {word}");
        }
    }

    #[test]
    fn stored_statuses_are_parsed_again() {
        for status in [Status::Pending, Status::TimedOut, Status::NotYetRun, Status::Unknown("RESYNCING".into())] {
            assert_eq!(Status::from_stored(status.as_str(), "RESYNCING"), status);
        }
    }
}
