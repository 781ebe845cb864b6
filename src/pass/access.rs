//! The access to accounts: what people are told if tidings cannot assume its role in an account, in all accounts, or
//! cannot list the accounts.

use std::sync::Arc;

use super::deliver::waiting;
use super::hand_over::HandOver;
use super::scope::Passed;
use super::targets::merge;
use super::{Invocation, Tidings, commit};
use crate::domain::notice::UnreadFor;
use crate::domain::{Access, AccessFailure, Account, Scope, ScopeError, Source, Target, Told, plan_access, shorten};
use crate::error::ApiError;
use crate::store::{Opened, StoreError};
use crate::targets::Refreshed;

/// How many bytes of an error the notice about all accounts repeats.
const LONGEST: usize = 600;

impl Tidings {
    /// Stores whether the role in an account could be assumed. `error` is the reason if not. Returns for how many seconds it
    /// could not.
    pub(super) async fn note_access(
        &self,
        target: &Target,
        error: Option<&ApiError>,
        invocation: &Invocation,
    ) -> Result<Option<u64>, StoreError> {
        let hub = &invocation.account;
        let before = self.store.access(hub, &target.account).await?;
        let after = next(&before, error.map(ScopeError::from), invocation);
        if after != before {
            self.store.keep_access(hub, Some(&target.account), &after).await?;
        }
        let since = after.failing.map(|failing| failing.unread.since);
        Ok(since.map(|since| invocation.writer.now.duration_since(since).as_secs().max(0).unsigned_abs()))
    }

    /// Tells people about accounts that cannot be read, or that can be read again. If that is all of them, it is told once
    /// for all.
    pub(super) async fn tell_access(&self, refreshed: &Refreshed, invocation: &Invocation) -> Vec<Passed> {
        let hand_over = HandOver::to(self.delivery_queue.as_ref());
        let mut passed = self.write_access(refreshed, invocation, &hand_over).await;
        if let HandOver::Here(waiting) = &hand_over {
            for delivered in Box::pin(self.deliver(&waiting.take(), invocation)).await {
                merge(&mut passed, delivered);
            }
        }
        passed
    }

    /// Writes the notices and leaves them to a delivery.
    async fn write_access(&self, refreshed: &Refreshed, invocation: &Invocation, hand_over: &HandOver) -> Vec<Passed> {
        let hub = &invocation.account;
        let (policy, now) = (&self.config.policy, invocation.writer.now);
        let mut passed = Vec::new();

        let of_all = of_all_accounts(refreshed, hub);
        let before = &refreshed.stored.hub;
        let access = next(before, of_all.clone(), invocation);
        let scope = invocation.home().scope(Source::Hub);
        if access != *before
            && let Err(error) = self.store.keep_access(hub, None, &access).await
        {
            passed.push(Passed::failed(&scope, ScopeError::from(&error)));
        }
        let mut due = Vec::new();
        if access.is_news(policy, now) {
            due.push((scope, Arc::default(), &access));
        }
        // One notice about all accounts is enough.
        let is_told_of_all = of_all.is_some() && refreshed.error.is_none();
        for (id, account) in &refreshed.listing.accounts {
            let Some(access) = refreshed.stored.accounts.get(id).map(|stored| &stored.access) else { continue };
            if access.is_news(policy, now) && (!is_told_of_all || access.told.read_again) {
                let scope = Scope { source: Source::Account, account: id.clone(), region: invocation.region.clone() };
                due.push((scope, Arc::clone(account), access));
            }
        }
        for (scope, account, access) in due {
            let mut told = Passed::of(&scope);
            if let Err(error) = self.tell(&mut told, &scope, account, access, invocation, hand_over).await {
                told.report.fail(error);
            }
            passed.push(told);
        }
        passed
    }

    /// Writes the notice of one scope, and leaves all its notices to a delivery.
    async fn tell(
        &self,
        passed: &mut Passed,
        scope: &Scope,
        account: Arc<Account>,
        access: &Access,
        invocation: &Invocation,
        hand_over: &HandOver,
    ) -> Result<(), ScopeError> {
        let opened = self.store.open(scope, &invocation.writer).await.map_err(|error| ScopeError::from(&error))?;
        let Opened::Session(mut session) = opened else { return Ok(()) };
        session.known.account = account;
        session.leave_outboxes();
        let change = plan_access(&session.known, access, &self.config.policy, invocation.writer.now);
        passed.report.noticed = change.notices.len();
        passed.report.muted = change.muted;
        // Written before the checkpoint. Even if this invocation ends in between, the next tick reads the checkpoint.
        let is_unchanged = change.state == session.known.checkpoint.state && waiting(&session.known).is_empty();
        let told = Told { unreachable: change.state.told_unreachable, read_again: !is_unchanged };
        if told != access.told {
            let id = (scope.source == Source::Account).then_some(scope.account.as_str());
            let kept = self.store.keep_told(&invocation.account, id, told).await;
            kept.map_err(|error| ScopeError::from(&error))?;
        }
        commit::checkpoint(&mut session, change).await.map_err(|error| ScopeError::from(&error))?;
        let left = hand_over.leave(&mut session).await;
        passed.report.coverage = "complete";
        passed.count_waiting(&session);
        session.close();
        left
    }
}

/// The access after another try.
fn next(before: &Access, error: Option<ScopeError>, invocation: &Invocation) -> Access {
    let now = invocation.writer.now;
    let failing = error.map(|error| {
        let unread = before.failing.as_ref().map_or(UnreadFor { since: now, passes: 1 }, |failing| UnreadFor {
            passes: failing.unread.passes.saturating_add(1),
            ..failing.unread
        });
        AccessFailure { unread, error }
    });
    let readable_since = before.readable_since.or_else(|| failing.is_none().then_some(now));
    Access { readable_since, failing, told: before.told }
}

/// Why no account can be read, or why the accounts cannot be listed. `None` if neither is so.
fn of_all_accounts(refreshed: &Refreshed, hub: &str) -> Option<ScopeError> {
    if let Some(error) = &refreshed.error {
        return Some(ScopeError::from(error));
    }
    let others = refreshed.listing.accounts.keys().filter(|id| *id != hub);
    let tried: Vec<(&String, &Access)> = others
        .filter_map(|id| Some((id, &refreshed.stored.accounts.get(id)?.access)))
        .filter(|(_, access)| access.failing.is_some() || access.readable_since.is_some())
        .collect();
    // The trouble of a single account is its own.
    if tried.len() < 2 {
        return None;
    }
    let failing: Option<Vec<_>> =
        tried.iter().map(|(id, access)| Some((id, &access.failing.as_ref()?.error))).collect();
    let failing = failing?;
    let (id, first) = failing.first()?;
    let message = format!(
        "None of {} accounts can be reached. For account {id}: {}",
        failing.len(),
        shorten(&first.message, LONGEST)
    );
    Some(ScopeError { kind: first.kind, message, action: first.action.clone() })
}
