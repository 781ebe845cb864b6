//! The shapes that messages promise: every message of every scenario is held against them.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;
use tidings::simulator::Publication;

static MACHINE: LazyLock<Validator> =
    LazyLock::new(|| validator(include_str!("../../schemas/tidings.notices.v1.json")));
static CHAT: LazyLock<Validator> =
    LazyLock::new(|| validator(include_str!("../../schemas/amazon-q.custom-notification.v1.json")));

fn validator(schema: &str) -> Validator {
    jsonschema::validator_for(&serde_json::from_str(schema).expect("JSON")).expect("a schema")
}

/// Fails unless the copies for programs and for chat channels are what they should be.
pub fn check(publication: &Publication) {
    for (schema, protocol) in [(&MACHINE, "sqs"), (&CHAT, "https")] {
        let copy: Value = serde_json::from_str(&publication.copy(protocol)).expect("JSON");
        let mistakes: Vec<String> =
            schema.iter_errors(&copy).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(mistakes.is_empty(), "{protocol}: {mistakes:?}");
    }
    let bytes: usize = publication
        .attributes
        .iter()
        .map(|(name, attribute)| name.len() + attribute.data_type.len() + attribute.value.len())
        .sum();
    assert!(publication.message.len() + bytes <= 262_144, "SNS takes no more");
}
