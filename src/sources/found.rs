//! What a source has found so far, and how much of its scope that covers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::discovery::{Buckets, Listing};
use super::sweep_order::SweepOrder;
use crate::domain::{Coverage, Known, Observation, Planner, ScopeError, SubjectId, Unread};
use crate::error::{ApiError, ErrorKind};

/// If this many subjects have failed and none was answered, the others are left out of this pass: those of the same table
/// bucket, or all of them if the service itself fails.
const GIVE_UP_AFTER: usize = 20;
/// How many unreadable tables of a bucket are named at most.
const PATHS: usize = 5;

/// What a source has found so far.
pub struct Found<'k> {
    known: &'k Known,
    /// Takes what was read.
    pub planner: Planner<'k>,
    /// The open subjects that a listing contained.
    listed: BTreeSet<SubjectId>,
    /// How the parts of the scope answered: table buckets by ARN, everything else by IAM action.
    parts: BTreeMap<String, Part>,
    /// The table buckets that were listed completely, by ARN.
    listed_buckets: Vec<String>,
    /// The progress of a sweep over S3 tables.
    pub(super) sweep: Option<SweepOrder<'k>>,
}

/// The answers about one part of the scope.
#[derive(Debug, Default)]
struct Part {
    /// How many subjects were answered, including those that do not exist.
    answered: usize,
    /// The subjects that could not be read.
    failed: BTreeSet<SubjectId>,
    /// The first of them as globs, if they are tables.
    paths: Vec<String>,
    /// How many more were not read.
    skipped: usize,
    /// Why the first one failed.
    error: Option<ApiError>,
}

/// Whether to read the other subjects of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    GoOn,
    GiveUp,
}

impl<'k> Found<'k> {
    pub fn new(known: &'k Known, planner: Planner<'k>) -> Self {
        let (listed, parts) = (BTreeSet::new(), BTreeMap::new());
        Self { known, planner, listed, parts, listed_buckets: Vec::new(), sweep: None }
    }

    /// Notes the answer for one subject of a part. `None` means that the API does not know the subject.
    ///
    /// # Errors
    /// The service fails, and nothing was answered: more calls are pointless.
    pub(super) fn take(
        &mut self,
        part: &str,
        id: &SubjectId,
        answer: Result<Option<Observation>, ApiError>,
    ) -> Result<Next, ApiError> {
        match answer {
            Ok(Some(observation)) => self.planner.see(observation),
            Ok(None) => self.planner.miss(id),
            Err(error) if error.kind == ErrorKind::NotFound => self.planner.miss(id),
            Err(error) => return self.failed(part, id, error),
        }
        // "Not found" is an answer, too: the part can be read.
        self.part(part).answered += 1;
        Ok(Next::GoOn)
    }

    /// Notes the path of a table that could not be read, in the form that globs match.
    pub(super) fn note_path(&mut self, bucket_arn: &str, path: String) {
        let part = self.part(bucket_arn);
        if part.paths.len() < PATHS {
            part.paths.push(path);
        }
    }

    fn failed(&mut self, part: &str, id: &SubjectId, error: ApiError) -> Result<Next, ApiError> {
        self.note(part, id, error.clone());
        if error.kind.is_of_the_service() && !self.has_answers() && self.troubled() >= GIVE_UP_AFTER {
            return Err(error);
        }
        let part = self.part(part);
        let is_closed = part.answered == 0 && part.failed.len() >= GIVE_UP_AFTER;
        Ok(if is_closed { Next::GiveUp } else { Next::GoOn })
    }

    /// Notes that a subject was not read because its part is left out.
    pub(super) fn skip(&mut self, part: &str) {
        self.part(part).skipped += 1;
    }

    /// Notes that one subject, entry or listing could not be read.
    pub(super) fn note(&mut self, part: &str, id: &SubjectId, error: ApiError) {
        let part = self.part(part);
        part.failed.insert(Arc::clone(id));
        part.error.get_or_insert(error);
    }

    /// Notes an entry of a listing, or that it cannot be used.
    pub(super) fn note_entry(&mut self, entry: Result<Observation, ApiError>) {
        match entry {
            Ok(observation) => {
                let id = &observation.subject.id;
                if self.known.is_open(id) {
                    self.listed.insert(Arc::clone(id));
                }
                self.planner.see(observation);
            }
            Err(error) => self.note_unusable(error),
        }
    }

