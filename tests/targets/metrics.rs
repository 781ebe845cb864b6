//! Metrics over many targets: what is expected beside what was read, whoever has read it, and never an account.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::stage::{QUEUE, Queues, REGION, Stage};

const TWO: [&str; 2] = [REGION, "us-east-1"];

/// The names of the metrics in a line, with their dimensions.
fn measured(line: &Value) -> Vec<(String, String)> {
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let directives = list(&line["_aws"]["CloudWatchMetrics"]);
    let of_directive = |directive: &Value| {
        let dimensions = directive["Dimensions"].to_string();
        let names = list(&directive["Metrics"]).into_iter().map(|metric| metric["Name"].to_string());
        names.map(move |name| (name, dimensions.clone())).collect::<Vec<_>>()
    };
    directives.iter().flat_map(of_directive).collect()
}

/// The sum of a member over all lines, by the second of the lines' time since `begun`.
fn sums(lines: &[Value], name: &str, begun: jiff::Timestamp) -> BTreeMap<i64, u64> {
    let mut sums = BTreeMap::new();
    for line in lines {
        if let Some(value) = line[name].as_u64() {
            let millis = line["_aws"]["Timestamp"].as_i64().expect("a time") - begun.as_millisecond();
            *sums.entry(millis / 1000).or_default() += value;
        }
    }
    sums
}

fn maximum(lines: &[Value], name: &str) -> Option<u64> {
    lines.iter().filter_map(|line| line[name].as_u64()).max()
}

#[tokio::test(start_paused = true)]
async fn what_was_read_is_counted_at_the_time_of_the_tick_that_expected_it() {
    let mut stage = Stage::of(3, &Stage::organization(&TWO), Queues::Both);
    let begun = stage.now();
    stage.event(Stage::schedule()).await.expect("a report");
    // The passes end in two minutes. Without the time of the tick, two periods of an alarm would share them.
    for batch in stage.take(QUEUE).chunks(4) {
        stage.wait(1).await;
        stage.event(Stage::batch(QUEUE, batch)).await.expect("an answer");
    }
    let lines = stage.metrics();
    for name in ["ScopesExpected", "ScopesCompleted", "PassExpected", "PassCompleted"] {
        assert_eq!(sums(&lines, name, begun), BTreeMap::from([(0, 8)]), "{name}");
    }
    for region in TWO {
        let of_region: Vec<Value> = lines.iter().filter(|line| line["Region"] == region).cloned().collect();
        assert_eq!(sums(&of_region, "PassExpected", begun), BTreeMap::from([(0, 4)]));
        assert_eq!(sums(&of_region, "PassCompleted", begun), BTreeMap::from([(0, 4)]));
    }
}

#[tokio::test(start_paused = true)]
async fn no_number_of_accounts_adds_a_metric() {
    let of_source = json!([["Source", "Region", "FunctionName"]]).to_string();
    let of_function = json!([["FunctionName"]]).to_string();
    let names = ["Errors", "OldestComplete", "OldestPending", "ScopesCompleted", "ScopesExpected", "Throttles"];
    let mut expected: BTreeSet<_> = names.map(|name| (json!(name).to_string(), of_function.clone())).into();
    expected.insert((json!("PassCompleted").to_string(), of_source));
    for queues in [Queues::None, Queues::Both] {
        let mut stage = Stage::of(30, &Stage::organization(&TWO), queues);
        stage.event(Stage::schedule()).await.expect("a report");
        stage.work_off(QUEUE, 10).await;
        let lines = stage.metrics();
        let names: BTreeSet<_> = lines.iter().flat_map(measured).collect();
        assert_eq!(names, expected, "{queues:?}");
        assert!(lines.iter().all(|line| line.get("Account").is_none()), "{lines:?}");
        let heartbeats: BTreeSet<_> = lines.iter().filter_map(|line| line["Region"].as_str()).collect();
        assert_eq!(heartbeats, TWO.into(), "{queues:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_that_cannot_be_read_is_missing_and_grows_older() {
    for queues in [Queues::None, Queues::Both] {
        let mut stage = Stage::of(3, &Stage::organization(&TWO), queues);
        stage.event(Stage::schedule()).await.expect("a report");
        stage.work_off(QUEUE, 10).await;
        stage.member(2, |member| member.role = None);
        stage.cold_start();
        stage.metrics();
        let mut seen = Vec::new();
        for _ in 0..3 {
            stage.wait(5).await;
            stage.event(Stage::schedule()).await.expect("a report");
            stage.work_off(QUEUE, 10).await;
            let lines = stage.metrics();
            let total = |name| sums(&lines, name, stage.now()).into_values().sum::<u64>();
            seen.push((total("ScopesExpected"), total("ScopesCompleted"), maximum(&lines, "OldestComplete")));
        }
        assert_eq!(seen, [(8, 6, Some(0)), (8, 6, Some(300)), (8, 6, Some(600))], "{queues:?}");
    }
}
