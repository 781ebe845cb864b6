//! Rate limits of operations. Calls above the rate and the burst size are throttled.

use std::collections::HashMap;

use tokio::time::Instant;

/// The quotas, by operation.
#[derive(Debug, Default)]
pub(super) struct Quotas(HashMap<String, Quota>);

#[derive(Debug)]
struct Quota {
    per_second: f64,
    burst: f64,
    left: f64,
    filled_at: Instant,
}

impl Quotas {
    pub(super) fn set(&mut self, operation: &str, per_second: f64, burst: f64) {
        let quota = Quota { per_second, burst, left: burst, filled_at: Instant::now() };
        self.0.insert(operation.to_owned(), quota);
    }

    /// Whether the quota allows another call of the operation now; counts it if it does.
    pub(super) fn allows(&mut self, operation: &str) -> bool {
        let Some(quota) = self.0.get_mut(operation) else {
            return true;
        };
        let now = Instant::now();
        let filled = now.duration_since(quota.filled_at).as_secs_f64() * quota.per_second;
        quota.left = (quota.left + filled).min(quota.burst);
        quota.filled_at = now;
        if quota.left < 1.0 {
            return false;
        }
        quota.left -= 1.0;
        true
    }
}
