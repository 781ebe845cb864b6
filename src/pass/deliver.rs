//! Publishing outboxes: send, remove, the oldest notice of each subject first.
//!
//! A notice is removed only after SNS has accepted the message that tells it, and the next notices of its outbox are sent
//! only after that, so order holds per subject. A message that SNS refuses keeps its notices and nobody else's; a topic
//! that cannot be reached keeps those that go there.

mod outboxes;
mod parcels;

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::domain::{ErrorKind, Notice, ScopeError, Severity};
use crate::publish::{self, Message, PublishError, Publisher, compose, most_of_one_outbox};
use crate::store::Session;
use outboxes::{Entry, entries, remove};
pub(super) use outboxes::{Slot, claim, waiting};
use parcels::parcels;

/// How many messages go out together: as many as one `PublishBatch` takes.
const TOGETHER: usize = 10;
/// What removing one notice takes among many, until it has been seen: a write of some 60 ms, 32 at a time.
const PACE: Duration = Duration::from_millis(2);
/// How many removals tell a pace, and make a message worth sending when time is short.
const TELLING: usize = 50;
/// A message of so few notices goes out as long as there is any time: one outbox's.
const SMALL: usize = 10;

/// What became of the outboxes.
#[derive(Debug, Default)]
pub(super) struct Delivery {
    /// How many notices SNS accepted.
    pub(super) published: usize,
    /// The highest severity among them.
    pub(super) gravest: Option<Severity>,
    /// What went wrong first, if anything did.
    pub(super) error: Option<ScopeError>,
    /// Whether a call to SNS was given up, so that its messages may still be on their way.
    pub(super) was_cut_off: bool,
}

/// Brings one scope's notices to SNS during one pass.
pub(super) struct Courier<'a> {
    publisher: &'a Publisher,
    settings: &'a publish::Settings,
    /// When no further message is sent.
    until: Instant,
    /// Topics that did not answer as they should, so that another call is pointless in this pass.
    down: BTreeSet<String>,
    /// What removing a notice takes.
    pace: Duration,
}

/// A message on its way, with the notices to remove once it is accepted.
struct Outgoing {
    topic_arn: String,
    /// Which parcel it is of, wholly or in part.
    parcel: usize,
    /// How large it was allowed to be.
    max_bytes: usize,
    message: Message,
    units: Vec<Vec<Entry>>,
}

impl Outgoing {
    fn notices(&self) -> usize {
        self.message.notices.len()
    }
}

impl<'a> Courier<'a> {
    pub(super) fn new(publisher: &'a Publisher, settings: &'a publish::Settings, until: Instant) -> Self {
        Self { publisher, settings, until, down: BTreeSet::new(), pace: PACE }
    }

    /// Publishes the outboxes in `slots`, which this invocation has claimed, except those for topics that are down. More
    /// than `digest_above` notices are told together. Stops at `until`.
    pub(super) async fn deliver(&mut self, session: &mut Session<'_>, mut slots: Vec<Slot>) -> Delivery {
        let mut delivery = Delivery::default();
        let count: usize = slots.iter().map(|slot| entries(&session.known, slot).len()).sum();
        let together = count > self.settings.digest_above;
        while !slots.is_empty() {
            let outboxes = self.unsent(session, slots).await;
            let mut queue: VecDeque<Outgoing> = parcels(outboxes, together)
                .into_iter()
                .enumerate()
                .flat_map(|(number, parcel)| {
                    let topic_arn = parcel.topic_arn.unwrap_or_else(|| self.publisher.topic_arn().to_owned());
                    self.pack(number, &topic_arn, parcel.units)
                })
                .collect();
            slots = Vec::new();
            while let Some(batch) = self.next_batch(&mut queue) {
                if batch.is_empty() {
                    delivery.error.get_or_insert_with(out_of_time);
                    return delivery;
                }
                let (go_on, too_long) = self.send(session, batch, &mut delivery).await;
                slots.extend(go_on);
                for outgoing in too_long.into_iter().rev() {
                    queue.push_front(outgoing);
                }
            }
        }
        delivery
    }

