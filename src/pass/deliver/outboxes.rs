//! The outboxes of a scope: what waits in them, claims on them, and removal of what has been sent.

use futures_util::{StreamExt, stream};

use crate::domain::{Known, Notice, Outbox, SubjectId};
use crate::store::{Commit, Session};

/// How many claims or removals are written at once: a digest's notices are removed one by one, and claims on a storm's
/// outboxes must not take the time that telling it needs.
const CONCURRENCY: usize = 32;

/// An item with an outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pass) enum Slot {
    /// The scope's checkpoint.
    Checkpoint,
    /// A subject.
    Subject(SubjectId),
}

/// A notice in its outbox.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Whose outbox.
    pub slot: Slot,
    /// Its key there.
    pub sequence: u64,
    /// What is to be told.
    pub notice: Notice,
}

/// Every notice that waits in the scope.
pub(in crate::pass) fn waiting(known: &Known) -> impl Iterator<Item = &Notice> {
    let subjects = known.records.values().map(|tracked| &tracked.outbox);
    subjects.chain([&known.checkpoint.outbox]).flat_map(|outbox| outbox.notices.values())
}

/// What waits in one outbox, in order.
pub(super) fn entries(known: &Known, slot: &Slot) -> Vec<Entry> {
    let outbox = match slot {
        Slot::Checkpoint => Some(&known.checkpoint.outbox),
        Slot::Subject(id) => known.records.get(id).map(|tracked| &tracked.outbox),
    };
    let notices = outbox.map(|outbox| &outbox.notices).into_iter().flatten();
    notices
        .map(|(sequence, notice)| Entry { slot: slot.clone(), sequence: *sequence, notice: notice.clone() })
        .collect()
}

/// Claims every outbox with something in it that no other invocation is publishing.
pub(in crate::pass) async fn claim(session: &mut Session<'_>) -> Vec<Slot> {
    let is_free =
        |session: &Session<'_>, outbox: &Outbox| !outbox.notices.is_empty() && !session.is_in_other_hands(outbox);
    let mut claimed = Vec::new();
    if is_free(session, &session.known.checkpoint.outbox) {
        match session.claim_checkpoint(&session.known.checkpoint).await {
            Ok(Commit::Written(tracked)) => {
                session.known.checkpoint = tracked;
                claimed.push(Slot::Checkpoint);
            }
            Ok(Commit::Conflict(_)) => session.doubt(),
            Err(error) => {
                tracing::warn!(%error, "failed to claim an outbox: {error}");
                session.doubt();
            }
        }
    }
    let claims: Vec<_> = {
        let session = &*session;
        let waiting = session.known.records.values().filter(|tracked| is_free(session, &tracked.outbox));
        stream::iter(waiting)
            .map(|tracked| async move { (tracked.state.subject.id.clone(), session.claim_record(tracked).await) })
            .buffered(CONCURRENCY)
            .collect()
            .await
    };
    for (id, result) in claims {
        match result {
            Ok(Commit::Written(tracked)) => {
                session.known.records.insert(id.clone(), tracked);
                claimed.push(Slot::Subject(id));
            }
            Ok(Commit::Conflict(fresh)) => {
                session.doubt();
                if let Some(fresh) = fresh {
                    session.known.records.insert(id, fresh);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "failed to claim an outbox: {error}");
                session.doubt();
            }
        }
    }
    claimed
}

/// Removes sent notices from their outboxes. `units` are those of one outbox each, which are removed in their order. The
/// slots from which all of them are gone, and which may have more to send.
pub(super) async fn remove(session: &mut Session<'_>, units: Vec<Vec<Entry>>) -> Vec<Slot> {
    // All of them before the first removal: time may run out in the middle.
    for entry in units.iter().flatten() {
        session.accepted(&entry.notice);
    }
    let removals: Vec<_> = {
        let session = &*session;
        stream::iter(units)
            .map(|unit| async move {
                let mut results = Vec::with_capacity(unit.len());
                for entry in unit {
                    let result = session.delivered(sort_key(&entry.slot), entry.sequence, &entry.notice).await;
                    results.push((entry, result));
                }
                results
            })
            .buffered(CONCURRENCY)
            .collect()
            .await
    };
    let mut go_on = Vec::new();
    for results in removals {
        let are_gone = results.iter().all(|(_, result)| result.is_ok());
        let slot = results.first().map(|(entry, _)| entry.slot.clone());
        for (entry, result) in results {
            let revision = advance(session, &entry);
            let is_as_known = match &result {
                Ok(found) => *found == Some(revision),
                Err(error) => {
                    tracing::warn!(%error, "a notice was sent but not removed, so it will be sent again: {error}");
                    false
                }
            };
            if !is_as_known {
                session.doubt();
            }
        }
        go_on.extend(slot.filter(|_| are_gone));
    }
    go_on
}

/// Takes a sent notice out of what is known, and says which revision the item should have now.
fn advance(session: &mut Session<'_>, entry: &Entry) -> u64 {
    let (outbox, revision) = match &entry.slot {
        Slot::Checkpoint => {
            let tracked = &mut session.known.checkpoint;
            (&mut tracked.outbox, &mut tracked.revision)
        }
        Slot::Subject(id) => match session.known.records.get_mut(id) {
            Some(tracked) => (&mut tracked.outbox, &mut tracked.revision),
            None => return 0,
        },
    };
    outbox.notices.remove(&entry.sequence);
    *revision += 1;
    *revision
}

fn sort_key(slot: &Slot) -> &str {
    match slot {
        Slot::Checkpoint => crate::store::CHECKPOINT,
        Slot::Subject(id) => id,
    }
}
