//! Takes what a pass reads, one subject at a time.
//!
//! An observation that changes nothing is dropped at once. The others are kept, packed, and evaluated again when they are
//! written. A change itself would be larger, and someone else may have written the subject by then.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::scope::{self, Tally};
use super::subject::Evaluator;
use crate::domain::known::mark;
use crate::domain::packed::{Pack, Packed};
use crate::domain::{Change, Checkpoint, Coverage, Known, Observation, Policy, Record, SubjectId};

/// What a plan is made from, besides what was read.
#[derive(Clone, Copy)]
pub struct Basis<'a> {
    pub known: &'a Known,
    pub policy: &'a Policy,
    pub reference_time: Timestamp,
}

/// What a pass learned about one subject.
pub enum Finding {
    Seen(Observation),
    /// It is known and open, and neither the listing nor a lookup by id found it.
    Absent(SubjectId),
    /// It was not read, and a failure of it was held back until now.
    HeldBack(SubjectId),
}

impl Finding {
    pub fn id(&self) -> &SubjectId {
        match self {
            Self::Seen(seen) => &seen.subject.id,
            Self::Absent(id) | Self::HeldBack(id) => id,
        }
    }
}

impl Pack for Observation {
    fn id(&self) -> &str {
        &self.subject.id
    }
}

impl<'a> Basis<'a> {
    /// What changes because of a finding. `before` is the stored record of its subject.
    pub fn evaluate(&self, before: Option<&Record>, finding: &Finding, coverage: &Coverage) -> Option<Change<Record>> {
        let evaluator = self.evaluator();
        match finding {
            Finding::Seen(seen) => evaluator.seen(before, seen),
            Finding::Absent(_) => evaluator.absent(before?, coverage),
            Finding::HeldBack(_) => evaluator.held_back(before?),
        }
    }

    /// What changes because of all findings of a pass.
    pub fn changes(self, findings: &Findings, coverage: &Coverage) -> impl Iterator<Item = Change<Record>> {
        findings.iter().filter_map(move |finding| self.evaluate(self.before(finding.id()).as_ref(), &finding, coverage))
    }

    /// The checkpoint of a pass that has read nothing, or that could not write what it has read.
    pub fn checkpoint_only(&self, coverage: &Coverage) -> Change<Checkpoint> {
        Planner::new(*self).finish(coverage).checkpoint
    }

    fn evaluator(&self) -> Evaluator<'a> {
        let Known { scope, account, checkpoint, .. } = self.known;
        let Self { policy, reference_time, .. } = *self;
        Evaluator { scope, account, checkpoint: &checkpoint.state, policy, reference_time }
    }

    fn before(&self, id: &str) -> Option<Record> {
        self.known.records.get(id).map(|tracked| tracked.state)
    }
}

/// The findings that change something.
#[derive(Default)]
pub struct Findings {
    seen: Packed<Observation>,
    absent: Vec<SubjectId>,
    held_back: Vec<SubjectId>,
}

impl Findings {
    pub fn len(&self) -> usize {
        self.seen.len() + self.absent.len() + self.held_back.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn iter(&self) -> impl Iterator<Item = Finding> {
        let seen = self.seen.iter().map(Finding::Seen);
        let absent = self.absent.iter().cloned().map(Finding::Absent);
        seen.chain(absent).chain(self.held_back.iter().cloned().map(Finding::HeldBack))
    }

    /// The same. Each is gone from memory once it was taken.
    pub fn drain(self) -> impl Iterator<Item = Finding> {
        let absent = self.absent.into_iter().map(Finding::Absent);
        self.seen.drain().map(Finding::Seen).chain(absent).chain(self.held_back.into_iter().map(Finding::HeldBack))
    }
}

/// What a pass has to do.
pub struct Planned {
    pub findings: Findings,
    /// The new checkpoint. It may be written only after all changes are written: it says up to when the scope was read,
    /// and a change that is not written by then would become history without a notice.
    pub checkpoint: Change<Checkpoint>,
    /// How many notices there are.
    pub noticed: usize,
    /// How many more there would be if no rule muted them.
    pub muted: usize,
}

/// Plans a pass while it reads.
pub struct Planner<'a> {
    basis: Basis<'a>,
    /// Subjects about which nothing is planned.
    left_out: BTreeSet<SubjectId>,
    /// Those that change something.
    seen: Packed<Observation>,
    absent: BTreeSet<SubjectId>,
    /// How many subjects were read.
    observed: usize,
    relied_on: Option<Timestamp>,
    counts: BTreeMap<SubjectId, Count>,
}

/// The notices of a subject, and how many more there would be if no rule muted them.
#[derive(Clone, Copy, Default)]
struct Count {
    noticed: usize,
    muted: usize,
}

