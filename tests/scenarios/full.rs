//! An item that has no room left: SNS takes nothing for so long that the outbox fills it.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use tidings::domain::Source;
use tidings::simulator::{Fault, FaultKind, MaintenanceJob, Service};

use crate::stage::{REGION, Stage, TABLE, scope};

/// More failures than an item of 400 KB has room for, with messages as long as they get.
const RUNS: i64 = 90;

fn run(stage: &Stage, status: &str) {
    let message = Some("Insufficient access. ".repeat(300));
    let job = MaintenanceJob { status: Some(status.to_owned()), run: Some(stage.now()), message };
    stage.sim.world().table("lake", "sales", "orders").maintenance.insert("icebergCompaction".to_owned(), job);
}

/// The texts of the largest item, which are nearly all of it.
async fn bytes(stage: &Stage) -> usize {
    fn texts(value: &AttributeValue) -> usize {
        match value {
            AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
            AttributeValue::M(map) => map.iter().map(|(name, value)| name.len() + texts(value)).sum(),
            _ => 1,
        }
    }
    let client = Client::new(&stage.sim.sdk_config(REGION));
    let items = client.scan().table_name(TABLE).send().await.expect("an answer").items.expect("items");
    items.iter().map(|item| item.iter().map(|(name, value)| name.len() + texts(value)).sum()).max().expect("an item")
}

#[tokio::test(start_paused = true)]
async fn a_full_outbox_is_said_and_everything_in_it_is_told_in_the_end() {
    let mut stage = Stage::telling_every_failure(Source::S3TablesMaintenance);
    stage.by_hand = Some("Scan");
    run(&stage, "Successful");
    stage.baseline().await;
    // Nothing that the SDK tries again: it keeps one allowance of retries for all tests of this process.
    stage.sim.inject(Fault::new(FaultKind::AccessDenied).service(Service::Sns));
    let mut runs = Vec::new();
    let mut refused = None;
    for _ in 0..RUNS {
        stage.wait(60);
        run(&stage, "Failed");
        let report = stage.pass().await;
        let scope = scope(&report, Source::S3TablesMaintenance);
        if scope.changed == 1 {
            runs.push(stage.now().to_string());
        } else {
            refused = scope.error.clone();
        }
    }
    let refused = refused.expect("there is no room for all of them");
    assert!(refused.message.contains("sns:Publish"), "the first thing that is wrong: {}", refused.message);
    assert!(runs.len() > 50, "{}", runs.len());
    // Claims and removals, which every notice still needs, must fit in as well: DynamoDB takes 409,600 bytes.
    let bytes = bytes(&stage).await;
    assert!((350_000..=380_000).contains(&bytes), "{bytes}");
    stage.sim.clear_faults();
    stage.cold_start();
    stage.wait(5);
    let report = stage.pass().await;
    let mut notices = stage.notices();
    notices.retain(|notice| notice["facet"] != "scope");
    let told: Vec<&str> = notices.iter().map(|notice| notice["run"].as_str().expect("a run")).collect();
    assert_eq!(told[..runs.len()], runs, "in order, none missing");
    assert_eq!(told.len(), runs.len() + 1, "and what had no room before");
    assert_eq!((report.pending, scope(&report, Source::S3TablesMaintenance).coverage), (0, "complete"));
}
