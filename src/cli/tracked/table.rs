//! The rows as a table. The width decides which columns there are. What matters and has no column stands under the row,
//! as AWS's message always does. A row takes three lines at most; `--output json` leaves nothing out.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::super::columns::{self, Cell, GAP, fit, full_width};
use super::super::show::minute;
use super::super::style::{DIM, GREEN, RED, YELLOW, paint};
use super::Row;

/// How many lines a row takes, with those under it.
const TALLEST: usize = 3;
/// How many of them say what the row is about, when there is something to say under it.
const WHAT_LINES: usize = 2;
/// How far the lines under a row are indented.
const INDENT: usize = 4;
/// How many characters a full progress bar has.
const BAR: usize = 10;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Status,
    Since,
    /// The subject and its facet. It gets the width that the others leave.
    What,
    /// The progress as a bar.
    Bar,
    /// The progress as a number.
    Percent,
    /// Account and region.
    Place,
    Source,
}

use Column::{Bar, Percent, Place, Since, Source, Status, What};

/// The columns, from the most to the fewest, each time with the width that [`What`] must have beside them. The last ones
/// are taken when no others fit.
const LAYOUTS: [(&[Column], usize); 5] = [
    (&[Status, Since, What, Bar, Place, Source], 64),
    (&[Status, Since, What, Bar, Place], 64),
    (&[Status, Since, What, Percent, Place], 48),
    (&[Status, Since, What, Percent], 32),
    (&[Status, What], 0),
];
/// Nothing narrower can be read. Only a terminal with fewer than 26 columns is not wide enough for it.
const NARROWEST: usize = 12;

/// The rows in lines of at most `width`.
pub(in super::super) fn table(rows: &[Row], width: usize) -> Vec<String> {
    let shape = Shape::choose(rows, width);
    let header = shape.columns.iter().map(|column| match column {
        Percent => Cell::number(column.title()),
        column => Cell::line(column.title()),
    });
    let header: Vec<Cell> = header.collect();
    let rows: Vec<columns::Row> = rows.iter().map(|row| shape.lay_out(row)).collect();
    columns::table(&header, &rows)
}

/// What a table looks like.
struct Shape {
    width: usize,
    columns: Vec<Column>,
    /// What has no column and is said under each row.
    under: Vec<Column>,
    /// How wide [`What`] is.
    room: usize,
}

impl Shape {
    fn choose(rows: &[Row], width: usize) -> Self {
        let widest = |column| rows.iter().map(|row| row.text(column).width()).max().unwrap_or_default();
        // Where all rows are in the same place, nobody has to be told which.
        let is_said = |column: Column| match column {
            Place => rows.iter().any(|row| row.text(Place) != rows[0].text(Place)),
            column => widest(column) > 0,
        };
        let shape = |columns: &[Column]| {
            let columns: Vec<Column> = columns.iter().copied().filter(|column| is_said(*column)).collect();
            let under = [Place, Since].into_iter().filter(|column| is_said(*column) && !columns.contains(column));
            let others = columns.iter().filter(|column| **column != What);
            let others: Vec<usize> = others.map(|column| widest(*column).max(column.title().width())).collect();
            let room = width.saturating_sub(full_width(&others) + GAP).max(NARROWEST);
            Self { width, under: under.collect(), room, columns }
        };
        let wanted = widest(What);
        let [fullest @ .., (fewest, _)] = LAYOUTS;
        let mut shapes = fullest.into_iter().map(|(columns, least)| (shape(columns), least));
        shapes.find(|(shape, least)| shape.room >= wanted.min(*least)).map_or_else(|| shape(fewest), |(shape, _)| shape)
    }

    fn lay_out(&self, row: &Row) -> columns::Row {
        let mut under: Vec<String> = self.under.iter().map(|column| row.text(*column)).collect();
        under.extend(row.silence().map(|silence| {
            let by = silence.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
            format!("silenced until {}{by}: {}", minute(silence.until), silence.reason)
        }));
        under.extend(row.facet.message.clone());
        let what = fit(&row.text(What), self.room, if under.is_empty() { TALLEST } else { WHAT_LINES });
        let under = fit(&under.join(" · "), self.width.saturating_sub(INDENT), TALLEST - what.len());
        let under = under.iter().map(|line| format!("{}{}", " ".repeat(INDENT), paint(DIM, line))).collect();
        let cells = self.columns.iter().map(|column| match column {
            Status => Cell::line(row.text(Status)).painted(row.style()),
            What => Cell::text(what.clone()),
            Percent => Cell::number(row.text(Percent)),
            Since | Bar | Place | Source => Cell::line(row.text(*column)),
        });
        columns::Row { cells: cells.collect(), under }
    }
}

