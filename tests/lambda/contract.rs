//! The report and the messages, as programs read them. Every key is checked, and no other may be there.

use serde_json::Value;
use tidings::simulator::Publication;

use super::support::messages;
use super::{ACCOUNT, REGION, SOURCES};

const REPORT: [&str; 7] = ["dry_run", "muted", "noticed", "pending", "published", "reference_time", "scopes"];
const SCOPE: [&str; 15] = [
    "account",
    "changed",
    "coverage",
    "duration_ms",
    "error",
    "muted",
    "noticed",
    "observed",
    "oldest_pending_seconds",
    "out_of_time",
    "pending",
    "published",
    "region",
    "source",
    "throttled",
];
/// A notice as a program reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub id: String,
    pub reason: String,
    pub source: String,
    pub subject: String,
}

impl Told {
    fn of(notice: &Value) -> Self {
        Self {
            id: text(notice, "id").to_owned(),
            reason: text(notice, "reason").to_owned(),
            source: text(notice, "source").to_owned(),
            subject: text(notice, "subject").to_owned(),
        }
    }
}

/// Checks a report's shape and sums, and that it is about `sources`.
pub fn check_report(report: &Value, sources: &[&str]) {
    let is_dry = report["dry_run"].as_bool().unwrap_or_else(|| panic!("dry_run in {report}"));
    let mut keys = REPORT.to_vec();
    if is_dry {
        keys.push("notices");
    }
    check_keys(report, &keys);
    check_time(report, "reference_time");
    assert!(!scopes(report).is_empty(), "no scopes in {report}");
    let named: Vec<&str> = scopes(report).iter().map(|scope| text(scope, "source")).collect();
    assert_eq!(named, sources);
    for scope in scopes(report) {
        check_keys(scope, &SCOPE);
        assert_eq!((text(scope, "account"), text(scope, "region")), (ACCOUNT, REGION));
        assert!(["complete", "partial", "skipped"].contains(&text(scope, "coverage")), "{scope}");
        assert!(scope["out_of_time"].is_boolean(), "{scope}");
    }
    for total in ["muted", "noticed", "published", "pending"] {
        let sum: u64 = scopes(report).iter().map(|scope| count(scope, total)).sum();
        assert_eq!(count(report, total), sum, "{total} in {report}");
    }
    if is_dry {
        let notices = report["notices"].as_array().expect("a list");
        assert_eq!(notices.len() as u64, count(report, "noticed"));
        messages::check_notices(notices);
    }
}

/// [`check_report`] of a pass over everything, all of which went well.
pub fn check_complete(report: &Value) {
    check_report(report, &SOURCES);
    for scope in scopes(report) {
        assert_eq!((text(scope, "coverage"), &scope["error"]), ("complete", &Value::Null), "{scope}");
    }
}

/// `{noticed, published, pending}`.
pub fn counts(report: &Value) -> [u64; 3] {
    ["noticed", "published", "pending"].map(|key| count(report, key))
}

/// The report's entry of a source.
pub fn scope<'a>(report: &'a Value, source: &str) -> &'a Value {
    scopes(report).iter().find(|scope| scope["source"] == source).unwrap_or_else(|| panic!("no {source} in {report}"))
}

pub fn scopes(report: &Value) -> &[Value] {
    report["scopes"].as_array().map_or(&[], Vec::as_slice)
}

/// Checks every copy and attribute of a message. The notices in it.
pub fn read(message: &Publication, topic_arn: &str) -> Vec<Told> {
    assert_eq!(message.topic_arn, topic_arn);
    messages::check(message);
    let value = |name: &str| message.attributes[name].value.as_str();
    let list = |word: &str| format!("[\"{word}\"]");
    assert_eq!((value("account"), value("region")), (list(ACCOUNT).as_str(), list(REGION).as_str()));
    let notices = messages::notices(message);
    let email = message.copy("email");
    for notice in &notices {
        let wanted = [text(notice, "id"), text(notice, "reason"), ACCOUNT, REGION];
        assert!(wanted.iter().all(|word| email.contains(word)), "{wanted:?} in:\n{email}");
    }
    notices.iter().map(Told::of).collect()
}

fn check_keys(object: &Value, expected: &[&str]) {
    let mut keys: Vec<&str> =
        object.as_object().unwrap_or_else(|| panic!("not an object: {object}")).keys().map(String::as_str).collect();
    keys.sort_unstable();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(keys, expected);
}

fn check_time(object: &Value, key: &str) {
    text(object, key).parse::<jiff::Timestamp>().unwrap_or_else(|error| panic!("{key} in {object}: {error}"));
}

pub fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    object[key].as_str().unwrap_or_else(|| panic!("no text {key} in {object}"))
}

pub fn count(object: &Value, key: &str) -> u64 {
    object[key].as_u64().unwrap_or_else(|| panic!("no count {key} in {object}"))
}
