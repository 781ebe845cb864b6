//! From what was known and what was just observed to what changes and what people are told.
//!
//! Each subject is evaluated on its own ([`subject`]), in three steps. First the transitions of its facets, one file per
//! kind ([`one_shot`], [`replication`], [`maintenance`]), and what takes too long ([`late`]). Then a [`decision`] on each
//! transition: tell it, hold it back, leave it for a later pass, drop it. Then the record notes what people know now.
//! [`scope`] evaluates the scope as a whole.

mod decision;
#[cfg(test)]
mod edges;
mod late;
mod maintenance;
mod one_shot;
mod replication;
mod scope;
mod subject;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

pub use self::decision::{Candidate, Decision, decide};
use self::scope::Tally;
use self::subject::Evaluator;
use super::notice::{FacetChange, Failures, Recovery};
use super::record::Failing;
use super::{
    Checkpoint, Coverage, FacetKind, FacetObservation, FacetRecord, Notice, Observation, Observed, Policy, Reason,
    Record, Scope, Status, SubjectId, Tracked,
};

/// What was known of a scope when the pass began.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// Which scope.
    pub scope: Scope,
    /// The scope as a whole.
    pub checkpoint: Tracked<Checkpoint>,
    /// Its subjects.
    pub records: BTreeMap<SubjectId, Tracked<Record>>,
}

impl Known {
    /// A scope of which nothing is known.
    pub fn nothing(scope: Scope) -> Self {
        Self { scope, checkpoint: Tracked::default(), records: BTreeMap::new() }
    }
}

/// What a pass has to write and to tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Subjects whose record changes, by id. Unchanged subjects are not here.
    pub changes: Vec<Change<Record>>,
    /// The scope's new checkpoint. It may be written only after every change has been.
    pub checkpoint: Change<Checkpoint>,
}

impl Plan {
    /// What people are told, in the order in which it is decided.
    pub fn notices(&self) -> impl Iterator<Item = &Notice> {
        self.changes.iter().flat_map(|change| &change.notices).chain(&self.checkpoint.notices)
    }

    /// How many notices a mute has kept from being told.
    pub fn muted(&self) -> usize {
        self.changes.iter().map(|change| change.muted).sum::<usize>() + self.checkpoint.muted
    }
}

/// A new state, and what people are told about it. The two are written together.
#[derive(Clone, Debug, PartialEq)]
pub struct Change<T> {
    /// The state as it is now.
    pub state: T,
    /// What is to be told about it.
    pub notices: Vec<Notice>,
    /// How many notices would be told if a rule did not mute them.
    pub muted: usize,
}

/// Decides what changes and what people are told.
///
/// Deterministic: the same arguments give the same plan, notice ids included. `reference_time` is the pass's time;
/// `coverage` says of which subjects the absence means anything.
pub fn plan(
    known: &Known,
    observed: &Observed,
    coverage: &Coverage,
    policy: &Policy,
    reference_time: Timestamp,
) -> Plan {
    let checkpoint = &known.checkpoint.state;
    let evaluator = Evaluator { scope: &known.scope, checkpoint, policy, reference_time };
    let record = |id: &SubjectId| known.records.get(id).map(|tracked| &tracked.state);
    let latest: BTreeMap<&SubjectId, &Observation> =
        observed.observations.iter().map(|seen| (&seen.subject.id, seen)).collect();
    let absent: BTreeSet<&SubjectId> = observed.absent.iter().filter(|id| !latest.contains_key(id)).collect();

    let mut changes: Vec<Change<Record>> =
        latest.values().filter_map(|seen| evaluator.seen(record(&seen.subject.id), seen)).collect();
    changes.extend(absent.iter().filter_map(|id| record(id)).filter_map(|before| evaluator.absent(before, coverage)));
    let evaluated: BTreeSet<SubjectId> = changes.iter().map(|change| change.state.subject.id.clone()).collect();
    let others = known.records.iter().filter(|(id, _)| !evaluated.contains(*id));
    changes.extend(others.filter_map(|(_, tracked)| evaluator.unobserved(&tracked.state)));

    let tally = || {
        let mut tally = Tally::default();
        let changed: BTreeSet<&SubjectId> = changes.iter().map(|change| &change.state.subject.id).collect();
        let unchanged = known.records.iter().filter(|(id, _)| !changed.contains(id)).map(|(_, tracked)| &tracked.state);
        let mut records: Vec<&Record> = unchanged.chain(changes.iter().map(|change| &change.state)).collect();
        records.sort_unstable_by(|one, other| one.subject.id.cmp(&other.subject.id));
        records.into_iter().for_each(|record| tally.add(record));
        tally
    };
    let checkpoint = scope::evaluate(&evaluator, observed.relied_on, coverage, tally);
    Plan { changes, checkpoint }
}

