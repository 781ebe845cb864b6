//! The reference of all settings, docs/settings.md: made of the tables that the file is read by.

use std::fmt::Write as _;

use super::cases::{CaseKey, ExpectKey, FurtherKey};
use crate::config::reading::{Key, Keys, MatchKey, MuteKey, RuleKey, SETTINGS};

const PAGE: &str = include_str!("reference.md");

/// The page.
pub(super) fn markdown() -> String {
    let mut settings = String::new();
    for section in SETTINGS {
        if !section.title.is_empty() {
            let _ = write!(settings, "\n### `{}`\n\n", section.title);
        }
        settings.push_str(&table(section.keys));
    }
    PAGE.replace("<!-- settings -->\n", settings.trim_start())
        .replace("<!-- rule -->\n", &table(RuleKey::SECTION.keys))
        .replace("<!-- match -->\n", &table(MatchKey::SECTION.keys))
        .replace("<!-- mute -->\n", &table(MuteKey::SECTION.keys))
        .replace("<!-- case -->\n", &table(CaseKey::SECTION.keys))
        .replace("<!-- given -->\n", &table(FurtherKey::SECTION.keys))
        .replace("<!-- expect -->\n", &table(ExpectKey::SECTION.keys))
}

/// A table of keys; the column of defaults is there only if one of them has a default.
fn table(keys: &[Key]) -> String {
    let keys: Vec<&Key> = keys.iter().filter(|key| !["section", "list of sections"].contains(&key.takes)).collect();
    let has_defaults = keys.iter().any(|key| !key.default.is_empty());
    let mut table = String::from(if has_defaults {
        "| key | takes | default | |\n|---|---|---|---|\n"
    } else {
        "| key | takes | |\n|---|---|---|\n"
    });
    for key in keys {
        let _ = write!(table, "| `{}` | {} |", key.name, key.takes);
        if has_defaults {
            let default = if key.default.is_empty() { String::new() } else { format!("`{}`", key.default) };
            let _ = write!(table, " {default} |");
        }
        let _ = writeln!(table, " {} |", key.meaning);
    }
    table
}
