//! What the account is like, whatever happens: a table bucket that the role may not read, a service that the region does
//! not have, table buckets that AWS manages. Unlike mishaps these last, also when all else is calm.

use fastrand::Rng;
use tidings::domain::Source;
use tidings::simulator::{FaultKind, UnreplicatedAnswer, World};

use crate::asked::Question;
use crate::history::{LOCKED, managed_table, quiet_tables};
use crate::mishaps::Kind;
use crate::script::MINUTE;

/// The conditions of one run.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    pub locked: Option<Locked>,
    pub missing: Option<Missing>,
    /// Whether there is a table bucket that AWS manages.
    pub managed: Option<Managed>,
    /// What is answered for tables that are not replicated: no page says.
    pub unreplicated: UnreplicatedAnswer,
}

/// A table bucket that AWS manages, with trouble of its own.
#[derive(Clone, Debug)]
pub struct Managed {
    /// Whether it is listed with the others: no page says.
    pub listed: bool,
}

/// A table bucket with a few tables, or more than anyone asks about one by one, that the role may not read for a while.
#[derive(Clone, Debug)]
pub struct Locked {
    pub tables: usize,
    /// Whether its tables may not even be listed.
    pub unlisted: bool,
    pub from: i64,
    /// `None`: for ever.
    pub until: Option<i64>,
}

/// A service that the account does not have for a while.
#[derive(Clone, Debug)]
pub struct Missing {
    pub source: Source,
    /// Whether not even its host name exists, as in a region without it.
    pub nameless: bool,
    /// `None`: for ever.
    pub until: Option<i64>,
}

/// What people must believe of a scope in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belief {
    Readable,
    /// That a part of it, if not all, cannot be read.
    Partly,
    Unreachable,
}

/// Whether a source reads S3 tables.
pub fn reads_tables(source: Source) -> bool {
    matches!(source, Source::S3TablesReplication | Source::S3TablesMaintenance)
}

impl Conditions {
    /// Decides on the conditions of a run over these sources until `end`.
    pub fn of(rng: &mut Rng, sources: &[Source], end: i64) -> Self {
        let until = |rng: &mut Rng| rng.bool().then(|| rng.i64(0..end));
        let locked = (sources.iter().copied().any(reads_tables) && rng.u8(0..4) == 0).then(|| {
            let from = if rng.bool() { -60 * MINUTE } else { rng.i64(0..end) };
            Locked {
                tables: [1, 1, 2, 3, 25][rng.usize(0..5)],
                unlisted: rng.u8(0..3) == 0,
                from,
                until: until(rng).map(|until| until.max(from)),
            }
        });
        let source = sources[rng.usize(0..sources.len())];
        let missing = (rng.u8(0..25) == 0).then(|| Missing { source, nameless: rng.bool(), until: until(rng) });
        let managed = (rng.u8(0..4) == 0).then(|| Managed { listed: rng.bool() });
        let answers = [UnreplicatedAnswer::NotFound, UnreplicatedAnswer::BadRequest, UnreplicatedAnswer::EmptyList];
        Self { locked, missing, managed, unreplicated: answers[rng.usize(0..3)] }
    }

    /// Makes the world so.
    pub fn apply(&self, world: &mut World) {
        world.unreplicated = self.unreplicated;
        if let Some(locked) = &self.locked {
            quiet_tables(world, locked.tables);
        }
        if let Some(managed) = &self.managed {
            managed_table(world);
            world.lists_aws_buckets = managed.listed;
        }
    }

    /// What comes of a question at that time, if the service does not answer it.
    pub fn refusal(&self, question: &Question, now: i64) -> Option<Kind> {
        if let Some(missing) = self.missing.as_ref().filter(|missing| missing.is_for(question, now)) {
            let refusal = FaultKind::Error {
                status: 403,
                code: NOT_AVAILABLE.to_owned(),
                message: "The AWS Access Key Id needs a subscription for the service".to_owned(),
            };
            return Some(Kind::Fault(if missing.nameless { FaultKind::NoSuchHost } else { refusal }));
        }
        let locked = self.locked.as_ref()?;
        let is_locked = locked.is_in_force(now)
            && question.bucket.as_deref() == Some(LOCKED)
            && (locked.unlisted || !question.is_listing());
        is_locked.then_some(Kind::Fault(FaultKind::AccessDenied))
    }

    /// Whether something cannot be read at all times, so that it takes passes to tell it.
    pub const fn is_any(&self) -> bool {
        self.locked.is_some() || self.missing.is_some()
    }

    /// What people must believe of a source when all is over.
    pub fn must_be_told(&self, source: Source) -> Belief {
        let is_missing = |missing: &Missing| missing.until.is_none() && missing.concerns(source);
        let is_locked = |locked: &Locked| locked.until.is_none() && reads_tables(source);
        if self.missing.as_ref().is_some_and(is_missing) {
            Belief::Unreachable
        } else if self.locked.as_ref().is_some_and(is_locked) {
            Belief::Partly
        } else {
            Belief::Readable
        }
    }
}

/// The error code of a service that the account does not have.
pub const NOT_AVAILABLE: &str = "OptInRequired";

impl Locked {
    fn is_in_force(&self, now: i64) -> bool {
        self.from <= now && self.until.is_none_or(|until| now < until)
    }
}

impl Missing {
    /// Both sources of S3 Tables are one service.
    fn concerns(&self, source: Source) -> bool {
        self.source == source || reads_tables(self.source) && reads_tables(source)
    }

    fn is_for(&self, question: &Question, now: i64) -> bool {
        let concerns = |source: Source| question.concerns(source) && self.concerns(source);
        self.until.is_none_or(|until| now < until) && Source::DEFAULT.into_iter().any(concerns)
    }
}
