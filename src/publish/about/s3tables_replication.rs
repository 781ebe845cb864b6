//! Amazon S3 Tables: replication of tables to other table buckets.

use super::{About, Fact, MuteKey, RECOVERY, label, owned, s3tables};
use crate::domain::Notice;
use crate::domain::label as name;
use crate::domain::notice::{FacetChange, FacetEvent};
use crate::publish::render::causes::{Cause, cause};
use crate::publish::render::escape::shell_word;

pub(super) struct Replication;

impl About for Replication {
    fn subjects(&self, _event: &FacetEvent) -> (&'static str, &'static str) {
        ("table", "tables")
    }

    fn facts(&self, event: &FacetEvent) -> Vec<Fact> {
        vec![s3tables::table(event), ("Destination", Some(event.facet.to_string()))]
    }

    fn next_steps(&self, notice: &Notice, event: &FacetEvent) -> Vec<String> {
        match event.change {
            FacetChange::Failed(_) | FacetChange::StillFailing(_) => failed(notice, event),
            FacetChange::Lagging { .. } => lagging(event),
            FacetChange::Vanished => s3tables::vanished(),
            FacetChange::UnknownStatus => super::unknown_status(),
            FacetChange::Completed => vec![
                "The first copy is complete. From now on you will be told when it fails, falls behind or recovers."
                    .to_owned(),
            ],
            // There is nothing to do, or it does not happen to a replication.
            FacetChange::Canceled
            | FacetChange::Stalled { .. }
            | FacetChange::Overdue { .. }
            | FacetChange::Started
            | FacetChange::Validating
            | FacetChange::Disabled
            | FacetChange::Recovered(_) => Vec::new(),
        }
    }

    fn console(&self, _event: Option<&FacetEvent>, region: &str) -> String {
        s3tables::console(region)
    }

    fn command(&self, event: Option<&FacetEvent>) -> Option<String> {
        let Some(event) = event else {
            return Some(s3tables::LIST.to_owned());
        };
        let table = label(event, name::TABLE_ARN).unwrap_or(&event.subject.id);
        Some(format!("s3tables get-table-replication-status --table-arn {}", shell_word(table)))
    }

    fn mute_keys(&self, event: &FacetEvent) -> Vec<MuteKey> {
        let destination = event.facet.as_str().rsplit('/').next().map(str::to_owned);
        vec![("bucket", owned(event, name::BUCKET)), ("table", owned(event, name::TABLE)), ("destination", destination)]
    }

    fn parameter(&self) -> &'static str {
        "WatchS3TablesReplication"
    }
}

/// The steps for a replication that failed.
///
/// What the role, the keys and the policies must allow: "Setting up S3 Tables replication",
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-replication-setting-up.html>. What is not
/// replicated: "How S3 Tables replication works",
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-replication-how-replication-works.html>
fn failed(notice: &Notice, event: &FacetEvent) -> Vec<String> {
    let message = event.message.as_deref();
    let words = message.unwrap_or_default().to_lowercase();
    let elsewhere = match destination_account(event) {
        Some(account) if account == notice.scope.account => None,
        Some(_) => Some("The destination is in another account"),
        None => Some("If the destination is in another account"),
    };
    let mut steps: Vec<String> = Vec::new();
    let mut add = |step: &str| steps.push(step.to_owned());
    match cause(message) {
        Cause::Kms => {
            add(
                "Check the KMS keys of source and destination: both must be enabled, and the replication role needs kms:Decrypt and kms:GenerateDataKey on both, in its own policy and in the key policies (AWS's examples add kms:Encrypt).",
            );
            if let Some(elsewhere) = elsewhere {
                add(&format!(
                    "{elsewhere}: both key policies must name the role and maintenance.s3tables.amazonaws.com."
                ));
            }
        }
        Cause::Access => {
            add(
                "Check the replication role: it must trust replication.s3tables.amazonaws.com, read the source table and write to the destination bucket. AWS's guide \"Setting up S3 Tables replication\" lists the actions.",
            );
            if let Some(elsewhere) = elsewhere {
                add(&format!("{elsewhere}: the policy of its table bucket must allow the role too."));
            }
        }
        Cause::Quota => add(
            "Compare the limit that the message names with the quotas of S3 Tables in the destination account and Region.",
        ),
        Cause::Exists => add(
            "A replica has the same namespace and name as its source table: rename the table with that name in the destination bucket, or delete it if nobody needs it.",
        ),
        Cause::NotFound => add(
            "Check that the destination bucket still exists, and that the replication configuration still names it (`aws s3tables get-table-replication`, `aws s3tables get-table-bucket-replication`).",
        ),
        Cause::Retried => add("AWS says that it tries again: act only if it does not recover."),
        Cause::Other if words.contains("branch") || words.contains("tags") => {
            add(
                "S3 Tables does not replicate tables with tags or branches: remove them, or take the table out of the replication.",
            );
        }
        Cause::Other => {}
    }
    add(replica(event));
    add(RECOVERY);
    steps
}

/// The account in the ARN of the destination bucket.
fn destination_account(event: &FacetEvent) -> Option<&str> {
    event.facet.as_str().strip_prefix("arn:")?.split(':').nth(3)
}

/// What the failure means for readers of the replica. While the status is FAILED, nothing new is replicated:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-replication-managing.html>
const fn replica(event: &FacetEvent) -> &'static str {
    match event.run {
        Some(_) => {
            "Until it recovers, the replica gets no new updates: its readers see the data of the last good copy."
        }
        None => "Until it recovers, the destination has no complete copy.",
    }
}

/// The steps for a replication that lags.
///
/// How long an update usually takes, and when it takes longer:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-replication-how-replication-works.html>
fn lagging(event: &FacetEvent) -> Vec<String> {
    let look = match event.run {
        Some(_) => "a large update takes longer, so see how much has been written to the source table lately",
        None => "the first copy of a large table takes longer",
    };
    vec![
        format!(
            "AWS reports no failure. Most updates are replicated within minutes; {look}. Also check that the destination bucket, the replication role and the KMS keys have not changed."
        ),
        replica(event).to_owned(),
        "You will be told when it has caught up or failed.".to_owned(),
    ]
}
