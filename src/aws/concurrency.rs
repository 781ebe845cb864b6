//! A limit for the calls that run at the same time. A pass over hundreds of targets would otherwise open thousands of
//! connections, and Lambda allows 1,024 open files:
//! <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::shared::IntoShared;
use tokio::sync::Semaphore;

/// How many calls run at the same time, over all clients of the process.
const CALLS: usize = 256;
/// How many connections to a host stay open without a call: as many as the default of `concurrency` in the settings.
pub(super) const IDLE: usize = 32;

/// An HTTP client whose calls wait until fewer than [`CALLS`] run.
#[derive(Clone, Debug)]
pub(super) struct Limited {
    client: SharedHttpClient,
    permits: Arc<Semaphore>,
}

#[derive(Clone, Debug)]
struct LimitedConnector {
    connector: SharedHttpConnector,
    permits: Arc<Semaphore>,
}

impl Limited {
    pub(super) fn new(client: impl HttpClient + 'static) -> Self {
        Self { client: client.into_shared(), permits: Arc::new(Semaphore::new(CALLS)) }
    }
}

impl HttpClient for Limited {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        SharedHttpConnector::new(LimitedConnector { connector, permits: Arc::clone(&self.permits) })
    }
}

impl HttpConnector for LimitedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { connector, permits } = self.clone();
        HttpConnectorFuture::new(async move {
            let _permit = permits.acquire().await.map_err(|error| ConnectorError::other(error.into(), None))?;
            connector.call(request).await
        })
    }
}
