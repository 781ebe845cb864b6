//! Publishing outboxes: send, remove, the oldest notice of each subject first.
//!
//! A notice is removed only after SNS has accepted the message that tells it, and the next notices of its outbox are sent
//! only after that, so order holds per subject. A message that SNS refuses keeps its notices and nobody else's; a topic
//! that cannot be reached keeps those that go there.

mod outboxes;

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::domain::{ErrorKind, Notice, ScopeError, Severity};
use crate::publish::digest::{Unit, batches, compose, most_of_one_outbox};
use crate::publish::{self, Message, PublishError, Publisher};
use crate::store::Session;
use outboxes::{Sent, notices, remove};
pub(super) use outboxes::{Slot, claim, waiting};

/// How many messages go out together: as many as one `PublishBatch` takes.
const TOGETHER: usize = 10;
/// What removing the notices of one outbox takes among many: a slow write of 200 ms, 32 at a time.
const REMOVAL: Duration = Duration::from_micros(6_250);
/// So few outboxes can be emptied as long as there is any time.
const FEW: usize = 10;
/// When fewer than this can be emptied in time, they are left to the next pass, which tells them in fewer messages.
const TOO_FEW: usize = 50;

/// What became of the outboxes.
#[derive(Debug, Default)]
pub(super) struct Delivered {
    /// How many notices SNS accepted.
    pub(super) published: usize,
    /// The highest severity among them.
    pub(super) severity: Option<Severity>,
    /// What went wrong first, if anything did.
    pub(super) error: Option<ScopeError>,
    /// Whether a call to SNS was given up, so that its messages may still be on their way.
    pub(super) was_cut_off: bool,
}

/// Brings one scope's notices to SNS during one pass.
pub(super) struct Delivery<'a> {
    publisher: &'a Publisher,
    settings: &'a publish::Settings,
    /// When no further message is sent.
    until: Instant,
    /// Topics that did not answer as they should, so that another call is pointless in this pass.
    down: BTreeSet<String>,
}

/// A message that is to be sent, and the notices that it tells.
struct Outgoing {
    topic_arn: String,
    /// How large it was allowed to be.
    max_bytes: usize,
    message: Message,
    units: Vec<Unit>,
}

/// What one call to SNS leaves behind.
#[derive(Default)]
struct Outcome {
    /// Outboxes from which everything that was sent is gone, and which may have more to send.
    go_on: Vec<Slot>,
    /// Outboxes of which SNS has taken nothing, because the topic takes less than the messages had.
    too_long: Vec<Slot>,
}

impl<'a> Delivery<'a> {
    pub(super) fn new(publisher: &'a Publisher, settings: &'a publish::Settings, until: Instant) -> Self {
        Self { publisher, settings, until, down: BTreeSet::new() }
    }

    /// Publishes the outboxes in `slots`, which this invocation has claimed, except those for topics that are down. More
    /// than `digest_above` notices are told together. Stops when time is up.
    ///
    /// It goes by rounds: each sends the first notices of the outboxes, and the next round whatever is left.
    pub(super) async fn run(&mut self, session: &mut Session<'_>, mut slots: Vec<Slot>) -> Delivered {
        let mut delivered = Delivered::default();
        let count: usize = slots.iter().map(|slot| notices(&session.known, slot).count()).sum();
        let together = count > self.settings.digest_above;
        while !slots.is_empty() {
            let (round, outboxes) = self.unsent(session, slots).await;
            let room = self.removable();
            if room == 0 || (room < TOO_FEW.min(outboxes.len()) && outboxes.len() > FEW) {
                delivered.error.get_or_insert_with(out_of_time);
                return delivered;
            }
            let (mut queue, later) = self.queue(outboxes, together, room);
            slots = later.into_iter().map(|outbox| round[outbox].clone()).collect();
            while let Some(call) = self.next_call(&mut queue) {
                if call.is_empty() {
                    // Too little time to empty so many outboxes: another round makes smaller messages.
                    slots.extend(of_units(queue.drain(..), &round));
                    break;
                }
                let topic_arn = call.first().map(|outgoing| outgoing.topic_arn.clone()).unwrap_or_default();
                let outcome = self.send(session, call, &round, &mut delivered).await;
                slots.extend(outcome.go_on);
                if !outcome.too_long.is_empty() {
                    // The other messages for the topic would be too long as well.
                    slots.extend(outcome.too_long);
                    let (same, others) = queue.into_iter().partition(|outgoing| outgoing.topic_arn == topic_arn);
                    let same: VecDeque<Outgoing> = same;
                    slots.extend(of_units(same, &round));
                    queue = others;
                }
            }
        }
        delivered
    }

    /// What is to be sent from these slots: without what was sent before and only could not be removed, which is removed.
    async fn unsent(&self, session: &mut Session<'_>, slots: Vec<Slot>) -> (Vec<Slot>, Vec<Vec<Notice>>) {
        let (mut fresh, mut sent) = (Vec::new(), Vec::new());
        for slot in slots {
            let count = notices(&session.known, &slot).take_while(|notice| session.was_sent(notice)).count();
            if count == 0 {
                fresh.push(slot);
            } else {
                sent.push(Sent { slot, count });
            }
        }
        fresh.extend(remove(session, sent).await);
        let outboxes = fresh.into_iter().map(|slot| {
            let notices: Vec<Notice> = notices(&session.known, &slot).cloned().collect();
            (slot, notices)
        });
        outboxes
            .filter(|(_, notices)| notices.first().is_some_and(|head| !self.down.contains(self.topic(head))))
            .unzip()
    }

