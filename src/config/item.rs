//! A key of the file and its value. A value of the wrong type is a mistake that says which type is right.

use std::num::NonZeroU32;
use std::ops::Range;

use jiff::SignedDuration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{Keys, RULES, SETTINGS};
use super::mistakes::Mistakes;
use super::nearest::{listed, nearest, suggestion};

/// A key with its value.
#[derive(Clone, Debug)]
pub(crate) struct Item<'v, 't> {
    /// The key, as its section spells it.
    pub(crate) key: &'static str,
    /// The value, with its place.
    pub(crate) value: &'v Spanned<DeValue<'t>>,
}

/// A text with its place.
pub(crate) type Text<'v> = (&'v str, Range<usize>);

/// The keys of a table that its section knows. The others are mistakes.
pub(crate) fn items<'v, 't, K: Keys>(table: &'v DeTable<'t>, mistakes: &mut Mistakes<'_>) -> Vec<(K, Item<'v, 't>)> {
    items_of(K::SECTION.title, &names::<K>(), table, mistakes)
}

/// The items of a `[section]`.
pub(crate) fn section<'v, 't, K: Keys>(item: &Item<'v, 't>, mistakes: &mut Mistakes<'_>) -> Vec<(K, Item<'v, 't>)> {
    let table = item.table(mistakes, &format!("a section, written as {}", K::SECTION.title));
    table.map(|table| items(table, mistakes)).unwrap_or_default()
}

/// The keys of a section by their names.
pub(crate) fn names<K: Keys>() -> Vec<(&'static str, K)> {
    K::SECTION.names().into_iter().zip(K::ALL.iter().copied()).collect()
}

