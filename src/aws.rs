//! The configuration of all AWS clients: region and credentials as the SDK finds them, TLS, retries, timeouts, and how many
//! calls run at the same time.

mod concurrency;
#[cfg(any(test, not(feature = "cli")))]
mod environment;
mod http;
mod roots;

use std::time::Duration;

#[cfg(feature = "cli")]
use aws_config::ConfigLoader;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_runtime_api::client::http::HttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::sdk_config;

/// The SDK behaviour that tidings was tested with.
pub fn behavior() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

/// The SDK retries throttling, 5xx answers, timeouts and broken connections.
fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(4)
}

/// How long it may take to connect, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// No call may hang. The SDK has no limits by default.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(Duration::from_secs(8))
        .operation_timeout(Duration::from_secs(25))
        .build()
}

/// The SDK does not watch how fast an answer comes. That would cost CPU in each call, and an attempt, its answer included, has
/// a time limit anyway.
fn stalled_streams() -> StalledStreamProtectionConfig {
    StalledStreamProtectionConfig::disabled()
}

/// The configuration, with the retries and time limits of all clients.
pub fn with_limits(sdk: sdk_config::Builder) -> sdk_config::Builder {
    sdk.retry_config(retries()).timeout_config(timeouts()).stalled_stream_protection(stalled_streams())
}

/// What all clients send their requests with.
pub fn http_client() -> impl HttpClient + 'static {
    concurrency::Limited::new(http::Hyper::new(concurrency::IDLE, CONNECT_TIMEOUT))
}

/// A loader for the configuration of all clients, with profiles and everything else that the SDK looks for.
/// `AWS_ENDPOINT_URL` and its per-service forms are honoured. The clients that get credentials have the same limits.
#[cfg(feature = "cli")]
pub fn loader() -> ConfigLoader {
    aws_config::defaults(behavior())
        .http_client(http_client())
        .retry_config(retries())
        .timeout_config(timeouts())
        .stalled_stream_protection(stalled_streams())
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

/// The configuration of all clients of the function. Lambda gives region and credentials in environment variables, so the
/// function in a deployment looks nowhere else. On a laptop, the SDK also reads profiles.
#[cfg(feature = "cli")]
pub async fn load() -> SdkConfig {
    loader().load().await
}

/// The configuration of all clients of the function. Lambda gives region and credentials in environment variables, so
/// nothing else is read, and the binary is smaller.
#[cfg(not(feature = "cli"))]
#[expect(clippy::unused_async, reason = "the same as with profiles")]
#[expect(clippy::disallowed_methods, reason = "these are the SDK's, which reads them itself in the other case")]
pub async fn load() -> SdkConfig {
    environment::read(|name| std::env::var(name).ok(), http_client())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use aws_config::Region;
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_smithy_async::rt::sleep::TokioSleep;
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    use hyper::body::{Body, Bytes, Frame};
    use tokio::time::Instant;

    use super::*;

    /// A service whose answers begin and never end.
    #[derive(Clone, Debug)]
    struct Stalls;

    impl HttpConnector for Stalls {
        fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
            let answer = ::http::Response::new(SdkBody::from_body_1_x(Self));
            HttpConnectorFuture::ready(Ok(HttpResponse::try_from(answer).expect("an answer")))
        }
    }

    impl Body for Stalls {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_never_ends_is_a_timeout() {
        let sdk = SdkConfig::builder()
            .behavior_version(behavior())
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("a", "b", None, None, "test")))
            .http_client(http_client_fn(|_, _| SharedHttpConnector::new(Stalls)))
            .sleep_impl(TokioSleep::new());
        let client = aws_sdk_s3tables::Client::new(&with_limits(sdk).build());
        let begun = Instant::now();
        let call = tokio::time::timeout(Duration::from_mins(5), client.list_table_buckets().send());
        let error = call.await.expect("an end").expect_err("no answer");
        assert!(matches!(error, aws_sdk_s3tables::error::SdkError::TimeoutError(_)), "{error:?}");
        assert_eq!(begun.elapsed().as_secs(), 25);
    }
}
