//! The scope as a whole: its baseline, whether it can be read at all, and which of its parts cannot.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::subject::Evaluator;
use super::{Change, Checkpoint, Coverage, Notice, Record};
use crate::domain::notice::{Baseline, Event, FailingFacet, Parts, ScopeEvent, UnreadFor, UnreadPart, notice_id};
use crate::domain::{Case, Labels, SubjectId, Sweep, Unread, UnreadState};

/// How many failing facets the baseline names.
const NAMED: usize = 10;
/// How many unread parts a notice names.
const PARTS_NAMED: usize = 5;
/// How many subjects of an unread part are remembered, to see whether the next pass cannot read the same ones.
const REMEMBERED: usize = 5;

/// What the baseline says of the subjects.
#[derive(Debug, Default)]
pub(super) struct Tally(Baseline);

impl Tally {
    /// Counts a subject. The first failing ones are named in the order in which they are added.
    pub(super) fn add(&mut self, record: &Record) {
        let Self(baseline) = self;
        baseline.known += 1;
        baseline.finished += usize::from(!record.is_open());
        for (name, facet) in &record.facets {
            let kind = name.kind();
            baseline.unfinished += usize::from(kind.owes_an_end(&facet.status, facet.completed_once));
            if kind.is_recurring() && facet.failing.is_some() {
                baseline.failing += 1;
                if baseline.named.len() < NAMED {
                    baseline.named.push(FailingFacet {
                        facet: name.as_str().to_owned(),
                        subject: record.subject.name.clone(),
                        message: facet.message.clone(),
                    });
                }
            }
        }
    }
}

