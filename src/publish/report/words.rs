//! The sentences that the copies of a report share.

use jiff::Timestamp;

use crate::domain::report::{FailingNow, LostRestore, PeriodReport, Place, Unreadable, Verdict, Watched};
use crate::domain::{Every, Reason, Severity, Source};
use crate::publish::render::amounts::{count, minute};

/// `Weekly report: nothing failed. 412 tables, 7 restores, 7 of 7 restore tests passed`.
pub(crate) fn title(report: &PeriodReport) -> String {
    format!("{}: {}. {}", kind(report), verdict(report), counts(report))
}

/// `Weekly report`.
pub(crate) const fn kind(report: &PeriodReport) -> &'static str {
    match report.every {
        Every::Week(_) => "Weekly report",
        Every::Month(_) => "Monthly report",
        Every::Never => "Report",
    }
}

/// How things stand, in a few words: `nothing failed`, or `2 failing now, 1 restore test did not pass`.
pub(crate) fn verdict(report: &PeriodReport) -> String {
    let parts = [
        (report.failing_count(), "failing now", "failing now"),
        (report.lost_test_count(), "restore test did not pass", "restore tests did not pass"),
        (report.lost_restore_count(), "restore did not complete", "restores did not complete"),
        (report.unreadable_count(), "source or part cannot be read", "sources or parts cannot be read"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|part| part.0 > 0).map(|part| counted(part.0, part.1, part.2)).collect();
    if !parts.is_empty() {
        return parts.join(", ");
    }
    let is_unread =
        !report.watched.is_empty() && report.watched.iter().all(|watched| watched.last_complete_at.is_none());
    let told_failures = report.told.keys().any(|reason| reason.severity() > Severity::Info);
    let said = match (is_unread, report.silenced_count(), told_failures) {
        (true, ..) => "nothing was read completely yet",
        (false, 1.., _) => "nothing is failing except what is silenced",
        (false, 0, true) => "nothing is failing now",
        (false, 0, false) => "nothing failed",
    };
    said.to_owned()
}

/// What was watched: `412 tables, 7 restores, 7 of 7 restore tests passed`.
pub(crate) fn counts(report: &PeriodReport) -> String {
    let mut parts = Vec::new();
    if report.tables > 0 {
        parts.push(counted(report.tables, "table", "tables"));
    }
    if report.restore_count() > 0 {
        parts.push(counted(report.restore_count(), "restore", "restores"));
    }
    let watches_tests = report.watched.iter().any(|watched| watched.source == Source::Backup);
    if watches_tests || report.test_count() > 0 {
        parts.push(tests(report));
    }
    if parts.is_empty() {
        parts.push("No tables and no restores".to_owned());
    }
    upper_first(&parts.join(", "))
}

/// `7 of 7 restore tests passed, 1 under way`.
fn tests(report: &PeriodReport) -> String {
    match (report.ended_test_count(), report.open_test_count()) {
        (0, 0) => "no restore tests".to_owned(),
        (0, open) => format!("{} under way", counted(open, "restore test", "restore tests")),
        (ended, _) => passed(report, &counted(ended, "restore test", "restore tests")),
    }
}

/// The same under a heading: `7 of 7 passed, 1 under way`.
pub(crate) fn tests_in_short(report: &PeriodReport) -> String {
    passed(report, &count(report.ended_test_count()))
}

fn passed(report: &PeriodReport, ended: &str) -> String {
    let passed = format!("{} of {ended} passed", count(report.passed_count()));
    match report.open_test_count() {
        0 => passed,
        open => format!("{passed}, {} under way", count(open)),
    }
}

/// `12 completed, 1 failed, 2 under way`.
pub(crate) fn restores(report: &PeriodReport) -> String {
    let word = |verdict: Verdict| match verdict {
        Verdict::Restored | Verdict::Validated => "completed",
        Verdict::Open => "under way",
        other => other.as_str(),
    };
    let ended = report.restores.iter().rev().map(|(verdict, number)| format!("{} {}", count(*number), word(*verdict)));
    ended.collect::<Vec<_>>().join(", ")
}

/// `14 notices: 3 failed, 9 completed, 2 recovered`.
pub(crate) fn told(report: &PeriodReport) -> String {
    let reasons = Reason::ALL.iter().filter_map(|reason| Some((reason, report.told.get(reason)?)));
    let reasons: Vec<String> = reasons.map(|(reason, number)| format!("{} {reason}", count(*number))).collect();
    let least = if report.told_is_least { "at least " } else { "" };
    match reasons.as_slice() {
        [] => format!("{least}no notices"),
        reasons => format!("{least}{}: {}", counted(report.told_count(), "notice", "notices"), reasons.join(", ")),
    }
}

/// `405 of 419 tables and restores had no notice at all`.
pub(crate) fn quiet(report: &PeriodReport) -> String {
    format!("{} of {} tables and restores had no notice at all", count(report.quiet), count(report.subjects))
}

/// `2026-03-02 07:00 UTC to 2026-03-09 07:00 UTC`.
pub(crate) fn period(report: &PeriodReport) -> String {
    format!("{} to {}", minute(report.period.from), minute(report.period.to))
}

/// `icebergCompaction on sales.orders in bucket lake: since 2026-03-01 06:00 UTC, 5 failures`.
pub(crate) fn failing(failing: &FailingNow, one_place: bool) -> String {
    let failures = counted(failing.failures as usize, "failure", "failures");
    let told = if failing.is_told { "" } else { ", no notice yet because of a rule" };
    let since = minute(failing.since);
    format!("{}{}: since {since}, {failures}{told}", failing.what, in_place(&failing.place, one_place))
}

/// `icebergCompaction on sales.orders in bucket lake: until 2026-03-12 06:00 UTC, by ana: ticket 4711`.
pub(crate) fn silenced(failing: &FailingNow, one_place: bool) -> String {
    let Some(silence) = &failing.silence else { return self::failing(failing, one_place) };
    let by = silence.by.as_ref().map(|by| format!(", by {by}")).unwrap_or_default();
    let place = in_place(&failing.place, one_place);
    format!("{}{place}: until {}{by}: {}", failing.what, minute(silence.until), silence.reason)
}

/// `table restore of dev.public.orders on cluster analytics: failed at 2026-03-03 02:10 UTC`.
pub(crate) fn lost_restore(restore: &LostRestore, one_place: bool) -> String {
    let place = in_place(&restore.place, one_place);
    format!("{}{place}: {} at {}", restore.what, restore.verdict.as_str(), minute(restore.ended_at))
}

/// `S3 Tables maintenance: table bucket lake: since 2026-03-03 02:10 UTC`.
pub(crate) fn unreadable(unreadable: &Unreadable, one_place: bool) -> String {
    let what = match unreadable.source {
        Source::Account => format!("account {}", account(&unreadable.place)),
        source => format!("{}{}", source.describe(), in_place(&unreadable.place, one_place)),
    };
    let part = unreadable.part.as_ref().map(|part| format!(": {part}")).unwrap_or_default();
    format!("{what}{part}: since {}", minute(unreadable.since))
}

/// `S3 Tables maintenance: 412 tables, last read completely at 2026-03-09 07:00 UTC`.
pub(crate) fn watched(watched: &Watched) -> String {
    let (one, many) = watched.source.subjects();
    let subjects = counted(watched.subjects, one, many);
    let scopes = match watched.scopes {
        1 => String::new(),
        scopes => format!(" in {} accounts and regions", count(scopes)),
    };
    let read = match (watched.last_complete_at, watched.never_read) {
        (None, _) => "never read completely".to_owned(),
        (Some(at), 0) => format!("last read completely at {}", minute(at)),
        (Some(at), never) => format!("{} never read completely, the others at {}", count(never), minute(at)),
    };
    format!("{}: {subjects}{scopes}, {read}", upper_first(watched.source.describe()))
}

/// `prod-data (444455556666), eu-central-1`.
pub(crate) fn place(place: &Place) -> String {
    format!("{}, {}", account(place), place.region)
}

fn account(place: &Place) -> String {
    match &place.account_name {
        Some(name) => format!("{name} ({})", place.account),
        None => place.account.clone(),
    }
}

fn in_place(at: &Place, one_place: bool) -> String {
    if one_place { String::new() } else { format!(" ({})", place(at)) }
}

/// Whether everything in the lists is in the same account and region, so that entries need not name it.
pub(crate) fn is_one_place(report: &PeriodReport) -> bool {
    let lists = report.tests.iter().map(|test| &test.place).chain(report.lost_restores.iter().map(|lost| &lost.place));
    let failing = report.failing.iter().chain(&report.silenced).map(|failing| &failing.place);
    let mut places = lists.chain(failing).chain(report.unreadable.iter().map(|unreadable| &unreadable.place));
    let first = places.next();
    report.watched.iter().all(|watched| watched.scopes == 1) && places.all(|place| Some(place) == first)
}

/// `1 table`, `412 tables`.
pub(crate) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

pub(crate) fn upper_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// `2026-03-03 02:10`, for a column whose header names the time zone.
pub(crate) fn short_minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M").to_string()
}
