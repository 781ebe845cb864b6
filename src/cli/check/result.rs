//! The result of a case: what the settings do with it, and whether that is what was expected.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::cases::{Case, Given};
use super::effective::{or_never, repeats_word};
use crate::domain::{Candidate, Decision, Facet, FacetKind, Mute, Policy, Reason, Treatment, decide};

/// What the settings do with a case, and where that differs from what was expected.
#[derive(Clone, Debug)]
pub(super) struct CaseResult {
    pub name: String,
    pub differences: Vec<Difference>,
    /// The rules that match, in order.
    matched: Vec<String>,
    /// What the settings do with it, by key of `expect`.
    outcome: Vec<(&'static str, String)>,
    /// The result depends on the time, and the case has none.
    lacks_time: bool,
}

/// A key whose value is not the expected one.
#[derive(Clone, Debug)]
pub(super) struct Difference {
    pub key: &'static str,
    pub expected: String,
    pub actual: String,
}

impl CaseResult {
    /// Applies the policy to the case.
    pub fn on(case: &Case, policy: &Policy) -> Self {
        let given = &case.given;
        let of_policy = crate::domain::Case {
            scope: &given.scope,
            account: &given.account,
            labels: &given.labels,
            facet: &given.facet,
            reason: given.reason,
            message: given.message.as_deref(),
        };
        // Without a time, any will do: where one is needed, the case is refused.
        let treatment = policy.treat(&of_policy, given.time.unwrap_or_default());
        let rules: Vec<_> = treatment.rules.iter().filter_map(|position| policy.rules.get(*position)).collect();
        let matched: Vec<String> = rules.iter().map(|rule| rule.name.clone()).collect();
        let last_mute = rules.iter().rev().find_map(|rule| rule.effect.mute.as_ref());
        let depends_on_time = matches!(last_mute, Some(Mute::Until(_) | Mute::Weekly(_)));
        let asks_for_it = case.expect.iter().any(|(key, _)| ["told", "muted"].contains(key));
        let outcome = outcome(given, &treatment, &matched);
        let actual = |key: &str| outcome.iter().find(|(known, _)| *known == key).map(|(_, value)| value.clone());
        let differences = case
            .expect
            .iter()
            .map(|(key, expected)| (*key, expected.clone(), actual(key).unwrap_or_default()))
            .filter(|(_, expected, actual)| expected != actual)
            .map(|(key, expected, actual)| Difference { key, expected, actual })
            .collect();
        let lacks_time = depends_on_time && asks_for_it && given.time.is_none();
        Self { name: case.name.clone(), differences, matched, outcome, lacks_time }
    }

    /// Whether everything is as expected.
    pub fn is_fine(&self) -> bool {
        self.differences.is_empty()
    }

    /// The case's name if its result depends on the time and it has none.
    pub fn lacks_time(&self) -> Option<&str> {
        self.lacks_time.then_some(self.name.as_str())
    }

    /// The rules that matched, for a person.
    pub fn rules(&self) -> String {
        if self.matched.is_empty() { "none matched".to_owned() } else { self.matched.join(", ") }
    }
}

/// What the settings do with a case, by the keys of `expect`.
fn outcome(given: &Given, treatment: &Treatment, matched: &[String]) -> Vec<(&'static str, String)> {
    vec![
        ("told", is_told(given, treatment).to_string()),
        ("muted", treatment.muted.to_string()),
        ("severity", treatment.severity.to_string()),
        ("topic_arn", treatment.topic_arn.clone().unwrap_or_else(|| "default".to_owned())),
        ("note", treatment.note.clone().unwrap_or_default()),
        ("failure_threshold", treatment.failure_threshold.to_string()),
        ("repeats", repeats_word(treatment.repeats).to_owned()),
        ("reminder_interval", or_never(treatment.reminder_interval)),
        ("routine", treatment.routine.to_string()),
        ("rules", matched.join(", ")),
    ]
}

/// Whether people hear of it at once, by the decision that a pass would take.
///
/// A case is about something that is new: a first success, a reminder that is due. Of further failures, people know of those
/// before.
fn is_told(given: &Given, treatment: &Treatment) -> bool {
    let facet = Facet::parse(given.scope.source, &given.facet);
    let kind = facet.as_ref().map_or(FacetKind::Restore, Facet::kind);
    let first_told = match kind {
        FacetKind::Maintenance => treatment.failure_threshold.get(),
        _ => 1,
    };
    let has_issues = given.message.is_some() && given.scope.source.tells_issues(kind);
    let candidate = Candidate {
        is_silenced: false,
        reason: given.reason,
        kind,
        is_routine: match given.reason {
            Reason::Started | Reason::Validating | Reason::Disabled => true,
            Reason::Completed => kind.completes_as_routine() && !has_issues,
            _ => false,
        },
        failures: given.failures,
        is_known: kind.is_recurring() && given.failures > first_told,
        told_at: Some(Timestamp::MIN),
    };
    decide(&candidate, treatment, given.time.unwrap_or_default()) == Decision::Tell
}

/// All results as one JSON document.
pub(super) fn json(results: &[CaseResult]) -> Value {
    let cases: Vec<Value> = results
        .iter()
        .map(|result| {
            let differences = result.differences.iter().map(|difference| {
                json!({"key": difference.key, "expected": difference.expected, "actual": difference.actual})
            });
            let outcome = result.outcome.iter().filter(|(key, _)| *key != "rules");
            let outcome: serde_json::Map<String, Value> =
                outcome.map(|(key, value)| ((*key).to_owned(), typed(key, value))).collect();
            json!({
                "name": result.name,
                "passed": result.is_fine(),
                "rules": result.matched,
                "outcome": outcome,
                "differences": differences.collect::<Vec<_>>(),
            })
        })
        .collect();
    let failed = results.iter().filter(|result| !result.is_fine()).count();
    json!({"cases": cases, "passed": results.len() - failed, "failed": failed})
}

/// An outcome as a JSON value.
fn typed(key: &str, value: &str) -> Value {
    match key {
        "told" | "muted" | "routine" => json!(value == "true"),
        "failure_threshold" => json!(value.parse::<u32>().unwrap_or_default()),
        "topic_arn" if value == "default" => Value::Null,
        "note" if value.is_empty() => Value::Null,
        _ => json!(value),
    }
}
