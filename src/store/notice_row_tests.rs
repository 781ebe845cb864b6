//! Rows of this version and of version 0.1, each read by both versions.

use serde_json::{Value, json};

use super::*;
use crate::domain::Source;
use crate::samples;

/// The fields that version 0.1 needs. It refuses a row without one of them.
const NEEDED_BY_0_1: [&str; 10] =
    ["id", "reason", "severity", "subject", "facet", "title", "to", "first_seen_at", "changed_at", "observed_at"];

fn written(notice: &Notice) -> Value {
    serde_json::to_value(to_row(notice)).expect("a row")
}

fn read(source: Source, row: Value) -> Notice {
    let scope = Scope { source, account: "123456789012".to_owned(), region: "us-east-1".to_owned() };
    read_in(&scope, row)
}

fn read_in(scope: &Scope, row: Value) -> Notice {
    let row = serde_json::from_value(row).expect("a row");
    from_row(scope, "the subject's name", row).expect("a notice")
}

#[test]
fn every_notice_is_read_as_it_was_written() {
    for (name, notice) in samples::all() {
        assert_eq!(read_in(&notice.scope, written(&notice)), notice, "{name}");
    }
}

#[test]
fn version_0_1_finds_what_it_needs_in_every_row() {
    for (name, notice) in samples::all() {
        let row = written(&notice);
        for field in NEEDED_BY_0_1 {
            assert!(row[field].is_string(), "{name}: {field}");
        }
        let title = row["title"].as_str().expect("a title");
        let (first, rest) = title.split_once(": ").expect("what happened and the subject");
        assert!(first.starts_with(|c: char| c.is_ascii_uppercase()) && !rest.is_empty(), "{name}: {title}");
        assert!(row["labels"].as_object().expect("labels").values().all(Value::is_string), "{name}");
    }
}

/// A row as version 0.1 wrote it.
fn row_of_0_1(reason: &str, facet: &str, more: &Value) -> Value {
    let mut row = json!({
        "id": "2d1f7a90-11aa-5c3e-9d10-5f0c7e000001", "reason": reason, "severity": "warning", "subject": "s-1",
        "facet": facet, "title": "Something: happened", "from": "running", "to": "failed", "aws_status": "FAILED",
        "first_seen_at": "2026-03-02T04:15:00Z", "changed_at": "2026-03-02T06:00:00Z",
        "observed_at": "2026-03-02T06:20:00Z", "labels": {},
    });
    for (field, value) in more.as_object().expect("fields") {
        row[field] = value.clone();
    }
    row
}

#[test]
fn what_version_0_1_wrote_among_the_labels_is_read_as_data() {
    let since = samples::at("00:10:00");
    let cases = [
        ("failed", json!({}), FacetChange::Failed(Failures { since: samples::at("06:00:00"), count: 1 })),
        (
            "still-failing",
            json!({"failing_since": since, "failures_in_a_row": "3"}),
            FacetChange::StillFailing(Failures { since, count: 3 }),
        ),
        ("stalled", json!({"stalled_since": since}), FacetChange::Stalled { since }),
        ("lagging", json!({"lagging_since": since}), FacetChange::Lagging { since }),
        ("overdue", json!({"expected_by": since}), FacetChange::Overdue { expected_by: since }),
        ("recovered", json!({"failing_since": since}), FacetChange::Recovered(Recovery::Failing(since))),
        ("recovered", json!({"lagging_since": since}), FacetChange::Recovered(Recovery::Lagging(since))),
        ("recovered", json!({"stalled_since": since}), FacetChange::Recovered(Recovery::Stalled(since))),
        ("completed", json!({}), FacetChange::Completed),
    ];
    for (reason, labels, change) in cases {
        let mut labels = labels;
        labels["cluster"] = json!("analytics");
        labels["started_at"] = json!("2026-03-02T04:10:00Z");
        labels["note"] = json!("see the wiki");
        let notice = read(Source::Redshift, row_of_0_1(reason, "restore", &json!({ "labels": labels })));
        let event = notice.facet_event().expect("a facet");
        assert_eq!(event.change, change, "{reason}");
        assert_eq!(event.subject.name, "the subject's name");
        assert_eq!(event.requested_at, Some(samples::at("04:10:00")));
        assert_eq!(notice.note.as_deref(), Some("see the wiki"));
        let labels: Vec<&String> = event.subject.labels.keys().collect();
        assert_eq!(labels, ["cluster"], "facts of the source and nothing else");
    }
}

