//! A small Lambda Runtime API: hands events to the process under test and takes what it answers.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Mutex as Turn, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::{ACCOUNT, REGION};

/// One invocation as the Runtime API hands it out.
pub struct Invocation {
    pub request_id: String,
    pub event: Value,
    /// When Lambda would end the process, since 1970.
    pub deadline: Duration,
}

/// What the process made of an invocation.
#[derive(Debug)]
pub enum Outcome {
    Answer(Value),
    Error(Failure),
}

/// An error report: of an invocation, or of the start.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub error_type: String,
    pub message: String,
}

/// The server; it ends with this value.
pub struct RuntimeApi {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    queue: mpsc::UnboundedSender<Invocation>,
    serving: JoinHandle<()>,
}

struct Shared {
    waiting: Turn<mpsc::UnboundedReceiver<Invocation>>,
    outcomes: Mutex<HashMap<String, oneshot::Sender<Outcome>>>,
    /// Errors of the start, and calls that no runtime should make.
    complaints: Mutex<Vec<String>>,
    asked: watch::Sender<usize>,
}

impl RuntimeApi {
    pub async fn serve() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (queue, waiting) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            waiting: Turn::new(waiting),
            outcomes: Mutex::default(),
            complaints: Mutex::default(),
            asked: watch::Sender::new(0),
        });
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answer))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .fallback(unknown)
            .with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move { axum::serve(listener, routes).await.expect("the Runtime API serves") });
        Self { address, shared, queue, serving }
    }

    /// Hands out an invocation; what the process makes of it arrives in the receiver.
    pub fn invoke(&self, invocation: Invocation) -> oneshot::Receiver<Outcome> {
        let (sender, receiver) = oneshot::channel();
        self.shared.outcomes.lock().unwrap().insert(invocation.request_id.clone(), sender);
        assert!(self.queue.send(invocation).is_ok(), "the Runtime API is gone");
        receiver
    }

    /// How often the process asked for an event.
    pub fn asked(&self) -> usize {
        *self.shared.asked.borrow()
    }

    /// Waits until the process asks for its first event.
    pub async fn is_asked(&self) {
        let asked = self.shared.asked.subscribe().wait_for(|asked| *asked > 0).await.map(|asked| *asked);
        asked.expect("the Runtime API is there");
    }

    /// What the process should never have sent.
    pub fn complaints(&self) -> Vec<String> {
        self.shared.complaints.lock().unwrap().clone()
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Shared {
    fn complain(&self, complaint: String) -> Response {
        self.complaints.lock().unwrap().push(complaint.clone());
        (StatusCode::BAD_REQUEST, complaint).into_response()
    }

    fn settle(&self, id: &str, outcome: Outcome) -> Response {
        let Some(sender) = self.outcomes.lock().unwrap().remove(id) else {
            return self.complain(format!("nobody waits for an answer to {id}: {outcome:?}"));
        };
        // A test that has stopped waiting has failed by itself.
        drop(sender.send(outcome));
        (StatusCode::ACCEPTED, r#"{"status":"OK"}"#).into_response()
    }
}

/// The long poll.
async fn next(State(shared): State<Arc<Shared>>) -> Response {
    shared.asked.send_modify(|asked| *asked += 1);
    let Some(invocation) = shared.waiting.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let headers = [
        ("lambda-runtime-aws-request-id", invocation.request_id),
        ("lambda-runtime-deadline-ms", invocation.deadline.as_millis().to_string()),
        ("lambda-runtime-invoked-function-arn", format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:tidings")),
        ("lambda-runtime-trace-id", "Root=1-65e2f1c0-0a1b2c3d4e5f60718293a4b5;Sampled=0".to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, invocation.event.to_string()).into_response()
}

async fn answer(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> Response {
    match serde_json::from_slice(&body) {
        Ok(answer) => shared.settle(&id, Outcome::Answer(answer)),
        Err(error) => shared.complain(format!("an answer that is not JSON: {error}")),
    }
}

async fn error(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    if !headers.contains_key("lambda-runtime-function-error-type") {
        return shared.complain("an error report without its header".to_owned());
    }
    match failure(&body) {
        Some(failure) => shared.settle(&id, Outcome::Error(failure)),
        None => shared.complain("an error report that is not one".to_owned()),
    }
}

async fn init_error(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    shared.complaints.lock().unwrap().push(format!("init error: {}", String::from_utf8_lossy(&body)));
    StatusCode::ACCEPTED.into_response()
}

async fn unknown(State(shared): State<Arc<Shared>>, request: axum::extract::Request) -> Response {
    shared.complain(format!("{} {} is not of the Runtime API", request.method(), request.uri()))
}

fn failure(body: &[u8]) -> Option<Failure> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let text = |key: &str| Some(body.get(key)?.as_str()?.to_owned());
    Some(Failure { error_type: text("errorType")?, message: text("errorMessage")? })
}
