//! A pass: collect, plan, commit, publish, report, for each scope on its own.
//!
//! In every scope, a pass first publishes the notices that earlier passes left in the outboxes. It writes a state and
//! its notices before it sends them, and writes the checkpoint only after every change. If one scope fails, the others
//! do not.

mod collect;
mod commit;
mod connect;
mod deliver;
mod log;

use std::time::Duration;

use aws_config::SdkConfig;
use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use crate::calls::{Calls, Throttles};
use crate::config::Config;
use crate::domain::{Coverage, Known, Notice, Observed, Plan, Policy, Scope, ScopeError, Source, SubjectId, plan};
use crate::error::ErrorKind;
use crate::publish::Publisher;
use crate::publish::channel::cloudevents;
use crate::report::{Report, ScopeReport};
use crate::sources::{Discovery, Sources};
use crate::store::{Loaded, Opened, Session, Store, StoreError, Writer};
use deliver::Delivery;

/// What an invocation has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// A pass over these sources in the account and region of the invocation.
    Pass {
        /// Each source at most once.
        sources: Vec<Source>,
        /// Write nothing, send nothing, and return the notices that a pass would send.
        dry_run: bool,
    },
    /// Look at one subject, because an event says that it may have changed.
    Hint {
        /// The scope that the event names. If it is not watched, the hint does nothing.
        scope: Scope,
        subject: SubjectId,
    },
}

impl Order {
    const fn is_dry_run(&self) -> bool {
        matches!(self, Self::Pass { dry_run: true, .. })
    }

    /// The subject of a hint. `None` for a pass.
    const fn subject(&self) -> Option<&SubjectId> {
        match self {
            Self::Pass { .. } => None,
            Self::Hint { subject, .. } => Some(subject),
        }
    }
}

/// Where and when a pass runs, and how long it may take. No other code of a pass knows the time.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The twelve-digit account id.
    pub account: String,
    pub region: String,
    pub writer: Writer,
    /// When reading stops, so that time is left to write and publish what was read.
    pub collect_until: Instant,
    /// When no further call may start.
    pub act_until: Instant,
    /// When open calls are given up, so that time is left for the report.
    pub end: Instant,
}

/// The largest expected difference between the clocks of two invocations. Leases and claims last this much longer than
/// their invocation. Otherwise an invocation whose clock is ahead could take over a claim whose owner is still sending.
const CLOCKS_DIFFER: Duration = Duration::from_secs(5);

impl Invocation {
    /// An invocation at `reference_time` that has `remaining` time left. No other invocation may have the same `token`.
    pub fn new(account: String, region: String, token: String, reference_time: Timestamp, remaining: Duration) -> Self {
        let begun = Instant::now();
        let over = reference_time.checked_add(remaining + CLOCKS_DIFFER).unwrap_or(Timestamp::MAX);
        Self {
            account,
            region,
            writer: Writer { token, now: reference_time, until: over },
            collect_until: begun + remaining.mul_f64(0.6),
            act_until: begun + remaining.saturating_sub(Duration::from_secs(2).min(remaining / 10)),
            end: begun + remaining.saturating_sub(Duration::from_secs(1).min(remaining / 20)),
        }
    }

    fn scope(&self, source: Source) -> Scope {
        Scope { source, account: self.account.clone(), region: self.region.clone() }
    }
}

/// The clients and settings of a process. A process needs only one.
pub struct Tidings {
    pub sources: Sources,
    pub store: Store,
    pub publisher: Publisher,
    pub config: Config,
}

impl Tidings {
    /// Makes every client from `sdk`.
    pub fn new(sdk: &SdkConfig, table_name: &str, topic_arn: &str, config: Config) -> Self {
        Self {
            sources: Sources::new(sdk, config.fetching.clone()),
            store: Store::new(aws_sdk_dynamodb::Client::new(sdk), table_name),
            publisher: Publisher::new(aws_sdk_sns::Client::new(sdk), topic_arn.to_owned()),
            config,
        }
    }

    /// Runs one pass. Never fails: the report contains the errors.
    pub async fn run(&self, order: &Order, invocation: &Invocation) -> Report {
        let (mut report, notices) = self.run_or_rehearse(order, invocation).await;
        if order.is_dry_run() {
            report.notices = Some(notices.iter().map(cloudevents::notice_json).collect());
        }
        report
    }

