//! What an invocation has to do, where and when.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::domain::{Scope, Source, SubjectId, Target};
use crate::store::Writer;
use crate::targets::DeliveryMessage;

/// What an invocation has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// A pass over these sources in every target.
    Pass {
        /// Each source at most once.
        sources: Vec<Source>,
        /// Write nothing, send nothing, and return the notices that a pass would send.
        dry_run: bool,
    },
    /// Send a message to the queue for a pass over each target.
    Dispatch,
    /// A pass over these targets, which messages of the queue name.
    Targets {
        /// Each target at most once.
        targets: Vec<Target>,
        /// Each source at most once.
        sources: Vec<Source>,
    },
    /// Publish the notices that wait in the scopes that messages of the queue name.
    Deliver(Vec<DeliveryMessage>),
    /// Look at one subject, because an event says that it may have changed.
    Hint {
        /// The scope that the event names. If it is not watched, the hint does nothing.
        scope: Scope,
        subject: SubjectId,
    },
}

impl Order {
    pub(super) const fn is_dry_run(&self) -> bool {
        matches!(self, Self::Pass { dry_run: true, .. })
    }

    /// The subject of a hint. `None` for everything else.
    pub(super) const fn subject(&self) -> Option<&SubjectId> {
        match self {
            Self::Hint { subject, .. } => Some(subject),
            Self::Pass { .. } | Self::Dispatch | Self::Targets { .. } | Self::Deliver(_) => None,
        }
    }
}

/// Where and when a pass runs, and how long it may take. No other code of a pass knows the time.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The function's own twelve-digit account id.
    pub account: String,
    /// The function's own region.
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

    /// The function's own account and region.
    pub fn home(&self) -> Target {
        Target { account: self.account.clone(), region: self.region.clone() }
    }
}
