//! Writing what the plan says, each subject on its own. A subject that someone else has written meanwhile is judged
//! again on what it holds now, so that no observed transition is lost and none is told twice.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use tokio::time::{Instant, timeout_at};

use super::deliver::Slot;
use super::store_error;
use crate::domain::{
    Change, Checkpoint, Coverage, Known, Observed, Policy, Record, ScopeError, SubjectId, Tracked, plan,
};
use crate::store::{Commit, Session, StoreError};

/// How many writes are under way at once.
const CONCURRENCY: usize = 32;
/// How often a subject is judged again before it is left to the next pass.
const ATTEMPTS: usize = 5;

/// What became of a plan's changes.
#[derive(Default)]
pub(super) struct Commits {
    /// Subjects that were written.
    pub(super) written: Vec<SubjectId>,
    /// Those of them that have notices to publish.
    pub(super) with_notices: Vec<Slot>,
    /// Whether time ran out before everything was written.
    pub(super) out_of_time: bool,
    /// The first failure, if any.
    pub(super) error: Option<ScopeError>,
}

impl Commits {
    /// Whether every change has been written.
    pub(super) const fn is_whole(&self) -> bool {
        self.error.is_none() && !self.out_of_time
    }
}

/// Writes every change. Nothing is begun after `until`.
pub(super) async fn commit(
    session: &mut Session<'_>,
    changes: Vec<Change<Record>>,
    observed: &Observed,
    coverage: &Coverage,
    policy: &Policy,
    until: Instant,
) -> Commits {
    let mut commits = Commits::default();
    let judge = Judge { observed, coverage, policy };
    let mut results = Vec::with_capacity(changes.len());
    {
        let session = &*session;
        let judge = &judge;
        let mut writes = stream::iter(changes)
            .map(|change| async move {
                let id = change.state.subject.id.clone();
                let result = commit_one(session, judge, &id, change).await;
                (id, result)
            })
            .buffer_unordered(CONCURRENCY);
        loop {
            match timeout_at(until, writes.next()).await {
                Ok(Some(result)) => results.push(result),
                Ok(None) => break,
                Err(_) => {
                    commits.out_of_time = true;
                    break;
                }
            }
        }
    }
    if commits.out_of_time {
        session.doubt();
    }
    for (id, result) in results {
        match result {
            Ok(Some((tracked, has_notices))) => {
                if has_notices {
                    commits.with_notices.push(Slot::Subject(id.clone()));
                }
                commits.written.push(id.clone());
                session.known.records.insert(id, tracked);
            }
            Ok(None) => session.doubt(),
            Err(error) => {
                session.doubt();
                commits.error.get_or_insert_with(|| store_error(&error));
            }
        }
    }
    commits
}

/// What a subject is judged again on.
struct Judge<'a> {
    observed: &'a Observed,
    coverage: &'a Coverage,
    policy: &'a Policy,
}

impl Judge<'_> {
    fn again(
        &self,
        known: &Known,
        id: &SubjectId,
        fresh: Option<&Tracked<Record>>,
        now: jiff::Timestamp,
    ) -> Option<Change<Record>> {
        let records: BTreeMap<_, _> = fresh.map(|tracked| (id.clone(), tracked.clone())).into_iter().collect();
        let known = Known { scope: known.scope.clone(), checkpoint: known.checkpoint.clone(), records };
        let observed = Observed {
            observations: self.observed.observations.iter().filter(|seen| seen.subject.id == *id).cloned().collect(),
            absent: self.observed.absent.iter().filter(|absent| *absent == id).cloned().collect(),
            relied_on: None,
        };
        plan(&known, &observed, self.coverage, self.policy, now).changes.into_iter().next()
    }
}

/// The item as written and whether it has notices for us to publish; `None` when someone else had already written as much.
async fn commit_one(
    session: &Session<'_>,
    judge: &Judge<'_>,
    id: &SubjectId,
    mut change: Change<Record>,
) -> Result<Option<(Tracked<Record>, bool)>, StoreError> {
    let mut before = session.known.records.get(id).cloned();
    for _ in 0..ATTEMPTS {
        let is_news = !change.notices.is_empty();
        match session.commit(before.as_ref(), change).await? {
            Commit::Written(tracked) => {
                let is_ours = is_news && tracked.outbox.is_for(&session.writer().token);
                return Ok(Some((tracked, is_ours)));
            }
            Commit::Conflict(fresh) => {
                let Some(next) = judge.again(&session.known, id, fresh.as_ref(), session.writer().now) else {
                    return Ok(None);
                };
                change = next;
                before = fresh;
            }
        }
    }
    tracing::warn!(subject = %id, "{id}: still being written by others after {ATTEMPTS} attempts; left to the next pass");
    Ok(None)
}

/// Writes the checkpoint and gives the lease back. Whether it has notices to publish.
pub(super) async fn checkpoint(session: &mut Session<'_>, change: Change<Checkpoint>) -> Result<bool, StoreError> {
    let is_news = !change.notices.is_empty();
    match session.commit_checkpoint(change).await {
        Ok(Commit::Written(tracked)) => {
            let is_ours = is_news && tracked.outbox.is_for(&session.writer().token);
            session.known.checkpoint = tracked;
            Ok(is_ours)
        }
        Ok(Commit::Conflict(_)) => {
            tracing::warn!(scope = %session.known.scope, "{}: the lease ended before the pass did", session.known.scope);
            session.doubt();
            Ok(false)
        }
        Err(error) => {
            session.doubt();
            Err(error)
        }
    }
}
