//! The page about states that are made here, not by passes.

use std::sync::Arc;

use jiff::SignedDuration;
use uuid::Uuid;

use super::*;
use crate::domain::notice::{Event, FacetChange, Failures, Recovery};
use crate::domain::{
    Facet, FacetObservation, FacetRecord, Known, Labels, Notice, Observation, Progress, Reason, Record, Scope, Silence,
    Status, Subject, SubjectId, ToldNotice, Tracked,
};
use crate::samples::{at, bare, with};

const COMPACTION: &str = "icebergCompaction";

fn now() -> Timestamp {
    at("06:20:00")
}

fn hours_ago(hours: i64) -> Timestamp {
    now().checked_sub(SignedDuration::from_hours(hours)).expect("a time")
}

/// A scope that was read completely a few minutes ago.
fn scope(source: Source) -> Known {
    let scope = Scope { source, account: "123456789012".to_owned(), region: "us-east-1".to_owned() };
    let mut known = Known::nothing(scope);
    known.checkpoint.state.baseline_at = Some(hours_ago(999));
    known.checkpoint.state.last_complete_at = Some(at("06:16:00"));
    known
}

/// A subject with one facet, which has this status since then.
fn item(name: &str, facet: Facet, status: &str, since: Timestamp) -> Tracked<Record> {
    let subject = Arc::new(Subject { id: SubjectId::from(name), name: name.to_owned(), labels: Labels::new() });
    let seen = Observation { subject, began_at: Some(since), facets: Vec::new(), awaits_more: false };
    let mut record = Record::new(&seen, since);
    let mut state = FacetRecord::first(&FacetObservation::new(facet.clone(), status), since);
    state.notices = 1;
    record.facets.insert(facet, state);
    Tracked { state: record, outbox: crate::domain::Outbox::default(), history: Vec::new(), revision: 1 }
}

fn job(name: &str, status: &str, since: Timestamp) -> Tracked<Record> {
    item(name, Facet::Job(COMPACTION.to_owned()), status, since)
}

fn restore(name: &str, status: &str, since: Timestamp) -> Tracked<Record> {
    item(name, Facet::Restore, status, since)
}

/// The item with its only facet changed so.
fn changed(mut item: Tracked<Record>, change: impl FnOnce(&mut FacetRecord)) -> Tracked<Record> {
    let facet = item.state.facets.keys().next().expect("a facet").clone();
    change(item.state.facets.get_mut(&facet).expect("a facet"));
    item
}

/// The item, of which people were told this.
fn told(
    mut item: Tracked<Record>,
    source: Source,
    id: u128,
    change: FacetChange,
    told_at: Timestamp,
) -> Tracked<Record> {
    let facet = item.state.facets.keys().next().expect("a facet").clone();
    let notice = with(bare(source, change), |event| {
        (event.subject, event.facet) = (Arc::clone(&item.state.subject), facet);
    });
    item.history.push(ToldNotice { notice: Notice { id: Uuid::from_u128(id), ..notice }, told_at });
    item
}

fn with_items(mut known: Known, items: impl IntoIterator<Item = Tracked<Record>>) -> Loaded {
    known.records = items.into_iter().collect();
    Loaded::of(known)
}

fn whole(scopes: &[Loaded]) -> String {
    page(scopes, &BTreeMap::new(), now(), &Options::page())
}

fn fragment(scopes: &[Loaded], rows: usize) -> String {
    let form = Form::Fragment(Theme::Dark);
    page(scopes, &BTreeMap::new(), now(), &Options { form, rows, ..Options::page() })
}

/// The text without tags, on one line.
fn text(html: &str) -> String {
    let html = html.split_once("</style>\n<div").map_or(html, |(_, rest)| rest);
    let tagless: String =
        html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect::<Vec<_>>().join(" ");
    tagless.split_whitespace().collect::<Vec<_>>().join(" ").replace(" ,", ",").replace(" ;", ";").replace(" .", ".")
}