    /// Runs one pass. For a dry run, returns the notices themselves rather than their JSON form in the report.
    pub async fn run_or_rehearse(&self, order: &Order, invocation: &Invocation) -> (Report, Vec<Notice>) {
        let tables = self.sources.discovery();
        let passes = self.scopes(order, invocation).into_iter().map(|scope| async {
            let (throttles, passed) = (Throttles::default(), Passed::of(&scope));
            let pass = ScopePass { tidings: self, order, invocation, tables: &tables, throttles, passed };
            Box::pin(pass.run(scope)).await
        });
        let all = join_all(passes).await;
        // After an open call, SNS may still accept a message. Until the claims expire, nobody else may send it.
        if !order.is_dry_run() && !all.iter().any(|passed| passed.was_cut_off) {
            self.store.note_ended(&invocation.writer);
        }
        let (scopes, notices): (Vec<ScopeReport>, Vec<Vec<Notice>>) =
            all.into_iter().map(|passed| (passed.report, passed.notices)).unzip();
        let notices: Vec<Notice> = notices.into_iter().flatten().collect();
        let mut report = Report::new(invocation.writer.now, scopes);
        if order.is_dry_run() {
            report.dry_run = true;
            report.highest_severity = notices.iter().map(|notice| notice.severity).max();
        }
        log::summarize(&report);
        (report, notices)
    }

    fn scopes(&self, order: &Order, invocation: &Invocation) -> Vec<Scope> {
        match order {
            Order::Pass { sources, .. } => sources.iter().map(|source| invocation.scope(*source)).collect(),
            Order::Hint { scope, .. } if !self.config.sources.contains(&scope.source) => Vec::new(),
            Order::Hint { scope, subject } => {
                // Only the function's own account and region are watched. An event that names others is a sample, or was
                // forwarded: the job is looked up here, and is not found if it is not here.
                let own = invocation.scope(scope.source);
                if *scope != own {
                    tracing::info!(%scope, %subject, "a hint about {subject} names {scope}; it is looked up in {own}");
                }
                vec![own]
            }
        }
    }
}

/// The result of the pass over one scope.
struct Passed {
    report: ScopeReport,
    /// In a dry run, the notices that a pass would send.
    notices: Vec<Notice>,
    /// Whether a call was given up without an answer, so that SNS may still accept a message.
    was_cut_off: bool,
}

impl Passed {
    fn of(scope: &Scope) -> Self {
        Self { report: ScopeReport::of(scope), notices: Vec::new(), was_cut_off: false }
    }
}

/// What was read of a scope, and the plan made from it.
struct Evaluated {
    observed: Observed,
    coverage: Coverage,
    plan: Plan,
}

/// The pass over one scope.
struct ScopePass<'a> {
    tidings: &'a Tidings,
    order: &'a Order,
    invocation: &'a Invocation,
    tables: &'a Discovery,
    throttles: Throttles,
    passed: Passed,
}

