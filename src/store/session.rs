//! One invocation's work on one scope: conditional writes, claims on outboxes, removal of what has been delivered.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::difference::Update;
use super::item::{self, Item, Refusal, SCHEMA, Stored, checkpoint_from_item, record_from_item, sequence_key};
use super::{Loaded, Store, StoreError, UPDATE, Writer};
use crate::domain::{Change, Checkpoint, Claim, Known, Notice, NoticeId, Outbox, Record, Tracked};

/// How large news may make an item. DynamoDB takes 409,600 bytes; the rest is for claims, without which nothing would leave
/// the item again, and for what a later version keeps beside our attributes.
const LARGEST: usize = 380_000;

/// An opened scope.
pub struct Session<'a> {
    store: &'a Store,
    writer: &'a Writer,
    /// What is known of the scope, kept up to date by whoever writes through this session.
    pub known: Known,
    /// Items that this version cannot read. They are left alone.
    pub unreadable: Vec<StoreError>,
    /// The lease's generation; `None` for a session without the lease.
    generation: Option<u64>,
    /// Whether `known` is what the table holds. A write whose outcome is unclear makes it doubtful.
    certain: bool,
    /// How many writes it has begun, so that each has a name of its own.
    writes: AtomicU64,
}

/// How a conditional write ended.
#[derive(Debug)]
pub enum Commit<T> {
    /// It was made, now or by our own earlier attempt.
    Written(Tracked<T>),
    /// Someone else has written the item since it was read. What it holds now, if it still exists.
    Conflict(Option<Tracked<T>>),
}

impl<'a> Session<'a> {
    pub(super) fn new(store: &'a Store, writer: &'a Writer, loaded: Loaded, generation: Option<u64>) -> Self {
        let Loaded { known, unreadable } = loaded;
        Self { store, writer, known, unreadable, generation, certain: true, writes: AtomicU64::new(0) }
    }

    /// Who works on the scope.
    pub const fn writer(&self) -> &Writer {
        self.writer
    }

    /// Writes a subject's new state and its notices in one conditional update, with a claim on the outbox unless
    /// another invocation has one.
    ///
    /// # Errors
    /// The update's outcome is unknown or it was not made. The notices, if written, are left to a later pass.
    pub async fn commit(
        &self,
        before: Option<&Tracked<Record>>,
        change: Change<Record>,
    ) -> Result<Commit<Record>, StoreError> {
        let mut after = Tracked {
            state: change.state,
            outbox: before.map(|tracked| tracked.outbox.clone()).unwrap_or_default(),
            revision: before.map_or(0, |tracked| tracked.revision),
        };
        let is_news = !change.notices.is_empty();
        self.add_notices(&mut after, change.notices);
        let before = before.map(Record::to_item).unwrap_or_default();
        let item = Record::to_item(&after);
        if is_news && item::bytes(&item) > LARGEST {
            let waiting = after.outbox.notices.len();
            return Err(StoreError::Full {
                pk: self.known.scope.to_string(),
                sk: after.state.subject.id.to_string(),
                waiting,
            });
        }
        let update = Update::between(&before, &item);
        self.write(update, after, "", |item| record_from_item(&self.known.scope, item)).await
    }

    /// Writes the scope's checkpoint and gives the lease back. Refused when the lease is another's by now.
    ///
    /// # Errors
    /// The update's outcome is unknown or it was not made.
    pub async fn commit_checkpoint(&self, change: Change<Checkpoint>) -> Result<Commit<Checkpoint>, StoreError> {
        let before = &self.known.checkpoint;
        let mut after = Tracked { state: change.state, ..before.clone() };
        self.add_notices(&mut after, change.notices);
        let mut update = Update::between(&Checkpoint::to_item(before), &Checkpoint::to_item(&after));
        update.remove("lease_owner");
        update.remove("lease_until");
        self.write(update, after, " AND lease_owner = :token", |item| checkpoint_from_item(&self.known.scope, item))
            .await
    }

    /// Whether another invocation may be publishing the outbox. One of this process that has ended is not: Lambda gives a
    /// process one event at a time, and where passes overlap in one process, only those that have returned have ended.
    /// Taking over a claim is a conditional write, so two passes cannot both take over the same one.
    pub fn is_in_other_hands(&self, outbox: &Outbox) -> bool {
        let other = outbox.claimed_by_another(&self.writer.token, self.writer.now);
        other.is_some_and(|token| !self.store.has_ended(token))
    }

    /// Claims the outbox of an item that an earlier pass left, so that no other invocation publishes it meanwhile.
    ///
    /// # Errors
    /// The update's outcome is unknown or it was not made.
    pub async fn claim_record(&self, tracked: &Tracked<Record>) -> Result<Commit<Record>, StoreError> {
        self.claim(tracked, |item| record_from_item(&self.known.scope, item)).await
    }

    /// [`Session::claim_record`] for the checkpoint's outbox.
    ///
    /// # Errors
    /// The update's outcome is unknown or it was not made.
    pub async fn claim_checkpoint(&self, tracked: &Tracked<Checkpoint>) -> Result<Commit<Checkpoint>, StoreError> {
        self.claim(tracked, |item| checkpoint_from_item(&self.known.scope, item)).await
    }

