//! Simulates the AWS services that tidings calls.
//!
//! It has a [`World`] of jobs, tables and topics, and answers for Amazon
//! Redshift, Redshift Serverless, AWS Backup, S3 Tables, SNS, STS, Organizations and SQS in their own
//! wire formats. DynamoDB is a real, embedded engine; only its exports and imports are of the world. The SDK reaches the simulator
//! in process through [`Simulator::http_client`], other programs on a loopback port
//! through [`Simulator::serve`]. Both use [`Simulator::answer`].
//!
//! A [`Scenario`] changes the world over time, and a [`Fault`] makes calls fail. The
//! simulator keeps all calls and all published messages.
//!
//! It uses nothing of this crate but the embedded DynamoDB. It checks no signatures,
//! delivers no messages, and is never part of the Lambda binary.

mod change;
mod clock;
mod connector;
mod fault;
mod inbox;
mod quota;
mod recorder;
mod script;
mod server;
mod wire;
mod world;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use axum::body::Bytes;
use axum::http::{Request, Response};
use dynoxide::{Database, DynoxideError};
use jiff::Timestamp;

pub use change::{
    Change, ChangeError, ExpirationChange, MaintenanceChange, MemberChange, Removal, ReplicationChange, TableChange,
    WorldChange,
};
pub use clock::Clock;
pub use fault::{Fault, FaultKind};
pub use inbox::{Attribute, Publication};
pub use recorder::Call;
pub use script::{Scenario, ScenarioError, Script};
pub use wire::Service;
pub use world::{
    BackupCopy, BackupJob, BackupRestore, BatchLimit, DEFAULT_ACCOUNT, Destination, DynamoDbLists, MaintenanceJob,
    Member, Organization, QueuedMessage, RecordExpiration, RedshiftLists, RedshiftRestore, Role, ServerlessRestore,
    Subscription, Table, TableBucket, TableExport, TableImport, TableName, TableNameError, Topic, UnexpiringAnswer,
    UnreplicatedAnswer, World,
};

/// The simulated services. Clones share them.
#[derive(Clone)]
pub struct Simulator {
    parts: Arc<Parts>,
}

struct Parts {
    clock: Clock,
    database: Database,
    world: Mutex<World>,
    /// The worlds of other accounts, by account id.
    others: Mutex<BTreeMap<String, World>>,
    script: Mutex<Option<Script>>,
    faults: Mutex<Vec<Fault>>,
    recorder: Mutex<recorder::Recorder>,
    inbox: Mutex<inbox::Inbox>,
    latency: Mutex<Duration>,
    quotas: Mutex<quota::Quotas>,
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Simulator({:?})", self.clock())
    }
}

/// No answer arrived.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub enum ConnectionBroken {
    /// The connection broke.
    #[error("connection reset by the simulator")]
    Reset,
    /// The host does not exist. The message is that of the C library.
    #[error("dns error: failed to lookup address information: Name or service not known")]
    NoSuchHost,
}

impl Simulator {
    /// An empty world with a database in memory and a clock that is stopped at `start`.
    pub fn new(start: Timestamp) -> Self {
        Self::with_clock(Clock::frozen(start))
    }

    /// An empty world that reads `clock`, with a database in memory.
    ///
    /// # Panics
    ///
    /// If no database in memory can be opened.
    pub fn with_clock(clock: Clock) -> Self {
        let database = Database::memory_with_clock(Arc::new(clock.clone())).expect("a database in memory opens");
        Self {
            parts: Arc::new(Parts {
                clock,
                database,
                world: Mutex::default(),
                others: Mutex::default(),
                script: Mutex::default(),
                faults: Mutex::default(),
                recorder: Mutex::default(),
                inbox: Mutex::default(),
                latency: Mutex::default(),
                quotas: Mutex::default(),
            }),
        }
    }

    /// The clock that everything in the simulator reads.
    pub fn clock(&self) -> &Clock {
        &self.parts.clock
    }

