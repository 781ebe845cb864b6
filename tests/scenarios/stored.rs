//! Stored items, read and written across versions.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;
use tidings::domain::Source;
use tidings::report::Report;
use tidings::simulator::RedshiftRestore;

use crate::stage::{PATIENCE, REGION, Stage, TABLE, scope};

type Item = HashMap<String, AttributeValue>;

const SCOPE: &str = "redshift/123456789012/eu-central-1";

async fn get(client: &Client, id: &str) -> Item {
    let answer = client
        .get_item()
        .table_name(TABLE)
        .key("pk", AttributeValue::S(SCOPE.to_owned()))
        .key("sk", AttributeValue::S(id.to_owned()))
        .send();
    answer.await.expect("an answer").item.expect("an item")
}

async fn put(client: &Client, item: Item) {
    client.put_item().table_name(TABLE).set_item(Some(item)).send().await.expect("an answer");
}

fn map<'a>(item: &'a mut Item, path: &[&str]) -> &'a mut Item {
    path.iter().fold(item, |item, name| match item.get_mut(*name) {
        Some(AttributeValue::M(map)) => map,
        other => panic!("{name} is {other:?}"),
    })
}

async fn stage() -> (Stage, Client) {
    let mut stage = Stage::of(&[Source::Redshift]);
    let status = Some("IN_PROGRESS".to_owned());
    for id in ["r-1", "r-2"] {
        let requested = Some(stage.now());
        let status = status.clone();
        stage.sim.world().put_redshift(RedshiftRestore { status, requested, ..RedshiftRestore::new(id) });
    }
    stage.baseline().await;
    stage.by_hand = Some("PutItem");
    let client = Client::new(&stage.sim.sdk_config(REGION));
    (stage, client)
}

fn fail(stage: &mut Stage, id: &str) {
    stage.sim.world().redshift.get_mut(id).expect("a restore").status = Some("FAILED".to_owned());
    stage.cold_start();
}

#[tokio::test(start_paused = true)]
async fn an_item_holds_state_revision_version_and_expiry() {
    let (mut stage, client) = stage().await;
    fail(&mut stage, "r-1");
    assert_eq!(stage.tick().await.len(), 1);
    let mut item = get(&client, "r-1").await;
    assert_eq!(item["v"], AttributeValue::N("1".to_owned()));
    assert_eq!(item["rev"], AttributeValue::N("3".to_owned()), "first seen, failed, delivered");
    assert_eq!(map(&mut item, &["outbox"]).len(), 0, "delivered");
    assert_eq!(map(&mut item, &["facets", "restore"])["status"], AttributeValue::S("failed".to_owned()));
    let expires_at: i64 = item["expires_at"].as_n().expect("a number").parse().expect("seconds");
    assert_eq!(expires_at - stage.now().as_second(), 45 * 24 * 3600, "closed subjects expire");
    assert!(!get(&client, "r-2").await.contains_key("expires_at"), "open ones don't");
}

#[tokio::test(start_paused = true)]
async fn what_a_later_version_wrote_is_ignored_and_kept() {
    let (mut stage, client) = stage().await;
    let later = AttributeValue::S("from the future".to_owned());
    let mut item = get(&client, "r-1").await;
    item.insert("mood".to_owned(), later.clone());
    map(&mut item, &["facets", "restore"]).insert("mood".to_owned(), later.clone());
    let facet = map(&mut item, &["facets"])["restore"].clone();
    map(&mut item, &["facets"]).insert("encore".to_owned(), facet);
    put(&client, item).await;

    fail(&mut stage, "r-1");
    assert_eq!(stage.tick().await, ["failed restore r-1: running -> failed"]);
    let mut item = get(&client, "r-1").await;
    assert_eq!(item["mood"], later);
    assert_eq!(map(&mut item, &["facets", "restore"])["mood"], later);
    assert_eq!(map(&mut item, &["facets", "restore"])["status"], AttributeValue::S("failed".to_owned()));
    assert!(map(&mut item, &["facets"]).contains_key("encore"));
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_version_did_not_write_is_filled_in() {
    let (mut stage, client) = stage().await;
    let mut item = get(&client, "r-1").await;
    for name in ["labels", "name", "began_at", "v", "writer"] {
        item.remove(name);
    }
    for name in ["failures", "told", "absent_reads", "completed_once", "progress"] {
        map(&mut item, &["facets", "restore"]).remove(name);
    }
    put(&client, item).await;
    fail(&mut stage, "r-1");
    assert_eq!(stage.tick().await, ["failed restore r-1: running -> failed"]);
    assert_eq!(get(&client, "r-1").await["v"], AttributeValue::N("1".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_item_that_cannot_be_read_is_named_and_left_alone() {
    let (mut stage, client) = stage().await;
    let mut item = get(&client, "r-1").await;
    item.insert("facets".to_owned(), AttributeValue::S("gone".to_owned()));
    put(&client, item.clone()).await;
    fail(&mut stage, "r-1");
    fail(&mut stage, "r-2");
    stage.wait(5);
    let report = stage.pass().await;
    let error = scope(&report, Source::Redshift).error.as_ref().expect("an error");
    assert!(error.message.contains(SCOPE) && error.message.contains("r-1"), "{}", error.message);
    assert_eq!(stage.told(), ["failed restore r-2: running -> failed"], "the others go on");
    assert_eq!(get(&client, "r-1").await, item);
}

/// A dry run says what a pass would, also about an item that a later version wrote.
#[tokio::test(start_paused = true)]
async fn a_dry_run_reports_an_item_that_cannot_be_read_as_the_pass_does() {
    let (mut stage, client) = stage().await;
    let mut item = get(&client, "r-1").await;
    item.insert("facets".to_owned(), AttributeValue::S("gone".to_owned()));
    put(&client, item).await;
    fail(&mut stage, "r-1");
    fail(&mut stage, "r-2");
    stage.wait(5);
    let (order, invocation) = (stage.dry_run(), stage.invocation(PATIENCE));
    let dry = stage.tidings.run(&order, &invocation).await;
    assert!(stage.told().is_empty(), "it sends nothing");
    let pass = stage.pass().await;
    let said = |report: &Report| {
        let scope = scope(report, Source::Redshift);
        (scope.coverage, scope.error.clone(), scope.observed, scope.changed, scope.noticed)
    };
    assert_eq!(said(&dry), said(&pass));
    assert!(said(&pass).1.expect("an error").message.contains("r-1"));
    assert_eq!(dry.notices, Some(stage.notices()));
}
