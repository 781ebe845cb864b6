//! Why a notice is sent, and how severe it is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a notice is sent. Rules match the reason, and messages contain it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// A job, a validation, a deletion, a replication or a maintenance run failed.
    Failed,
    /// A job was stopped before its end. Only backup jobs have an API for that; other jobs are stopped by AWS itself.
    Canceled,
    /// Complete reads and lookups no longer find an unfinished subject. It may have succeeded or failed.
    Vanished,
    /// AWS returned a status that tidings does not know.
    UnknownStatus,
    /// An unfinished job has made no progress for too long.
    Stalled,
    /// A restore or a backup takes longer than AWS's estimate.
    Overdue,
    /// Changes have waited to be replicated for too long.
    Lagging,
    /// A reminder of a failure that people were told about and that continues.
    StillFailing,
    /// A scope could not be read for several passes in a row.
    Unreachable,
    /// A job or a validation succeeded, or a recurring job succeeded for the first time.
    Completed,
    /// The end of something that people were told about: a recurring job succeeded after failures, a lagging
    /// replication caught up, or a stalled job moves again.
    Recovered,
    /// A scope that was unreachable could be read again.
    Reachable,
    /// The first read of a scope. From now on it is watched.
    Baseline,
    /// Routine: a job started.
    Started,
    /// Routine: a validation started.
    Validating,
    /// Routine: a maintenance job was disabled.
    Disabled,
}

impl Reason {
    /// The most severe first.
    pub const ALL: [Self; 16] = [
        Self::Failed,
        Self::Canceled,
        Self::Vanished,
        Self::UnknownStatus,
        Self::Stalled,
        Self::Overdue,
        Self::Lagging,
        Self::StillFailing,
        Self::Unreachable,
        Self::Completed,
        Self::Recovered,
        Self::Reachable,
        Self::Baseline,
        Self::Started,
        Self::Validating,
        Self::Disabled,
    ];

    /// The word in messages and settings, such as `unknown-status`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Vanished => "vanished",
            Self::UnknownStatus => "unknown-status",
            Self::Stalled => "stalled",
            Self::Overdue => "overdue",
            Self::Lagging => "lagging",
            Self::StillFailing => "still-failing",
            Self::Unreachable => "unreachable",
            Self::Completed => "completed",
            Self::Recovered => "recovered",
            Self::Reachable => "reachable",
            Self::Baseline => "baseline",
            Self::Started => "started",
            Self::Validating => "validating",
            Self::Disabled => "disabled",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }

    /// The default severity. Rules may set another.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Failed => Severity::Critical,
            Self::Canceled
            | Self::Vanished
            | Self::UnknownStatus
            | Self::Stalled
            | Self::Overdue
            | Self::Lagging
            | Self::StillFailing
            | Self::Unreachable => Severity::Warning,
            Self::Completed
            | Self::Recovered
            | Self::Reachable
            | Self::Baseline
            | Self::Started
            | Self::Validating
            | Self::Disabled => Severity::Info,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Ordered: info < warning < critical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// Nothing to do.
    Info,
    /// To look at during the day.
    Warning,
    /// To look at now.
    Critical,
}

impl Severity {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::Info, Self::Warning, Self::Critical].into_iter().find(|severity| severity.as_str() == name)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for reason in Reason::ALL {
            assert_eq!(Reason::parse(reason.as_str()), Some(reason));
        }
        for severity in [Severity::Info, Severity::Warning, Severity::Critical] {
            assert_eq!(Severity::parse(severity.as_str()), Some(severity));
        }
        assert_eq!((Reason::parse("encore"), Severity::parse("grim")), (None, None));
    }
}
