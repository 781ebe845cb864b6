//! The list of accounts: from the settings, or from the organization. A list of the organization is read once an hour
//! and kept in the table, so that the last one serves if the organization cannot be listed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_organizations::Client;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::organization::{self, Details};
use super::settings::Settings;
use crate::domain::{Account, Target};
use crate::error::ApiError;
use crate::store::{Accounts, Store, StoreError, StoredAccount};

/// How long a listing of the organization counts as new.
const FRESH: SignedDuration = SignedDuration::from_mins(58);
/// For how long a process that lists nothing itself uses the list that it has read from the table.
const KEPT: Duration = Duration::from_mins(10);
/// An account that this many complete listings in a row do not contain has left.
const GONE_AFTER: u32 = 2;

/// The accounts to watch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    /// By account id.
    pub accounts: BTreeMap<String, Arc<Account>>,
    /// In every account.
    pub regions: Vec<String>,
}

impl Listing {
    /// Every account in every region.
    pub fn targets(&self) -> Vec<Target> {
        let target = |account: &String, region: &String| Target { account: account.clone(), region: region.clone() };
        self.accounts
            .keys()
            .flat_map(|account| self.regions.iter().map(move |region| target(account, region)))
            .collect()
    }

    /// The account of a target. `None` if it is not one of the targets.
    pub fn account(&self, target: &Target) -> Option<&Arc<Account>> {
        self.accounts.get(&target.account).filter(|_| self.regions.contains(&target.region))
    }

    /// Whether the access to the account is judged by its passes over this region. Otherwise an account in three regions
    /// would fail three times in one tick.
    pub fn is_first_region(&self, region: &str) -> bool {
        self.regions.first().is_some_and(|first| first == region)
    }
}

/// What the table says about the accounts, and what the organization has just said.
#[derive(Clone, Debug, Default)]
pub struct Refreshed {
    pub listing: Arc<Listing>,
    pub stored: Accounts,
    /// Why the organization could not be listed.
    pub error: Option<ApiError>,
}

pub struct Directory {
    sdk: SdkConfig,
    /// Made when it is first needed, because most deployments watch one account.
    client: OnceLock<Client>,
    settings: Settings,
    details: Details,
    last: Mutex<Option<(Arc<Listing>, Instant)>>,
}

impl Directory {
    pub(super) fn new(sdk: &SdkConfig, settings: Settings, details: Details) -> Self {
        let details = Details { units: details.units || !settings.organizational_units.is_empty(), ..details };
        Self { sdk: sdk.clone(), client: OnceLock::new(), settings, details, last: Mutex::default() }
    }

    /// The accounts as this process or another one last listed them. Never calls the organization.
    ///
    /// # Errors
    /// The table cannot be read.
    pub async fn listing(&self, home: &Target, store: &Store) -> Result<Arc<Listing>, StoreError> {
        if let Some(listed) = self.settings.listed(home) {
            return Ok(self.list(home, listed));
        }
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((listing, _)) = last.filter(|(_, read_at)| read_at.elapsed() < KEPT) {
            return Ok(listing);
        }
        let stored = store.accounts(&home.account).await?;
        Ok(self.remember(home, &stored))
    }

    /// The same, read again if it does not have all of these targets: another process may have listed them since.
    ///
    /// # Errors
    /// The table cannot be read.
    pub async fn listing_with(
        &self,
        targets: &[Target],
        home: &Target,
        store: &Store,
    ) -> Result<Arc<Listing>, StoreError> {
        let listing = self.listing(home, store).await?;
        let is_from_settings = self.settings.listed(home).is_some();
        if is_from_settings || targets.iter().all(|target| listing.account(target).is_some()) {
            return Ok(listing);
        }
        let stored = store.accounts(&home.account).await?;
        Ok(self.remember(home, &stored))
    }

    /// The accounts with what the table says about them, after listing the organization if an hour has passed.
    ///
    /// # Errors
    /// The table cannot be read or written.
    pub async fn refresh(&self, home: &Target, store: &Store, now: Timestamp) -> Result<Refreshed, StoreError> {
        let stored = store.accounts(&home.account).await?;
        if let Some(listed) = self.settings.listed(home) {
            return Ok(Refreshed { listing: self.list(home, listed), stored, error: None });
        }
        if stored.listed_at.is_some_and(|listed_at| listed_at.duration_until(now) < FRESH) {
            return Ok(Refreshed { listing: self.remember(home, &stored), stored, error: None });
        }
        match organization::read(self.client.get_or_init(|| Client::new(&self.sdk)), self.details).await {
            Ok(members) => {
                let after = with_members(&stored, members, now);
                store.keep_listing(&home.account, &stored, &after).await?;
                Ok(Refreshed { listing: self.remember(home, &after), stored: after, error: None })
            }
            Err(error) => {
                tracing::warn!(%error, "failed to list the accounts of the organization: {error}");
                Ok(Refreshed { listing: self.remember(home, &stored), stored, error: Some(error) })
            }
        }
    }

    fn list(&self, home: &Target, accounts: BTreeMap<String, Account>) -> Arc<Listing> {
        let accounts = accounts.into_iter().map(|(id, account)| (id, Arc::new(account))).collect();
        Arc::new(Listing { accounts, regions: self.settings.regions(home) })
    }

    fn remember(&self, home: &Target, stored: &Accounts) -> Arc<Listing> {
        let members = stored
            .accounts
            .iter()
            .filter(|(id, stored)| stored.is_member && !self.settings.excludes(id, &stored.account));
        let mut accounts: BTreeMap<String, Account> =
            members.map(|(id, stored)| (id.clone(), stored.account.clone())).collect();
        if stored.listed_at.is_none() {
            // Nobody has ever listed the organization. The function's own account needs no list.
            accounts.insert(home.account.clone(), Account::default());
        }
        let listing = self.list(home, accounts);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((Arc::clone(&listing), Instant::now()));
        listing
    }
}

/// The stored accounts after a complete listing. An account that is missing from one listing stays: the next one decides.
fn with_members(stored: &Accounts, members: BTreeMap<String, Account>, now: Timestamp) -> Accounts {
    let mut after = stored.clone();
    after.listed_at = Some(now);
    for (id, known) in &mut after.accounts {
        if !members.contains_key(id) {
            known.missed = known.missed.saturating_add(1).min(GONE_AFTER);
            if known.missed >= GONE_AFTER && known.is_member {
                tracing::info!(account = id, "account {id} has left the organization, and is no longer watched");
                known.is_member = false;
            }
        }
    }
    for (id, account) in members {
        let known = after
            .accounts
            .entry(id)
            .or_insert_with(|| StoredAccount { joined_at: Some(now), ..StoredAccount::default() });
        (known.account, known.is_member, known.missed) = (account, true, 0);
    }
    after
}