    fn topic<'n>(&'n self, notice: &'n Notice) -> &'n str {
        notice.topic_arn.as_deref().unwrap_or(self.publisher.topic_arn())
    }

    /// How many outboxes can be emptied in the time that is left. Half of it is for the calls to SNS.
    fn removable(&self) -> usize {
        let time = self.until.saturating_duration_since(Instant::now());
        if time.is_zero() {
            return 0;
        }
        usize::try_from(time.as_micros() / 2 / REMOVAL.as_micros()).unwrap_or(usize::MAX).max(FEW)
    }

    /// The messages for what is told first, of sizes that the topics take, and the outboxes for which there is no room.
    fn queue(&self, outboxes: Vec<Vec<Notice>>, together: bool, room: usize) -> (VecDeque<Outgoing>, Vec<usize>) {
        let (mut queue, mut later) = (VecDeque::new(), Vec::new());
        let mut left = room;
        for mut batch in batches(outboxes, together) {
            let rest = batch.units.split_off(left.min(batch.units.len()));
            later.extend(rest.into_iter().map(|unit| unit.outbox));
            left -= batch.units.len();
            let topic_arn = batch.topic_arn.unwrap_or_else(|| self.publisher.topic_arn().to_owned());
            let max_bytes = self.publisher.max_bytes(&topic_arn);
            for unit in &mut batch.units {
                // What is too much of one outbox for a message of that size waits for the next round.
                unit.notices.truncate(most_of_one_outbox(max_bytes));
            }
            let composed = compose(&batch.units, self.settings, max_bytes);
            let mut units = batch.units.into_iter();
            queue.extend(composed.into_iter().map(|composed| Outgoing {
                topic_arn: topic_arn.clone(),
                max_bytes,
                message: composed.message,
                units: units.by_ref().take(composed.units.len()).collect(),
            }));
        }
        (queue, later)
    }

    /// The next messages for one topic that one call takes, and whose outboxes can be emptied in time; empty when there is
    /// too little time for the first of them, `None` when there is nothing left.
    fn next_call(&self, queue: &mut VecDeque<Outgoing>) -> Option<Vec<Outgoing>> {
        queue.retain(|outgoing| !self.down.contains(&outgoing.topic_arn));
        let topic_arn = queue.front()?.topic_arn.clone();
        let max_bytes = self.publisher.max_bytes(&topic_arn);
        let room = self.removable();
        let (mut bytes, mut count) = (0, 0);
        let mut call: Vec<Outgoing> = Vec::new();
        while let Some(next) = queue.front() {
            bytes += next.message.bytes();
            count += next.units.len();
            let fits = next.topic_arn == topic_arn && (bytes <= max_bytes || call.is_empty()) && count <= room;
            if call.len() == TOGETHER || !fits {
                break;
            }
            call.extend(queue.pop_front());
        }
        Some(call)
    }

    /// Sends messages in one call and removes what SNS took.
    async fn send(
        &mut self,
        session: &mut Session<'_>,
        call: Vec<Outgoing>,
        round: &[Slot],
        delivered: &mut Delivered,
    ) -> Outcome {
        let Some(topic_arn) = call.first().map(|outgoing| outgoing.topic_arn.clone()) else {
            return Outcome::default();
        };
        let messages: Vec<Message> = call.iter().map(|outgoing| outgoing.message.clone()).collect();
        // A call that SNS does not answer while there is time to remove what it took is given up.
        let Ok(results) = timeout_at(self.until, self.publisher.publish(&topic_arn, &messages)).await else {
            delivered.error.get_or_insert_with(out_of_time);
            delivered.was_cut_off = true;
            self.down.insert(topic_arn);
            return Outcome::default();
        };
        let max_bytes = self.publisher.max_bytes(&topic_arn);
        let mut accepted: Vec<Unit> = Vec::new();
        let mut too_long: Vec<Slot> = Vec::new();
        for (outgoing, result) in call.into_iter().zip(results) {
            match result {
                Ok(()) => accepted.extend(outgoing.units),
                // Each time the topic is known to take less, so this comes to an end.
                Err(PublishError::TooLong { .. } | PublishError::NotTried { .. }) if max_bytes < outgoing.max_bytes => {
                    too_long.extend(of_units([outgoing], round));
                }
                Err(error) => {
                    if !error.is_of_one_message() {
                        self.down.insert(topic_arn.clone());
                    }
                    delivered.error.get_or_insert_with(|| ScopeError {
                        kind: error.kind(),
                        message: error.to_string(),
                        action: error.action().map(str::to_owned),
                    });
                }
            }
        }
        let told = || accepted.iter().flat_map(|unit| &unit.notices);
        delivered.severity = told().map(|notice| notice.severity).chain(delivered.severity).max();
        delivered.published += told().count();
        let sent =
            accepted.iter().map(|unit| Sent { slot: round[unit.outbox].clone(), count: unit.notices.len() }).collect();
        Outcome { go_on: remove(session, sent).await, too_long }
    }
}

/// The outboxes of these messages.
fn of_units(outgoing: impl IntoIterator<Item = Outgoing>, round: &[Slot]) -> Vec<Slot> {
    outgoing.into_iter().flat_map(|outgoing| outgoing.units).map(|unit| round[unit.outbox].clone()).collect()
}

fn out_of_time() -> ScopeError {
    ScopeError {
        kind: ErrorKind::Timeout,
        message: "time ran out before everything was published; the next pass goes on".to_owned(),
        action: None,
    }
}