#[track_caller]
fn check(html: &str, parts: &[&str]) {
    let text = text(html);
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing: {text}");
    }
}

fn silence() -> Silence {
    Silence {
        notice: Uuid::from_u128(7),
        began_at: hours_ago(2),
        until: now().checked_add(SignedDuration::from_hours(70)).expect("a time"),
        reason: "ticket 4711".to_owned(),
        by: Some("ana".to_owned()),
    }
}

#[test]
fn without_any_state_the_page_says_so() {
    check(&whole(&[]), &["Nothing is watched yet. The first pass fills this page.", "As of 2026-03-02 06:20 UTC."]);
    assert!(!whole(&[]).contains("<section"));
}

#[test]
fn a_quiet_morning_is_said_in_a_sentence() {
    let quiet = with_items(scope(Source::Backup), [restore("volume", "COMPLETED", hours_ago(5))]);
    let sentence = "Nothing is failing, and nothing is under way. All is well. As of 2026-03-02 06:20 UTC. The last complete pass was 4 min ago.";
    check(&whole(&[quiet]), &[sentence, "AWS Backup restore jobs 1 restore job 4 min ago"]);
}

#[test]
fn each_facet_is_where_it_belongs() {
    let jobs = [
        job("table broken", "Failed", hours_ago(50)),
        changed(job("table known", "Failed", hours_ago(90)), |state| {
            state.failing.as_mut().expect("failing").silence = Some(Box::new(silence()));
        }),
        changed(job("table muted", "Failed", hours_ago(10)), |state| {
            let failing = state.failing.as_mut().expect("failing");
            (failing.withheld, failing.told_at) = (true, None);
        }),
        job("table fine", "Successful", hours_ago(1)),
    ];
    let restores = [
        restore("restore lately", "FAILED", hours_ago(30)),
        restore("restore earlier", "FAILED", hours_ago(24 * 8)),
        changed(restore("restore before the baseline", "FAILED", hours_ago(40)), |state| state.notices = 0),
        restore("restore long ago", "FAILED", hours_ago(24 * 31)),
        restore("restore running", "IN_PROGRESS", hours_ago(2)),
        changed(restore("restore stuck", "IN_PROGRESS", hours_ago(9)), |state| {
            state.warned.insert(Reason::Stalled);
        }),
        restore("restore done", "SUCCEEDED", hours_ago(3)),
    ];
    let html =
        whole(&[with_items(scope(Source::S3TablesMaintenance), jobs), with_items(scope(Source::Redshift), restores)]);
    check(
        &html,
        &["2 failing, 2 under way (1 with a warning), 1 silenced, 1 muted by rules; everything else is fine."],
    );
    let section = |class: &str| {
        let (_, rest) = html.split_once(&format!("<section class=\"{class}\">")).expect("a section");
        text(rest.split_once("</section>").expect("its end").0)
    };
    let contains = [
        (
            "failing",
            vec![
                "icebergCompaction on table broken",
                "Failing for 2 d 2 h, since 2026-02-28 04:20 UTC",
                "restore lately",
                "Failed 1 d 6 h ago",
            ],
        ),
        (
            "silenced",
            vec![
                "icebergCompaction on table known",
                "“ticket 4711”, by ana, until 2026-03-05 04:20 UTC (2 d 22 h from now)",
                "tidings unsilence",
            ],
        ),
        ("muted", vec!["icebergCompaction on table muted"]),
        ("under-way", vec!["restore stuck", "Stalled for 9 h", "restore running", "AWS reports no progress"]),
        ("earlier", vec!["restore earlier", "restore before the baseline"]),
    ];
    for (class, parts) in contains {
        for part in parts {
            assert!(section(class).contains(part), "{part:?} is not in {class}: {}", section(class));
        }
    }
    for name in ["table fine", "restore done", "restore long ago"] {
        assert!(!html.contains(name), "{name}");
    }
    let order: Vec<usize> =
        contains_in_order(&html, &["failing", "silenced", "muted", "under-way", "earlier", "watched"]);
    assert!(order.is_sorted(), "{order:?}");
}

