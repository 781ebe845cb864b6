//! The simulator's clock, which the services, the SDK's signatures and DynamoDB's
//! expiry all use.
//!
//! It is either frozen and moves only by `set` and `advance`, or runs with the
//! system's clock at an offset, or with tokio's, which a test can pause.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// A shared, settable clock. Clones show the same time.
#[derive(Clone)]
pub struct Clock {
    hand: Arc<Mutex<Hand>>,
}

#[derive(Clone, Copy, Debug)]
enum Hand {
    Frozen(Timestamp),
    Running { offset: SignedDuration },
    Tokio { base: Timestamp, since: Instant },
}

impl Clock {
    /// A clock that is stopped at `start`.
    pub fn frozen(start: Timestamp) -> Self {
        Self::with(Hand::Frozen(start))
    }

    /// A clock that runs with the system's; setting it shifts it by a constant.
    pub fn system() -> Self {
        Self::with(Hand::Running { offset: SignedDuration::ZERO })
    }

    /// A clock that shows `start` now and runs with tokio's.
    pub fn tokio(start: Timestamp) -> Self {
        Self::with(Hand::Tokio { base: start, since: Instant::now() })
    }

    fn with(hand: Hand) -> Self {
        Self { hand: Arc::new(Mutex::new(hand)) }
    }

    /// What the clock shows.
    pub fn now(&self) -> Timestamp {
        match *self.hand() {
            Hand::Frozen(at) => at,
            Hand::Running { offset } => moved(system_now(), offset),
            Hand::Tokio { base, since } => {
                moved(base, SignedDuration::try_from(since.elapsed()).unwrap_or(SignedDuration::MAX))
            }
        }
    }

    /// Moves the clock to `to`, forwards or backwards.
    pub fn set(&self, to: Timestamp) {
        let mut hand = self.hand();
        *hand = match *hand {
            Hand::Frozen(_) => Hand::Frozen(to),
            Hand::Running { .. } => Hand::Running { offset: to.duration_since(system_now()) },
            Hand::Tokio { .. } => Hand::Tokio { base: to, since: Instant::now() },
        };
    }

    /// Stops the clock at `at`.
    pub fn freeze(&self, at: Timestamp) {
        *self.hand() = Hand::Frozen(at);
    }

    /// Moves the clock by `by`; a negative duration moves it backwards.
    pub fn advance(&self, by: SignedDuration) {
        let mut hand = self.hand();
        *hand = match *hand {
            Hand::Frozen(at) => Hand::Frozen(moved(at, by)),
            Hand::Running { offset } => Hand::Running { offset: offset.saturating_add(by) },
            Hand::Tokio { base, since } => Hand::Tokio { base: moved(base, by), since },
        };
    }

    fn hand(&self) -> std::sync::MutexGuard<'_, Hand> {
        self.hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `at` moved by `by`, held at the ends of representable time.
fn moved(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(at)
}

#[expect(clippy::disallowed_methods, reason = "the running clock is the simulator's only source of real time")]
fn system_now() -> Timestamp {
    Timestamp::now()
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

impl aws_smithy_async::time::TimeSource for Clock {
    fn now(&self) -> SystemTime {
        SystemTime::from(Clock::now(self))
    }
}

impl dynoxide::storage_backend::Clock for Clock {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from(self.now().as_second()).unwrap_or_default()
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.now().as_duration().as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_moves_only_when_told() {
        let start: Timestamp = "2026-03-02T06:00:00Z".parse().unwrap();
        let clock = Clock::frozen(start);
        let same = clock.clone();
        same.advance(SignedDuration::from_mins(90));
        assert_eq!(clock.now().to_string(), "2026-03-02T07:30:00Z");
        same.set(start);
        assert_eq!(clock.now(), start);
    }

    #[test]
    fn a_running_clock_keeps_running_after_it_was_set() {
        let clock = Clock::system();
        let then: Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
        clock.set(then);
        let now = clock.now();
        assert!(now >= then && now.duration_since(then) < SignedDuration::from_mins(1));
        clock.freeze(then);
        assert_eq!(clock.now(), then);
    }
}
