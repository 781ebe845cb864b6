//! Evaluates the scope as a whole: its baseline, whether it can be read, and which parts of it cannot.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jiff::Timestamp;

use super::subject::Evaluator;
use super::{Change, Checkpoint, Coverage, Notice, Notices, Record};
use crate::domain::notice::{Baseline, Event, FailingFacet, Parts, ScopeEvent, UnreadFor, UnreadPart, notice_id};
use crate::domain::{Case, Facet, Labels, SubjectId, Sweep, Unread, UnreadState};

/// How many failing facets the baseline names.
const NAMED: usize = 10;
/// How many unread parts a notice names.
const PARTS_NAMED: usize = 5;
/// How many subjects of an unread part are stored, to see whether the next pass cannot read the same ones. If there are
/// many parts, fewer of each: the item of the checkpoint must not get too large. A table bucket is given up after 20 failed
/// calls, and up to 32 more are under way then, so all that were asked about fit.
const REMEMBERED: RangeInclusive<usize> = 5..=60;
const REMEMBERED_IN_ALL: usize = 600;

/// Counts the subjects for the baseline.
#[derive(Debug, Default)]
pub(super) struct Tally {
    baseline: Baseline,
    /// The first failing facets by id, so that those that the baseline names do not depend on the order.
    named: BTreeMap<(SubjectId, Facet), FailingFacet>,
}

impl Tally {
    /// Counts a subject.
    pub(super) fn add(&mut self, record: &Record) {
        let Self { baseline, named } = self;
        baseline.known += 1;
        baseline.finished += usize::from(!record.is_open());
        for (name, facet) in &record.facets {
            let kind = name.kind();
            baseline.unfinished += usize::from(kind.owes_an_end(&facet.status, facet.completed_once));
            if kind.is_recurring() && facet.failing.is_some() {
                baseline.failing += 1;
                let failing = FailingFacet {
                    facet: name.as_str().to_owned(),
                    subject: record.subject.name.clone(),
                    message: facet.message.clone(),
                };
                named.insert((SubjectId::clone(&record.subject.id), name.clone()), failing);
                if named.len() > NAMED {
                    named.pop_last();
                }
            }
        }
    }

    fn baseline(self, unread: Option<Parts>) -> Baseline {
        Baseline { named: self.named.into_values().collect(), unread, ..self.baseline }
    }
}

