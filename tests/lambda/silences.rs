//! Commands about silences, and the samples of them.

use serde_json::{Value, json};

use super::function::Function;
use super::stage::Stage;
use super::{sample, tick};

const INVALID: &str = "Tidings.InvalidEvent";

/// A stage on which a replication has failed, the function, and the id of the notice about that.
async fn failing() -> (Stage, Function, String) {
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    function.report(&tick()).await;
    for table in stage.replicate(0) {
        stage.fail_replication(&table);
    }
    function.report(&tick()).await;
    let told = stage.told();
    let failed = told.iter().find(|told| told.reason == "failed").expect("a failure");
    let id = failed.id.clone();
    (stage, function, id)
}

/// The sample with another notice.
fn about(name: &str, id: &str) -> Value {
    let mut event = sample(name);
    event["notice_id"] = id.into();
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn the_samples_silence_a_failure_and_end_that() {
    let (stage, function, id) = failing().await;
    let answer = function.report(&about("silence.json", &id)).await;
    let message = answer["message"].as_str().expect("a message");
    assert!(message.starts_with("Silenced until 20") && message.contains("replication of table sales."), "{message}");
    let silence = &answer["silence"];
    assert_eq!((&silence["notice_id"], &silence["by"]), (&json!(id), &json!("on-call")));
    assert_eq!((&silence["reason"], &silence["failures"]), (&json!("ticket 4711"), &json!(1)));

    let subject = silence["subject"].as_str().expect("a subject").to_owned();
    let item = stage.item("s3tables-replication", &subject).await;
    assert!(format!("{item:?}").contains("ticket 4711"), "{item:?}");
    let answer = function.report(&about("unsilence.json", &id)).await;
    assert!(answer["message"].as_str().expect("a message").starts_with("No longer silenced: "), "{answer}");
    let item = stage.item("s3tables-replication", &subject).await;
    assert!(!format!("{item:?}").contains("ticket 4711"), "{item:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silence_that_is_not_well_formed_is_refused_and_nothing_is_written() {
    let (stage, function, id) = failing().await;
    let before = stage.items().await;
    let whole = about("silence.json", &id);
    let changed = |key: &str, value: Value| {
        let mut event = whole.clone();
        event[key] = value;
        event
    };
    let without = |key: &str| {
        let mut event = whole.clone();
        event.as_object_mut().expect("an object").remove(key);
        event
    };
    let unknown = "00000000-0000-5000-8000-000000000000";
    for (event, words) in [
        (without("reason"), "missing field `reason`"),
        (without("for"), "missing field `for`"),
        (without("notice_id"), "missing field `notice_id`"),
        (changed("reason", json!("")), "needs a reason"),
        (changed("for", json!("31d")), "at most 30 days"),
        (changed("for", json!("for ever")), "not a length of time"),
        (changed("for", json!(72)), "expected a string"),
        (changed("notice_id", json!("17")), "not the id of a notice"),
        (changed("notice_id", json!(unknown)), "no notice has the id 00000000"),
        (changed("topic", json!("x")), "unknown field `topic`"),
    ] {
        let failure = function.failure(&event).await;
        assert_eq!(failure.error_type, INVALID, "{event}: {}", failure.message);
        assert!(failure.message.contains(words), "{event}: {}", failure.message);
    }
    assert_eq!(stage.items().await, before);
}
