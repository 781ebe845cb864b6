//! When a rule mutes: always, until a time, or every week in a window.

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use toml::de::{DeTable, DeValue};

use super::item::{Item, Text, items};
use super::keys::MuteKey;
use super::mistakes::Mistakes;
use super::nearest::{nearest, suggestion};
use crate::domain::{Mute, Window};

const EXPECTED: &str = "true, false, { until = \"2026-12-01T00:00:00Z\" } or { days = [\"sat\", \"sun\"] }";

/// Each day by its short and its long name.
const DAYS: [(&str, &str, Weekday); 7] = [
    ("mon", "monday", Weekday::Monday),
    ("tue", "tuesday", Weekday::Tuesday),
    ("wed", "wednesday", Weekday::Wednesday),
    ("thu", "thursday", Weekday::Thursday),
    ("fri", "friday", Weekday::Friday),
    ("sat", "saturday", Weekday::Saturday),
    ("sun", "sunday", Weekday::Sunday),
];

/// Reads `mute = ..`.
pub(super) fn read(item: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Mute> {
    match item.value.get_ref() {
        DeValue::Boolean(true) => Some(Mute::Always),
        DeValue::Boolean(false) => Some(Mute::Never),
        DeValue::Table(table) => read_table(item, table, mistakes),
        _ => {
            item.refuse(mistakes, EXPECTED);
            None
        }
    }
}

fn read_table(mute: &Item<'_, '_>, table: &DeTable<'_>, mistakes: &mut Mistakes<'_>) -> Option<Mute> {
    let before = mistakes.count();
    let (mut until, mut days, mut zone) = (None, None, TimeZone::UTC);
    let (mut from, mut to) = (Time::midnight(), Time::midnight());
    let items = items(table, mistakes);
    for (key, item) in &items {
        match key {
            MuteKey::Until => until = timestamp(item, mistakes),
            MuteKey::Days => days = Some(weekdays(item, mistakes)),
            MuteKey::From => from = clock(item, mistakes).unwrap_or(from),
            MuteKey::To => to = clock(item, mistakes).unwrap_or(to),
            MuteKey::TimeZone => zone = time_zone(item, mistakes).unwrap_or(TimeZone::UTC),
        }
    }
    let has = |wanted| items.iter().find(|(key, _)| *key == wanted).map(|(_, item)| item);
    let beside_until = items.iter().find(|(key, _)| *key != MuteKey::Until);
    if let (Some(until), Some((_, other))) = (has(MuteKey::Until), beside_until) {
        let both = format!("until and {} do not go together; make it two rules", other.key);
        mistakes.add(until.span(), both);
    } else if has(MuteKey::Until).is_none() && has(MuteKey::Days).is_none() && items.len() == table.len() {
        let alone = items.first().map_or_else(
            || format!("mute must be {EXPECTED}, not an empty table"),
            |(_, item)| {
                format!(
                    "{} needs days; for every day, say days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \
                     \"sun\"]",
                    item.key
                )
            },
        );
        mistakes.add(items.first().map_or_else(|| mute.span(), |(_, item)| item.span()), alone);
    } else if let (Some(given), None) = (has(MuteKey::From), has(MuteKey::To)) {
        mistakes.add(given.span(), "from needs to: when does the window end?");
    }
    if mistakes.count() > before {
        return None;
    }
    let window = |days| Mute::Weekly(Window { days, from, to, time_zone: zone });
    until.map(Mute::Until).or(days.map(window))
}

/// A point in time: a TOML date and time with its offset, or the same as text.
pub(crate) fn timestamp(item: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Timestamp> {
    let text = match item.value.get_ref() {
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    };
    let read = text.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
    if read.is_none() {
        item.refuse(mistakes, "a date and time with its offset from UTC, such as 2026-12-01T00:00:00Z");
    }
    read
}

/// A time of day, as text or as TOML writes it.
pub(super) fn clock(item: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Time> {
    let text = match item.value.get_ref() {
        DeValue::Datetime(time) if time.date.is_none() => time.to_string(),
        DeValue::String(text) => text.to_string(),
        _ => String::new(),
    };
    let read = Time::strptime("%H:%M", &text).or_else(|_| Time::strptime("%H:%M:%S", &text)).ok();
    if read.is_none() {
        let midnight = if text == "24:00" { "; midnight is \"00:00\"" } else { "" };
        item.refuse(mistakes, "a time of day such as \"22:00\"");
        mistakes.amend(midnight);
    }
    read
}

fn weekdays(item: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> Vec<Weekday> {
    let mut days = Vec::new();
    for text in item.texts(mistakes) {
        days.extend(weekday(&text, mistakes).filter(|day| !days.contains(day)));
    }
    if item.value.get_ref().as_array().is_some_and(|list| list.is_empty()) {
        mistakes.add(item.span(), "days is an empty list; to mute always, say mute = true");
    }
    days
}

/// A day of the week by its short or its long name.
pub(super) fn weekday((text, span): &Text<'_>, mistakes: &mut Mistakes<'_>) -> Option<Weekday> {
    let lower = text.to_lowercase();
    let day = DAYS.iter().find(|(short, long, _)| lower == *short || lower == *long).map(|(_, _, day)| *day);
    if day.is_none() {
        let short: Vec<&str> = DAYS.iter().map(|(short, _, _)| *short).collect();
        let long = DAYS.iter().find(|(_, long, _)| nearest(text, [*long]).is_some());
        let help = long.map_or_else(|| suggestion(text, &short), |day| format!("did you mean {:?}?", day.0));
        mistakes.add(span.clone(), format!("unknown day {text:?}; {help}"));
    }
    day
}

/// A time zone by its name.
pub(super) fn time_zone(item: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<TimeZone> {
    let name = item.text(mistakes)?;
    let zone = TimeZone::get(name).ok();
    if zone.is_none() {
        let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        // The city alone is understood, too.
        let cities = names.iter().filter_map(|name| Some((name.rsplit_once('/')?.1, name.as_str())));
        let near = nearest(name, names.iter().map(String::as_str)).or_else(|| {
            let city = nearest(name, cities.clone().map(|(city, _)| city))?;
            cities.clone().find(|(known, _)| *known == city).map(|(_, name)| name)
        });
        let help =
            near.map_or_else(|| "it looks like \"Europe/Berlin\"".to_owned(), |near| format!("did you mean {near:?}?"));
        mistakes.add(item.span(), format!("unknown time zone {name:?}; {help}"));
    }
    zone
}