fn contains_in_order(html: &str, classes: &[&str]) -> Vec<usize> {
    let at = |class: &&str| html.find(&format!("<section class=\"{class}\">")).expect("a section");
    classes.iter().map(at).collect()
}

#[test]
fn a_failure_says_what_to_do_and_how_to_silence_it() {
    let failures = Failures { since: hours_ago(50), count: 4 };
    let broken = changed(job("table broken", "Failed", hours_ago(50)), |state| {
        state.message = Some("Insufficient access to perform table maintenance operations.".to_owned());
        state.failing.as_mut().expect("failing").runs = 4;
    });
    let broken = told(broken, Source::S3TablesMaintenance, 42, FacetChange::StillFailing(failures), hours_ago(2));
    let html = whole(&[with_items(scope(Source::S3TablesMaintenance), [broken])]);
    check(
        &html,
        &[
            "1 failing; everything else is fine.",
            "Failing for 2 d 2 h, since 2026-02-28 04:20 UTC; 4 failures in a row",
            "Insufficient access to perform table maintenance operations.",
            "If the table is encrypted with a KMS key, check that",
            "tidings silence 00000000-0000-0000-0000-00000000002a --for 3d --reason \"...\"",
        ],
    );
    assert!(html.contains("href=\"https://us-east-1.console.aws.amazon.com/s3/table-buckets"), "{html}");
    assert!(html.contains("<details open>"), "one failure is shown as a whole");
}

#[test]
fn progress_has_a_bar_and_an_estimate() {
    let running = changed(restore("restore running", "IN_PROGRESS", hours_ago(2)), |state| {
        state.progress = Progress::from_megabytes(Some(4_096), Some(8_192));
    });
    let scopes = [with_items(scope(Source::Redshift), [running])];
    check(
        &whole(&scopes),
        &[
            "50 % (4.0 GiB of 8.0 GiB); another 2 h at the average rate so far (583 KiB/s), until about 2026-03-02 08:20 UTC",
        ],
    );
    assert!(whole(&scopes).contains("<span style=\"width: 50.0%\">"));
    let brief: Vec<Option<String>> = jobs(&scopes, now()).into_iter().map(|job| job.brief).collect();
    assert_eq!(brief, [Some("583 KiB/s, 2 h left".to_owned())]);
}

#[test]
fn every_notice_of_30_days_is_on_the_time_line() {
    let source = Source::S3TablesMaintenance;
    let failures = Failures { since: hours_ago(100), count: 1 };
    let recovered = FacetChange::Recovered(Recovery::Failing(hours_ago(100)));
    let item = job("table mended", "Successful", hours_ago(60));
    let item = told(item, source, 0xa1, FacetChange::Completed, hours_ago(24 * 31));
    let item = told(item, source, 0xa2, FacetChange::Failed(failures), hours_ago(100));
    let item = told(item, source, 0xa3, recovered, hours_ago(60));
    let html = whole(&[with_items(scope(source), [item])]);
    check(&html, &["What was told 2 notices about 1 subject in the last 30 days", "recovered 2 d 12 h ago"]);
    for (id, is_there) in [(0xa1, false), (0xa2, true), (0xa3, true)] {
        assert_eq!(html.contains(&Uuid::from_u128(id).to_string()), is_there, "{id:x}");
    }
    assert_eq!(
        (html.matches("<circle class=\"info\" cx=").count(), html.matches("<rect class=\"mark critical\" x=").count()),
        (1 + 1, 1 + 1)
    );
    // On an axis of 5 days, a failure from 100 to 60 hours ago begins at a sixth and is a third long.
    assert!(html.contains("<rect class=\"span critical\" x=\"16.67%\" y=\"8\" width=\"33.33%\""), "{html}");
}