    /// What is to be sent from these slots: without what was sent before and only could not be removed, which is removed.
    async fn unsent(&self, session: &mut Session<'_>, slots: Vec<Slot>) -> Vec<Vec<Entry>> {
        let (mut outboxes, mut sent) = (Vec::new(), Vec::new());
        for slot in slots {
            let mut outbox = entries(&session.known, &slot);
            let first_unsent = outbox.iter().position(|entry| !session.was_sent(&entry.notice)).unwrap_or(outbox.len());
            let rest = outbox.split_off(first_unsent);
            if outbox.is_empty() {
                outboxes.push(rest);
            } else {
                sent.push(outbox);
            }
        }
        for slot in remove(session, sent).await {
            outboxes.push(entries(&session.known, &slot));
        }
        outboxes.retain(|outbox| outbox.first().is_some_and(|head| !self.down.contains(self.topic(&head.notice))));
        outboxes
    }

    fn topic<'n>(&'n self, notice: &'n Notice) -> &'n str {
        notice.topic_arn.as_deref().unwrap_or(self.publisher.topic_arn())
    }

    /// The messages for a parcel's notices, of a size that the topic takes. What is too much of one outbox for a message of
    /// that size waits for the next round, like everything that comes after the first notices of an outbox.
    fn pack(&self, parcel: usize, topic_arn: &str, mut units: Vec<Vec<Entry>>) -> Vec<Outgoing> {
        let max_bytes = self.publisher.max_bytes(topic_arn);
        for unit in &mut units {
            unit.truncate(most_of_one_outbox(max_bytes));
        }
        let notices: Vec<Vec<Notice>> =
            units.iter().map(|unit| unit.iter().map(|entry| entry.notice.clone()).collect()).collect();
        let mut units = units.into_iter().peekable();
        let messages = compose(&notices, self.settings, max_bytes).into_iter();
        messages
            .map(|message| {
                let mut left = message.notices.len();
                let mut own = Vec::new();
                while let Some(unit) = units.next_if(|unit| unit.len() <= left) {
                    left -= unit.len();
                    own.push(unit);
                    if left == 0 {
                        break;
                    }
                }
                Outgoing { topic_arn: topic_arn.to_owned(), parcel, max_bytes, message, units: own }
            })
            .collect()
    }

    /// The next messages for one topic that one call takes and whose notices can be removed in time; empty when there is
    /// too little time left, `None` when there is nothing left.
    fn next_batch(&self, queue: &mut VecDeque<Outgoing>) -> Option<Vec<Outgoing>> {
        queue.retain(|outgoing| !self.down.contains(&outgoing.topic_arn));
        self.fit(queue);
        let topic_arn = queue.front()?.topic_arn.clone();
        let max_bytes = self.publisher.max_bytes(&topic_arn);
        let time = self.until.saturating_duration_since(Instant::now());
        // Half of the time is for the call itself.
        let removals = usize::try_from(time.as_micros() / 2 / self.pace.as_micros().max(1)).unwrap_or(usize::MAX);
        if queue.front().is_some_and(|first| first.notices() > removals.max(SMALL)) {
            self.cut_first(queue, removals);
        }
        let too_large = |next: &Outgoing| next.notices() > removals.max(SMALL);
        if time.is_zero() || queue.front().is_some_and(too_large) {
            return Some(Vec::new());
        }
        let (mut bytes, mut count) = (0, 0);
        let mut batch: Vec<Outgoing> = Vec::new();
        while let Some(next) = queue.pop_front() {
            bytes += next.message.bytes();
            count += next.notices();
            let fits = next.topic_arn == topic_arn && bytes <= max_bytes && count <= removals;
            if batch.len() == TOGETHER || !(fits || batch.is_empty()) {
                queue.push_front(next);
                break;
            }
            batch.push(next);
        }
        Some(batch)
    }

