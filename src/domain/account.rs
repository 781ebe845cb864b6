//! The accounts and regions that are watched.

use std::collections::BTreeMap;

use super::{Scope, Source};

/// An account and a region. Its scopes are its sources.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// The twelve-digit AWS account id.
    pub account: String,
    pub region: String,
}

impl Target {
    pub fn scope(&self, source: Source) -> Scope {
        Scope { source, account: self.account.clone(), region: self.region.clone() }
    }
}

/// What is known about an account besides its id. Rules match it, and messages contain the name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The name in the organization or in the settings.
    pub name: Option<String>,
    /// The ids of the organizational units that it is in, from the innermost to the root.
    pub units: Vec<String>,
    /// Its tags in the organization.
    pub tags: BTreeMap<String, String>,
}
