//! The accounts of an organization: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html>.

use std::collections::{BTreeMap, VecDeque};

use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::{AccountState, AccountStatus};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::domain::Account;
use crate::error::ApiError;
use crate::sources::next_page;

const LIST_ACCOUNTS: &str = "organizations:ListAccounts";
const LIST_ROOTS: &str = "organizations:ListRoots";
const LIST_UNITS: &str = "organizations:ListOrganizationalUnitsForParent";
const LIST_IN_UNIT: &str = "organizations:ListAccountsForParent";
const LIST_TAGS: &str = "organizations:ListTagsForResource";
/// The largest page.
const PAGE: i32 = 20;
/// More calls at once are throttled: the API allows only a few in a second.
const CONCURRENCY: usize = 2;

/// What the settings need besides ids and names. Each of them costs further calls and permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// The organizational units of each account.
    pub units: bool,
    /// The tags of each account.
    pub tags: bool,
}

/// Reads every page of a listing into a list. `$next` makes the call with a page token.
macro_rules! pages {
    ($action:expr, $items:ident, $call:expr) => {{
        let mut items = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let page =
                $call.set_next_token(token.clone()).send().await.map_err(|error| ApiError::new($action, &error))?;
            // A page may be empty although more follow.
            items.extend(page.$items.unwrap_or_default());
            token = next_page($action, token.as_deref(), page.next_token)?;
            if token.is_none() {
                break items;
            }
        }
    }};
}

/// The active accounts by their ids.
pub(super) async fn read(client: &Client, details: Details) -> Result<BTreeMap<String, Account>, ApiError> {
    let listed = pages!(LIST_ACCOUNTS, accounts, client.list_accounts().max_results(PAGE));
    let mut accounts = BTreeMap::new();
    for account in listed {
        // `Status` is the older field, which AWS has retired:
        // https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html.
        let is_active = match (&account.state, &account.status) {
            (Some(state), _) => *state == AccountState::Active,
            (None, status) => *status == Some(AccountStatus::Active),
        };
        if let Some(id) = account.id.filter(|_| is_active) {
            let name = account.name.filter(|name| !name.is_empty());
            accounts.insert(id, Account { name, ..Account::default() });
        }
    }
    if details.units {
        for (id, units) in units(client).await? {
            if let Some(account) = accounts.get_mut(&id) {
                account.units = units;
            }
        }
    }
    if details.tags {
        let tags: Vec<(String, BTreeMap<String, String>)> = stream::iter(accounts.keys().cloned())
            .map(|id| async move { Ok::<_, ApiError>((id.clone(), tags(client, &id).await?)) })
            .buffered(CONCURRENCY)
            .try_collect()
            .await?;
        for (id, tags) in tags {
            if let Some(account) = accounts.get_mut(&id) {
                account.tags = tags;
            }
        }
    }
    Ok(accounts)
}

/// The organizational units of every account, from the innermost to the root. There are fewer units than accounts, so
/// this asks for the accounts of each unit.
async fn units(client: &Client) -> Result<BTreeMap<String, Vec<String>>, ApiError> {
    let roots = pages!(LIST_ROOTS, roots, client.list_roots().max_results(PAGE));
    let mut paths: VecDeque<Vec<String>> = roots.into_iter().filter_map(|root| Some(vec![root.id?])).collect();
    let mut units = BTreeMap::new();
    while let Some(path) = paths.pop_front() {
        let Some(unit) = path.first() else { continue };
        let inside =
            pages!(LIST_IN_UNIT, accounts, client.list_accounts_for_parent().parent_id(unit).max_results(PAGE));
        units.extend(inside.into_iter().filter_map(|account| Some((account.id?, path.clone()))));
        let below = pages!(
            LIST_UNITS,
            organizational_units,
            client.list_organizational_units_for_parent().parent_id(unit).max_results(PAGE)
        );
        paths.extend(below.into_iter().filter_map(|below| Some([vec![below.id?], path.clone()].concat())));
    }
    Ok(units)
}

async fn tags(client: &Client, account: &str) -> Result<BTreeMap<String, String>, ApiError> {
    let tags = pages!(LIST_TAGS, tags, client.list_tags_for_resource().resource_id(account));
    Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
}