impl ScopePass<'_> {
    /// Runs the pass. It ends before the invocation does, even if a call hangs, and the report says what it has done.
    async fn run(mut self, scope: Scope) -> Passed {
        let begun = Instant::now();
        // A pass without time could only take the lease, and the next invocation would have to wait for it.
        let is_late = Instant::now() >= self.invocation.end;
        if is_late || timeout_at(self.invocation.end, self.act(&scope)).await.is_err() {
            self.passed.was_cut_off = !is_late;
            self.passed.report.out_of_time = true;
            self.passed.report.fail(ScopeError {
                kind: ErrorKind::Timeout,
                message: "time ran out during a call; the next pass continues".to_owned(),
                action: None,
            });
        }
        self.passed.report.throttled = self.throttles.count();
        self.passed.report.duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.passed
    }

    async fn act(&mut self, scope: &Scope) {
        if self.order.is_dry_run() {
            return self.dry_run(scope).await;
        }
        let store = self.tidings.store.counting(&self.throttles);
        let writer = &self.invocation.writer;
        let opened = match self.order.subject() {
            Some(subject) => {
                store.open_for(scope, subject, writer).await.map(|session| Opened::Session(Box::new(session)))
            }
            None => store.open(scope, writer).await,
        };
        match opened {
            Ok(Opened::Session(mut session)) => {
                self.work(&mut session).await;
                let waiting = deliver::waiting(&session.known).filter(|notice| !session.was_sent(notice));
                self.report_pending(waiting);
                session.close();
            }
            Ok(Opened::Busy(until)) => {
                tracing::info!(%scope, %until, "{scope}: skipped; another invocation has the lease until {until}");
                self.passed.report.coverage = "skipped";
            }
            Err(error) => self.passed.report.fail(store_error(&error)),
        }
    }

    async fn work(&mut self, session: &mut Session<'_>) {
        // The notices of earlier passes are sent first. They are older, and they do not depend on what can be read now.
        let left = deliver::claim(session).await;
        let tidings = self.tidings;
        let publisher = tidings.publisher.counting(&self.throttles);
        let mut delivery = Delivery::new(&publisher, &tidings.config.publishing, self.invocation.act_until);
        self.deliver(session, &mut delivery, left).await;

        let evaluated = self.evaluate(&session.known, &session.unreadable).await;
        let Evaluated { observed, mut coverage, plan: Plan { changes, mut checkpoint } } = evaluated;
        let now = self.invocation.writer.now;
        let policy = &self.tidings.config.policy;
        let commits = commit::commit(session, changes, &observed, &coverage, policy, self.invocation.act_until).await;
        self.passed.report.changed = commits.written.len();
        if !commits.is_whole() {
            // If the checkpoint said that the whole scope was read, a finished subject that was not written would be
            // history for the next pass, and nobody would be told. What was written need not be written again, so
            // passes that always run out of time still reach the end.
            coverage = Coverage::Stopped { resume_after: None, unread: Vec::new(), error: commits.error };
            checkpoint = plan_checkpoint(&session.known, &coverage, policy, now).checkpoint;
        }
        self.passed.report.cover(&coverage);
        self.passed.report.out_of_time |= commits.out_of_time;
        self.deliver(session, &mut delivery, commits.with_notices).await;

        // A hint has no lease and has read one subject only, so it does not write the checkpoint.
        if self.order.subject().is_none() {
            match commit::checkpoint(session, checkpoint).await {
                Ok(true) => {
                    self.deliver(session, &mut delivery, vec![deliver::Slot::Checkpoint]).await;
                }
                Ok(false) => {}
                Err(error) => self.passed.report.fail(store_error(&error)),
            }
        }
    }

    /// Reads the scope and makes the plan. Passes and dry runs share this, so a dry run reports what a pass would do.
    async fn evaluate(&mut self, known: &Known, unreadable: &[StoreError]) -> Evaluated {
        let (observed, coverage) = self.collect(known).await;
        let (observed, coverage) = collect::without_unreadable(observed, coverage, unreadable);
        let plan = plan(known, &observed, &coverage, &self.tidings.config.policy, self.invocation.writer.now);
        self.passed.report.noticed = plan.notices().count();
        self.passed.report.muted = plan.muted();
        Evaluated { observed, coverage, plan }
    }

    async fn collect(&mut self, known: &Known) -> (Observed, Coverage) {
        let source = self.tidings.sources.get(known.scope.source);
        let calls = Calls::new(self.tidings.sources.rate_limits(), &self.throttles);
        let only = self.order.subject().map(|subject| &**subject);
        let (observed, coverage) = collect::collect(source, known, only, self.tables, calls, self.invocation).await;
        self.passed.report.observed = observed.observations.len();
        (observed, coverage)
    }

    /// Publishes the outboxes in `slots`, which this invocation has claimed.
    async fn deliver(&mut self, session: &mut Session<'_>, delivery: &mut Delivery<'_>, slots: Vec<deliver::Slot>) {
        let delivered = delivery.run(session, slots).await;
        let report = &mut self.passed.report;
        report.published += delivered.published;
        report.highest_severity = report.highest_severity.max(delivered.severity);
        if let Some(error) = delivered.error {
            report.fail(error);
        }
        self.passed.was_cut_off |= delivered.was_cut_off;
    }

    /// Reports the notices that wait in the outboxes. A hint loads only one subject, so it cannot report the age of the
    /// oldest notice in the scope.
    fn report_pending<'n>(&mut self, waiting: impl Iterator<Item = &'n Notice>) {
        let now = self.invocation.writer.now;
        let ages = waiting.map(|notice| now.duration_since(notice.observed_at).as_secs());
        let (count, oldest) = ages.fold((0, 0), |(count, oldest), age| (count + 1, oldest.max(age)));
        self.passed.report.pending = count;
        if self.order.subject().is_none() {
            self.passed.report.oldest_pending_seconds = Some(oldest.unsigned_abs());
        }
    }

    /// Evaluates the scope as a pass does, but writes nothing and sends nothing.
    async fn dry_run(&mut self, scope: &Scope) {
        let Loaded { known, unreadable } = match self.tidings.store.counting(&self.throttles).peek(scope).await {
            Ok(loaded) => loaded,
            Err(error) => return self.passed.report.fail(store_error(&error)),
        };
        let Evaluated { coverage, plan, .. } = self.evaluate(&known, &unreadable).await;
        self.passed.report.cover(&coverage);
        self.passed.report.changed = plan.changes.len();
        self.passed.notices = plan.notices().cloned().collect();
        self.report_pending(deliver::waiting(&known));
    }
}

/// A plan that contains only a new checkpoint.
fn plan_checkpoint(known: &Known, coverage: &Coverage, policy: &Policy, now: Timestamp) -> Plan {
    plan(known, &Observed::default(), coverage, policy, now)
}

fn store_error(error: &StoreError) -> ScopeError {
    match error {
        StoreError::Api { source, .. } => ScopeError { message: error.to_string(), ..ScopeError::from(source) },
        StoreError::Full { .. } => {
            ScopeError { kind: ErrorKind::Unavailable, message: error.to_string(), action: None }
        }
        StoreError::Unreadable { .. } => {
            ScopeError { kind: ErrorKind::Malformed, message: error.to_string(), action: None }
        }
    }
}
