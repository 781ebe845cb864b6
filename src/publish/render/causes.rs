//! Recognises known causes of failures in AWS's status messages.

/// The cause that a status message names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::publish) enum Cause {
    /// A KMS key.
    Kms,
    /// A missing permission.
    Access,
    /// AWS tries again by itself.
    Retried,
    /// Something that the job must create already exists.
    Exists,
    /// Something that the job needs does not exist.
    NotFound,
    /// A limit, a quota, or too little space.
    Quota,
    /// Anything else, or no status message.
    Other,
}

/// The cause that the status message of a maintenance job names. Most of these messages are documented:
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-maintenance-status.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::publish) enum MaintenanceCause {
    /// The KMS key of the table.
    Key,
    /// No access. The message does not name the key.
    Access,
    /// Tags or branches that users created.
    TagsOrBranches,
    /// The properties `history.expire.*` of the table.
    RetentionProperties,
    /// The property `gc.enabled` is false.
    GarbageCollection,
    /// AWS could not read the table, or the table violates the Iceberg specification.
    Validation,
    /// AWS tries again: a commit conflict, outdated metadata, or a job that took too long.
    Retried,
    /// An internal error of AWS.
    Internal,
    /// A limit or a quota.
    Quota,
    /// Anything else, or no status message.
    Other,
}

/// The texts that identify a cause. The first that matches counts, so the order matters. The key comes before the
/// permission: a message about a key that must not be used usually contains both. A retry comes after these two,
/// because a person must fix them.
const SIGNS: [(Cause, &[&str]); 6] = [
    (Cause::Kms, &["kms", "encryption key", "customer managed key", "key used to encrypt"]),
    (
        Cause::Access,
        &[
            "access denied",
            "accessdenied",
            "insufficient access",
            "insufficient permission",
            "insufficient privilege",
            "not authorized",
            "unauthorized",
            "forbidden",
            "permission",
        ],
    ),
    (
        Cause::Retried,
        &[
            "will be retried",
            "will retry",
            "be retried at the next",
            "retried automatically",
            "retry automatically",
            "try again automatically",
        ],
    ),
    (Cause::Exists, &["already exists", "alreadyexists", "already in use"]),
    (
        Cause::NotFound,
        &[
            "not found",
            "notfound",
            "does not exist",
            "doesn't exist",
            "no longer exists",
            "could not be found",
            "cannot find",
            "nosuch",
        ],
    ),
    (
        Cause::Quota,
        &[
            "quota",
            "limit",
            "insufficient capacity",
            "insufficientcapacity",
            "disk full",
            "not enough space",
            "disk space",
            "storage space",
            "too many",
        ],
    ),
];

/// The texts for maintenance jobs, which are tried before [`SIGNS`]. The key comes first, because the message about it
/// begins with "Insufficient access".
const MAINTENANCE_SIGNS: [(MaintenanceCause, &[&str]); 6] = [
    (MaintenanceCause::Key, &["kms", "encryption key", "customer managed key", "key used to encrypt"]),
    (MaintenanceCause::TagsOrBranches, &["user defined tag", "user-defined tag", "tags or references", "branch"]),
    (MaintenanceCause::RetentionProperties, &["history.expire."]),
    (MaintenanceCause::GarbageCollection, &["gc.enabled"]),
    (MaintenanceCause::Validation, &["validation exception", "iceberg validation", "iceberg specification"]),
    (MaintenanceCause::Retried, &["out of date metadata", "out-of-date metadata", "commit conflict"]),
];

/// The cause that a message names.
pub(in crate::publish) fn cause(message: Option<&str>) -> Cause {
    let words = message.unwrap_or_default().to_lowercase();
    first_sign(&SIGNS, &words).unwrap_or(Cause::Other)
}

/// The cause that the message of a maintenance job names.
pub(in crate::publish) fn maintenance_cause(message: Option<&str>) -> MaintenanceCause {
    let words = message.unwrap_or_default().to_lowercase();
    first_sign(&MAINTENANCE_SIGNS, &words).unwrap_or_else(|| match cause(message) {
        Cause::Kms => MaintenanceCause::Key,
        Cause::Access => MaintenanceCause::Access,
        Cause::Retried => MaintenanceCause::Retried,
        Cause::Quota => MaintenanceCause::Quota,
        Cause::Exists | Cause::NotFound | Cause::Other if words.contains("internal error") => {
            MaintenanceCause::Internal
        }
        Cause::Exists | Cause::NotFound | Cause::Other => MaintenanceCause::Other,
    })
}

fn first_sign<C: Copy>(signs: &[(C, &[&str])], words: &str) -> Option<C> {
    signs.iter().find(|(_, signs)| signs.iter().any(|sign| words.contains(sign))).map(|(cause, _)| *cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_recognised_in_status_messages() {
        let cases = [
            ("Insufficient access to perform table maintenance operations.", Cause::Access),
            ("User: arn:aws:sts::1:assumed-role/x is not authorized to perform: ec2:RunInstances", Cause::Access),
            ("The ciphertext refers to a customer master key that does not exist (Service: AWSKMS)", Cause::Kms),
            ("Iceberg commit failed due to out-of-date metadata. The job will be retried.", Cause::Retried),
            ("Table public.orders_restored already exists.", Cause::Exists),
            ("Snapshot rs-1 not found", Cause::NotFound),
            ("VcpuLimitExceeded: you have requested more vCPU capacity", Cause::Quota),
            ("Disk Full on cluster", Cause::Quota),
            ("Something else", Cause::Other),
        ];
        for (message, expected) in cases {
            assert_eq!(cause(Some(message)), expected, "{message}");
        }
        assert_eq!(cause(None), Cause::Other);
    }

    #[test]
    fn the_documented_failures_of_maintenance_jobs_are_recognised() {
        let cases = [
            (
                "Insufficient access to perform table maintenance. Ensure that the key used to encrypt the table is active.",
                MaintenanceCause::Key,
            ),
            ("Insufficient access to perform table maintenance operations.", MaintenanceCause::Access),
            (
                "Iceberg Snapshot management does not currently support user defined tags or references.",
                MaintenanceCause::TagsOrBranches,
            ),
            ("Tables with branches are not supported", MaintenanceCause::TagsOrBranches),
            (
                "Incompatible with 'history.expire.max-snapshot-age-ms' and 'history.expire.min-snapshots-to-keep'",
                MaintenanceCause::RetentionProperties,
            ),
            ("Not supported when the 'gc.enabled' table property is false.", MaintenanceCause::GarbageCollection),
            ("Encountered Iceberg validation exception when trying to read table.", MaintenanceCause::Validation),
            ("Failed to commit because of out of date metadata.", MaintenanceCause::Retried),
            ("The job timed out and will be retried at the next available opportunity.", MaintenanceCause::Retried),
            ("Internal error", MaintenanceCause::Internal),
            ("Too many snapshots", MaintenanceCause::Quota),
            ("The job timed out", MaintenanceCause::Other),
            ("", MaintenanceCause::Other),
        ];
        for (message, expected) in cases {
            assert_eq!(maintenance_cause(Some(message)), expected, "{message}");
        }
    }
}