impl Column {
    const fn title(self) -> &'static str {
        match self {
            Status => "status",
            Since => "since",
            What => "what",
            Bar => "progress",
            Percent => "done",
            Place => "account, region",
            Source => "source",
        }
    }
}

impl Row {
    fn text(&self, column: Column) -> String {
        let percent = || self.facet.progress?.percent.filter(|percent| percent.is_finite());
        match column {
            Status => self.facet.status.as_str().to_owned(),
            Since => minute(self.since()),
            What => self.name.describe(&self.record.subject.name),
            Bar => percent().map(|percent| format!("{} {:>5}", bar(percent), number(percent))).unwrap_or_default(),
            Percent => percent().map(number).unwrap_or_default(),
            Place => format!("{} {}", self.scope.account, self.scope.region),
            Source => self.scope.source.as_str().to_owned(),
        }
    }

    fn style(&self) -> Style {
        if self.is_failing() {
            RED
        } else if self.is_unfinished() {
            YELLOW
        } else {
            GREEN
        }
    }
}

/// `██████░░░░`; full only at the end.
pub(in super::super) fn bar(percent: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10")]
    let tenths = (percent.clamp(0.0, 100.0) / 10.0).floor() as usize;
    format!("{}{}", "█".repeat(tenths), "░".repeat(BAR - tenths))
}

