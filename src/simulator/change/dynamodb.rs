//! Exports and imports of DynamoDB tables that are added or updated.
//!
//! A change may leave out the table of a job that exists. A new job needs one,
//! because it is part of its ARN.

use jiff::Timestamp;

use super::{ChangeError, changes, end, take_over};
use crate::simulator::world::{TableExport, TableImport, World};

/// Adds or updates an export.
pub(super) fn export(world: &mut World, newer: &TableExport, at: Timestamp) -> Result<(), ChangeError> {
    if newer.table.is_empty() && !world.exports.contains_key(&newer.id) {
        return Err(ChangeError::nothing_to_change("export", &newer.id));
    }
    let known = world
        .exports
        .entry(newer.id.clone())
        .or_insert_with(|| TableExport { start: Some(at), ..TableExport::new(&newer.id) });
    if changes(known.status.as_ref(), newer.status.as_ref()) {
        (known.message, known.failure_code) = (None, None);
        end(&mut known.end, newer.status.as_ref(), &["COMPLETED", "FAILED"], at);
    }
    take_over_table(&mut known.table, &newer.table);
    take_over!(
        known,
        newer,
        status,
        export_type,
        start,
        end,
        export_time,
        bucket,
        prefix,
        failure_code,
        message,
        items,
        size_bytes,
        region,
    );
    Ok(())
}

/// Adds or updates an import.
pub(super) fn import(world: &mut World, newer: &TableImport, at: Timestamp) -> Result<(), ChangeError> {
    if newer.table.is_empty() && !world.imports.contains_key(&newer.id) {
        return Err(ChangeError::nothing_to_change("import", &newer.id));
    }
    let known = world
        .imports
        .entry(newer.id.clone())
        .or_insert_with(|| TableImport { start: Some(at), ..TableImport::new(&newer.id) });
    if changes(known.status.as_ref(), newer.status.as_ref()) {
        (known.message, known.failure_code) = (None, None);
        end(&mut known.end, newer.status.as_ref(), &["COMPLETED", "CANCELLED", "FAILED"], at);
    }
    take_over_table(&mut known.table, &newer.table);
    take_over!(
        known,
        newer,
        status,
        start,
        end,
        bucket,
        prefix,
        log_group_arn,
        format,
        errors,
        processed_items,
        imported_items,
        processed_bytes,
        failure_code,
        message,
        region,
    );
    Ok(())
}

fn take_over_table(known: &mut String, newer: &str) {
    if !newer.is_empty() {
        newer.clone_into(known);
    }
}
