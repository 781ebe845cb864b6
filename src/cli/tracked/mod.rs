//! What is tracked, one row per subject and facet: for `status`, and for the end of a rehearsal.

use std::collections::BTreeMap;

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, Table};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::domain::{Facet, FacetRecord, Known, Progress, Record, Scope};

/// How much of AWS's words a row shows.
const WORDS: usize = 90;
/// How many characters a full progress bar has.
const BAR: usize = 10;

/// One state machine of one subject.
#[derive(Clone, Debug)]
pub(super) struct Row {
    scope: Scope,
    record: Record,
    name: Facet,
    facet: FacetRecord,
}

#[derive(Serialize)]
struct Amounts {
    percent: Option<f64>,
    done_bytes: Option<u64>,
    total_bytes: Option<u64>,
}

impl From<Progress> for Amounts {
    fn from(progress: Progress) -> Self {
        Self { percent: progress.percent, done_bytes: progress.done_bytes, total_bytes: progress.total_bytes }
    }
}

/// The rows of a scope. What has expired, though DynamoDB has not removed it yet, and what is gone are left out.
pub(super) fn rows(known: &Known, now: Timestamp) -> Vec<Row> {
    let records = known.records.values().map(|tracked| &tracked.state);
    records
        .filter(|record| record.expires_at.is_none_or(|expires_at| expires_at > now))
        .flat_map(|record| {
            record.facets.iter().filter(|(_, facet)| !facet.is_gone()).map(|(name, facet)| Row {
                scope: known.scope.clone(),
                record: record.clone(),
                name: name.clone(),
                facet: FacetRecord::clone(facet),
            })
        })
        .collect()
}

/// Puts the failing rows first, then those that someone waits for; within each, the newest first.
pub(super) fn sort(rows: &mut [Row]) {
    rows.sort_by_cached_key(|row| {
        let rank = (!row.is_failing(), !row.is_unfinished());
        (rank, std::cmp::Reverse(row.since()), row.scope.clone(), row.record.subject.id.clone(), row.name.clone())
    });
}

impl Row {
    /// Whether its last end was a bad one: a restore that failed, a recurring job that has not succeeded since.
    pub const fn is_failing(&self) -> bool {
        self.facet.failing_since.is_some()
    }

    /// Whether someone waits for its end.
    pub const fn is_unfinished(&self) -> bool {
        self.name.kind().owes_an_end(&self.facet.status, self.facet.completed_once)
    }

    /// Since when it stands as it does.
    fn since(&self) -> Timestamp {
        self.facet.failing_since.unwrap_or(self.facet.changed_at)
    }

    /// As programs read it.
    pub fn to_json(&self) -> Value {
        let Self { scope, record, name, facet } = self;
        json!({
            "source": scope.source.as_str(),
            "account": scope.account,
            "region": scope.region,
            "subject": record.subject.id,
            "name": record.subject.name,
            "facet": name.as_str(),
            "status": facet.status.as_str(),
            "aws_status": facet.aws_status,
            "since": self.since(),
            "failing": self.is_failing(),
            "failures": facet.failures,
            "unfinished": self.is_unfinished(),
            "progress": facet.progress.map(Amounts::from),
            "message": facet.message,
            "run": facet.run,
            "first_seen_at": record.first_seen_at,
            "closed_at": record.closed_at,
            "attributes": record.subject.labels.iter().collect::<BTreeMap<_, _>>(),
        })
    }

    fn cells(&self) -> Vec<Cell> {
        let status = Cell::new(self.facet.status.as_str());
        let status = match () {
            () if self.is_failing() => status.fg(Color::Red).add_attribute(Attribute::Bold),
            () if self.is_unfinished() => status.fg(Color::Yellow),
            () => status.fg(Color::Green),
        };
        vec![
            Cell::new(self.scope.source.as_str()),
            Cell::new(&self.record.subject.name),
            Cell::new(self.name.as_str().rsplit('/').next().unwrap_or_default()),
            status,
            Cell::new(self.since().strftime("%Y-%m-%d %H:%MZ")),
            Cell::new(self.facet.progress.and_then(bar).unwrap_or_default()),
            Cell::new(brief(self.facet.message.as_deref().unwrap_or_default())),
        ]
    }
}

/// The rows as a table. Which account and region they are in is said only when they are in several.
pub(super) fn table(rows: &[Row]) -> Table {
    let place = |row: &Row| format!("{} {}", row.scope.account, row.scope.region);
    let several = rows.iter().any(|row| place(row) != place(&rows[0]));
    let mut header = vec!["source", "subject", "facet", "status", "since", "progress", "AWS says"];
    if several {
        header.insert(1, "account, region");
    }
    let mut table = Table::new();
    table.set_header(header);
    for row in rows {
        let mut cells = row.cells();
        if several {
            cells.insert(1, Cell::new(place(row)));
        }
        table.add_row(cells);
    }
    // Names and words may be wrapped; these are easier read whole.
    let wrapped = [usize::from(several) + 1, usize::from(several) + 6];
    for (index, column) in table.column_iter_mut().enumerate() {
        if !wrapped.contains(&index) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table
}

/// `██████░░░░  62 %`; `None` when nobody knows.
fn bar(progress: Progress) -> Option<String> {
    let percent = progress.percent.filter(|percent| percent.is_finite())?.clamp(0.0, 100.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
    let (tenths, whole) = ((percent / 100.0 * 10.0).floor() as usize, percent.floor() as usize);
    Some(format!("{}{} {whole:>3} %", "█".repeat(tenths), "░".repeat(BAR - tenths)))
}

/// The first line, or as much of it as a row has room for.
fn brief(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_full_only_at_the_end() {
        let bar = |percent| bar(Progress { percent: Some(percent), ..Progress::default() });
        assert_eq!(bar(0.0).as_deref(), Some("░░░░░░░░░░   0 %"));
        assert_eq!(bar(62.5).as_deref(), Some("██████░░░░  62 %"));
        assert_eq!(bar(99.9).as_deref(), Some("█████████░  99 %"));
        assert_eq!(bar(100.0).as_deref(), Some("██████████ 100 %"));
        assert_eq!(bar(f64::NAN), None);
    }

    #[test]
    fn words_are_cut_between_characters() {
        assert_eq!(brief("one\ntwo"), "one");
        assert_eq!(brief(&"ä".repeat(95)), format!("{}…", "ä".repeat(90)));
    }
}
