//! What to do next. [`about`](mod@crate::publish::about) has the steps that depend on the source.

use super::scope::parts_named;
use crate::domain::notice::{Event, Parts, ScopeEvent};
use crate::domain::{ErrorKind, Notice, ScopeError, Source};
use crate::publish::about::about;

/// The steps for this notice, the most useful first. Empty if there is nothing to do.
pub(crate) fn next_steps(notice: &Notice) -> Vec<String> {
    let source = notice.scope.source;
    match &notice.event {
        Event::Facet(event) => about(source).next_steps(notice, event),
        Event::Scope(ScopeEvent::Unreachable { error, .. }) if source == Source::Account => account(notice, error),
        Event::Scope(ScopeEvent::Unreachable { error, .. }) if source == Source::Hub => hub(error),
        Event::Scope(ScopeEvent::Unreachable { error, .. }) if error.is_not_available() => not_available(source),
        Event::Scope(ScopeEvent::Unreachable { error, .. }) => {
            vec![fix(error, None), "Every pass tries again. Until one succeeds, nothing here is watched.".to_owned()]
        }
        Event::Scope(ScopeEvent::PartlyUnreachable { parts, .. }) => partly(parts),
        Event::Scope(ScopeEvent::Baseline(baseline)) if baseline.failing > 0 => vec![
            "The failures listed above are older than the first pass. You will be told when they recover.".to_owned(),
        ],
        Event::Scope(ScopeEvent::Baseline(_) | ScopeEvent::Reachable(_) | ScopeEvent::PartsReachable { .. }) => {
            Vec::new()
        }
    }
}

fn account(notice: &Notice, error: &ScopeError) -> Vec<String> {
    let id = &notice.scope.account;
    let first = if error.kind == ErrorKind::Denied {
        format!(
            "Deploy `member.yaml` in account {id}. If its role exists, compare its trust policy with the role that tidings runs as, and its external id with `external_id` in tidings.toml."
        )
    } else {
        fix(error, None)
    };
    vec![
        first,
        format!("Or stop watching it: `exclude_accounts = [\"{id}\"]` under `[targets]` in tidings.toml."),
        "Every pass tries again. All other accounts are watched.".to_owned(),
    ]
}

fn hub(error: &ScopeError) -> Vec<String> {
    let first = if error.kind == ErrorKind::Denied {
        "Compare the role that tidings runs as with the template: it needs `sts:AssumeRole` for the role in every account, and, to list them, `organizations:ListAccounts` in the management account or a delegated administrator account.".to_owned()
    } else {
        fix(error, None)
    };
    vec![first, "Every pass tries again. The account of tidings itself is watched.".to_owned()]
}

fn partly(parts: &Parts) -> Vec<String> {
    let names = parts_named(parts.named.iter().map(|part| part.part.as_str()), parts.more).replace('`', "'");
    let mut steps: Vec<String> = parts.named.first().map(|part| fix(&part.error, Some(&names))).into_iter().collect();
    steps.extend(exclude(parts).map(|globs| {
        let globs: Vec<String> = globs.into_iter().map(|glob| serde_json::Value::from(glob).to_string()).collect();
        format!("Or leave it out: `exclude = [{}]` under `[s3tables]` in tidings.toml.", globs.join(", "))
    }));
    steps.push(format!("Every pass tries {names} again. Everything else is watched."));
    steps
}

/// The globs that exclude these parts. `None` if one of the parts cannot be excluded, or if there are too many.
pub(in crate::publish) fn exclude(parts: &Parts) -> Option<Vec<&str>> {
    /// Nobody would copy more globs than this by hand.
    const MOST: usize = 5;
    if parts.more > 0 || parts.named.iter().any(|part| part.exclude.is_empty()) {
        return None;
    }
    let globs: Vec<&str> = parts.named.iter().flat_map(|part| &part.exclude).map(String::as_str).collect();
    (globs.len() <= MOST).then_some(globs)
}

/// The step that fixes the error.
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
        (None, ErrorKind::Throttled) => "AWS throttles the calls: run passes less often (`PeriodMinutes` of the template), or see what else uses the request rate of the account.".to_owned(),
        (None, ErrorKind::Unavailable | ErrorKind::Timeout) => {
            "Look at the AWS Health Dashboard for this Region, and at the network of the function (VPC, NAT, endpoints).".to_owned()
        }
        (None, ErrorKind::Malformed) => {
            "tidings cannot parse the answer from AWS. If this continues, report it with the function's log of this pass.".to_owned()
        }
        _ => "See the function's log for details.".to_owned(),
    }
}

fn not_available(source: Source) -> Vec<String> {
    let parameter = about(source).parameter();
    vec![
        format!(
            "Stop watching it: deploy with `{parameter}=false`, or, without the template, leave `{source}` out of `sources` in tidings.toml."
        ),
        "If the service should be here, enable it, or the Region, for this account. Every pass tries again.".to_owned(),
    ]
}
