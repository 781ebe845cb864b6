//! The work of one invocation on one scope: conditional writes, claims on outboxes, and the removal of sent notices.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::difference::Update;
use super::history_row::{self, HISTORY};
use super::item::{self, Item, Refusal, SCHEMA, Stored, checkpoint_from_item, record_from_item, sequence_key};
use jiff::SignedDuration;

use super::{Loaded, Store, StoreError, UPDATE, Writer};
use crate::domain::{Change, Checkpoint, Claim, Known, MOST_REMEMBERED, Notice, NoticeId, Outbox, Record, Tracked};

/// The largest size in bytes that an item may reach with new notices. DynamoDB accepts 409,600. The rest is left for
/// claims, because without a claim no notice could leave the item again, and for attributes of a later version.
const LARGEST: usize = 380_000;

/// A scope that this invocation has opened.
pub struct Session<'a> {
    store: &'a Store,
    writer: &'a Writer,
    /// The state of the scope. Callers update it after they write through this session.
    pub known: Known,
    /// The errors of the items that this version cannot read.
    pub unreadable: Vec<StoreError>,
    /// The generation of the scope. `None` for a session without the lease.
    generation: Option<u64>,
    /// Whether `known` is equal to the table. After a write with an unclear outcome it may not be.
    certain: bool,
    /// The number of writes so far. Each write needs a different name.
    writes: AtomicU64,
    /// Whether this invocation publishes the notices that it writes.
    publishes: bool,
    /// Whether the next checkpoint contains when the source was asked.
    notes_asked: bool,
}

/// The result of a conditional write.
#[derive(Debug)]
pub enum Commit<T> {
    /// The write took effect, now or in an earlier attempt whose answer was lost.
    Written(Tracked<T>),
    /// Someone else has written the item since it was read. Contains the item as it is now, if it exists.
    Conflict(Option<Tracked<T>>),
}

impl<'a> Session<'a> {
    pub(super) fn new(store: &'a Store, writer: &'a Writer, loaded: Loaded, generation: Option<u64>) -> Self {
        let Loaded { known, unreadable, .. } = loaded;
        Self {
            store,
            writer,
            known,
            unreadable,
            generation,
            certain: true,
            writes: AtomicU64::new(0),
            publishes: true,
            notes_asked: false,
        }
    }

    /// Leaves the notices that this session writes to another invocation: it does not claim their outboxes.
    pub const fn leave_outboxes(&mut self) {
        self.publishes = false;
    }

    /// Stores with the next checkpoint that the source was asked now.
    pub(super) const fn note_asked(&mut self) {
        self.notes_asked = true;
    }

    pub const fn writer(&self) -> &Writer {
        self.writer
    }

    /// Writes the new state of a subject and its notices in one conditional update. If there are notices, the same
    /// update claims the outbox, unless another invocation has claimed it.
    ///
    /// # Errors
    /// The update failed, or its outcome is unknown. If it took effect, a later pass sends the notices.
    pub async fn commit(
        &self,
        before: Option<&Tracked<Record>>,
        change: Change<Record>,
    ) -> Result<Commit<Record>, StoreError> {
        let mut after = Tracked {
            state: change.state,
            outbox: before.map(|tracked| tracked.outbox.clone()).unwrap_or_default(),
            history: before.map(|tracked| tracked.history.clone()).unwrap_or_default(),
            revision: before.map_or(0, |tracked| tracked.revision),
        };
        let is_news = !change.notices.is_empty();
        let forgotten = self.add_notices(&mut after, change.notices);
        let before = before.map(Record::to_item).unwrap_or_default();
        let item = Record::to_item(&after);
        // Without this limit, the notices could fill the item so far that not even the claim that is needed to send
        // them fits. A change without notices is written: it does not fill the outbox.
        if is_news && item::bytes(&item) + item::history_bytes(&after.history) > LARGEST {
            let waiting = after.outbox.notices.len();
            return Err(StoreError::Full {
                pk: self.known.scope.to_string(),
                sk: after.state.subject.id.to_string(),
                waiting,
            });
        }
        let mut update = Update::between(&before, &item);
        update.remove_first(HISTORY, forgotten);
        self.write(update, after, "", |item| record_from_item(&self.known.scope, item)).await
    }

