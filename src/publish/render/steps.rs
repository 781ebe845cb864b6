//! What to do next. What is particular to a source is in [`about`](mod@crate::publish::about).

use super::scope::parts_named;
use crate::domain::notice::{Event, Parts, ScopeEvent};
use crate::domain::{ErrorKind, Notice, ScopeError, Source};
use crate::publish::about::about;

/// The steps for this notice, the most useful first; empty when there is nothing to do.
pub(in crate::publish) fn next_steps(notice: &Notice) -> Vec<String> {
    let source = notice.scope.source;
    match &notice.event {
        Event::Facet(event) => about(source).next_steps(notice, event),
        Event::Scope(ScopeEvent::Unreachable { error, .. }) if error.is_not_available() => not_available(source),
        Event::Scope(ScopeEvent::Unreachable { error, .. }) => {
            vec![fix(error, None), "Every pass tries again; until one succeeds, nothing here is watched.".to_owned()]
        }
        Event::Scope(ScopeEvent::PartlyUnreachable { parts, .. }) => partly(parts),
        Event::Scope(ScopeEvent::Baseline(baseline)) if baseline.failing > 0 => vec![
            "What is named as failing was failing already at the first pass. You will be told when it recovers."
                .to_owned(),
        ],
        Event::Scope(ScopeEvent::Baseline(_) | ScopeEvent::Reachable(_) | ScopeEvent::PartsReachable { .. }) => {
            Vec::new()
        }
    }
}

fn partly(parts: &Parts) -> Vec<String> {
    let names = parts_named(parts.named.iter().map(|part| part.part.as_str()), parts.more).replace('`', "'");
    let mut steps: Vec<String> = parts.named.first().map(|part| fix(&part.error, Some(&names))).into_iter().collect();
    steps.extend(exclude(parts).map(|globs| {
        let globs: Vec<String> = globs.into_iter().map(|glob| serde_json::Value::from(glob).to_string()).collect();
        format!("Or leave it out: `exclude = [{}]` under `[s3tables]` in tidings.toml.", globs.join(", "))
    }));
    steps.push(format!("Every pass asks again for {names}; the rest is watched."));
    steps
}

/// The globs that leave these parts out. `None` if one of the parts cannot be left out, or if they are too many to name.
pub(in crate::publish) fn exclude(parts: &Parts) -> Option<Vec<&str>> {
    /// More globs than these are no help to anyone.
    const MOST: usize = 5;
    if parts.more > 0 || parts.named.iter().any(|part| part.exclude.is_empty()) {
        return None;
    }
    let globs: Vec<&str> = parts.named.iter().flat_map(|part| &part.exclude).map(String::as_str).collect();
    (globs.len() <= MOST).then_some(globs)
}

/// What the kind of error asks for.
///
/// What can deny an action that a role's policy allows:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
fn fix(error: &ScopeError, parts: Option<&str>) -> String {
    let of = parts.map(|parts| format!(" on {parts}")).unwrap_or_default();
    match (&error.action, error.kind) {
        (Some(action), _) => format!(
            "Allow {action}{of} for the role that tidings runs as. If its policy allows it already, something else denies it: a resource policy, a permissions boundary, a service control policy or a VPC endpoint policy."
        ),
        (None, ErrorKind::Denied) => {
            "Check the credentials and the policy of the role that tidings runs as.".to_owned()
        }
        (None, ErrorKind::Throttled) => "AWS throttles the calls: run passes less often (`PeriodMinutes` of the template), or see what else uses up the account's request rate.".to_owned(),
        (None, ErrorKind::Unavailable | ErrorKind::Timeout) => {
            "Look at the AWS Health Dashboard for this Region, and at the function's network (VPC, NAT, endpoints).".to_owned()
        }
        (None, ErrorKind::Malformed) => {
            "AWS answered in a way that tidings cannot read. If it lasts, report it with the function's log of this pass.".to_owned()
        }
        _ => "See the function's log for the whole story.".to_owned(),
    }
}

fn not_available(source: Source) -> Vec<String> {
    let parameter = about(source).parameter();
    vec![
        format!(
            "Stop watching it: deploy with `{parameter}=false`, or, without the template, leave `{source}` out of `sources` in tidings.toml."
        ),
        "If the service should be here, enable it, or the Region, for this account: every pass looks again.".to_owned(),
    ]
}
