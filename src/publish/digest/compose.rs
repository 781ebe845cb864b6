//! From many notices to few messages, each of a size that SNS takes.
//!
//! Ordinary digests hold every notice whole. Only when that would take more than [`FEW`] messages are the entries of the
//! machine form trimmed, in tiers, and each message says what its entries lack.

use std::ops::Range;

use super::Part;
use crate::domain::Notice;
use crate::publish::channel::cloudevents::{Detail, notice_json, share, trim};
use crate::publish::render::{Form, brief, fitting, in_full};
use crate::publish::{MAX_BYTES, Message, Settings};

/// Messages of less than this have little room beside their letters.
const SMALL: usize = 20_000;
/// More messages than this about one thing are a storm of their own.
const FEW: usize = 5;
/// First guess at what a message needs besides its entries: letter, chat copy, summary, attributes.
const BESIDES: usize = 10_000;
/// The largest notice in the smallest form that holds all copies.
const LARGEST: usize = MAX_BYTES / 20;
/// What the number of the part may add to a message that was measured without.
const PART: usize = 600;

/// How many notices of one outbox may go together into a message of at most `max_bytes`: [`compose()`] splits no unit, and a
/// unit of so many fits, whatever it holds. One at least.
pub const fn most_of_one_outbox(max_bytes: usize) -> usize {
    let fitting = max_bytes / LARGEST;
    if fitting > 10 {
        10
    } else if fitting < 1 {
        1
    } else {
        fitting
    }
}

/// A message that tells several units.
#[derive(Clone, Debug, PartialEq)]
pub struct Composed {
    pub message: Message,
    /// Which of the units it tells.
    pub units: Range<usize>,
}

/// The messages that tell these notices, in order, every notice in exactly one of them. `units` are notices that must
/// stay together, in their order: those of one outbox. No unit holds more than [`most_of_one_outbox()`], or they might not
/// fit; nor is any empty. Each message has at least one unit, and at most `max_bytes`, if that is possible at all.
pub fn compose<U: AsRef<[Notice]>>(units: &[U], settings: &Settings, max_bytes: usize) -> Vec<Composed> {
    let split = |is_brief| {
        let (detail, sizes) = detail(units, is_brief, max_bytes);
        let form = Form { https: settings.https, detail, is_brief, part: None };
        (form, ranges(units, &sizes, form, max_bytes))
    };
    let (mut form, mut ranges) = split(false);
    if ranges.len() > FEW && max_bytes < SMALL {
        // Whole letters would leave so little room that nearly every notice took a message of its own.
        (form, ranges) = split(true);
    }
    let of = ranges.len();
    let total = units.iter().map(|unit| unit.as_ref().len()).sum();
    ranges
        .into_iter()
        .enumerate()
        .map(|(position, range)| {
            let part = (of > 1).then_some(Part { number: position + 1, of, total });
            let message = fitting(&all(&units[range.clone()]), Form { part, ..form }, max_bytes);
            Composed { message, units: range }
        })
        .collect()
}

/// All notices of the units.
fn all<U: AsRef<[Notice]>>(units: &[U]) -> Vec<Notice> {
    units.iter().flat_map(|unit| unit.as_ref().iter().cloned()).collect()
}

/// Which units go into which message.
fn ranges<U: AsRef<[Notice]>>(units: &[U], sizes: &[usize], form: Form, max_bytes: usize) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    while start < units.len() {
        let end = fill(&units[start..], &sizes[start..], form, max_bytes) + start;
        ranges.push(start..end);
        start = end;
    }
    ranges
}

/// How many of the units fit one message: one at least.
fn fill<U: AsRef<[Notice]>>(units: &[U], sizes: &[usize], form: Form, max_bytes: usize) -> usize {
    let mut room = max_bytes - besides(form.is_brief, max_bytes);
    loop {
        let mut bytes = 0;
        let fitting = sizes.iter().take_while(|size| {
            bytes += *size;
            bytes <= room
        });
        let count = fitting.count().max(1);
        let message = in_full(&all(&units[..count]), form);
        let needed = message.bytes() + PART;
        if needed <= max_bytes || count == 1 {
            return count;
        }
        // Entries take more room than guessed, because no summary can say what they do: less by as much, and a little.
        let taken: usize = sizes[..count].iter().sum();
        room = (taken * max_bytes / needed).min(taken - 1) / 32 * 31;
    }
}

/// The fullest form that takes a few messages only, and the bytes that each unit's entries take in it.
fn detail<U: AsRef<[Notice]>>(units: &[U], is_brief: bool, max_bytes: usize) -> (Detail, Vec<usize>) {
    let mut entries: Vec<Vec<_>> = units.iter().map(|unit| unit.as_ref().iter().map(notice_json).collect()).collect();
    let sizes = |entries: &[Vec<_>]| -> Vec<usize> {
        entries
            .iter()
            .map(|unit| unit.iter().map(|entry: &serde_json::Value| quoted(&entry.to_string())).sum())
            .collect()
    };
    let is_little = |sizes: &[usize]| sizes.iter().sum::<usize>() <= FEW * (max_bytes - besides(is_brief, max_bytes));
    if is_brief {
        entries.iter_mut().flatten().for_each(brief::trim);
    }
    let whole = sizes(&entries);
    if is_little(&whole) {
        return (Detail::Whole, whole);
    }
    for entry in entries.iter_mut().flatten() {
        trim(entry, Detail::Plain, true);
    }
    let plain = sizes(&entries);
    if is_little(&plain) {
        return (Detail::Plain, plain);
    }
    let mut entries: Vec<_> = entries.into_iter().flatten().collect();
    for entry in &mut entries {
        trim(entry, Detail::Shared, true);
    }
    share(&mut entries);
    let mut entries = entries.into_iter();
    let own: Vec<Vec<_>> = units.iter().map(|unit| entries.by_ref().take(unit.as_ref().len()).collect()).collect();
    (Detail::Shared, sizes(&own))
}

/// What to leave for everything that is not an entry.
fn besides(is_brief: bool, max_bytes: usize) -> usize {
    if is_brief { BESIDES / 5 } else { BESIDES }.min(max_bytes / 2)
}

/// The bytes of a JSON text inside a JSON string, with the comma after it.
fn quoted(json: &str) -> usize {
    let escapes = json.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
    json.len() + escapes + 1
}

#[cfg(test)]
#[path = "compose_tests.rs"]
mod tests;
