//! The main job: a tick, something fails, the next tick says so once.

use tidings::simulator::{Fault, FaultKind, Service};

use super::contract::{check_complete, check_report, count, counts, scope, scopes, text};
use super::function::Function;
use super::stage::{EACH, REDSHIFT, Stage, WHY};
use super::{ACCOUNT, REGION, SOURCES, sample, tick};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_tick_takes_everything_in_and_says_what_is_watched() {
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    let report = function.report(&tick()).await;
    check_complete(&report);
    assert_eq!(counts(&report), [5, 5, 0]);
    for scope in scopes(&report) {
        assert_eq!((count(scope, "observed"), count(scope, "changed")), (EACH, EACH), "{scope}");
    }
    let told = stage.told();
    let mut sources: Vec<&str> = told.iter().map(|told| told.source.as_str()).collect();
    sources.sort_unstable();
    let mut expected = SOURCES;
    expected.sort_unstable();
    assert_eq!(sources, expected);
    assert!(told.iter().all(|told| told.reason == "baseline"), "{told:?}");
    // One item per subject and one checkpoint per scope.
    assert_eq!(stage.items().await.len() as u64, (EACH + 1) * 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_between_two_ticks_is_told_once() {
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    check_complete(&function.report(&tick()).await);
    let before = stage.item("redshift", REDSHIFT).await;
    assert_eq!(before["rev"].as_n().unwrap(), "1");
    stage.simulator.clear_inbox();

    stage.fail_redshift();
    let report = function.report(&sample("scheduler.json")).await;
    check_complete(&report);
    assert_eq!(counts(&report), [1, 1, 0]);
    assert_eq!(count(scope(&report, "redshift"), "changed"), 1);

    let told = stage.told();
    let [told] = told.as_slice() else { panic!("one notice is expected: {told:?}") };
    assert_eq!((told.reason.as_str(), told.source.as_str(), told.subject.as_str()), ("failed", "redshift", REDSHIFT));
    check_message(&stage);
    let item = stage.item("redshift", REDSHIFT).await;
    check_item(&item);

    let report = function.report(&tick()).await;
    check_complete(&report);
    assert_eq!(counts(&report), [0, 0, 0]);
    assert!(scopes(&report).iter().all(|scope| scope["changed"] == 0), "{report}");
    assert_eq!(stage.told().len(), 1);
    assert_eq!(stage.item("redshift", REDSHIFT).await, item);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_cut_short_on_the_way_closes_nothing() {
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    check_complete(&function.report(&tick()).await);
    stage.fail_redshift();
    stage.simulator.inject(Fault::new(FaultKind::Truncated).service(Service::Redshift));
    let report = function.report(&tick()).await;
    check_report(&report, &SOURCES);
    let cut = scope(&report, "redshift");
    assert_eq!((text(cut, "coverage"), text(&cut["error"], "kind")), ("partial", "malformed"), "{cut}");
    assert_eq!(counts(&report), [0, 0, 0]);

    stage.simulator.clear_faults();
    assert_eq!(counts(&function.report(&tick()).await), [1, 1, 0]);
}

/// The message as its readers get it.
fn check_message(stage: &Stage) {
    let message = stage.newest();
    let email = message.copy("email");
    for wanted in ["Failed", "dev.sales.orders", "analytics", WHY, "What to do next:", "aws redshift", ACCOUNT, REGION]
    {
        assert!(email.contains(wanted), "{wanted:?} is not in:\n{email}");
    }
    let event: serde_json::Value = serde_json::from_str(&message.copy("default")).unwrap();
    let notice = &event["data"]["notices"][0];
    assert_eq!((&notice["from"], &notice["to"]), (&"running".into(), &"failed".into()));
    assert_eq!((&notice["aws_status"], &notice["message"]), (&"FAILED".into(), &WHY.into()));
    assert_eq!((&notice["facet"], &notice["severity"]), (&"restore".into(), &"critical".into()));
    assert_eq!(notice["progress"]["done_bytes"], 512 * 1024 * 1024);
    assert!(text(&notice["links"], "console").starts_with("https://"), "{notice}");
    assert_eq!(notice["attributes"]["cluster"], "analytics");
    assert_eq!(message.attributes["severity"].value, "critical");
    assert_eq!(message.attributes["reasons"].value, r#"["failed"]"#);
    assert_eq!(message.attributes["sources"].value, r#"["redshift"]"#);
    let subject = message.subject.as_deref().unwrap_or_default();
    assert!(subject.contains("dev.sales.orders"), "{subject}");
}

/// The item as DynamoDB has it once the failure has been told.
fn check_item(item: &super::stage::Item) {
    let text = |name: &str| item[name].as_s().expect("a text").as_str();
    assert_eq!((text("pk"), text("sk")), (format!("redshift/{ACCOUNT}/{REGION}").as_str(), REDSHIFT));
    let facet = item["facets"].as_m().expect("a map")["restore"].as_m().expect("a map");
    assert_eq!(facet["status"].as_s().unwrap(), "failed");
    assert_eq!(facet["aws_status"].as_s().unwrap(), "FAILED");
    assert_eq!(facet["message"].as_s().unwrap(), WHY);
    assert!(item["outbox"].as_m().expect("the outbox is a map").is_empty(), "{item:?}");
    // Written by the first tick, by the second, and once more when SNS had taken the notice.
    assert_eq!(item["rev"].as_n().unwrap(), "3");
    assert_eq!(item["v"].as_n().unwrap(), "1");
    let expiry: i64 = item["expires_at"].as_n().expect("a closed subject expires").parse().unwrap();
    assert!(expiry > 1_700_000_000, "{expiry}");
}
