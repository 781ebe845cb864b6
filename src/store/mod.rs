//! State in DynamoDB: one table with one item for each subject and one checkpoint item for each scope. `pk` is the
//! scope, `sk` the subject.
//!
//! Invariants:
//! - A state and the notices about it are written in one conditional update of one item.
//! - Every write of an item raises its revision by one, and succeeds only if the item still has the revision that the
//!   plan was made from.
//! - If the answer to a write is lost and the SDK's retry is refused, the store recognises its own write by its name:
//!   the token of the invocation and a number.
//! - Only attributes that changed are written, so attributes of a later version survive.
//! - The lease and the cache only save work. Correctness depends on the revisions alone.

mod accounts;
mod difference;
mod history_row;
mod item;
mod notice_row;
mod report;
mod session;
mod table;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

use crate::aws::connect;
use crate::calls::Throttles;
use crate::domain::{ErrorKind, Known, NoticeId, Scope, ScopeError, SubjectId};
use crate::error::ApiError;
pub(crate) use item::CHECKPOINT;
use item::{Item, Refusal, checkpoint_from_item, record_from_item};

pub use accounts::{Accounts, StoredAccount};
pub use report::ReportClaim;
pub use session::{Commit, Session};
pub use table::create_table;

pub(crate) const UPDATE: &str = "dynamodb:UpdateItem";
const QUERY: &str = "dynamodb:Query";
const GET: &str = "dynamodb:GetItem";
const SCAN: &str = "dynamodb:Scan";

/// Why state could not be read or written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the state table {table}: {source}")]
    Api { table: String, source: ApiError },
    /// Too many notices wait in an item, so no more fit. Nothing is lost: the change is not written, so later passes
    /// find it again after the notices were sent.
    #[error(
        "item {pk} / {sk} of the state table is full: {waiting} notices in it wait to be published; find out why the topic \
         does not accept them"
    )]
    Full { pk: String, sk: String, waiting: usize },
    /// This version cannot read the item, and does not change it.
    #[error(
        "item {pk} / {sk} of the state table cannot be read: {reason}; was it written by a newer version of tidings?"
    )]
    Unreadable { pk: String, sk: String, reason: String },
}

impl From<&StoreError> for ScopeError {
    fn from(error: &StoreError) -> Self {
        let kind = match error {
            StoreError::Api { source, .. } => return Self { message: error.to_string(), ..Self::from(source) },
            StoreError::Full { .. } => ErrorKind::Unavailable,
            StoreError::Unreadable { .. } => ErrorKind::Malformed,
        };
        Self { kind, message: error.to_string(), action: None }
    }
}

/// The invocation that writes.
#[derive(Clone, Debug)]
pub struct Writer {
    /// Different for every invocation of every process.
    pub token: String,
    /// The reference time of the invocation.
    pub now: Timestamp,
    /// When the invocation has certainly ended, even if clocks differ. Its lease and its claims expire then.
    pub until: Timestamp,
}

/// The state table, and what this process remembers of it. Clones share both.
#[derive(Clone)]
pub struct Store {
    client: Client,
    table: String,
    cache: Arc<Mutex<HashMap<Scope, Cached>>>,
    /// Notices that SNS has accepted and that could not be removed. If this process finds them again, it removes them
    /// without sending them again.
    sent: Arc<Mutex<BTreeSet<NoticeId>>>,
    /// Invocations of this process that have ended, oldest first. Nobody needs to wait for their claims.
    ended: Arc<Mutex<VecDeque<Ended>>>,
}

/// An invocation of this process that has ended.
struct Ended {
    token: String,
    /// When its claims expire. After that the entry is not needed.
    until: Timestamp,
}

/// How many ended invocations are remembered. If one is forgotten too early, its claims expire by themselves.
const MOST_ENDED: usize = 256;

/// A scope as this process left it. Opening a scope raises its generation by one. So if the next opening finds exactly
/// the next generation, nobody else has opened the scope in between.
struct Cached {
    generation: u64,
    known: Known,
}

/// The result of opening a scope.
pub enum Opened<'a> {
    Session(Box<Session<'a>>),
    /// Another invocation has the lease, which expires at this time.
    Busy(Timestamp),
    /// The source was asked less than `every` ago. Contains whether the last pass has ended and could read the scope.
    NotDue {
        was_complete: bool,
    },
}

/// A pass may be due this much earlier than `every` says, because ticks are not exact.
const NOT_EXACT: SignedDuration = SignedDuration::from_secs(30);

