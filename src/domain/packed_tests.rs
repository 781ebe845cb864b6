use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::domain::{Facet, FacetObservation, Labels, Observation, Outbox, Record, Subject, Tracked, label, mark};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_772_000_000 + seconds).expect("a time")
}

/// A table with two maintenance jobs, as the sources make it.
fn table(number: usize) -> Tracked<Record> {
    let bucket = "arn:aws:s3tables:eu-central-1:111122223333:bucket/lake";
    let (unique, other) = (number.wrapping_mul(0x9E37_79B9_7F4A_7C15), number.wrapping_mul(0xC2B2_AE3D_27D4_EB4F));
    let id = uuid::Uuid::from_u64_pair(unique as u64, other as u64);
    let arn = format!("{bucket}/table/{id}");
    let name = format!("clicks_{number}");
    let labels = [
        (label::BUCKET, "lake"),
        (label::BUCKET_ARN, bucket),
        (label::NAMESPACE, "web"),
        (label::TABLE, &name),
        (label::TABLE_ARN, &arn),
    ];
    let labels: Labels = labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let subject = Subject { id: arn.as_str().into(), name: format!("table web.{name} in bucket lake"), labels };
    let run = i64::try_from(number * 7919 % 86_400).expect("a second of the day");
    let job = |name: &str, run: i64| FacetObservation {
        run: Some(at(run)),
        ..FacetObservation::new(Facet::Job(name.to_owned()), "Successful")
    };
    let facets = vec![job("icebergCompaction", run), job("icebergSnapshotManagement", run / 2)];
    let seen = Observation { subject: Arc::new(subject), began_at: None, facets, awaits_more: false };
    let mut record = Record::new(&seen, at(90_000));
    for facet in &seen.facets {
        record.facets.insert(facet.facet.clone(), crate::domain::FacetRecord::first(facet, at(90_000)));
    }
    Tracked { state: record, outbox: Outbox::default(), history: Vec::new(), revision: 1 }
}

#[test]
fn a_table_takes_less_than_240_bytes() {
    let tables: Packed<Tracked<Record>> = (0..1000).map(table).collect();
    let bytes: usize = tables.groups.values().flat_map(|group| &group.cells).map(|cell| cell.0.len()).sum();
    assert!(bytes < 1000 * 240, "{bytes} for 1,000 tables");
}

#[test]
fn marks_can_be_asked_without_unpacking() {
    let mut closed = table(1);
    closed.state.closed_at = Some(at(0));
    let tables: Packed<_> = [table(0), closed.clone()].into_iter().collect();
    let open: Vec<_> = tables.marked(mark::OPEN).map(|entry| entry.id()).collect();
    assert_eq!(open, [table(0).state.subject.id.to_string()]);
    assert_eq!(tables.marked(mark::WAITING).count(), 0);
    assert!(!tables.entry(closed.id()).expect("it is there").has(mark::OPEN));
}

#[test]
fn the_subject_can_be_unpacked_alone() {
    let tables: Packed<_> = (0..3).map(table).collect();
    let subjects: Vec<_> = tables.entries().map(|entry| entry.subject()).collect();
    let expected: Vec<_> = tables.iter().map(|tracked| tracked.state.subject).collect();
    assert_eq!((subjects.len(), subjects), (3, expected));
}

/// A value with any id.
#[derive(Clone, Debug, PartialEq, Serialize, serde::Deserialize)]
struct Text {
    id: String,
    text: String,
}

impl Pack for Text {
    fn id(&self) -> &str {
        &self.id
    }
}

/// Few ids, so that they meet; some with slashes, some without, and some that are the beginning of another.
fn any_text() -> impl Strategy<Value = Text> {
    ("[ab/é]{0,4}", prop_oneof![".{0,40}", "(arn:aws:){0,400}"]).prop_map(|(id, text)| Text { id, text })
}

proptest! {
    #[test]
    fn it_keeps_what_a_map_keeps(steps in prop::collection::vec((any_text(), any::<bool>()), 0..60)) {
        let mut packed = Packed::default();
        let mut map = BTreeMap::new();
        for (value, is_removed) in steps {
            if is_removed {
                packed.remove(&value.id);
                map.remove(&value.id);
            } else {
                packed.insert(&value);
                map.insert(value.id.clone(), value);
            }
        }
        prop_assert_eq!(packed.len(), map.len());
        for (id, value) in &map {
            prop_assert_eq!(packed.get(id), Some(value.clone()));
        }
        let all: BTreeMap<String, Text> = packed.entries().map(|entry| (entry.id(), entry.unpack())).collect();
        prop_assert_eq!(all, map);
        let entries: Vec<_> = packed.entries().collect();
        for (one, other) in entries.iter().zip(entries.iter().skip(1)) {
            prop_assert_eq!(one.cmp_id(other), one.id().cmp(&other.id()));
        }
    }
}