    /// Writes the checkpoint of the scope and gives the lease back. A conflict if another invocation has the lease by
    /// now. A session without the lease does not write if only the time of the last complete read is new, and the stored
    /// one is less than half an hour old: what ended since then and was not listed in time is news for the next pass, too.
    ///
    /// # Errors
    /// The update failed, or its outcome is unknown.
    pub async fn commit_checkpoint(&self, change: Change<Checkpoint>) -> Result<Commit<Checkpoint>, StoreError> {
        let before = &self.known.checkpoint;
        let has_lease = self.generation.is_some();
        if !has_lease
            && !self.notes_asked
            && change.notices.is_empty()
            && is_still_current(&before.state, &change.state)
        {
            return Ok(Commit::Written(before.clone()));
        }
        let mut after = Tracked { state: change.state, ..before.clone() };
        let forgotten = self.add_notices(&mut after, change.notices);
        let mut update = Update::between(&Checkpoint::to_item(before), &Checkpoint::to_item(&after));
        update.remove_first(HISTORY, forgotten);
        if self.notes_asked {
            update.set("asked_at", super::millis(self.writer.now));
        }
        let read = |item: &Item| checkpoint_from_item(&self.known.scope, item);
        if !has_lease {
            return self.write(update, after, "", read).await;
        }
        update.remove("lease_owner");
        update.remove("lease_until");
        self.write(update, after, " AND lease_owner = :token", read).await
    }

    /// Whether another invocation may be publishing the outbox.
    ///
    /// An invocation of this process that has ended is not. Passes may overlap in one process, but an invocation counts
    /// as ended only after it has returned. To take over its claim is a conditional write, so two passes cannot both do
    /// it.
    pub fn is_in_other_hands(&self, outbox: &Outbox) -> bool {
        let other = outbox.claimed_by_another(&self.writer.token, self.writer.now);
        other.is_some_and(|token| !self.store.has_ended(token))
    }

    /// Claims an outbox that an earlier pass left, so that no other invocation publishes it at the same time.
    ///
    /// # Errors
    /// The update failed, or its outcome is unknown.
    pub async fn claim_record(&self, tracked: &Tracked<Record>) -> Result<Commit<Record>, StoreError> {
        self.claim(tracked, |item| record_from_item(&self.known.scope, item)).await
    }

    /// [`Session::claim_record`] for the outbox of the checkpoint.
    ///
    /// # Errors
    /// The update failed, or its outcome is unknown.
    pub async fn claim_checkpoint(&self, tracked: &Tracked<Checkpoint>) -> Result<Commit<Checkpoint>, StoreError> {
        self.claim(tracked, |item| checkpoint_from_item(&self.known.scope, item)).await
    }

    /// Remembers, until the notice is removed, that SNS has accepted it. The invocation may be interrupted before the
    /// removal, and this process must not send the notice again.
    pub fn accepted(&self, notice: NoticeId) {
        self.store.note_sent(notice, true);
    }

    /// Moves [`accepted`](Self::accepted) notices from the outbox of their item to its history in one update. Returns the
    /// new revision of the item, or `None` if nothing was left to move.
    ///
    /// # Errors
    /// The notices could not be removed. This process remembers that they were sent, but another one will send them
    /// again.
    pub async fn remove(&self, sort_key: &str, notices: &[(u64, Notice)]) -> Result<Option<u64>, StoreError> {
        let mut left: Vec<&(u64, Notice)> = notices.iter().collect();
        while !left.is_empty() {
            match self.remove_all(sort_key, &left).await {
                Ok(revision) => {
                    self.forget_sent(notices);
                    return Ok(revision);
                }
                Err(error) => match item::refusal(&error) {
                    // An earlier attempt of this update, or another invocation, has removed some of them. The item
                    // shows which are left. If all are left, the condition was false for another reason, and trying
                    // again is useless.
                    Refusal::Condition(found) => {
                        let before = left.len();
                        left.retain(|(sequence, notice)| found.is_some_and(|item| holds(item, *sequence, notice.id)));
                        if left.len() == before {
                            return Err(self.store.api_error(UPDATE, &error));
                        }
                    }
                    Refusal::Other => return Err(self.store.api_error(UPDATE, &error)),
                },
            }
        }
        self.forget_sent(notices);
        Ok(None)
    }

