//! How passes are printed, for people and for programs.

use std::collections::BTreeMap;

use clap::ValueEnum;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::printer::Printer;
use super::rendered::{Channel, Rendered};
use super::style::{YELLOW, paint};
use crate::domain::ErrorKind;
use crate::report::Report;

/// Who the output is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// A person.
    Text,
    /// A program: one JSON value per line.
    Json,
}

/// A pass and each of its messages as JSON lines: `{"type": "pass", ..}` and `{"type": "message", ..}`.
pub(super) fn json_lines(printer: &mut Printer, report: &Report, messages: &[Rendered], channel: Channel) {
    printer.line(json!({"type": "pass", "report": report}));
    for message in messages {
        let mut line = json!({
            "type": "message",
            "reference_time": report.reference_time,
            "subject": message.subject(),
            "event": message.event(),
        });
        if channel != Channel::Machine {
            line["copy"] = Value::String(message.copy(channel));
        }
        printer.line(line);
    }
}

/// The scopes in which something failed, by source, with the kind of
/// the error and its message. No kind: another invocation is working on the scope.
pub(super) type Trouble = BTreeMap<&'static str, (Option<ErrorKind>, String)>;

/// What failed in a pass. A scope that another invocation is working on counts.
pub(super) fn trouble(report: &Report) -> Trouble {
    let of_scope = |scope: &crate::report::ScopeReport| match &scope.error {
        Some(error) => Some((scope.source, (Some(error.kind), error.message.clone()))),
        None if scope.coverage == "skipped" => {
            Some((scope.source, (None, "another tidings process is working on it; skipped".to_owned())))
        }
        None => None,
    };
    report.scopes.iter().filter_map(of_scope).collect()
}

/// What differs from the pass before, one line each: new errors, errors of another kind, and what works again.
pub(super) fn changes_of_trouble(before: &Trouble, now: &Trouble) -> Vec<String> {
    let begun = now.iter().filter(|(source, (kind, _))| before.get(*source).is_none_or(|(known, _)| known != kind));
    let ended = before.keys().filter(|source| !now.contains_key(*source));
    begun
        .map(|(source, (_, message))| format!("{}: {message}", paint(YELLOW, source)))
        .chain(ended.map(|source| format!("{source}: works again")))
        .collect()
}

/// `14 read, 2 changed, 1 sent, 1 waiting to be sent`. Counts of zero are left out, except the first.
pub(super) fn counts(report: &Report) -> String {
    let sum = |count: fn(&crate::report::ScopeReport) -> usize| report.scopes.iter().map(count).sum::<usize>();
    let mut parts = vec![format!("{} read", sum(|scope| scope.observed))];
    let sent = if report.dry_run { (report.noticed, "would be sent") } else { (report.published, "sent") };
    for (count, what) in [(sum(|scope| scope.changed), "changed"), sent, (report.pending, "waiting to be sent")] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    parts.join(", ")
}

/// Hours and minutes, UTC.
pub(super) fn clock(time: Timestamp) -> String {
    time.strftime("%H:%M").to_string()
}

/// Day, hours and minutes, UTC: `2026-03-02 06:00Z`.
pub(super) fn minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%MZ").to_string()
}

/// The day, UTC.
pub(super) fn day(time: Timestamp) -> String {
    time.strftime("%A %-d %B %Y").to_string()
}
