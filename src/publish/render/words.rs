//! Whose words a notice carries, and the words themselves.

use std::borrow::Cow;

use super::scope;
use super::text::{clean, one_line};
use crate::domain::notice::Event;
use crate::domain::{Notice, Reason};

/// What AWS says of a subject, or tidings of a scope; `None` when there is nothing to say.
pub(in crate::publish) fn message(notice: &Notice) -> Option<Cow<'_, str>> {
    match &notice.event {
        Event::Facet(event) => event.message.as_deref().map(Cow::Borrowed),
        Event::Scope(event) => {
            let message = scope::message(notice.scope.source, event);
            (!message.is_empty()).then_some(Cow::Owned(message))
        }
    }
}

/// Whose words follow: AWS explains what happens to a subject, tidings what happens to a scope.
pub(in crate::publish) const fn speaker(notice: &Notice) -> &'static str {
    match notice.event {
        Event::Facet(_) => "AWS says:",
        Event::Scope(_) => "Details:",
    }
}

/// What a rule in `tidings.toml` adds: a link to a runbook, say.
pub(in crate::publish) fn note(notice: &Notice) -> Option<String> {
    let note = one_line(notice.note.as_deref()?);
    (!note.is_empty()).then_some(note)
}

/// The explanation, whole, line by line without empty ones. A bad end without an explanation says so.
pub(in crate::publish) fn words(notice: &Notice) -> Vec<String> {
    let message = message(notice).map(|message| clean(&message)).unwrap_or_default();
    let said: Vec<String> =
        message.lines().map(|line| line.trim_end().to_owned()).filter(|line| !line.is_empty()).collect();
    match notice.reason() {
        Reason::Failed | Reason::Canceled if said.is_empty() => vec!["(no explanation given)".to_owned()],
        _ => said,
    }
}
