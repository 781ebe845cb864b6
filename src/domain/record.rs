//! What is stored about a subject.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use litemap::LiteMap;
use serde::{Deserialize, Serialize};

use super::notice::Failures;
use super::{Facet, FacetObservation, Observation, Progress, Reason, Silence, Status};

/// Identifies a subject in its scope: the id of a restore request or restore job, or the ARN of a table. It is shared,
/// because a pass needs it in many places.
pub type SubjectId = Arc<str>;

/// Facts about a subject that people search and filter by, such as `cluster` or `table`. Keys are in snake case.
pub type Labels = LiteMap<String, String>;

/// The thing that has a status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    pub id: SubjectId,
    /// A noun phrase for sentences: "table restore of dev.public.orders on cluster analytics".
    pub name: String,
    pub labels: Labels,
}

/// Everything that is known about one subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Shared with the last observation of the subject, because a scope may have thousands of subjects. It is the first field,
    /// so that it can be unpacked alone.
    pub subject: Arc<Subject>,
    /// When it was requested or created, if the API says so.
    #[serde(with = "crate::domain::packed_time::optional")]
    pub began_at: Option<Timestamp>,
    /// The reference time of the pass that first saw it.
    #[serde(with = "crate::domain::packed_time::required")]
    pub first_seen_at: Timestamp,
    /// The reference time of the last pass that changed this record.
    #[serde(with = "crate::domain::packed_time::required")]
    pub observed_at: Timestamp,
    pub facets: LiteMap<Facet, FacetRecord>,
    /// Since when nothing more is expected of the subject.
    #[serde(with = "crate::domain::packed_time::optional")]
    pub closed_at: Option<Timestamp>,
    /// When DynamoDB may delete the record. Only closed records have this time.
    #[serde(with = "crate::domain::packed_time::optional")]
    pub expires_at: Option<Timestamp>,
}

impl Record {
    /// Whether the subject may still change. If a listing no longer shows an open subject, its source looks it up by
    /// id.
    pub const fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }
}

/// Everything that is known about one facet of a subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FacetRecord {
    pub status: Status,
    /// The status as AWS spells it.
    pub aws_status: String,
    /// When it got this status: AWS's time if there is one, else the reference time of the pass that saw it.
    #[serde(with = "crate::domain::packed_time::required")]
    pub changed_at: Timestamp,
    /// For recurring facets, what identifies the newest run.
    #[serde(with = "crate::domain::packed_time::optional")]
    pub run: Option<Timestamp>,
    /// The status message.
    pub message: Option<String>,
    pub progress: Option<Progress>,
    /// Whether it has completed at least once. Further successes of a recurring facet are routine.
    pub completed_once: bool,
    /// Set from a failed run until a run succeeds.
    pub failing: Option<Failing>,
    /// The unknown statuses that people were told about, in lower case, so that each is told once.
    pub told_words: BTreeSet<String>,
    /// The number of notices about this facet so far. The ids of notices contain it, so that transitions that look the
    /// same have different ids.
    pub notices: u32,
    /// The number of complete reads in a row that did not find it, at most two.
    pub absent_reads: u8,
    /// The reference time of the pass that last saw a change of its status, run or progress.
    #[serde(with = "crate::domain::packed_time::required")]
    pub moved_at: Timestamp,
    /// The warnings that people were told and that still apply: stalled, overdue, lagging.
    pub warned: BTreeSet<Reason>,
}

/// Failures of a facet without a success in between, and what people know about them.
///
/// What happened is stored apart from what people were told. If nobody heard of a failure, nobody is told of its
/// recovery. A failure that is held back is told as soon as nothing holds it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// When the first failure happened.
    #[serde(with = "crate::domain::packed_time::required")]
    pub since: Timestamp,
    /// The number of failures in a row.
    pub runs: u32,
    /// When people were last told. `None` if nobody was told yet.
    #[serde(with = "crate::domain::packed_time::optional")]
    pub told_at: Option<Timestamp>,
    /// Whether the newest failure is held back, because it is muted or because too few runs have failed.
    pub withheld: bool,
    /// Boxed, because few failures have one.
    pub silence: Option<Box<Silence>>,
}

impl Failing {
    /// The first failure. Nobody has been told yet.
    pub const fn first(since: Timestamp) -> Self {
        Self { since, runs: 1, told_at: None, withheld: false, silence: None }
    }

    /// Whether people were not told of any of these failures.
    pub const fn is_secret(&self) -> bool {
        self.withheld && self.told_at.is_none()
    }

    /// The silence, if it is not over.
    pub fn silence_at(&self, now: Timestamp) -> Option<&Silence> {
        self.silence.as_deref().filter(|silence| silence.is_on(now))
    }

    /// Whether people know of these failures, and asked not to be reminded.
    pub fn is_silenced(&self, now: Timestamp) -> bool {
        self.told_at.is_some() && self.silence_at(now).is_some()
    }

    pub const fn failures(&self) -> Failures {
        Failures { since: self.since, count: self.runs }
    }
}

impl FacetRecord {
    /// The record of a facet that is seen for the first time.
    pub fn first(seen: &FacetObservation, reference_time: Timestamp) -> Self {
        let failing = seen.status.is_failure();
        let changed_at = seen.time_of_change(reference_time);
        Self {
            status: seen.status.clone(),
            aws_status: seen.aws_status.clone(),
            changed_at,
            run: seen.run,
            message: seen.message.clone(),
            progress: seen.progress,
            completed_once: seen.status == Status::Completed,
            // Reminders count from `told_at`; without it there would be none. If the decision holds this failure back,
            // the evaluator takes the time away again.
            failing: failing.then(|| Failing { told_at: Some(reference_time), ..Failing::first(changed_at) }),
            told_words: BTreeSet::new(),
            notices: 0,
            absent_reads: 0,
            moved_at: reference_time,
            warned: BTreeSet::new(),
        }
    }

    /// Whether people will be told of its failure as soon as nothing holds it back, even if it is not read again. The end
    /// of a one-shot facet is final. A recurring facet may have succeeded since, so it must be read first.
    pub fn is_held_back(&self, name: &Facet) -> bool {
        !name.kind().is_recurring() && self.failing.as_ref().is_some_and(|failing| failing.withheld)
    }

    /// Whether two complete reads in a row did not find the facet.
    pub const fn is_gone(&self) -> bool {
        self.absent_reads >= GONE_AFTER
    }
}

/// A facet is gone when this many complete reads in a row did not find it. One such read is not enough, because a
/// listing may lag behind.
pub const GONE_AFTER: u8 = 2;

impl Record {
    /// A record of an observed subject, still without facets.
    pub fn new(seen: &Observation, reference_time: Timestamp) -> Self {
        Self {
            subject: Arc::clone(&seen.subject),
            began_at: seen.began_at,
            first_seen_at: reference_time,
            observed_at: reference_time,
            facets: LiteMap::with_capacity(seen.facets.len()),
            closed_at: None,
            expires_at: None,
        }
    }
}
