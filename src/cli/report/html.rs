//! The report as an HTML page for an auditor: it loads nothing, has no script, and prints well.

use askama::Template;

use crate::domain::Status;
use crate::domain::report::{PeriodReport, RestoreTest};
use crate::publish::report::words::{
    counts, failing, is_one_place, lost_restore, period, place, quiet, restores, short_minute, silenced,
    tests_in_short, told, unreadable, upper_first, verdict, watched,
};
use crate::publish::report::{on_one_line, span};

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    verdict: String,
    counts: String,
    period: String,
    made_at: String,
    is_fine: bool,
    tests_in_short: String,
    tests: Vec<Test>,
    restores: String,
    sections: Vec<Section>,
}

/// A restore test, as the page shows it.
struct Test {
    verdict: &'static str,
    is_passed: bool,
    is_lost: bool,
    verdict_at: String,
    began_at: String,
    took: String,
    validation: String,
    deletion: String,
    resource: String,
    source_arn: String,
    plan: String,
    job: String,
    place: String,
    message: Option<String>,
}

/// A list under a heading.
struct Section {
    heading: &'static str,
    /// What the list says if it is empty.
    empty: &'static str,
    entries: Vec<Entry>,
}

struct Entry {
    line: String,
    message: Option<String>,
}

pub(super) fn page(report: &PeriodReport) -> String {
    let one_place = is_one_place(report);
    let said = |line: String, message: &Option<String>| Entry { line: on_one_line(&line), message: message.clone() };
    let plain = |line: String| said(line, &None);
    let sections = vec![
        Section {
            heading: "Other restores that did not complete",
            empty: "None.",
            entries: report.lost_restores.iter().map(|it| said(lost_restore(it, one_place), &it.message)).collect(),
        },
        Section {
            heading: "Failing now",
            empty: "Nothing is failing, except what is silenced.",
            entries: report.failing.iter().map(|it| said(failing(it, one_place), &it.message)).collect(),
        },
        Section {
            heading: "Silenced",
            empty: "Nothing is silenced.",
            entries: report.silenced.iter().map(|it| said(silenced(it, one_place), &it.message)).collect(),
        },
        Section {
            heading: "Cannot be read",
            empty: "Everything can be read.",
            entries: report.unreadable.iter().map(|it| plain(unreadable(it, one_place))).collect(),
        },
        Section {
            heading: "Notices",
            empty: "",
            entries: vec![plain(format!("{} in the period", told(report))), plain(quiet(report))],
        },
        Section {
            heading: "Watched",
            empty: "Nothing is watched yet.",
            entries: report.watched.iter().map(|it| plain(watched(it))).collect(),
        },
    ];
    let page = Page {
        verdict: upper_first(&verdict(report)),
        counts: counts(report),
        period: period(report),
        made_at: short_minute(report.made_at),
        is_fine: report.severity() == crate::domain::Severity::Info,
        tests_in_short: tests_in_short(report),
        tests: report.tests.iter().map(test).collect(),
        restores: restores(report),
        sections,
    };
    // Writing to a string cannot fail.
    page.render().unwrap_or_default()
}

fn test(test: &RestoreTest) -> Test {
    let status = |status: &Option<Status>| status.as_ref().map_or("-", Status::as_str).to_owned();
    let time = |time: Option<jiff::Timestamp>| time.map_or_else(|| "-".to_owned(), short_minute);
    Test {
        verdict: test.verdict.as_str(),
        is_passed: test.verdict.is_passed(),
        is_lost: test.verdict.is_lost(),
        verdict_at: time(test.verdict_at),
        began_at: time(test.began_at),
        took: test.duration().map_or_else(|| "-".to_owned(), span),
        validation: status(&test.validation),
        deletion: status(&test.deletion),
        resource: test.resource(),
        source_arn: test.source_arn.clone().unwrap_or_default(),
        plan: test.plan().to_owned(),
        job: test.job.clone(),
        place: place(&test.place),
        message: test.message.as_deref().map(on_one_line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::report::bad_week;

    #[test]
    fn the_page_is_complete_in_itself() {
        let page = page(&bad_week());
        for foreign in ["<script", "src=", "@import", "url(", "<link", "<img"] {
            assert!(!page.contains(foreign), "{foreign}");
        }
        for job in ["9A60-1", "9A60-2", "9A60-3", "9A60-4", "9A60-5"] {
            assert!(page.contains(job), "{job}");
        }
        assert!(page.contains("2 of 4 passed, 1 under way") && page.contains("by ana: ticket 4711"), "{page}");
    }

    #[test]
    fn what_others_say_is_text_and_nothing_else() {
        let mut report = bad_week();
        report.tests[0].message = Some("<script>alert(1)</script>".to_owned());
        report.failing[0].what = "<b onload='x'>".to_owned();
        report.tests[0].job = "\"><img src=x>".to_owned();
        let page = page(&report);
        assert!(!page.contains("<script") && !page.contains("<b ") && !page.contains("<img"), "{page}");
        assert!(page.contains("&#60;script&#62;alert(1)"), "{page}");
    }
}