/// What was read of a scope.
pub struct Loaded {
    pub known: Known,
    /// When a pass last asked the source, if the setting `every` is set for it.
    asked_at: Option<Timestamp>,
    /// The errors of the items that this version cannot read.
    pub unreadable: Vec<StoreError>,
}

impl Loaded {
    /// A scope of which nothing is stored.
    fn nothing(scope: &Scope) -> Self {
        Self::of(Known::nothing(scope.clone()))
    }

    pub(crate) fn of(known: Known) -> Self {
        Self { known, asked_at: None, unreadable: Vec::new() }
    }

    /// Adds an item of the scope.
    ///
    /// # Errors
    /// The checkpoint cannot be read.
    fn add(&mut self, item: &Item) -> Result<(), StoreError> {
        let scope = &self.known.scope;
        if item::text(item, "sk") == Some(CHECKPOINT) {
            self.asked_at = item.get("asked_at").and_then(from_millis);
            self.known.checkpoint = checkpoint_from_item(scope, item)?;
            return Ok(());
        }
        // The other subjects are still watched if one item cannot be read.
        match record_from_item(scope, item) {
            Ok(record) => self.known.records.insert(&record),
            Err(error) => self.unreadable.push(error),
        }
        Ok(())
    }
}

impl Store {
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into(), cache: Arc::default(), sent: Arc::default(), ended: Arc::default() }
    }

    /// The name of the table.
    pub fn table_name(&self) -> &str {
        &self.table
    }

    /// The same store, with a client that counts throttled answers.
    #[must_use]
    pub fn counting(&self, throttles: &Throttles) -> Self {
        let config = self.client.config().to_builder().interceptor(throttles.interceptor()).build();
        Self { client: Client::from_conf(config), ..self.clone() }
    }

    /// Opens a connection to DynamoDB.
    pub fn connect(&self) -> BoxFuture<'static, ()> {
        connect!(self.client.get_item().table_name(&self.table).set_key(Some(Item::new())))
    }

    /// Takes the lease of the scope and loads its state. If this process was the last one to open the scope, that is
    /// one request. Otherwise there is one more for each megabyte of state.
    pub async fn open<'a>(&'a self, scope: &Scope, writer: &'a Writer) -> Result<Opened<'a>, StoreError> {
        self.open_every(scope, None, writer).await
    }

    /// The same if the scope was opened so at least `every` ago.
    pub async fn open_every<'a>(
        &'a self,
        scope: &Scope,
        every: Option<SignedDuration>,
        writer: &'a Writer,
    ) -> Result<Opened<'a>, StoreError> {
        // If the answer is lost, the SDK tries again and finds the lease with its own token. That raises the generation
        // twice, so this process does not use its cache and loads the state.
        const FREE: &str = "attribute_not_exists(lease_until) OR lease_until <= :now OR lease_owner = :token";
        let update = self.client.update_item();
        let update = match every {
            None => update
                .update_expression("SET lease_owner = :token, lease_until = :until ADD generation :one")
                .condition_expression(FREE),
            Some(every) => {
                let due = due(every, writer);
                update
                    .update_expression(
                        "SET lease_owner = :token, lease_until = :until, asked_at = :now ADD generation :one",
                    )
                    .condition_expression(format!(
                        "({FREE}) AND (attribute_not_exists(asked_at) OR asked_at <= :due OR lease_owner = :token)"
                    ))
                    .expression_attribute_values(":due", millis(due))
            }
        };
        let answer = update
            .table_name(&self.table)
            .set_key(Some(item::key(scope, CHECKPOINT)))
            .expression_attribute_values(":token", AttributeValue::S(writer.token.clone()))
            .expression_attribute_values(":until", millis(writer.until))
            .expression_attribute_values(":now", millis(writer.now))
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(answer) => {
                let item = answer.attributes.unwrap_or_default();
                self.session(scope, writer, &item).await.map(|session| Opened::Session(Box::new(session)))
            }
            Err(error) => match item::refusal(&error) {
                Refusal::Condition(item) => {
                    let time = |name: &str| item.and_then(|item| item.get(name)).and_then(from_millis);
                    match time("lease_until").filter(|until| *until > writer.now) {
                        Some(until) => Ok(Opened::Busy(until)),
                        None if every.is_some() => {
                            let checkpoint = item.map(|item| checkpoint_from_item(scope, item)).transpose()?;
                            let failures = checkpoint.map_or(0, |checkpoint| checkpoint.state.failures);
                            // A pass that ends gives its lease back.
                            let has_ended = item.is_none_or(|item| !item.contains_key("lease_owner"));
                            Ok(Opened::NotDue { was_complete: failures == 0 && has_ended })
                        }
                        None => Ok(Opened::Busy(writer.until)),
                    }
                }
                Refusal::Other => Err(self.api_error(UPDATE, &error)),
            },
        }
    }

    /// Opens the scope without the lease: one request for each megabyte of state, and no write. For deployments with many
    /// targets. There, another process reads the scope at every tick, so nothing that this process remembers would be
    /// current, and a queue keeps passes over the same target apart.
    pub async fn open_without_lease<'a>(
        &'a self,
        scope: &Scope,
        every: Option<SignedDuration>,
        writer: &'a Writer,
    ) -> Result<Opened<'a>, StoreError> {
        let mut loaded = Loaded::nothing(scope);
        self.load(scope, &mut loaded).await?;
        if let (Some(every), Some(asked_at)) = (every, loaded.asked_at)
            && asked_at > due(every, writer)
        {
            return Ok(Opened::NotDue { was_complete: loaded.known.checkpoint.state.failures == 0 });
        }
        let mut session = Session::new(self, writer, loaded, None);
        if every.is_some() {
            session.note_asked();
        }
        Ok(Opened::Session(Box::new(session)))
    }

    /// Opens the scope for one subject without the lease, because a hint must not wait until a pass has ended.
    pub async fn open_for<'a>(
        &'a self,
        scope: &Scope,
        subject: &str,
        writer: &'a Writer,
    ) -> Result<Session<'a>, StoreError> {
        // The hint may write a record.
        let checkpoint = checkpoint_from_item(scope, &self.next_generation(scope).await?)?;
        let mut known = Known { checkpoint, ..Known::nothing(scope.clone()) };
        if let Some(item) = self.item(scope, subject).await? {
            known.records.insert(&record_from_item(scope, &item)?);
        }
        Ok(Session::new(self, writer, Loaded::of(known), None))
    }

    /// Opens the scope to publish its notices, without the lease. Reads only these items, or everything if there are none.
    pub async fn open_to_deliver<'a>(
        &'a self,
        scope: &Scope,
        items: Option<&[SubjectId]>,
        writer: &'a Writer,
    ) -> Result<Session<'a>, StoreError> {
        let checkpoint = self.next_generation(scope).await?;
        let mut loaded = Loaded::nothing(scope);
        match items {
            None => self.load(scope, &mut loaded).await?,
            Some(items) => {
                for id in items.iter().filter(|id| ***id != *CHECKPOINT) {
                    if let Some(item) = self.item(scope, id).await? {
                        // Another pass tells people about an item that cannot be read.
                        match record_from_item(scope, &item) {
                            Ok(record) => loaded.known.records.insert(&record),
                            Err(error) => loaded.unreadable.push(error),
                        }
                    }
                }
            }
        }
        loaded.known.checkpoint = checkpoint_from_item(scope, &checkpoint)?;
        Ok(Session::new(self, writer, loaded, None))
    }

    /// Raises the generation of the scope, and returns its checkpoint item. After that, no process uses a cache from
    /// before.
    async fn next_generation(&self, scope: &Scope) -> Result<Item, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item::key(scope, CHECKPOINT)))
            .update_expression("ADD generation :one")
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(|error| self.api_error(UPDATE, &error))?;
        Ok(answer.attributes.unwrap_or_default())
    }

    /// One item, if it exists.
    async fn item(&self, scope: &Scope, sort_key: &str) -> Result<Option<Item>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(item::key(scope, sort_key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| self.api_error(GET, &error))?;
        Ok(answer.item)
    }

    /// Reads a scope without changing anything. For dry runs and for `tidings status`.
    pub async fn peek(&self, scope: &Scope) -> Result<Loaded, StoreError> {
        let mut loaded = Loaded::nothing(scope);
        self.load(scope, &mut loaded).await?;
        Ok(loaded)
    }

    /// Everything that is stored about every scope, sorted by scope. Reads the whole table, so it must not be used in a
    /// pass. Leaves out scopes whose source only a later version knows.
    pub async fn everything(&self) -> Result<Vec<Loaded>, StoreError> {
        let mut scopes: BTreeMap<Scope, Loaded> = BTreeMap::new();
        let mut start: Option<Item> = None;
        loop {
            let page = self
                .client
                .scan()
                .table_name(&self.table)
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| self.api_error(SCAN, &error))?;
            for item in page.items.unwrap_or_default() {
                let Some(scope) = item::text(&item, "pk").and_then(Scope::parse) else { continue };
                let loaded = scopes.entry(scope).or_insert_with_key(Loaded::nothing);
                if let Err(error) = loaded.add(&item) {
                    loaded.unreadable.push(error);
                }
            }
            start = page.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                return Ok(scopes.into_values().collect());
            }
        }
    }

    /// Whether the scope has had its baseline. One request.
    pub async fn has_baseline(&self, scope: &Scope) -> Result<bool, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(item::key(scope, CHECKPOINT)))
            .projection_expression("baseline_at")
            .send()
            .await
            .map_err(|error| self.api_error(GET, &error))?;
        Ok(answer.item.is_some_and(|item| item.contains_key("baseline_at")))
    }

    async fn session<'a>(
        &'a self,
        scope: &Scope,
        writer: &'a Writer,
        checkpoint: &Item,
    ) -> Result<Session<'a>, StoreError> {
        let generation = item::number(checkpoint, "generation").unwrap_or_default();
        // The entry leaves the cache here, so that nothing is remembered of a session that does not end well.
        let cached = self.cache.lock().ok().and_then(|mut cache| cache.remove(scope));
        let mut loaded = match cached {
            Some(cached) if cached.generation + 1 == generation => Loaded::of(cached.known),
            _ => {
                let mut loaded = Loaded::nothing(scope);
                self.load(scope, &mut loaded).await?;
                loaded
            }
        };
        loaded.known.checkpoint = checkpoint_from_item(scope, checkpoint)?;
        Ok(Session::new(self, writer, loaded, Some(generation)))
    }

    /// Reads every item of the scope.
    async fn load(&self, scope: &Scope, loaded: &mut Loaded) -> Result<(), StoreError> {
        let mut start: Option<Item> = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", AttributeValue::S(scope.to_string()))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| self.api_error(QUERY, &error))?;
            for item in page.items.unwrap_or_default() {
                loaded.add(&item)?;
            }
            start = page.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                return Ok(());
            }
        }
    }

    /// Remembers that an invocation of this process has ended, and that no call of it to SNS is still open. From now on
    /// this process does not wait for the claims of that invocation. Other processes do, because they cannot know.
    ///
    /// Not for an invocation that was interrupted at its deadline. SNS may still accept the message that it was
    /// sending, and another copy that is sent now could arrive before it. The claims expire a few seconds after the
    /// deadline anyway.
    ///
    /// The *lease* of the invocation is not taken over. A pass gives its lease back unless it was interrupted or the
    /// table failed. In these cases a write may still take effect, and the lease keeps this process from reading and
    /// caching the scope before that. The lease expires before the next tick, because the timeout of a tick is shorter
    /// than the time between ticks.
    pub fn note_ended(&self, writer: &Writer) {
        if let Ok(mut ended) = self.ended.lock() {
            ended.retain(|other| other.until > writer.now);
            if ended.len() == MOST_ENDED {
                ended.pop_front();
            }
            ended.push_back(Ended { token: writer.token.clone(), until: writer.until });
        }
    }

    /// Whether `token` belongs to an invocation of this process that has ended.
    fn has_ended(&self, token: &str) -> bool {
        self.ended.lock().is_ok_and(|ended| ended.iter().any(|other| other.token == token))
    }

    /// Keeps the scope in the cache until it is opened again.
    fn remember(&self, generation: u64, known: Known) {
        if let Ok(mut cache) = self.cache.lock() {
            cache.insert(known.scope.clone(), Cached { generation, known });
        }
    }

    /// Remembers whether a notice that SNS has accepted must still be removed.
    fn note_sent(&self, id: NoticeId, waits: bool) {
        if let Ok(mut sent) = self.sent.lock() {
            if waits {
                sent.insert(id);
            } else {
                sent.remove(&id);
            }
        }
    }

    fn api_error<E>(
        &self,
        action: &'static str,
        error: &aws_sdk_dynamodb::error::SdkError<E, aws_smithy_runtime_api::client::orchestrator::HttpResponse>,
    ) -> StoreError
    where
        E: std::error::Error + aws_smithy_types::error::metadata::ProvideErrorMetadata + 'static,
    {
        StoreError::Api { table: self.table.clone(), source: ApiError::new(action, error) }
    }
}

/// A source that is asked this often is due if it was asked at this time or earlier.
fn due(every: SignedDuration, writer: &Writer) -> Timestamp {
    writer.now.saturating_sub(every.saturating_sub(NOT_EXACT)).unwrap_or(Timestamp::MIN)
}

/// A time as a number, so that a condition can compare it.
fn millis(time: Timestamp) -> AttributeValue {
    AttributeValue::N(time.as_millisecond().to_string())
}

fn from_millis(value: &AttributeValue) -> Option<Timestamp> {
    Timestamp::from_millisecond(value.as_n().ok()?.parse().ok()?).ok()
}
