//! From notices to a message with a copy for every kind of reader. Pure: no I/O, no clock; the same notices give the same
//! bytes.
//!
//! Here are the words that all channels share, one file per part of a notice: headline, facts, what AWS says, next steps,
//! links, the rule that mutes it. [`render()`] first cleans texts of control characters and, if it must, shortens them.

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

use serde_json::{Map, Value};

pub use self::headline::title;
pub use self::links::console;
use super::channel::channels;
use super::channel::cloudevents::{self, Detail};
use super::digest::{Digest, Part};
use super::{Attribute, AttributeKind, HttpsForm, MAX_BYTES, Message, Settings};
use crate::domain::{Notice, Severity};

/// The key of the copy that protocols without a key of their own get.
const DEFAULT: &str = "default";

/// The message that tells these notices.
///
/// All copies and attributes together stay under [`MAX_BYTES`]: when they would not, texts are shortened with a mark and
/// labels left out with a count, AWS's explanation first, until they fit. Twenty notices always fit, whatever they hold,
/// and a hundred ordinary ones fit whole; [`compose()`](fn@super::compose) splits more.
///
/// The notices come from one account and region: the attributes name the first one's. There is always at least one.
pub fn render(notices: &[Notice], settings: &Settings) -> Message {
    fitting(notices, Form { https: settings.https, detail: Detail::Whole, is_brief: false, part: None }, MAX_BYTES)
}

/// How a message is put.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// What subscribers over HTTPS get.
    pub https: HttpsForm,
    /// How much of each notice the machine form holds.
    pub detail: Detail,
    /// Whether every copy has a few lines only: the best that many messages of a few kilobytes can be.
    pub is_brief: bool,
    /// Which message it is of several.
    pub part: Option<Part>,
}

/// The message in that form, shortened as far as it must be to have at most `max_bytes`: first the texts of the notices,
/// then whole parts of the copies. What cannot be made as small as that is as small as can be.
pub(super) fn fitting(notices: &[Notice], form: Form, max_bytes: usize) -> Message {
    debug_assert!(!notices.is_empty(), "a message tells something");
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

/// The message in that form, however large.
pub(super) fn in_full(notices: &[Notice], form: Form) -> Message {
    if form.is_brief {
        return brief::render(notices, form, brief::EXTENTS[0]);
    }
    render_in(notices, form, fit::ROOMS[0])
}

fn render_in(notices: &[Notice], form: Form, room: fit::Room) -> Message {
    let notices: Vec<Notice> = notices.iter().map(|notice| fit::fit(notice, room)).collect();
    let digest = Digest::new(&notices, form.part);
    let machine = cloudevents::event_of(&digest, form.detail).to_string();
    let copies = channels(form.https).into_iter().map(|channel| (channel.protocol(), channel.copy(&digest)));
    message(&digest, machine, copies)
}

/// The message with the copy for programs and those copies for people.
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

/// What subscriptions can filter by. SNS refuses attributes without a value.
fn attributes(notices: &[Notice]) -> Vec<Attribute> {
    let severity = notices.iter().map(|notice| notice.severity).max().unwrap_or(Severity::Info);
    let reasons = list(notices.iter().map(|notice| notice.reason().as_str()));
    let sources = list(notices.iter().map(|notice| notice.scope.source.as_str()));
    let first = notices.first().map(|notice| &notice.scope);
    let account = first.map(|scope| scope.account.clone()).unwrap_or_default();
    let region = first.map(|scope| scope.region.clone()).unwrap_or_default();
    let id = cloudevents::event_id(notices).to_string();
    [
        ("severity", AttributeKind::String, severity.as_str().to_owned()),
        ("reasons", AttributeKind::StringArray, reasons),
        ("sources", AttributeKind::StringArray, sources),
        ("account", AttributeKind::String, account),
        ("region", AttributeKind::String, region),
        ("notice_id", AttributeKind::String, id),
    ]
    .into_iter()
    .filter(|(_, _, value)| !value.is_empty())
    .map(|(name, kind, value)| Attribute { name, kind, value })
    .collect()
}

/// A JSON list of the words, each once, in the order in which they come.
fn list(words: impl Iterator<Item = &'static str>) -> String {
    let mut once: Vec<&str> = Vec::new();
    for word in words {
        if !once.contains(&word) {
            once.push(word);
        }
    }
    let quoted: Vec<String> = once.iter().map(|word| format!("\"{word}\"")).collect();
    format!("[{}]", quoted.join(","))
}
