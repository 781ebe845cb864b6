//! Restore jobs that are added or updated.

use jiff::Timestamp;

use super::{changes, end, take_over};
use crate::simulator::world::{BackupRestore, RedshiftRestore, ServerlessRestore, World};

/// Adds or updates a Redshift table restore.
pub(super) fn redshift(world: &mut World, newer: &RedshiftRestore, at: Timestamp) {
    let known = world
        .redshift
        .entry(newer.id.clone())
        .or_insert_with(|| RedshiftRestore { requested: Some(at), ..RedshiftRestore::new(&newer.id) });
    if changes(known.status.as_ref(), newer.status.as_ref()) {
        known.message = None;
    }
    take_over!(
        known,
        newer,
        status,
        message,
        requested,
        progress_mb,
        total_mb,
        cluster,
        snapshot,
        source,
        target,
        region,
    );
}

/// Adds or updates a Redshift Serverless table restore.
pub(super) fn serverless(world: &mut World, newer: &ServerlessRestore, at: Timestamp) {
    let known = world
        .serverless
        .entry(newer.id.clone())
        .or_insert_with(|| ServerlessRestore { requested: Some(at), ..ServerlessRestore::new(&newer.id) });
    if changes(known.status.as_ref(), newer.status.as_ref()) {
        known.message = None;
    }
    take_over!(
        known,
        newer,
        status,
        message,
        requested,
        progress_mb,
        total_mb,
        namespace,
        workgroup,
        snapshot,
        recovery_point,
        source,
        target,
        region,
    );
}

/// Adds or updates a Backup restore job.
pub(super) fn backup(world: &mut World, newer: &BackupRestore, at: Timestamp) {
    let known = world
        .backup
        .entry(newer.id.clone())
        .or_insert_with(|| BackupRestore { created: Some(at), ..BackupRestore::new(&newer.id) });
    if changes(known.status.as_ref(), newer.status.as_ref()) {
        known.message = None;
        end(&mut known.completed, newer.status.as_ref(), &["COMPLETED", "FAILED", "ABORTED"], at);
    }
    if changes(known.validation_status.as_ref(), newer.validation_status.as_ref()) {
        known.validation_message = None;
    }
    if changes(known.deletion_status.as_ref(), newer.deletion_status.as_ref()) {
        known.deletion_message = None;
    }
    take_over!(
        known,
        newer,
        account,
        status,
        message,
        percent_done,
        created,
        completed,
        size_bytes,
        role_arn,
        expected_minutes,
        created_resource_arn,
        resource_type,
        recovery_point_arn,
        recovery_point_created,
        source_resource_arn,
        backup_vault_arn,
        is_parent,
        parent_job_id,
        restore_testing_plan_arn,
        validation_status,
        validation_message,
        deletion_status,
        deletion_message,
        region,
    );
}
