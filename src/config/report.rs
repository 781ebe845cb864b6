//! `[report]`: when the report is sent.

use jiff::civil::Weekday;

use super::item::{Item, section};
use super::keys::ReportKey;
use super::mistakes::Mistakes;
use super::mute::{clock, time_zone, weekday};
use crate::domain::{Every, Schedule};

/// The word of `every`.
#[derive(Clone, Copy)]
enum Word {
    Week,
    Month,
    Never,
}

const WORDS: [(&str, Word); 3] = [("week", Word::Week), ("month", Word::Month), ("never", Word::Never)];

/// Reads the section into `schedule`.
pub(super) fn read(item: &Item<'_, '_>, schedule: &mut Schedule, mistakes: &mut Mistakes<'_>) {
    let (mut every, mut day) = (None, None);
    for (key, item) in section(item, mistakes) {
        match key {
            ReportKey::Every => every = Some(item.word(mistakes, &WORDS)),
            ReportKey::Day => day = Some(item),
            ReportKey::At => schedule.at = clock(&item, mistakes).unwrap_or(schedule.at),
            ReportKey::TimeZone => {
                schedule.time_zone = time_zone(&item, mistakes).unwrap_or_else(|| schedule.time_zone.clone());
            }
        }
    }
    schedule.every = match (every, &day) {
        (Some(Some(Word::Week)), None) => Every::Week(Weekday::Monday),
        (Some(Some(Word::Month)), None) => Every::Month(1),
        (Some(Some(Word::Week)), Some(day)) => of_week(day, mistakes),
        (Some(Some(Word::Month)), Some(day)) => of_month(day, mistakes),
        // If the word is a mistake, nobody knows what the day means.
        (Some(None), _) | (None | Some(Some(Word::Never)), None) => Every::Never,
        (None | Some(Some(Word::Never)), Some(day)) => {
            mistakes.add(day.span(), "day needs every = \"week\" or every = \"month\"");
            Every::Never
        }
    };
}

fn of_week(day: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> Every {
    if let Some(text) = day.value.get_ref().as_str() {
        return weekday(&(text, day.span()), mistakes).map_or(Every::Never, Every::Week);
    }
    day.refuse(mistakes, "a day of the week such as \"mon\", because every is \"week\"");
    Every::Never
}

fn of_month(day: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> Every {
    let number = day.value.get_ref().as_integer().and_then(|number| number.as_str().parse::<i8>().ok());
    if let Some(number) = number.filter(|number| (1..=31).contains(number)) {
        return Every::Month(number);
    }
    day.refuse(mistakes, "a day of the month from 1 to 31, because every is \"month\"");
    Every::Never
}
