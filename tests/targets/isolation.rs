//! A target that hangs, is throttled, or cannot be read delays and silences no other.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use tidings::simulator::{Fault, FaultKind};

use crate::stage::{Queues, Stage, account};
use crate::support::messages;

const THREE: [&str; 3] = ["eu-central-1", "us-east-1", "ap-southeast-2"];
const MEMBERS: usize = 500;
const TROUBLED: [usize; 3] = [100, 200, 300];

/// How long after the beginning of the pass the failure in each account is told, by account.
async fn told_after(has_trouble: bool) -> BTreeMap<String, SignedDuration> {
    let mut stage = Stage::of(MEMBERS, &Stage::organization(&THREE), Queues::None);
    for number in 1..=MEMBERS {
        stage.restore(number, "a", "RUNNING");
    }
    stage.pass().await;
    stage.messages();
    if has_trouble {
        let [hangs, throttled, lacks] = TROUBLED;
        stage.sim.inject(Fault::new(FaultKind::Hang).account(account(hangs)));
        stage.sim.inject(Fault::new(FaultKind::Throttle).account(account(throttled)));
        stage.member(lacks, |member| member.role = None);
    }
    // The roles have to be assumed again.
    stage.cold_start();
    for number in (1..=MEMBERS).filter(|number| !TROUBLED.contains(number)) {
        stage.restore(number, "a", "FAILED");
    }
    stage.wait(5).await;
    // Each call takes some time, so that a delay would be seen.
    stage.sim.set_latency(std::time::Duration::from_millis(20));
    let begun = stage.now();
    stage.pass().await;
    let mut told = BTreeMap::new();
    for message in stage.messages() {
        for notice in messages::notices(&message) {
            if notice["reason"] == "failed" {
                let account = notice["account"].as_str().expect("an account").to_owned();
                told.insert(account, message.at.duration_since(begun));
            }
        }
    }
    told
}

#[tokio::test(start_paused = true)]
async fn everybody_else_is_told_at_the_same_time_as_without_the_trouble() {
    let without = told_after(false).await;
    assert_eq!(without.len(), MEMBERS - TROUBLED.len());
    assert_eq!(told_after(true).await, without);
}
