//! Which notices are told together. Pure.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{group_of, whole};
use crate::domain::{Notice, Severity};

/// How many notices of one outbox go together at most: the rest follows once these are accepted. An outbox is never split
/// over messages, because a message that SNS refuses must not be overtaken by the next.
const OF_ONE_OUTBOX: usize = 10;

/// The first notices of an outbox, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// The position of the outbox among those that were given.
    pub outbox: usize,
    pub notices: Vec<Notice>,
}

impl AsRef<[Notice]> for Unit {
    fn as_ref(&self) -> &[Notice] {
        &self.notices
    }
}

/// Notices that are told together.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Where they go, if not to the default topic.
    pub topic_arn: Option<String>,
    /// None of them is empty.
    pub units: Vec<Unit>,
}

/// Sorts what waits in outboxes into batches, the most severe first. Of each outbox the batches have the first notices with
/// the same topic and severity; the rest goes in another round.
///
/// Without `together` the first notice of each outbox goes alone, except that a restore and its parts are always told
/// together, whatever their severities.
pub fn batches(outboxes: Vec<Vec<Notice>>, together: bool) -> Vec<Batch> {
    let mut wholes: BTreeMap<(Option<String>, String), Vec<Unit>> = BTreeMap::new();
    for (outbox, notices) in outboxes.into_iter().enumerate() {
        let Some(head) = notices.first() else { continue };
        let key = (head.topic_arn.clone(), whole(head).into_owned());
        wholes.entry(key).or_default().push(Unit { outbox, notices });
    }
    let mut batches: BTreeMap<(Reverse<Severity>, Option<String>), Vec<Unit>> = BTreeMap::new();
    let mut alone = Vec::new();
    for ((topic_arn, _), mut units) in wholes {
        let has_parts = units.len() > 1;
        for unit in &mut units {
            match (has_parts, together) {
                (true, _) => keep_first(unit, |head, notice| head.topic_arn == notice.topic_arn),
                (false, true) => keep_first(unit, |head, notice| {
                    (&head.topic_arn, head.severity) == (&notice.topic_arn, notice.severity)
                }),
                (false, false) => unit.notices.truncate(1),
            }
        }
        let severity = units.iter().flat_map(|unit| &unit.notices).map(|notice| notice.severity).max();
        let key = (Reverse(severity.unwrap_or(Severity::Info)), topic_arn.clone());
        if together {
            batches.entry(key).or_default().extend(units);
        } else {
            alone.push((key, Batch { topic_arn, units }));
        }
    }
    alone.sort_by(|(one, _), (other, _)| one.cmp(other));
    let alone = alone.into_iter().map(|(_, batch)| batch);
    let batches = batches.into_iter().map(|((_, topic_arn), units)| Batch { topic_arn, units: alike(units) });
    alone.chain(batches).collect()
}

/// Keeps the longest beginning of an outbox whose notices can go with the first.
fn keep_first(unit: &mut Unit, fits: impl Fn(&Notice, &Notice) -> bool) {
    let count = match unit.notices.first() {
        Some(head) => unit.notices.iter().take_while(|notice| fits(head, notice)).take(OF_ONE_OUTBOX).count(),
        None => 0,
    };
    unit.notices.truncate(count);
}

/// The units with those next to each other that say the same, so that each of several messages is about one thing, and
/// the parts of one restore stay together. Within a unit nothing moves.
fn alike(mut units: Vec<Unit>) -> Vec<Unit> {
    units.sort_by_cached_key(|unit| {
        unit.notices.first().map(|notice| {
            let (subject, whole) = (notice.subject().into_owned(), whole(notice).into_owned());
            ((whole != subject).then_some(whole), group_of(notice), subject)
        })
    });
    units
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Source;
    use crate::domain::notice::{FacetChange, Failures};
    use crate::samples::{at, bare, labeled, with};

    const COMPLETED: FacetChange = FacetChange::Completed;

    fn failed() -> FacetChange {
        FacetChange::Failed(Failures { since: at("06:20:00"), count: 1 })
    }

    fn told(change: FacetChange) -> Notice {
        bare(Source::Backup, change)
    }

    fn elsewhere(change: FacetChange) -> Notice {
        Notice { topic_arn: Some("arn:aws:sns:us-east-1:123456789012:other".to_owned()), ..told(change) }
    }

    fn part(change: FacetChange) -> Notice {
        labeled(told(change), &[("parent_job_id", "p")])
    }

    /// `subject:reasons` of each unit, by batch.
    fn sorted(outboxes: &[(&str, Vec<Notice>)], together: bool) -> Vec<Vec<String>> {
        let of = |subject: &str, notice: &Notice| {
            with(notice.clone(), |event| {
                let old = (*event.subject).clone();
                event.subject = crate::domain::Subject { id: subject.into(), ..old }.into();
            })
        };
        let outboxes =
            outboxes.iter().map(|(subject, notices)| notices.iter().map(|notice| of(subject, notice)).collect());
        let line = |unit: &Unit| {
            let reasons: Vec<&str> = unit.notices.iter().map(|notice| notice.reason().as_str()).collect();
            format!("{}:{}", unit.notices[0].subject(), reasons.join("+"))
        };
        batches(outboxes.collect(), together).iter().map(|batch| batch.units.iter().map(line).collect()).collect()
    }

    #[test]
    fn few_notices_go_alone_and_one_after_the_other() {
        let outboxes = [("a", vec![told(COMPLETED), told(failed())]), ("b", vec![told(failed())])];
        assert_eq!(sorted(&outboxes, false), [["b:failed"], ["a:completed"]]);
    }

    #[test]
    fn many_go_by_severity_and_topic_and_none_overtakes_another() {
        let outboxes = [
            ("a", vec![told(failed()), told(failed()), told(COMPLETED), told(failed())]),
            ("b", vec![told(COMPLETED), told(failed())]),
            ("c", vec![elsewhere(failed()), told(failed())]),
            ("d", vec![told(failed())]),
            ("e", vec![]),
        ];
        let expected: [&[&str]; 3] = [&["a:failed+failed", "d:failed"], &["c:failed"], &["b:completed"]];
        assert_eq!(sorted(&outboxes, true), expected);
        let long = vec![told(failed()); 25];
        assert_eq!(sorted(&[("a", long)], true)[0][0].matches("failed").count(), OF_ONE_OUTBOX);
    }

    #[test]
    fn a_restore_and_its_parts_are_told_together() {
        let outboxes = [
            ("c1", vec![part(COMPLETED)]),
            ("c2", vec![part(failed())]),
            ("p", vec![told(failed())]),
            ("x", vec![told(COMPLETED)]),
        ];
        let expected: [&[&str]; 2] = [&["c1:completed", "c2:failed", "p:failed"], &["x:completed"]];
        assert_eq!(sorted(&outboxes, false), expected);
        assert_eq!(sorted(&outboxes, true).len(), 2, "with the most severe of them");
        assert_eq!(sorted(&outboxes[..1], false), [["c1:completed"]]);
    }
}
