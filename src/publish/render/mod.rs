//! From notices to a message with a copy for every kind of reader. Pure: no I/O, no clock; the same notices give the same
//! bytes.
//!
//! Each form is a function of its own, for the command line and for dry runs: [`subject()`], [`email()`],
//! [`amazon_q()`], [`sms()`] and the machine form in [`cloudevents`]. They take notices as they are; [`render()`] first
//! cleans their text of control characters and, if it must, shortens it. Several notices in one message are a digest (`digest.rs`).

mod amazon_q;
mod amounts;
pub(super) mod brief;
mod causes;
pub mod cloudevents;
mod commands;
pub(super) mod digest;
mod email;
mod estimate;
mod facts;
mod fit;
mod headline;
mod hints;
mod inert;
mod likeness;
mod links;
mod mute;
#[cfg(test)]
mod properties;
mod roundup;
mod sms;
mod subject;
#[cfg(test)]
mod tests;
mod text;
mod words;

pub use amazon_q::amazon_q;
pub(crate) use digest::group_of as likeness_of;
pub use digest::thread;
pub use email::email;
pub use links::console;
pub use sms::sms;
pub use subject::subject;

use serde::Serialize;

use cloudevents::Detail;
use digest::{Digest, Part};

use super::{Attribute, AttributeKind, HttpsForm, MAX_BYTES, Message, Settings};
use crate::domain::{Notice, Severity};

/// The copies of one message. Protocols without a key of their own get `default`.
#[derive(Serialize)]
struct Copies {
    default: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sms: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    https: Option<String>,
}

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
    let copies = Copies {
        default: cloudevents::event_of(&digest, form.detail).to_string(),
        email: Some(email::email_of(&digest)),
        sms: Some(sms::sms_of(&digest)),
        https: match form.https {
            HttpsForm::AmazonQ => Some(amazon_q::amazon_q_of(&digest)),
            HttpsForm::Machine => None,
        },
    };
    message(&digest, &copies)
}

/// The message with those copies.
fn message(digest: &Digest<'_>, copies: &Copies) -> Message {
    Message {
        subject: subject::subject_of(digest),
        // A struct of strings always has a JSON form.
        body: serde_json::to_string(copies).unwrap_or_default(),
        attributes: attributes(digest.notices),
        notices: digest.notices.iter().map(|notice| notice.id).collect(),
    }
}

/// What subscriptions can filter by. SNS refuses attributes without a value.
fn attributes(notices: &[Notice]) -> Vec<Attribute> {
    let severity = notices.iter().map(|notice| notice.severity).max().unwrap_or(Severity::Info);
    let reasons = list(notices.iter().map(|notice| notice.reason.as_str()));
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
