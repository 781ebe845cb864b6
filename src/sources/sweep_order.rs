//! The progress of a sweep over S3 tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::discovery::Lead;
use crate::domain::SubjectId;

/// The tables of a sweep in the order of their keys, each with whether it has been read.
#[derive(Debug, Default)]
pub(super) struct SweepOrder {
    keys: BTreeMap<SubjectId, bool>,
    /// Whether the listing has ended, so that all tables are here.
    is_whole: bool,
    /// Whether the sweep began in this pass.
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

    /// Adds the listed tables that were not known: the listing has ended.
    pub(super) fn complete(&mut self, unknown: &[Lead<'_>]) {
        self.keys.extend(unknown.iter().map(|lead| (Arc::clone(lead.arn()), false)));
        self.is_whole = true;
    }

    /// The key after which the next pass continues: all keys up to it were read. It is empty if a new sweep has not read
    /// its first keys. Then the next pass reads the keys in order instead of the known ones first, so that it gets further.
    pub(super) fn resume_after(&self) -> Option<String> {
        if !self.is_whole {
            return None;
        }
        let last = self.keys.iter().take_while(|(_, done)| **done).last().map(|(key, _)| key.to_string());
        last.or_else(|| (self.is_new && self.keys.values().any(|done| *done)).then(String::new))
    }
}
