//! How fast each operation is asked: a rate per account, region, service and operation that starts polite, rises while
//! calls wait for it, halves when AWS throttles, and recovers slowly to just below what was throttled.
//!
//! A [`Pace`] belongs to the sources of one account and region and holds a lane per operation, so one operation that is
//! throttled holds up no other. A call waits for its turn outside of the SDK, whose timeouts are for AWS's part; how its
//! attempts went reaches the lane through [`crate::throttles::Watch`]. An attempt that the SDK makes again waits as the
//! SDK says, and its turn is taken out of those that follow.
//!
//! A rate is learned by a process and forgotten with it. It never says how many calls are under way: that is the
//! caller's to limit.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// For so many turns a call waits that is throttled each time.
const TURNS: u32 = 3;
/// Calls a second to begin with.
const START: f64 = 20.0;
/// So many calls that were not made in their time may be made at once. Small scopes never wait.
const BURST: f64 = 10.0;
/// Calls that could not be made in the last so many seconds may be made at once, too: timers are not exact.
const LATENESS: f64 = 0.02;
/// By how many calls a second each answer raises the rate as long as nothing has been throttled.
const RISE: f64 = 10.0;
/// The slowest pace, in calls a second.
const SLOWEST: f64 = 1.0;
/// What is left of a rate that was throttled.
const CUT: f64 = 0.5;
/// So long after a cut AWS may still throttle for what was before it.
const SETTLING: Duration = Duration::from_secs(1);
/// Up to this part of the throttled rate, the rate recovers steadily, ...
const SAFE: f64 = 0.95;
/// ... within so many seconds.
const RECOVERY: f64 = 6.0;
/// From there on it feels its way up, slowly first: after t seconds by this part of the throttled rate times t².
const PROBE: f64 = 0.000_1;

tokio::task_local! {
    static TURN: Turn;
}

/// The lanes of one account and region.
#[derive(Debug, Default)]
pub struct Pace {
    lanes: Mutex<HashMap<&'static str, Arc<Lane>>>,
}

impl Pace {
    /// Makes a call of the operation with that IAM action when its turn has come. If all that the SDK attempts is
    /// throttled, the call waits for another turn.
    pub async fn call<T, F: Future<Output = T>>(&self, action: &'static str, send: impl Fn() -> F) -> T {
        let lane = Arc::clone(locked(&self.lanes).entry(action).or_default());
        let mut turns = 1;
        loop {
            let waited = lane.turn().await;
            let turn = Turn { lane: Arc::clone(&lane), waited, ..Turn::default() };
            let answered = async { (send().await, TURN.with(|turn| turn.throttled.get())) };
            let (answer, throttled) = TURN.scope(turn, answered).await;
            if !throttled || turns == TURNS {
                return answer;
            }
            turns += 1;
        }
    }

    /// The operation's present rate in calls a second; `None` before its first call.
    pub fn rate(&self, action: &str) -> Option<f64> {
        let lane = Arc::clone(locked(&self.lanes).get(action)?);
        let rate = locked(&lane.rate).per_second;
        Some(rate)
    }
}

/// One call on its lane.
#[derive(Default)]
struct Turn {
    lane: Arc<Lane>,
    waited: bool,
    attempts: Cell<u32>,
    /// How often the lane's rate had been cut when the attempt began.
    cuts: Cell<u32>,
    /// Whether the last attempt was.
    throttled: Cell<bool>,
}

/// Notes that an attempt of the call in whose course this is begins. Outside of [`Pace::call`] nothing happens.
pub(crate) fn attempt_begins() {
    let _ = TURN.try_with(|turn| {
        let mut rate = locked(&turn.lane.rate);
        turn.cuts.set(rate.cuts);
        if turn.attempts.replace(turn.attempts.get() + 1) > 0 {
            rate.take();
        }
    });
}

/// Notes that AWS answered the attempt, and whether it throttled it.
pub(crate) fn attempt_answered(throttled: bool) {
    let _ = TURN.try_with(|turn| {
        turn.throttled.set(throttled);
        let mut rate = locked(&turn.lane.rate);
        if !throttled {
            rate.rise(Instant::now(), turn.waited);
        } else if rate.cuts == turn.cuts.get() {
            rate.cut(Instant::now(), turn.attempts.get() > 1);
        }
    });
}

#[derive(Debug, Default)]
struct Lane {
    rate: Mutex<Rate>,
    /// Held by the call whose turn is next, so that turns come in the order of asking.
    gate: tokio::sync::Mutex<()>,
}

impl Lane {
    /// Waits for a turn and takes it. Whether it had to wait: a rate that nobody waits for says nothing.
    async fn turn(&self) -> bool {
        let mut waited = self.gate.try_lock().is_err();
        let _gate = self.gate.lock().await;
        loop {
            let next = {
                let mut rate = locked(&self.rate);
                let now = Instant::now();
                if rate.is_due(now) {
                    rate.take();
                    return waited;
                }
                rate.next
            };
            waited = true;
            // The rate may be cut meanwhile.
            sleep_until(next).await;
        }
    }
}

/// A rate, and when the next call may be made at it.
#[derive(Debug)]
struct Rate {
    per_second: f64,
    next: Instant,
    /// The rate that was last throttled, if any was.
    throttled: Option<f64>,
    cuts: u32,
    cut_at: Option<Instant>,
    /// When the rate last rose or was cut, and for how many seconds it has been feeling its way up.
    moved: Instant,
    probing: f64,
}

impl Default for Rate {
    fn default() -> Self {
        let now = Instant::now();
        let next = now.checked_sub(Duration::from_secs_f64(BURST / START)).unwrap_or(now);
        Self { per_second: START, next, throttled: None, cuts: 0, cut_at: None, moved: now, probing: 0.0 }
    }
}

impl Rate {
    fn is_due(&mut self, now: Instant) -> bool {
        let credit = Duration::from_secs_f64(LATENESS.max((BURST - 1.0) / self.per_second));
        if let Some(earliest) = now.checked_sub(credit) {
            self.next = self.next.max(earliest);
        }
        self.next <= now
    }

    fn take(&mut self) {
        self.next += Duration::from_secs_f64(1.0 / self.per_second);
    }

    /// An attempt made again right after a cut may be throttled for what was too fast before it.
    fn cut(&mut self, now: Instant, again: bool) {
        let settling = self.cut_at.is_some_and(|at| now.duration_since(at) < SETTLING);
        if again && settling {
            return;
        }
        self.cut_at = Some(now);
        self.throttled = Some(self.per_second);
        self.per_second = (self.per_second * CUT).max(SLOWEST);
        // What was saved up was saved up at a rate that was too high.
        self.next = self.next.max(now);
        self.cuts += 1;
        self.moved = now;
        self.probing = 0.0;
    }

    fn rise(&mut self, now: Instant, waited: bool) {
        // Time in which nothing was asked does not count.
        let since = now.duration_since(self.moved).as_secs_f64().min(1.0);
        self.moved = now;
        if !waited {
            return;
        }
        let Some(throttled) = self.throttled else {
            self.per_second += RISE;
            return;
        };
        let safe = throttled * SAFE;
        if self.per_second < safe {
            let steady = throttled * (SAFE - CUT) / RECOVERY;
            self.per_second = (self.per_second + steady * since).min(safe);
        } else {
            self.probing += since;
            self.per_second = safe + throttled * PROBE * self.probing * self.probing;
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
