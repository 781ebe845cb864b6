//! Puts many notices into few messages, each of a size that the topic accepts.
//!
//! An ordinary digest contains every notice with all its keys. If that needs more than [`FEW`] messages, the entries in
//! the copy for programs lose keys, in steps, and each message says which keys its entries lack.

use std::ops::Range;

use super::Part;
use crate::domain::Notice;
use crate::publish::channel::cloudevents::{Detail, notice_json, share, trim};
use crate::publish::render::{Form, brief, fitting, in_full};
use crate::publish::{MAX_BYTES, Message, Settings};

/// In a smaller message, little room is left beside the ordinary email and chat copy.
const SMALL: usize = 20_000;
/// How many messages about one incident are acceptable.
const FEW: usize = 5;
/// A first estimate of what a message needs besides its entries: email, chat copy, summary and attributes.
const OVERHEAD: usize = 10_000;
/// The largest size of a notice in the smallest form with all copies.
const LARGEST: usize = MAX_BYTES / 20;
/// The most bytes that the part number adds to a message that was measured without it.
const PART: usize = 600;

/// How many notices of one outbox certainly fit in a message of `max_bytes`, but at least one. [`compose()`] does not
/// split units, so a unit must not be larger.
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

/// A message, and the units in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Composed {
    pub message: Message,
    pub units: Range<usize>,
}

/// The messages for these notices, in order. Every notice is in exactly one message, and the notices of a unit are in
/// the same message. Each message has at least one unit, and at most `max_bytes` if that is possible.
///
/// No unit may be empty or have more than [`most_of_one_outbox()`] notices. Digests name the failures that are silenced.
pub fn compose<U: AsRef<[Notice]>>(
    units: &[U],
    silenced: &[String],
    settings: &Settings,
    max_bytes: usize,
) -> Vec<Composed> {
    let split = |is_brief| {
        let (detail, sizes) = detail(units, is_brief, max_bytes);
        let form = Form { https: settings.https, detail, is_brief, part: None, silenced };
        (form, ranges(units, &sizes, form, max_bytes))
    };
    let (mut form, mut ranges) = split(false);
    if ranges.len() > FEW && max_bytes < SMALL {
        // The ordinary copies would leave so little room that nearly every notice needed a message of its own.
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

fn all<U: AsRef<[Notice]>>(units: &[U]) -> Vec<Notice> {
    units.iter().flat_map(|unit| unit.as_ref().iter().cloned()).collect()
}

/// Which units go into which message.
fn ranges<U: AsRef<[Notice]>>(units: &[U], sizes: &[usize], form: Form<'_>, max_bytes: usize) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    while start < units.len() {
        let end = fill(&units[start..], &sizes[start..], form, max_bytes) + start;
        ranges.push(start..end);
        start = end;
    }
    ranges
}

/// How many of the units fit in one message, but at least one.
fn fill<U: AsRef<[Notice]>>(units: &[U], sizes: &[usize], form: Form<'_>, max_bytes: usize) -> usize {
    let mut room = max_bytes - overhead(form.is_brief, max_bytes);
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
        // The message is larger than estimated. The next attempt has less room in proportion, and a little less than
        // that, so that this ends.
        let taken: usize = sizes[..count].iter().sum();
        room = (taken * max_bytes / needed).min(taken - 1) / 32 * 31;
    }
}

/// The form with the most detail that needs only a few messages, and the bytes that the entries of each unit need in
/// it.
fn detail<U: AsRef<[Notice]>>(units: &[U], is_brief: bool, max_bytes: usize) -> (Detail, Vec<usize>) {
    let mut entries: Vec<Vec<_>> = units.iter().map(|unit| unit.as_ref().iter().map(notice_json).collect()).collect();
    let sizes = |entries: &[Vec<_>]| -> Vec<usize> {
        entries
            .iter()
            .map(|unit| unit.iter().map(|entry: &serde_json::Value| quoted(&entry.to_string())).sum())
            .collect()
    };
    let fits_few = |sizes: &[usize]| sizes.iter().sum::<usize>() <= FEW * (max_bytes - overhead(is_brief, max_bytes));
    if is_brief {
        entries.iter_mut().flatten().for_each(brief::trim);
    }
    let whole = sizes(&entries);
    if fits_few(&whole) {
        return (Detail::Whole, whole);
    }
    for entry in entries.iter_mut().flatten() {
        trim(entry, Detail::Plain, true);
    }
    let plain = sizes(&entries);
    if fits_few(&plain) {
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

/// The bytes to leave for everything except entries.
fn overhead(is_brief: bool, max_bytes: usize) -> usize {
    if is_brief { OVERHEAD / 5 } else { OVERHEAD }.min(max_bytes / 2)
}

/// The size of a JSON text inside a JSON string, with a comma after it.
fn quoted(json: &str) -> usize {
    let escapes = json.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
    json.len() + escapes + 1
}

#[cfg(test)]
#[path = "compose_tests.rs"]
mod tests;
