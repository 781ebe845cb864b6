//! Shortens the lists and the texts of a report.

use crate::domain::report::{FailingNow, LeftOut, LostRestore, PeriodReport, Place, RestoreTest, Unreadable};
use crate::domain::{Silence, shorten as cut};
use crate::publish::render::text::one_line;

/// How much of a report a message contains.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    /// How many entries each list has.
    rows: usize,
    /// In bytes, for every text.
    text: usize,
    pub(super) copies: Copies,
}

/// The copies for people, besides text messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copies {
    Whole,
    /// Only the title, and the command that shows the rest. The copy for programs has only the counts.
    Brief,
    /// Everyone gets the copy for programs.
    None,
}

/// From more to less. The lists begin with what matters most.
pub(super) const EXTENTS: [Extent; 9] = [
    Extent::new(500, 500),
    Extent::new(200, 500),
    Extent::new(100, 400),
    Extent::new(50, 300),
    Extent::new(20, 200),
    Extent::new(5, 150),
    Extent::new(0, 100),
    Extent { rows: 0, text: 64, copies: Copies::Brief },
    Extent { rows: 0, text: 64, copies: Copies::None },
];

impl Extent {
    const fn new(rows: usize, text: usize) -> Self {
        Self { rows, text, copies: Copies::Whole }
    }
}

/// The report with shorter lists and with texts on one line, without control characters.
pub(super) fn shorten(report: &PeriodReport, extent: Extent) -> PeriodReport {
    let text = |text: &str| cut(&one_line(text), extent.text);
    let maybe = |value: &Option<String>| value.as_deref().map(text);
    let place = |place: &Place| Place {
        account: text(&place.account),
        account_name: maybe(&place.account_name),
        region: text(&place.region),
    };
    let failing = |failing: &FailingNow| FailingNow {
        place: place(&failing.place),
        subject: text(&failing.subject),
        facet: text(&failing.facet),
        what: text(&failing.what),
        message: maybe(&failing.message),
        silence: failing.silence.as_ref().map(|silence| Silence {
            reason: text(&silence.reason),
            by: maybe(&silence.by),
            ..silence.clone()
        }),
        ..failing.clone()
    };
    let rows = extent.rows;
    let left_out = |list: usize| list.saturating_sub(rows);
    PeriodReport {
        tests: report
            .tests
            .iter()
            .take(rows)
            .map(|test| RestoreTest {
                place: place(&test.place),
                job: text(&test.job),
                parent_job: maybe(&test.parent_job),
                plan_arn: text(&test.plan_arn),
                resource_type: maybe(&test.resource_type),
                source_arn: maybe(&test.source_arn),
                created_arn: maybe(&test.created_arn),
                recovery_point_arn: maybe(&test.recovery_point_arn),
                message: maybe(&test.message),
                ..test.clone()
            })
            .collect(),
        lost_restores: report
            .lost_restores
            .iter()
            .take(rows)
            .map(|restore| LostRestore {
                place: place(&restore.place),
                what: text(&restore.what),
                message: maybe(&restore.message),
                ..restore.clone()
            })
            .collect(),
        failing: report.failing.iter().take(rows).map(failing).collect(),
        silenced: report.silenced.iter().take(rows).map(failing).collect(),
        unreadable: report
            .unreadable
            .iter()
            .take(rows)
            .map(|unreadable| Unreadable {
                place: place(&unreadable.place),
                part: maybe(&unreadable.part),
                ..unreadable.clone()
            })
            .collect(),
        left_out: LeftOut {
            tests: left_out(report.tests.len()),
            lost_restores: left_out(report.lost_restores.len()),
            failing: left_out(report.failing.len()),
            silenced: left_out(report.silenced.len()),
            unreadable: left_out(report.unreadable.len()),
        },
        every: report.every,
        period: report.period,
        made_at: report.made_at,
        watched: report.watched.clone(),
        tables: report.tables,
        subjects: report.subjects,
        quiet: report.quiet,
        verdicts: report.verdicts.clone(),
        restores: report.restores.clone(),
        told: report.told.clone(),
        told_is_least: report.told_is_least,
    }
}
