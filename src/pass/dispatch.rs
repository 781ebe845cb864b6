//! A tick of a deployment with a queue: one message for each target, and what people are told about accounts.

use std::hash::{DefaultHasher, Hash, Hasher};

use futures_util::future::join;

use super::scope::Passed;
use super::{Done, Invocation, Tidings};
use crate::domain::{ScopeError, Source, Target};
use crate::targets::{Outgoing, TargetMessage};

impl Tidings {
    /// Sends a message for each target to the queue.
    pub(super) async fn dispatch(&self, invocation: &Invocation) -> Done {
        let home = invocation.home();
        let hub = home.scope(Source::Hub);
        let Some(queue) = &self.queue else { return Done::default() };
        let refreshed = match self.targets.directory().refresh(&home, &self.store, invocation.writer.now).await {
            Ok(refreshed) => refreshed,
            Err(error) => {
                return Done {
                    passed: vec![Passed::failed(&hub, ScopeError::from(&error))],
                    dispatched: Some(0),
                    listing: None,
                };
            }
        };
        let messages = shuffled(refreshed.listing.targets(), &invocation.writer.token).into_iter().map(|target| {
            let message = TargetMessage::new(&target, invocation.writer.now);
            // This cannot fail: the message contains only strings.
            let body = serde_json::to_string(&message).unwrap_or_default();
            Outgoing { group: target.account, body }
        });
        let told = self.tell_access(&refreshed, invocation);
        let (sent, mut passed) = join(queue.send(messages.collect()), told).await;
        if let Some(error) = sent.error {
            let error = ScopeError::from(&error);
            let message = format!(
                "{} of {} targets were not dispatched: {}",
                sent.failed,
                sent.failed + sent.sent,
                error.message
            );
            passed.push(Passed::failed(&hub, ScopeError { message, ..error }));
        }
        Done { passed, dispatched: Some(sent.sent), listing: Some(refreshed.listing) }
    }
}

/// The targets in another order in every invocation. Otherwise the same accounts would always come last.
fn shuffled(mut targets: Vec<Target>, token: &str) -> Vec<Target> {
    targets.sort_by_cached_key(|target| {
        let mut hasher = DefaultHasher::new();
        (token, target).hash(&mut hasher);
        hasher.finish()
    });
    targets
}
