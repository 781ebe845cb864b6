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
    let stage = Stage::set();
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

/// The lines as objects; every one must be one. Those with metrics, which stand between them, are left out.
fn lines(ended: &Ended) -> Vec<Value> {
    assert!(!ended.stdout.is_empty(), "nothing was logged");
    let read = |line: &String| -> Value {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("not JSON ({error}): {line}"));
        assert!(line.is_object(), "{line}");
        line
    };
    ended.stdout.iter().map(read).filter(|line| line.get("_aws").is_none()).collect()
}

/// The lines about a source; the pass as a whole has another.
fn about<'l>(lines: &'l [Value], source: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["source"] == source).collect()
}

/// The lines about passes as a whole.
fn totals(lines: &[Value]) -> Vec<&Value> {
    lines.iter().filter(|line| line["scopes"].is_u64()).collect()
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
    for source in SOURCES {
        // The baseline, what changed or failed in the second pass, and the last pass, in which everything fails.
        let expected = if ["redshift", "backup"].contains(&source) { 3 } else { 2 };
        let summaries = about(&lines, source);
        assert_eq!(summaries.len(), expected, "quiet when nothing happened: {summaries:?}");
        for line in summaries {
            assert!(line["message"].as_str().unwrap().contains(source), "{line}");
            assert!(line["observed"].is_u64() && line["coverage"].is_string(), "{line}");
        }
    }
    let told: Vec<_> =
        totals(&lines).iter().map(|line| ["complete", "failed", "changed"].map(|key| line[key].clone())).collect();
    assert_eq!(json!(told), json!([[5, 0, 10], [4, 1, 1], [0, 5, 0]]), "one line a pass: {lines:?}");
    let denied = about(&lines, "backup")[1];
    assert_eq!((&denied["level"], &denied["kind"]), (&"WARN".into(), &"denied".into()), "{denied}");
    assert_eq!(denied["action"], "backup:ListRestoreJobs");
    let refused: Vec<_> = lines.iter().filter(|line| line.to_string().contains("unknown command")).collect();
    assert_eq!(refused.len(), 1, "told once: {refused:?}");
    assert_eq!(refused[0]["error_type"], "Tidings.InvalidEvent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_in_which_nothing_happens_is_told_to_those_who_ask() {
    for (variable, level) in [("TIDINGS_LOG", "debug"), ("AWS_LAMBDA_LOG_LEVEL", "DEBUG")] {
        let lines = lines(&eventful(&[(variable, Some(level))]).await);
        for source in SOURCES {
            assert_eq!(about(&lines, source).len(), 3, "{variable}={level}");
        }
        assert!(lines.iter().all(|line| line["target"].as_str().is_some_and(|target| target.starts_with("tidings"))));
    }
    let lines = lines(&eventful(&[("AWS_LAMBDA_LOG_LEVEL", Some("WARN"))]).await);
    assert_eq!((totals(&lines).len(), about(&lines, "backup").len()), (0, 2), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_names_the_invocation_it_belongs_to() {
    let ended = eventful(&[]).await;
    let lines = lines(&ended);
    assert_eq!(totals(&lines).len(), 3);
    for line in &lines {
        assert!(line["span"]["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{line}");
    }
    let of_request = lines.iter().filter(|line| line["span"]["request_id"] == REQUEST).count();
    assert_eq!(of_request, 3, "a change, a failure and the totals");
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

#[tokio::test(flavor = "multi_thread")]
async fn no_credential_leaves_in_a_report_a_diagnostic_or_a_notice() {
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    let minute = std::time::Duration::from_mins(1);
    let mut said = Vec::new();
    let kinds = [FaultKind::AccessDenied, FaultKind::Html, FaultKind::ConnectionReset, FaultKind::Malformed];
    for (round, fault) in [None].into_iter().chain(kinds.into_iter().map(Some)).enumerate() {
        // The same trouble three times, so that it is told to people as well.
        for service in
            fault.is_some().then_some([Service::Redshift, Service::Backup, Service::S3Tables]).iter().flatten()
        {
            stage.simulator.inject(Fault::new(fault.clone().expect("a fault")).service(*service));
        }
        for time in 0..3 {
            said.push(format!("{:?}", function.invoke(&tick(), &format!("{round}-{time}"), minute).await));
        }
        stage.simulator.clear_faults();
        said.push(format!("{:?}", function.invoke(&json!({"command": SESSION_TOKEN}), "odd", minute).await));
    }
    let notices = stage.simulator.inbox();
    assert!(notices.iter().any(|notice| notice.message.contains("unreachable")), "people were told of trouble");
    said.extend(notices.iter().map(|notice| notice.message.clone()));
    // The odd event holds a token itself, and its diagnostic names the command: no secret of ours.
    said.retain(|text| !text.contains("unknown command"));
    assert!(said.len() > 10);
    for text in said {
        for secret in [SECRET_ACCESS_KEY, SESSION_TOKEN, ACCESS_KEY_ID] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