#[test]
fn what_cannot_be_read_is_said() {
    let mut denied = scope(Source::Backup);
    denied.checkpoint.state.failing_since = Some(hours_ago(1));
    denied.checkpoint.state.failures = 12;
    let html = whole(&[with_items(denied, []), with_items(scope(Source::Redshift), [])]);
    let sentence = "Nothing is failing, 1 unreadable.";
    check(
        &html,
        &[
            sentence,
            "AWS Backup restore jobs",
            "Not read for 1 h, since 2026-03-02 05:20 UTC, in 12 passes",
            "not read",
        ],
    );
}

#[test]
fn without_passes_nothing_is_called_fine() {
    let mut stopped = scope(Source::Backup);
    stopped.checkpoint.state.last_complete_at = Some(hours_ago(5));
    let html = whole(&[with_items(stopped.clone(), [])]);
    check(
        &html,
        &[
            "Nothing was failing.",
            "No pass has read a source completely since 2026-03-02 01:20 UTC, 5 h ago: check that tidings runs.",
        ],
    );
    let html = whole(&[with_items(stopped.clone(), [restore("restore", "FAILED", hours_ago(6))])]);
    check(&html, &["1 failing.", "check that tidings runs"]);
    assert!(!html.contains("fine") && !html.contains("All is well"));
    // Passes run, and cannot read anything.
    stopped.checkpoint.state.failing_since = Some(hours_ago(5));
    stopped.checkpoint.state.failures = 60;
    let html = whole(&[with_items(stopped, [])]);
    check(&html, &["5 h ago: what the passes could not read is below.", "Not read for 5 h", "in 60 passes"]);
    assert!(!html.contains("fine") && !html.contains("All is well"));
}

#[test]
fn only_the_sources_that_were_asked_for_are_shown() {
    let scopes = [
        with_items(scope(Source::Redshift), [restore("of Redshift", "FAILED", hours_ago(1))]),
        with_items(scope(Source::Backup), [restore("of Backup", "FAILED", hours_ago(1))]),
    ];
    let options = Options { sources: [Source::Backup].into(), ..Options::page() };
    let html = page(&scopes, &BTreeMap::new(), now(), &options);
    check(&html, &["1 failing", "of Backup", "Only backup."]);
    assert!(!html.contains("of Redshift"));
}

/// What a hostile account may write into names, messages and reasons.
const HOSTILE: &str = "</style></svg><script>alert(1)</script><img src=x onerror='a'>\" onload=\"b";

#[test]
fn texts_are_text_and_nothing_else() {
    let source = Source::S3TablesMaintenance;
    let failures = Failures { since: hours_ago(50), count: 1 };
    let hostile = |name: &str| {
        let item = changed(job(name, "Failed", hours_ago(50)), |state| {
            state.message = Some(HOSTILE.to_owned());
            state.aws_status = HOSTILE.to_owned();
        });
        told(item, source, 1, FacetChange::Failed(failures), hours_ago(3))
    };
    let silenced = changed(hostile(&format!("{HOSTILE} 2")), |state| {
        let silence = Silence { reason: HOSTILE.to_owned(), by: Some(HOSTILE.to_owned()), ..silence() };
        state.failing.as_mut().expect("failing").silence = Some(Box::new(silence));
    });
    let odd = job(&format!("{HOSTILE} 3"), HOSTILE, hours_ago(1));
    let scopes = [with_items(scope(source), [hostile(HOSTILE), silenced, odd])];
    for html in [whole(&scopes), fragment(&scopes, 10), apology(HOSTILE, Theme::Dark)] {
        assert!(html.contains("&#60;script&#62;alert(1)"), "{html}");
        for tag in ["<script", "<img", "onload=\"", "onerror='"] {
            assert!(!html.contains(tag), "{tag}: {html}");
        }
        assert!(html.matches("</style>").count() <= 2, "{html}");
    }
}

