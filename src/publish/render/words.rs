//! Whose words a notice carries, and the words themselves.

use super::text::{clean, one_line};
use crate::domain::{Notice, Reason};

/// Whose words follow: AWS explains what happens to a subject, tidings what happens to a scope.
pub(super) fn speaker(notice: &Notice) -> &'static str {
    if notice.facet == "scope" { "Details:" } else { "AWS says:" }
}

/// What a rule in `tidings.toml` adds: a link to a runbook, say.
pub(super) fn note(notice: &Notice) -> Option<String> {
    let note = one_line(notice.labels.get("note")?);
    (!note.is_empty()).then_some(note)
}

/// The explanation, whole, line by line without empty ones. A bad end without an explanation says so.
pub(super) fn words(notice: &Notice) -> Vec<String> {
    let message = notice.message.as_deref().map(clean).unwrap_or_default();
    let said: Vec<String> =
        message.lines().map(|line| line.trim_end().to_owned()).filter(|line| !line.is_empty()).collect();
    match notice.reason {
        Reason::Failed | Reason::Canceled if said.is_empty() => {
            vec!["(no explanation given)".to_owned()]
        }
        _ => said,
    }
}
