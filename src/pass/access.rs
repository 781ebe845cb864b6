//! The access to accounts: what people are told if tidings cannot assume its role in an account, in all accounts, or
//! cannot list the accounts.

use std::sync::Arc;

use super::deliver::{Delivery, unclaimed};
use super::deliver::{Place, Slot, claim, waiting};
use super::hand_over::HandOver;
use super::scope::{Passed, store_error};
use super::{Invocation, Tidings, commit};
use crate::domain::notice::UnreadFor;
use crate::domain::{
    Access, AccessFailure, Account, ErrorKind, Scope, ScopeError, Source, Target, plan_access, shorten,
};
use crate::error::ApiError;
use crate::store::{Opened, StoreError};
use crate::targets::Refreshed;

/// How many bytes of an error the notice about all accounts repeats.
const LONGEST: usize = 600;

impl Tidings {
    /// Stores whether the role in an account could be assumed. `error` is the reason if not.
    pub(super) async fn note_access(
        &self,
        target: &Target,
        error: Option<&ApiError>,
        invocation: &Invocation,
    ) -> Result<(), StoreError> {
        let hub = &invocation.account;
        let before = self.store.access(hub, &target.account).await?;
        let after = next(&before, error.map(ScopeError::from), invocation);
        if after == before {
            return Ok(());
        }
        self.store.keep_access(hub, Some(&target.account), &after).await
    }

    /// Tells people about accounts that cannot be read, or that can be read again. If that is all of them, it is told once
    /// for all.
    pub(super) async fn tell_access(
        &self,
        refreshed: &Refreshed,
        invocation: &Invocation,
        hand_over: Option<&HandOver>,
    ) -> Vec<Passed> {
        let hub = &invocation.account;
        let (policy, now) = (&self.config.policy, invocation.writer.now);
        let mut passed = Vec::new();

        let of_all = of_all_accounts(refreshed, hub);
        let before = &refreshed.stored.hub;
        let mut access = next(before, of_all.clone(), invocation);
        if access.is_news(policy, now) {
            let scope = invocation.home().scope(Source::Hub);
            let (result, told) = self.tell(&scope, &Arc::default(), &access, invocation, hand_over).await;
            passed.push(result);
            access.told = told.unwrap_or(access.told);
        }
        if access != *before {
            note_failure(self.store.keep_access(hub, None, &access).await, &mut passed, invocation);
        }
        // One notice for all accounts is enough.
        if of_all.is_some() && refreshed.error.is_none() {
            return passed;
        }
        for (id, account) in &refreshed.listing.accounts {
            let Some(stored) = refreshed.stored.accounts.get(id) else { continue };
            if !stored.access.is_news(policy, now) {
                continue;
            }
            let scope = Scope { source: Source::Account, account: id.clone(), region: invocation.region.clone() };
            let (result, told) = self.tell(&scope, account, &stored.access, invocation, hand_over).await;
            passed.push(result);
            if let Some(told) = told.filter(|told| *told != stored.access.told) {
                let access = Access { told, ..stored.access.clone() };
                note_failure(self.store.keep_access(hub, Some(id), &access).await, &mut passed, invocation);
            }
        }
        passed
    }

    /// Writes the notice of one scope, and publishes it or hands it over. Also returns whether people know by now that it
    /// cannot be read; `None` if that is not known.
    async fn tell(
        &self,
        scope: &Scope,
        account: &Arc<Account>,
        access: &Access,
        invocation: &Invocation,
        hand_over: Option<&HandOver>,
    ) -> (Passed, Option<bool>) {
        let mut passed = Passed::of(scope);
        let mut session = match self.store.open(scope, &invocation.writer).await {
            Ok(Opened::Session(session)) => session,
            Ok(Opened::Busy(_) | Opened::NotDue { .. }) => return (passed, None),
            Err(error) => return (Passed::failed(scope, store_error(&error)), None),
        };
        session.known.account = Arc::clone(account);
        if hand_over.is_some() {
            session.leave_outboxes();
        }
        let left = if hand_over.is_some() { Vec::new() } else { claim(&mut session).await };
        let change = plan_access(&session.known, access, &self.config.policy, invocation.writer.now);
        passed.report.noticed = change.notices.len();
        passed.report.muted = change.muted;
        let told = change.state.told_unreachable;
        let has_notice = match commit::checkpoint(&mut session, change).await {
            Ok(has_notice) => has_notice,
            Err(error) => {
                passed.report.fail(store_error(&error));
                return (passed, None);
            }
        };
        if let Some(hand_over) = hand_over {
            session.doubt();
            let slots = unclaimed(&session);
            if !slots.is_empty()
                && let Err(error) = hand_over.send(scope, slots).await
            {
                passed.report.fail(error);
            }
        } else {
            let mut slots = left;
            if has_notice && !slots.contains(&Slot::Checkpoint) {
                slots.push(Slot::Checkpoint);
            }
            let places = slots.into_iter().map(|slot| Place { session: 0, slot }).collect();
            let mut delivery = Delivery::new(&self.publisher, &self.config.publishing, invocation.act_until);
            let delivered = delivery.run(std::slice::from_mut(&mut *session), places).await;
            passed.report.published = delivered.published.iter().sum();
            passed.report.highest_severity = delivered.severity;
            passed.was_cut_off = delivered.was_cut_off;
            if let Some(error) = delivered.error {
                passed.report.fail(error);
            }
        }
        passed.report.coverage = "complete";
        passed.report.pending = waiting(&session.known).filter(|notice| !session.was_sent(notice)).count();
        session.close();
        (passed, Some(told))
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

fn note_failure(result: Result<(), StoreError>, passed: &mut Vec<Passed>, invocation: &Invocation) {
    if let Err(error) = result {
        passed.push(Passed::failed(&invocation.home().scope(Source::Hub), store_error(&error)));
    }
}

/// The error in the report of a source whose account cannot be read.
pub(super) fn unreachable(error: &ApiError) -> ScopeError {
    let error = ScopeError::from(error);
    ScopeError {
        kind: if error.kind == ErrorKind::NotAvailable { ErrorKind::Unavailable } else { error.kind },
        ..error
    }
}
