//! Notices that SNS has not accepted yet. They are stored in the same item as the state that they are about.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Notice, ToldNotice};

/// One item of the table: a state, and the notices about it that are still to be sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tracked<T> {
    pub state: T,
    pub outbox: Outbox,
    /// The last notices that people were told, the oldest first.
    pub history: Vec<ToldNotice>,
    /// Every write of the item raises it by one. 0 means that the item does not exist yet.
    pub revision: u64,
}

/// Notices that wait to be published, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outbox {
    /// By sequence number. The notice with the lowest number is sent first.
    pub notices: BTreeMap<u64, Notice>,
    /// Which invocation is publishing them now.
    pub claim: Option<Claim>,
}

/// The right of one invocation to publish an outbox. It lasts until that invocation has certainly ended. So a notice is
/// published twice only if an invocation dies after SNS accepted the notice and before the notice was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The invocation that has the claim.
    pub token: String,
    /// When the claim expires.
    #[serde(with = "crate::domain::packed_time::required")]
    pub until: Timestamp,
}

impl Outbox {
    /// Adds notices after those that already wait.
    pub fn push(&mut self, notices: impl IntoIterator<Item = Notice>) {
        let next = self.notices.last_key_value().map_or(0, |(last, _)| last + 1);
        self.notices.extend((next..).zip(notices));
    }

    /// The invocation whose claim is valid at `now`, unless it is `token` itself. The claim on an empty outbox is over:
    /// it only protects notices that wait.
    pub fn claimed_by_another(&self, token: &str, now: Timestamp) -> Option<&str> {
        let claim = self.claim.as_ref().filter(|claim| claim.token != token && claim.until > now)?;
        (!self.notices.is_empty()).then_some(&claim.token)
    }

    /// Whether notices wait here and `token` has the claim, so that it has to publish them.
    pub fn is_for(&self, token: &str) -> bool {
        !self.notices.is_empty() && self.claim.as_ref().is_some_and(|claim| claim.token == token)
    }
}
