//! How far a sweep over S3 tables has come.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::discovery::Lead;
use crate::domain::SubjectId;

/// The keys of a long sweep in their order, each with whether it has been asked about.
#[derive(Debug, Default)]
pub(super) struct SweepOrder {
    keys: BTreeMap<SubjectId, bool>,
    /// Whether the listing has ended, so that these are all.
    is_whole: bool,
    /// Whether the sweep has begun in this pass.
    is_new: bool,
}

impl SweepOrder {
    pub(super) fn new(known: &[Lead<'_>], is_new: bool) -> Self {
        Self { keys: known.iter().map(|lead| (Arc::clone(lead.arn()), false)).collect(), is_whole: false, is_new }
    }

    pub(super) fn note(&mut self, key: &str) {
        if let Some(done) = self.keys.get_mut(key) {
            *done = true;
        }
    }

    /// Notes that the listing has ended: `news` are what was not known.
    pub(super) fn complete(&mut self, news: &[Lead<'_>]) {
        self.keys.extend(news.iter().map(|lead| (Arc::clone(lead.arn()), false)));
        self.is_whole = true;
    }

    /// The last key before which there is no gap. Empty when a new sweep has a gap at its beginning: the next pass then
    /// takes up the keys in their order, instead of the known ones first, so that it gets further each time.
    pub(super) fn resume_after(&self) -> Option<String> {
        if !self.is_whole {
            return None;
        }
        let last = self.keys.iter().take_while(|(_, done)| **done).last().map(|(key, _)| key.to_string());
        last.or_else(|| (self.is_new && self.keys.values().any(|done| *done)).then(String::new))
    }
}
