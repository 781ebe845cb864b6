//! Opens connections before the first event.
//!
//! TLS handshakes take most of the time of a cold start, and while a function starts, Lambda gives it more CPU than a
//! small function has for its events. If a service does not answer, the pass reports that.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;

use super::Tidings;

/// How long the start waits for connections. In the same Region, a connection takes a few milliseconds.
const WITHIN: Duration = Duration::from_millis(400);

impl Tidings {
    /// Connects to DynamoDB, SNS and the services of the sources in the settings, all at the same time. Never fails.
    pub async fn connect(&self) {
        let mut services = self.sources.connect(&self.config.sources);
        services.push(self.store.connect());
        services.push(self.publisher.connect());
        if timeout(WITHIN, join_all(services)).await.is_err() {
            tracing::debug!("not all services answered within {WITHIN:?}; the first pass connects to the others");
        }
    }
}