    /// The ids of the known open subjects that no listing contained so far.
    pub(super) fn missing(&self) -> Vec<SubjectId> {
        self.known.open().filter(|id| !self.listed.contains(id)).collect()
    }

    /// Notes an entry of a listing that cannot be used.
    pub(super) fn note_unusable(&mut self, error: ApiError) {
        let action = error.action;
        self.note(action, &SubjectId::from("the listing"), error);
    }

    /// Notes that the listing of tables has ended.
    pub(super) fn listed(&mut self, listing: &Listing, buckets: Buckets) {
        self.listed_buckets = listing.complete(buckets).map(str::to_owned).collect();
        for (bucket, error) in listing.trouble(buckets) {
            self.note(bucket, &SubjectId::from(bucket), error.clone());
        }
    }

    fn part(&mut self, name: &str) -> &mut Part {
        self.parts.entry(name.to_owned()).or_default()
    }

    /// Whether there is any answer, from this pass or from the cache.
    pub(super) fn has_answers(&self) -> bool {
        self.planner.relies_on_cache() || self.parts.values().any(|part| part.answered > 0)
    }

    fn troubled(&self) -> usize {
        self.parts.values().map(|part| part.failed.len()).sum()
    }

    /// How much of the scope was read. `ended` is how the fetch ended, `None` if time ran out.
    pub fn coverage(&self, ended: Option<Result<(), ApiError>>) -> Coverage {
        let resume_after = self.sweep.as_ref().and_then(SweepOrder::resume_after);
        let unread = self.unread();
        match ended {
            Some(Ok(())) if unread.is_empty() => Coverage::Complete,
            Some(Ok(())) => match unread.first().filter(|_| self.is_blind()) {
                // No table answered, so the whole source failed.
                Some(first) => {
                    let error = Some(first.error.clone());
                    Coverage::Stopped { resume_after: None, unread: Vec::new(), error }
                }
                None => Coverage::Swept(unread),
            },
            Some(Err(error)) => {
                let error = Some(ScopeError::from(&error));
                Coverage::Stopped { resume_after: None, unread: Vec::new(), error }
            }
            None => {
                let stuck = resume_after.is_none().then(|| ScopeError {
                    kind: ErrorKind::Timeout,
                    message: "time ran out before the listing ended; give the function more time or memory".to_owned(),
                    action: None,
                });
                Coverage::Stopped { resume_after, unread, error: stuck }
            }
        }
    }

    /// Whether a sweep over tables got only errors. This does not concern other sources: their listing has succeeded.
    /// Beside a denied bucket, a bucket counts as read if it was listed and nothing in it had to be asked about. It may be
    /// empty: otherwise its first table would look as if it had existed before the baseline. Or an earlier pass of this
    /// sweep has read its tables. If the service itself fails, such a bucket proves nothing.
    fn is_blind(&self) -> bool {
        let is_outage =
            || self.parts.values().filter_map(|part| part.error.as_ref()).any(|error| error.kind.is_of_the_service());
        // A bucket whose last table was dropped is listed as empty, though a call about the table has failed.
        let is_read = |bucket: &String| !self.parts.contains_key(bucket);
        self.sweep.is_some() && !self.has_answers() && (!self.listed_buckets.iter().any(is_read) || is_outage())
    }

    fn unread(&self) -> Vec<Unread> {
        let troubled = self.parts.iter().filter_map(|(name, part)| Some((name, part, part.error.as_ref()?)));
        troubled
            .map(|(name, part, error)| Unread {
                part: name.clone(),
                count: part.failed.len() + part.skipped,
                subjects: part.failed.clone(),
                exclude: part.exclude(name),
                error: ScopeError::from(error),
            })
            .collect()
    }
}

impl Part {
    /// The whole bucket if none of its tables answered, otherwise the unreadable tables if they are few enough to name.
    fn exclude(&self, name: &str) -> Vec<String> {
        match name.split_once(":bucket/") {
            Some((_, bucket)) if self.answered == 0 && !self.failed.is_empty() => vec![format!("{bucket}/**")],
            _ if self.failed.len() + self.skipped == self.paths.len() => self.paths.clone(),
            _ => Vec::new(),
        }
    }
}