/// The keys of a table that are among `known`. The others are mistakes.
pub(crate) fn items_of<'v, 't, K: Copy>(
    title: &str,
    known: &[(&'static str, K)],
    table: &'v DeTable<'t>,
    mistakes: &mut Mistakes<'_>,
) -> Vec<(K, Item<'v, 't>)> {
    let mut items = Vec::new();
    for (name, value) in table {
        let written: &str = name.get_ref();
        if let Some((name, key)) = known.iter().find(|(name, _)| *name == written) {
            items.push((*key, Item { key: name, value }));
        } else {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            mistakes.add(name.span(), unknown_key(written, title, &names));
        }
    }
    items
}

fn unknown_key(written: &str, title: &str, names: &[&str]) -> String {
    let place = if title.is_empty() { String::new() } else { format!(" in {title}") };
    let elsewhere = SETTINGS.iter().chain(&RULES).find(|other| other.names().contains(&written));
    let help = match (nearest(written, names.iter().copied()), elsewhere) {
        (Some(nearest), _) => format!("did you mean {nearest:?}?"),
        (None, Some(other)) if !other.title.is_empty() => format!("it belongs into {}", other.title),
        (None, Some(_)) => "it belongs to the top of the file, before any [section]".to_owned(),
        (None, None) => format!("the keys{place} are {}", listed(names, "and")),
    };
    format!("unknown key {written:?}{place}; {help}")
}

impl<'v, 't> Item<'v, 't> {
    /// Where the value stands.
    pub(crate) fn span(&self) -> Range<usize> {
        self.value.span()
    }

    /// Adds the mistake that the value is not `expected`.
    pub(crate) fn refuse(&self, mistakes: &mut Mistakes<'_>, expected: &str) {
        let value = self.value.get_ref();
        let is = match value {
            DeValue::String(text) => format!("{text:?}"),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Boolean(boolean) => boolean.to_string(),
            DeValue::Datetime(time) => time.to_string(),
            DeValue::Float(number) => number.to_string(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        mistakes.add(self.span(), format!("{} must be {expected}, not {is}", self.key));
    }

    pub(crate) fn table(&self, mistakes: &mut Mistakes<'_>, expected: &str) -> Option<&'v DeTable<'t>> {
        let table = self.value.get_ref().as_table();
        if table.is_none() {
            self.refuse(mistakes, expected);
        }
        table
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&self, mistakes: &mut Mistakes<'_>) -> Option<bool> {
        let boolean = self.value.get_ref().as_bool();
        if boolean.is_none() {
            self.refuse(mistakes, "true or false, without quotes");
        }
        boolean
    }

    /// A whole number from 1 to `most`.
    pub(crate) fn count(&self, mistakes: &mut Mistakes<'_>, most: u32) -> Option<NonZeroU32> {
        let number = self.value.get_ref().as_integer().and_then(|number| {
            let number = u32::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()?;
            NonZeroU32::new(number).filter(|number| number.get() <= most)
        });
        if number.is_none() {
            self.refuse(mistakes, &format!("a whole number from 1 to {most}"));
        }
        number
    }

    /// Text with something in it.
    pub(crate) fn text(&self, mistakes: &mut Mistakes<'_>) -> Option<&'v str> {
        let text = self.value.get_ref().as_str().filter(|text| !text.trim().is_empty());
        if text.is_none() {
            self.refuse(mistakes, "text in quotes with something in it");
        }
        text
    }

    /// One of these words.
    pub(crate) fn word<T: Copy>(&self, mistakes: &mut Mistakes<'_>, words: &[(&str, T)]) -> Option<T> {
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        let text = self.value.get_ref().as_str().unwrap_or_default();
        let found = words.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if found.is_none() {
            if nearest(text, names.iter().copied()).is_some() {
                mistakes.add(self.span(), format!("unknown {} {text:?}; {}", self.key, suggestion(text, &names)));
            } else {
                let quoted: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
                self.refuse(mistakes, &quoted.join(" or "));
            }
        }
        found
    }

    /// A text, or a list of texts with something in it.
    pub(crate) fn texts(&self, mistakes: &mut Mistakes<'_>) -> Vec<Text<'v>> {
        const EXPECTED: &str = "text in quotes or a list of such";
        let values = match self.value.get_ref() {
            DeValue::String(_) => std::slice::from_ref(self.value),
            DeValue::Array(values) => values.as_ref(),
            _ => {
                self.refuse(mistakes, EXPECTED);
                &[]
            }
        };
        let mut texts = Vec::new();
        for value in values {
            match value.get_ref().as_str() {
                Some(text) => texts.push((text, value.span())),
                None => Item { key: self.key, value }.refuse(mistakes, EXPECTED),
            }
        }
        texts
    }

    /// A length of time above zero.
    pub(crate) fn duration(&self, mistakes: &mut Mistakes<'_>) -> Option<SignedDuration> {
        self.length(mistakes, "")
    }

    /// A length of time, or `"never"`, which is the inner `None`.
    #[expect(clippy::option_option, reason = "the outer one is a mistake, the inner one a value")]
    pub(crate) fn duration_or_never(&self, mistakes: &mut Mistakes<'_>) -> Option<Option<SignedDuration>> {
        if self.value.get_ref().as_str() == Some("never") {
            return Some(None);
        }
        self.length(mistakes, ", or \"never\"").map(Some)
    }

    fn length(&self, mistakes: &mut Mistakes<'_>, or: &str) -> Option<SignedDuration> {
        let Some(text) = self.value.get_ref().as_str() else {
            self.refuse(mistakes, &format!("a length of time in quotes such as \"90m\" or \"2h\"{or}"));
            return None;
        };
        let duration = text.parse::<SignedDuration>().ok().filter(SignedDuration::is_positive);
        if duration.is_none() {
            let hours = in_hours(text).map(|hours| format!("; in hours that is \"{hours}h\"")).unwrap_or_default();
            self.refuse(mistakes, &format!("a length of time such as \"90m\", \"2h\" or \"1h 30m\"{or}"));
            mistakes.amend(&hours);
        }
        duration
    }
}

/// Days and weeks in hours. They are not accepted as lengths of time, because clocks change.
fn in_hours(text: &str) -> Option<u64> {
    let text = text.trim().to_lowercase();
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let days = match text[digits..].trim() {
        "d" | "day" | "days" => 1,
        "w" | "week" | "weeks" => 7,
        _ => return None,
    };
    Some(text[..digits].parse::<u64>().ok()?.checked_mul(days * 24)?).filter(|hours| *hours > 0)
}
