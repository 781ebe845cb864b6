//! The summary at the end of a rehearsal.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::columns::{self, Cell};
use super::super::printer::Printer;
use super::super::rendered::{Rendered, Topic};
use super::super::show;
use super::super::style::{BOLD, paint};
use super::super::tracked::{self, Row};
use crate::domain::{Reason, Source};
use crate::report::Report;

/// Counts, kept while the passes go by.
#[derive(Default)]
pub(super) struct Summary {
    passes: usize,
    in_trouble: usize,
    messages: usize,
    waiting: usize,
    notices: BTreeMap<(Reason, Source), usize>,
    /// The sources that were read.
    watched: BTreeSet<Source>,
}

impl Summary {
    pub fn add(&mut self, report: &Report, messages: &[Rendered]) {
        self.passes += 1;
        self.in_trouble += usize::from(!show::trouble(report).is_empty());
        self.messages += messages.len();
        self.waiting = report.pending;
        self.watched.extend(report.scopes.iter().filter_map(|scope| Source::parse(scope.source)));
        for Topic { reason, source, .. } in messages.iter().flat_map(Rendered::topics) {
            *self.notices.entry((reason, source)).or_default() += 1;
        }
    }

    pub fn print(&self, printer: &mut Printer, unfinished: &[Row]) {
        let Self { passes, in_trouble, messages, waiting, .. } = self;
        let notices: usize = self.notices.values().sum();
        printer.line(format!("\n{}", paint(BOLD, "Summary")));
        printer.line(format!(
            "{passes} passes, {in_trouble} of them with trouble; {notices} notices in {messages} messages; \
             {waiting} waiting to be sent"
        ));
        if notices > 0 {
            for line in self.by_reason_and_source(printer.width()) {
                printer.line(line);
            }
        }
        if unfinished.is_empty() {
            printer.line("Nothing is unfinished.");
        } else {
            printer.line(format!("\n{}", paint(BOLD, "Still unfinished")));
            for line in tracked::table(unfinished, printer.width()) {
                printer.line(line);
            }
        }
    }

    /// The lines of a table. Where it would be too wide, the sources' names take two lines.
    fn by_reason_and_source(&self, width: usize) -> Vec<String> {
        let count = |matches: &dyn Fn(Reason, Source) -> bool| -> usize {
            self.notices.iter().filter(|((reason, source), _)| matches(*reason, *source)).map(|(_, count)| count).sum()
        };
        // The columns of accounts only if there is something in them.
        let watched = self.watched.iter().copied();
        let sources: Vec<Source> = watched
            .chain([Source::Account, Source::Hub].into_iter().filter(|source| count(&|_, other| other == *source) > 0))
            .collect();
        let number = |count: usize| Cell::number(if count == 0 { "·".to_owned() } else { count.to_string() });
        let row = |cells| columns::Row { cells, under: Vec::new() };
        let mut rows = Vec::new();
        for reason in Reason::ALL {
            let total = count(&|other, _| other == reason);
            if total > 0 {
                let cells = sources.iter().map(|source| number(count(&|r, s| r == reason && s == *source)));
                rows.push(row([Cell::line(reason.as_str())].into_iter().chain(cells).chain([number(total)]).collect()));
            }
        }
        let cells = sources.iter().map(|source| number(count(&|_, other| other == *source)));
        rows.push(row([Cell::line("all")].into_iter().chain(cells).chain([number(count(&|_, _| true))]).collect()));
        let table = |split: bool| {
            let name = |source: Source| {
                let name = source.as_str().to_owned();
                let parts = if split { name.split('-').map(str::to_owned).collect() } else { vec![name] };
                Cell::text(parts)
            };
            let names = sources.iter().copied().map(name);
            let header: Vec<Cell> =
                [Cell::line("notices")].into_iter().chain(names).chain([Cell::number("all")]).collect();
            columns::table(&header, &rows)
        };
        let whole = table(false);
        if whole.iter().all(|line| line.chars().count() <= width) { whole } else { table(true) }
    }

    /// `{"type": "summary", ..}`.
    pub fn to_json(&self, unfinished: &[Row], now: Timestamp) -> Value {
        let notices: Vec<Value> = self
            .notices
            .iter()
            .map(|((reason, source), count)| {
                json!({"reason": reason.as_str(), "source": source.as_str(), "count": count})
            })
            .collect();
        json!({
            "type": "summary",
            "until": now,
            "passes": self.passes,
            "passes_with_trouble": self.in_trouble,
            "messages": self.messages,
            "waiting": self.waiting,
            "notices": notices,
            "unfinished": unfinished.iter().map(Row::to_json).collect::<Vec<_>>(),
        })
    }
}
