//! A pass: collect, plan, commit, publish, report, in each scope on its own.
//!
//! Every scope's pass first publishes what earlier passes left in the outboxes. State and notices are committed before
//! anything is sent, and the checkpoint moves only after every change has been written. One scope's trouble stays in
//! that scope.

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

/// What an invocation is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// A pass over these sources in the invocation's account and region.
    Pass {
        /// Each source at most once.
        sources: Vec<Source>,
        /// Write nothing, send nothing, and answer with the notices that a pass would send.
        dry_run: bool,
    },
    /// A look at one subject, because an event said that it may have changed.
    Hint {
        /// Where the event says that the subject is. A hint about a scope that is not watched does nothing.
        scope: Scope,
        /// The subject.
        subject: SubjectId,
    },
}

impl Order {
    const fn is_dry_run(&self) -> bool {
        matches!(self, Self::Pass { dry_run: true, .. })
    }

    /// The only subject to look at, if it is a hint.
    const fn subject(&self) -> Option<&SubjectId> {
        match self {
            Self::Pass { .. } => None,
            Self::Hint { subject, .. } => Some(subject),
        }
    }
}

/// Where and when a pass runs, and how long it may take. The only place that time comes from.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The twelve-digit account id.
    pub account: String,
    /// The region.
    pub region: String,
    /// Who writes: token, reference time, end.
    pub writer: Writer,
    /// When reading ends, so that what was read can still be written and told.
    pub collect_until: Instant,
    /// When no further call is begun.
    pub act_until: Instant,
    /// When calls under way are given up, so that there still is a report.
    pub end: Instant,
}

/// By how much the clocks of two invocations may differ: leases and claims last that much longer than the invocation.
const CLOCKS_DIFFER: Duration = Duration::from_secs(5);

impl Invocation {
    /// An invocation at `reference_time` that has `remaining` left. `token` must differ from every other invocation's.
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

/// Everything that a pass works with. One for the life of the process.
pub struct Tidings {
    /// The status APIs.
    pub sources: Sources,
    /// The state.
    pub store: Store,
    /// The way out.
    pub publisher: Publisher,
    /// The settings.
    pub config: Config,
}

impl Tidings {
    /// The whole, with every client made from `sdk`.
    pub fn new(sdk: &SdkConfig, table_name: &str, topic_arn: &str, config: Config) -> Self {
        Self {
            sources: Sources::new(sdk, config.fetching.clone()),
            store: Store::new(aws_sdk_dynamodb::Client::new(sdk), table_name),
            publisher: Publisher::new(aws_sdk_sns::Client::new(sdk), topic_arn.to_owned()),
            config,
        }
    }

    /// Runs one pass. Never fails as a whole: what failed is in the report.
    pub async fn run(&self, order: &Order, invocation: &Invocation) -> Report {
        let (mut report, notices) = self.run_or_rehearse(order, invocation).await;
        if order.is_dry_run() {
            report.notices = Some(notices.iter().map(cloudevents::notice_json).collect());
        }
        report
    }

    /// Runs one pass as `order` says, and gives what a dry run would have told as it is rather than in the report.
    pub async fn run_or_rehearse(&self, order: &Order, invocation: &Invocation) -> (Report, Vec<Notice>) {
        let tables = self.sources.discovery();
        let passes = self.scopes(order, invocation).into_iter().map(|scope| async {
            let (throttles, passed) = (Throttles::default(), Passed::of(&scope));
            let pass = ScopePass { tidings: self, order, invocation, tables: &tables, throttles, passed };
            Box::pin(pass.run(scope)).await
        });
        let all = join_all(passes).await;
        if !order.is_dry_run() && !all.iter().any(|passed| passed.was_cut_off) {
            self.store.note_ended(&invocation.writer);
        }
        let (scopes, notices): (Vec<ScopeReport>, Vec<Vec<Notice>>) =
            all.into_iter().map(|passed| (passed.report, passed.notices)).unzip();
        let notices: Vec<Notice> = notices.into_iter().flatten().collect();
        let mut report = Report::new(invocation.writer.now, scopes);
        if order.is_dry_run() {
            report.dry_run = true;
            report.gravest = notices.iter().map(|notice| notice.severity).max();
        }
        log::summarize(&report);
        (report, notices)
    }

    /// The scopes that the order is about.
    fn scopes(&self, order: &Order, invocation: &Invocation) -> Vec<Scope> {
        match order {
            Order::Pass { sources, .. } => sources.iter().map(|source| invocation.scope(*source)).collect(),
            Order::Hint { scope, .. }
                if self.config.sources.contains(&scope.source) && *scope == invocation.scope(scope.source) =>
            {
                vec![scope.clone()]
            }
            Order::Hint { scope, subject } => {
                tracing::info!(%scope, %subject, "a hint about {subject} is ignored: {scope} is not watched");
                Vec::new()
            }
        }
    }
}

/// How the pass over one scope went.
struct Passed {
    report: ScopeReport,
    /// In a dry run, what would have been told.
    notices: Vec<Notice>,
    /// Whether time ran out in the middle of a call, so that a message may still be on its way.
    was_cut_off: bool,
}

impl Passed {
    fn of(scope: &Scope) -> Self {
        Self { report: ScopeReport::of(scope), notices: Vec::new(), was_cut_off: false }
    }
}

/// What was read of a scope, and what follows from it.
struct Judged {
    observed: Observed,
    coverage: Coverage,
    plan: Plan,
}

/// One pass over one scope.
struct ScopePass<'a> {
    tidings: &'a Tidings,
    order: &'a Order,
    invocation: &'a Invocation,
    tables: &'a Discovery,
    throttles: Throttles,
    passed: Passed,
}

