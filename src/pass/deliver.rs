//! Publishing outboxes: claim, send, remove, the oldest notice of each subject first.
//!
//! A notice is removed only after SNS has accepted it. The next notice of a subject is sent only after the one before
//! it, so order holds per subject.

use futures_util::{StreamExt, stream};
use tokio::time::{Instant, timeout_at};

use crate::domain::{Known, Notice, Outbox, ScopeError, Severity, SubjectId};
use crate::publish::{self, Publisher, render};
use crate::store::{Commit, Session};

/// How many notices go out together: as many as one `PublishBatch` takes.
const TOGETHER: usize = 10;
/// How many claims are written at once.
const CONCURRENCY: usize = 16;

/// An item with an outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// The scope's checkpoint.
    Checkpoint,
    /// A subject.
    Subject(SubjectId),
}

/// What became of the outboxes.
#[derive(Debug, Default)]
pub(super) struct Delivery {
    /// How many notices SNS accepted.
    pub(super) published: usize,
    /// The highest severity among them.
    pub(super) gravest: Option<Severity>,
    /// What went wrong first, if anything did.
    pub(super) error: Option<ScopeError>,
    /// Whether SNS as a whole did not answer as it should, so that another call is pointless in this pass. A message that
    /// alone is refused does not hold the others up.
    pub(super) is_down: bool,
}

/// Every notice that waits in the scope.
pub(super) fn waiting(known: &Known) -> impl Iterator<Item = &Notice> {
    let subjects = known.records.values().map(|tracked| &tracked.outbox);
    subjects.chain([&known.checkpoint.outbox]).flat_map(|outbox| outbox.notices.values())
}

/// Claims every outbox with something in it that no other invocation is publishing.
pub(super) async fn claim(session: &mut Session<'_>) -> Vec<Slot> {
    let writer = session.writer().clone();
    let is_free =
        |outbox: &Outbox| !outbox.notices.is_empty() && !outbox.is_claimed_by_another(&writer.token, writer.now);
    let mut claimed = Vec::new();
    if is_free(&session.known.checkpoint.outbox) {
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
        let waiting = session.known.records.values().filter(|tracked| is_free(&tracked.outbox));
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

/// Publishes the outboxes in `slots`. Stops at the first call that fails as a whole, and at `until`.
pub(super) async fn deliver(
    session: &mut Session<'_>,
    mut slots: Vec<Slot>,
    publisher: &Publisher,
    settings: &publish::Settings,
    until: Instant,
) -> Delivery {
    let mut delivery = Delivery::default();
    while !slots.is_empty() {
        let mut go_on = Vec::new();
        for together in slots.chunks(TOGETHER) {
            let heads: Vec<(Slot, u64, Notice)> = together
                .iter()
                .filter_map(|slot| {
                    let (sequence, notice) = outbox(session, slot)?.head()?;
                    Some((slot.clone(), sequence, notice.clone()))
                })
                .collect();
            let (sent, heads): (Vec<_>, Vec<_>) =
                heads.into_iter().partition(|(_, _, notice)| session.was_sent(notice));
            go_on.extend(remove(session, sent).await);
            if heads.is_empty() {
                continue;
            }
            let messages: Vec<_> =
                heads.iter().map(|(_, _, notice)| render(std::slice::from_ref(notice), settings)).collect();
            let publishing = async {
                // Nothing is begun after `until`, and a call that SNS does not answer by then is given up.
                if Instant::now() >= until { None } else { timeout_at(until, publisher.publish(&messages)).await.ok() }
            };
            let Some(results) = publishing.await else {
                delivery.error.get_or_insert_with(out_of_time);
                delivery.is_down = true;
                return delivery;
            };
            let mut accepted = Vec::new();
            for (head, result) in heads.into_iter().zip(results) {
                match result {
                    Ok(()) => accepted.push(head),
                    Err(error) => {
                        delivery.is_down |= !error.is_of_one_message();
                        let error = ScopeError {
                            kind: error.kind().as_str(),
                            message: error.to_string(),
                            action: error.action().map(str::to_owned),
                        };
                        delivery.error.get_or_insert(error);
                    }
                }
            }
            delivery.published += accepted.len();
            let severities = accepted.iter().map(|(_, _, notice)| notice.severity);
            delivery.gravest = severities.chain(delivery.gravest).max();
            go_on.extend(remove(session, accepted).await);
            if delivery.is_down {
                return delivery;
            }
        }
        slots = go_on;
    }
    delivery
}

/// Removes accepted notices from their outboxes. The slots that may have another one to send.
async fn remove(session: &mut Session<'_>, accepted: Vec<(Slot, u64, Notice)>) -> Vec<Slot> {
    let removals: Vec<_> = {
        let session = &*session;
        stream::iter(accepted)
            .map(|(slot, sequence, notice)| async move {
                let result = session.delivered(sort_key(&slot), sequence, &notice).await;
                (slot, sequence, result)
            })
            .buffered(TOGETHER)
            .collect()
            .await
    };
    let mut go_on = Vec::new();
    for (slot, sequence, result) in removals {
        let is_as_known = match &result {
            Ok(revision) => *revision == Some(advance(session, &slot, sequence)),
            Err(error) => {
                tracing::warn!(%error, "a notice was sent but not removed, so it will be sent again: {error}");
                advance(session, &slot, sequence);
                false
            }
        };
        if !is_as_known {
            session.doubt();
        }
        if result.is_ok() {
            go_on.push(slot);
        }
    }
    go_on
}

/// Takes a sent notice out of what is known, and says which revision the item should have now.
fn advance(session: &mut Session<'_>, slot: &Slot, sequence: u64) -> u64 {
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
    outbox.notices.remove(&sequence);
    *revision += 1;
    *revision
}

fn outbox<'s>(session: &'s Session<'_>, slot: &Slot) -> Option<&'s Outbox> {
    match slot {
        Slot::Checkpoint => Some(&session.known.checkpoint.outbox),
        Slot::Subject(id) => session.known.records.get(id).map(|tracked| &tracked.outbox),
    }
}

fn sort_key(slot: &Slot) -> &str {
    match slot {
        Slot::Checkpoint => crate::store::CHECKPOINT,
        Slot::Subject(id) => id,
    }
}

fn out_of_time() -> ScopeError {
    ScopeError {
        kind: "timeout",
        message: "time ran out before everything was published; the next pass goes on".to_owned(),
        action: None,
    }
}
