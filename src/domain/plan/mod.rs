//! Compares what was known with what was just observed, and plans what to store and what to tell people.
//!
//! A [`Planner`] takes what a pass reads, one subject at a time, and keeps only what changes something. Each subject is
//! evaluated on its own ([`subject`]), in three steps:
//! 1. The transitions of its facets, with one file for each kind of facet ([`one_shot`], [`replication`],
//!    [`maintenance`]), and what takes too long ([`late`]).
//! 2. A [`decision`] about each transition: tell it, hold it back, leave it to a later pass, or drop it.
//! 3. An update of the record with what people know now.
//!
//! [`scope`] evaluates the scope as a whole.

mod access;
mod decision;
#[cfg(test)]
mod edges;
mod late;
mod maintenance;
mod one_shot;
mod planner;
mod replication;
mod scope;
mod subject;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::Timestamp;

pub use self::access::{Access, AccessFailure, Told, plan_access};
pub use self::decision::{Candidate, Decision, decide};
pub use self::planner::{Basis, Finding, Findings, Planned, Planner};
use super::notice::{FacetChange, Failures, Recovery};
use super::record::Failing;
use super::{
    Checkpoint, Coverage, FacetKind, FacetObservation, FacetRecord, Known, Notice, Observed, Policy, Reason, Record,
    Status, SubjectId,
};

/// What a pass has to write, with the notices that it has to send.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The subjects whose record changes.
    pub changes: Vec<Change<Record>>,
    pub checkpoint: Change<Checkpoint>,
    /// How many notices there would be besides if no rule muted them.
    pub muted: usize,
}

impl Plan {
    /// All notices, in the order of the decisions.
    pub fn notices(&self) -> impl Iterator<Item = &Notice> {
        self.changes.iter().flat_map(|change| &change.notices).chain(&self.checkpoint.notices)
    }
}

/// A new state and the notices about it. They are written together.
#[derive(Clone, Debug, PartialEq)]
pub struct Change<T> {
    pub state: T,
    pub notices: Vec<Notice>,
    /// How many more notices there would be if no rule muted them.
    pub muted: usize,
}

/// Decides what changes and what people are told, from everything that was read. For tests and benchmarks: a pass gives a
/// [`Planner`] each observation as it comes.
///
/// Deterministic: the same arguments give the same plan, with the same notice ids. `coverage` says for which subjects
/// absence means something.
pub fn plan(
    known: &Known,
    observed: &Observed,
    coverage: &Coverage,
    policy: &Policy,
    reference_time: Timestamp,
) -> Plan {
    let basis = Basis { known, policy, reference_time };
    let mut planner = Planner::new(basis);
    if let Some(relied_on) = observed.relied_on {
        planner.rely_on(relied_on);
    }
    let seen: BTreeSet<&SubjectId> = observed.observations.iter().map(|seen| &seen.subject.id).collect();
    observed.absent.iter().filter(|id| !seen.contains(id)).for_each(|id| planner.miss(id));
    observed.observations.iter().for_each(|seen| planner.see(seen.clone()));
    let Planned { findings, checkpoint, muted, .. } = planner.finish(coverage);
    Plan { changes: basis.changes(&findings, coverage).collect(), checkpoint, muted }
}

/// Collects the notices of a change.
#[derive(Default)]
struct Notices {
    list: Vec<Notice>,
    /// How many more there would be if no rule muted them.
    muted: usize,
}

/// A change of a facet that people may want to know about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Transition {
    change: FacetChange,
    /// Whether only those who asked for routine are told.
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

/// What separates news from history: what happened before tidings watched the subject is not told.
struct History {
    /// The first read of the scope has not ended yet.
    is_baseline: bool,
    /// The subject was not known before this pass.
    is_new_subject: bool,
    /// The time of the baseline, less the grace period.
    until: Option<Timestamp>,
    /// A facet that is already finished at first sight is news if it ended or began after this time.
    horizon: Option<Timestamp>,
    began_at: Option<Timestamp>,
    reference_time: Timestamp,
}

impl History {
    /// Whether the subject began after the baseline. If its time is not known, it did.
    fn began_since_baseline(&self) -> bool {
        self.until.is_some_and(|until| self.began_at.is_none_or(|began| began > until))
    }

    /// Whether a facet that was not known, and that ended or began at one of these times, is news. Without any time it
    /// is: a notice that comes late is better than none.
    fn is_news(&self, times: [Option<Timestamp>; 2]) -> bool {
        let latest = times.into_iter().flatten().max();
        !self.is_baseline && latest.is_none_or(|time| self.horizon.is_none_or(|horizon| time > horizon))
    }
}

/// The next record of a facet, and its transitions.
fn transitions(
    before: Option<&FacetRecord>,
    seen: &FacetObservation,
    history: &History,
) -> (FacetRecord, Vec<Transition>) {
    let (mut after, transition) = match seen.kind() {
        FacetKind::Restore
        | FacetKind::Validation
        | FacetKind::Deletion
        | FacetKind::Backup
        | FacetKind::Copy
        | FacetKind::Export
        | FacetKind::Import => one_shot::evaluate(before, seen, history),
        FacetKind::Replication => replication::evaluate(before, seen, history),
        FacetKind::Maintenance => maintenance::evaluate(before, seen, history),
    };
    let mut transitions: Vec<Transition> = transition.into_iter().collect();
    if let Status::Unknown(word) = &seen.status {
        // The record of a finished facet does not change, but the notice must show the unknown status.
        after.aws_status.clone_from(&seen.aws_status);
        let is_history = history.is_baseline && history.is_new_subject;
        // A status that alternates with others is told once, not at every change.
        if after.told_words.insert(word.to_lowercase()) && !is_history {
            transitions.push(Transition::new(FacetChange::UnknownStatus));
        }
    }
    (after, transitions)
}

/// Counts another failure of a recurring facet.
fn count_failure(after: &mut FacetRecord) -> Failures {
    let first = Failing { runs: 0, ..Failing::first(after.changed_at) };
    let failing = after.failing.get_or_insert(first);
    failing.runs = failing.runs.saturating_add(1);
    failing.failures()
}

/// The failures of a facet without an earlier failure.
fn first_failures(after: &FacetRecord) -> Failures {
    after.failing.as_ref().map_or(Failures { since: after.changed_at, count: 1 }, Failing::failures)
}

/// The record of a facet with what was seen now. `changed_at` moves only with the status or the run.
fn carry_on(before: &FacetRecord, seen: &FacetObservation, reference_time: Timestamp) -> FacetRecord {
    // A disabled job reports no run. If the known run were forgotten, it would be new when the job is enabled again.
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

/// `time - span`, or the earliest possible time.
fn earlier(time: Timestamp, span: jiff::SignedDuration) -> Timestamp {
    time.checked_sub(span).unwrap_or(Timestamp::MIN)
}

/// `time + span`, or the latest possible time.
fn later(time: Timestamp, span: jiff::SignedDuration) -> Timestamp {
    time.checked_add(span).unwrap_or(Timestamp::MAX)
}
