//! Rate limits for calls to AWS: a token bucket for each operation, whose rate changes by AIMD (additive increase,
//! multiplicative decrease).
//!
//! AWS does not say how many calls it allows, so each operation's rate starts low. It rises while calls wait for tokens,
//! is halved when AWS throttles a call, and then recovers to just below the rate that was throttled. Each operation has
//! a bucket of its own, so that throttling one operation does not delay the others.
//!
//! A call takes its token before the SDK starts, because the SDK's timeouts are meant for AWS's part. When the SDK
//! retries, it waits as it sees fit, and the retry takes a token from the calls that follow.
//!
//! A pass stores the rates that it learned with the checkpoint of its scope, and a new process begins there. They do not limit
//! how many calls are in flight; the callers do that.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::domain::LearnedRate;

/// The first rate, in calls per second.
const START_RATE: f64 = 20.0;
/// The burst size: how many unused tokens a bucket keeps. Scopes with few calls never wait.
const BURST: f64 = 10.0;
/// At high rates a bucket keeps the tokens of this many seconds instead, because timers are not exact.
const TIMER_SLACK: f64 = 0.02;
/// How much an answer raises the rate, in calls per second, as long as nothing has been throttled.
const INCREASE: f64 = 20.0;
/// The factor for the rate when a call is throttled.
const DECREASE: f64 = 0.5;
/// The lowest rate, in calls per second.
const MIN_RATE: f64 = 1.0;
/// For this long after a decrease, AWS may still throttle because of calls made before it.
const SETTLING: Duration = Duration::from_secs(1);
/// The rate recovers linearly up to this fraction of the throttled rate ...
const RECOVERED: f64 = 0.95;
/// ... in this many seconds.
const RECOVERY: f64 = 6.0;
/// Above that it probes: after t seconds it has risen by this fraction of the throttled rate times t².
const PROBE: f64 = 0.000_1;

/// The limits for the operations of one account and region.
#[derive(Debug, Default)]
pub struct RateLimits {
    limits: Mutex<HashMap<String, Arc<RateLimit>>>,
}

impl RateLimits {
    /// Waits for a token of the operation with that IAM action.
    pub async fn acquire(&self, action: &'static str) -> Token {
        let limit = self.limit(action);
        let waited = limit.acquire().await;
        Token { limit, waited, attempts: Mutex::default() }
    }

    fn limit(&self, action: &str) -> Arc<RateLimit> {
        let mut limits = locked(&self.limits);
        match limits.get(action) {
            Some(limit) => Arc::clone(limit),
            None => Arc::clone(limits.entry(action.to_owned()).or_default()),
        }
    }

    /// Begins with these rates, by IAM action. A rate that this process has learned itself stays.
    pub fn begin_at(&self, rates: &BTreeMap<String, LearnedRate>) {
        let mut limits = locked(&self.limits);
        for (action, rate) in rates.iter().filter(|(_, rate)| rate.rate.is_finite()) {
            limits.entry(action.clone()).or_insert_with(|| Arc::new(RateLimit::at(rate)));
        }
    }

    /// The rates that were learned so far of the actions with this prefix.
    pub fn learned(&self, prefix: &str) -> BTreeMap<String, LearnedRate> {
        let limits = locked(&self.limits);
        let of_service = limits.iter().filter(|(action, _)| action.starts_with(prefix));
        of_service.filter_map(|(action, limit)| Some((action.clone(), locked(&limit.bucket).learned()?))).collect()
    }
}

/// The permission for one call, which counts the SDK's attempts at it.
#[derive(Debug)]
pub struct Token {
    limit: Arc<RateLimit>,
    /// Whether the call had to wait. If no call waits, the answers say nothing about the rate.
    waited: bool,
    attempts: Mutex<Attempts>,
}

#[derive(Debug, Default)]
struct Attempts {
    count: u32,
    /// How often the rate had been decreased when the last attempt began.
    decreases: u32,
    /// The rate when the last attempt began.
    rate: f64,
    /// Whether AWS throttled the last attempt.
    throttled: bool,
}

impl Token {
    /// Notes that the SDK begins an attempt.
    pub fn attempt_begins(&self) {
        let mut bucket = locked(&self.limit.bucket);
        let mut attempts = locked(&self.attempts);
        attempts.decreases = bucket.decreases;
        attempts.rate = bucket.rate;
        attempts.count += 1;
        // The first attempt's token has been taken.
        if attempts.count > 1 {
            bucket.take();
        }
    }

    /// Notes that AWS answered the attempt.
    pub fn attempt_answered(&self, throttled: bool) {
        let mut bucket = locked(&self.limit.bucket);
        let mut attempts = locked(&self.attempts);
        attempts.throttled = throttled;
        if !throttled {
            bucket.increase(Instant::now(), self.waited);
        } else if bucket.decreases == attempts.decreases {
            // Otherwise another call's answer has decreased the rate since this attempt began.
            bucket.decrease(Instant::now(), attempts.rate, attempts.count > 1);
        }
    }

