//! An organization: its accounts, the roles in them, and the queues of the account that watches them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::World;

/// An organization.
#[derive(Clone, Debug, Default)]
pub struct Organization {
    /// By account id.
    pub members: BTreeMap<String, Member>,
    /// Whether every other page of `ListAccounts` is empty.
    pub empty_pages: bool,
}

/// An account of the organization.
#[derive(Clone, Debug)]
pub struct Member {
    pub name: String,
    /// `ACTIVE`, `SUSPENDED`, `PENDING_CLOSURE`, `CLOSED`, `PENDING_ACTIVATION`.
    pub state: String,
    /// The ids of the organizational units that it is in, from the root to the innermost.
    pub units: Vec<String>,
    pub tags: BTreeMap<String, String>,
    /// `None` if there is no role to assume.
    pub role: Option<Role>,
}

/// A role that the function may assume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    pub name: String,
    pub external_id: Option<String>,
}

/// A message in a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QueuedMessage {
    pub message_id: String,
    pub sent_at: Timestamp,
    pub group: Option<String>,
    pub body: String,
}

impl Member {
    /// An active account at the root with the role `tidings-reader`.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            state: "ACTIVE".to_owned(),
            units: Vec::new(),
            tags: BTreeMap::new(),
            role: Some(Role { name: "tidings-reader".to_owned(), external_id: None }),
        }
    }
}

/// The id of the n-th account of an organization.
pub(in crate::simulator) fn id_of(number: usize) -> String {
    format!("{:012}", 200_000_000_000_usize + number)
}

impl World {
    /// Makes an organization of the account itself and `count` others: `team-1`, `team-2` and so on, each with the role.
    pub fn create_organization(&mut self, count: usize) {
        let hub = Member { role: None, ..Member::new("hub") };
        let members = &mut self.organization.members;
        members.insert(self.account.clone(), hub);
        members.extend((1..=count).map(|number| (id_of(number), Member::new(&format!("team-{number}")))));
    }
}
