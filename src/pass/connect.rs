//! Connections opened before the first event.
//!
//! Lambda gives a function that starts more CPU than a small one gets for its events, and the set-up of TLS is most of
//! what a cold start costs. A service that does not answer is left to the pass, which will say so.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;

use super::Tidings;

/// How long opening connections may hold up the start. Inside a region it takes a few milliseconds.
const WITHIN: Duration = Duration::from_millis(400);

impl Tidings {
    /// Opens a connection to each service that the settings name, to DynamoDB and to SNS, all at once. Never fails.
    pub async fn connect(&self) {
        let mut services = self.sources.connect(&self.config.sources);
        services.push(self.store.connect());
        services.push(self.publisher.connect());
        if timeout(WITHIN, join_all(services)).await.is_err() {
            tracing::debug!("not every service answered within {WITHIN:?}; the first pass connects to the others");
        }
    }
}
