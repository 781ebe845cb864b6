//! The judgement: from what was known and what was just observed to what changes and what is news.
//!
//! One file per kind of facet says what its transitions mean ([`one_shot`], [`replication`], [`maintenance`]); this one
//! carries out what holds for every subject (first sight, absence, closing, expiry); [`checkpoint`] judges the scope.

mod checkpoint;
mod maintenance;
mod one_shot;
mod replication;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::notice::transition;
use super::record::GONE_AFTER;
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
    /// All that is news, in the order in which it is decided.
    pub fn notices(&self) -> impl Iterator<Item = &Notice> {
        self.changes.iter().flat_map(|change| &change.notices).chain(&self.checkpoint.notices)
    }
}

/// A new state, and the news that come with it. The two are written together.
#[derive(Clone, Debug, PartialEq)]
pub struct Change<T> {
    /// The state as it is now.
    pub state: T,
    /// What is to be told about it.
    pub notices: Vec<Notice>,
}

/// Decides what changes and what is news.
///
/// Deterministic: the same arguments give the same plan, notice ids included. `reference_time` is the pass's time;
/// `coverage` says whether the absence of a subject means anything.
pub fn plan(
    known: &Known,
    observed: &Observed,
    coverage: &Coverage,
    policy: &Policy,
    reference_time: Timestamp,
) -> Plan {
    let court = Court { known, policy, reference_time };
    let latest: BTreeMap<&str, &Observation> =
        observed.observations.iter().map(|seen| (seen.subject.id.as_str(), seen)).collect();
    let mut changes: Vec<Change<Record>> = latest.values().filter_map(|seen| court.seen(seen)).collect();
    if coverage.is_complete() {
        let absent = observed.absent.iter().filter(|id| !latest.contains_key(id.as_str()));
        changes.extend(absent.filter_map(|id| court.absent(id)));
    }
    let checkpoint = checkpoint::judge(known, observed, coverage, policy, reference_time, &changes);
    Plan { changes, checkpoint }
}

/// What every judgement on a scope's subjects needs.
struct Court<'a> {
    known: &'a Known,
    policy: &'a Policy,
    reference_time: Timestamp,
}

/// What a judgement on one facet may depend on besides the facet itself.
pub(super) struct Sight {
    /// The scope's history is still being taken in.
    baseline: bool,
    /// The subject itself was not known.
    new_subject: bool,
    /// What ended or began after this is news even at first sight.
    horizon: Option<Timestamp>,
    began_at: Option<Timestamp>,
    /// Routine transitions are wanted.
    routine: bool,
    reference_time: Timestamp,
}

impl Sight {
    /// Whether something that ended or began at one of these times, and was not known, is news rather than history.
    /// Without any usable time it is news: better told late than never.
    fn is_fresh(&self, times: [Option<Timestamp>; 2]) -> bool {
        let latest = times.into_iter().flatten().max();
        !self.baseline && latest.is_none_or(|time| self.horizon.is_none_or(|horizon| time > horizon))
    }

    /// The reason, if it is wanted: routine transitions are told only to those who opted in.
    fn routine(&self, reason: Reason) -> Option<Reason> {
        self.routine.then_some(reason)
    }
}

/// A facet's next record and why people should know, if they should.
pub(super) type Verdict = (FacetRecord, Option<Reason>);

fn judge(before: Option<&FacetRecord>, seen: &FacetObservation, sight: &Sight) -> (FacetRecord, Vec<Reason>) {
    let (mut after, reason) = match seen.kind() {
        FacetKind::Restore | FacetKind::Validation | FacetKind::Deletion => one_shot::judge(before, seen, sight),
        FacetKind::Replication => replication::judge(before, seen, sight),
        FacetKind::Maintenance => maintenance::judge(before, seen, sight),
    };
    let mut reasons: Vec<Reason> = reason.into_iter().collect();
    if let Status::Unknown(word) = &seen.status {
        after.aws_status.clone_from(&seen.aws_status);
        let is_history = sight.baseline && sight.new_subject;
        if after.told_words.insert(word.to_lowercase()) && !is_history {
            reasons.push(Reason::UnknownStatus);
        }
    }
    (after, reasons)
}

/// The facet as it was, brought up to date with what was seen. `changed_at` moves only when the status does.
pub(super) fn carry_on(before: &FacetRecord, seen: &FacetObservation, reference_time: Timestamp) -> FacetRecord {
    FacetRecord {
        status: seen.status.clone(),
        aws_status: seen.aws_status.clone(),
        changed_at: if before.status == seen.status && before.run == seen.run {
            before.changed_at
        } else {
            seen.time_of_change(reference_time)
        },
        run: seen.run.or(before.run),
        message: seen.message.clone(),
        progress: seen.progress.or(before.progress),
        absent_reads: 0,
        ..before.clone()
    }
}

