//! Amazon DynamoDB: imports of tables from Amazon S3.

use super::{About, Fact, MuteKey, dynamodb, label, named, owned, plain};
use crate::domain::label as name;
use crate::domain::notice::{FacetChange, FacetEvent};
use crate::domain::{Notice, Source};
use crate::publish::render::escape::shell_word;

pub(super) struct DynamoDbImports;

impl About for DynamoDbImports {
    fn subjects(&self, _event: &FacetEvent) -> (&'static str, &'static str) {
        ("import", "imports")
    }

    fn facts(&self, event: &FacetEvent) -> Vec<Fact> {
        let items = label(event, name::ITEMS).map(|items| match label(event, name::ITEM_ERRORS) {
            None | Some("0") => format!("{items} imported"),
            Some(errors) => format!("{items} imported, {errors} errors"),
        });
        vec![
            dynamodb::table(event),
            ("From", dynamodb::place(event)),
            ("Items", items),
            ("Error log", owned(event, name::LOG_GROUP_ARN)),
            ("Import", Some(event.subject.id.to_string())),
        ]
    }

    fn next_steps(&self, _notice: &Notice, event: &FacetEvent) -> Vec<String> {
        match event.change {
            FacetChange::Failed(_) | FacetChange::StillFailing(_) => failed(event),
            FacetChange::Canceled => {
                vec!["AWS stopped it before it ended. It will not continue.".to_owned(), again(event)]
            }
            FacetChange::Vanished => {
                super::vanished("See whether the table exists and is complete before you rely on it.".to_owned())
            }
            FacetChange::UnknownStatus => super::unknown_status(),
            FacetChange::Stalled { .. } => dynamodb::stalled("import"),
            FacetChange::Completed if event.is_completed_with_issues(Source::DynamoDbImports) => {
                vec![format!("The table is there, but items are missing from it. {}", errors(event))]
            }
            // There is nothing to do, or it does not happen to an import.
            FacetChange::Completed
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
            Some(event) => format!("dynamodb describe-import --import-arn {}", shell_word(&event.subject.id)),
            None => "dynamodb list-imports".to_owned(),
        })
    }

    fn mute_keys(&self, event: &FacetEvent) -> Vec<MuteKey> {
        dynamodb::mute_keys(event)
    }

    fn parameter(&self) -> &'static str {
        "WatchDynamoDbImports"
    }
}

fn failed(event: &FacetEvent) -> Vec<String> {
    let access = format!(
        "Check that whoever requested the import may read the objects in the {}, and that its bucket policy allows it.",
        dynamodb::bucket(event)
    );
    let mut steps = dynamodb::failed(event, access, again(event));
    if label(event, name::ITEM_ERRORS).is_some_and(|errors| errors != "0") {
        steps.insert(0, errors(event));
    }
    steps
}

/// Where the errors are. Each error of an item is logged:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.Validation.html>
fn errors(event: &FacetEvent) -> String {
    let log = plain(event, name::LOG_GROUP_ARN).map(|arn| format!(" {arn}")).unwrap_or_default();
    format!("The log group{log} in CloudWatch Logs has a line for each error.")
}

/// An import never writes to an existing table:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.HowItWorks.html>
fn again(event: &FacetEvent) -> String {
    let table = named("table", plain(event, name::TABLE));
    format!(
        "An import always makes a new table: to try again (`aws dynamodb import-table`), choose another name, or delete the {table} first if it exists."
    )
}
