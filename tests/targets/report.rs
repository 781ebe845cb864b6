//! The report of a deployment with many targets: one message about all of them, also if ticks only dispatch.

use serde_json::Value;
use tidings::simulator::Service;

use crate::stage::{ACCOUNT, Queues, REGION, Stage};
use crate::support::messages::{event, is_report};

/// 06:00 on a Monday is the begin of every stage.
const WEEKLY: &str = "[report]\nevery = \"week\"\nat = \"06:12\"\n";

fn settings() -> String {
    // The keys of the top come first.
    format!("{}{WEEKLY}", Stage::organization(&[REGION, "us-east-1"]))
}

fn reports(stage: &Stage) -> Vec<Value> {
    stage.messages().iter().filter(|message| is_report(message)).map(event).collect()
}

#[tokio::test(start_paused = true)]
async fn one_report_is_about_all_targets() {
    for queues in [Queues::None, Queues::Targets, Queues::Both] {
        let mut stage = Stage::of(3, &settings(), queues);
        for number in 1..=3 {
            stage.restore(number, "a", "RUNNING");
        }
        stage.round().await;
        stage.restore(2, "a", "FAILED");
        let mut sent = reports(&stage);
        assert!(sent.is_empty(), "not due");
        for _ in 0..3 {
            stage.round().await;
            sent.extend(reports(&stage));
        }
        let [report] = sent.as_slice() else { panic!("{queues:?}: {sent:?}") };
        assert_eq!(report["source"], format!("/tidings/{ACCOUNT}/{REGION}"));
        let data = &report["data"];
        assert_eq!(data["watched"][0]["scopes"], 8, "four accounts in two regions");
        assert_eq!((&data["restores"]["open"], &data["restores"]["failed"]), (&4.into(), &2.into()), "{queues:?}");
        let lost = &data["lost_restores"];
        assert_eq!((&lost[0]["account_name"], &lost[1]["account_name"]), (&"team-2".into(), &"team-2".into()));
        assert_eq!(data["severity"], "warning");
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_that_cannot_be_read_is_in_the_report() {
    let mut stage = Stage::of(2, &settings(), Queues::None);
    stage.pass().await;
    stage.member(2, |member| member.role = None);
    // Sessions are an hour long.
    for _ in 0..24 {
        stage.tick().await;
    }
    stage.sim.clear_inbox();
    for _ in 0..7 {
        stage.wait(24 * 60).await;
        stage.pass().await;
    }
    let sent = reports(&stage);
    let unreadable = &sent[0]["data"]["unreadable"];
    assert_eq!((&unreadable[0]["source"], &unreadable[0]["account_name"]), (&"account".into(), &"team-2".into()));
}

#[tokio::test(start_paused = true)]
async fn a_dispatch_costs_no_more_while_no_report_is_due() {
    let mut counts = Vec::new();
    for settings in [Stage::organization(&[REGION]), format!("{}{WEEKLY}", Stage::organization(&[REGION]))] {
        let mut stage = Stage::of(2, &settings, Queues::Targets);
        // The first tick after the begin asks the table once, and notes that reports begin.
        stage.event(Stage::schedule()).await.expect("a report");
        stage.sim.clear_calls();
        stage.wait(5).await;
        stage.event(Stage::schedule()).await.expect("a report");
        counts.push(stage.sim.calls().iter().filter(|call| call.service == Service::DynamoDb).count());
    }
    assert_eq!(counts[0], counts[1]);
}