    /// Whether AWS throttled the last attempt.
    pub fn was_throttled(&self) -> bool {
        locked(&self.attempts).throttled
    }
}

/// The limit for one operation.
#[derive(Debug, Default)]
struct RateLimit {
    bucket: Mutex<Bucket>,
    /// Held by the call that gets the next token, so that calls go ahead in the order in which they asked.
    queue: tokio::sync::Mutex<()>,
}

impl RateLimit {
    fn at(learned: &LearnedRate) -> Self {
        let throttled_rate = learned.throttled.filter(|rate| *rate >= MIN_RATE);
        // Enough time has passed to recover from the last throttled call. There are no unused tokens: the process that
        // learned the rate may have used them a moment ago.
        let bucket = Bucket {
            rate: learned.rate.max(throttled_rate.map_or(MIN_RATE, |rate| rate * RECOVERED)),
            next: Instant::now(),
            throttled_rate,
            ..Bucket::default()
        };
        Self { bucket: Mutex::new(bucket), ..Self::default() }
    }

    /// Waits for a token and takes it. Returns whether it had to wait.
    async fn acquire(&self) -> bool {
        let mut waited = self.queue.try_lock().is_err();
        let _first = self.queue.lock().await;
        loop {
            let next = {
                let mut bucket = locked(&self.bucket);
                let now = Instant::now();
                if bucket.has_token(now) {
                    bucket.take();
                    return waited;
                }
                bucket.next
            };
            waited = true;
            // Then look again: the rate may have been decreased in the meantime.
            sleep_until(next).await;
        }
    }
}

/// A token bucket, kept as the time of its next token.
#[derive(Debug)]
struct Bucket {
    /// The rate, in calls per second.
    rate: f64,
    /// When the next token is there. The further in the past, the more unused tokens the bucket holds.
    next: Instant,
    /// The rate at which AWS last throttled a call.
    throttled_rate: Option<f64>,
    decreases: u32,
    decreased_at: Option<Instant>,
    /// When the rate last changed, or could have.
    changed_at: Instant,
    /// For how many seconds the rate has been probing.
    probing: f64,
}

impl Default for Bucket {
    fn default() -> Self {
        let now = Instant::now();
        let full = now.checked_sub(Duration::from_secs_f64(BURST / START_RATE)).unwrap_or(now);
        Self {
            rate: START_RATE,
            next: full,
            throttled_rate: None,
            decreases: 0,
            decreased_at: None,
            changed_at: now,
            probing: 0.0,
        }
    }
}

impl Bucket {
    /// The rate to the tenth of a call per second. `None` if it is the first rate.
    fn learned(&self) -> Option<LearnedRate> {
        let rounded = |rate: f64| (rate * 10.0).round() / 10.0;
        let is_first = self.throttled_rate.is_none() && self.rate <= START_RATE;
        (!is_first).then(|| LearnedRate { rate: rounded(self.rate), throttled: self.throttled_rate.map(rounded) })
    }

    fn has_token(&mut self, now: Instant) -> bool {
        let kept = Duration::from_secs_f64(TIMER_SLACK.max((BURST - 1.0) / self.rate));
        if let Some(earliest) = now.checked_sub(kept) {
            self.next = self.next.max(earliest);
        }
        self.next <= now
    }

    fn take(&mut self) {
        self.next += Duration::from_secs_f64(1.0 / self.rate);
    }

    /// `rate` is the rate when the throttled attempt began. Since then, other answers may have raised it.
    fn decrease(&mut self, now: Instant, rate: f64, is_retry: bool) {
        let settling = self.decreased_at.is_some_and(|at| now.duration_since(at) < SETTLING);
        // A retry right after a decrease may be throttled because of the calls before it.
        if is_retry && settling {
            return;
        }
        self.decreased_at = Some(now);
        let throttled = self.rate.min(rate);
        self.throttled_rate = Some(throttled);
        self.rate = (throttled * DECREASE).max(MIN_RATE);
        // Unused tokens are dropped: they come from a rate that was too high.
        self.next = self.next.max(now);
        self.decreases += 1;
        self.changed_at = now;
        self.probing = 0.0;
    }

    fn increase(&mut self, now: Instant, waited: bool) {
        // At most a second, because time without calls does not count.
        let elapsed = now.duration_since(self.changed_at).as_secs_f64().min(1.0);
        self.changed_at = now;
        if !waited {
            return;
        }
        let Some(throttled) = self.throttled_rate else {
            self.rate += INCREASE;
            return;
        };
        let recovered = throttled * RECOVERED;
        if self.rate < recovered {
            let per_second = throttled * (RECOVERED - DECREASE) / RECOVERY;
            self.rate = (self.rate + per_second * elapsed).min(recovered);
        } else {
            self.probing += elapsed;
            self.rate = recovered + throttled * PROBE * self.probing * self.probing;
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
