//! A dry run writes nothing, sends nothing, and answers with what it would have said.

use serde_json::Value;

use super::contract::{check_complete, counts, text};
use super::function::Function;
use super::stage::{REDSHIFT, Stage};
use super::{sample, tick};

/// Operations that change something.
const CHANGES: [&str; 8] = [
    "BatchWriteItem",
    "DeleteItem",
    "Publish",
    "PublishBatch",
    "PutItem",
    "TransactWriteItems",
    "UpdateItem",
    "UpdateTable",
];

fn notices(report: &Value) -> &[Value] {
    report["notices"].as_array().expect("what would have been said")
}

fn check_nothing_changed(stage: &Stage) {
    let calls = stage.simulator.calls();
    assert!(!calls.is_empty(), "a dry run reads");
    let changes: Vec<_> = calls.iter().filter(|call| CHANGES.contains(&call.operation.as_str())).collect();
    assert!(changes.is_empty(), "{changes:?}");
    assert_eq!(stage.simulator.inbox(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn before_anything_is_known_it_lists_the_baselines() {
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    let report = function.report(&sample("dry-run.json")).await;
    check_complete(&report);
    assert_eq!((&report["dry_run"], counts(&report)), (&Value::Bool(true), [5, 0, 0]));
    assert!(notices(&report).iter().all(|notice| text(notice, "reason") == "baseline"), "{report}");
    check_nothing_changed(&stage);
    assert!(stage.items().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_lists_is_what_the_next_tick_tells() {
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    function.report(&tick()).await;
    stage.fail_redshift();
    stage.simulator.clear_inbox();
    stage.simulator.clear_calls();
    let items = stage.items().await;
    stage.simulator.clear_calls();

    let report = function.report(&sample("dry-run.json")).await;
    check_complete(&report);
    assert_eq!(counts(&report), [1, 0, 0]);
    let [notice] = notices(&report) else { panic!("one notice is expected: {report}") };
    assert_eq!((text(notice, "reason"), text(notice, "subject")), ("failed", REDSHIFT));
    check_nothing_changed(&stage);
    assert_eq!(stage.items().await, items);

    assert_eq!(counts(&function.report(&tick()).await), [1, 1, 0]);
    let told = stage.told();
    let [told] = told.as_slice() else { panic!("one notice is expected: {told:?}") };
    assert_eq!(told.id, text(notice, "id"));
}