    /// Moves all of these notices in one update, or none.
    async fn remove_all(
        &self,
        sort_key: &str,
        notices: &[&(u64, Notice)],
    ) -> Result<Option<u64>, SdkError<UpdateItemError, HttpResponse>> {
        let mut update = self
            .store
            .client
            .update_item()
            .table_name(&self.store.table)
            .set_key(Some(item::key(&self.known.scope, sort_key)))
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(
                ":told",
                history_row::to_values(notices.iter().map(|(_, notice)| notice), self.writer.now),
            )
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let (mut paths, mut conditions) = (Vec::new(), Vec::new());
        for (position, (sequence, notice)) in notices.iter().enumerate() {
            update = update
                .expression_attribute_names(format!("#n{position}"), sequence_key(*sequence))
                .expression_attribute_values(format!(":n{position}"), AttributeValue::S(notice.id.to_string()));
            paths.push(format!("outbox.#n{position}"));
            // The sequence numbers of an empty outbox start at zero again. Without the id, this could remove a later
            // notice that was never sent.
            conditions.push(format!("outbox.#n{position}.id = :n{position}"));
        }
        let answer = update
            // If two invocations add to the history at the same time, neither entry is lost.
            .update_expression(format!(
                "REMOVE {} SET {HISTORY} = list_append(if_not_exists({HISTORY}, :none), :told) ADD rev :one",
                paths.join(", ")
            ))
            .condition_expression(conditions.join(" AND "))
            .send()
            .await?;
        Ok(answer.attributes().and_then(|item| item::number(item, "rev")))
    }

    fn forget_sent(&self, notices: &[(u64, Notice)]) {
        for (_, notice) in notices {
            self.store.note_sent(notice.id, false);
        }
    }

    /// Whether this process has already sent the notice but could not remove it.
    pub fn was_sent(&self, notice: &Notice) -> bool {
        self.store.sent.lock().is_ok_and(|sent| sent.contains(&notice.id))
    }

    /// Marks `known` as possibly different from the table, so that it is not cached.
    pub const fn doubt(&mut self) {
        self.certain = false;
    }

    /// Ends the session. Caches `known` if it is certainly equal to the table.
    pub fn close(self) {
        if let (Some(generation), true) = (self.generation, self.certain && self.unreadable.is_empty()) {
            self.store.remember(generation, self.known);
        }
    }

    /// Adds notices to the outbox. Returns how many of the oldest in the history are forgotten for them.
    fn add_notices<T>(&self, after: &mut Tracked<T>, notices: Vec<Notice>) -> usize {
        if notices.is_empty() {
            return 0;
        }
        let is_in_other_hands = self.is_in_other_hands(&after.outbox);
        after.outbox.push(notices);
        let remembered = after.history.len() + after.outbox.notices.len();
        let forgotten = remembered.saturating_sub(MOST_REMEMBERED).min(after.history.len());
        after.history.drain(..forgotten);
        // Another invocation is publishing the earlier notices of this outbox. If its claim were replaced, they would
        // be sent twice. A later pass sends the new ones.
        if is_in_other_hands {
            return forgotten;
        }
        // A claim may be left from notices that were sent since. A delivery would take it for a claim on the new ones.
        after.outbox.claim =
            self.publishes.then(|| Claim { token: self.writer.token.clone(), until: self.writer.until });
        forgotten
    }

