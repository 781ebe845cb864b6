//! A client of the SDK for the embedded database, in process.

use std::fmt;

use aws_config::{Region, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use dynoxide::Database;

use crate::aws;

/// A client whose calls `database` answers.
pub(crate) fn client(database: &Database) -> Client {
    let connector = SharedHttpConnector::new(InProcess(database.clone()));
    let sdk = SdkConfig::builder()
        .behavior_version(aws::behavior())
        // Requests are signed, and nobody checks the signature.
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("LOCAL", "LOCAL", None, None, "local")))
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .sleep_impl(TokioSleep::new());
    Client::new(&aws::with_limits(sdk).build())
}

struct InProcess(Database);

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(answer(&self.0, &request))
    }
}

fn answer(database: &Database, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default();
    let body = request.body().bytes().ok_or_else(|| ConnectorError::user("a body that is streamed".into()))?;
    let (status, body) = super::answer(database, operation, body);
    let status = status.try_into().map_err(|_| ConnectorError::user("no HTTP status".into()))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    response.headers_mut().insert("content-type", super::CONTENT_TYPE);
    Ok(response)
}
