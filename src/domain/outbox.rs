//! Notices that are decided but not yet accepted by SNS, kept in one item with the state they speak of.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Notice;

/// State as it is kept in one item of the table, together with what is still to be told about it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tracked<T> {
    /// What is known.
    pub state: T,
    /// What is still to be told.
    pub outbox: Outbox,
    /// Goes up by one with every write of the item; 0 means that the item does not exist yet.
    pub revision: u64,
}

/// Notices waiting to be published, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outbox {
    /// By sequence number: the lowest goes first.
    pub notices: BTreeMap<u64, Notice>,
    /// Who is publishing them at the moment.
    pub claim: Option<Claim>,
}

/// The right of one invocation to publish an outbox. It ends when that invocation is surely over, so that a notice is
/// published twice only if an invocation dies between SNS's acceptance and the removal of the notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The invocation that holds it.
    pub token: String,
    /// When it ends by itself.
    pub until: Timestamp,
}

impl Outbox {
    /// Puts notices behind those that already wait.
    pub fn push(&mut self, notices: impl IntoIterator<Item = Notice>) {
        let next = self.notices.last_key_value().map_or(0, |(last, _)| last + 1);
        self.notices.extend((next..).zip(notices));
    }

    /// The invocation other than `token` whose claim lasts at `now`, if there is one. A claim is on the notices that
    /// wait: when the last of them is gone, so is the claim.
    pub fn claimed_by_another(&self, token: &str, now: Timestamp) -> Option<&str> {
        let claim = self.claim.as_ref().filter(|claim| claim.token != token && claim.until > now)?;
        (!self.notices.is_empty()).then_some(&claim.token)
    }

    /// Whether `token` has notices to publish here: some wait, and it has claimed them.
    pub fn is_for(&self, token: &str) -> bool {
        !self.notices.is_empty() && self.claim.as_ref().is_some_and(|claim| claim.token == token)
    }
}
