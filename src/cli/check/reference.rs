//! The reference of all settings, docs/settings.md: made of the tables that the file is read by.

use std::fmt::Write as _;

use super::cases::{CASE, EXPECT, GIVEN};
use crate::config::reading::{Key, MATCH, MUTE, RULE, SECTIONS};

const PAGE: &str = include_str!("reference.md");

/// The page.
pub(super) fn markdown() -> String {
    let mut settings = String::new();
    for section in &SECTIONS[..5] {
        if !section.title.is_empty() {
            let _ = write!(settings, "\n### `{}`\n\n", section.title);
        }
        settings.push_str(&table(section.keys));
    }
    let given = [&GIVEN[0], &GIVEN[1]];
    PAGE.replace("<!-- settings -->\n", settings.trim_start())
        .replace("<!-- rule -->\n", &table(RULE.keys))
        .replace("<!-- match -->\n", &table(MATCH.keys))
        .replace("<!-- mute -->\n", &table(MUTE.keys))
        .replace("<!-- case -->\n", &table(CASE.keys))
        .replace("<!-- given -->\n", &table(given))
        .replace("<!-- expect -->\n", &table(EXPECT.keys))
}

/// A table of keys; the column of defaults is there only if one of them has a default.
fn table<'a>(keys: impl IntoIterator<Item = &'a Key>) -> String {
    let keys: Vec<&Key> =
        keys.into_iter().filter(|key| !["section", "list of sections"].contains(&key.takes)).collect();
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
