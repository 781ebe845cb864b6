//! The explanation and the note of a notice.

use std::borrow::Cow;

use super::scope;
use super::text::{clean, one_line};
use crate::domain::notice::Event;
use crate::domain::{Notice, Reason};

/// The status message of a subject, or the explanation of tidings for a scope. `None` if there is none.
pub(in crate::publish) fn message(notice: &Notice) -> Option<Cow<'_, str>> {
    match &notice.event {
        Event::Facet(event) => event.message.as_deref().map(Cow::Borrowed),
        Event::Scope(event) => {
            let message = scope::message(notice, event);
            (!message.is_empty()).then_some(Cow::Owned(message))
        }
    }
}

/// The line above the explanation. AWS explains what happened to a subject, and tidings what happened to a scope.
pub(in crate::publish) const fn message_heading(notice: &Notice) -> &'static str {
    match notice.event {
        Event::Facet(_) => "AWS says:",
        Event::Scope(_) => "Details:",
    }
}

/// The text that a rule in `tidings.toml` adds, such as a link to a runbook.
pub(in crate::publish) fn note(notice: &Notice) -> Option<String> {
    let note = one_line(notice.note.as_deref()?);
    (!note.is_empty()).then_some(note)
}

/// The lines of the explanation without empty ones. If a failure has no explanation, a line says so.
pub(crate) fn message_lines(notice: &Notice) -> Vec<String> {
    let message = message(notice).map(|message| clean(&message)).unwrap_or_default();
    let said: Vec<String> =
        message.lines().map(|line| line.trim_end().to_owned()).filter(|line| !line.is_empty()).collect();
    match notice.reason() {
        Reason::Failed | Reason::Canceled if said.is_empty() => vec!["(no explanation given)".to_owned()],
        _ => said,
    }
}