/// The next checkpoint, and the notices about the scope. `tally` counts all subjects, and is called only for the
/// baseline.
pub(super) fn evaluate(
    evaluator: &Evaluator<'_>,
    relied_on: Option<Timestamp>,
    coverage: &Coverage,
    tally: impl FnOnce() -> Tally,
) -> Change<Checkpoint> {
    let reference_time = evaluator.reference_time;
    let mut state = evaluator.checkpoint.clone();
    let mut notices = Notices::default();
    let read_as_of = relied_on.map_or(reference_time, |relied_on| relied_on.min(reference_time));
    let before = std::mem::take(&mut state.unread);
    state.unread = still_unread(&before, coverage.unread(), reference_time);
    let mut recovered = BTreeMap::new();
    match coverage {
        Coverage::Complete | Coverage::Swept(_) => {
            // A sweep over several passes shows the scope as of its beginning: a subject that its first pass read may
            // have changed since.
            let sweep = state.sweep.take();
            let started_at = sweep.as_ref().map_or(read_as_of, |sweep| sweep.started_at.min(read_as_of));
            let unread_before = sweep.map(|sweep| sweep.unread).unwrap_or_default();
            // Such a sweep has read a part only if each of its passes could read it. Otherwise people would be told
            // that the part can be read again although some of its subjects were not read.
            for (part, state_before) in before {
                if unread_before.contains(&part) {
                    state.unread.entry(part).or_insert(state_before);
                } else if !state.unread.contains_key(&part) {
                    recovered.insert(part, state_before);
                }
            }
            // If this time moved past a part that was not read, everything that ended there meanwhile would become
            // history without a notice. It never moves back either, or what is already history would be told as news.
            if coverage.is_complete() && unread_before.is_empty() {
                state.last_complete_at = state.last_complete_at.max(Some(started_at));
            }
            if state.told_unreachable {
                tell(evaluator, ScopeEvent::Reachable(unread_for(&state, reference_time)), &[], &mut notices);
            }
            state.failures = 0;
            state.failing_since = None;
            state.told_unreachable = false;
        }
        Coverage::Stopped { resume_after, unread, error } => {
            // The pass may have ended before it reached a part that was unread before, so that part counts as unread
            // still.
            for (part, state_before) in before {
                state.unread.entry(part).or_insert(state_before);
            }
            // Without an error, time ran out. Then the scope can be read, and the next pass continues.
            if let Some(error) = error {
                state.failures = state.failures.saturating_add(1);
                state.failing_since.get_or_insert(reference_time);
                if state.failures >= evaluator.policy.unreachable_after && !state.told_unreachable {
                    let unread = unread_for(&state, reference_time);
                    // A muted notice does not count as told. If the scope is still unreachable when the mute ends,
                    // people are told then.
                    state.told_unreachable =
                        tell(evaluator, ScopeEvent::Unreachable { unread, error: error.clone() }, &[], &mut notices);
                }
            }
            if let Some(after) = resume_after {
                let sweep = state.sweep.take();
                let started_at = sweep.as_ref().map_or(read_as_of, |sweep| sweep.started_at.min(read_as_of));
                let mut parts = sweep.map(|sweep| sweep.unread).unwrap_or_default();
                parts.extend(unread.iter().map(|unread| unread.part.clone()));
                state.sweep = Some(Sweep { started_at, after: after.clone(), unread: parts });
            }
        }
    }
    // A part that cannot be read must not delay the baseline, because without a baseline nothing in the scope is news.
    if coverage.is_swept() && state.baseline_at.is_none() {
        state.baseline_at = Some(reference_time);
        let unread = coverage.unread();
        let parts = (!unread.is_empty()).then(|| parts(&unread.iter().collect::<Vec<_>>()));
        tell(evaluator, ScopeEvent::Baseline(tally().baseline(parts)), &[], &mut notices);
    }
    tell_readable_again(evaluator, &recovered, &mut notices);
    tell_unread(evaluator, &mut state, coverage.unread(), &mut notices);
    Change { state, notices: notices.list, muted: notices.muted }
}

fn unread_for(state: &Checkpoint, reference_time: Timestamp) -> UnreadFor {
    UnreadFor { since: state.failing_since.unwrap_or(reference_time), passes: state.failures }
}

/// The next state of the parts that this pass could not read.
fn still_unread(
    before: &BTreeMap<String, UnreadState>,
    unread: &[Unread],
    reference_time: Timestamp,
) -> BTreeMap<String, UnreadState> {
    let first = UnreadFor { since: reference_time, passes: 1 };
    let remembered = (REMEMBERED_IN_ALL / unread.len().max(1)).clamp(*REMEMBERED.start(), *REMEMBERED.end());
    let state_of = |unread: &Unread| {
        let before = before.get(&unread.part);
        // Each subject has a count of its own. Otherwise a few lost answers, each about a different subject, would look
        // like a part that cannot be read.
        let count = |id: &SubjectId| {
            let before = before.and_then(|before| before.subjects.get(id));
            before.map_or(first, |before| UnreadFor { passes: before.passes.saturating_add(1), ..*before })
        };
        let mut subjects: Vec<(SubjectId, UnreadFor)> =
            unread.subjects.iter().map(|id| (id.clone(), count(id))).collect();
        subjects.sort_by_key(|(_, unread)| Reverse(unread.passes));
        subjects.truncate(remembered);
        UnreadState {
            unread: subjects.first().map_or(first, |(_, unread)| *unread),
            subjects: subjects.into_iter().collect(),
            // People who know that a part cannot be read are not told again because other subjects of it cannot be
            // read.
            told: before.is_some_and(|before| before.told),
        }
    };
    unread.iter().map(|unread| (unread.part.clone(), state_of(unread))).collect()
}

