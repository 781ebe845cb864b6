//! The judgement: from what was known and what was just observed to what changes and what is news.
//!
//! One file per kind of facet says what its transitions mean ([`one_shot`], [`replication`], [`maintenance`]), [`late`] what
//! takes too long, and [`weigh`] what of it is told; [`subject`] carries out what holds for every subject (first sight,
//! absence, closing, expiry), and [`checkpoint`] judges the scope.

mod checkpoint;
#[cfg(test)]
mod edges;
mod late;
mod maintenance;
mod one_shot;
mod replication;
mod subject;
#[cfg(test)]
mod tests;
mod weigh;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use self::subject::Court;
use self::weigh::News;
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

    /// How many notices a rule's mute has kept from being told.
    pub fn muted(&self) -> usize {
        self.changes.iter().map(|change| change.muted).sum::<usize>() + self.checkpoint.muted
    }
}

/// A new state, and the news that come with it. The two are written together.
#[derive(Clone, Debug, PartialEq)]
pub struct Change<T> {
    /// The state as it is now.
    pub state: T,
    /// What is to be told about it.
    pub notices: Vec<Notice>,
    /// How many notices would be told if a rule did not mute them.
    pub muted: usize,
}

/// Decides what changes and what is news.
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
    let court = Court { known, policy, reference_time };
    let latest: BTreeMap<&str, &Observation> =
        observed.observations.iter().map(|seen| (&*seen.subject.id, seen)).collect();
    let mut changes: Vec<Change<Record>> = latest.values().filter_map(|seen| court.seen(seen)).collect();
    let absent = observed.absent.iter().filter(|id| !latest.contains_key(&***id));
    changes.extend(absent.filter(|id| court.may_conclude_from_absence(id, coverage)).filter_map(|id| court.absent(id)));
    let judged: BTreeSet<&SubjectId> = changes.iter().map(|change| &change.state.subject.id).collect();
    let others = known.records.iter().filter(|(id, _)| !judged.contains(id));
    let released: Vec<_> = others.filter_map(|(_, tracked)| court.release(&tracked.state)).collect();
    changes.extend(released);
    let checkpoint = checkpoint::judge(known, observed, coverage, policy, reference_time, &changes);
    Plan { changes, checkpoint }
}

/// What a judgement on one facet may depend on besides the facet itself.
pub(super) struct Sight {
    /// The scope's history is still being taken in.
    baseline: bool,
    /// The subject itself was not known.
    new_subject: bool,
    /// What began after this began since the baseline.
    history_until: Option<Timestamp>,
    /// What ended or began after this is news even at first sight.
    horizon: Option<Timestamp>,
    began_at: Option<Timestamp>,
    reference_time: Timestamp,
}

impl Sight {
    /// Whether the subject began after its scope's history had been taken in. Without a time it did.
    fn began_since_baseline(&self) -> bool {
        self.history_until.is_some_and(|history| self.began_at.is_none_or(|began| began > history))
    }

    /// Whether something that ended or began at one of these times, and was not known, is news rather than history.
    /// Without any usable time it is news: better told late than never.
    fn is_fresh(&self, times: [Option<Timestamp>; 2]) -> bool {
        let latest = times.into_iter().flatten().max();
        !self.baseline && latest.is_none_or(|time| self.horizon.is_none_or(|horizon| time > horizon))
    }
}

/// A facet's next record, and what happened to it that people may want to know.
type Verdict = (FacetRecord, Option<News>);

fn judge(before: Option<&FacetRecord>, seen: &FacetObservation, sight: &Sight) -> (FacetRecord, Vec<News>) {
    let (mut after, news) = match seen.kind() {
        FacetKind::Restore | FacetKind::Validation | FacetKind::Deletion => one_shot::judge(before, seen, sight),
        FacetKind::Replication => replication::judge(before, seen, sight),
        FacetKind::Maintenance => maintenance::judge(before, seen, sight),
    };
    let mut news: Vec<News> = news.into_iter().collect();
    if let Status::Unknown(word) = &seen.status {
        after.aws_status.clone_from(&seen.aws_status);
        let is_history = sight.baseline && sight.new_subject;
        if after.told_words.insert(word.to_lowercase()) && !is_history {
            news.push(News::new(Reason::UnknownStatus));
        }
    }
    (after, news)
}

/// The facet as it was, brought up to date with what was seen. `changed_at` moves only when the status does.
pub(super) fn carry_on(before: &FacetRecord, seen: &FacetObservation, reference_time: Timestamp) -> FacetRecord {
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

/// `time` less `span`; as early as can be when that has no name.
pub(super) fn earlier(time: Timestamp, span: jiff::SignedDuration) -> Timestamp {
    time.checked_sub(span).unwrap_or(Timestamp::MIN)
}

/// `time` plus `span`; as late as can be when that has no name.
pub(super) fn later(time: Timestamp, span: jiff::SignedDuration) -> Timestamp {
    time.checked_add(span).unwrap_or(Timestamp::MAX)
}
