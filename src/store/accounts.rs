//! The accounts of a deployment: one item for each, with what the organization says about it and how the access to it
//! goes. `pk` is `accounts/` and the function's own account, `sk` the account's id. Another item, with the sort key
//! [`LISTING`], has the time of the last listing and the access to all accounts together.
//!
//! These items have no revision. Each attribute has only one writer at a time: a tick writes the list and what people
//! were told, and the pass over the first region of an account writes the access to it.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::item::{Item, text};
use super::{GET, QUERY, SCAN, Store, StoreError, UPDATE};
use crate::domain::notice::UnreadFor;
use crate::domain::{Access, AccessFailure, Account, ErrorKind, ScopeError, Told};

/// The sort key of the item about all accounts. No account id begins with `#`.
const LISTING: &str = "#listing";
/// How many writes run at the same time.
const CONCURRENCY: usize = 16;

/// Everything that is stored about the accounts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Accounts {
    /// The reference time of the last complete listing of the organization.
    pub listed_at: Option<Timestamp>,
    /// The access to all accounts together.
    pub hub: Access,
    /// By account id.
    pub accounts: BTreeMap<String, StoredAccount>,
}

/// What is stored about an account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredAccount {
    pub account: Account,
    /// Whether the last complete listing contained it, or is the only one that did not.
    pub is_member: bool,
    /// How many complete listings in a row did not contain it.
    pub missed: u32,
    /// When it was first listed.
    pub joined_at: Option<Timestamp>,
    pub access: Access,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct AccountRow {
    #[serde(skip_serializing)]
    sk: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    listed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    units: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_member: bool,
    missed: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    joined_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<AccessRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    told: Option<ToldRow>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct AccessRow {
    #[serde(skip_serializing_if = "Option::is_none")]
    readable_since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failing: Option<FailureRow>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct ToldRow {
    unreachable: bool,
    read_again: bool,
}

#[derive(Serialize, Deserialize)]
struct FailureRow {
    since: Timestamp,
    passes: u32,
    kind: String,
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    action: Option<String>,
}

impl Store {
    /// Reads all items about accounts. `hub` is the function's own account.
    pub async fn accounts(&self, hub: &str) -> Result<Accounts, StoreError> {
        let mut accounts = Accounts::default();
        let mut start: Option<Item> = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", AttributeValue::S(partition(hub)))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| self.api_error(QUERY, &error))?;
            for item in page.items.unwrap_or_default() {
                accounts.add(from_item(hub, item)?);
            }
            start = page.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                return Ok(accounts);
            }
        }
    }

    /// Writes what a listing has changed.
    pub async fn keep_listing(&self, hub: &str, before: &Accounts, after: &Accounts) -> Result<(), StoreError> {
        let changed = after.accounts.iter().filter(|(id, account)| {
            before.accounts.get(*id).is_none_or(|before| {
                (&before.account, before.is_member, before.missed)
                    != (&account.account, account.is_member, account.missed)
            })
        });
        let writes: Vec<Result<(), StoreError>> = stream::iter(changed)
            .map(|(id, stored)| async move {
                let Account { name, units, tags } = stored.account.clone();
                let (is_member, missed, joined_at) = (stored.is_member, stored.missed, stored.joined_at);
                let row = AccountRow { name, units, tags, is_member, missed, joined_at, ..AccountRow::default() };
                self.set(hub, id, &row, &["name", "units", "tags", "is_member", "missed", "joined_at"]).await
            })
            .buffer_unordered(CONCURRENCY)
            .collect()
            .await;
        writes.into_iter().collect::<Result<(), StoreError>>()?;
        // The time comes last. If a write before it fails, the next pass lists the accounts again.
        let row = AccountRow { listed_at: after.listed_at, ..AccountRow::default() };
        self.set(hub, LISTING, &row, &["listed_at"]).await
    }

    /// The accounts of every deployment that uses the table. Reads the whole table, so it must not be used in a pass.
    pub async fn all_accounts(&self) -> Result<BTreeMap<String, StoredAccount>, StoreError> {
        let mut accounts = Accounts::default();
        let mut start: Option<Item> = None;
        loop {
            let page = self
                .client
                .scan()
                .table_name(&self.table)
                .filter_expression("begins_with(pk, :accounts)")
                .expression_attribute_values(":accounts", AttributeValue::S(partition("")))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| self.api_error(SCAN, &error))?;
            for item in page.items.unwrap_or_default() {
                let hub = text(&item, "pk").unwrap_or_default().trim_start_matches("accounts/").to_owned();
                accounts.add(from_item(&hub, item)?);
            }
            start = page.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                return Ok(accounts.accounts);
            }
        }
    }

    /// How the access to an account goes.
    pub async fn access(&self, hub: &str, account: &str) -> Result<Access, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(hub, account)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| self.api_error(GET, &error))?;
        let mut accounts = Accounts::default();
        if let Some(item) = answer.item {
            accounts.add(from_item(hub, item)?);
        }
        Ok(accounts.accounts.remove(account).map(|stored| stored.access).unwrap_or_default())
    }

    /// Writes how the access to an account goes, or, without one, to all accounts together. Does not write what people
    /// were told.
    pub async fn keep_access(&self, hub: &str, account: Option<&str>, access: &Access) -> Result<(), StoreError> {
        let row = AccountRow { access: Some(access.into()), ..AccountRow::default() };
        self.set(hub, account.unwrap_or(LISTING), &row, &["access"]).await
    }

    /// Writes what people were told about an account, or, without one, about all accounts together.
    pub async fn keep_told(&self, hub: &str, account: Option<&str>, told: Told) -> Result<(), StoreError> {
        let Told { unreachable, read_again } = told;
        let row = AccountRow { told: Some(ToldRow { unreachable, read_again }), ..AccountRow::default() };
        self.set(hub, account.unwrap_or(LISTING), &row, &["told"]).await
    }

    /// Sets these attributes of an item to those of the row, and removes those that the row leaves out.
    async fn set(&self, hub: &str, sort_key: &str, row: &AccountRow, attributes: &[&str]) -> Result<(), StoreError> {
        // This cannot fail: rows contain only maps with string keys, lists, numbers and strings.
        let mut item: Item = serde_dynamo::to_item(row).unwrap_or_default();
        let (mut sets, mut removes) = (Vec::new(), Vec::new());
        let (mut names, mut values) = (HashMap::new(), HashMap::new());
        for (position, attribute) in attributes.iter().enumerate() {
            names.insert(format!("#n{position}"), (*attribute).to_owned());
            match item.remove(*attribute) {
                Some(value) => {
                    sets.push(format!("#n{position} = :v{position}"));
                    values.insert(format!(":v{position}"), value);
                }
                None => removes.push(format!("#n{position}")),
            }
        }
        let mut expression = String::new();
        for (verb, parts) in [("SET", sets), ("REMOVE", removes)] {
            if !parts.is_empty() {
                let _ = write!(expression, "{verb} {} ", parts.join(", "));
            }
        }
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(hub, sort_key)))
            .update_expression(expression.trim())
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values((!values.is_empty()).then_some(values))
            .send()
            .await
            .map(|_| ())
            .map_err(|error| self.api_error(UPDATE, &error))
    }
}