#[test]
fn nothing_that_cloudwatch_removes_is_used() {
    let scopes = [with_items(scope(Source::Redshift), [restore("restore", "FAILED", hours_ago(1))])];
    let html = fragment(&scopes, 10);
    assert!(html.starts_with("<style>") && html.contains("cwdb-no-default-styles"), "{html}");
    for removed in
        ["<html", "<body", "<script", "<iframe", "<use", "<link", "src=", "url(", "@import", "javascript:", " on"]
    {
        let is_there = if removed == " on" { html.contains(" onclick") } else { html.contains(removed) };
        assert!(!is_there, "{removed}: {html}");
    }
    // Every rule is about the page's own elements.
    let (css, _) = html.trim_start_matches("<style>").split_once("</style>").expect("styles");
    let selectors: Vec<&str> = css
        .split(['{', '}', ','])
        .map(str::trim)
        .filter(|part| part.starts_with('.') || part.starts_with('#'))
        .collect();
    let foreign: Vec<&&str> =
        selectors.iter().filter(|part| part.starts_with('.') && !part.starts_with(".tidings")).collect();
    assert!(foreign.is_empty() && selectors.len() > 50, "{foreign:?}");
}

#[test]
fn a_fragment_stays_small_and_says_what_it_leaves_out() {
    let source = Source::S3TablesMaintenance;
    let failures = Failures { since: hours_ago(50), count: 2 };
    let items = (0..100_000_u32).map(|number| {
        let item = changed(job(&format!("table {number:06} {}", "<".repeat(200)), "Failed", hours_ago(50)), |state| {
            state.message = Some("<&".repeat(2_000));
        });
        if number % 100 > 0 {
            return item;
        }
        (0..30).fold(item, |item, id| {
            told(
                item,
                source,
                u128::from(number * 100 + id),
                FacetChange::StillFailing(failures),
                hours_ago(i64::from(id)),
            )
        })
    });
    let scopes = [with_items(scope(source), items)];
    let html = fragment(&scopes, 100);
    assert!(html.len() <= LONGEST_FRAGMENT, "{} bytes", html.len());
    check(&html, &["100,000 failing", "more are not shown.", "30,000 notices about 1,000 subjects"]);
    let cards = html.matches("<article class=\"card bad\">").count();
    assert!(cards > 10, "{cards}");
    check(&html, &[&format!("{} more are not shown.", count(100_000 - cards))]);
}

#[test]
fn two_accounts_are_told_apart() {
    let mut other = scope(Source::Backup);
    other.scope.account = "444455556666".to_owned();
    let mut accounts = BTreeMap::new();
    let mut stored = StoredAccount::default();
    stored.account.name = Some("prod-data".to_owned());
    accounts.insert("444455556666".to_owned(), stored);
    let scopes = [
        with_items(scope(Source::Backup), [restore("one", "FAILED", hours_ago(1))]),
        with_items(other, [restore("two", "FAILED", hours_ago(2))]),
    ];
    let html = page(&scopes, &accounts, now(), &Options::page());
    check(&html, &["prod-data (444455556666), us-east-1", "Account and region", "123456789012, us-east-1 1 4 min ago"]);
}

#[test]
fn a_notice_that_waits_can_be_silenced_too() {
    let notice = with(bare(Source::S3TablesMaintenance, crate::samples::failed()), |event| {
        event.facet = Facet::Job(COMPACTION.to_owned());
    });
    assert!(matches!(notice.event, Event::Facet(_)) && Status::Failed.is_failure());
    let id = notice.id.to_string();
    let mut broken = job("table broken", "Failed", hours_ago(1));
    broken.outbox.push([notice]);
    check(&whole(&[with_items(scope(Source::S3TablesMaintenance), [broken])]), &[&format!("tidings silence {id}")]);
}
