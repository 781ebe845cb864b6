//! Writes the plan, each subject on its own. If someone else has written a subject in the meantime, the subject is
//! evaluated again with its new state. So no observed transition is lost and none is told twice.

use futures_util::{StreamExt, stream};
use tokio::time::{Instant, timeout_at};

use super::deliver::Slot;
use crate::domain::{
    Basis, Change, Checkpoint, Coverage, Finding, Findings, Policy, Record, ScopeError, SubjectId, Tracked,
};
use crate::store::{Commit, Session, StoreError};

/// How many writes run at the same time.
const CONCURRENCY: usize = 32;
/// After how many writes what was written becomes known. Until then, the records are not packed.
const TOGETHER: usize = 1024;
/// How often a subject is evaluated before it is left to the next pass.
const ATTEMPTS: usize = 5;

/// The result of writing the changes of a plan.
#[derive(Default)]
pub(super) struct Commits {
    /// How many subjects were written.
    pub(super) written: usize,
    /// Those of them with notices that this invocation has to publish.
    pub(super) with_notices: Vec<Slot>,
    /// Whether time ran out before everything was written.
    pub(super) out_of_time: bool,
    /// The first error.
    pub(super) error: Option<ScopeError>,
}

impl Commits {
    /// Whether every change was written.
    pub(super) const fn is_whole(&self) -> bool {
        self.error.is_none() && !self.out_of_time
    }
}

/// Writes every change. Starts no write after `until`.
pub(super) async fn commit(
    session: &mut Session<'_>,
    findings: Findings,
    coverage: &Coverage,
    policy: &Policy,
    until: Instant,
) -> Commits {
    let mut commits = Commits::default();
    let mut findings = findings.drain();
    while !commits.out_of_time {
        let some: Vec<Finding> = findings.by_ref().take(TOGETHER).collect();
        if some.is_empty() {
            break;
        }
        commit_some(session, some, (coverage, policy), until, &mut commits).await;
    }
    commits
}

async fn commit_some(
    session: &mut Session<'_>,
    findings: Vec<Finding>,
    (coverage, policy): (&Coverage, &Policy),
    until: Instant,
    commits: &mut Commits,
) {
    let mut results = Vec::with_capacity(findings.len());
    {
        let session = &*session;
        let basis = Basis { known: &session.known, policy, reference_time: session.writer().now };
        let mut writes = stream::iter(findings)
            .map(|finding| async move {
                let result = commit_one(session, basis, &finding, coverage).await;
                (SubjectId::clone(finding.id()), result)
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
    // The writes that were given up may still take effect.
    if commits.out_of_time {
        session.doubt();
    }
    for (id, result) in results {
        match result {
            Ok(Some((tracked, has_notices))) => {
                if has_notices {
                    commits.with_notices.push(Slot::Subject(id));
                }
                commits.written += 1;
                session.known.records.insert(&tracked);
            }
            // Someone else has written the subject, so the item differs from what this session knows.
            Ok(None) => session.doubt(),
            // The write may have taken effect although its answer was lost.
            Err(error) => {
                session.doubt();
                commits.error.get_or_insert_with(|| ScopeError::from(&error));
            }
        }
    }
}

/// Returns the item as it was written, and whether it has notices that this invocation has to publish. `None` if
/// nothing is left to write because someone else has observed the same, or if others keep writing the item.
async fn commit_one(
    session: &Session<'_>,
    basis: Basis<'_>,
    finding: &Finding,
    coverage: &Coverage,
) -> Result<Option<(Tracked<Record>, bool)>, StoreError> {
    let id = finding.id();
    let mut before = session.known.records.get(id);
    for _ in 0..ATTEMPTS {
        // If someone else has written the item, this evaluates it again. To write the old change would undo the other
        // invocation's transition, or tell it twice. To give up would lose ours.
        let Some(change) = basis.evaluate(before.as_ref().map(|tracked| &tracked.state), finding, coverage) else {
            return Ok(None);
        };
        let is_news = !change.notices.is_empty();
        match session.commit(before.as_ref(), change).await? {
            Commit::Written(tracked) => {
                // If another invocation has the claim, it is publishing the earlier notices. These wait for a later
                // pass.
                let is_ours = is_news && tracked.outbox.is_for(&session.writer().token);
                return Ok(Some((tracked, is_ours)));
            }
            Commit::Conflict(fresh) => before = fresh,
        }
    }
    tracing::warn!(subject = %id, "{id}: other invocations wrote it during all {ATTEMPTS} attempts; left to the next pass");
    Ok(None)
}

/// Writes the checkpoint, gives the lease back, and returns whether this invocation has to publish notices of the
/// scope.
pub(super) async fn checkpoint(session: &mut Session<'_>, change: Change<Checkpoint>) -> Result<bool, StoreError> {
    let is_news = !change.notices.is_empty();
    match session.commit_checkpoint(change).await {
        Ok(Commit::Written(tracked)) => {
            let is_ours = is_news && tracked.outbox.is_for(&session.writer().token);
            session.known.checkpoint = tracked;
            Ok(is_ours)
        }
        // The lease has expired, or a hint has claimed the notices of the scope. The checkpoint stays as it was, so
        // what happened since then is still news for the next pass.
        Ok(Commit::Conflict(_)) => {
            tracing::warn!(
                scope = %session.known.scope,
                "{}: the checkpoint was not written because another invocation has written it or has the lease",
                session.known.scope
            );
            session.doubt();
            Ok(false)
        }
        Err(error) => {
            session.doubt();
            Err(error)
        }
    }
}
