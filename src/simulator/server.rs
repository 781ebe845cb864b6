//! The simulator on a port: AWS calls, and the control routes with which tests
//! in any language put things in and read things out.
//!
//! | route                    | does                                                   |
//! |--------------------------|--------------------------------------------------------|
//! | `POST /_tidings/at`      | makes one [`Change`], given as JSON, now               |
//! | `POST /_tidings/fault`   | injects one [`Fault`], given as JSON                   |
//! | `DELETE /_tidings/faults`| removes every fault                                    |
//! | `GET /_tidings/inbox`    | `{"publications": [..]}`; `DELETE` empties it          |
//! | `GET /_tidings/queues`   | `{"queues": {"<url>": [..]}}`; `DELETE` empties them   |
//! | `GET /_tidings/calls`    | `{"calls": [..]}`; `DELETE` forgets them               |
//! | `GET /_tidings/clock`    | `{"now": ".."}`                                        |
//! | `PUT /_tidings/clock`    | `{"now": ".."}` or `{"advance": "1h30m"}` moves it;    |
//! |                          | `{"freeze": ".."}` moves it and stops it there         |
//! | `PUT /_tidings/latency`  | `{"milliseconds": 20}`: how long every answer takes    |
//! | `PUT /_tidings/quota`    | `{"operation": "..", "per_second": 10, "burst": 10}`:  |
//! |                          | what exceeds it is throttled                           |
//!
//! What cannot be understood is answered with 400 and `{"error": ".."}`.

use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{Change, Fault, Simulator};

/// DynamoDB's largest request is 16 MB.
const MOST_BYTES: usize = 20 * 1024 * 1024;

pub(super) async fn serve(simulator: Simulator, listener: TcpListener) -> io::Result<()> {
    let routes = Router::new()
        .route("/_tidings/at", post(change))
        .route("/_tidings/fault", post(fault))
        .route("/_tidings/faults", delete(clear_faults))
        .route("/_tidings/inbox", get(inbox).delete(clear_inbox))
        .route("/_tidings/queues", get(queues).delete(clear_queues))
        .route("/_tidings/calls", get(calls).delete(clear_calls))
        .route("/_tidings/clock", get(clock).put(set_clock))
        .route("/_tidings/latency", put(set_latency))
        .route("/_tidings/quota", put(set_quota))
        .fallback(aws)
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .with_state(simulator);
    axum::serve(listener, routes).await
}

async fn aws(State(simulator): State<Simulator>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MOST_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    wait(simulator.latency()).await;
    match simulator.answer_at_once(Request::from_parts(parts, body)).await {
        Ok(response) => response.map(Body::from),
        Err(broken) => broken_connection(io::Error::other(broken)),
    }
}

/// Waits, exact to a tenth of a millisecond. Tokio's timers fire once a millisecond for all calls together, which would
/// distort measurements with a latency of a few milliseconds.
async fn wait(latency: Duration) {
    if !latency.is_zero() {
        let _ = tokio::task::spawn_blocking(move || std::thread::sleep(latency)).await;
    }
}

/// A response whose body fails at once: hyper closes the connection over it
/// before anything is written.
fn broken_connection(error: io::Error) -> Response {
    let body = futures_util::stream::iter([Err::<Bytes, _>(error)]);
    Response::new(Body::from_stream(body))
}

async fn change(State(simulator): State<Simulator>, body: Bytes) -> Response {
    let change: Change = match read(&body) {
        Ok(change) => change,
        Err(response) => return response,
    };
    if change.time.is_some() {
        return refused("`time` belongs in a scenario: this change is made now");
    }
    match simulator.apply(&change) {
        Ok(()) => answered(&json!({"at": simulator.clock().now()})),
        Err(error) => refused(&error.to_string()),
    }
}

async fn fault(State(simulator): State<Simulator>, body: Bytes) -> Response {
    let fault: Fault = match read(&body) {
        Ok(fault) => fault,
        Err(response) => return response,
    };
    simulator.inject(fault);
    answered(&json!({"faults": simulator.faults()}))
}

async fn clear_faults(State(simulator): State<Simulator>) -> Response {
    simulator.clear_faults();
    answered(&json!({"faults": []}))
}

async fn inbox(State(simulator): State<Simulator>) -> Response {
    answered(&json!({"publications": simulator.inbox()}))
}

async fn clear_inbox(State(simulator): State<Simulator>) -> Response {
    simulator.clear_inbox();
    answered(&json!({"publications": []}))
}

async fn queues(State(simulator): State<Simulator>) -> Response {
    answered(&json!({"queues": simulator.queues()}))
}

async fn clear_queues(State(simulator): State<Simulator>) -> Response {
    simulator.clear_queues();
    queues(State(simulator)).await
}

async fn calls(State(simulator): State<Simulator>) -> Response {
    answered(&json!({"calls": simulator.calls()}))
}

async fn clear_calls(State(simulator): State<Simulator>) -> Response {
    simulator.clear_calls();
    answered(&json!({"calls": []}))
}

async fn clock(State(simulator): State<Simulator>) -> Response {
    answered(&json!({"now": simulator.clock().now()}))
}

/// Where the clock is to be moved.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Move {
    Now(Timestamp),
    Advance(SignedDuration),
    Freeze(Timestamp),
}

async fn set_clock(State(simulator): State<Simulator>, body: Bytes) -> Response {
    match read(&body) {
        Ok(Move::Now(to)) => simulator.clock().set(to),
        Ok(Move::Advance(by)) => simulator.clock().advance(by),
        Ok(Move::Freeze(at)) => simulator.clock().freeze(at),
        Err(response) => return response,
    }
    clock(State(simulator)).await
}

/// How long every answer takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Latency {
    milliseconds: u64,
}

async fn set_latency(State(simulator): State<Simulator>, body: Bytes) -> Response {
    let latency: Latency = match read(&body) {
        Ok(latency) => latency,
        Err(response) => return response,
    };
    simulator.set_latency(Duration::from_millis(latency.milliseconds));
    answered(&json!({"milliseconds": latency.milliseconds}))
}

/// How many calls of an operation are taken.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quota {
    operation: String,
    per_second: f64,
    burst: f64,
}

async fn set_quota(State(simulator): State<Simulator>, body: Bytes) -> Response {
    let quota: Quota = match read(&body) {
        Ok(quota) => quota,
        Err(response) => return response,
    };
    simulator.set_quota(&quota.operation, quota.per_second, quota.burst);
    answered(&json!({"operation": quota.operation}))
}

#[expect(clippy::result_large_err, reason = "the error is the response to send")]
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Response> {
    serde_json::from_slice(body).map_err(|error| refused(&error.to_string()))
}

fn answered(body: &Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

fn refused(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, answered(&json!({"error": why}))).into_response()
}
