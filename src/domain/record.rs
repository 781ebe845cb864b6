//! What tidings remembers of a subject.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use litemap::LiteMap;

use super::notice::Failures;
use super::{Facet, FacetObservation, Observation, Progress, Reason, Status};

/// Identifies a subject within its scope: a restore request id, a restore job id, a table ARN.
/// Shared, as whatever a pass holds about a subject names it.
pub type SubjectId = Arc<str>;

/// Facts about a subject that people search and filter by, such as `cluster` or `table`. Keys are snake case.
pub type Labels = LiteMap<String, String>;

/// The thing that has a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its id within the scope.
    pub id: SubjectId,
    /// A noun phrase for sentences: "table restore of dev.public.orders on cluster analytics".
    pub name: String,
    /// Facts about it.
    pub labels: Labels,
}

/// All that is known of one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What it is. Shared with the observation that it was last seen in: a scope may have many thousand subjects.
    pub subject: Arc<Subject>,
    /// When it was asked for or created, if the API says.
    pub began_at: Option<Timestamp>,
    /// The reference time of the pass that first saw it.
    pub first_seen_at: Timestamp,
    /// The reference time of the last pass that changed this record.
    pub observed_at: Timestamp,
    /// Its state machines.
    pub facets: LiteMap<Facet, FacetRecord>,
    /// Since when nothing more is expected of it.
    pub closed_at: Option<Timestamp>,
    /// When the record may be forgotten. Only closed records have one.
    pub expires_at: Option<Timestamp>,
}

impl Record {
    /// Whether more may come: the sources ask for open subjects by id when a listing no longer shows them.
    pub const fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }
}

/// All that is known of one state machine of a subject.
#[derive(Clone, Debug, PartialEq)]
pub struct FacetRecord {
    /// Its status in our words.
    pub status: Status,
    /// AWS's word for it.
    pub aws_status: String,
    /// When it took this status: AWS's time if there is one, else the reference time of the pass that saw it.
    pub changed_at: Timestamp,
    /// For recurring facets, the identity of the newest run.
    pub run: Option<Timestamp>,
    /// AWS's explanation.
    pub message: Option<String>,
    /// How far it is.
    pub progress: Option<Progress>,
    /// Whether it has ever ended well: afterwards, a recurring facet's success is routine.
    pub completed_once: bool,
    /// Set while it is failing: from a failed run until a run succeeds.
    pub failing: Option<Failing>,
    /// Unknown status words that people have been told about, so that each is told once.
    pub told_words: BTreeSet<String>,
    /// How many notices there have been about this facet: tells apart transitions that look alike.
    pub notices: u32,
    /// How many complete reads in a row did not find it; counts to two.
    pub absent_reads: u8,
    /// When it last moved, as far as tidings has seen: its status or its progress.
    pub moved_at: Timestamp,
    /// Warnings that people were given and that still stand: stalled, overdue, lagging.
    pub warned: BTreeSet<Reason>,
}

/// Failures of a facet without a success in between, and what people know of them.
///
/// What is true is kept apart from what people were told: nobody is told of the recovery from a failure that nobody heard
/// of, and a failure that was held back is told as soon as nothing holds it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// When the first failure happened.
    pub since: Timestamp,
    /// How many failures in a row.
    pub runs: u32,
    /// When people were last told; `None` while nobody was.
    pub told_at: Option<Timestamp>,
    /// Whether the newest failure is held back: muted, or too few runs so far.
    pub withheld: bool,
}

impl Failing {
    /// The first failure, of which nobody has been told.
    pub const fn first(since: Timestamp) -> Self {
        Self { since, runs: 1, told_at: None, withheld: false }
    }

    /// Whether people were told of none of these failures.
    pub const fn is_secret(&self) -> bool {
        self.withheld && self.told_at.is_none()
    }

    /// The failures as notices tell them.
    pub const fn failures(&self) -> Failures {
        Failures { since: self.since, count: self.runs }
    }
}

impl FacetRecord {
    /// A facet as it is first seen.
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
            // What was failing when it was first seen is not told as if it had just failed; reminders count from here.
            failing: failing.then(|| Failing { told_at: Some(reference_time), ..Failing::first(changed_at) }),
            told_words: BTreeSet::new(),
            notices: 0,
            absent_reads: 0,
            moved_at: reference_time,
            warned: BTreeSet::new(),
        }
    }

    /// Whether a complete read and the one before it did not find the facet.
    pub const fn is_gone(&self) -> bool {
        self.absent_reads >= GONE_AFTER
    }
}

/// A subject that this many complete reads in a row did not find is gone.
pub const GONE_AFTER: u8 = 2;

impl Record {
    /// A record with the facts of an observation and no facets yet.
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
