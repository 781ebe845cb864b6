//! The simulator as an HTTP client for the SDK: no sockets, no threads, and
//! nothing that a paused clock would not control.

use std::fmt;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use super::Simulator;

/// Carries the SDK's requests straight to the simulator.
struct InProcess(Simulator);

pub(super) fn client(simulator: &Simulator) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(InProcess(simulator.clone()));
    http_client_fn(move |_, _| connector.clone())
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let simulator = self.0.clone();
        HttpConnectorFuture::new(async move { carry(&simulator, request).await })
    }
}

async fn carry(simulator: &Simulator, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, body) = request.into_parts();
    // Like a real client, this reads the whole body. Otherwise the SDK would count a slow answer as a stalled upload.
    let body = ByteStream::new(body).collect().await.map_err(|error| ConnectorError::user(error.into()))?;
    let request = axum::http::Request::from_parts(parts, body.into_bytes());
    let response = simulator.answer(request).await.map_err(|broken| ConnectorError::io(broken.into()))?;
    HttpResponse::try_from(response.map(SdkBody::from)).map_err(|error| ConnectorError::user(error.into()))
}
