//! Logs: JSON lines on stdout that read alone, and never a credential.

use serde_json::{Value, json};
use tidings::simulator::{Fault, FaultKind, Service};

use super::contract::check_report;
use super::function::{ACCESS_KEY_ID, Ended, Function, SECRET_ACCESS_KEY, SESSION_TOKEN};
use super::stage::Stage;
use super::{SOURCES, tick};

const REQUEST: &str = "5b1f0c9a-6d3e-4c27-8f55-0e9d7a1b2c3d";

/// A morning in which everything happens that is logged.
async fn eventful(variables: &[(&str, Option<&str>)]) -> Ended {
    let stage = Stage::set().await;
    let function = Function::start_with(&stage, variables).await;
    check_report(&function.report(&tick()).await, &SOURCES);
    stage.fail_redshift();
    stage.simulator.inject(Fault::new(FaultKind::AccessDenied).service(Service::Backup));
    stage.simulator.inject(Fault::new(FaultKind::ConnectionReset).service(Service::S3Tables).times(2));
    let minute = std::time::Duration::from_mins(1);
    check_report(&function.report_to(&tick(), REQUEST, minute).await, &SOURCES);
    function.failure(&json!({"command": "dance"})).await;
    stage.simulator.inject(Fault::new(FaultKind::AccessDenied));
    function.failure(&tick()).await;
    function.kill().await
}

/// The lines as objects; every one must be one.
fn lines(ended: &Ended) -> Vec<Value> {
    assert!(!ended.stdout.is_empty(), "nothing was logged");
    let read = |line: &String| -> Value {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("not JSON ({error}): {line}"));
        assert!(line.is_object(), "{line}");
        line
    };
    ended.stdout.iter().map(read).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_is_json_and_reads_alone() {
    let ended = eventful(&[]).await;
    assert!(ended.stderr.is_empty(), "{:?}", ended.stderr);
    let lines = lines(&ended);
    for line in &lines {
        line["timestamp"].as_str().and_then(|time| time.parse::<jiff::Timestamp>().ok()).expect("a time");
        assert!(["INFO", "WARN", "ERROR"].contains(&line["level"].as_str().expect("a level")), "{line}");
        assert!(line["message"].as_str().is_some_and(|message| !message.is_empty()), "{line}");
    }
    let of = |source: &str| lines.iter().filter(|line| line["source"] == source).collect::<Vec<_>>();
    for source in SOURCES {
        let summaries = of(source);
        assert_eq!(summaries.len(), 3, "one summary line a pass: {summaries:?}");
        for line in summaries {
            assert!(line["message"].as_str().unwrap().contains(source), "{line}");
            assert!(line["observed"].is_u64() && line["coverage"].is_string(), "{line}");
        }
    }
    let denied = of("backup")[1];
    assert_eq!((&denied["level"], &denied["kind"]), (&"WARN".into(), &"denied".into()), "{denied}");
    assert_eq!(denied["action"], "backup:ListRestoreJobs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_names_the_invocation_it_belongs_to() {
    let ended = eventful(&[]).await;
    let lines = lines(&ended);
    let summaries: Vec<_> = lines.iter().filter(|line| line["source"].is_string()).collect();
    assert_eq!(summaries.len(), SOURCES.len() * 3);
    for line in &summaries {
        assert!(line["span"]["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{line}");
    }
    let of_request = summaries.iter().filter(|line| line["span"]["request_id"] == REQUEST).count();
    assert_eq!(of_request, SOURCES.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_credential_is_ever_logged() {
    for filter in [None, Some("tidings=trace"), Some("debug"), Some("trace")] {
        let ended = eventful(&[("TIDINGS_LOG", filter)]).await;
        assert!(lines(&ended).len() > SOURCES.len());
        for line in ended.stdout.iter().chain(&ended.stderr) {
            for secret in [SECRET_ACCESS_KEY, SESSION_TOKEN] {
                assert!(!line.contains(secret), "a credential with TIDINGS_LOG={filter:?}: {line}");
            }
            // The key's id is no secret, and the SDK names it to those who ask for its own debugging.
            let is_of_the_sdk = matches!(filter, Some("debug" | "trace"));
            assert!(is_of_the_sdk || !line.contains(ACCESS_KEY_ID), "a key with TIDINGS_LOG={filter:?}: {line}");
        }
    }
}