    /// The world, to read and to change. Calls wait while the guard is held, so do not
    /// hold it across an `.await`.
    pub fn world(&self) -> MutexGuard<'_, World> {
        locked(&self.parts.world)
    }

    /// Reads and changes the world of an account, which begins empty.
    pub fn in_account<T>(&self, account: &str, change: impl FnOnce(&mut World) -> T) -> T {
        let mut home = self.world();
        if home.account == account {
            return change(&mut home);
        }
        drop(home);
        let mut others = locked(&self.parts.others);
        let new = || World { account: account.to_owned(), ..World::default() };
        change(others.entry(account.to_owned()).or_insert_with(new))
    }

    /// The embedded database behind the DynamoDB calls.
    pub fn database(&self) -> &Database {
        &self.parts.database
    }

    /// What waits in the SQS queues, by URL.
    pub fn queues(&self) -> BTreeMap<String, Vec<QueuedMessage>> {
        self.world().queues.clone()
    }

    /// Forgets what waits in the SQS queues.
    pub fn clear_queues(&self) {
        self.world().queues.values_mut().for_each(Vec::clear);
    }

    /// Creates a DynamoDB table as tidings needs it: `pk` and `sk`, both strings,
    /// on demand, with expiry by `expires_at`. A table that exists is left alone.
    pub fn create_table(&self, name: &str) -> Result<(), DynoxideError> {
        crate::dynamodb::create_table(&self.parts.database, name)
    }

    /// Makes one change now, with its faults.
    pub fn apply(&self, change: &Change) -> Result<(), ChangeError> {
        let now = self.parts.clock.now();
        self.apply_at(change, now)
    }

    /// Makes one change as of `at`.
    pub(crate) fn apply_at(&self, change: &Change, at: Timestamp) -> Result<(), ChangeError> {
        match &change.account {
            None => change.apply(&mut self.world(), at)?,
            Some(name) => {
                let ids = change::ids_of(&self.world(), name);
                if ids.is_empty() {
                    return Err(ChangeError::no_account(name));
                }
                for id in ids {
                    self.in_account(&id, |world| change.apply(world, at))?;
                }
            }
        }
        if change.clear_faults {
            self.clear_faults();
        }
        if let Some(fault) = &change.fault {
            self.inject(fault.clone());
        }
        Ok(())
    }

    /// Plays `script` from now on: each call first makes the changes whose time has come.
    pub fn follow(&self, script: Script) {
        *locked(&self.parts.script) = Some(script);
    }

    /// Makes the changes of the script whose time has come.
    fn catch_up(&self) {
        let mut script = locked(&self.parts.script);
        if let Some(script) = script.as_mut() {
            script.catch_up(self, self.parts.clock.now());
        }
    }

    /// The faults that are not spent, oldest first.
    pub fn faults(&self) -> Vec<Fault> {
        locked(&self.parts.faults).clone()
    }

    /// Makes the calls fail that `fault` matches.
    pub fn inject(&self, fault: Fault) {
        locked(&self.parts.faults).push(fault);
    }

    pub fn clear_faults(&self) {
        locked(&self.parts.faults).clear();
    }

    /// Every call so far, in the order of arrival.
    pub fn calls(&self) -> Vec<Call> {
        locked(&self.parts.recorder).calls().to_vec()
    }

    /// Forgets the calls so far.
    pub fn clear_calls(&self) {
        locked(&self.parts.recorder).clear();
    }

    /// What SNS accepted, in order.
    pub fn inbox(&self) -> Vec<Publication> {
        locked(&self.parts.inbox).publications().to_vec()
    }

    /// Forgets what SNS accepted so far.
    pub fn clear_inbox(&self) {
        locked(&self.parts.inbox).clear();
    }

    /// Makes every call take this long before it takes effect.
    pub fn set_latency(&self, latency: Duration) {
        *locked(&self.parts.latency) = latency;
    }

    /// Throttles calls of `operation` above this rate and burst size, in tokio's time.
    pub fn set_quota(&self, operation: &str, per_second: f64, burst: f64) {
        locked(&self.parts.quotas).set(operation, per_second, burst);
    }

    /// An HTTP client for the SDK that never leaves the process.
    pub fn http_client(&self) -> SharedHttpClient {
        connector::client(self)
    }

    /// An SDK configuration for `region` that talks to this simulator in process,
    /// under its clock, with made-up credentials.
    pub fn sdk_config(&self, region: &str) -> SdkConfig {
        let credentials = Credentials::new("SIMULATED", "SIMULATED", None, None, "simulator");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(region.to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(self.http_client())
            .sleep_impl(TokioSleep::new())
            .time_source(self.clock().clone())
            .build()
    }

    /// Answers AWS calls and control requests on `listener` until it is dropped.
    /// The control routes under `/_tidings/` are described in `server.rs`.
    pub async fn serve(self, listener: tokio::net::TcpListener) -> std::io::Result<()> {
        server::serve(self, listener).await
    }

    /// Answers one AWS call, after the latency (tokio's time).
    pub async fn answer(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ConnectionBroken> {
        let latency = self.latency();
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        self.answer_at_once(request).await
    }

    fn latency(&self) -> Duration {
        *locked(&self.parts.latency)
    }

    /// Answers one AWS call. Every call passes through here.
    async fn answer_at_once(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ConnectionBroken> {
        self.catch_up();

        let (account, number) = (self.world().account.clone(), self.next_number());
        let request_id = recorder::request_id(number);
        let ask = match wire::Ask::read(&request, &account, request_id.clone()) {
            Ok(ask) => ask,
            Err(answer) => return Ok(respond(answer, &request_id)),
        };
        locked(&self.parts.recorder).arrived(number, self.clock().now(), &ask);
        let fault::Triggered { mut fault, rejected } = fault::trigger(&mut locked(&self.parts.faults), &ask);
        if fault.is_none() && !locked(&self.parts.quotas).allows(&ask.operation) {
            fault = Some(Fault::new(FaultKind::Throttle));
        }
        let kind = fault.as_ref().map(|fault| &fault.kind);
        match kind {
            Some(FaultKind::Hang) => std::future::pending().await,
            Some(FaultKind::ConnectionReset) => return Err(ConnectionBroken::Reset),
            Some(FaultKind::NoSuchHost) => return Err(ConnectionBroken::NoSuchHost),
            _ => {}
        }
        let faulty = fault.as_ref().and_then(|fault| fault.answer(&ask));
        let mut answer = faulty.unwrap_or_else(|| self.service_answer(&ask, &rejected));
        match kind {
            Some(FaultKind::LostAnswer) => return Err(ConnectionBroken::Reset),
            Some(FaultKind::Truncated) => answer.body.truncate(answer.body.len() / 2),
            _ => {}
        }
        locked(&self.parts.recorder).answered(number, answer.status);
        Ok(respond(answer, &request_id))
    }

    fn service_answer(&self, ask: &wire::Ask, rejected: &[String]) -> wire::Answer {
        if ask.service == Service::DynamoDb
            && let Some(answer) = wire::answer_from_database(self.database(), ask)
        {
            return answer;
        }
        let now = self.clock().now();
        if ask.expires.is_some_and(|expires| expires <= now) {
            return wire::Refusal::expired(ask).on_the_wire(ask);
        }
        self.in_account(&ask.account, |world| {
            let inbox = &mut locked(&self.parts.inbox);
            wire::answer(ask, world, &mut wire::Post { now, rejected, inbox })
        })
    }

    fn next_number(&self) -> u64 {
        locked(&self.parts.recorder).next_number()
    }
}

fn respond(answer: wire::Answer, request_id: &str) -> Response<Bytes> {
    let mut builder = Response::builder()
        .status(answer.status)
        .header("content-type", answer.content_type)
        .header("x-amzn-requestid", request_id);
    if let Some(error_type) = answer.error_type {
        builder = builder.header("x-amzn-errortype", error_type);
    }
    if let Some(query_error) = answer.query_error {
        builder = builder.header("x-amzn-query-error", query_error);
    }
    // Only a fault can have a status or code that is not valid in HTTP.
    builder.body(Bytes::from(answer.body)).unwrap_or_else(|error| {
        let mut response = Response::new(Bytes::from(error.to_string()));
        *response.status_mut() = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}

/// Ignores poisoning: the content stays valid if a thread panics.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
