//! Turns notices into a message with a copy for every channel. Pure: the same notices give the same bytes.
//!
//! These files contain the text that all channels share, one file for each part of a notice: headline, facts, status
//! message, next steps, links, and the rule that mutes it. [`render()`] removes control characters from texts, and
//! shortens texts if the message would be too large.

pub(super) mod amounts;
pub(super) mod brief;
pub(super) mod causes;
pub(super) mod escape;
mod estimate;
pub(super) mod facts;
mod fit;
pub(super) mod headline;
pub(super) mod links;
pub(super) mod mute;
#[cfg(test)]
mod properties;
pub(super) mod scope;
pub(super) mod steps;
pub(super) mod subject;
#[cfg(test)]
mod tests;
pub(super) mod text;
pub(super) mod words;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

pub(crate) use self::amounts::{count, minute, span};
pub(crate) use self::estimate::remaining;
pub(crate) use self::facts::{Fact, facts};
pub use self::headline::{headline, title};
pub(crate) use self::links::command;
pub use self::links::console;
pub(crate) use self::steps::next_steps;
pub(crate) use self::text::one_line;
pub(crate) use self::words::message_lines;
use super::channel::channels;
use super::channel::cloudevents::{self, Detail};
use super::digest::{Digest, Part};
use super::{Attribute, AttributeKind, HttpsForm, MAX_BYTES, Message, Settings};
use crate::domain::{Notice, NoticeId, Severity};

/// The key of the copy for protocols without a copy of their own.
pub(super) const DEFAULT: &str = "default";

/// The message for these notices.
///
/// All copies and attributes together have at most [`MAX_BYTES`]. If they would have more, texts are shortened and
/// labels are left out until the message fits, and the message says so. Twenty notices always fit, whatever they
/// contain. A hundred ordinary notices fit without being shortened. [`compose()`](fn@super::digest::compose) splits
/// more.
///
/// There must be at least one notice.
pub fn render(notices: &[Notice], settings: &Settings) -> Message {
    let form = Form { https: settings.https, detail: Detail::Whole, is_brief: false, part: None, silenced: &[] };
    fitting(notices, form, MAX_BYTES)
}

/// The form of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form<'a> {
    pub https: HttpsForm,
    /// How much of each notice the copy for programs contains.
    pub detail: Detail,
    /// Whether every copy has only a few lines, because the topic accepts only a few kilobytes.
    pub is_brief: bool,
    /// `None` if all notices fit in one message.
    pub part: Option<Part>,
    /// The names of the failures that are silenced now.
    pub silenced: &'a [String],
}

/// The message in this form, shortened to at most `max_bytes`: first the texts of the notices, then parts of the
/// copies. If even the shortest message is larger, the result is the shortest message.
pub(super) fn fitting(notices: &[Notice], form: Form<'_>, max_bytes: usize) -> Message {
    debug_assert!(!notices.is_empty(), "a message has notices");
    let mut message = in_full(notices, form);
    for room in &fit::ROOMS[1..] {
        if form.is_brief || message.bytes() <= max_bytes {
            break;
        }
        message = render_in(notices, form, *room);
    }
    for extent in brief::EXTENTS {
        if message.bytes() <= max_bytes {
            break;
        }
        message = brief::render(notices, form, extent);
    }
    message
}

/// The message in this form, not shortened.
pub(super) fn in_full(notices: &[Notice], form: Form<'_>) -> Message {
    if form.is_brief {
        return brief::render(notices, form, brief::EXTENTS[0]);
    }
    render_in(notices, form, fit::ROOMS[0])
}

fn render_in(notices: &[Notice], form: Form<'_>, room: fit::Room) -> Message {
    let notices: Vec<Notice> = notices.iter().map(|notice| fit::fit(notice, room)).collect();
    let digest = Digest::new(&notices, form.part).with_silenced(form.silenced);
    let machine = cloudevents::event_of(&digest, form.detail).to_string();
    let copies = channels(form.https).into_iter().map(|channel| (channel.protocol(), channel.copy(&digest)));
    message(&digest, machine, copies)
}

/// The message with the copy for programs (`machine`) and the copies for people.
fn message(digest: &Digest<'_>, machine: String, copies: impl IntoIterator<Item = (&'static str, String)>) -> Message {
    let copies = [(DEFAULT, machine)].into_iter().chain(copies);
    let body: Map<String, Value> = copies.map(|(key, copy)| (key.to_owned(), copy.into())).collect();
    Message {
        subject: subject::subject_of(digest),
        body: Value::Object(body).to_string(),
        attributes: attributes(digest.notices),
        notices: digest.notices.iter().map(|notice| notice.id).collect(),
    }
}

/// The attributes for filter policies.
fn attributes(notices: &[Notice]) -> Vec<Attribute> {
    attributes_of(
        notices.iter().map(|notice| notice.severity).max().unwrap_or(Severity::Info),
        notices.iter().map(|notice| notice.reason().as_str()),
        notices.iter().map(|notice| notice.scope.source.as_str()),
        notices.iter().map(|notice| notice.scope.account.as_str()),
        notices.iter().map(|notice| notice.scope.region.as_str()),
        cloudevents::event_id(notices),
    )
}

/// The attributes of a message with these values. Lists may have repetitions.
pub(super) fn attributes_of<'w>(
    severity: Severity,
    reasons: impl Iterator<Item = &'w str>,
    sources: impl Iterator<Item = &'w str>,
    accounts: impl Iterator<Item = &'w str>,
    regions: impl Iterator<Item = &'w str>,
    id: NoticeId,
) -> Vec<Attribute> {
    let (reasons, sources, accounts, regions) = (list(reasons), list(sources), list(accounts), list(regions));
    let id = id.to_string();
    [
        ("severity", AttributeKind::String, severity.as_str().to_owned()),
        ("reasons", AttributeKind::StringArray, reasons),
        ("sources", AttributeKind::StringArray, sources),
        ("account", AttributeKind::StringArray, accounts),
        ("region", AttributeKind::StringArray, regions),
        ("notice_id", AttributeKind::String, id),
    ]
    .into_iter()
    .map(|(name, kind, value)| Attribute { name, kind, value })
    .collect()
}

/// The most bytes of an attribute with a list. More accounts than fit are left out: a filter policy for one of them does
/// not match, but a message that is too large would reach nobody.
const LIST: usize = 20_000;

/// A JSON list of the words without repetitions, in their order.
fn list<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut seen = BTreeSet::new();
    let mut bytes = 0;
    let once: Vec<&str> = words
        .filter(|word| {
            let is_new = seen.insert(*word);
            bytes += if is_new { word.len() + 3 } else { 0 };
            is_new && bytes <= LIST
        })
        .collect();
    Value::from(once).to_string()
}
