//! The configuration of all AWS clients: region and credentials as the SDK finds them, TLS, retries, timeouts, and how many
//! calls run at the same time.

mod concurrency;

use std::time::Duration;

use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

/// The SDK behaviour that tidings was tested with.
pub fn behavior() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

/// The SDK retries throttling, 5xx answers, timeouts and broken connections.
pub fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(4)
}

/// No call may hang. The SDK has no limits by default.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_secs(8))
        .operation_timeout(Duration::from_secs(25))
        .build()
}

/// A loader for the configuration of all clients. `AWS_ENDPOINT_URL` and its per-service forms are honoured.
pub fn loader() -> ConfigLoader {
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .pool_max_idle_per_host(concurrency::IDLE)
        .build_https();
    let http = concurrency::Limited::new(http);
    aws_config::defaults(behavior()).http_client(http).retry_config(retries()).timeout_config(timeouts())
}

/// Opens a connection to the service of `$operation` and leaves it in the pool that all its calls share. It sends a signed
/// `GET /`, whose answer does not matter.
macro_rules! connect {
    ($operation:expr) => {{
        let operation = $operation.customize().mutate_request($crate::aws::ask_for_nothing);
        Box::pin(async move {
            let _ = operation.send().await;
        })
    }};
}
pub(crate) use connect;

/// Turns a request into `GET /`.
pub(crate) fn ask_for_nothing(request: &mut HttpRequest) {
    let uri = request.uri();
    let host = uri.find("://").map_or(0, |scheme| scheme + 3);
    let end = uri[host..].find('/').map_or(uri.len(), |path| host + path);
    let root = format!("{}/", &uri[..end]);
    if request.set_uri(root).is_ok() && request.set_method("GET").is_ok() {
        for header in ["content-length", "content-type", "x-amz-target"] {
            request.headers_mut().remove(header);
        }
        *request.body_mut() = SdkBody::empty();
    }
}

/// The configuration of all clients as the environment has it.
pub async fn load() -> SdkConfig {
    loader().load().await
}
