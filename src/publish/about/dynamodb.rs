//! What exports and imports of DynamoDB tables have in common.

use super::{AWS_RETRIES, Fact, MuteKey, label, named, owned, plain};
use crate::domain::label as name;
use crate::domain::notice::FacetEvent;
use crate::publish::render::causes::{Cause, cause};

/// `analytics-exports/daily`, the bucket and the prefix.
pub(super) fn place(event: &FacetEvent) -> Option<String> {
    let bucket = label(event, name::S3_BUCKET)?;
    Some(match label(event, name::S3_PREFIX) {
        Some(prefix) => format!("{bucket}/{prefix}"),
        None => bucket.to_owned(),
    })
}

pub(super) fn table(event: &FacetEvent) -> Fact {
    ("Table", owned(event, name::TABLE_ARN))
}

/// The bucket in words.
pub(super) fn bucket(event: &FacetEvent) -> String {
    named("bucket", plain(event, name::S3_BUCKET))
}

/// The steps for a failure. `access` says what was probably denied, and `again` how to repeat the job.
pub(super) fn failed(event: &FacetEvent, access: String, again: String) -> Vec<String> {
    let first = match cause(event.message.as_deref()) {
        Cause::Retried => return vec![AWS_RETRIES.to_owned()],
        Cause::Kms => Some("Check the KMS key that the message is about: it must exist and be enabled.".to_owned()),
        Cause::Access => Some(access),
        Cause::Quota => Some("Raise the limit that the message names, or use less of it.".to_owned()),
        Cause::NotFound => {
            Some(format!("Check that what the message names still exists, the {} first.", bucket(event)))
        }
        Cause::Exists | Cause::Other => None,
    };
    first.into_iter().chain([again]).collect()
}

/// The start page of the console: the pages of a table and of its exports have no documented address.
pub(super) fn console(region: &str) -> String {
    format!("dynamodbv2/home?region={region}")
}

pub(super) fn mute_keys(event: &FacetEvent) -> Vec<MuteKey> {
    vec![("table", owned(event, name::TABLE)), ("s3_bucket", owned(event, name::S3_BUCKET))]
}

/// The steps for a job that takes long. The service has no operation that stops one.
pub(super) fn stalled(kind: &str) -> Vec<String> {
    vec![
        format!("AWS still reports it as unfinished: see the {kind} in the console of DynamoDB."),
        "AWS offers no way to cancel it. You will be told how it ends.".to_owned(),
    ]
}
