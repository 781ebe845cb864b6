//! Amazon S3 Tables: record expiration of tables that AWS manages.

use super::{About, Fact, MuteKey, RECOVERY, label, owned, s3tables};
use crate::domain::Notice;
use crate::domain::label as name;
use crate::domain::notice::{FacetChange, FacetEvent};
use crate::publish::render::causes::{Cause, cause};
use crate::publish::render::escape::shell_word;

pub(super) struct Expiration;

impl About for Expiration {
    fn subjects(&self, _event: &FacetEvent) -> (&'static str, &'static str) {
        ("table", "tables")
    }

    fn facts(&self, event: &FacetEvent) -> Vec<Fact> {
        vec![s3tables::table(event), ("Managed by", owned(event, name::MANAGED_BY))]
    }

    fn next_steps(&self, _notice: &Notice, event: &FacetEvent) -> Vec<String> {
        match event.change {
            FacetChange::Failed(_) | FacetChange::StillFailing(_) => failed(event),
            FacetChange::UnknownStatus => super::unknown_status(),
            FacetChange::Completed => vec![
                "Records of this table expired for the first time. From now on you will be told when that fails or recovers.".to_owned(),
            ],
            FacetChange::Disabled => vec![
                "Nothing to do if it was meant. Otherwise enable it again: `aws s3tables put-table-record-expiration-configuration`.".to_owned(),
            ],
            // There is nothing to do, or it does not happen to record expiration.
            FacetChange::Canceled
            | FacetChange::Vanished
            | FacetChange::Stalled { .. }
            | FacetChange::Overdue { .. }
            | FacetChange::Lagging { .. }
            | FacetChange::Started
            | FacetChange::Validating
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
        let arn = label(event, name::TABLE_ARN)?;
        Some(format!("s3tables get-table-record-expiration-job-status --table-arn {}", shell_word(arn)))
    }

    fn mute_keys(&self, event: &FacetEvent) -> Vec<MuteKey> {
        vec![("bucket", owned(event, name::BUCKET)), ("table", owned(event, name::TABLE))]
    }

    fn parameter(&self) -> &'static str {
        "WatchS3TablesExpiration"
    }
}

/// The steps for a failed run. The pages about record expiration document no failure messages.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-record-expiration.html>
fn failed(event: &FacetEvent) -> Vec<String> {
    let first = match cause(event.message.as_deref()) {
        Cause::Retried => Some("AWS tries again by itself: act only if the next runs fail too."),
        Cause::Kms => Some("Check the KMS key of the table: it must exist and be enabled."),
        _ => None,
    };
    let rest = ["Until it recovers, expired records stay in the table, so storage costs may grow.", RECOVERY];
    first.into_iter().chain(rest).map(str::to_owned).collect()
}
