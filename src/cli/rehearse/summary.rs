//! What a rehearsal came to.

use std::collections::BTreeMap;

use comfy_table::{Cell, CellAlignment, Table};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::letter::{Gist, Letter};
use super::super::printer::{BOLD, Printer, paint};
use super::super::show;
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
}

impl Summary {
    pub fn add(&mut self, report: &Report, letters: &[Letter]) {
        self.passes += 1;
        self.in_trouble += usize::from(!show::trouble(report).is_empty());
        self.messages += letters.len();
        self.waiting = report.pending;
        for Gist { reason, source, .. } in letters.iter().flat_map(Letter::gists) {
            *self.notices.entry((reason, source)).or_default() += 1;
        }
    }

    pub fn print(&self, printer: &mut Printer, unfinished: &[Row]) {
        let Self { passes, in_trouble, messages, waiting, .. } = self;
        let notices: usize = self.notices.values().sum();
        printer.line(format!("\n{}", paint(BOLD, "Summary")));
        printer.line(format!(
            "{passes} passes, {in_trouble} of them with trouble; {notices} notices in {messages} messages; \
             {waiting} waiting to be told"
        ));
        if notices > 0 {
            printer.table(&mut self.by_reason_and_source());
        }
        if unfinished.is_empty() {
            printer.line("Nothing is unfinished.");
        } else {
            printer.line(format!("\n{}", paint(BOLD, "Still unfinished")));
            printer.table(&mut tracked::table(unfinished));
        }
    }

    fn by_reason_and_source(&self) -> Table {
        let count = |matches: &dyn Fn(Reason, Source) -> bool| -> usize {
            self.notices.iter().filter(|((reason, source), _)| matches(*reason, *source)).map(|(_, count)| count).sum()
        };
        let number = |count: usize| {
            let text = if count == 0 { "·".to_owned() } else { count.to_string() };
            Cell::new(text).set_alignment(CellAlignment::Right)
        };
        let mut table = Table::new();
        let sources = Source::ALL.map(Source::as_str);
        table.set_header(["notices"].iter().chain(&sources).chain(&["all"]));
        for reason in Reason::ALL {
            let total = count(&|other, _| other == reason);
            if total > 0 {
                let cells = Source::ALL.map(|source| number(count(&|r, s| r == reason && s == source)));
                table.add_row([Cell::new(reason)].into_iter().chain(cells).chain([number(total)]));
            }
        }
        let cells = Source::ALL.map(|source| number(count(&|_, other| other == source)));
        table.add_row([Cell::new("all")].into_iter().chain(cells).chain([number(count(&|_, _| true))]));
        table
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