    async fn claim<T: Stored + Clone>(
        &self,
        tracked: &Tracked<T>,
        read: impl Fn(&Item) -> Result<Tracked<T>, StoreError>,
    ) -> Result<Commit<T>, StoreError> {
        let mut after = tracked.clone();
        after.outbox.claim = Some(Claim { token: self.writer.token.clone(), until: self.writer.until });
        let update = Update::between(&T::to_item(tracked), &T::to_item(&after));
        self.write(update, after, "", read).await
    }

    /// One conditional update. It succeeds only if the item still has the revision that `after` was made from.
    async fn write<T: Stored>(
        &self,
        mut update: Update,
        mut after: Tracked<T>,
        further_condition: &str,
        read: impl Fn(&Item) -> Result<Tracked<T>, StoreError>,
    ) -> Result<Commit<T>, StoreError> {
        let expected = after.revision;
        after.revision += 1;
        // Each write has its own name. With the token alone, an earlier write of this invocation whose answer was lost
        // would be taken for this one, and this state would be lost.
        let writer = format!("{}/{}", self.writer.token, self.writes.fetch_add(1, Ordering::Relaxed));
        update.set("rev", AttributeValue::N(after.revision.to_string()));
        update.set("writer", AttributeValue::S(writer.clone()));
        update.set_once("v", AttributeValue::N(SCHEMA.to_string()));
        let revision = if expected == 0 { "attribute_not_exists(rev)" } else { "rev = :expected" };
        let condition = format!("{revision}{further_condition}");
        let expression = update.build(
            &condition,
            [
                (":token", AttributeValue::S(self.writer.token.clone())),
                (":expected", AttributeValue::N(expected.to_string())),
            ],
        );
        let answer = self
            .store
            .client
            .update_item()
            .table_name(&self.store.table)
            .set_key(Some(item::key(&self.known.scope, after.state.sort_key())))
            .update_expression(expression.text)
            .condition_expression(condition)
            .set_expression_attribute_names(Some(expression.names))
            .set_expression_attribute_values(Some(expression.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Commit::Written(after)),
            Err(error) => match item::refusal(&error) {
                // The SDK tried again after it lost the answer to the first attempt, which had succeeded.
                Refusal::Condition(Some(found)) if is_by(found, &writer, after.revision) => Ok(Commit::Written(after)),
                Refusal::Condition(Some(found)) => Ok(Commit::Conflict(Some(read(found)?))),
                // The item has expired since it was read.
                Refusal::Condition(None) => Ok(Commit::Conflict(None)),
                Refusal::Other => Err(self.store.api_error(UPDATE, &error)),
            },
        }
    }
}

/// How old the stored time of the last complete read may be.
const CURRENT: SignedDuration = SignedDuration::from_mins(30);

/// Whether the checkpoint differs only in the time of the last complete read, by less than [`CURRENT`], and in the learned
/// rates.
fn is_still_current(before: &Checkpoint, after: &Checkpoint) -> bool {
    let (Some(last), Some(now)) = (before.last_complete_at, after.last_complete_at) else { return before == after };
    let (last_complete_at, rates) = (before.last_complete_at, before.rates.clone());
    let is_same = *before == Checkpoint { last_complete_at, rates, ..after.clone() };
    is_same && last.duration_until(now) < CURRENT
}

/// Whether the notice is in the outbox of the item.
fn holds(item: &Item, sequence: u64, id: NoticeId) -> bool {
    let outbox = item.get("outbox").and_then(|outbox| outbox.as_m().ok());
    let notice = outbox.and_then(|outbox| outbox.get(&sequence_key(sequence))?.as_m().ok());
    notice.and_then(|notice| item::text(notice, "id")) == Some(id.to_string().as_str())
}

/// Whether the last write of the item was this one.
fn is_by(found: &Item, writer: &str, revision: u64) -> bool {
    item::text(found, "writer") == Some(writer) && item::number(found, "rev") == Some(revision)
}
