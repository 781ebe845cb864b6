//! Passes as a person or a program reads them.

use std::collections::BTreeMap;

use clap::ValueEnum;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::letter::{Channel, Letter};
use super::printer::Printer;
use super::style::{YELLOW, paint};
use crate::domain::ErrorKind;
use crate::report::Report;

/// Who reads the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// A person.
    Text,
    /// A program: one JSON value per line.
    Json,
}

/// A pass and each of its messages as JSON lines: `{"type": "pass", ..}` and `{"type": "message", ..}`.
pub(super) fn json_lines(printer: &mut Printer, report: &Report, letters: &[Letter], channel: Channel) {
    printer.line(json!({"type": "pass", "report": report}));
    for letter in letters {
        let mut line = json!({
            "type": "message",
            "reference_time": report.reference_time,
            "subject": letter.subject(),
            "event": letter.event(),
        });
        if channel != Channel::Machine {
            line["copy"] = Value::String(letter.copy(channel));
        }
        printer.line(line);
    }
}

/// The scopes that could not be read (or written, or told about), by source, with what kind of error
/// it was and what happened. No kind: another invocation is at work on the scope.
pub(super) type Trouble = BTreeMap<&'static str, (Option<ErrorKind>, String)>;

/// What is wrong at the end of a pass. Scopes that another invocation is at work on count.
pub(super) fn trouble(report: &Report) -> Trouble {
    let of_scope = |scope: &crate::report::ScopeReport| match &scope.error {
        Some(error) => Some((scope.source, (Some(error.kind), error.message.clone()))),
        None if scope.coverage == "skipped" => {
            Some((scope.source, (None, "another tidings is at work on it; it was left alone".to_owned())))
        }
        None => None,
    };
    report.scopes.iter().filter_map(of_scope).collect()
}

/// What differs from the trouble before, one line each: what went wrong for the first time or in another way, and what
/// is right again.
pub(super) fn changes_of_trouble(before: &Trouble, now: &Trouble) -> Vec<String> {
    let begun = now.iter().filter(|(source, (kind, _))| before.get(*source).is_none_or(|(known, _)| known != kind));
    let ended = before.keys().filter(|source| !now.contains_key(*source));
    begun
        .map(|(source, (_, story))| format!("{}: {story}", paint(YELLOW, source)))
        .chain(ended.map(|source| format!("{source}: works again")))
        .collect()
}

/// `14 read, 2 changed, 1 told, 1 waiting`: what is nothing is left out, except what was read.
pub(super) fn counts(report: &Report) -> String {
    let sum = |count: fn(&crate::report::ScopeReport) -> usize| report.scopes.iter().map(count).sum::<usize>();
    let mut parts = vec![format!("{} read", sum(|scope| scope.observed))];
    let told = if report.dry_run { (report.noticed, "would be told") } else { (report.published, "told") };
    for (count, what) in [(sum(|scope| scope.changed), "changed"), told, (report.pending, "waiting to be told")] {
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

/// The day, UTC.
pub(super) fn day(time: Timestamp) -> String {
    time.strftime("%A %-d %B %Y").to_string()
}
