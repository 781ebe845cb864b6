//! The statuses of AWS, and the few that tidings makes of them.

use super::FacetKind;

/// The status of a facet. AWS's own spelling is stored beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Requested but not started. Of a replication: changes wait to be copied.
    Pending,
    Running,
    Completed,
    Failed,
    /// No result of a validation came in time.
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
    /// `DescribeRestoreJob` (Status, `ValidationStatus`, `DeletionStatus`), `GetTableReplicationStatus` and
    /// `GetTableMaintenanceJobStatus`. A status that the page of its facet does not list is [`Status::Unknown`].
    pub fn from_aws(kind: FacetKind, word: &str) -> Self {
        let folded: String =
            word.trim().chars().filter(|c| !matches!(c, '_' | '-' | ' ')).map(|c| c.to_ascii_lowercase()).collect();
        match (kind, folded.as_str()) {
            (FacetKind::Restore | FacetKind::Replication, "pending") => Self::Pending,
            (FacetKind::Restore, "inprogress" | "running")
            | (FacetKind::Validation, "validating")
            | (FacetKind::Deletion, "deleting") => Self::Running,
            (FacetKind::Restore, "succeeded" | "completed")
            | (FacetKind::Replication, "completed")
            | (FacetKind::Validation | FacetKind::Deletion | FacetKind::Maintenance, "successful") => Self::Completed,
            (_, "failed") => Self::Failed,
            (FacetKind::Validation, "timedout") => Self::TimedOut,
            (FacetKind::Restore, "canceled" | "cancelled" | "aborted") => Self::Canceled,
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
        use FacetKind::{Deletion, Maintenance, Replication, Restore, Validation};
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
