//! The pass over one scope: collect, plan, commit, and publish or hand over.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use super::commit;
use super::deliver::{self, Delivery};
use super::hand_over::HandOver;
use super::{Invocation, Order, Tidings, collect};
use crate::calls::{Calls, Throttles};
use crate::domain::{
    Account, Basis, Change, Checkpoint, Coverage, ErrorKind, Known, Notice, Planned, Planner, Scope, ScopeError,
};
use crate::report::ScopeReport;
use crate::sources::{Ask, Discovery, Sources};
use crate::store::{Loaded, Opened, Session, StoreError};

/// The result of the pass over one scope.
pub(super) struct Passed {
    pub(super) report: ScopeReport,
    /// In a dry run, the notices that a pass would send.
    pub(super) notices: Vec<Notice>,
    /// Whether a call was given up without an answer, so that SNS may still accept a message.
    pub(super) was_cut_off: bool,
}

impl Passed {
    pub(super) fn of(scope: &Scope) -> Self {
        Self { report: ScopeReport::of(scope), notices: Vec::new(), was_cut_off: false }
    }

    /// The result for a scope that was not tried, because its account cannot be read.
    pub(super) fn failed(scope: &Scope, error: ScopeError) -> Self {
        let mut passed = Self::of(scope);
        passed.report.fail(error);
        passed
    }

    /// Reports the notices of the session that still wait.
    pub(super) fn count_waiting(&mut self, session: &Session<'_>) {
        let waiting = deliver::waiting(&session.known).into_iter().filter(|notice| !session.was_sent(notice));
        self.count(waiting, session.writer().now);
    }

    fn count(&mut self, waiting: impl Iterator<Item = Notice>, now: Timestamp) {
        let ages = waiting.map(|notice| now.duration_since(notice.observed_at).as_secs().unsigned_abs());
        let (count, oldest) = ages.fold((0, 0), |(count, oldest), age| (count + 1, oldest.max(age)));
        self.report.pending = count;
        self.report.oldest_pending_seconds = Some(oldest);
    }
}

/// The pass over one scope.
pub(super) struct ScopePass<'a> {
    pub(super) tidings: &'a Tidings,
    pub(super) order: &'a Order,
    pub(super) invocation: &'a Invocation,
    /// The account of the scope.
    pub(super) account: Arc<Account>,
    pub(super) sources: &'a Sources,
    pub(super) tables: &'a Discovery,
    /// `None` if the pass publishes its notices itself.
    pub(super) hand_over: Option<&'a HandOver>,
    pub(super) throttles: Throttles,
    pub(super) passed: Passed,
}

