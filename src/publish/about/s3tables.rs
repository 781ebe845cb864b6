//! What the S3 Tables sources have in common.

use super::{Fact, label};
use crate::domain::label as name;
use crate::domain::notice::FacetEvent;

/// `sales.orders_daily in table bucket lake`, or the ARN if a part of that is not known.
pub(super) fn table(event: &FacetEvent) -> Fact {
    let parts = [name::NAMESPACE, name::TABLE, name::BUCKET].map(|part| label(event, part));
    let table = match parts {
        [Some(namespace), Some(table), Some(bucket)] => format!("{namespace}.{table} in table bucket {bucket}"),
        _ => label(event, name::TABLE_ARN).unwrap_or(&event.subject.id).to_owned(),
    };
    ("Table", Some(table))
}

pub(super) fn console(region: &str) -> String {
    format!("s3/table-buckets?region={region}")
}

pub(super) const LIST: &str = "s3tables list-table-buckets";

pub(super) fn vanished() -> Vec<String> {
    super::vanished("See whether the table and its replication configuration still exist.".to_owned())
}
