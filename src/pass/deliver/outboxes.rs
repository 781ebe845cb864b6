//! The outboxes of a scope: what waits in them, claims on them, and removal of what has been sent.

use futures_util::{StreamExt, stream};

use crate::domain::{Known, Notice, NoticeId, Outbox, SubjectId};
use crate::store::{Commit, Session};

/// How many claims or removals are written at once. A storm has thousands of outboxes.
const CONCURRENCY: usize = 32;

/// An item with an outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pass) enum Slot {
    /// The scope's checkpoint.
    Checkpoint,
    /// A subject.
    Subject(SubjectId),
}

/// The first notices of an outbox, which SNS has accepted.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    /// Whose outbox.
    pub slot: Slot,
    /// How many.
    pub count: usize,
}

/// Every notice that waits in the scope.
pub(in crate::pass) fn waiting(known: &Known) -> impl Iterator<Item = &Notice> {
    let subjects = known.records.values().map(|tracked| &tracked.outbox);
    subjects.chain([&known.checkpoint.outbox]).flat_map(|outbox| outbox.notices.values())
}

/// What waits in one outbox, in order.
pub(super) fn notices<'a>(known: &'a Known, slot: &Slot) -> impl Iterator<Item = &'a Notice> {
    outbox(known, slot).into_iter().flat_map(|outbox| outbox.notices.values())
}

fn outbox<'a>(known: &'a Known, slot: &Slot) -> Option<&'a Outbox> {
    match slot {
        Slot::Checkpoint => Some(&known.checkpoint.outbox),
        Slot::Subject(id) => known.records.get(id).map(|tracked| &tracked.outbox),
    }
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

/// Removes sent notices from their outboxes, all of one outbox in one update. The slots from which all of them are gone,
/// and which may have more to send.
pub(super) async fn remove(session: &mut Session<'_>, sent: Vec<Sent>) -> Vec<Slot> {
    let units: Vec<(Slot, Vec<(u64, NoticeId)>)> = sent
        .into_iter()
        .map(|Sent { slot, count }| {
            let outbox = outbox(&session.known, &slot);
            let notices = outbox.into_iter().flat_map(|outbox| &outbox.notices).take(count);
            let notices = notices.map(|(sequence, notice)| (*sequence, notice.id)).collect();
            (slot, notices)
        })
        .collect();
    // All of them before the first removal: time may run out in the middle.
    for (_, id) in units.iter().flat_map(|(_, notices)| notices) {
        session.accepted(*id);
    }
    let removals: Vec<_> = {
        let session = &*session;
        stream::iter(units)
            .map(|(slot, notices)| async move {
                let result = session.remove(sort_key(&slot), &notices).await;
                (slot, notices, result)
            })
            .buffered(CONCURRENCY)
            .collect()
            .await
    };
    let mut go_on = Vec::new();
    for (slot, notices, result) in removals {
        let revision = advance(session, &slot, &notices);
        match result {
            Ok(found) => {
                if found != Some(revision) {
                    session.doubt();
                }
                go_on.push(slot);
            }
            Err(error) => {
                tracing::warn!(%error, "notices were sent but not removed, so they will be sent again: {error}");
                session.doubt();
            }
        }
    }
    go_on
}

/// Takes sent notices out of what is known, and says which revision the item should have now.
fn advance(session: &mut Session<'_>, slot: &Slot, notices: &[(u64, NoticeId)]) -> u64 {
    let (outbox, revision) = match slot {
        Slot::Checkpoint => {
            let tracked = &mut session.known.checkpoint;
            (&mut tracked.outbox, &mut tracked.revision)
        }
        Slot::Subject(id) => match session.known.records.get_mut(id) {
            Some(tracked) => (&mut tracked.outbox, &mut tracked.revision),
            None => return 0,
        },
    };
    for (sequence, _) in notices {
        outbox.notices.remove(sequence);
    }
    *revision += 1;
    *revision
}

fn sort_key(slot: &Slot) -> &str {
    match slot {
        Slot::Checkpoint => crate::store::CHECKPOINT,
        Slot::Subject(id) => id,
    }
}
