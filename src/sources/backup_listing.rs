//! What the three kinds of AWS Backup jobs have in common: how far back they are listed, their names, and their messages.

use aws_smithy_types::DateTime;
use jiff::{SignedDuration, Timestamp};

use super::{Ask, words};

/// The largest page the API gives.
pub(super) const PAGE: i32 = 1000;
/// How long before the last complete read the window begins, because listings may lag behind.
const OVERLAP: SignedDuration = SignedDuration::from_hours(1);
/// The category of a completed job without issues.
const SUCCESS: &str = "SUCCESS";

/// The time from which on jobs are listed by their creation: the look-back window, or more after a gap. `None` until the
/// scope was read completely once.
pub(super) fn window(ask: &Ask<'_>, look_back: SignedDuration) -> Option<Timestamp> {
    let gap = ask.known.checkpoint.state.last_complete_at?.checked_sub(OVERLAP).ok()?;
    Some(ask.reference_time.checked_sub(look_back).ok()?.min(gap))
}

/// What a listing is limited to.
pub(super) struct Filter<S> {
    pub(super) state: Option<S>,
    pub(super) created_after: Option<Timestamp>,
}

/// The listings of a pass over backup or copy jobs. The first pass lists the look-back window and the unfinished jobs, not
/// all that ended in a month: an account may have thousands a day, and they are history.
pub(super) fn listings<S>(
    ask: &Ask<'_>,
    look_back: SignedDuration,
    unfinished: impl IntoIterator<Item = S>,
) -> Vec<Filter<S>> {
    if let created_after @ Some(_) = window(ask, look_back) {
        return vec![Filter { state: None, created_after }];
    }
    let recent = Filter { state: None, created_after: ask.reference_time.checked_sub(look_back).ok() };
    let unfinished = unfinished.into_iter().map(|state| Filter { state: Some(state), created_after: None });
    // The recent ones come last: of two entries for one job, the later counts.
    unfinished.chain([recent]).collect()
}

/// A time for a filter of a listing.
pub(super) fn seconds(time: Option<Timestamp>) -> Option<DateTime> {
    time.map(|time| DateTime::from_secs(time.as_second()))
}

/// "RDS backup of orders-db (job 4F2C1A7E)". `resource` is a name or an ARN.
pub(super) fn name(kind: Option<&str>, what: &str, resource: Option<&str>, id: &str) -> String {
    let kind = kind.map(|kind| format!("{kind} ")).unwrap_or_default();
    let resource = resource
        .and_then(|resource| resource.rsplit([':', '/']).next())
        .filter(|resource| !resource.is_empty())
        .map(|resource| format!(" of {resource}"))
        .unwrap_or_default();
    let short = id.split('-').next().unwrap_or(id);
    format!("{kind}{what}{resource} (job {short})")
}

/// The message of a backup or copy job. A completed job that has one had issues.
///
/// `ListBackupJobs` says that a job is completed with issues if it has another message category than `SUCCESS`; that it
/// then comes with a message. If it does not, the category is the message, or the state `PARTIAL`.
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListBackupJobs.html>
pub(super) fn message(state: &str, message: Option<&str>, category: Option<&str>) -> Option<String> {
    let category = category.map(str::trim).filter(|category| !category.is_empty());
    match state {
        "COMPLETED" if category.is_some_and(|category| category.eq_ignore_ascii_case(SUCCESS)) => None,
        "COMPLETED" => words(message).or_else(|| category.map(str::to_owned)),
        "PARTIAL" => words(message).or_else(|| Some(state.to_owned())),
        _ => words(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_completed_job_has_a_message_only_if_it_had_issues() {
        let cases = [
            ("COMPLETED", None, None, None),
            ("COMPLETED", None, Some("SUCCESS"), None),
            ("COMPLETED", Some("Completed successfully."), Some("success"), None),
            ("COMPLETED", Some("VSS was not used."), Some("VSS"), Some("VSS was not used.")),
            ("COMPLETED", Some("VSS was not used."), None, Some("VSS was not used.")),
            ("COMPLETED", None, Some("AccessDenied"), Some("AccessDenied")),
            ("PARTIAL", None, None, Some("PARTIAL")),
            ("PARTIAL", Some("1 of 3 failed"), Some("SUCCESS"), Some("1 of 3 failed")),
            ("FAILED", Some("Denied."), Some("AccessDenied"), Some("Denied.")),
            ("FAILED", None, Some("AccessDenied"), None),
        ];
        for (state, said, category, expected) in cases {
            assert_eq!(message(state, said, category).as_deref(), expected, "{state} {said:?} {category:?}");
        }
    }
}
