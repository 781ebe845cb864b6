//! What backup jobs and copy jobs of AWS Backup have in common.

use super::{AWS_RETRIES, Fact, MuteKey, label, named, owned, plain, within};
use crate::domain::label as name;
use crate::domain::notice::FacetEvent;
use crate::publish::render::causes::{Cause, cause};

/// `RDS, orders-db, arn:...`, or the part of it that is known.
pub(super) fn resource(event: &FacetEvent) -> Fact {
    let parts = [name::RESOURCE_TYPE, name::RESOURCE_NAME, name::SOURCE_RESOURCE_ARN];
    let known: Vec<&str> = parts.into_iter().filter_map(|part| label(event, part)).collect();
    ("Resource", (!known.is_empty()).then(|| known.join(", ")))
}

/// The id of the job, and of the job that it is a part of.
pub(super) fn job(event: &FacetEvent) -> Fact {
    ("Job", within(Some(&event.subject.id), "part of", label(event, name::PARENT_JOB_ID)))
}

pub(super) fn mute_keys(event: &FacetEvent) -> Vec<MuteKey> {
    vec![
        ("resource_type", owned(event, name::RESOURCE_TYPE)),
        ("resource_name", owned(event, name::RESOURCE_NAME)),
        ("backup_plan", owned(event, name::BACKUP_PLAN)),
    ]
}

/// What to check after a failure, as far as it differs between the two kinds of jobs.
pub(super) struct ToCheck {
    /// Whose KMS keys.
    pub(super) keys: &'static str,
    /// Which policies besides those of the role.
    pub(super) policies: &'static str,
    /// What may no longer exist.
    pub(super) existence: &'static str,
}

/// The steps for a failed job, the last of which is how to try again.
///
/// Which permissions the jobs need: the managed policies for backups in
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/security-iam-awsmanpol.html>
pub(super) fn failed(event: &FacetEvent, check: &ToCheck, again: String) -> Vec<String> {
    let role = named("role", plain(event, name::IAM_ROLE_ARN));
    let first = match cause(event.message.as_deref()) {
        Cause::Retried => return vec![AWS_RETRIES.to_owned()],
        Cause::Kms => Some(format!(
            "Check the KMS keys of {}: they must be enabled, and the {role} must be allowed to use them by its own policy and by the key policies.",
            check.keys
        )),
        Cause::Access => Some(format!(
            "Check the {role}, with whose permissions AWS Backup does this, against the managed policy for backups ({}). {}",
            match label(event, name::RESOURCE_TYPE) {
                Some("S3") => "AWSBackupServiceRolePolicyForS3Backup",
                _ => "AWSBackupServiceRolePolicyForBackup",
            },
            check.policies
        )),
        Cause::Quota => Some("Raise the limit that the message names, or use less of it.".to_owned()),
        Cause::NotFound => Some(check.existence.to_owned()),
        Cause::Exists | Cause::Other => None,
    };
    first.into_iter().chain([again]).collect()
}

/// The steps for a job that completed with issues. `PARTIAL` means that nested recovery points are missing: "Recovery point
/// status" in <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeRecoveryPoint.html>
pub(super) fn issues(event: &FacetEvent) -> Vec<String> {
    let is_partial = event.aws_status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("PARTIAL"));
    vec![if is_partial {
        "The recovery point is there, but nested recovery points are missing from it: see which of its parts did not complete."
    } else {
        "The recovery point is there, but AWS adds a message: read it before you rely on this recovery point."
    }
    .to_owned()]
}
