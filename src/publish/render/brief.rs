//! The shortest messages, for a topic whose attribute `MaximumMessageSize` is a few kilobytes. They say what happened
//! to what, and that the rest was left out. `fit.rs` alone shortens ordinary messages.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fit::{ROOMS, Room, fit};
use super::{Form, message};
use crate::domain::Notice;
use crate::publish::Message;
use crate::publish::channel::channels;
use crate::publish::channel::cloudevents::{Detail, event_of};
use crate::publish::digest::Digest;

/// How much a short message contains.
#[derive(Clone, Copy, Debug)]
pub(in crate::publish) struct Extent {
    /// Whether the entries in the copy for programs keep the keys [`FEW`] rather than [`FEWEST`].
    has_facts: bool,
    /// Whether there are copies for people, of a few lines each. Without them, everyone gets the copy for programs.
    has_copies: bool,
    room: Room,
}

/// From more to less. [`fitting()`](super::fitting) tries them in this order.
pub(in crate::publish) const EXTENTS: [Extent; 7] = [
    Extent { has_facts: true, has_copies: true, room: ROOMS[4] },
    Extent { has_facts: true, has_copies: true, room: ROOMS[5] },
    Extent { has_facts: true, has_copies: true, room: ROOMS[6] },
    Extent { has_facts: false, has_copies: true, room: ROOMS[5] },
    Extent { has_facts: false, has_copies: true, room: ROOMS[6] },
    Extent { has_facts: false, has_copies: false, room: ROOMS[5] },
    Extent { has_facts: false, has_copies: false, room: ROOMS[6] },
];

/// The keys that the entries of a message with all copies keep.
const FEW: [&str; 14] = [
    "id",
    "reason",
    "severity",
    "source",
    "account",
    "region",
    "subject",
    "facet",
    "title",
    "from",
    "to",
    "message",
    "incident_key",
    "event_action",
];
/// The keys that the entries of the smallest message keep.
const FEWEST: [&str; 3] = ["id", "subject", "title"];
/// In `left_out` of the smallest message, this stands for all other keys, because there is no room for their names.
const EVERYTHING_ELSE: &str = "everything_else";

pub(in crate::publish) fn render(notices: &[Notice], form: Form, extent: Extent) -> Message {
    let full = Digest::new(notices, form.part);
    let notices: Vec<Notice> = notices.iter().map(|notice| fit(notice, extent.room)).collect();
    let digest = Digest::new(&notices, form.part);
    let detail = if extent.has_facts { form.detail.max(Detail::Plain) } else { Detail::Plain };
    let event = with_short_titles(event_of(&digest, detail), extent.room);
    let default = if extent.has_facts { few(event) } else { fewest(event) };
    let channels = if extent.has_copies { channels(form.https) } else { Vec::new() };
    let copies = channels.into_iter().map(|channel| (channel.protocol(), channel.brief(&digest, &full)));
    message(&digest, default, copies)
}

/// Shortens the titles to the room. A title is made of several texts, so it may be too long although each of them fits.
fn with_short_titles(mut event: Value, room: Room) -> Value {
    let data = &mut event["data"];
    let shorten = |title: &mut Value| {
        if let Some(text) = title.as_str() {
            *title = room.text(text).into();
        }
    };
    shorten(&mut data["summary"]["title"]);
    data["notices"].as_array_mut().into_iter().flatten().for_each(|entry| shorten(&mut entry["title"]));
    event
}

/// The event with entries that keep few keys, and with counts of the keys that they lack.
fn few(mut event: Value) -> String {
    let data = &mut event["data"];
    let mut left_out: BTreeMap<String, usize> =
        serde_json::from_value(data["summary"]["left_out"].take()).unwrap_or_default();
    let mut entries = data["notices"].take();
    for key in entries.as_array_mut().into_iter().flatten().flat_map(|entry| keep(entry, &FEW)) {
        *left_out.entry(key).or_default() += 1;
    }
    if let Some(shared) = data.get_mut("shared") {
        let count = entries.as_array().map_or(0, Vec::len);
        for key in keep(shared, &FEW) {
            *left_out.entry(key).or_default() += count;
        }
    }
    data["notices"] = entries;
    data["summary"]["left_out"] = json!(left_out);
    event.to_string()
}

/// The event with only the keys that are needed to tell its entries apart.
fn fewest(mut event: Value) -> String {
    let data = &mut event["data"];
    let mut count = 0;
    for entry in data["notices"].as_array_mut().into_iter().flatten() {
        keep(entry, &FEWEST);
        count += 1;
    }
    let summary = &mut data["summary"];
    keep(summary, &["total", "by_severity", "by_reason", "title", "part"]);
    summary["left_out"] = json!({ EVERYTHING_ELSE: count });
    event.to_string()
}

/// Removes the keys from an entry that a brief message leaves out.
pub(in crate::publish) fn trim(entry: &mut Value) {
    keep(entry, &FEW);
}

/// Removes all other keys from an object, and returns their names.
fn keep(object: &mut Value, keys: &[&str]) -> Vec<String> {
    let mut others = Vec::new();
    if let Some(object) = object.as_object_mut() {
        object.retain(|key, _| {
            let is_kept = keys.contains(&key.as_str());
            if !is_kept {
                others.push(key.clone());
            }
            is_kept
        });
    }
    others
}
