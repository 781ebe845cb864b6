//! Publishes outboxes: sends the oldest notices of each subject and removes them.
//!
//! A notice is removed only after SNS has accepted its message, and the next notices of its outbox are sent only after
//! that. So the notices of a subject arrive in order, and none is lost. If SNS refuses a message, exactly its notices
//! stay in their outboxes. If a topic cannot be reached, exactly the notices for that topic stay.

mod outboxes;

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::domain::{ErrorKind, Notice, ScopeError, Severity};
use crate::publish::digest::{Unit, batches, compose, most_of_one_outbox};
use crate::publish::{self, Message, PublishError, Publisher};
use crate::store::Session;
pub(super) use outboxes::{Place, Slot, claim, unclaimed, waiting};
use outboxes::{Sent, notices, remove};

/// How many messages one call sends: the most that `PublishBatch` accepts.
const TOGETHER: usize = 10;
/// The average time to remove the notices of one outbox: 32 writes run at the same time, and a slow one takes 200 ms.
const REMOVAL: Duration = Duration::from_micros(6_250);
/// As long as any time is left, there is enough to empty this many outboxes.
const FEW: usize = 10;
/// If time is left for fewer outboxes than this, they wait for the next pass, which needs fewer messages for them.
const TOO_FEW: usize = 50;

/// The result of publishing outboxes.
#[derive(Debug, Default)]
pub(super) struct Delivered {
    /// How many notices SNS accepted, for each session.
    pub(super) published: Vec<usize>,
    /// The highest severity among them.
    pub(super) severity: Option<Severity>,
    /// The first error.
    pub(super) error: Option<ScopeError>,
    /// Whether a call to SNS was given up without an answer, so that SNS may still accept its messages.
    pub(super) was_cut_off: bool,
}

/// Publishes the notices of one scope in one pass, or of many scopes in one delivery.
pub(super) struct Delivery<'a> {
    publisher: &'a Publisher,
    settings: &'a publish::Settings,
    /// No message is sent after this time.
    until: Instant,
    /// The failures that are silenced, which digests name.
    silenced: Vec<String>,
    /// Topics for which a call failed. Another call in this pass would probably fail too.
    down: BTreeSet<String>,
}

/// A message to send, and its notices.
struct Outgoing {
    topic_arn: String,
    /// The size limit when it was composed.
    max_bytes: usize,
    message: Message,
    units: Vec<Unit>,
}

/// The result of one call to SNS.
#[derive(Default)]
struct Outcome {
    /// Outboxes whose sent notices are removed. They may have more to send.
    go_on: Vec<Place>,
    /// Outboxes whose message the topic refused because of its size.
    too_long: Vec<Place>,
}

impl<'a> Delivery<'a> {
    pub(super) fn new(publisher: &'a Publisher, settings: &'a publish::Settings, until: Instant) -> Self {
        Self { publisher, settings, until, silenced: Vec::new(), down: BTreeSet::new() }
    }

    /// The same with the names of the failures that are silenced.
    pub(super) fn with_silenced(self, silenced: Vec<String>) -> Self {
        Self { silenced, ..self }
    }

