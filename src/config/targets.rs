//! `[targets]`: which accounts and regions are watched.

use toml::de::DeValue;

use super::item::{Item, items, items_of};
use super::keys::{AccountKey, TargetsKey};
use super::mistakes::Mistakes;
use crate::domain::{Pattern, Patterns};
use crate::publish::GroupBy;
use crate::targets::{Accounts, ListedAccount, Settings};

/// The longest session name, external id and role name that IAM accepts are longer than anybody needs here.
const LONGEST_ROLE: usize = 512;

/// Reads the section into `settings`.
pub(super) fn read(
    section: &Item<'_, '_>,
    settings: &mut Settings,
    group_by: &mut GroupBy,
    mistakes: &mut Mistakes<'_>,
) {
    let Some(table) = section.table(mistakes, "a section, written as [targets]") else { return };
    let mut units = None;
    for (key, item) in items(table, mistakes) {
        match key {
            TargetsKey::Regions => settings.regions = regions(&item, mistakes),
            TargetsKey::Accounts => settings.accounts = accounts(&item, mistakes).unwrap_or_default(),
            TargetsKey::Role => settings.role = role(&item, mistakes).unwrap_or_default(),
            TargetsKey::ExternalId => settings.external_id = item.text(mistakes).map(str::to_owned),
            TargetsKey::ExcludeAccounts => settings.exclude_accounts = excluded(&item, mistakes),
            TargetsKey::OrganizationalUnits => {
                settings.organizational_units = organizational_units(&item, mistakes);
                units = Some(item);
            }
            TargetsKey::GroupBy => {
                for (word, span) in item.texts(mistakes) {
                    match word {
                        "account" => group_by.account = true,
                        "region" => group_by.region = true,
                        _ => mistakes.add(span, format!("group_by has \"account\" and \"region\", not {word:?}")),
                    }
                }
            }
        }
    }
    if let Some(units) =
        units.filter(|_| settings.accounts != Accounts::Organization && !settings.organizational_units.is_empty())
    {
        mistakes.add(units.span(), "organizational_units needs accounts = \"organization\"");
    }
}

fn regions(item: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> Vec<String> {
    let mut regions: Vec<String> = Vec::new();
    for (region, span) in item.texts(mistakes) {
        let is_region = region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && region.matches('-').count() >= 2;
        if !is_region {
            mistakes.add(span, format!("{region:?} is not a region such as \"eu-central-1\""));
        } else if regions.iter().any(|other| other == region) {
            mistakes.add(span, format!("{region} is in the list twice"));
        } else {
            regions.push(region.to_owned());
        }
    }
    regions
}

/// `"organization"`, or a list of ids and of tables with an id and a name.
fn accounts(item: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Accounts> {
    const EXPECTED: &str =
        "\"organization\" or a list such as [\"111122223333\", { id = \"444455556666\", name = \"prod-data\" }]";
    let values = match item.value.get_ref() {
        DeValue::String(word) if word == "organization" => return Some(Accounts::Organization),
        DeValue::Array(values) if values.is_empty() => return Some(Accounts::Own),
        DeValue::Array(values) => values,
        _ => {
            item.refuse(mistakes, EXPECTED);
            return None;
        }
    };
    let mut listed: Vec<ListedAccount> = Vec::new();
    for value in values {
        let entry = Item { key: "accounts", value };
        let account = match value.get_ref() {
            DeValue::Table(table) => {
                let (mut id, mut name) = (None, None);
                for (key, item) in items_of::<AccountKey>("accounts", &super::item::names(), table, mistakes) {
                    match key {
                        AccountKey::Id => id = account_id(&item, mistakes),
                        AccountKey::Name => name = item.text(mistakes).map(str::to_owned),
                    }
                }
                if id.is_none() {
                    mistakes.add(entry.span(), "an account needs an id");
                }
                id.map(|id| ListedAccount { id, name })
            }
            _ => account_id(&entry, mistakes).map(|id| ListedAccount { id, name: None }),
        };
        match account {
            Some(account) if listed.iter().any(|other| other.id == account.id) => {
                mistakes.add(entry.span(), format!("{} is in the list twice", account.id));
            }
            account => listed.extend(account),
        }
    }
    Some(Accounts::Listed(listed))
}

/// The id of an account, in quotes. As a number it would lose zeros at its beginning.
fn account_id(item: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<String> {
    let text = item.value.get_ref().as_str().filter(|text| is_account_id(text));
    if text.is_none() {
        item.refuse(mistakes, "an account id: twelve digits, in quotes");
    }
    text.map(str::to_owned)
}

fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The name of the role, with its path if it has one.
fn role(item: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<String> {
    let role = item.text(mistakes)?;
    let is_name = role.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-/".contains(&byte));
    if !is_name || role.len() > LONGEST_ROLE || role.starts_with('/') || role.ends_with('/') {
        item.refuse(mistakes, "the name of an IAM role, not its ARN, because it is the same in every account");
        return None;
    }
    Some(role.to_owned())
}

fn excluded(item: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> Patterns {
    let mut patterns = Vec::new();
    for (text, span) in item.texts(mistakes) {
        match Pattern::new(text) {
            Ok(pattern) if !text.is_empty() => patterns.push(pattern),
            Ok(_) => mistakes.add(span, "exclude_accounts has an empty text, which matches no account"),
            Err(error) => mistakes.add(span, error.to_string()),
        }
    }
    Patterns(patterns)
}

fn organizational_units(item: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> Vec<String> {
    let mut units = Vec::new();
    for (unit, span) in item.texts(mistakes) {
        let is_id = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let is_unit = match unit.split('-').collect::<Vec<_>>().as_slice() {
            ["ou", root, own] => is_id(root) && is_id(own) && root.len() >= 4 && own.len() >= 8,
            ["r", root] => is_id(root) && root.len() >= 4,
            _ => false,
        };
        if is_unit {
            units.push(unit.to_owned());
        } else {
            let what = format!("{unit:?} is not the id of an organizational unit such as \"ou-ab12-11111111\"");
            mistakes.add(span, what);
        }
    }
    units
}
