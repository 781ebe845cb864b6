//! The simulator on a port, over a bare socket: the control routes, and
//! connections that break.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tidings::simulator::{Fault, FaultKind, Simulator};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::account::serve;
use crate::{simulator, time};

fn address(simulator: &Simulator) -> SocketAddr {
    serve(simulator).trim_start_matches("http://").parse().unwrap()
}

/// Sends one request and returns everything that comes back.
async fn exchange(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: simulator\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A reset connection ends the answer, too.
    socket.read_to_end(&mut answer).await.ok();
    String::from_utf8(answer).unwrap()
}

async fn control(address: SocketAddr, method: &str, path: &str, body: Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let answer = exchange(address, method, path, "", &body).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap())
}

#[tokio::test]
async fn the_control_routes_put_things_in_and_read_things_out() {
    let simulator = simulator();
    let address = address(&simulator);
    let change = json!({"backup": {"id": "b-1", "status": "RUNNING"}});
    let (status, answer) = control(address, "POST", "/_tidings/at", change).await;
    assert_eq!((status, &answer["at"]), (200, &json!("2026-03-02T06:00:00Z")));
    assert_eq!(simulator.world().backup["b-1"].status.as_deref(), Some("RUNNING"));

    let advance = json!({"advance": "1h30m"});
    let (_, answer) = control(address, "PUT", "/_tidings/clock", advance).await;
    assert_eq!(answer, json!({"now": "2026-03-02T07:30:00Z"}));
    let now = json!({"now": "2026-03-03T00:00:00Z"});
    assert_eq!(control(address, "PUT", "/_tidings/clock", now.clone()).await, (200, now.clone()));
    assert_eq!(control(address, "GET", "/_tidings/clock", Value::Null).await, (200, now));
    assert_eq!(simulator.clock().now(), time("2026-03-03T00:00:00Z"));

    let fault = json!({"service": "sns", "kind": {"reject-entry": {"matching": "x"}}});
    assert_eq!(control(address, "POST", "/_tidings/fault", fault).await.0, 200);
    assert_eq!(simulator.faults().len(), 1);
    control(address, "DELETE", "/_tidings/faults", Value::Null).await;
    assert!(simulator.faults().is_empty());
    for (path, list) in [("inbox", "publications"), ("calls", "calls")] {
        let (status, answer) = control(address, "GET", &format!("/_tidings/{path}"), Value::Null).await;
        assert_eq!((status, &answer[list]), (200, &json!([])));
    }
}

#[tokio::test]
async fn what_cannot_be_understood_is_refused_with_the_reason() {
    let simulator = simulator();
    let address = address(&simulator);
    for (method, path, body, why) in [
        ("POST", "at", json!({"backup": {"id": "b", "state": "x"}}), "state"),
        ("POST", "at", json!({"time": "1h", "backup": {"id": "b"}}), "`time` belongs in a scenario"),
        ("POST", "at", json!({"remove": {"backup": "b"}}), "there is no backup restore job `b`"),
        ("POST", "fault", json!({"kind": "trottle"}), "trottle"),
        ("PUT", "clock", json!({"to": "x"}), "`to`"),
    ] {
        let (status, answer) = control(address, method, &format!("/_tidings/{path}"), body).await;
        assert_eq!(status, 400, "{answer}");
        assert!(answer["error"].as_str().unwrap().contains(why), "{why} in {answer}");
    }
}

#[tokio::test]
async fn a_broken_connection_closes_without_a_byte() {
    let simulator = simulator();
    let address = address(&simulator);
    let signed = "authorization: AWS4-HMAC-SHA256 Credential=x/20260302/us-east-1/backup/aws4_request, SignedHeaders=host, Signature=0\r\n";
    let list = || exchange(address, "GET", "/restore-jobs/", signed, "");
    assert!(list().await.starts_with("HTTP/1.1 200 OK"));
    for kind in [FaultKind::ConnectionReset, FaultKind::LostAnswer] {
        simulator.inject(Fault::new(kind.clone()).times(1));
        assert_eq!(list().await, "", "{kind:?}");
    }
    assert!(list().await.ends_with(r#"{"RestoreJobs":[]}"#));
}

#[tokio::test]
async fn the_sdk_reaches_it_over_the_socket_and_survives_broken_connections() {
    let simulator = simulator();
    let topic = simulator.world().create_topic("us-east-1", "tidings");
    let endpoint = serve(&simulator);
    let config = simulator
        .sdk_config("us-east-1")
        .into_builder()
        .endpoint_url(endpoint)
        .http_client(tidings::aws::http_client())
        .build();
    let sns = aws_sdk_sns::Client::new(&config);
    let publish = || sns.publish().topic_arn(&topic).message("x").send();
    publish().await.unwrap();
    for (kind, accepted) in [(FaultKind::ConnectionReset, 1), (FaultKind::LostAnswer, 2)] {
        simulator.clear_inbox();
        simulator.inject(Fault::new(kind.clone()).times(1));
        publish().await.unwrap();
        assert_eq!(simulator.inbox().len(), accepted, "{kind:?}");
    }
}

#[tokio::test]
async fn calls_that_are_nobodys_say_so() {
    let simulator = simulator();
    let address = address(&simulator);
    let answer = exchange(address, "GET", "/", "", "").await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    let signed = "authorization: AWS4-HMAC-SHA256 Credential=x/20260302/us-east-1/ec2/aws4_request\r\n";
    let answer = exchange(address, "POST", "/", signed, "").await;
    assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("no service signs as `ec2`"));
}
