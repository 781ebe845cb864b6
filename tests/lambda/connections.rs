//! What the function does before its first event: it opens connections, and nothing else.

use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::Instant;

use super::contract::check_report;
use super::function::Function;
use super::proxy::Proxy;
use super::stage::Stage;
use super::{pass_over, tick};

const SERVICES: [&str; 6] = ["REDSHIFT", "REDSHIFT_SERVERLESS", "BACKUP", "S3TABLES", "DYNAMODB", "SNS"];

/// How many connections to each service are open when the function, with these variables besides, asks for an event.
async fn open_at_start(stage: &Stage, variables: &[(&str, Option<&str>)]) -> (Function, Vec<usize>) {
    let mut proxies = Vec::new();
    for _ in SERVICES {
        proxies.push(Proxy::to(&stage.endpoint).await);
    }
    let names = SERVICES.map(|service| format!("AWS_ENDPOINT_URL_{service}"));
    let mut all: Vec<_> = names.iter().zip(&proxies).map(|(name, to)| (name.as_str(), Some(&*to.endpoint))).collect();
    all.extend(variables);
    let function = Function::start_with(stage, &all).await;
    function.is_ready().await;
    let open = proxies.iter().map(Proxy::open).collect();
    (function, open)
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_open_before_the_first_event() {
    let stage = Stage::set();
    let (function, open) = open_at_start(&stage, &[]).await;
    assert_eq!(open, [1, 1, 1, 1, 1, 1]);
    assert!(stage.simulator.calls().is_empty(), "nothing was asked: {:?}", stage.simulator.calls());
    let ended = function.kill().await;
    assert!(ended.stdout.is_empty() && ended.stderr.is_empty(), "nothing to tell: {ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_no_source_needs_is_not_connected_to() {
    let stage = Stage::set();
    let (_function, open) = open_at_start(&stage, &[("TIDINGS_SOURCES", Some("backup"))]).await;
    assert_eq!(open, [0, 0, 1, 0, 1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_does_not_answer_holds_up_neither_the_start_nor_the_others() {
    let stage = Stage::set();
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let refusing = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let endpoint = |listener: &TcpListener| format!("http://{}", listener.local_addr().expect("an address"));
    let (hangs, refuses) = (endpoint(&silent), endpoint(&refusing));
    drop(refusing);
    let begun = Instant::now();
    let variables = [("AWS_ENDPOINT_URL_REDSHIFT", Some(&*hangs)), ("AWS_ENDPOINT_URL_BACKUP", Some(&*refuses))];
    let function = Function::start_with(&stage, &variables).await;
    function.is_ready().await;
    assert!(begun.elapsed() < Duration::from_secs(3), "it started after {:?}", begun.elapsed());
    let report = function.report(&pass_over(&["redshift-serverless", "s3tables-maintenance"])).await;
    check_report(&report, &["redshift-serverless", "s3tables-maintenance"]);
    // The pass says what cannot be reached.
    let report = function.report_within(&tick(), Duration::from_secs(12)).await;
    let failed = |source: &str| {
        let scopes = report["scopes"].as_array().expect("scopes");
        scopes.iter().any(|scope| scope["source"] == source && scope["error"] != serde_json::Value::Null)
    };
    assert!(failed("redshift") && failed("backup") && !failed("redshift-serverless"), "{report}");
}