    /// Makes messages anew that are for a topic which takes less than it was thought to take when they were made. Those of
    /// one parcel are made together, so that each says rightly which of how many it is.
    fn fit(&self, queue: &mut VecDeque<Outgoing>) {
        let fits = |outgoing: &Outgoing| outgoing.max_bytes <= self.publisher.max_bytes(&outgoing.topic_arn);
        if queue.iter().all(fits) {
            return;
        }
        let mut made = std::mem::take(queue).into_iter().peekable();
        while let Some(outgoing) = made.next() {
            if fits(&outgoing) {
                queue.push_back(outgoing);
                continue;
            }
            let Outgoing { topic_arn, parcel, mut units, .. } = outgoing;
            while let Some(next) = made.next_if(|next| next.parcel == parcel) {
                units.extend(next.units);
            }
            queue.extend(self.pack(parcel, &topic_arn, units));
        }
    }

    /// Makes the first message anew for as many notices as can be removed in time, and others for the rest; unless they
    /// are so few that it is better to leave all of them to the next pass.
    fn cut_first(&self, queue: &mut VecDeque<Outgoing>, most: usize) {
        if most < TELLING {
            return;
        }
        let Some(Outgoing { topic_arn, parcel, mut units, .. }) = queue.pop_front() else {
            return;
        };
        let mut count = 0;
        let fitting = units.iter().take_while(|unit| {
            count += unit.len();
            count <= most
        });
        let rest = units.split_off(fitting.count());
        for units in [rest, units] {
            for outgoing in self.pack(parcel, &topic_arn, units).into_iter().rev() {
                queue.push_front(outgoing);
            }
        }
    }

    /// Sends a batch and removes what SNS took. The slots that may have more to send, and the messages that were too long
    /// and can be made anew in a smaller size: SNS has taken nothing of them.
    async fn send(
        &mut self,
        session: &mut Session<'_>,
        batch: Vec<Outgoing>,
        delivery: &mut Delivery,
    ) -> (Vec<Slot>, Vec<Outgoing>) {
        let Some(topic_arn) = batch.first().map(|outgoing| outgoing.topic_arn.clone()) else {
            return (Vec::new(), Vec::new());
        };
        let messages: Vec<Message> = batch.iter().map(|outgoing| outgoing.message.clone()).collect();
        // A call that SNS does not answer while there is time to remove what it took is given up.
        let Ok(results) = timeout_at(self.until, self.publisher.publish(&topic_arn, &messages)).await else {
            delivery.error.get_or_insert_with(out_of_time);
            delivery.was_cut_off = true;
            self.down.insert(topic_arn);
            return (Vec::new(), Vec::new());
        };
        let max_bytes = self.publisher.max_bytes(&topic_arn);
        let mut accepted: Vec<Vec<Entry>> = Vec::new();
        let mut too_long: Vec<Outgoing> = Vec::new();
        for (outgoing, result) in batch.into_iter().zip(results) {
            match result {
                Ok(()) => accepted.extend(outgoing.units),
                // Each time the topic is known to take less, so this comes to an end.
                Err(PublishError::TooLong { .. } | PublishError::NotTried { .. }) if max_bytes < outgoing.max_bytes => {
                    too_long.push(outgoing);
                }
                Err(error) => {
                    if !error.is_of_one_message() {
                        self.down.insert(topic_arn.clone());
                    }
                    delivery.error.get_or_insert_with(|| ScopeError {
                        kind: error.kind(),
                        message: error.to_string(),
                        action: error.action().map(str::to_owned),
                    });
                }
            }
        }
        let severities = accepted.iter().flatten().map(|entry| entry.notice.severity);
        delivery.gravest = severities.chain(delivery.gravest).max();
        let count: usize = accepted.iter().map(Vec::len).sum();
        delivery.published += count;
        let begun = Instant::now();
        let go_on = remove(session, accepted).await;
        if count >= TELLING {
            // Twice what it took: the next ones may be slower.
            self.pace = begun.elapsed() * 2 / u32::try_from(count).unwrap_or(u32::MAX);
        }
        (go_on, too_long)
    }
}

fn out_of_time() -> ScopeError {
    ScopeError {
        kind: ErrorKind::Timeout,
        message: "time ran out before everything was published; the next pass goes on".to_owned(),
        action: None,
    }
}
