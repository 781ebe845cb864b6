//! The progress of a sweep over S3 tables.

use std::sync::Arc;

use super::discovery::Lead;

/// The tables of a sweep, each with whether it has been read. Their positions count through both lists.
pub(super) struct SweepOrder<'k> {
    /// The known tables, if they are read before the listing has ended.
    first: Arc<[Lead<'k>]>,
    /// The other tables.
    rest: Arc<[Lead<'k>]>,
    done: Vec<bool>,
    /// Whether the listing has ended, so that all tables are here.
    is_whole: bool,
    /// Whether the sweep began in this pass.
    is_new: bool,
}

impl<'k> SweepOrder<'k> {
    pub(super) fn new(first: Arc<[Lead<'k>]>, is_new: bool) -> Self {
        let done = vec![false; first.len()];
        Self { first, rest: Arc::default(), done, is_whole: false, is_new }
    }

    /// Notes that the table at this position was read.
    pub(super) fn note(&mut self, position: usize) {
        if let Some(done) = self.done.get_mut(position) {
            *done = true;
        }
    }

    /// Adds the other tables: the listing has ended.
    pub(super) fn complete(&mut self, rest: Arc<[Lead<'k>]>) {
        self.done.resize(self.first.len() + rest.len(), false);
        self.rest = rest;
        self.is_whole = true;
    }

    /// The ARN after which the next pass continues: all tables up to it were read. It is empty if a new sweep has not read
    /// its first tables. Then the next pass reads the tables in order instead of the known ones first, so that it gets
    /// further.
    pub(super) fn resume_after(&self) -> Option<String> {
        if !self.is_whole {
            return None;
        }
        let tables = || self.first.iter().chain(&*self.rest).zip(&self.done);
        let unread = tables().filter(|(_, done)| !**done).map(|(table, _)| table).min_by(|a, b| a.cmp_arn(b));
        let is_before = |table: &&Lead<'_>| unread.is_none_or(|unread| table.cmp_arn(unread).is_lt());
        let read = || tables().filter(|(_, done)| **done).map(|(table, _)| table);
        let last = read().filter(is_before).max_by(|a, b| a.cmp_arn(b)).map(Lead::arn);
        last.or_else(|| (self.is_new && read().next().is_some()).then(String::new))
    }
}
