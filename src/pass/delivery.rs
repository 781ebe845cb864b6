//! A delivery: publishes the notices that passes over many targets have left, together.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use tokio::time::timeout_at;

use super::deliver::{Delivery, Place, claim};
use super::scope::Passed;
use super::{Invocation, Tidings};
use crate::calls::Throttles;
use crate::domain::{ErrorKind, Scope, ScopeError, SubjectId};
use crate::store::Session;
use crate::targets::DeliveryMessage;

/// How many scopes are opened or claimed at the same time.
const CONCURRENCY: usize = 32;

impl Tidings {
    /// Claims the outboxes that the messages name, and publishes them. Returns one result for each scope.
    pub(super) async fn deliver(&self, messages: &[DeliveryMessage], invocation: &Invocation) -> Vec<Passed> {
        let scopes = by_scope(messages);
        let throttles = Throttles::default();
        let store = self.store.counting(&throttles);
        let opened: Vec<(Scope, Result<Session<'_>, _>)> = stream::iter(scopes)
            .map(|(scope, items)| {
                let (store, writer) = (&store, &invocation.writer);
                async move {
                    let session = store.open_to_deliver(&scope, items.as_deref(), writer).await;
                    (scope, session)
                }
            })
            .buffered(CONCURRENCY)
            .collect()
            .await;
        let mut passed = Vec::new();
        let mut sessions = Vec::new();
        for (scope, session) in opened {
            match session {
                Ok(session) => sessions.push(session),
                Err(error) => passed.push(Passed::failed(&scope, ScopeError::from(&error))),
            }
        }
        let claims: Vec<Vec<_>> = stream::iter(sessions.iter_mut()).map(claim).buffered(CONCURRENCY).collect().await;
        let places = claims
            .into_iter()
            .enumerate()
            .flat_map(|(session, slots)| slots.into_iter().map(move |slot| Place { session, slot }));
        let publisher = self.publisher.counting(&throttles);
        let mut delivery = Delivery::new(&publisher, &self.config.publishing, invocation.act_until);
        let delivered = timeout_at(invocation.end, delivery.run(&mut sessions, places.collect())).await;
        let of_sessions = sessions.iter().enumerate().map(|(index, session)| {
            let mut passed = Passed::of(&session.known.scope);
            let Ok(delivered) = &delivered else {
                passed.was_cut_off = true;
                passed.report.out_of_time = true;
                passed.report.fail(out_of_time());
                return passed;
            };
            passed.was_cut_off = delivered.was_cut_off;
            passed.report.published = delivered.published.get(index).copied().unwrap_or_default();
            passed.report.highest_severity = delivered.severity.filter(|_| passed.report.published > 0);
            passed.count_waiting(session);
            // The error may be about the topic of another scope.
            if let Some(error) = delivered.error.clone().filter(|_| passed.report.pending > 0) {
                passed.report.fail(error);
            }
            passed
        });
        passed.extend(of_sessions);
        if let Some(first) = passed.first_mut() {
            first.report.throttled = throttles.count();
        }
        passed
    }
}

/// The scopes of the messages, each once, with the items to read. `None` if the whole scope has to be read.
fn by_scope(messages: &[DeliveryMessage]) -> BTreeMap<Scope, Option<Vec<SubjectId>>> {
    let mut scopes: BTreeMap<Scope, Option<Vec<SubjectId>>> = BTreeMap::new();
    for message in messages {
        let Some(scope) = message.scope() else { continue };
        let items = scopes.entry(scope).or_insert_with(|| Some(Vec::new()));
        match (items.as_mut(), &message.items) {
            (Some(known), Some(more)) => {
                known.extend(more.iter().cloned());
                known.sort_unstable();
                known.dedup();
            }
            _ => *items = None,
        }
    }
    scopes
}

fn out_of_time() -> ScopeError {
    ScopeError {
        kind: ErrorKind::Timeout,
        message: "time ran out during a call; another delivery continues".to_owned(),
        action: None,
    }
}