impl Court<'_> {
    /// A subject that was read.
    fn seen(&self, seen: &Observation) -> Option<Change<Record>> {
        let before = self.known.records.get(&seen.subject.id).map(|tracked| &tracked.state);
        let sight = Sight {
            baseline: self.known.checkpoint.state.baseline_at.is_none(),
            new_subject: before.is_none(),
            horizon: self.known.checkpoint.state.horizon().map(|horizon| earlier(horizon, self.policy.grace)),
            began_at: seen.began_at,
            routine: self.policy.routine.contains(&self.known.scope.source),
            reference_time: self.reference_time,
        };
        let mut after = before.cloned().unwrap_or_else(|| Record::new(seen, self.reference_time));
        after.subject = seen.subject.clone();
        after.began_at = seen.began_at.or(after.began_at);
        let mut news = Vec::new();
        for facet in &seen.facets {
            let facet_before = before.and_then(|record| record.facets.get(&facet.facet));
            let (mut facet_after, reasons) = judge(facet_before, facet, &sight);
            for reason in reasons {
                news.push((&facet.facet, facet_before, facet_after.clone(), reason));
                facet_after.told += 1;
            }
            after.facets.insert(facet.facet.clone(), facet_after);
        }
        // The notices are made once the record is whole.
        let mut notices: Vec<Notice> = news
            .iter()
            .map(|(facet, facet_before, facet_after, reason)| {
                let scope = &self.known.scope;
                transition(scope, &after, facet, (*facet_before, facet_after), *reason, self.reference_time)
            })
            .collect();
        notices.extend(self.miss(&mut after, |facet| {
            facet.kind().is_recurring() && !seen.facets.iter().any(|seen| seen.facet == *facet)
        }));
        self.settle(&mut after, seen.awaits_more);
        self.change(before, after, notices)
    }

    /// A known subject that a complete read and a question by id did not find.
    fn absent(&self, id: &SubjectId) -> Option<Change<Record>> {
        let before = &self.known.records.get(id)?.state;
        if !before.is_open() {
            return None;
        }
        let mut after = before.clone();
        let notices = self.miss(&mut after, |_| true);
        if after.facets.values().all(FacetRecord::is_gone) {
            self.close(&mut after);
        }
        self.change(Some(before), after, notices)
    }

    /// Counts another read that did not find some facets; those that owed an end and are now gone have vanished.
    fn miss(&self, record: &mut Record, is_missing: impl Fn(&super::Facet) -> bool) -> Vec<Notice> {
        let mut vanished = Vec::new();
        for (name, facet) in record.facets.iter_mut().filter(|(name, _)| is_missing(name)) {
            let was_gone = facet.is_gone();
            facet.absent_reads = (facet.absent_reads + 1).min(GONE_AFTER);
            if facet.is_gone() && !was_gone && name.kind().owes_an_end(&facet.status, facet.completed_once) {
                vanished.push((name.clone(), facet.clone()));
                facet.told += 1;
            }
        }
        vanished
            .into_iter()
            .map(|(name, facet)| {
                let facets = (Some(&facet), &facet);
                transition(&self.known.scope, record, &name, facets, Reason::Vanished, self.reference_time)
            })
            .collect()
    }

    /// Closes a subject of which nothing more is expected, opens one that moves again, and keeps alive the memory of a
    /// closed one that the API still lists.
    fn settle(&self, record: &mut Record, awaits_more: bool) {
        let restored_at = record
            .facets
            .get(&super::Facet::Restore)
            .filter(|restore| restore.status == Status::Completed)
            .map(|restore| restore.changed_at);
        let cleaned_up = record.facets.get(&super::Facet::Deletion).is_some_and(|facet| facet.status.is_finished());
        let may_follow = restored_at.is_some_and(|restored_at| {
            awaits_more && !cleaned_up && restored_at > earlier(self.reference_time, self.policy.settle_limit)
        });
        let ended = record.facets.iter().all(|(name, facet)| match name.kind() {
            kind if kind.is_recurring() => facet.is_gone(),
            _ => facet.status.is_finished(),
        });
        if !ended || may_follow {
            record.closed_at = None;
            record.expires_at = None;
        } else if record.closed_at.is_none()
            || record.expires_at < Some(later(self.reference_time, self.policy.retention / 2))
        {
            self.close(record);
        }
    }

    fn close(&self, record: &mut Record) {
        record.closed_at.get_or_insert(self.reference_time);
        record.expires_at = Some(later(self.reference_time, self.policy.retention));
    }

    /// The change, unless nothing changed.
    fn change(&self, before: Option<&Record>, mut after: Record, notices: Vec<Notice>) -> Option<Change<Record>> {
        if before == Some(&after) && notices.is_empty() {
            return None;
        }
        after.observed_at = self.reference_time;
        Some(Change { state: after, notices })
    }
}

/// `time` less `span`; as early as can be when that has no name.
pub(super) fn earlier(time: Timestamp, span: jiff::SignedDuration) -> Timestamp {
    time.checked_sub(span).unwrap_or(Timestamp::MIN)
}

/// `time` plus `span`; as late as can be when that has no name.
fn later(time: Timestamp, span: jiff::SignedDuration) -> Timestamp {
    time.checked_add(span).unwrap_or(Timestamp::MAX)
}