/// `62 %`; never more than there is.
pub(in super::super) fn number(percent: f64) -> String {
    format!("{} %", percent.clamp(0.0, 100.0).floor())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::*;
    use crate::domain::{
        Facet, FacetObservation, FacetRecord, Labels, Observation, Progress, Record, Scope, Source, Subject,
    };

    const ACCOUNT: &str = "123456789012";

    fn row(source: Source, name: &str, facet: Facet, status: &str, time: &str, message: &str) -> Row {
        let time: Timestamp = time.parse().expect("a time");
        let message = Some(message.to_owned()).filter(|message| !message.is_empty());
        let seen = FacetObservation { message, ..FacetObservation::new(facet.clone(), status) };
        let subject = Arc::new(Subject { id: name.into(), name: name.to_owned(), labels: Labels::new() });
        let observation = Observation { subject, began_at: None, facets: Vec::new(), awaits_more: false };
        let scope = Scope { source, account: ACCOUNT.to_owned(), region: "us-east-1".to_owned() };
        Row { scope, record: Record::new(&observation, time), name: facet, facet: FacetRecord::first(&seen, time) }
    }

    fn at_percent(percent: f64, row: Row) -> Row {
        let progress = Some(Progress { percent: Some(percent), ..Progress::default() });
        Row { facet: FacetRecord { progress, ..row.facet }, ..row }
    }

    /// A bad morning on a data platform.
    fn morning() -> Vec<Row> {
        let job = |job: &str| Facet::Job(job.to_owned());
        let to =
            |bucket: &str| Facet::Destination(format!("arn:aws:s3tables:eu-central-1:444455556666:bucket/{bucket}"));
        vec![
            row(
                Source::S3TablesMaintenance,
                "table marketing_attribution.customer_lifetime_value_by_channel_daily in bucket analytics-prod-lake",
                job("icebergUnreferencedFileRemoval"),
                "Failed",
                "2026-03-02T18:50:00Z",
                "Insufficient access to the KMS key arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab \
                 used to encrypt the table. Grant maintenance.s3tables.amazonaws.com kms:GenerateDataKey and kms:Decrypt in \
                 the key policy.",
            ),
            row(
                Source::S3TablesReplication,
                "table sales.orders in bucket lake",
                to("lake-replica"),
                "failed",
                "2026-03-02T17:05:00Z",
                "Access denied",
            ),
            row(
                Source::Backup,
                "RDS restore test of awsbackup:job-9d42a8d6-1115-4a7e-9d57-aa10c2b7e005 (job 55EE66FF)",
                Facet::Validation,
                "FAILED",
                "2026-03-02T03:00:00Z",
                "Row count of public.orders is 0, expected more than 1000000.",
            ),
            row(
                Source::Redshift,
                "table restore of warehouse.finance_reporting.general_ledger_journal_entries_2026 on cluster analytics-prod",
                Facet::Restore,
                "FAILED",
                "2026-03-01T22:10:00Z",
                &"The restore ran out of disk space on node 3 of the cluster.\n".repeat(9),
            ),
            at_percent(
                61.8,
                row(
                    Source::Redshift,
                    "table restore of dev.public.events on cluster analytics",
                    Facet::Restore,
                    "IN_PROGRESS",
                    "2026-03-02T19:30:00Z",
                    "",
                ),
            ),
            at_percent(
                100.0,
                row(
                    Source::Backup,
                    "EBS restore of vol-07c4d2aa (job 44DD55EE)",
                    Facet::Restore,
                    "COMPLETED",
                    "2026-03-02T19:30:00Z",
                    "",
                ),
            ),
            row(
                Source::S3TablesMaintenance,
                "table web.clicks in bucket lake",
                job("icebergCompaction"),
                "Not_Yet_Run",
                "2026-03-02T06:00:00Z",
                "",
            ),
        ]
    }

    /// The same with a row from another account.
    fn two_accounts() -> Vec<Row> {
        let mut rows = morning();
        let scope = Scope { account: "444455556666".to_owned(), region: "ap-southeast-2".to_owned(), ..rows[1].scope };
        rows[1].scope = scope;
        rows
    }

    #[test]
    fn a_morning_on_three_terminals() {
        for width in [80, 120, 200] {
            insta::assert_snapshot!(format!("{width}_columns"), text(&morning(), width));
            insta::assert_snapshot!(format!("{width}_columns_two_accounts"), text(&two_accounts(), width));
        }
    }

    /// As it is where styles are not shown.
    fn text(rows: &[Row], width: usize) -> String {
        anstream::adapter::strip_str(&table(rows, width).join("\n")).to_string()
    }

    fn words(text: &str) -> BTreeSet<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn rows_are_short_lines_fit_and_words_are_whole() {
        for rows in [morning(), two_accounts()] {
            let columns = [Status, Since, What, Bar, Percent, Place, Source];
            let mut said: BTreeSet<String> = columns.iter().flat_map(|column| words(column.title())).collect();
            said.insert("·".to_owned());
            for row in &rows {
                said.extend(columns.iter().flat_map(|column| words(&row.text(*column))));
                said.extend(words(row.facet.message.as_deref().unwrap_or_default()));
            }
            for width in 26..=250 {
                let text = text(&rows, width);
                for line in text.lines() {
                    assert!(line.width() <= width, "{width}: {line}");
                }
                for word in words(&text).iter().filter(|word| !word.contains(['…', '─'])) {
                    assert!(said.contains(word), "{word:?} is no word: {text}");
                }
                let shape = Shape::choose(&rows, width);
                for row in &rows {
                    let height = columns::table(&[], &[shape.lay_out(row)]).len();
                    assert!((2..=1 + TALLEST).contains(&height), "{height} lines with the rule: {text}");
                }
            }
        }
    }

    #[test]
    fn what_is_in_another_account_says_so_at_every_width() {
        for width in [48, 60, 80, 120, 200] {
            let several = text(&two_accounts(), width);
            assert!(several.contains("444455556666 ap-southeast-2"), "{several}");
            assert!(!text(&morning(), width).contains(ACCOUNT));
        }
    }

    #[test]
    fn bars_are_full_only_at_the_end() {
        let shown = |percent| {
            let row = at_percent(percent, morning().swap_remove(4));
            (row.text(Bar), row.text(Percent))
        };
        let owned = |bar: &str, percent: &str| (bar.to_owned(), percent.to_owned());
        assert_eq!(shown(0.0), owned("░░░░░░░░░░   0 %", "0 %"));
        assert_eq!(shown(62.5), owned("██████░░░░  62 %", "62 %"));
        assert_eq!(shown(99.9), owned("█████████░  99 %", "99 %"));
        assert_eq!(shown(100.0), owned("██████████ 100 %", "100 %"));
        assert_eq!(shown(f64::NAN), owned("", ""));
    }
}
