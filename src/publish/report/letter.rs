//! The report as plain text: the email, and what the command line prints.

use std::fmt::Write as _;

use super::words::{
    self, counts, failing, is_one_place, kind, lost_restore, period, place, quiet, restores, short_minute, silenced,
    tests_in_short, told, unreadable, verdict,
};
use crate::domain::report::{PeriodReport, RestoreTest};
use crate::domain::{Status, shorten};
use crate::publish::render::amounts::{count, minute, span};
use crate::publish::render::text::one_line;

/// How many entries of each list an email shows.
pub(super) const ROWS: usize = 25;
/// The longest entry of a list, and the longest status message, in bytes.
const LINE: usize = 300;
/// The widest column, in characters.
const COLUMN: usize = 36;

/// The letter. Each list has at most `rows` entries, and `command` shows the others.
pub fn letter(report: &PeriodReport, rows: Option<usize>, command: Option<&str>) -> String {
    let rows = rows.unwrap_or(usize::MAX);
    let one_place = is_one_place(report);
    let left_out = report.left_out;
    let mut text = format!("{}: {}.\n{}.\n\n", kind(report), verdict(report), counts(report));
    let _ = writeln!(text, "Period: {}", period(report));
    let _ = writeln!(text, "As of:  {}", minute(report.made_at));

    let lines = report.failing.iter().map(|entry| with_message(&failing(entry, one_place), entry.message.as_deref()));
    list(&mut text, "Failing now", lines, rows, left_out.failing);
    if report.test_count() > 0 {
        let _ = writeln!(text, "\nRestore tests: {}", tests_in_short(report));
        test_table(&mut text, report, rows, one_place);
    }
    if report.restore_count() > 0 {
        let _ = writeln!(text, "\nOther restores: {}", restores(report));
        let lines = report.lost_restores.iter();
        let lines = lines.map(|entry| with_message(&lost_restore(entry, one_place), entry.message.as_deref()));
        entries(&mut text, lines, rows, left_out.lost_restores);
    }
    list(
        &mut text,
        "Cannot be read",
        report.unreadable.iter().map(|entry| unreadable(entry, one_place)),
        rows,
        left_out.unreadable,
    );
    let lines = report.silenced.iter().map(|entry| silenced(entry, one_place));
    list(&mut text, "Silenced", lines, rows, left_out.silenced);

    let _ = writeln!(text, "\nSent: {}", told(report));
    let _ = writeln!(text, "Quiet: {}", quiet(report));
    watched(&mut text, report);
    if let Some(command) = command {
        let _ = writeln!(text, "\nAll of it: {command}");
        let _ = writeln!(text, "The restore tests as a file: add --output csv, json or html");
    }
    text
}

fn with_message(line: &str, message: Option<&str>) -> String {
    let message = message.map(one_line).filter(|message| !message.is_empty());
    match message {
        Some(message) => format!("{}\n  AWS says: {}", shorten(&one_line(line), LINE), shorten(&message, LINE)),
        None => shorten(&one_line(line), LINE),
    }
}

fn list(text: &mut String, heading: &str, lines: impl ExactSizeIterator<Item = String>, rows: usize, left_out: usize) {
    if lines.len() + left_out > 0 {
        let _ = writeln!(text, "\n{heading}: {}", count(lines.len() + left_out));
        entries(text, lines, rows, left_out);
    }
}

fn entries(text: &mut String, lines: impl ExactSizeIterator<Item = String>, rows: usize, left_out: usize) {
    let more = lines.len().saturating_sub(rows) + left_out;
    for line in lines.take(rows) {
        let _ = writeln!(text, "- {line}");
    }
    if more > 0 {
        let _ = writeln!(text, "- and {} more", count(more));
    }
}

/// The restore tests in aligned columns, with what AWS says about those that did not pass.
fn test_table(text: &mut String, report: &PeriodReport, rows: usize, one_place: bool) {
    let header = ["result", "ended (UTC)", "took", "clean-up", "resource", "plan", "job", "where"];
    let columns = if one_place { header.len() - 1 } else { header.len() };
    let shown = &report.tests[..report.tests.len().min(rows)];
    let cells: Vec<[String; 8]> = shown.iter().map(row).collect();
    let width = |column: usize| {
        let widths = cells.iter().map(|cells| cells[column].chars().count());
        widths.chain([header[column].len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut line = |cells: &[String]| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let _ = writeln!(text, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
    };
    if !cells.is_empty() {
        line(&header.map(str::to_owned));
    }
    for cells in &cells {
        line(cells);
    }
    let said = shown.iter().filter(|test| test.verdict.is_lost());
    for (test, message) in said.filter_map(|test| Some((test, test.message.as_deref()?))) {
        let line = format!("{} (job {}): AWS says: {}", test.resource(), short_job(test), one_line(message));
        let _ = writeln!(text, "- {}", shorten(&one_line(&line), LINE));
    }
    let more = report.tests.len() - shown.len() + report.left_out.tests;
    if more > 0 {
        let _ = writeln!(text, "- and {} more", count(more));
    }
}

fn row(test: &RestoreTest) -> [String; 8] {
    let status = |status: &Option<Status>| status.as_ref().map_or("-", Status::as_str).to_owned();
    let cells = [
        test.verdict.as_str().to_owned(),
        test.verdict_at.map_or_else(|| "-".to_owned(), short_minute),
        test.duration().map_or_else(|| "-".to_owned(), span),
        status(&test.deletion),
        test.resource(),
        test.plan().to_owned(),
        short_job(test).to_owned(),
        place(&test.place),
    ];
    cells.map(|cell| {
        let cell = one_line(&cell);
        match cell.chars().count() {
            0 => "-".to_owned(),
            1..=COLUMN => cell,
            _ => cell.chars().take(COLUMN - 1).chain(['…']).collect(),
        }
    })
}

fn short_job(test: &RestoreTest) -> &str {
    test.job.split('-').next().unwrap_or(&test.job)
}

fn watched(text: &mut String, report: &PeriodReport) {
    if !report.watched.is_empty() {
        let _ = writeln!(text, "\nWatched:");
    }
    for source in &report.watched {
        let _ = writeln!(text, "- {}", words::watched(source));
    }
    if report.open_test_count() > 0 {
        let _ = writeln!(text, "\nRestore tests that are under way are in the next report again.");
    }
}
