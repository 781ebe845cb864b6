//! Leaves the notices of a scope to a delivery, which sends the notices of many targets together.

use std::sync::Mutex;

use tokio::sync::Notify;

use super::deliver::{Slot, unclaimed};
use crate::domain::{ScopeError, SubjectId};
use crate::store::{CHECKPOINT, Session};
use crate::targets::{DeliveryMessage, Outgoing, Queue};

/// Where a pass leaves the scopes with notices.
pub(super) enum HandOver {
    /// In a queue, for another invocation.
    Queue(Queue),
    /// In this process, for a delivery beside the passes.
    Here(Waiting),
}

/// The scopes that wait for the delivery of this process.
#[derive(Default)]
pub(super) struct Waiting {
    messages: Mutex<Vec<DeliveryMessage>>,
    added: Notify,
}

impl HandOver {
    /// To the queue if there is one, else to this process.
    pub(super) fn to(queue: Option<&Queue>) -> Self {
        queue.map_or_else(|| Self::Here(Waiting::default()), |queue| Self::Queue(queue.clone()))
    }

    /// Leaves all notices of the session that no invocation is publishing to a delivery.
    ///
    /// # Errors
    /// The queue did not accept the message. The next pass over the scope finds the notices again.
    pub(super) async fn leave(&self, session: &mut Session<'_>) -> Result<(), ScopeError> {
        let slots = unclaimed(session);
        if slots.is_empty() {
            return Ok(());
        }
        // The delivery writes the items of these outboxes.
        session.doubt();
        let scope = &session.known.scope;
        let items = slots.into_iter().map(|slot| match slot {
            Slot::Checkpoint => SubjectId::from(CHECKPOINT),
            Slot::Subject(id) => id,
        });
        let message = DeliveryMessage::new(scope, items.collect());
        match self {
            Self::Here(waiting) => {
                if let Ok(mut messages) = waiting.messages.lock() {
                    messages.push(message);
                }
                waiting.added.notify_one();
                Ok(())
            }
            Self::Queue(queue) => {
                // This cannot fail: the message contains only strings.
                let body = serde_json::to_string(&message).unwrap_or_default();
                let sent = queue.send(vec![Outgoing { group: scope.account.clone(), body }]).await;
                sent.error.map_or(Ok(()), |error| Err(ScopeError::from(&error)))
            }
        }
    }
}

impl Waiting {
    /// Waits until there is a message.
    pub(super) async fn any(&self) {
        while self.messages.lock().is_ok_and(|messages| messages.is_empty()) {
            self.added.notified().await;
        }
    }

    /// The messages since the last call.
    pub(super) fn take(&self) -> Vec<DeliveryMessage> {
        self.messages.lock().map(|mut messages| std::mem::take(&mut *messages)).unwrap_or_default()
    }
}
