//! What table restores of Amazon Redshift and of Redshift Serverless have in common.

use super::{AWS_RETRIES, Fact, NO_CANCEL, label, named, plain};
use crate::domain::label as name;
use crate::domain::notice::FacetEvent;
use crate::publish::render::causes::{Cause, cause};

/// `dev.public.orders -> dev.public.orders_restored`.
pub(super) fn tables(event: &FacetEvent) -> Fact {
    let tables = match (label(event, name::SOURCE_TABLE), label(event, name::TARGET_TABLE)) {
        (Some(from), Some(to)) => Some(format!("{from} -> {to}")),
        (from, to) => from.or(to).map(str::to_owned),
    };
    ("Tables", tables)
}

/// The steps for a failed table restore. `home` is the cluster or namespace, `point` the snapshot or recovery point.
///
/// Its APIs: <https://docs.aws.amazon.com/redshift/latest/APIReference/API_RestoreTableFromClusterSnapshot.html>,
/// <https://docs.aws.amazon.com/redshift-serverless/latest/APIReference/API_RestoreTableFromSnapshot.html>,
/// <https://docs.aws.amazon.com/redshift-serverless/latest/APIReference/API_RestoreTableFromRecoveryPoint.html>
pub(super) fn failed(event: &FacetEvent, home: &str, point: &str, again: String) -> Vec<String> {
    let first = match cause(event.message.as_deref()) {
        Cause::Retried => return vec![AWS_RETRIES.to_owned()],
        Cause::Kms => Some(format!(
            "Check the KMS keys of the {home} and of the {point}: they must exist, be enabled and not be scheduled for deletion."
        )),
        Cause::Access => Some("The message names what was denied: allow it.".to_owned()),
        Cause::Quota => {
            Some(format!("Free what the message says is short on the {home}, or raise the limit that it names."))
        }
        // A restored table never takes the name of an existing one:
        // https://docs.aws.amazon.com/redshift/latest/mgmt/working-with-snapshot-restore-table-from-snapshot.html
        Cause::Exists => Some(
            "Choose a new name for the restored table, or rename the existing one: a table restore never overwrites a table."
                .to_owned(),
        ),
        Cause::NotFound => Some(format!(
            "Check that the {point} still exists and contains the table, and that the target database and schema exist."
        )),
        Cause::Other => None,
    };
    first.into_iter().chain([again]).collect()
}

/// How to request a table restore again.
pub(super) fn again(command: &str, when: &str) -> String {
    format!("To try again, request a new table restore (`{command}`) {when}.")
}

/// `snapshot NAME`.
pub(super) fn snapshot(event: &FacetEvent) -> String {
    named("snapshot", plain(event, name::SNAPSHOT))
}

/// The steps for a completed table restore.
///
/// Foreign keys, views and permissions of the source table are not restored with it:
/// <https://docs.aws.amazon.com/redshift/latest/mgmt/working-with-snapshot-restore-table-from-snapshot.html>,
/// <https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-table-restore.html>
pub(super) fn completed(event: &FacetEvent) -> Vec<String> {
    let ready = |table| {
        format!(
            "{table} is ready. It has no foreign keys, and views and permissions of the original table do not apply to it."
        )
    };
    plain(event, name::TARGET_TABLE).map(ready).into_iter().collect()
}

pub(super) fn vanished(event: &FacetEvent) -> Vec<String> {
    let table = plain(event, name::TARGET_TABLE).unwrap_or_else(|| "the restored table".to_owned());
    super::vanished(format!("See whether {table} exists and is complete before you rely on it."))
}

/// The steps for a stalled table restore. `limit` says what else it may be waiting for.
pub(super) fn stalled(look: String, limit: &str) -> Vec<String> {
    vec![look, format!("{NO_CANCEL}{limit}. You will be told when it moves again, and how it ends.")]
}
