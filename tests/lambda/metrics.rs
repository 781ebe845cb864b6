//! Metrics on stdout, as CloudWatch takes them from a function's log.

use serde_json::Value;
use tidings::simulator::{Fault, FaultKind, Service};

use super::contract::check_report;
use super::function::{Ended, Function};
use super::stage::Stage;
use super::{REGION, SOURCES, sample, tick};

/// The lines with metrics.
fn metrics(ended: &Ended) -> Vec<Value> {
    let objects = ended.stdout.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    objects.filter(|line| line.get("_aws").is_some()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_writes_a_line_for_each_scope_and_a_dry_run_none() {
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    function.report(&sample("dry-run.json")).await;
    stage.simulator.inject(Fault::new(FaultKind::Throttle).service(Service::Backup).times(1));
    check_report(&function.report(&tick()).await, &SOURCES);
    let metrics = metrics(&function.kill().await);
    let sources: Vec<_> = metrics.iter().filter_map(|line| line["Source"].as_str()).collect();
    assert_eq!(sources, SOURCES);
    for line in &metrics {
        assert_eq!((&line["FunctionName"], &line["Region"]), (&"tidings".into(), &REGION.into()), "{line}");
        assert_eq!((&line["PassCompleted"], &line["Errors"]), (&1.into(), &0.into()), "{line}");
        assert_eq!(line["Throttles"], u64::from(line["Source"] == "backup"), "{line}");
        let begun = line["_aws"]["Timestamp"].as_i64().and_then(|time| jiff::Timestamp::from_millisecond(time).ok());
        assert!(begun.is_some_and(|begun| begun > "2026-01-01T00:00:00Z".parse().unwrap()), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_no_log_lines_that_a_log_control_could_drop_or_dress() {
    for (variable, value) in
        [("AWS_LAMBDA_LOG_LEVEL", "FATAL"), ("AWS_LAMBDA_LOG_FORMAT", "Text"), ("TIDINGS_LOG", "off")]
    {
        let stage = Stage::set();
        let function = Function::start_with(&stage, &[(variable, Some(value))]).await;
        check_report(&function.report(&tick()).await, &SOURCES);
        let ended = function.kill().await;
        assert_eq!(metrics(&ended).len(), SOURCES.len(), "{variable}={value}: {ended:?}");
        let others = ended.stdout.len() - SOURCES.len();
        let is_text = variable == "AWS_LAMBDA_LOG_FORMAT";
        assert_eq!(others > 0, is_text, "{variable}={value}: {ended:?}");
        assert!(!is_text || ended.stdout[0].contains("INFO"), "{ended:?}");
    }
}