    /// Publishes the outboxes at `places`, which this invocation has claimed. If there are more than `digest_above`
    /// notices, they share messages. Stops when time is over.
    ///
    /// It works in rounds. Each round sends the first notices of every outbox, and the next round sends what is left.
    /// So a notice is never sent before an earlier one of its outbox was accepted.
    pub(super) async fn run(&mut self, sessions: &mut [Session<'_>], mut places: Vec<Place>) -> Delivered {
        let mut delivered = Delivered { published: vec![0; sessions.len()], ..Delivered::default() };
        let count: usize = places.iter().map(|place| notices(sessions, place).count()).sum();
        let together = count > self.settings.digest_above;
        while !places.is_empty() {
            let (round, outboxes) = self.unsent(sessions, places).await;
            // A notice that is sent and not removed would be sent again by another process. So nothing is sent that
            // cannot be removed in time.
            let room = self.removable();
            if room == 0 || (room < TOO_FEW.min(outboxes.len()) && outboxes.len() > FEW) {
                delivered.error.get_or_insert_with(out_of_time);
                return delivered;
            }
            let (mut queue, later) = self.queue(outboxes, together, room);
            places = later.into_iter().map(|outbox| round[outbox].clone()).collect();
            while let Some(call) = self.next_call(&mut queue) {
                if call.is_empty() {
                    // The time is too short to empty the outboxes of the next message. Another round composes smaller
                    // ones.
                    places.extend(of_units(queue.drain(..), &round));
                    break;
                }
                let topic_arn = call.first().map(|outgoing| outgoing.topic_arn.clone()).unwrap_or_default();
                let outcome = self.send(sessions, call, &round, &mut delivered).await;
                places.extend(outcome.go_on);
                if !outcome.too_long.is_empty() {
                    // The other messages for this topic have the same size limit, so they are composed again too.
                    // Nobody has received the refused ones, so nothing is sent twice.
                    places.extend(outcome.too_long);
                    let (same, others) = queue.into_iter().partition(|outgoing| outgoing.topic_arn == topic_arn);
                    let same: VecDeque<Outgoing> = same;
                    places.extend(of_units(same, &round));
                    queue = others;
                }
            }
        }
        delivered
    }

    /// The outboxes with notices to send. Notices that this process has already sent but could not remove are removed
    /// now, not sent again. Outboxes for topics that are down are left out.
    async fn unsent(&self, sessions: &mut [Session<'_>], places: Vec<Place>) -> (Vec<Place>, Vec<Vec<Notice>>) {
        let (mut fresh, mut sent) = (Vec::new(), Vec::new());
        for place in places {
            let was_sent = |notice: &Notice| sessions[place.session].was_sent(notice);
            let count = notices(sessions, &place).take_while(was_sent).count();
            if count == 0 {
                fresh.push(place);
            } else {
                sent.push(Sent { place, count });
            }
        }
        fresh.extend(remove(sessions, sent).await);
        let outboxes = fresh.into_iter().map(|place| {
            let notices: Vec<Notice> = notices(sessions, &place).collect();
            (place, notices)
        });
        outboxes
            .filter(|(_, notices)| notices.first().is_some_and(|head| !self.down.contains(self.topic(head))))
            .unzip()
    }

    fn topic<'n>(&'n self, notice: &'n Notice) -> &'n str {
        notice.topic_arn.as_deref().unwrap_or(self.publisher.topic_arn())
    }

    /// How many outboxes can be emptied in the time that is left. Half of that time is for the calls to SNS.
    fn removable(&self) -> usize {
        let time = self.until.saturating_duration_since(Instant::now());
        if time.is_zero() {
            return 0;
        }
        usize::try_from(time.as_micros() / 2 / REMOVAL.as_micros()).unwrap_or(usize::MAX).max(FEW)
    }

    /// The messages of this round, the most severe first, and the outboxes for which `room` is too small.
    fn queue(&self, outboxes: Vec<Vec<Notice>>, together: bool, room: usize) -> (VecDeque<Outgoing>, Vec<usize>) {
        let (mut queue, mut later) = (VecDeque::new(), Vec::new());
        let mut left = room;
        for mut batch in batches(outboxes, together, self.settings.group_by) {
            let rest = batch.units.split_off(left.min(batch.units.len()));
            later.extend(rest.into_iter().map(|unit| unit.outbox));
            left -= batch.units.len();
            let topic_arn = batch.topic_arn.unwrap_or_else(|| self.publisher.topic_arn().to_owned());
            let max_bytes = self.publisher.max_bytes(&topic_arn);
            for unit in &mut batch.units {
                // An outbox is never split over several messages of a round. Notices that do not fit wait for the next
                // round.
                unit.notices.truncate(most_of_one_outbox(max_bytes));
            }
            let composed = compose(&batch.units, &self.silenced, self.settings, max_bytes);
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

    /// The messages for the next call, all for the same topic. Empty if the outboxes of the first message cannot be
    /// emptied in time. `None` if nothing is left to send.
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

    /// Sends the messages in one call, and removes the notices that SNS accepted.
    async fn send(
        &mut self,
        sessions: &mut [Session<'_>],
        call: Vec<Outgoing>,
        round: &[Place],
        delivered: &mut Delivered,
    ) -> Outcome {
        let Some(topic_arn) = call.first().map(|outgoing| outgoing.topic_arn.clone()) else {
            return Outcome::default();
        };
        let messages: Vec<Message> = call.iter().map(|outgoing| outgoing.message.clone()).collect();
        // After `until`, too little time is left to remove the notices. Another process would send them again.
        let Ok(results) = timeout_at(self.until, self.publisher.publish(&topic_arn, &messages)).await else {
            delivered.error.get_or_insert_with(out_of_time);
            delivered.was_cut_off = true;
            self.down.insert(topic_arn);
            return Outcome::default();
        };
        let max_bytes = self.publisher.max_bytes(&topic_arn);
        let mut accepted: Vec<Unit> = Vec::new();
        let mut too_long: Vec<Place> = Vec::new();
        for (outgoing, result) in call.into_iter().zip(results) {
            match result {
                Ok(()) => accepted.extend(outgoing.units),
                // The limit of the topic is smaller now than when the message was composed, so smaller messages may be
                // accepted. The limit cannot become smaller for ever, so this ends.
                Err(PublishError::TooLong { .. } | PublishError::NotTried { .. }) if max_bytes < outgoing.max_bytes => {
                    too_long.extend(of_units([outgoing], round));
                }
                // The notices stay in their outboxes, which are not in the next round: their later notices must not be
                // sent before them.
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
        let told = accepted.iter().flat_map(|unit| &unit.notices);
        delivered.severity = told.map(|notice| notice.severity).chain(delivered.severity).max();
        let sent: Vec<Sent> =
            accepted.iter().map(|unit| Sent { place: round[unit.outbox].clone(), count: unit.notices.len() }).collect();
        for Sent { place, count } in &sent {
            delivered.published[place.session] += count;
        }
        Outcome { go_on: remove(sessions, sent).await, too_long }
    }
}

/// The places of the outboxes in these messages.
fn of_units(outgoing: impl IntoIterator<Item = Outgoing>, round: &[Place]) -> Vec<Place> {
    outgoing.into_iter().flat_map(|outgoing| outgoing.units).map(|unit| round[unit.outbox].clone()).collect()
}

fn out_of_time() -> ScopeError {
    ScopeError {
        kind: ErrorKind::Timeout,
        message: "time ran out before everything was published; the next pass continues".to_owned(),
        action: None,
    }
}
