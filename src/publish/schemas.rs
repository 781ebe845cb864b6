//! Checks messages against the published JSON schemas, in tests.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;

use super::Message;

static MACHINE: LazyLock<Validator> =
    LazyLock::new(|| validator(include_str!("../../schemas/tidings.notices.v1.json")));
static REPORT: LazyLock<Validator> = LazyLock::new(|| validator(include_str!("../../schemas/tidings.report.v1.json")));
static CHAT: LazyLock<Validator> =
    LazyLock::new(|| validator(include_str!("../../schemas/amazon-q.custom-notification.v1.json")));

fn validator(schema: &str) -> Validator {
    jsonschema::validator_for(&serde_json::from_str(schema).expect("JSON")).expect("a schema")
}

/// The schema violations in the copies for programs and for chat channels.
pub(super) fn mistakes(message: &Message) -> Vec<String> {
    let mut mistakes = against(&MACHINE, &read(message, "default"));
    let https = read(message, "https");
    let is_machine = https["specversion"].is_string();
    mistakes.extend(against(if is_machine { &MACHINE } else { &CHAT }, &https));
    mistakes
}

/// The same for the message with a report.
pub(super) fn report_mistakes(message: &Message) -> Vec<String> {
    let mut mistakes = against(&REPORT, &read(message, "default"));
    mistakes.extend(against(&CHAT, &read(message, "https")));
    mistakes
}

fn read(message: &Message, protocol: &str) -> Value {
    serde_json::from_str(&message.copy(protocol).expect("a copy")).expect("JSON")
}

fn against(schema: &Validator, copy: &Value) -> Vec<String> {
    schema.iter_errors(copy).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn the_schemas_refuse_messages_that_readers_could_not_parse() {
    let message =
        super::render(&[crate::samples::graded(crate::domain::Severity::Critical)], &super::Settings::default());
    assert_eq!(mistakes(&message), Vec::<String>::new());
    let event = read(&message, "default");
    for (pointer, key, value) in [
        ("", "type", Some(Value::from("tidings.notices.v2"))),
        ("", "time", None),
        ("/data/summary", "total", Some(Value::from(0))),
        ("/data/notices/0", "id", Some(Value::from("r-1"))),
        ("/data/notices/0", "message", None),
        ("/data/notices/0", "reason", Some(Value::from("exploded"))),
        ("/data/notices/0", "colour", Some(Value::from("red"))),
    ] {
        let mut wrong = event.clone();
        let object = wrong.pointer_mut(pointer).and_then(Value::as_object_mut).expect("an object");
        match value {
            Some(value) => object.insert(key.to_owned(), value),
            None => object.remove(key),
        };
        assert!(!MACHINE.is_valid(&wrong), "{pointer}/{key}");
    }
    let mut chat = read(&message, "https");
    chat["content"]["title"] = Value::from("x".repeat(251));
    assert!(!CHAT.is_valid(&chat));
    chat["content"].as_object_mut().expect("content").remove("description");
    assert!(!CHAT.is_valid(&chat));
}