/// Adds one notice about all parts that enough passes in a row could not read.
fn tell_unread(evaluator: &Evaluator<'_>, state: &mut Checkpoint, unread: &[Unread], notices: &mut Notices) {
    let threshold = evaluator.policy.unreachable_after;
    let is_due = |part: &UnreadState| !part.told && part.unread.passes >= threshold;
    let due: Vec<&Unread> = unread.iter().filter(|unread| state.unread.get(&unread.part).is_some_and(is_due)).collect();
    let since = due.iter().filter_map(|unread| Some(state.unread.get(&unread.part)?.unread.since)).min();
    let passes = due.iter().filter_map(|unread| Some(state.unread.get(&unread.part)?.unread.passes)).min();
    let (Some(since), Some(passes)) = (since, passes) else { return };
    let keys: Vec<&str> = due.iter().map(|unread| unread.part.as_str()).collect();
    let event = ScopeEvent::PartlyUnreachable { unread: UnreadFor { since, passes }, parts: parts(&due) };
    // As long as the notice is muted, the parts do not count as told, so that people are told when the mute ends.
    if tell(evaluator, event, &keys, notices) {
        for unread in due {
            if let Some(part) = state.unread.get_mut(&unread.part) {
                part.told = true;
            }
        }
    }
}

/// Adds one notice about the parts that can be read again, of those that people were told about.
fn tell_readable_again(evaluator: &Evaluator<'_>, recovered: &BTreeMap<String, UnreadState>, notices: &mut Notices) {
    let known = || recovered.iter().filter(|(_, part)| part.told);
    let since = known().map(|(_, part)| part.unread.since).min();
    let passes = known().map(|(_, part)| part.unread.passes).max();
    let (Some(since), Some(passes)) = (since, passes) else { return };
    let keys: Vec<&str> = known().map(|(key, _)| key.as_str()).collect();
    let parts = keys.iter().map(|key| (*key).to_owned()).collect();
    tell(evaluator, ScopeEvent::PartsReachable { unread: UnreadFor { since, passes }, parts }, &keys, notices);
}

/// Names the first of these parts and counts the others.
fn parts(unread: &[&Unread]) -> Parts {
    let named = unread.iter().take(PARTS_NAMED).map(|unread| UnreadPart {
        part: unread.part.clone(),
        subjects: unread.count,
        is_listing: unread.subjects.contains(unread.part.as_str()),
        exclude: unread.exclude.clone(),
        error: unread.error.clone(),
    });
    Parts {
        named: named.collect(),
        more: unread.len().saturating_sub(PARTS_NAMED),
        subjects: unread.iter().map(|unread| unread.count).sum(),
    }
}

/// Adds the notice of an event, unless it is muted, and returns whether it did. `parts` are the keys of the parts that
/// the event is about. They are empty if it is about the whole scope.
pub(super) fn tell(evaluator: &Evaluator<'_>, event: ScopeEvent, parts: &[&str], notices: &mut Notices) -> bool {
    let Evaluator { scope, account, policy, reference_time, .. } = *evaluator;
    let reason = event.reason();
    let mut notice = Notice {
        id: uuid::Uuid::nil(),
        severity: reason.severity(),
        scope: scope.clone(),
        account_name: account.name.clone(),
        event: Event::Scope(event),
        observed_at: reference_time,
        note: None,
        topic_arn: None,
    };
    let (key, since) = (scope.to_string(), notice.first_seen_at().to_string());
    let from = notice.from().unwrap_or_default();
    let mut identity = vec![key.as_str(), notice.facet(), since.as_str(), from, notice.to(), reason.as_str()];
    identity.extend(parts);
    notice.id = notice_id(&identity);
    let labels = Labels::new();
    let message = notice.message();
    let case = Case { scope, account, labels: &labels, facet: notice.facet(), reason, message: message.as_deref() };
    let treatment = policy.treat(&case, reference_time);
    if treatment.muted {
        notices.muted += 1;
        return false;
    }
    notices.list.push(notice.treated(treatment));
    true
}
