//! Passes over targets, side by side.

use std::sync::Arc;

use futures_util::future::{join, join_all};
use tokio::time::{sleep, timeout_at};

use super::hand_over::{HandOver, Waiting};
use super::scope::{Passed, ScopePass};
use super::{Invocation, Order, Tidings};
use crate::calls::Throttles;
use crate::domain::{Account, ErrorKind, Scope, ScopeError, Source, Target};
use crate::error::ApiError;
use crate::sources::Sources;
use crate::store::StoreError;
use crate::targets::{ASSUME_ROLE, Listing, Reached};

/// How long a delivery in this process waits for more notices after the first: as long as it takes to read most targets.
const GROUP_WAIT: std::time::Duration = std::time::Duration::from_secs(2);

/// A target, and what to read there.
pub(super) struct Reading {
    pub(super) target: Target,
    pub(super) account: Arc<Account>,
    pub(super) sources: Vec<Source>,
    /// Whether this pass judges the access to the account.
    pub(super) judges: bool,
}

impl Tidings {
    /// A pass over the function's own account and region, which publishes its notices itself.
    pub(super) async fn pass_at_home(&self, order: &Order, sources: &[Source], invocation: &Invocation) -> Vec<Passed> {
        let scopes: Vec<Scope> = sources.iter().map(|source| invocation.home().scope(*source)).collect();
        self.pass_over(&self.sources, &Arc::default(), scopes, order, invocation, None).await
    }

    /// Passes over many targets. Their notices are sent together: by a delivery of another invocation if there is a queue
    /// for it, else by a delivery beside the passes.
    pub(super) async fn pass_over_all(
        &self,
        readings: Vec<Reading>,
        order: &Order,
        invocation: &Invocation,
    ) -> Vec<Passed> {
        let hand_over = HandOver::to(self.delivery_queue.as_ref());
        let HandOver::Here(waiting) = &hand_over else {
            return self.read_all(readings, order, invocation, &hand_over).await;
        };
        let (ended, end) = tokio::sync::oneshot::channel();
        let reading = async {
            let passed = self.read_all(readings, order, invocation, &hand_over).await;
            let _ = ended.send(());
            passed
        };
        let (mut passed, delivered) = join(reading, self.deliver_beside(waiting, end, invocation)).await;
        for delivery in delivered {
            merge(&mut passed, delivery);
        }
        passed
    }

    /// Delivers what the passes hand over, until they have ended.
    async fn deliver_beside(
        &self,
        waiting: &Waiting,
        mut end: tokio::sync::oneshot::Receiver<()>,
        invocation: &Invocation,
    ) -> Vec<Passed> {
        let mut delivered = Vec::new();
        loop {
            tokio::select! {
                biased;
                () = waiting.any() => {}
                _ = &mut end => return delivered,
            }
            // Always equally long. If this ended with the last pass, a target that hangs would delay all others.
            sleep(GROUP_WAIT).await;
            delivered.extend(Box::pin(self.deliver(&waiting.take(), invocation)).await);
        }
    }

    async fn read_all(
        &self,
        readings: Vec<Reading>,
        order: &Order,
        invocation: &Invocation,
        hand_over: &HandOver,
    ) -> Vec<Passed> {
        let passes = readings.into_iter().map(|reading| Box::pin(self.read(reading, order, invocation, hand_over)));
        join_all(passes).await.into_iter().flatten().collect()
    }