impl ScopePass<'_> {
    /// The scope's pass. Whatever hangs, it ends with the invocation, and the report says how far it came.
    async fn run(mut self, scope: Scope) -> Passed {
        let begun = Instant::now();
        // Without time there is no use in taking a lease that keeps the next invocation out.
        let is_late = Instant::now() >= self.invocation.end;
        if is_late || timeout_at(self.invocation.end, self.act(&scope)).await.is_err() {
            self.passed.was_cut_off = !is_late;
            self.passed.report.out_of_time = true;
            self.passed.report.fail(ScopeError {
                kind: ErrorKind::Timeout,
                message: "time ran out in the middle of a call; the next pass does what is left".to_owned(),
                action: None,
            });
        }
        self.passed.report.throttled = self.throttles.count();
        self.passed.report.duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.passed
    }

    async fn act(&mut self, scope: &Scope) {
        if self.order.is_dry_run() {
            return self.rehearse(scope).await;
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
                self.look_into_outboxes(&session.known);
                session.close();
            }
            Ok(Opened::Busy(until)) => {
                tracing::info!(%scope, %until, "{scope}: another invocation is at work on it until {until}; skipped");
                self.passed.report.coverage = "skipped";
            }
            Err(error) => self.passed.report.fail(store_error(&error)),
        }
    }

    async fn work(&mut self, session: &mut Session<'_>) {
        // What earlier passes left goes first.
        let left = deliver::claim(session).await;
        let tidings = self.tidings;
        let publisher = tidings.publisher.counting(&self.throttles);
        let mut delivery = Delivery::new(&publisher, &tidings.config.publishing, self.invocation.act_until);
        self.deliver(session, &mut delivery, left).await;

        let judged = self.judge(&session.known, &session.unreadable).await;
        let Judged { observed, mut coverage, plan: Plan { changes, mut checkpoint } } = judged;
        let now = self.invocation.writer.now;
        let policy = &self.tidings.config.policy;
        let commits = commit::commit(session, changes, &observed, &coverage, policy, self.invocation.act_until).await;
        self.passed.report.changed = commits.written.len();
        if !commits.is_whole() {
            // The checkpoint must not move past what was not written. What was written is not written again, so even
            // passes that always run out of time get to the end.
            coverage = Coverage::Stopped { resume_after: None, unread: Vec::new(), error: commits.error };
            checkpoint = domain_plan(&session.known, &coverage, policy, now).checkpoint;
        }
        self.passed.report.cover(&coverage);
        self.passed.report.out_of_time |= commits.out_of_time;
        self.deliver(session, &mut delivery, commits.with_notices).await;

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

    /// Reads the scope and plans what follows. A pass and a dry run both begin with this, so a dry run says what a pass
    /// would.
    async fn judge(&mut self, known: &Known, unreadable: &[StoreError]) -> Judged {
        let (observed, coverage) = self.collect(known).await;
        let (observed, coverage) = collect::without_unreadable(observed, coverage, unreadable);
        let plan = plan(known, &observed, &coverage, &self.tidings.config.policy, self.invocation.writer.now);
        self.passed.report.noticed = plan.notices().count();
        self.passed.report.muted = plan.muted();
        Judged { observed, coverage, plan }
    }

    /// Reads the scope until the time for reading is over.
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
        report.gravest = report.gravest.max(delivered.severity);
        if let Some(error) = delivered.error {
            report.fail(error);
        }
        self.passed.was_cut_off |= delivered.was_cut_off;
    }

    /// Counts what waits. A hint loads one subject, which says nothing about the oldest notice of the scope.
    fn look_into_outboxes(&mut self, known: &Known) {
        let now = self.invocation.writer.now;
        let ages = deliver::waiting(known).map(|notice| now.duration_since(notice.observed_at).as_secs());
        let (count, oldest) = ages.fold((0, 0), |(count, oldest), age| (count + 1, oldest.max(age)));
        self.passed.report.pending = count;
        if self.order.subject().is_none() {
            self.passed.report.oldest_pending_seconds = Some(oldest.unsigned_abs());
        }
    }

    /// Judges as a pass does, writes nothing and sends nothing.
    async fn rehearse(&mut self, scope: &Scope) {
        let Loaded { known, unreadable } = match self.tidings.store.counting(&self.throttles).peek(scope).await {
            Ok(loaded) => loaded,
            Err(error) => return self.passed.report.fail(store_error(&error)),
        };
        let Judged { coverage, plan, .. } = self.judge(&known, &unreadable).await;
        self.passed.report.cover(&coverage);
        self.passed.report.changed = plan.changes.len();
        self.passed.notices = plan.notices().cloned().collect();
        self.look_into_outboxes(&known);
    }
}

/// A plan for the checkpoint alone.
fn domain_plan(known: &Known, coverage: &Coverage, policy: &Policy, now: Timestamp) -> Plan {
    plan(known, &Observed::default(), coverage, policy, now)
}

/// A failure of the store as the scope's error.
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