impl Accounts {
    fn add(&mut self, row: AccountRow) {
        let ToldRow { unreachable, read_again } = row.told.unwrap_or_default();
        let told = Told { unreachable, read_again };
        let access = Access { told, ..row.access.map(Access::from).unwrap_or_default() };
        if row.sk == LISTING {
            (self.listed_at, self.hub) = (row.listed_at, access);
            return;
        }
        let account = Account { name: row.name, units: row.units, tags: row.tags };
        let (is_member, missed, joined_at) = (row.is_member, row.missed, row.joined_at);
        self.accounts.insert(row.sk, StoredAccount { account, is_member, missed, joined_at, access });
    }
}

fn from_item(hub: &str, item: Item) -> Result<AccountRow, StoreError> {
    let sort_key = text(&item, "sk").unwrap_or_default().to_owned();
    serde_dynamo::from_item(item).map_err(|error| StoreError::Unreadable {
        pk: partition(hub),
        sk: sort_key,
        reason: error.to_string(),
    })
}

fn key(hub: &str, sort_key: &str) -> Item {
    let key = [("pk", partition(hub)), ("sk", sort_key.to_owned())];
    key.map(|(name, value)| (name.to_owned(), AttributeValue::S(value))).into()
}

fn partition(hub: &str) -> String {
    format!("accounts/{hub}")
}

impl From<&Access> for AccessRow {
    fn from(access: &Access) -> Self {
        let failing = access.failing.as_ref().map(|AccessFailure { unread, error }| FailureRow {
            since: unread.since,
            passes: unread.passes,
            kind: error.kind.as_str().to_owned(),
            message: error.message.clone(),
            action: error.action.clone(),
        });
        Self { readable_since: access.readable_since, failing }
    }
}

impl From<AccessRow> for Access {
    fn from(row: AccessRow) -> Self {
        let failing = row.failing.map(|row| {
            let kind = ErrorKind::parse(&row.kind).unwrap_or(ErrorKind::Unavailable);
            let error = ScopeError { kind, message: row.message, action: row.action };
            AccessFailure { unread: UnreadFor { since: row.since, passes: row.passes }, error }
        });
        Self { readable_since: row.readable_since, failing, told: Told::default() }
    }
}
