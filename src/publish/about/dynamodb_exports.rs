//! Amazon DynamoDB: exports of tables to Amazon S3.

use super::{About, Fact, MuteKey, dynamodb, label, owned};
use crate::domain::Notice;
use crate::domain::label as name;
use crate::domain::notice::{FacetChange, FacetEvent};
use crate::publish::render::escape::shell_word;

pub(super) struct DynamoDbExports;

impl About for DynamoDbExports {
    fn subjects(&self, _event: &FacetEvent) -> (&'static str, &'static str) {
        ("export", "exports")
    }

    fn facts(&self, event: &FacetEvent) -> Vec<Fact> {
        vec![
            dynamodb::table(event),
            ("Type", label(event, name::EXPORT_TYPE).map(|kind| kind.to_lowercase().replace('_', " "))),
            ("To", dynamodb::place(event)),
            ("Items", owned(event, name::ITEMS)),
            ("Export", Some(event.subject.id.to_string())),
        ]
    }

    fn next_steps(&self, _notice: &Notice, event: &FacetEvent) -> Vec<String> {
        match event.change {
            FacetChange::Failed(_) | FacetChange::StillFailing(_) => failed(event),
            FacetChange::Vanished => super::vanished(
                "An export that completed has a manifest in the bucket: see whether it is there before you rely on the export.".to_owned(),
            ),
            FacetChange::UnknownStatus => super::unknown_status(),
            FacetChange::Stalled { .. } => dynamodb::stalled("export"),
            // There is nothing to do, or it does not happen to an export.
            FacetChange::Completed
            | FacetChange::Canceled
            | FacetChange::Overdue { .. }
            | FacetChange::Lagging { .. }
            | FacetChange::Disabled
            | FacetChange::Recovered(_)
            | FacetChange::Started
            | FacetChange::Validating => Vec::new(),
        }
    }

    fn console(&self, _event: Option<&FacetEvent>, region: &str) -> String {
        dynamodb::console(region)
    }

    fn command(&self, event: Option<&FacetEvent>) -> Option<String> {
        Some(match event {
            Some(event) => format!("dynamodb describe-export --export-arn {}", shell_word(&event.subject.id)),
            None => "dynamodb list-exports".to_owned(),
        })
    }

    fn mute_keys(&self, event: &FacetEvent) -> Vec<MuteKey> {
        dynamodb::mute_keys(event)
    }

    fn parameter(&self) -> &'static str {
        "WatchDynamoDbExports"
    }
}

/// The steps for a failed export. The permissions, and from which time a table can be exported:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport_Requesting.html>
fn failed(event: &FacetEvent) -> Vec<String> {
    let access = format!(
        "Check that whoever requested the export may write to the {}, and that its bucket policy allows it.",
        dynamodb::bucket(event)
    );
    let again = "To try again, request another export (`aws dynamodb export-table-to-point-in-time`) once the cause is fixed. The same point in time can be exported as long as it is in the recovery period of the table.";
    dynamodb::failed(event, access, again.to_owned())
}
