//! Why a notice is sent, and how severe it is.

use std::fmt;

/// Why a notice is sent. One reason decides, is logged, is named in the message and names the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A restore, validation, deletion, replication or maintenance run ended badly.
    Failed,
    /// AWS or the service stopped a restore. No API of the services cancels one.
    Canceled,
    /// An unfinished subject is no longer to be found. It may have ended either way.
    Vanished,
    /// AWS used a status word that tidings does not know.
    UnknownStatus,
    /// An unfinished restore has not moved for long.
    Stalled,
    /// A restore takes longer than AWS said it would.
    Overdue,
    /// Changes have been waiting to be replicated for long.
    Lagging,
    /// A reminder: what people were told about goes on failing.
    StillFailing,
    /// A scope could not be read for several passes in a row.
    Unreachable,
    /// A restore or validation ended well, or a recurring job did for the first time.
    Completed,
    /// What people were warned of is over: a recurring job ended well after failures, a stalled restore moves again.
    Recovered,
    /// A scope that was unreachable has been read again.
    Reachable,
    /// A scope is watched from now on.
    Baseline,
    /// Routine: a restore began to move.
    Started,
    /// Routine: a validation began.
    Validating,
    /// Routine: a maintenance job was switched off.
    Disabled,
}

impl Reason {
    /// Every reason, the most severe first.
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

    /// The reason as it is spelled in messages, such as `unknown-status`.
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

    /// The reason of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }

    /// The severity unless a rule sets another.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Look at it during the day.
    Warning,
    /// Look at it now.
    Critical,
}

impl Severity {
    /// `info`, `warning` or `critical`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// The severity of that name.
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
