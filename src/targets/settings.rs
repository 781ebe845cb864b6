//! The settings `[targets]`.

use std::collections::BTreeMap;

use crate::domain::{Account, Patterns, Target};

/// The role in `member.yaml`.
const ROLE: &str = "tidings-reader";

/// Which accounts and regions are watched.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Empty for the function's own region.
    pub regions: Vec<String>,
    pub accounts: Accounts,
    /// The name of the role that tidings assumes in every account but its own, with its path.
    pub role: String,
    pub external_id: Option<String>,
    /// Ids, or globs for names.
    pub exclude_accounts: Patterns,
    /// Only accounts below these are watched. Empty for all.
    pub organizational_units: Vec<String>,
}

/// The accounts to watch, before some of them are excluded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Accounts {
    /// The function's own.
    #[default]
    Own,
    Listed(Vec<ListedAccount>),
    /// Those that the organization lists.
    Organization,
}

/// An account in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedAccount {
    pub id: String,
    pub name: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            regions: Vec::new(),
            accounts: Accounts::Own,
            role: ROLE.to_owned(),
            external_id: None,
            exclude_accounts: Patterns::default(),
            organizational_units: Vec::new(),
        }
    }
}

impl Settings {
    /// Whether only the function's own account and region are watched.
    pub fn is_home_only(&self) -> bool {
        self.accounts == Accounts::Own && self.regions.is_empty()
    }

    /// The regions that are watched by a function in `home`.
    pub fn regions(&self, home: &Target) -> Vec<String> {
        if self.regions.is_empty() { vec![home.region.clone()] } else { self.regions.clone() }
    }

    /// The accounts that the settings list. `None` if the organization lists them.
    pub(super) fn listed(&self, home: &Target) -> Option<BTreeMap<String, Account>> {
        match &self.accounts {
            Accounts::Own => Some(BTreeMap::from([(home.account.clone(), Account::default())])),
            Accounts::Listed(listed) => {
                let account = |name: &Option<String>| Account { name: name.clone(), ..Account::default() };
                let accounts = listed.iter().map(|listed| (listed.id.clone(), account(&listed.name)));
                Some(accounts.filter(|(id, account)| !self.excludes(id, account)).collect())
            }
            Accounts::Organization => None,
        }
    }

    /// Whether the account is excluded by its id or name, or is not in one of the organizational units.
    pub(super) fn excludes(&self, id: &str, account: &Account) -> bool {
        let is_excluded = |text: Option<&str>| !self.exclude_accounts.0.is_empty() && self.exclude_accounts.fit(text);
        let units = &self.organizational_units;
        let is_elsewhere = !units.is_empty() && !account.units.iter().any(|unit| units.contains(unit));
        is_excluded(Some(id)) || is_excluded(account.name.as_deref()) || is_elsewhere
    }
}
