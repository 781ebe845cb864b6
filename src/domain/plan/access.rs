//! Evaluates the access to an account, or to all accounts: whether tidings can assume its role there.

use jiff::{SignedDuration, Timestamp};

use super::subject::Evaluator;
use super::{Change, Checkpoint, Known, Notices, Policy};
use crate::domain::ScopeError;
use crate::domain::notice::{ScopeEvent, UnreadFor};

/// How long tidings waits for the role in an account that it could never read. It is often created some time after the
/// account.
const TO_JOIN: SignedDuration = SignedDuration::from_hours(24);

/// What is known about the access to an account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Access {
    /// When the account could be read for the first time.
    pub readable_since: Option<Timestamp>,
    /// `None` if the last try succeeded, and if nobody has tried yet.
    pub failing: Option<AccessFailure>,
    pub told: Told,
}

/// What the checkpoint of the account says, so that a tick does not need to read the checkpoints of all accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Whether people know that the account cannot be read.
    pub unreachable: bool,
    /// Whether the next tick reads the checkpoint in any case, because it was just written or its notices wait.
    pub read_again: bool,
}

/// Tries to access an account that failed without a success in between.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessFailure {
    /// The reference time of the first pass that failed, and the number of passes.
    pub unread: UnreadFor,
    /// The last error.
    pub error: ScopeError,
}

impl Access {
    /// Whether people should be told that the account cannot be read.
    fn is_unreachable(&self, policy: &Policy, reference_time: Timestamp) -> bool {
        self.failing.as_ref().is_some_and(|failing| match self.readable_since {
            Some(_) => failing.unread.passes >= policy.unreachable_after,
            None => failing.unread.since.duration_until(reference_time) >= TO_JOIN,
        })
    }

    /// Whether there is something to tell: the account cannot be read and nobody knows, it can be read again, or notices
    /// may wait.
    pub fn is_news(&self, policy: &Policy, reference_time: Timestamp) -> bool {
        let Told { unreachable, read_again } = self.told;
        read_again || if unreachable { self.failing.is_none() } else { self.is_unreachable(policy, reference_time) }
    }
}

/// The next checkpoint of a scope of [`Source::Account`](crate::domain::Source::Account) or
/// [`Source::Hub`](crate::domain::Source::Hub), and its notice. If a rule mutes the notice, the checkpoint does not
/// change, so that people are told when the mute ends.
pub fn plan_access(known: &Known, access: &Access, policy: &Policy, reference_time: Timestamp) -> Change<Checkpoint> {
    let checkpoint = &known.checkpoint.state;
    let evaluator = Evaluator { scope: &known.scope, account: &known.account, checkpoint, policy, reference_time };
    let mut state = checkpoint.clone();
    let mut notices = Notices::default();
    match &access.failing {
        Some(AccessFailure { unread, error }) if !state.told_unreachable => {
            if access.is_unreachable(policy, reference_time) {
                let event = ScopeEvent::Unreachable { unread: *unread, error: error.clone() };
                state.told_unreachable = super::scope::tell(&evaluator, event, &[], &mut notices);
                (state.failing_since, state.failures) = (Some(unread.since), unread.passes);
            }
        }
        None if state.told_unreachable => {
            let since = state.failing_since.unwrap_or(reference_time);
            let event = ScopeEvent::Reachable(UnreadFor { since, passes: state.failures });
            super::scope::tell(&evaluator, event, &[], &mut notices);
            (state.told_unreachable, state.failing_since, state.failures) = (false, None, 0);
        }
        Some(_) | None => {}
    }
    Change { state, notices: notices.list, muted: notices.muted }
}
