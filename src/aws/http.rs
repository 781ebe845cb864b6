//! The HTTP client of all AWS clients: HTTP/1.1 over TLS by rustls, with hyper's pool of connections.
//!
//! The SDK's own client also speaks HTTP/2 and uses proxies. No service here needs them, and they would be a thirtieth of the
//! binary.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector as Tcp;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use rustls::crypto::ring;
use tower_service::Service;

use super::roots;

/// The client. Clones share the connections.
#[derive(Clone)]
pub(super) struct Hyper(legacy::Client<InTime<HttpsConnector<Tcp>>, SdkBody>);

impl Hyper {
    /// A client that keeps at most `idle` unused connections to each host, and gives up a connection that is not there after
    /// `connect_timeout`.
    pub(super) fn new(idle: usize, connect_timeout: Duration) -> Self {
        let mut tcp = Tcp::new();
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let https =
            HttpsConnectorBuilder::new().with_tls_config(tls()).https_or_http().enable_http1().wrap_connector(tcp);
        let connector = InTime { connector: https, limit: connect_timeout };
        let mut builder = legacy::Client::builder(TokioExecutor::new());
        Self(builder.pool_timer(TokioTimer::new()).pool_max_idle_per_host(idle).build(connector))
    }
}

fn tls() -> ClientConfig {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    // ring supports TLS 1.2 and 1.3, which are the default.
    let config = config.with_safe_default_protocol_versions().unwrap_or_else(|error| unreachable!("{error}"));
    config.with_root_certificates(roots::store()).with_no_client_auth()
}

impl fmt::Debug for Hyper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hyper")
    }
}

impl HttpClient for Hyper {
    fn http_connector(&self, _settings: &HttpConnectorSettings, _parts: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new("hyper", Some("1.x".into())))
    }
}

impl HttpConnector for Hyper {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let answer = self.0.request(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await.map_err(connector_error)?;
            HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// What the SDK has to know of the error. It tries again after timeouts, errors of the connection, and transient errors.
fn connector_error(error: legacy::Error) -> ConnectorError {
    if source::<TooLate>(&error).is_some() {
        return ConnectorError::timeout(error.into());
    }
    let is_of_io = error.is_connect() || source::<std::io::Error>(&error).is_some();
    match source::<hyper::Error>(&error) {
        Some(hyper) if hyper.is_timeout() => ConnectorError::timeout(error.into()),
        Some(hyper) if hyper.is_user() => ConnectorError::user(error.into()),
        // The server closed the connection before it had answered.
        Some(hyper) if hyper.is_incomplete_message() => {
            ConnectorError::other(error.into(), Some(ErrorKind::TransientError))
        }
        Some(hyper) if hyper.is_closed() || hyper.is_canceled() || is_of_io => ConnectorError::io(error.into()),
        None if is_of_io => ConnectorError::io(error.into()),
        _ => ConnectorError::other(error.into(), None),
    }
}

/// The first error of that type among the causes of an error.
fn source<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(|error| error.downcast_ref())
}

/// Gives up a connection that is not there in time, TLS included.
#[derive(Clone)]
struct InTime<C> {
    connector: C,
    limit: Duration,
}

#[derive(Debug, thiserror::Error)]
#[error("no connection within {0:?}")]
struct TooLate(Duration);

impl<C> Service<http::Uri> for InTime<C>
where
    C: Service<http::Uri, Error = BoxError>,
    C::Future: Send + 'static,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<C::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(cx)
    }

    fn call(&mut self, uri: http::Uri) -> Self::Future {
        let (connection, limit) = (self.connector.call(uri), self.limit);
        Box::pin(async move { tokio::time::timeout(limit, connection).await.map_err(|_| TooLate(limit))? })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write, copy, sink};
    use std::net::{SocketAddr, TcpListener};

    use super::*;

    fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        (listener, address)
    }

    async fn error(uri: String, connect_timeout: Duration) -> ConnectorError {
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_uri(uri).expect("an address");
        let answer = Hyper::new(1, connect_timeout).call(request);
        tokio::time::timeout(Duration::from_secs(20), answer).await.expect("no hanging").expect_err("an error")
    }

    #[tokio::test]
    async fn tls_counts_as_connecting() {
        let (listener, address) = listener();
        // It accepts the connection, and says nothing until the client gives up.
        let server = std::thread::spawn(move || {
            let (mut client, _) = listener.accept().expect("a client");
            copy(&mut client, &mut sink()).expect("the end")
        });
        let error = error(format!("https://{address}/"), Duration::from_millis(50)).await;
        assert!(error.is_timeout(), "{error:?}");
        server.join().expect("the server");
    }

    #[tokio::test]
    async fn a_refused_connection_and_half_an_answer_are_tried_again() {
        let long = Duration::from_secs(10);
        let (closed, address) = listener();
        drop(closed);
        let refused = error(format!("http://{address}/"), long).await;
        assert!(refused.is_io(), "{refused:?}");

        let (listener, address) = listener();
        let server = std::thread::spawn(move || {
            let (mut client, _) = listener.accept().expect("a client");
            assert!(client.read(&mut [0; 1024]).expect("a request") > 0);
            client.write_all(b"HTTP/1.1 200 OK\r\n").expect("half a head");
        });
        let half = error(format!("http://{address}/"), long).await;
        assert_eq!(half.as_other(), Some(ErrorKind::TransientError), "{half:?}");
        server.join().expect("the server");
    }
}
