//! Known causes of failure, recognised in AWS's own words.

/// What kind of cause AWS names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// A KMS key.
    Kms,
    /// A permission.
    Access,
    /// AWS tries again by itself.
    Retried,
    /// Something that must be new exists.
    Exists,
    /// Something is missing.
    NotFound,
    /// A limit, a quota, a lack of space.
    Quota,
    /// Anything else, or no explanation at all.
    Other,
}

/// What AWS's messages are recognised by, tried in this order: a key that may not be used is a matter of the key, and a
/// message that promises a retry matters less than one that names what a person must mend.
const SIGNS: [(Cause, &[&str]); 6] = [
    (Cause::Kms, &["kms", "encryption key", "customer managed key"]),
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
        &["will be retried", "will retry", "retried automatically", "retry automatically", "try again automatically"],
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

/// The cause that a message names.
pub(super) fn cause(message: Option<&str>) -> Cause {
    let words = message.unwrap_or_default().to_lowercase();
    SIGNS
        .iter()
        .find(|(_, signs)| signs.iter().any(|sign| words.contains(sign)))
        .map_or(Cause::Other, |(cause, _)| *cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_recognised_in_awss_words() {
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
}
