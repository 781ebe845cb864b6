//! State in DynamoDB: one table, `pk` = scope, `sk` = subject, one item per subject and one checkpoint item per scope.
//!
//! Invariants:
//! - State and the notices it gives rise to are written in one conditional update of one item.
//! - Every write of an item raises its revision by one, and goes ahead only from the revision it was planned on.
//! - A write that our own retry had already made is recognised by its name: the writer's token and a number.
//! - Only attributes that changed are written, so attributes of a later version stay as they are.
//! - The lease and the cache save work; correctness rests on the revisions alone.

mod difference;
mod item;
mod notice_row;
mod session;
mod table;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::aws::connect;
use crate::calls::Throttles;
use crate::domain::{Known, NoticeId, Scope};
use crate::error::ApiError;
pub(crate) use item::CHECKPOINT;
use item::{Item, Refusal, checkpoint_from_item, record_from_item};

pub use session::{Commit, Session};
pub use table::create_table;

pub(crate) const UPDATE: &str = "dynamodb:UpdateItem";
const QUERY: &str = "dynamodb:Query";
const GET: &str = "dynamodb:GetItem";
const SCAN: &str = "dynamodb:Scan";

/// Why state could not be read or written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB did not do what was asked.
    #[error("the state table {table}: {source}")]
    Api {
        /// The table's name.
        table: String,
        /// What DynamoDB said.
        source: ApiError,
    },
    /// So many notices wait in an item that it has no room for more. They go out first; what was seen is seen again.
    #[error(
        "item {pk} / {sk} in the state table has no room: {waiting} notices wait in it to be published; see why the topic \
         takes none of them"
    )]
    Full {
        /// The item's partition key.
        pk: String,
        /// The item's sort key.
        sk: String,
        /// How many notices wait.
        waiting: usize,
    },
    /// An item that this version cannot read. It is left alone.
    #[error(
        "item {pk} / {sk} in the state table cannot be read: {reason}; was it written by a newer version of tidings?"
    )]
    Unreadable {
        /// The item's partition key.
        pk: String,
        /// The item's sort key.
        sk: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Who writes, when, and until when it may go on.
#[derive(Clone, Debug)]
pub struct Writer {
    /// Different for every invocation of every process.
    pub token: String,
    /// The invocation's reference time.
    pub now: Timestamp,
    /// When the invocation is surely over, by any clock: leases and claims end then.
    pub until: Timestamp,
}

/// The state table, and what this process remembers of it. Clones share both.
#[derive(Clone)]
pub struct Store {
    client: Client,
    table: String,
    cache: Arc<Mutex<HashMap<Scope, Cached>>>,
    /// Notices that SNS has accepted and whose removal failed: they are removed, not sent again, if this process meets
    /// them once more.
    sent: Arc<Mutex<BTreeSet<NoticeId>>>,
    /// Invocations of this process that have ended, oldest first: their claims hold nobody up.
    ended: Arc<Mutex<VecDeque<Ended>>>,
}

/// An invocation of this process that has ended.
struct Ended {
    token: String,
    /// When its claims end by themselves, so that it need not be remembered any longer.
    until: Timestamp,
}

/// How many ended invocations are remembered. The claims of one that is forgotten too early end by themselves.
const MOST_ENDED: usize = 256;

/// A scope as this process left it. Opening a scope raises its generation by one, so if the next opening finds just
/// that, nobody else has been there in between.
struct Cached {
    generation: u64,
    known: Known,
}

/// How opening a scope ended.
pub enum Opened<'a> {
    /// It may be worked on.
    Session(Box<Session<'a>>),
    /// Another invocation is at work on it, until then at the latest.
    Busy(Timestamp),
}

/// A scope as it was read, and the items that could not be.
pub struct Loaded {
    /// What is known.
    pub known: Known,
    /// Items that this version cannot read.
    pub unreadable: Vec<StoreError>,
}

impl Store {
    /// The store in that table.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into(), cache: Arc::default(), sent: Arc::default(), ended: Arc::default() }
    }

    /// The same store, which counts throttled answers.
    #[must_use]
    pub fn counting(&self, throttles: &Throttles) -> Self {
        let config = self.client.config().to_builder().interceptor(throttles.interceptor()).build();
        Self { client: Client::from_conf(config), ..self.clone() }
    }

    /// Opens a connection to DynamoDB.
    pub fn connect(&self) -> BoxFuture<'static, ()> {
        connect!(self.client.get_item().table_name(&self.table).set_key(Some(Item::new())))
    }

    /// Takes the scope's lease and loads what is known of it: two requests at most when this process was the last one
    /// to work on the scope, else one more per megabyte of state.
    pub async fn open<'a>(&'a self, scope: &Scope, writer: &'a Writer) -> Result<Opened<'a>, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item::key(scope, CHECKPOINT)))
            .update_expression("SET lease_owner = :token, lease_until = :until ADD generation :one")
            .condition_expression("attribute_not_exists(lease_until) OR lease_until <= :now OR lease_owner = :token")
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
                Refusal::Condition(holder) => {
                    let until = holder.and_then(|item| item.get("lease_until")).and_then(from_millis);
                    Ok(Opened::Busy(until.unwrap_or(writer.until)))
                }
                Refusal::Other => Err(self.api_error(UPDATE, &error)),
            },
        }
    }

    /// Opens the scope for one subject, without the lease: for hints, which must not wait for a pass to end.
    pub async fn open_for<'a>(
        &'a self,
        scope: &Scope,
        subject: &str,
        writer: &'a Writer,
    ) -> Result<Session<'a>, StoreError> {
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
        let checkpoint = checkpoint_from_item(scope, &answer.attributes.unwrap_or_default())?;
        let mut known = Known { checkpoint, ..Known::nothing(scope.clone()) };
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(item::key(scope, subject)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| self.api_error(GET, &error))?;
        if let Some(item) = answer.item {
            known.records.insert(subject.into(), record_from_item(scope, &item)?);
        }
        Ok(Session::new(self, writer, Loaded { known, unreadable: Vec::new() }, None))
    }

    /// Reads a scope and changes nothing: for dry runs and for showing what is tracked.
    pub async fn peek(&self, scope: &Scope) -> Result<Loaded, StoreError> {
        let mut loaded = Loaded { known: Known::nothing(scope.clone()), unreadable: Vec::new() };
        self.load(scope, &mut loaded).await?;
        Ok(loaded)
    }

    /// Every scope that has ever been opened, in order. Reads the whole table, page by page: for showing what is
    /// tracked, never for a pass. Scopes of a later version's sources are left out.
    pub async fn scopes(&self) -> Result<Vec<Scope>, StoreError> {
        let mut scopes = Vec::new();
        let mut start: Option<Item> = None;
        loop {
            let page = self
                .client
                .scan()
                .table_name(&self.table)
                .filter_expression("sk = :checkpoint")
                .expression_attribute_values(":checkpoint", AttributeValue::S(CHECKPOINT.to_owned()))
                .projection_expression("pk")
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| self.api_error(SCAN, &error))?;
            scopes.extend(page.items().iter().filter_map(|item| Scope::parse(item::text(item, "pk")?)));
            start = page.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                scopes.sort_unstable();
                return Ok(scopes);
            }
        }
    }

    /// Whether the scope's history has been taken in: one request.
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
        let cached = self.cache.lock().ok().and_then(|mut cache| cache.remove(scope));
        let mut loaded = match cached {
            Some(cached) if cached.generation + 1 == generation => {
                Loaded { known: cached.known, unreadable: Vec::new() }
            }
            _ => {
                let mut loaded = Loaded { known: Known::nothing(scope.clone()), unreadable: Vec::new() };
                self.load(scope, &mut loaded).await?;
                loaded
            }
        };
        loaded.known.checkpoint = checkpoint_from_item(scope, checkpoint)?;
        Ok(Session::new(self, writer, loaded, Some(generation)))
    }

    /// Every item of the scope, page by page.
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
                if item::text(&item, "sk") == Some(CHECKPOINT) {
                    loaded.known.checkpoint = checkpoint_from_item(scope, &item)?;
                    continue;
                }
                match record_from_item(scope, &item) {
                    Ok(record) => {
                        loaded.known.records.insert(Arc::clone(&record.state.subject.id), record);
                    }
                    Err(error) => loaded.unreadable.push(error),
                }
            }
            start = page.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                return Ok(());
            }
        }
    }

    /// Notes that an invocation of this process has ended and that all its calls to SNS were answered or given up: from
    /// now on the claims that it leaves behind count as free for this process, which is the only one that can know.
    ///
    /// This is not for an invocation that was cut off at its deadline. A message that it was sending may still be on its
    /// way, and a second copy sent now could overtake the first one. Its claims end a few seconds after the deadline
    /// anyway, so waiting costs next to nothing.
    ///
    /// Its *lease* is not taken over either. A pass gives its lease back unless it was cut off or the table failed. Then
    /// a write that was given up may still take effect, and the lease keeps this process from reading the scope, and
    /// remembering it, before that. The lease ends before the next tick, because a tick's timeout is shorter than the
    /// time between ticks.
    pub fn note_ended(&self, writer: &Writer) {
        if let Ok(mut ended) = self.ended.lock() {
            ended.retain(|other| other.until > writer.now);
            if ended.len() == MOST_ENDED {
                ended.pop_front();
            }
            ended.push_back(Ended { token: writer.token.clone(), until: writer.until });
        }
    }

    /// Whether `token` is of an invocation of this process that has ended.
    fn has_ended(&self, token: &str) -> bool {
        self.ended.lock().is_ok_and(|ended| ended.iter().any(|other| other.token == token))
    }

    /// Remembers the scope until its next opening.
    fn remember(&self, generation: u64, known: Known) {
        if let Ok(mut cache) = self.cache.lock() {
            cache.insert(known.scope.clone(), Cached { generation, known });
        }
    }

    /// Remembers whether a notice that SNS has accepted still waits for its removal.
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

/// A point in time as a number that compares.
fn millis(time: Timestamp) -> AttributeValue {
    AttributeValue::N(time.as_millisecond().to_string())
}

fn from_millis(value: &AttributeValue) -> Option<Timestamp> {
    Timestamp::from_millisecond(value.as_n().ok()?.parse().ok()?).ok()
}
