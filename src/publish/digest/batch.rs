//! Decides which notices share a message. Pure.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{group_of, parent_or_self};
use crate::domain::{Notice, Scope, Severity};
use crate::publish::GroupBy;

/// The most notices of one outbox in one message. The others are sent after these are accepted. An outbox is never
/// split over several messages of a round: if SNS refused the first of them, the later notices would arrive before the
/// earlier ones.
const OF_ONE_OUTBOX: usize = 10;

/// The first notices of an outbox, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// The index of the outbox in the input.
    pub outbox: usize,
    pub notices: Vec<Notice>,
}

impl AsRef<[Notice]> for Unit {
    fn as_ref(&self) -> &[Notice] {
        &self.notices
    }
}

/// Notices that share messages.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// `None` is the default topic.
    pub topic_arn: Option<String>,
    /// Every unit has at least one notice.
    pub units: Vec<Unit>,
}

/// What the notices of a batch must have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    account: Option<String>,
    region: Option<String>,
}

/// Sorts the notices of outboxes into batches, the most severe first. From each outbox it takes the first notices that
/// have the same topic and severity. The others wait for another round.
///
/// Notices that `group_by` keeps apart never share a batch.
///
/// Without `together`, each outbox gets a batch of its own with its first notice. But a restore and its parts always
/// share a batch, even if their severities differ.
pub fn batches(outboxes: Vec<Vec<Notice>>, together: bool, group_by: GroupBy) -> Vec<Batch> {
    let mut by_parent: BTreeMap<(Option<String>, Scope, String), Vec<Unit>> = BTreeMap::new();
    for (outbox, notices) in outboxes.into_iter().enumerate() {
        let Some(head) = notices.first() else { continue };
        let key = (head.topic_arn.clone(), head.scope.clone(), parent_or_self(head).into_owned());
        by_parent.entry(key).or_default().push(Unit { outbox, notices });
    }
    let mut batches: BTreeMap<(Reverse<Severity>, Option<String>, Group), Vec<Unit>> = BTreeMap::new();
    let mut alone = Vec::new();
    for ((topic_arn, scope, _), mut units) in by_parent {
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
        let group = Group {
            account: group_by.account.then(|| scope.account.clone()),
            region: group_by.region.then(|| scope.region.clone()),
        };
        let key = (Reverse(severity.unwrap_or(Severity::Info)), topic_arn.clone(), group);
        if together {
            batches.entry(key).or_default().extend(units);
        } else {
            alone.push((key, Batch { topic_arn, units }));
        }
    }
    alone.sort_by(|(one, _), (other, _)| one.cmp(other));
    let alone = alone.into_iter().map(|(_, batch)| batch);
    let batches = batches.into_iter().map(|((_, topic_arn, _), units)| Batch { topic_arn, units: alike(units) });
    alone.chain(batches).collect()
}

/// Keeps the first notices of the outbox up to the first one that does not fit.
fn keep_first(unit: &mut Unit, fits: impl Fn(&Notice, &Notice) -> bool) {
    let count = match unit.notices.first() {
        Some(head) => unit.notices.iter().take_while(|notice| fits(head, notice)).take(OF_ONE_OUTBOX).count(),
        None => 0,
    };
    unit.notices.truncate(count);
}

/// Sorts the units so that similar notices, and the parts of a restore, are next to each other. If the batch needs
/// several messages, each of them is then about few things. The order in a unit does not change.
fn alike(mut units: Vec<Unit>) -> Vec<Unit> {
    units.sort_by_cached_key(|unit| {
        unit.notices.first().map(|notice| {
            let (subject, parent) = (notice.subject().into_owned(), parent_or_self(notice).into_owned());
            ((parent != subject).then_some(parent), group_of(notice), subject)
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

    /// For each batch, `subject:reasons` of its units.
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
        batches(outboxes.collect(), together, GroupBy::default())
            .iter()
            .map(|batch| batch.units.iter().map(line).collect())
            .collect()
    }

    #[test]
    fn few_notices_are_sent_separately_one_from_each_outbox() {
        let outboxes = [("a", vec![told(COMPLETED), told(failed())]), ("b", vec![told(failed())])];
        assert_eq!(sorted(&outboxes, false), [["b:failed"], ["a:completed"]]);
    }

    #[test]
    fn many_notices_are_sorted_by_severity_and_topic_and_stay_in_order() {
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
    fn a_restore_and_its_parts_share_a_batch() {
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
