//! The messages that SNS accepted: what every one of them promises its readers, and the notices in it.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};
use tidings::simulator::Publication;

static MACHINE: LazyLock<Validator> =
    LazyLock::new(|| validator(include_str!("../../schemas/tidings.notices.v1.json")));
static REPORT: LazyLock<Validator> = LazyLock::new(|| validator(include_str!("../../schemas/tidings.report.v1.json")));
static CHAT: LazyLock<Validator> =
    LazyLock::new(|| validator(include_str!("../../schemas/amazon-q.custom-notification.v1.json")));

/// What SNS accepts, message and attributes together.
const MAX_BYTES: usize = 262_144;
const ATTRIBUTES: [(&str, &str); 6] = [
    ("account", "String.Array"),
    ("notice_id", "String"),
    ("reasons", "String.Array"),
    ("region", "String.Array"),
    ("severity", "String"),
    ("sources", "String.Array"),
];

fn validator(schema: &str) -> Validator {
    jsonschema::validator_for(&serde_json::from_str(schema).expect("JSON")).expect("a schema")
}

fn hold(value: &Value, schema: &Validator) {
    let mistakes: Vec<String> =
        schema.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(mistakes.is_empty(), "{mistakes:?} in {value}");
}

/// Fails unless every copy and attribute of the message is what its readers expect.
pub fn check(publication: &Publication) {
    assert!(publication.structured, "MessageStructure=json");
    let subject = publication.subject.as_deref().expect("a subject");
    assert!(subject.len() < 100 && subject.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{subject:?}");
    hold(&event(publication), if is_report(publication) { &REPORT } else { &MACHINE });
    for protocol in ["default", "lambda", "http", "firehose"] {
        assert_eq!(publication.copy(protocol), publication.copy("sqs"), "{protocol}");
    }
    hold(&serde_json::from_str(&publication.copy("https")).expect("the copy for chat is JSON"), &CHAT);
    let sms = publication.copy("sms");
    assert!(!sms.is_empty() && sms.chars().count() <= 140 && !sms.contains('\n'), "{sms:?}");
    assert!(publication.message.len() + attribute_bytes(publication) <= MAX_BYTES, "SNS accepts no more");
    check_attributes(publication);
}

fn check_attributes(publication: &Publication) {
    let attributes: Vec<(&str, &str)> =
        publication.attributes.iter().map(|(name, attribute)| (name.as_str(), attribute.data_type.as_str())).collect();
    assert_eq!(attributes, ATTRIBUTES);
    let value = |name: &str| publication.attributes[name].value.as_str();
    let list = |name: &str| serde_json::from_str::<Vec<String>>(value(name)).expect("a list");
    assert_eq!(event(publication)["id"], value("notice_id"));
    let notices = notices(publication);
    let told = |key: &str| -> Vec<&str> { notices.iter().filter_map(|notice| notice[key].as_str()).collect() };
    for severity in told("severity") {
        assert!(rank(severity) <= rank(value("severity")), "the attribute is the highest severity");
    }
    let is_whole = event(publication)["data"]["summary"].get("left_out").is_none();
    for key in ["incident_key", "event_action"] {
        assert!(!is_whole || told(key).len() == notices.len(), "every notice has {key}");
    }
    assert!(told("reason").iter().all(|reason| list("reasons").iter().any(|listed| listed == reason)));
    assert!(told("source").iter().all(|source| list("sources").iter().any(|listed| listed == source)));
}

fn rank(severity: &str) -> usize {
    ["info", "warning", "critical"].iter().position(|known| *known == severity).expect("a severity")
}

/// How many bytes the attributes count for.
pub fn attribute_bytes(publication: &Publication) -> usize {
    let attributes = publication.attributes.iter();
    attributes.map(|(name, attribute)| name.len() + attribute.data_type.len() + attribute.value.len()).sum()
}

/// Fails unless these notices, which no message has carried, could stand in one.
pub fn check_notices(notices: &[Value]) {
    let id = "00000000-0000-0000-0000-000000000000";
    let summary = json!({"total": notices.len(), "by_severity": {}, "by_reason": {}, "title": "-"});
    let event = json!({
        "specversion": "1.0", "id": id, "source": "/tidings", "type": "tidings.notices.v1",
        "time": "2026-03-02T06:00:00Z", "datacontenttype": "application/json",
        "data": {"summary": summary, "notices": notices},
    });
    hold(&event, &MACHINE);
}

/// The machine form of a message.
pub fn event(publication: &Publication) -> Value {
    serde_json::from_str(&publication.copy("sqs")).expect("the machine form is JSON")
}

/// Whether the message is the report about a week or a month, which has no notices.
pub fn is_report(publication: &Publication) -> bool {
    event(publication)["type"] == "tidings.report.v1"
}

/// The notices of a message, each with what all of them share.
pub fn notices(publication: &Publication) -> Vec<Value> {
    let event = event(publication);
    if is_report(publication) {
        return Vec::new();
    }
    let shared = event["data"]["shared"].as_object().cloned().unwrap_or_default();
    let entries = event["data"]["notices"].as_array().expect("notices");
    let whole = |entry: &Value| {
        let mut whole = shared.clone();
        whole.extend(entry.as_object().expect("a notice").clone());
        Value::Object(whole)
    };
    entries.iter().map(whole).collect()
}
