//! Which notices are told together. Pure.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::outboxes::Entry;
use crate::domain::{Notice, Severity};
use crate::publish::render;

/// How many notices of one outbox go together at most: the rest follows once these are accepted. An outbox is never split
/// over messages, because a message that SNS refuses must not be overtaken by the next.
const OF_ONE_OUTBOX: usize = 10;

/// Notices by the outbox that they come from: the first of each, in order.
pub(super) type Units = Vec<Vec<Entry>>;

/// Notices that are told together, by the outbox that they come from.
#[derive(Debug)]
pub(super) struct Parcel {
    /// Where they go, if not to the usual topic.
    pub topic_arn: Option<String>,
    /// Each the first of its outbox, in order, and never none.
    pub units: Units,
}

/// Sorts what waits into parcels, the gravest first. Of each outbox go the first notices with the same topic and severity;
/// what is left over goes in another round.
///
/// Without `together` each outbox's first notice goes alone, except that a restore and its parts are always told together,
/// whatever their severities.
pub(super) fn parcels(outboxes: Units, together: bool) -> Vec<Parcel> {
    let mut threads: BTreeMap<(Option<String>, String), Units> = BTreeMap::new();
    for outbox in outboxes {
        let Some(head) = outbox.first().map(|entry| &entry.notice) else { continue };
        let key = (head.topic_arn.clone(), render::thread(head).to_owned());
        threads.entry(key).or_default().push(outbox);
    }
    let mut parcels: BTreeMap<(Reverse<Severity>, Option<String>), Units> = BTreeMap::new();
    let mut alone = Vec::new();
    for ((topic_arn, _), outboxes) in threads {
        let is_story = outboxes.len() > 1;
        let units: Units = outboxes
            .into_iter()
            .map(|outbox| match (is_story, together) {
                (true, _) => first(outbox, |head, notice| head.topic_arn == notice.topic_arn),
                (false, true) => first(outbox, |head, notice| {
                    (&head.topic_arn, head.severity) == (&notice.topic_arn, notice.severity)
                }),
                (false, false) => outbox.into_iter().take(1).collect(),
            })
            .collect();
        let gravest = units.iter().flatten().map(|entry| entry.notice.severity).max().unwrap_or(Severity::Info);
        let key = (Reverse(gravest), topic_arn.clone());
        if together {
            parcels.entry(key).or_default().extend(units);
        } else {
            alone.push((key, Parcel { topic_arn, units }));
        }
    }
    alone.sort_by(|(one, _), (other, _)| one.cmp(other));
    let alone = alone.into_iter().map(|(_, parcel)| parcel);
    alone.chain(parcels.into_iter().map(|((_, topic_arn), units)| Parcel { topic_arn, units: alike(units) })).collect()
}

/// The longest beginning of an outbox that fits its head.
fn first(outbox: Vec<Entry>, fits: impl Fn(&Notice, &Notice) -> bool) -> Vec<Entry> {
    let Some(head) = outbox.first().map(|entry| entry.notice.clone()) else {
        return outbox;
    };
    outbox.into_iter().take_while(|entry| fits(&head, &entry.notice)).take(OF_ONE_OUTBOX).collect()
}

/// The units with those next to each other that say the same, so that each of several messages has one story to tell, and
/// the parts of one restore stay together. Within a unit nothing moves.
fn alike(mut units: Units) -> Units {
    units.sort_by_cached_key(|unit| {
        unit.first().map(|entry| {
            let notice = &entry.notice;
            let is_part = render::thread(notice) != notice.subject;
            (is_part.then(|| render::thread(notice).to_owned()), render::likeness_of(notice), notice.subject.clone())
        })
    });
    units
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Reason, Source};
    use crate::pass::deliver::outboxes::Slot;
    use crate::publish::samples;

    fn entry(subject: &str, sequence: u64, notice: Notice) -> Entry {
        let notice = Notice { subject: subject.to_owned(), ..notice };
        Entry { slot: Slot::Subject(subject.into()), sequence, notice }
    }

    fn told(reason: Reason) -> Notice {
        samples::bare(Source::Backup, reason)
    }

    fn elsewhere(reason: Reason) -> Notice {
        Notice { topic_arn: Some("arn:aws:sns:us-east-1:123456789012:other".to_owned()), ..told(reason) }
    }

    fn part(reason: Reason) -> Notice {
        let mut notice = told(reason);
        notice.labels.insert("parent_job_id".to_owned(), "p".to_owned());
        notice
    }

    /// `subject:reasons` of each unit, by parcel.
    fn sorted(outboxes: &[(&str, Vec<Notice>)], together: bool) -> Vec<Vec<String>> {
        let outboxes = outboxes.iter().map(|(subject, notices)| {
            notices.iter().zip(0..).map(|(notice, sequence)| entry(subject, sequence, notice.clone())).collect()
        });
        let line = |unit: &Vec<Entry>| {
            let reasons: Vec<&str> = unit.iter().map(|entry| entry.notice.reason.as_str()).collect();
            format!("{}:{}", unit[0].notice.subject, reasons.join("+"))
        };
        let parcels = parcels(outboxes.collect(), together);
        parcels.iter().map(|parcel| parcel.units.iter().map(line).collect()).collect()
    }

    #[test]
    fn few_notices_go_alone_and_one_after_the_other() {
        let outboxes = [("a", vec![told(Reason::Completed), told(Reason::Failed)]), ("b", vec![told(Reason::Failed)])];
        assert_eq!(sorted(&outboxes, false), [["b:failed"], ["a:completed"]]);
    }

    #[test]
    fn many_go_by_severity_and_topic_and_none_overtakes_another() {
        let outboxes = [
            ("a", vec![told(Reason::Failed), told(Reason::Failed), told(Reason::Completed), told(Reason::Failed)]),
            ("b", vec![told(Reason::Completed), told(Reason::Failed)]),
            ("c", vec![elsewhere(Reason::Failed), told(Reason::Failed)]),
            ("d", vec![told(Reason::Failed)]),
            ("e", vec![]),
        ];
        let expected: [&[&str]; 3] = [&["a:failed+failed", "d:failed"], &["c:failed"], &["b:completed"]];
        assert_eq!(sorted(&outboxes, true), expected);
        let long = vec![told(Reason::Failed); 25];
        assert_eq!(sorted(&[("a", long)], true)[0][0].matches("failed").count(), OF_ONE_OUTBOX);
    }

    #[test]
    fn a_restore_and_its_parts_are_one_story() {
        let outboxes = [
            ("c1", vec![part(Reason::Completed)]),
            ("c2", vec![part(Reason::Failed)]),
            ("p", vec![told(Reason::Failed)]),
            ("x", vec![told(Reason::Completed)]),
        ];
        let expected: [&[&str]; 2] = [&["c1:completed", "c2:failed", "p:failed"], &["x:completed"]];
        assert_eq!(sorted(&outboxes, false), expected);
        assert_eq!(sorted(&outboxes, true).len(), 2, "with the gravest of them");
        assert_eq!(sorted(&outboxes[..1], false), [["c1:completed"]]);
    }
}
