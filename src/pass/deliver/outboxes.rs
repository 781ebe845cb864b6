//! Outboxes: their notices, the claims on them, and the removal of sent notices.

use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use crate::domain::{Known, Notice, Outbox, SubjectId, ToldNotice, Tracked, mark};
use crate::store::{Commit, Session};

/// How many claims or removals run at the same time. There may be thousands of outboxes.
const CONCURRENCY: usize = 32;

/// An item with an outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pass) enum Slot {
    Checkpoint,
    Subject(SubjectId),
}

/// An item with an outbox, in one of several sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pass) struct Place {
    /// The index of the session.
    pub session: usize,
    pub slot: Slot,
}

/// How many of the first notices of an outbox SNS has accepted.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub place: Place,
    pub count: usize,
}

/// Every notice that waits in the scope.
pub(in crate::pass) fn waiting(known: &Known) -> Vec<Notice> {
    let subjects = known.records.marked(mark::WAITING).map(|entry| entry.unpack().outbox);
    subjects.chain([known.checkpoint.outbox.clone()]).flat_map(|outbox| outbox.notices.into_values()).collect()
}

/// The outboxes of a scope that have notices and that no invocation is publishing.
pub(in crate::pass) fn unclaimed(session: &Session<'_>) -> Vec<Slot> {
    let is_free = |outbox: &Outbox| !outbox.notices.is_empty() && !session.is_in_other_hands(outbox);
    let checkpoint = is_free(&session.known.checkpoint.outbox).then_some(Slot::Checkpoint);
    let waiting = session.known.records.marked(mark::WAITING).map(|entry| entry.unpack());
    let free = waiting.filter(|tracked| is_free(&tracked.outbox));
    checkpoint.into_iter().chain(free.map(|tracked| Slot::Subject(tracked.state.subject.id.clone()))).collect()
}

/// The notices of one outbox, in order.
pub(super) fn notices(sessions: &[Session<'_>], place: &Place) -> impl Iterator<Item = Notice> + use<> {
    let known = sessions.get(place.session).map(|session| &session.known);
    let outbox = known.and_then(|known| outbox(known, &place.slot));
    outbox.into_iter().flat_map(|outbox| outbox.notices.into_values())
}

fn outbox(known: &Known, slot: &Slot) -> Option<Outbox> {
    match slot {
        Slot::Checkpoint => Some(known.checkpoint.outbox.clone()),
        Slot::Subject(id) => known.records.get(id).map(|tracked| tracked.outbox),
    }
}

/// Claims every outbox that has notices and that no other invocation is publishing.
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
            // Another invocation was faster, and publishes the notices.
            Ok(Commit::Conflict(_)) => session.doubt(),
            // The claim may have been written. It expires, and then a later pass publishes the notices.
            Err(error) => {
                tracing::warn!(%error, "failed to claim an outbox: {error}");
                session.doubt();
            }
        }
    }
    let claims: Vec<_> = {
        let session = &*session;
        let waiting = session.known.records.marked(mark::WAITING).map(|entry| entry.unpack());
        stream::iter(waiting.filter(|tracked| is_free(session, &tracked.outbox)))
            .map(|tracked| async move { (tracked.state.subject.id.clone(), session.claim_record(&tracked).await) })
            .buffered(CONCURRENCY)
            .collect()
            .await
    };
    for (id, result) in claims {
        match result {
            Ok(Commit::Written(tracked)) => {
                session.known.records.insert(&tracked);
                claimed.push(Slot::Subject(id));
            }
            // The plan must be made from the state that the other invocation has written.
            Ok(Commit::Conflict(fresh)) => {
                session.doubt();
                if let Some(fresh) = fresh {
                    session.known.records.insert(&fresh);
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

/// Moves sent notices to the history of their item, with one update for each outbox. Returns the places for which that succeeded. They may have
/// more to send.
pub(super) async fn remove(sessions: &mut [Session<'_>], sent: Vec<Sent>) -> Vec<Place> {
    let units: Vec<(Place, Vec<(u64, Notice)>)> = sent
        .into_iter()
        .map(|Sent { place, count }| {
            let outbox = outbox(&sessions[place.session].known, &place.slot);
            let notices = outbox.into_iter().flat_map(|outbox| outbox.notices).take(count);
            (place, notices.collect())
        })
        .collect();
    // This remembers all of them before the first removal. If time runs out during the removals, this process still
    // knows which notices it must not send again.
    for (place, notices) in &units {
        for (_, notice) in notices {
            sessions[place.session].accepted(notice.id);
        }
    }
    let removals: Vec<_> = {
        let sessions = &*sessions;
        stream::iter(units)
            .map(|(place, notices)| async move {
                let result = sessions[place.session].remove(sort_key(&place.slot), &notices).await;
                (place, notices, result)
            })
            .buffered(CONCURRENCY)
            .collect()
            .await
    };
    let mut go_on = Vec::new();
    for (place, notices, result) in removals {
        let session = &mut sessions[place.session];
        match result {
            // Another revision shows that someone else has written the item too.
            Ok(found) => {
                if found != Some(advance(session, &place.slot, notices)) {
                    session.doubt();
                }
                go_on.push(place);
            }
            // The next notices of this outbox wait. If they were sent now and another process sent these again, they
            // would arrive in the wrong order. The revision stays as it was read: if this pass counted a removal that did
            // not happen, its next write could pass for the successor of someone else's.
            Err(error) => {
                tracing::warn!(%error, "notices were sent but not removed, so another process may send them again: {error}");
                session.doubt();
            }
        }
    }
    go_on
}

/// Moves sent notices in `known` from the outbox to the history, and returns the revision that the item should have now.
fn advance(session: &mut Session<'_>, slot: &Slot, notices: Vec<(u64, Notice)>) -> u64 {
    let told_at = session.writer().now;
    match slot {
        Slot::Checkpoint => told(&mut session.known.checkpoint, notices, told_at),
        Slot::Subject(id) => {
            let Some(mut tracked) = session.known.records.get(id) else { return 0 };
            let revision = told(&mut tracked, notices, told_at);
            session.known.records.insert(&tracked);
            revision
        }
    }
}

fn told<T>(tracked: &mut Tracked<T>, notices: Vec<(u64, Notice)>, told_at: Timestamp) -> u64 {
    for (sequence, notice) in notices {
        tracked.outbox.notices.remove(&sequence);
        tracked.history.push(ToldNotice { notice, told_at });
    }
    tracked.revision += 1;
    tracked.revision
}

fn sort_key(slot: &Slot) -> &str {
    match slot {
        Slot::Checkpoint => crate::store::CHECKPOINT,
        Slot::Subject(id) => id,
    }
}
