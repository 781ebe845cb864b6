//! Tests of items and their rows.

use super::*;
use crate::domain::{Facet, Progress, Silence, Source};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("a time")
}

fn scope() -> Scope {
    Scope { source: Source::Backup, account: "123456789012".to_owned(), region: "eu-central-1".to_owned() }
}

/// A record in which every field is set, each to a different time or value.
fn full() -> Record {
    let facet = FacetRecord {
        status: Status::Unknown("ODD".to_owned()),
        aws_status: "ODD".to_owned(),
        changed_at: at(1),
        run: Some(at(2)),
        message: Some("a message".to_owned()),
        progress: Some(Progress { percent: Some(12.5), done_bytes: Some(1), total_bytes: Some(8) }),
        completed_once: true,
        failing: Some(Failing {
            since: at(3),
            runs: 4,
            told_at: Some(at(7)),
            withheld: true,
            silence: Some(Box::new(silence())),
        }),
        told_words: ["odd".to_owned()].into(),
        notices: 5,
        absent_reads: 1,
        moved_at: at(6),
        warned: [Reason::Stalled].into(),
    };
    let labels = LiteMap::from_iter([("cluster".to_owned(), "analytics".to_owned())]);
    Record {
        subject: Arc::new(Subject { id: "job".into(), name: "a job".to_owned(), labels }),
        began_at: Some(at(8)),
        first_seen_at: at(9),
        observed_at: at(10),
        facets: LiteMap::from_iter([(Facet::Restore, facet)]),
        closed_at: Some(at(11)),
        expires_at: Some(at(12)),
    }
}

fn silence() -> Silence {
    let notice = uuid::Uuid::from_u128(1);
    Silence { notice, began_at: at(13), until: at(14), reason: "known".to_owned(), by: Some("ana".to_owned()) }
}

fn stored(record: Record) -> Item {
    let mut item =
        Record::to_item(&Tracked { state: record, outbox: Outbox::default(), history: Vec::new(), revision: 1 });
    item.extend(key(&scope(), "job"));
    item
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let read = record_from_item(&scope(), &stored(full())).expect("a record");
    assert_eq!(read.state, full());
}

#[test]
fn a_row_without_the_time_of_a_notice_told_its_failure_unless_it_was_held_back() {
    for (withheld, told) in [(false, Some(at(10))), (true, None)] {
        let mut record = full();
        let facet = record.facets.get_mut(&Facet::Restore).expect("a facet");
        facet.failing = Some(Failing { withheld, ..Failing::first(at(3)) });
        let read = record_from_item(&scope(), &stored(record)).expect("a record");
        let failing = read.state.facets[&Facet::Restore].failing.clone().expect("it fails");
        assert_eq!(failing.told_at, told, "{withheld}");
    }
}

#[test]
fn version_0_1_keeps_one_count_for_all_subjects_of_an_unread_part() {
    let unread = UnreadFor { since: at(1), passes: 2 };
    let row = UnreadRow {
        since: unread.since,
        passes: unread.passes,
        subjects: vec!["a".to_owned(), "b".to_owned()],
        each: HashMap::new(),
        told: true,
    };
    let subjects: BTreeMap<_, _> = ["a", "b"].map(|id| (id.into(), unread)).into();
    assert_eq!(unread_part(row), UnreadState { unread, subjects, told: true });
    let own = UnreadFor { since: at(2), passes: 1 };
    let state = UnreadState { unread, subjects: [("a".into(), unread), ("b".into(), own)].into(), told: false };
    assert_eq!(unread_part(unread_row(&state)), state);
}

#[test]
fn the_size_of_an_item_counts_names_and_values() {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let cases = [
        (text("four"), 6),
        (AttributeValue::N("12".to_owned()), 4),
        (AttributeValue::Bool(true), 1),
        (AttributeValue::L(vec![text("ab"), text("c")]), 3 + (1 + 4) + (1 + 3)),
        (AttributeValue::M(Item::from([("k".to_owned(), text("v"))])), 3 + (1 + 1 + 3)),
    ];
    for (value, expected) in cases {
        assert_eq!(bytes(&Item::from([("name".to_owned(), value.clone())])), 4 + 1 + expected, "{value:?}");
    }
}
