//! What goes wrong, and with which calls.

use std::ops::RangeInclusive;

use fastrand::Rng;
use tidings::simulator::FaultKind;

use crate::conditions::NOT_AVAILABLE;

/// Something that goes wrong with some calls of some invocations.
#[derive(Clone, Debug)]
pub struct Mishap {
    /// The invocations that it hits, by their number.
    pub invocations: RangeInclusive<usize>,
    pub target: Target,
    /// How many matching calls of the invocation it lets pass.
    pub skip: u32,
    /// How many it hits then.
    pub times: u32,
    pub kind: Kind,
}

/// Which calls a mishap is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Any,
    /// The status APIs, listings included.
    Status,
    /// Questions for one subject.
    Question,
    /// Publishing.
    Publish,
    /// Everything to the state table.
    Table,
    /// Writes of state, with what is news.
    Commit,
    /// Removals from an outbox.
    Removal,
    /// Taking the lease.
    Lease,
    /// Messages to a queue.
    Queue,
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum Kind {
    /// What the simulator can do by itself, before the call takes effect.
    Fault(FaultKind),
    /// The call takes effect; then the connection breaks.
    LostAnswer,
    /// The call takes effect; half of the answer arrives.
    Truncated,
    /// The call takes effect; nothing is ever heard of it.
    Silence,
    /// The process dies before the call is made.
    DieBefore,
    /// The process dies after the call took effect.
    DieAfter,
    /// The process is frozen for that long before the call is made.
    FreezeBefore(i64),
    /// The process is frozen for that long after the call took effect.
    FreezeAfter(i64),
    /// The answer shows the world as it was that long ago.
    Stale(i64),
    /// The call takes that long.
    Slow(i64),
}

impl Kind {
    /// The kind's name in traces and counts.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Fault(FaultKind::Throttle) => "throttle",
            Self::Fault(FaultKind::ServerError) => "server-error",
            Self::Fault(FaultKind::Unavailable) => "unavailable",
            Self::Fault(FaultKind::AccessDenied) => "access-denied",
            Self::Fault(FaultKind::Error { code, .. }) if code == NOT_AVAILABLE => "not-available",
            Self::Fault(FaultKind::NoSuchHost) => "not-available",
            Self::Fault(FaultKind::Error { .. }) => "error",
            Self::Fault(FaultKind::Malformed) => "malformed",
            Self::Fault(FaultKind::Html) => "html",
            Self::Fault(FaultKind::Hang) => "hang",
            Self::Fault(FaultKind::ConnectionReset) => "connection-reset",
            Self::Fault(FaultKind::RejectEntry { .. }) => "reject-entry",
            Self::Fault(FaultKind::Truncated) | Self::Truncated => "truncated",
            Self::Fault(FaultKind::LostAnswer) | Self::LostAnswer => "lost-answer",
            Self::Silence => "silence",
            Self::DieBefore => "die-before",
            Self::DieAfter => "die-after",
            Self::FreezeBefore(_) => "freeze-before",
            Self::FreezeAfter(_) => "freeze-after",
            Self::Stale(_) => "stale",
            Self::Slow(_) => "slow",
        }
    }

    /// Every name.
    pub const NAMES: [&'static str; 20] = [
        "throttle",
        "server-error",
        "unavailable",
        "access-denied",
        "not-available",
        "error",
        "malformed",
        "html",
        "hang",
        "connection-reset",
        "reject-entry",
        "truncated",
        "lost-answer",
        "silence",
        "die-before",
        "die-after",
        "freeze-before",
        "freeze-after",
        "stale",
        "slow",
    ];
}

/// Decides on what goes wrong in a run of that many invocations: nothing in some runs, a lot in others.
pub fn mishaps(rng: &mut Rng, invocations: usize) -> Vec<Mishap> {
    let count = [0, 1, 2, 3, 4, 6, 9][rng.usize(0..7)];
    (0..count).map(|_| mishap(rng, invocations)).collect()
}

/// The same for a deployment with queues.
pub fn queue_mishaps(rng: &mut Rng, invocations: usize) -> Vec<Mishap> {
    let mut mishaps = mishaps(rng, invocations);
    for mishap in &mut mishaps {
        if !matches!(mishap.kind, Kind::Stale(_)) && rng.u8(0..4) == 0 {
            (mishap.target, mishap.skip) = (Target::Queue, 0);
        }
    }
    mishaps
}

fn mishap(rng: &mut Rng, invocations: usize) -> Mishap {
    let first = rng.usize(0..invocations);
    let last = if rng.u8(0..4) == 0 { first + rng.usize(0..6) } else { first };
    let kind = kind(rng);
    let target = match kind {
        Kind::Stale(_) => Target::Status,
        Kind::Fault(FaultKind::RejectEntry { .. }) => Target::Publish,
        _ => [
            Target::Any,
            Target::Status,
            Target::Question,
            Target::Publish,
            Target::Publish,
            Target::Table,
            Target::Commit,
            Target::Commit,
            Target::Removal,
            Target::Lease,
        ][rng.usize(0..10)],
    };
    let most = [1, 1, 2, 4, 12][rng.usize(0..5)];
    let skip = rng.u32(0..most);
    // One attempt is retried, four in a row are the end of a call, and many are an outage.
    let times = [1, 1, 2, 4, 4, 1000][rng.usize(0..6)];
    Mishap { invocations: first..=last, target, skip, times, kind }
}

fn kind(rng: &mut Rng) -> Kind {
    let frozen = [30, 400][rng.usize(0..2)];
    let slow = [100, 9_000][rng.usize(0..2)];
    match rng.u8(0..26) {
        0 => Kind::Fault(FaultKind::Throttle),
        1 => Kind::Fault(FaultKind::ServerError),
        2 => Kind::Fault(FaultKind::Unavailable),
        3 | 4 => Kind::Fault(FaultKind::AccessDenied),
        5 => Kind::Fault(FaultKind::Error {
            status: 400,
            code: "InvalidRequestException".to_owned(),
            message: "no".to_owned(),
        }),
        6 => Kind::Fault(FaultKind::Malformed),
        7 => Kind::Fault(FaultKind::Html),
        8 => Kind::Fault(FaultKind::Hang),
        9 => Kind::Fault(FaultKind::ConnectionReset),
        10 => {
            let matching = ["r-0", "s-1", "j-0", "sales.m0", "sales.r0", "failed", "completed"][rng.usize(0..7)];
            Kind::Fault(FaultKind::RejectEntry { matching: matching.to_owned() })
        }
        11 => Kind::Truncated,
        12..15 => Kind::LostAnswer,
        15 => Kind::Silence,
        16 | 17 => Kind::DieBefore,
        18..20 => Kind::DieAfter,
        20 => Kind::FreezeBefore(rng.i64(1..frozen) * 1000),
        21 => Kind::FreezeAfter(rng.i64(1..frozen) * 1000),
        22..25 => Kind::Stale(rng.i64(1..180) * 1000),
        _ => Kind::Slow(rng.i64(1..slow)),
    }
}
