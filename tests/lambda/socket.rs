//! Trouble at the socket: nothing is lost, nothing panics, and the report says what happened.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use tidings::simulator::{Fault, FaultKind, Service};
use tokio::time::timeout;

use super::contract::{check_complete, check_report, scopes};
use super::function::{Function, PATIENCE};
use super::proxy::{Proxy, Trouble};
use super::runtime_api::Outcome;
use super::stage::{REDSHIFT, Stage};
use super::{SOURCES, tick};

/// Little enough that a test can wait for an invocation's claims to end with it.
const SHORT: Duration = Duration::from_secs(6);

/// The function behind a proxy, after its baseline.
async fn behind_a_proxy() -> (Stage, Proxy, Function) {
    let stage = Stage::set();
    let proxy = Proxy::to(&stage.endpoint).await;
    let function = Function::start_with(&stage, &[("AWS_ENDPOINT_URL", Some(&proxy.endpoint))]).await;
    check_complete(&function.report(&tick()).await);
    stage.simulator.clear_inbox();
    (stage, proxy, function)
}

/// The ids under which the failure of the Redshift restore was told, in the order of the copies.
fn told(stage: &Stage) -> Vec<String> {
    let told = stage.told().into_iter().filter(|told| told.reason == "failed" && told.subject == REDSHIFT);
    told.map(|told| told.id).collect()
}

/// The process is alive and has not panicked.
async fn check_calm(function: Function) {
    check_complete(&function.report(&tick()).await);
    let ended = function.kill().await;
    assert!(ended.stderr.is_empty(), "a panic? {:?}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_closed_between_invocations_are_made_anew() {
    let (stage, proxy, function) = behind_a_proxy().await;
    for round in 0..3 {
        assert!(proxy.cut() > 0, "there were connections to close");
        if round == 1 {
            stage.fail_redshift();
        }
        check_complete(&function.report(&tick()).await);
    }
    assert_eq!(told(&stage).len(), 1);
    check_calm(function).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_answers_are_waited_for() {
    let (stage, proxy, function) = behind_a_proxy().await;
    stage.fail_redshift();
    proxy.make(Trouble::Slow(Duration::from_millis(150)));
    check_complete(&function.report(&tick()).await);
    proxy.calm();
    assert_eq!(told(&stage).len(), 1);
    check_calm(function).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_cut_in_the_middle_and_resets_are_tried_again() {
    for trouble in [Trouble::Half(2), Trouble::Reset(3)] {
        let (stage, proxy, function) = behind_a_proxy().await;
        stage.fail_redshift();
        proxy.make(trouble);
        check_report(&function.report(&tick()).await, &SOURCES);
        let left = proxy.calm();
        assert!(matches!(left, Some(Trouble::Half(0) | Trouble::Reset(0))), "the trouble was met: {left:?}");
        check_report(&function.report(&tick()).await, &SOURCES);
        let ids = told(&stage);
        assert!(!ids.is_empty(), "{trouble:?}: lost");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 1, "{trouble:?}: one id for every copy: {ids:?}");
        check_calm(function).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_service_may_answer_nonsense_for_a_pass() {
    let nonsense = [FaultKind::Html, FaultKind::Truncated, FaultKind::Malformed, FaultKind::ConnectionReset];
    for service in [Service::Redshift, Service::Backup, Service::S3Tables, Service::Sns, Service::DynamoDb] {
        let (stage, _proxy, function) = behind_a_proxy().await;
        for kind in &nonsense {
            stage.simulator.inject(Fault::new(kind.clone()).service(service));
            stage.fail_redshift();
            let outcome = function.invoke(&tick(), &uuid::Uuid::new_v4().to_string(), SHORT).await;
            stage.simulator.clear_faults();
            match outcome {
                Outcome::Error(failure) => assert_eq!(failure.error_type, "Tidings.NothingDone", "{service} {kind:?}"),
                Outcome::Answer(report) => {
                    check_report(&report, &SOURCES);
                    let troubled = |scope: &&Value| scope["error"] != Value::Null || scope["out_of_time"] == true;
                    let is_told = scopes(&report).iter().find(troubled).is_some();
                    // Half an answer of SNS may still name the message that it took; then SNS is not asked again.
                    let is_sent = service == Service::Sns && !told(&stage).is_empty();
                    assert!(is_told || report["pending"] != 0 || is_sent, "{service} {kind:?}: it says so: {report}");
                }
            }
        }
        // An outbox belongs to the invocation that may have sent it until that one's deadline.
        let told_at_last = timeout(PATIENCE, async {
            while told(&stage).is_empty() {
                check_report(&function.report(&tick()).await, &SOURCES);
            }
        });
        told_at_last.await.unwrap_or_else(|_| panic!("{service}: lost"));
        let ids = told(&stage);
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 1, "{service}: one id for every copy: {ids:?}");
        check_calm(function).await;
    }
}
