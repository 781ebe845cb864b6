//! A source that cannot be read, or not all of it.

use super::label;
use crate::domain::{Notice, Source};

/// What to do about a source that AWS does not let us read: all of it, a part of it, or one that is not there.
pub(super) fn unreachable(notice: &Notice) -> Vec<String> {
    if label(notice, "error").as_deref() == Some("not-available") {
        return not_available(notice);
    }
    match label(notice, "unread_parts") {
        Some(parts) => partly(notice, &parts),
        None => {
            vec![error(notice, None), "Every pass tries again; until one succeeds, nothing here is watched.".to_owned()]
        }
    }
}

fn partly(notice: &Notice, parts: &str) -> Vec<String> {
    let mut steps = vec![error(notice, Some(parts))];
    steps.extend(
        label(notice, "exclude").map(|globs| {
            format!("Or leave it out: `exclude = [{}]` under `[s3tables]` in tidings.toml.", quoted(&globs))
        }),
    );
    steps.push(format!("Every pass asks again for {parts}; the rest is watched."));
    steps
}

/// `aaa/**, bbb/**` as the strings of a TOML list, whether they are quoted already or not.
fn quoted(globs: &str) -> String {
    let globs = globs.split(',').map(|glob| glob.trim().trim_matches('"')).filter(|glob| !glob.is_empty());
    globs.map(|glob| serde_json::Value::from(glob).to_string()).collect::<Vec<_>>().join(", ")
}

/// What the kind of error asks for.
///
/// What can deny an action that a role's policy allows:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
fn error(notice: &Notice, parts: Option<&str>) -> String {
    let of = parts.map(|parts| format!(" on {parts}")).unwrap_or_default();
    let error = label(notice, "error");
    match (label(notice, "missing_action"), error.as_deref()) {
        (Some(action), _) => format!(
            "Allow {action}{of} for the role that tidings runs as. If its policy allows it already, something else denies it: a resource policy, a permissions boundary, a service control policy or a VPC endpoint policy."
        ),
        (None, Some("denied")) => {
            "Check the credentials and the policy of the role that tidings runs as.".to_owned()
        }
        (None, Some("throttled")) => "AWS throttles the calls: run passes less often (`PeriodMinutes` of the template), or see what else uses up the account's request rate.".to_owned(),
        (None, Some("unavailable" | "timeout")) => {
            "Look at the AWS Health Dashboard for this Region, and at the function's network (VPC, NAT, endpoints).".to_owned()
        }
        (None, Some("malformed")) => {
            "AWS answered in a way that tidings cannot read. If it lasts, report it with the function's log of this pass.".to_owned()
        }
        _ => "See the function's log for the whole story.".to_owned(),
    }
}

fn not_available(notice: &Notice) -> Vec<String> {
    let source = notice.scope.source;
    let parameter = match source {
        Source::Redshift => "WatchRedshift",
        Source::RedshiftServerless => "WatchRedshiftServerless",
        Source::Backup => "WatchBackup",
        Source::S3TablesReplication => "WatchS3TablesReplication",
        Source::S3TablesMaintenance => "WatchS3TablesMaintenance",
    };
    vec![
        format!(
            "Stop watching it: deploy with `{parameter}=false`, or, without the template, leave `{source}` out of `sources` in tidings.toml."
        ),
        "If the service should be here, enable it, or the Region, for this account: every pass looks again.".to_owned(),
    ]
}