/// Something that happened to a facet and that people may want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Transition {
    change: FacetChange,
    /// Told only to those who asked for routine.
    is_routine: bool,
}

impl Transition {
    const fn new(change: FacetChange) -> Self {
        Self { change, is_routine: false }
    }

    const fn routine(change: FacetChange) -> Self {
        Self { change, is_routine: true }
    }
}

/// What was there before tidings looked, and is not told one by one.
struct History {
    /// The scope's history is still being taken in.
    is_baseline: bool,
    /// The subject itself was not known.
    is_new_subject: bool,
    /// What began after this began since the baseline.
    until: Option<Timestamp>,
    /// What ended or began after this is new even when it is first seen.
    horizon: Option<Timestamp>,
    began_at: Option<Timestamp>,
    reference_time: Timestamp,
}

impl History {
    /// Whether the subject began after its scope's history had been taken in. Without a time it did.
    fn began_since_baseline(&self) -> bool {
        self.until.is_some_and(|until| self.began_at.is_none_or(|began| began > until))
    }

    /// Whether something that ended or began at one of these times, and was not known, is news rather than history.
    /// Without any time it is news: better told late than never.
    fn is_news(&self, times: [Option<Timestamp>; 2]) -> bool {
        let latest = times.into_iter().flatten().max();
        !self.is_baseline && latest.is_none_or(|time| self.horizon.is_none_or(|horizon| time > horizon))
    }
}

/// A facet's next record, and what happened to it.
fn transitions(
    before: Option<&FacetRecord>,
    seen: &FacetObservation,
    history: &History,
) -> (FacetRecord, Vec<Transition>) {
    let (mut after, transition) = match seen.kind() {
        FacetKind::Restore | FacetKind::Validation | FacetKind::Deletion => one_shot::evaluate(before, seen, history),
        FacetKind::Replication => replication::evaluate(before, seen, history),
        FacetKind::Maintenance => maintenance::evaluate(before, seen, history),
    };
    let mut transitions: Vec<Transition> = transition.into_iter().collect();
    if let Status::Unknown(word) = &seen.status {
        after.aws_status.clone_from(&seen.aws_status);
        let is_history = history.is_baseline && history.is_new_subject;
        // Each unknown status is told once, whatever comes in between.
        if after.told_words.insert(word.to_lowercase()) && !is_history {
            transitions.push(Transition::new(FacetChange::UnknownStatus));
        }
    }
    (after, transitions)
}

/// Counts one more failure of a recurring facet.
fn count_failure(after: &mut FacetRecord) -> Failures {
    let first = Failing { runs: 0, ..Failing::first(after.changed_at) };
    let failing = after.failing.get_or_insert(first);
    failing.runs = failing.runs.saturating_add(1);
    failing.failures()
}

/// The failures of a facet that has just failed for the first time.
fn first_failures(after: &FacetRecord) -> Failures {
    after.failing.as_ref().map_or(Failures { since: after.changed_at, count: 1 }, Failing::failures)
}

/// The facet as it was, brought up to date with what was seen. `changed_at` moves only when the status does.
fn carry_on(before: &FacetRecord, seen: &FacetObservation, reference_time: Timestamp) -> FacetRecord {
    let run = seen.run.or(before.run);
    let is_as_before = before.status == seen.status && before.run == run;
    let progress = seen.progress.or(before.progress);
    let has_moved = match (&seen.progress, &before.progress) {
        (Some(now), Some(before)) => now.has_moved_from(before),
        (now, before) => now.is_some() && before.is_none(),
    };
    FacetRecord {
        status: seen.status.clone(),
        aws_status: seen.aws_status.clone(),
        changed_at: if is_as_before { before.changed_at } else { seen.time_of_change(reference_time) },
        run,
        message: seen.message.clone(),
        progress,
        absent_reads: 0,
        moved_at: if is_as_before && !has_moved { before.moved_at } else { reference_time },
        ..before.clone()
    }
}

/// `time` less `span`; the earliest time there is where that overflows.
fn earlier(time: Timestamp, span: jiff::SignedDuration) -> Timestamp {
    time.checked_sub(span).unwrap_or(Timestamp::MIN)
}

/// `time` plus `span`; the latest time there is where that overflows.
fn later(time: Timestamp, span: jiff::SignedDuration) -> Timestamp {
    time.checked_add(span).unwrap_or(Timestamp::MAX)
}