/// The next checkpoint, and what people are told of the scope. `tally` counts all subjects; it is called only when the
/// baseline is told.
pub(super) fn evaluate(
    evaluator: &Evaluator<'_>,
    relied_on: Option<Timestamp>,
    coverage: &Coverage,
    tally: impl FnOnce() -> Tally,
) -> Change<Checkpoint> {
    let reference_time = evaluator.reference_time;
    let mut state = evaluator.checkpoint.clone();
    let mut told = Told { evaluator, notices: Vec::new(), muted: 0 };
    let read_as_of = relied_on.map_or(reference_time, |relied_on| relied_on.min(reference_time));
    let before = std::mem::take(&mut state.unread);
    state.unread = still_unread(&before, coverage.unread(), reference_time);
    let mut recovered = BTreeMap::new();
    match coverage {
        Coverage::Complete | Coverage::Swept(_) => {
            let sweep = state.sweep.take();
            let started_at = sweep.as_ref().map_or(read_as_of, |sweep| sweep.started_at.min(read_as_of));
            let unread_before = sweep.map(|sweep| sweep.unread).unwrap_or_default();
            // A sweep that went over several passes has read a part only if each of them could.
            for (part, state_before) in before {
                if unread_before.contains(&part) {
                    state.unread.entry(part).or_insert(state_before);
                } else if !state.unread.contains_key(&part) {
                    recovered.insert(part, state_before);
                }
            }
            if coverage.is_complete() && unread_before.is_empty() {
                // Everything that an earlier read covered stays covered.
                state.last_complete_at = state.last_complete_at.max(Some(started_at));
            }
            if state.told_unreachable {
                told.push(ScopeEvent::Reachable(unread_for(&state, reference_time)), &[]);
            }
            state.failures = 0;
            state.failing_since = None;
            state.told_unreachable = false;
        }
        Coverage::Stopped { resume_after, unread, error } => {
            // Nothing is known of the parts that this pass did not come to.
            for (part, state_before) in before {
                state.unread.entry(part).or_insert(state_before);
            }
            if let Some(error) = error {
                state.failures = state.failures.saturating_add(1);
                state.failing_since.get_or_insert(reference_time);
                if state.failures >= evaluator.policy.unreachable_after && !state.told_unreachable {
                    let unread = unread_for(&state, reference_time);
                    // While it is muted it stays untold: if it still stands when the mute ends, it is told then.
                    state.told_unreachable = told.push(ScopeEvent::Unreachable { unread, error: error.clone() }, &[]);
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
    if coverage.is_swept() && state.baseline_at.is_none() {
        state.baseline_at = Some(reference_time);
        let unread = coverage.unread();
        let parts = (!unread.is_empty()).then(|| parts(&unread.iter().collect::<Vec<_>>()));
        told.push(ScopeEvent::Baseline(Baseline { unread: parts, ..tally().0 }), &[]);
    }
    tell_readable_again(&recovered, &mut told);
    tell_unread(&mut state, coverage.unread(), &mut told);
    Change { state, notices: told.notices, muted: told.muted }
}

fn unread_for(state: &Checkpoint, reference_time: Timestamp) -> UnreadFor {
    UnreadFor { since: state.failing_since.unwrap_or(reference_time), passes: state.failures }
}

/// What is remembered of the parts that this pass could not read.
fn still_unread(
    before: &BTreeMap<String, UnreadState>,
    unread: &[Unread],
    reference_time: Timestamp,
) -> BTreeMap<String, UnreadState> {
    let state_of = |unread: &Unread| {
        let carried = before.get(&unread.part).and_then(|before| {
            let same: BTreeSet<SubjectId> = before.subjects.intersection(&unread.subjects).cloned().collect();
            (!same.is_empty()).then(|| UnreadState {
                passes: before.passes.saturating_add(1),
                subjects: same,
                ..before.clone()
            })
        });
        carried.unwrap_or_else(|| UnreadState {
            since: reference_time,
            passes: 1,
            subjects: unread.subjects.iter().take(REMEMBERED).cloned().collect(),
            // Once people know that a part cannot be read, they are not told of other subjects of it.
            told: before.get(&unread.part).is_some_and(|before| before.told),
        })
    };
    unread.iter().map(|unread| (unread.part.clone(), state_of(unread))).collect()
}

/// Tells the parts that have been unread for as many passes in a row as it takes, all in one notice.
fn tell_unread(state: &mut Checkpoint, unread: &[Unread], told: &mut Told<'_>) {
    let threshold = told.evaluator.policy.unreachable_after;
    let is_due = |part: &UnreadState| !part.told && part.passes >= threshold;
    let due: Vec<&Unread> = unread.iter().filter(|unread| state.unread.get(&unread.part).is_some_and(is_due)).collect();
    let since = due.iter().filter_map(|unread| Some(state.unread.get(&unread.part)?.since)).min();
    let passes = due.iter().filter_map(|unread| Some(state.unread.get(&unread.part)?.passes)).min();
    let (Some(since), Some(passes)) = (since, passes) else { return };
    let keys: Vec<&str> = due.iter().map(|unread| unread.part.as_str()).collect();
    let event = ScopeEvent::PartlyUnreachable { unread: UnreadFor { since, passes }, parts: parts(&due) };
    if told.push(event, &keys) {
        for unread in due {
            if let Some(part) = state.unread.get_mut(&unread.part) {
                part.told = true;
            }
        }
    }
}

/// Tells that parts can be read again of which people know that they could not be read.
fn tell_readable_again(recovered: &BTreeMap<String, UnreadState>, told: &mut Told<'_>) {
    let known = || recovered.iter().filter(|(_, part)| part.told);
    let since = known().map(|(_, part)| part.since).min();
    let passes = known().map(|(_, part)| part.passes).max();
    let (Some(since), Some(passes)) = (since, passes) else { return };
    let keys: Vec<&str> = known().map(|(key, _)| key.as_str()).collect();
    let parts = keys.iter().map(|key| (*key).to_owned()).collect();
    told.push(ScopeEvent::PartsReachable { unread: UnreadFor { since, passes }, parts }, &keys);
}

/// The first of these parts by name, and how many there are.
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

/// What is told of the scope, as the rules want it.
struct Told<'a> {
    evaluator: &'a Evaluator<'a>,
    notices: Vec<Notice>,
    muted: usize,
}

impl Told<'_> {
    /// Tells an event unless it is muted. `parts` are the keys of those that it is about, if it is not about the whole
    /// scope. Whether it is told.
    fn push(&mut self, event: ScopeEvent, parts: &[&str]) -> bool {
        let Evaluator { scope, policy, reference_time, .. } = *self.evaluator;
        let reason = event.reason();
        let mut notice = Notice {
            id: uuid::Uuid::nil(),
            severity: reason.severity(),
            scope: scope.clone(),
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
        let case = Case { scope, labels: &labels, facet: notice.facet(), reason, message: message.as_deref() };
        let treatment = policy.treat(&case, reference_time);
        if treatment.muted {
            self.muted += 1;
            return false;
        }
        self.notices.push(notice.treated(treatment));
        true
    }
}
