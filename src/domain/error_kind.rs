//! Why a call to AWS failed.

use serde::{Deserialize, Serialize};

/// The kind of a failure. The words of [`ErrorKind::as_str`] never change, because reports, metrics and messages
/// contain them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorKind {
    /// The role may not call the operation.
    Denied,
    /// The credentials are missing, expired or wrong.
    Credentials,
    /// What the call asked for does not exist.
    NotFound,
    /// Too many calls, even after the SDK's retries.
    Throttled,
    /// No answer in time, even after the SDK's retries.
    Timeout,
    /// The service could not be reached or failed internally, even after the SDK's retries.
    Unavailable,
    /// An answer that could not be parsed.
    Malformed,
    /// The service rejected the call.
    Invalid,
    /// The account or the region does not have the service.
    NotAvailable,
}

impl ErrorKind {
    const ALL: [Self; 9] = [
        Self::Denied,
        Self::Credentials,
        Self::NotFound,
        Self::Throttled,
        Self::Timeout,
        Self::Unavailable,
        Self::Malformed,
        Self::Invalid,
        Self::NotAvailable,
    ];

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Credentials => "credentials",
            Self::NotFound => "not-found",
            Self::Throttled => "throttled",
            Self::Timeout => "timeout",
            Self::Unavailable => "unavailable",
            Self::Malformed => "malformed",
            Self::Invalid => "invalid",
            Self::NotAvailable => "not-available",
        }
    }

    /// Whether other calls to the service would fail too, so that there is no use in making them.
    pub const fn is_of_the_service(self) -> bool {
        matches!(self, Self::Credentials | Self::Throttled | Self::Timeout | Self::Unavailable | Self::NotAvailable)
    }
}

#[cfg(test)]
mod tests {
    use super::ErrorKind;

    #[test]
    fn words_read_back() {
        for kind in ErrorKind::ALL {
            assert_eq!(ErrorKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(ErrorKind::parse("store"), None);
    }
}