impl<'a> Planner<'a> {
    pub fn new(basis: Basis<'a>) -> Self {
        Self {
            basis,
            left_out: BTreeSet::new(),
            seen: Packed::default(),
            absent: BTreeSet::new(),
            observed: 0,
            relied_on: None,
            counts: BTreeMap::new(),
        }
    }

    /// Plans nothing about these subjects, whatever is read of them.
    #[must_use]
    pub fn leaving_out(self, subjects: BTreeSet<SubjectId>) -> Self {
        Self { left_out: subjects, ..self }
    }

    /// How many subjects were read.
    pub const fn observed(&self) -> usize {
        self.observed
    }

    /// Takes an observation. If a subject is observed twice, the later observation counts.
    pub fn see(&mut self, seen: Observation) {
        self.observed += 1;
        let id = SubjectId::clone(&seen.subject.id);
        if self.left_out.contains(&id) {
            return;
        }
        self.absent.remove(&id);
        let finding = Finding::Seen(seen);
        let change = self.basis.evaluate(self.basis.before(&id).as_ref(), &finding, &Coverage::Complete);
        self.count(&id, change.as_ref());
        match (change, finding) {
            (Some(_), Finding::Seen(seen)) => self.seen.insert(&seen),
            _ => self.seen.remove(&id),
        }
    }

    /// Takes the id of a known open subject that the listing did not contain and that a lookup by id did not find either.
    pub fn miss(&mut self, id: &SubjectId) {
        if !self.left_out.contains(id) {
            self.absent.insert(SubjectId::clone(id));
        }
    }

    /// Takes the time of a cached answer that was used instead of a new call. The scope counts as read as of the oldest
    /// one.
    pub fn rely_on(&mut self, time: Timestamp) {
        self.relied_on = Some(self.relied_on.map_or(time, |oldest| oldest.min(time)));
    }

    /// Whether a cached answer was used.
    pub const fn relies_on_cache(&self) -> bool {
        self.relied_on.is_some()
    }

    /// The plan. `coverage` says for which subjects absence means something.
    pub fn finish(mut self, coverage: &Coverage) -> Planned {
        let mut absent = Vec::new();
        for id in std::mem::take(&mut self.absent) {
            absent.extend(self.changed(&Finding::Absent(id), coverage));
        }
        // A failure that was held back must be told when its mute ends, even if AWS no longer lists the subject.
        let mut held_back = Vec::new();
        let known = self.basis.known;
        for entry in known.records.marked(mark::HELD_BACK) {
            let id = SubjectId::from(entry.id());
            if self.seen.entry(&id).is_none() && !absent.contains(&id) {
                held_back.extend(self.changed(&Finding::HeldBack(id), coverage));
            }
        }
        let findings = Findings { seen: self.seen, absent, held_back };
        let tally = || tally(self.basis, &findings, coverage);
        let checkpoint = scope::evaluate(&self.basis.evaluator(), self.relied_on, coverage, tally);
        let noticed = self.counts.values().map(|count| count.noticed).sum::<usize>() + checkpoint.notices.len();
        let muted = self.counts.values().map(|count| count.muted).sum::<usize>() + checkpoint.muted;
        Planned { findings, checkpoint, noticed, muted }
    }

    /// The id of the subject if the finding changes something.
    fn changed(&mut self, finding: &Finding, coverage: &Coverage) -> Option<SubjectId> {
        let id = finding.id();
        let change = self.basis.evaluate(self.basis.before(id).as_ref(), finding, coverage)?;
        let id = SubjectId::clone(id);
        self.count(&id, Some(&change));
        Some(id)
    }

    fn count(&mut self, id: &SubjectId, change: Option<&Change<Record>>) {
        let count =
            change.map_or_else(Count::default, |change| Count { noticed: change.notices.len(), muted: change.muted });
        // Most subjects have none.
        if count.noticed + count.muted > 0 {
            self.counts.insert(SubjectId::clone(id), count);
        } else {
            self.counts.remove(id);
        }
    }
}

/// Counts all subjects as they are after the pass.
fn tally(basis: Basis<'_>, findings: &Findings, coverage: &Coverage) -> Tally {
    let mut tally = Tally::default();
    let mut changed = BTreeSet::new();
    for Change { state: record, .. } in basis.changes(findings, coverage) {
        let id = &record.subject.id;
        if basis.known.records.entry(id).is_some() {
            changed.insert(SubjectId::clone(id));
        }
        tally.add(&record);
    }
    for entry in basis.known.records.entries().filter(|entry| !changed.contains(entry.id().as_str())) {
        tally.add(&entry.unpack().state);
    }
    tally
}
