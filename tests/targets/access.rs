//! Accounts that cannot be read: each is told once, and all together are told once.

use tidings::simulator::{Fault, FaultKind, Role, Service};

use crate::stage::{ACCOUNT, DELIVERIES, QUEUE, Queues, REGION, Stage, account, name};

const TWO: [&str; 2] = [REGION, "us-east-1"];

#[tokio::test(start_paused = true)]
async fn an_account_that_loses_its_role_is_told_once_and_once_when_it_is_back() {
    for queues in [Queues::None, Queues::Both] {
        let mut stage = Stage::of(3, &Stage::organization(&TWO), queues);
        tick(&mut stage).await;
        stage.told();
        stage.member(2, |member| member.role = None);
        // The credentials of the first hour are still valid.
        for _ in 0..11 {
            assert_eq!(tick(&mut stage).await, [""; 0], "{queues:?}");
        }
        let mut told = Vec::new();
        for _ in 0..24 {
            told.extend(tick(&mut stage).await);
        }
        assert_eq!(told, [format!("unreachable team-2 {REGION} account")], "{queues:?}");
        stage.member(2, |member| member.role = Some(Role { name: "tidings-reader".to_owned(), external_id: None }));
        let mut told = Vec::new();
        for _ in 0..5 {
            told.extend(tick(&mut stage).await);
        }
        assert_eq!(told, [format!("reachable team-2 {REGION} account")], "{queues:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_account_has_a_day_to_get_its_role() {
    let mut stage = Stage::of(3, &Stage::organization(&[REGION]), Queues::None);
    stage.member(3, |member| member.role = None);
    stage.pass().await;
    stage.told();
    for _ in 0..23 {
        stage.wait(55).await;
        assert_eq!(stage.tick().await, [""; 0]);
    }
    stage.wait(60).await;
    assert_eq!(stage.tick().await, [format!("unreachable team-3 {REGION} account")]);
    stage.member(3, |member| member.role = Some(Role { name: "tidings-reader".to_owned(), external_id: None }));
    let told = stage.tick().await;
    assert_eq!(told, [format!("baseline team-3 {REGION} scope"), format!("reachable team-3 {REGION} account")]);
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_can_assume_no_role_is_told_once_as_the_hub() {
    for queues in [Queues::None, Queues::Both] {
        let mut stage = Stage::of(45, &Stage::organization(&TWO), queues);
        tick(&mut stage).await;
        stage.told();
        stage.cold_start();
        stage.sim.inject(Fault::new(FaultKind::AccessDenied).service(Service::Sts));
        let mut told = Vec::new();
        for _ in 0..12 {
            told.extend(tick(&mut stage).await);
        }
        assert_eq!(told, [format!("unreachable {ACCOUNT} {REGION} hub")], "{queues:?}");
        stage.sim.clear_faults();
        let mut told = Vec::new();
        for _ in 0..4 {
            told.extend(tick(&mut stage).await);
        }
        assert_eq!(told, [format!("reachable {ACCOUNT} {REGION} hub")], "{queues:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_notice_about_an_account_waits_until_it_can_be_sent() {
    for queues in [Queues::None, Queues::Targets, Queues::Both] {
        let mut stage = Stage::of(3, &Stage::organization(&[REGION]), queues);
        tick(&mut stage).await;
        stage.told();
        stage.member(2, |member| member.role = None);
        stage.cold_start();
        stage.sim.inject(Fault::new(FaultKind::Unavailable).service(Service::Sns));
        for _ in 0..8 {
            stage.wait(5).await;
            invoke(&mut stage).await;
        }
        // The role is back before anybody was told that it was gone.
        stage.member(2, |member| member.role = Some(Role { name: "tidings-reader".to_owned(), external_id: None }));
        stage.wait(5).await;
        invoke(&mut stage).await;
        assert_eq!(stage.told(), [""; 0], "{queues:?}");
        stage.sim.clear_faults();
        let mut told = Vec::new();
        for _ in 0..4 {
            told.extend(tick(&mut stage).await);
        }
        told.sort();
        let expected = ["reachable", "unreachable"].map(|reason| format!("{reason} team-2 {REGION} account"));
        assert_eq!(told, expected, "{queues:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_notice_about_the_hub_waits_until_it_can_be_sent() {
    for queues in [Queues::None, Queues::Targets, Queues::Both] {
        let mut stage = Stage::of(3, &Stage::organization(&[REGION]), queues);
        tick(&mut stage).await;
        stage.told();
        stage.cold_start();
        stage.sim.inject(Fault::new(FaultKind::AccessDenied).service(Service::Sts));
        stage.sim.inject(Fault::new(FaultKind::Unavailable).service(Service::Sns));
        for _ in 0..8 {
            assert_eq!(tick(&mut stage).await, [""; 0], "{queues:?}");
        }
        stage.sim.clear_faults();
        stage.sim.inject(Fault::new(FaultKind::Unavailable).service(Service::Sns));
        assert_eq!(tick(&mut stage).await, [""; 0], "{queues:?}");
        stage.sim.clear_faults();
        let mut told = Vec::new();
        for _ in 0..4 {
            told.extend(tick(&mut stage).await);
        }
        told.sort();
        let expected = ["reachable", "unreachable"].map(|reason| format!("{reason} {ACCOUNT} {REGION} hub"));
        assert_eq!(told, expected, "{queues:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn notices_about_several_accounts_share_a_message() {
    for queues in [Queues::None, Queues::Targets, Queues::Both] {
        let mut stage = Stage::of(20, &Stage::organization(&TWO), queues);
        tick(&mut stage).await;
        stage.told();
        for number in 1..=12 {
            stage.member(number, |member| member.role = None);
        }
        stage.cold_start();
        let mut messages = Vec::new();
        for _ in 0..6 {
            stage.wait(5).await;
            invoke(&mut stage).await;
            messages.extend(stage.messages());
        }
        let notices = messages.iter().flat_map(crate::support::messages::notices).count();
        assert_eq!((notices, messages.len()), (12, 1), "{queues:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_is_assumed_once_an_hour_and_a_failure_is_remembered_for_less_than_a_minute() {
    let mut stage = Stage::of(200, &Stage::organization(&TWO), Queues::None);
    stage.member(9, |member| member.role = None);
    for _ in 0..11 {
        stage.pass().await;
        stage.wait(5).await;
    }
    let asked = |number: usize| {
        let calls = stage.sim.calls();
        let of = format!("{}:role/tidings-reader", account(number));
        calls.iter().filter(|call| call.operation == "AssumeRole" && call.parameters.contains(&of)).count()
    };
    assert_eq!(asked(1), 1);
    assert_eq!(asked(200), 1);
    assert_eq!(asked(9), 11, "once for each pass, not for each region");
    assert_eq!(stage.calls("AssumeRole")[ACCOUNT], 199 + 11);
}

#[tokio::test(start_paused = true)]
async fn the_external_id_is_sent_and_credentials_are_renewed_before_they_expire() {
    let settings = format!("{}external_id = \"tidings-42\"", Stage::organization(&[REGION]));
    let mut stage = Stage::of(2, &settings, Queues::None);
    for number in [1, 2] {
        let external_id = Some("tidings-42".to_owned());
        stage.member(number, |member| {
            member.role = Some(Role { name: "tidings-reader".to_owned(), external_id });
        });
    }
    stage.pass().await;
    assert_eq!(stage.told().len(), 3);
    for number in 0..30 {
        stage.wait(5).await;
        let report = stage.pass().await;
        assert!(report.scopes.iter().all(|scope| scope.error.is_none()), "{number}: {:?}", report.scopes);
    }
    assert_eq!(name(1), "team-1");
}

/// The next tick, with queues or without; what it told.
async fn tick(stage: &mut Stage) -> Vec<String> {
    stage.wait(5).await;
    invoke(stage).await;
    stage.told()
}

/// The invocations of one tick.
async fn invoke(stage: &mut Stage) {
    if stage.tidings.queue.is_none() {
        stage.pass().await;
        return;
    }
    stage.event(Stage::schedule()).await.expect("a report");
    for (queue, size) in [(QUEUE, 10), (DELIVERIES, 10_000)] {
        // A delivery may fail while SNS is down.
        for batch in stage.take(queue).chunks(size) {
            stage.event(Stage::batch(queue, batch)).await.expect("an answer");
        }
    }
}