#[test]
fn what_version_0_1_told_of_a_scope_is_told_as_it_was() {
    let scope_row = |reason: &str, message: &str, labels: Value| {
        read(Source::S3TablesMaintenance, row_of_0_1(reason, "scope", &json!({ "message": message, "labels": labels })))
    };
    let error = |kind, message: &str, action: Option<&str>| ScopeError {
        kind,
        message: message.to_owned(),
        action: action.map(str::to_owned),
    };
    let action = "s3tables:ListTables";
    // The sentence on the passes is part of the message already, so none are counted.
    let unread = UnreadFor { since: samples::at("04:15:00"), passes: 0 };

    let said = "s3tables:ListTables was denied: no. 3 passes in a row could not read it.";
    let denied = json!({"error": "denied", "missing_action": action});
    let denied_error = || error(ErrorKind::Denied, said, Some(action));
    let expected = ScopeEvent::Unreachable { unread, error: denied_error() };
    assert_eq!(scope_row("unreachable", said, denied.clone()).event, Event::Scope(expected));

    let mut part = denied;
    part["unread"] = json!("40");
    part["unread_parts"] = json!("table bucket aaa");
    part["exclude"] = json!("\"aaa/**\"");
    let named = UnreadPart {
        part: "table bucket aaa".to_owned(),
        subjects: 40,
        is_listing: false,
        exclude: vec!["aaa/**".to_owned()],
        error: denied_error(),
    };
    let parts = Parts { named: vec![named], more: 0, subjects: 40 };
    let expected = ScopeEvent::PartlyUnreachable { unread, parts };
    assert_eq!(scope_row("unreachable", said, part).event, Event::Scope(expected));

    let counts = json!({"known": "2", "unfinished": "0", "failing": "1", "finished": "0"});
    let said = "2 known: ...\nFailing: icebergCompaction of sales.orders in bucket lake: Insufficient access: no.";
    let failing = FailingFacet {
        facet: "icebergCompaction".to_owned(),
        subject: "sales.orders in bucket lake".to_owned(),
        message: Some("Insufficient access: no.".to_owned()),
    };
    let baseline = Baseline { known: 2, failing: 1, named: vec![failing], ..Baseline::default() };
    assert_eq!(scope_row("baseline", said, counts).event, Event::Scope(ScopeEvent::Baseline(baseline)));

    let said = "25 passes in a row could not read it.";
    let reachable = scope_row("reachable", said, json!({}));
    assert_eq!(reachable.event, Event::Scope(ScopeEvent::Reachable(unread)));
    let readable = scope_row("reachable", said, json!({"unread_parts": "table bucket aaa"}));
    let parts = vec!["table bucket aaa".to_owned()];
    assert_eq!(readable.event, Event::Scope(ScopeEvent::PartsReachable { unread, parts }));
}

#[test]
fn a_reason_or_facet_of_a_later_version_is_refused() {
    let scope = Scope { source: Source::Redshift, account: String::new(), region: String::new() };
    for (reason, facet) in [("encore", "restore"), ("failed", "encore"), ("failed", "scope"), ("baseline", "restore")] {
        let row = serde_json::from_value(row_of_0_1(reason, facet, &json!({}))).expect("a row");
        assert_eq!(from_row(&scope, "", row), None, "{reason} {facet}");
    }
}