impl ScopePass<'_> {
    /// Runs the pass. It ends before the invocation does, even if a call hangs, and the report says what it has done.
    pub(super) async fn run(mut self, scope: Scope) -> Passed {
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
        let every = self.tidings.config.every.get(&scope.source).copied();
        let opened = match (self.order.subject(), self.hand_over) {
            (Some(subject), _) => {
                store.open_for(scope, subject, writer).await.map(|session| Opened::Session(Box::new(session)))
            }
            (None, None) => store.open_every(scope, every, writer).await,
            (None, Some(_)) => store.open_without_lease(scope, every, writer).await,
        };
        match opened {
            Ok(Opened::Session(mut session)) => {
                session.known.account = Arc::clone(&self.account);
                match self.hand_over {
                    None => self.work(&mut session).await,
                    Some(hand_over) => self.work_and_hand_over(&mut session, hand_over).await,
                }
                self.passed.count_waiting(&session);
                if self.order.subject().is_some() {
                    // A hint has loaded only one subject.
                    self.passed.report.oldest_pending_seconds = None;
                }
                session.close();
            }
            Ok(Opened::Busy(until)) => {
                tracing::info!(%scope, %until, "{scope}: skipped; another invocation has the lease until {until}");
                self.passed.report.coverage = "skipped";
            }
            Ok(Opened::NotDue { was_complete }) => self.passed.report.not_due(was_complete),
            Err(error) => self.passed.report.fail(ScopeError::from(&error)),
        }
    }

    async fn work(&mut self, session: &mut Session<'_>) {
        // The notices of earlier passes are sent first. They are older, and they do not depend on what can be read now.
        let left = deliver::claim(session).await;
        let tidings = self.tidings;
        let publisher = tidings.publisher.counting(&self.throttles);
        let silenced = session.known.silenced(self.invocation.writer.now);
        let mut delivery =
            Delivery::new(&publisher, &tidings.config.publishing, self.invocation.act_until).with_silenced(silenced);
        self.deliver(session, &mut delivery, left).await;

        let (with_notices, checkpoint) = self.collect_and_commit(session).await;
        self.deliver(session, &mut delivery, with_notices).await;
        if self.commit_checkpoint(session, checkpoint).await {
            self.deliver(session, &mut delivery, vec![deliver::Slot::Checkpoint]).await;
        }
    }

    /// The same without publishing: the notices of this pass and of earlier ones are left to a delivery.
    async fn work_and_hand_over(&mut self, session: &mut Session<'_>, hand_over: &HandOver) {
        session.leave_outboxes();
        let (_, checkpoint) = self.collect_and_commit(session).await;
        self.commit_checkpoint(session, checkpoint).await;
        if let Err(error) = hand_over.leave(session).await {
            self.passed.report.fail(error);
        }
    }

    /// Reads the scope and writes what has changed. Returns the outboxes with new notices, and the checkpoint to write.
    async fn collect_and_commit(&mut self, session: &mut Session<'_>) -> (Vec<deliver::Slot>, Change<Checkpoint>) {
        let (Planned { findings, mut checkpoint, .. }, mut coverage) =
            self.evaluate(&session.known, &session.unreadable).await;
        let now = self.invocation.writer.now;
        let policy = &self.tidings.config.policy;
        let commits = commit::commit(session, findings, &coverage, policy, self.invocation.act_until).await;
        self.passed.report.changed = commits.written;
        if !commits.is_whole() {
            // If the checkpoint said that the whole scope was read, a finished subject that was not written would be
            // history for the next pass, and nobody would be told. What was written need not be written again, so
            // passes that always run out of time still reach the end.
            coverage = Coverage::Stopped { resume_after: None, unread: Vec::new(), error: commits.error };
            checkpoint = Basis { known: &session.known, policy, reference_time: now }.checkpoint_only(&coverage);
        }
        self.passed.report.cover(&coverage);
        self.passed.report.out_of_time |= commits.out_of_time;
        (commits.with_notices, checkpoint)
    }

    /// Writes the checkpoint. Returns whether it has notices that this invocation has to publish.
    async fn commit_checkpoint(&mut self, session: &mut Session<'_>, mut checkpoint: Change<Checkpoint>) -> bool {
        // A hint has no lease and has read one subject only, so it does not write the checkpoint.
        if self.order.subject().is_some() {
            return false;
        }
        checkpoint.state.rates.extend(self.sources.learned_rates(session.known.scope.source));
        // With many targets, a checkpoint in which only this time is new is not always written.
        let last = checkpoint.state.last_complete_at;
        let age = last.map(|last| self.invocation.writer.now.duration_since(last).as_secs());
        self.passed.report.complete_age_seconds = age.map(|age| age.max(0).unsigned_abs());
        commit::checkpoint(session, checkpoint).await.unwrap_or_else(|error| {
            self.passed.report.fail(ScopeError::from(&error));
            false
        })
    }

    /// Reads the scope and makes the plan. Passes and dry runs share this, so a dry run reports what a pass would do.
    async fn evaluate(&mut self, known: &Known, unreadable: &[StoreError]) -> (Planned, Coverage) {
        let policy = &self.tidings.config.policy;
        let reference_time = self.invocation.writer.now;
        let Some(source) = self.sources.get(known.scope.source) else {
            // There is nothing to read, so nothing is concluded.
            let coverage = Coverage::Stopped { resume_after: None, unread: Vec::new(), error: None };
            return (Planner::new(Basis { known, policy, reference_time }).finish(&coverage), coverage);
        };
        self.sources.rate_limits().begin_at(&known.checkpoint.state.rates);
        let calls = Calls::new(self.sources.rate_limits(), &self.throttles);
        let only = self.order.subject().map(|subject| &**subject);
        let ask = Ask { known, only, reference_time, tables: self.tables, calls };
        let (planned, coverage, observed) =
            collect::collect(source, &ask, policy, unreadable, self.invocation.collect_until).await;
        self.passed.report.observed = observed;
        self.passed.report.noticed = planned.noticed;
        self.passed.report.muted = planned.muted;
        (planned, coverage)
    }

    /// Publishes the outboxes in `slots`, which this invocation has claimed.
    async fn deliver(&mut self, session: &mut Session<'_>, delivery: &mut Delivery<'_>, slots: Vec<deliver::Slot>) {
        let places = slots.into_iter().map(|slot| deliver::Place { session: 0, slot }).collect();
        let delivered = delivery.run(std::slice::from_mut(session), places).await;
        let report = &mut self.passed.report;
        report.published += delivered.published.iter().sum::<usize>();
        report.highest_severity = report.highest_severity.max(delivered.severity);
        if let Some(error) = delivered.error {
            report.fail(error);
        }
        self.passed.was_cut_off |= delivered.was_cut_off;
    }

    /// Evaluates the scope as a pass does, but writes nothing and sends nothing.
    async fn dry_run(&mut self, scope: &Scope) {
        let Loaded { mut known, unreadable, .. } = match self.tidings.store.counting(&self.throttles).peek(scope).await
        {
            Ok(loaded) => loaded,
            Err(error) => return self.passed.report.fail(ScopeError::from(&error)),
        };
        known.account = Arc::clone(&self.account);
        let (planned, coverage) = self.evaluate(&known, &unreadable).await;
        self.passed.report.cover(&coverage);
        self.passed.report.changed = planned.findings.len();
        let basis =
            Basis { known: &known, policy: &self.tidings.config.policy, reference_time: self.invocation.writer.now };
        let changes = basis.changes(&planned.findings, &coverage);
        let notices = changes.flat_map(|change| change.notices).chain(planned.checkpoint.notices);
        self.passed.notices = notices.collect();
        self.passed.count(deliver::waiting(&known).into_iter(), self.invocation.writer.now);
    }
}
