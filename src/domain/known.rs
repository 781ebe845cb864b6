//! What is stored about a scope.

use std::sync::Arc;

use jiff::Timestamp;

use super::packed::{Entry, Pack, Packed};
use super::{Account, Checkpoint, Facet, FacetRecord, Record, Scope, Subject, SubjectId, Tracked};

/// Everything that is stored about a scope.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    pub scope: Scope,
    /// The account of the scope.
    pub account: Arc<Account>,
    pub checkpoint: Tracked<Checkpoint>,
    pub records: Packed<Tracked<Record>>,
}

/// What can be asked of a packed record.
pub mod mark {
    /// The subject may still change.
    pub const OPEN: u8 = 1;
    /// Notices wait in its outbox.
    pub const WAITING: u8 = 2;
    /// A failure of a one-shot facet is held back.
    pub const HELD_BACK: u8 = 4;
    /// A failure has a silence, which may be over.
    pub const SILENCED: u8 = 8;
}

impl Pack for Tracked<Record> {
    fn id(&self) -> &str {
        &self.state.subject.id
    }

    fn marks(&self) -> u8 {
        let record = &self.state;
        let has = |test: fn((&Facet, &FacetRecord)) -> bool| record.facets.iter().any(test);
        let marks = [
            (mark::OPEN, record.is_open()),
            (mark::WAITING, !self.outbox.notices.is_empty()),
            (mark::HELD_BACK, has(|(name, facet)| facet.is_held_back(name))),
            (mark::SILENCED, has(|(_, facet)| facet.failing.as_ref().is_some_and(|failing| failing.silence.is_some()))),
        ];
        marks.into_iter().filter(|(_, is_set)| *is_set).map(|(mark, _)| mark).sum()
    }
}

impl Entry<'_, Tracked<Record>> {
    /// The subject alone, which the other fields follow.
    pub fn subject(&self) -> Arc<Subject> {
        self.first_field()
    }
}

impl Known {
    /// A scope without any stored state.
    pub fn nothing(scope: Scope) -> Self {
        Self { scope, account: Arc::default(), checkpoint: Tracked::default(), records: Packed::default() }
    }

    /// Whether the subject is known and may still change.
    pub fn is_open(&self, id: &str) -> bool {
        self.records.entry(id).is_some_and(|entry| entry.has(mark::OPEN))
    }

    /// The ids of the subjects that may still change.
    pub fn open(&self) -> impl Iterator<Item = SubjectId> {
        self.records.marked(mark::OPEN).map(|entry| entry.id().into())
    }

    /// The names of the failures that are silenced.
    pub fn silenced(&self, now: Timestamp) -> Vec<String> {
        let mut silenced = Vec::new();
        for Tracked { state: record, .. } in self.records.marked(mark::SILENCED).map(|entry| entry.unpack()) {
            let is_silenced =
                |facet: &FacetRecord| facet.failing.as_ref().is_some_and(|failing| failing.silence_at(now).is_some());
            let facets = record.facets.iter().filter(|(_, facet)| is_silenced(facet));
            silenced.extend(facets.map(|(name, _)| name.describe(&record.subject.name)));
        }
        silenced
    }
}
