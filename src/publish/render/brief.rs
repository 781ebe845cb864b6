//! The shortest messages, for a topic whose attribute `MaximumMessageSize` is a few kilobytes. They say what happened, to
//! what, and that the rest was left out. Ordinary messages are shortened by `fit.rs` alone.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fit::{ROOMS, Room, fit};
use super::{Form, message};
use crate::domain::Notice;
use crate::publish::Message;
use crate::publish::channel::channels;
use crate::publish::channel::cloudevents::{Detail, event_of};
use crate::publish::digest::Digest;

/// How much there is of a message.
#[derive(Clone, Copy, Debug)]
pub(in crate::publish) struct Extent {
    /// Whether the entries of the machine form keep [`FEW`] keys rather than the [`FEWEST`].
    has_facts: bool,
    /// Whether people have copies of their own, with a few lines each. Without, everyone gets the machine form.
    has_letters: bool,
    /// How long the texts are.
    room: Room,
}

/// From more to less: what [`fitting()`](super::fitting) tries in turn.
pub(in crate::publish) const EXTENTS: [Extent; 7] = [
    Extent { has_facts: true, has_letters: true, room: ROOMS[4] },
    Extent { has_facts: true, has_letters: true, room: ROOMS[5] },
    Extent { has_facts: true, has_letters: true, room: ROOMS[6] },
    Extent { has_facts: false, has_letters: true, room: ROOMS[5] },
    Extent { has_facts: false, has_letters: true, room: ROOMS[6] },
    Extent { has_facts: false, has_letters: false, room: ROOMS[5] },
    Extent { has_facts: false, has_letters: false, room: ROOMS[6] },
];

/// What the entries of a message with all copies keep.
const FEW: [&str; 12] =
    ["id", "reason", "severity", "source", "account", "region", "subject", "facet", "title", "from", "to", "message"];
/// What the entries of the smallest message keep.
const FEWEST: [&str; 3] = ["id", "subject", "title"];
/// Stands in `left_out` of the smallest message for all that its entries lack: their names would take more room than there
/// is.
const EVERYTHING_ELSE: &str = "everything_else";

/// The message to that extent, with texts as short as they get.
pub(in crate::publish) fn render(notices: &[Notice], form: Form, extent: Extent) -> Message {
    let whole = Digest::new(notices, form.part);
    let notices: Vec<Notice> = notices.iter().map(|notice| fit(notice, extent.room)).collect();
    let digest = Digest::new(&notices, form.part);
    let detail = if extent.has_facts { form.detail.max(Detail::Plain) } else { Detail::Plain };
    let event = with_short_titles(event_of(&digest, detail), extent.room);
    let default = if extent.has_facts { few(event) } else { fewest(event) };
    let channels = if extent.has_letters { channels(form.https) } else { Vec::new() };
    let copies = channels.into_iter().map(|channel| (channel.protocol(), channel.brief(&digest, &whole)));
    message(&digest, default, copies)
}

/// The event with titles that fit the room: they are made of several texts, each of which fits.
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

/// The event with entries of a few keys, and with a count of what they lack.
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

/// The event with nothing but what tells its entries apart.
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

/// Takes out of an entry what a message with a few lines leaves out.
pub(in crate::publish) fn trim(entry: &mut Value) {
    keep(entry, &FEW);
}

/// Takes all other keys out of an object, and names them.
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