    /// A pass over one target.
    async fn read(
        &self,
        reading: Reading,
        order: &Order,
        invocation: &Invocation,
        hand_over: &HandOver,
    ) -> Vec<Passed> {
        let Reading { target, account, sources, judges } = reading;
        let home = invocation.home();
        let scopes: Vec<Scope> = sources.iter().map(|source| target.scope(*source)).collect();
        let hand_over = (!order.is_dry_run()).then_some(hand_over);
        if target == home {
            return self.pass_over(&self.sources, &account, scopes, order, invocation, hand_over).await;
        }
        let reached = match timeout_at(invocation.collect_until, self.targets.reach(&target, &home)).await {
            Ok(reached) => reached,
            Err(_) => Err(ApiError {
                kind: ErrorKind::Timeout,
                action: ASSUME_ROLE,
                code: None,
                message: "time ran out".to_owned(),
            }),
        };
        // A dry run writes nothing. The function's own account needs no role.
        let judges = judges && !order.is_dry_run() && target.account != home.account;
        let noted = if judges { self.judge(&target, &reached, invocation).await } else { Ok(None) };
        let mut passed = match reached {
            Ok(reached) => {
                Box::pin(self.pass_over(&reached.sources, &account, scopes, order, invocation, hand_over)).await
            }
            Err(error) => scopes.iter().map(|scope| Passed::failed(scope, ScopeError::from(&error))).collect(),
        };
        if let Some(first) = passed.first_mut() {
            match noted {
                // One scope is enough, because only the oldest of all scopes is reported.
                Ok(Some(unread_for)) => first.report.complete_age_seconds = Some(unread_for),
                Ok(None) => {}
                Err(error) => first.report.fail(ScopeError::from(&error)),
            }
        }
        passed
    }

    /// Stores whether the account can be read, and returns for how many seconds it could not. A success is stored once for
    /// each session.
    async fn judge(
        &self,
        target: &Target,
        reached: &Result<Reached, ApiError>,
        invocation: &Invocation,
    ) -> Result<Option<u64>, StoreError> {
        let assumed_at = reached.as_ref().ok().and_then(|reached| reached.assumed_at);
        if assumed_at.is_some_and(|assumed_at| self.targets.is_noted(&target.account, assumed_at)) {
            return Ok(None);
        }
        let unread_for = self.note_access(target, reached.as_ref().err(), invocation).await?;
        if let Some(assumed_at) = assumed_at {
            self.targets.note(&target.account, assumed_at);
        }
        Ok(unread_for)
    }

    /// Passes over these scopes of one target.
    pub(super) async fn pass_over(
        &self,
        sources: &Sources,
        account: &Arc<Account>,
        scopes: Vec<Scope>,
        order: &Order,
        invocation: &Invocation,
        hand_over: Option<&HandOver>,
    ) -> Vec<Passed> {
        let watched: Vec<Source> = scopes.iter().map(|scope| scope.source).collect();
        let tables = sources.discovery(&watched);
        let passes = scopes.into_iter().map(|scope| async {
            let (throttles, passed) = (Throttles::default(), Passed::of(&scope));
            let account = Arc::clone(account);
            let tables = &tables;
            let pass =
                ScopePass { tidings: self, order, invocation, account, sources, tables, hand_over, throttles, passed };
            Box::pin(pass.run(scope)).await
        });
        join_all(passes).await
    }
}

/// The readings of all targets of the list.
pub(super) fn readings(listing: &Listing, sources: &[Source]) -> Vec<Reading> {
    listing.targets().into_iter().filter_map(|target| reading(listing, target, sources)).collect()
}

/// The reading of a target. `None` if it is not in the list.
pub(super) fn reading(listing: &Listing, target: Target, sources: &[Source]) -> Option<Reading> {
    let account = Arc::clone(listing.account(&target)?);
    let judges = listing.is_first_region(&target.region);
    Some(Reading { target, account, sources: sources.to_vec(), judges })
}

/// Adds the result of a delivery to that of the pass over the same scope.
pub(super) fn merge(passed: &mut Vec<Passed>, delivered: Passed) {
    let is_same = |pass: &&mut Passed| {
        (pass.report.source, &pass.report.account, &pass.report.region)
            == (delivered.report.source, &delivered.report.account, &delivered.report.region)
    };
    let Some(pass) = passed.iter_mut().find(is_same) else {
        passed.push(delivered);
        return;
    };
    pass.report.published += delivered.report.published;
    pass.report.pending = pass.report.pending.saturating_sub(delivered.report.published);
    if pass.report.pending == 0 {
        pass.report.oldest_pending_seconds = pass.report.oldest_pending_seconds.map(|_| 0);
    }
    pass.report.highest_severity = pass.report.highest_severity.max(delivered.report.highest_severity);
    pass.was_cut_off |= delivered.was_cut_off;
    if let Some(error) = delivered.report.error {
        pass.report.fail(ScopeError { kind: error.kind, message: error.message, action: error.action });
    }
}