    /// Remembers that SNS has accepted a notice, until it is removed: the invocation may be cut off before it comes to that.
    pub fn accepted(&self, notice: NoticeId) {
        self.store.note_sent(notice, true);
    }

    /// Removes notices that are [`accepted`](Self::accepted) from their item's outbox in one update, and says which revision
    /// the item has now; `None` when there was nothing left to remove.
    ///
    /// # Errors
    /// The notices could not be removed. This process remembers that they were sent; another one will send them again.
    pub async fn remove(&self, sort_key: &str, notices: &[(u64, NoticeId)]) -> Result<Option<u64>, StoreError> {
        let mut left = notices.to_vec();
        while !left.is_empty() {
            match self.remove_all(sort_key, &left).await {
                Ok(revision) => {
                    self.forget_sent(notices);
                    return Ok(revision);
                }
                Err(error) => match item::refusal(&error) {
                    // Our own first attempt, or another invocation, has removed some of them. The item says which are left.
                    Refusal::Condition(found) => {
                        let before = left.len();
                        left.retain(|(sequence, id)| found.is_some_and(|item| holds(item, *sequence, *id)));
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

    /// One update that removes all of these notices, or none.
    async fn remove_all(
        &self,
        sort_key: &str,
        notices: &[(u64, NoticeId)],
    ) -> Result<Option<u64>, SdkError<UpdateItemError, HttpResponse>> {
        let mut update = self
            .store
            .client
            .update_item()
            .table_name(&self.store.table)
            .set_key(Some(item::key(&self.known.scope, sort_key)))
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let (mut paths, mut conditions) = (Vec::new(), Vec::new());
        for (position, (sequence, id)) in notices.iter().enumerate() {
            update = update
                .expression_attribute_names(format!("#n{position}"), sequence_key(*sequence))
                .expression_attribute_values(format!(":n{position}"), AttributeValue::S(id.to_string()));
            paths.push(format!("outbox.#n{position}"));
            // An emptied outbox counts from zero again, so the number alone does not say which notice it is.
            conditions.push(format!("outbox.#n{position}.id = :n{position}"));
        }
        let answer = update
            .update_expression(format!("REMOVE {} ADD rev :one", paths.join(", ")))
            .condition_expression(conditions.join(" AND "))
            .send()
            .await?;
        Ok(answer.attributes().and_then(|item| item::number(item, "rev")))
    }

    fn forget_sent(&self, notices: &[(u64, NoticeId)]) {
        for (_, id) in notices {
            self.store.note_sent(*id, false);
        }
    }

    /// Whether this process has sent the notice before, and could not remove it.
    pub fn was_sent(&self, notice: &Notice) -> bool {
        self.store.sent.lock().is_ok_and(|sent| sent.contains(&notice.id))
    }

    /// Notes that what is known may differ from what the table holds, so that it is not remembered.
    pub const fn doubt(&mut self) {
        self.certain = false;
    }

    /// Ends the session. What is known is remembered for the next opening, if it is certain.
    pub fn close(self) {
        if let (Some(generation), true) = (self.generation, self.certain && self.unreadable.is_empty()) {
            self.store.remember(generation, self.known);
        }
    }

    fn add_notices<T>(&self, after: &mut Tracked<T>, notices: Vec<Notice>) {
        if notices.is_empty() {
            return;
        }
        let is_in_other_hands = self.is_in_other_hands(&after.outbox);
        after.outbox.push(notices);
        // Whoever is publishing the outbox keeps it, or the notices before these would go out twice.
        if is_in_other_hands {
            return;
        }
        after.outbox.claim = Some(Claim { token: self.writer.token.clone(), until: self.writer.until });
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

    /// One conditional update: it goes ahead only from the revision that `after` was made from.
    async fn write<T: Stored>(
        &self,
        mut update: Update,
        mut after: Tracked<T>,
        further_condition: &str,
        read: impl Fn(&Item) -> Result<Tracked<T>, StoreError>,
    ) -> Result<Commit<T>, StoreError> {
        let expected = after.revision;
        after.revision += 1;
        // A write of its own, or an earlier one of this invocation whose answer was lost would pass for it.
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
                Refusal::Condition(Some(found)) if is_by(found, &writer, after.revision) => Ok(Commit::Written(after)),
                Refusal::Condition(Some(found)) => Ok(Commit::Conflict(Some(read(found)?))),
                Refusal::Condition(None) => Ok(Commit::Conflict(None)),
                Refusal::Other => Err(self.store.api_error(UPDATE, &error)),
            },
        }
    }
}

/// Whether that notice waits in the item's outbox.
fn holds(item: &Item, sequence: u64, id: NoticeId) -> bool {
    let outbox = item.get("outbox").and_then(|outbox| outbox.as_m().ok());
    let notice = outbox.and_then(|outbox| outbox.get(&sequence_key(sequence))?.as_m().ok());
    notice.and_then(|notice| item::text(notice, "id")) == Some(id.to_string().as_str())
}

/// Whether an item was left by that write.
fn is_by(found: &Item, writer: &str, revision: u64) -> bool {
    item::text(found, "writer") == Some(writer) && item::number(found, "rev") == Some(revision)
}
