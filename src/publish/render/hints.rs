//! What to do next. Hints say what is known to be true of the API and the failure; they never guess at a cause that AWS
//! did not name. Each claim about AWS has its source in a comment; what nobody could verify is not said.
//!
//! Commands and settings stand between backticks. Nothing that AWS says brings in a backtick ([`label()`]).

mod restores;
mod s3tables;
mod scope;

use crate::domain::{Notice, Reason, Source};

/// What comes next of something that runs again and again.
const RECOVERY: &str = "You will be told when it recovers.";

/// The steps for this notice, the most useful first; empty when there is nothing to do.
pub(super) fn hints(notice: &Notice) -> Vec<String> {
    match notice.reason {
        Reason::Failed | Reason::StillFailing => failed(notice),
        Reason::Canceled => restores::canceled(notice),
        Reason::Vanished => vanished(notice),
        Reason::UnknownStatus => vec![
            "tidings does not know this status word and concludes nothing from it: see in the console how it stands."
                .to_owned(),
            "tidings goes on watching it. A newer version may know the word.".to_owned(),
        ],
        Reason::Stalled => restores::stalled(notice),
        Reason::Overdue => vec![
            "The expected end is AWS Backup's own estimate: as long as the restore moves, it may only need more time."
                .to_owned(),
            "If others wait for it, tell them now. You will be told how it ends, and if it stops moving.".to_owned(),
        ],
        Reason::Lagging => s3tables::lagging(notice),
        Reason::Unreachable => scope::unreachable(notice),
        Reason::Completed => completed(notice),
        Reason::Disabled => s3tables::disabled(notice),
        Reason::Baseline if label(notice, "failing").is_some_and(|count| count != "0") => vec![
            "What is named as failing was failing already at the first pass. You will be told when it recovers."
                .to_owned(),
        ],
        Reason::Recovered | Reason::Reachable | Reason::Baseline | Reason::Started | Reason::Validating => Vec::new(),
    }
}

/// A label that has a value, without backticks: those mark our own commands.
fn label(notice: &Notice, name: &str) -> Option<String> {
    let value = notice.labels.get(name)?.replace('`', "'");
    (!value.is_empty()).then_some(value)
}

fn failed(notice: &Notice) -> Vec<String> {
    match (notice.scope.source, notice.facet.as_str()) {
        (Source::Redshift | Source::RedshiftServerless, _) => restores::table_restore(notice),
        (Source::Backup, "validation") => restores::validation(notice),
        (Source::Backup, "deletion") => restores::deletion(notice),
        (Source::Backup, _) => restores::backup(notice),
        (Source::S3TablesReplication, _) => s3tables::replication(notice),
        (Source::S3TablesMaintenance, _) => s3tables::maintenance(notice),
    }
}

fn vanished(notice: &Notice) -> Vec<String> {
    let look = match notice.scope.source {
        Source::Redshift | Source::RedshiftServerless => {
            let table = label(notice, "target_table").unwrap_or_else(|| "the restored table".to_owned());
            format!("See whether {table} exists and is complete before you rely on it.")
        }
        Source::Backup => "See whether the restored resource exists before you rely on it.".to_owned(),
        Source::S3TablesReplication | Source::S3TablesMaintenance => {
            "See whether the table and its replication configuration still exist.".to_owned()
        }
    };
    vec![
        "It may have ended well or badly: AWS neither lists it any more nor finds it by id, and tidings does not guess.".to_owned(),
        look,
    ]
}

fn completed(notice: &Notice) -> Vec<String> {
    match (notice.scope.source, notice.facet.as_str()) {
        (Source::Redshift | Source::RedshiftServerless, _) => restores::table_restored(notice),
        (Source::Backup, "restore") => restores::restored(notice),
        (Source::Backup, "validation") => {
            vec!["The restore test passed: this recovery point was restored and validated.".to_owned()]
        }
        (Source::Backup, _) => Vec::new(),
        (Source::S3TablesReplication, _) => vec![
            "The first copy is complete. From now on you will be told when it fails, falls behind or recovers."
                .to_owned(),
        ],
        (Source::S3TablesMaintenance, _) => vec![
            "This was the table's first successful maintenance run. From now on you will be told when one of its jobs fails or recovers."
                .to_owned(),
        ],
    }
}

/// `cluster analytics`, or `cluster` when it has no known name.
fn named(kind: &str, name: Option<String>) -> String {
    match name {
        Some(name) => format!("{kind} {name}"),
        None => kind.to_owned(),
    }
}
