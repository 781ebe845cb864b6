//! Backup jobs and copy jobs that are added or updated.

use jiff::Timestamp;

use super::{changes, end, take_over};
use crate::simulator::world::{BackupCopy, BackupJob, World};

/// Adds or updates a backup job.
pub(super) fn job(world: &mut World, newer: &BackupJob, at: Timestamp) {
    let known = world
        .backup_jobs
        .entry(newer.id.clone())
        .or_insert_with(|| BackupJob { created: Some(at), ..BackupJob::new(&newer.id) });
    if changes(known.state.as_ref(), newer.state.as_ref()) {
        (known.message, known.category) = (None, None);
        let last = ["COMPLETED", "FAILED", "ABORTED", "EXPIRED", "PARTIAL"];
        end(&mut known.completed, newer.state.as_ref(), &last, at);
    }
    take_over!(
        known,
        newer,
        account,
        state,
        message,
        category,
        percent_done,
        created,
        completed,
        size_bytes,
        bytes_transferred,
        role_arn,
        expected,
        start_by,
        resource_arn,
        resource_name,
        resource_type,
        vault_name,
        vault_arn,
        recovery_point_arn,
        plan_arn,
        plan_name,
        rule_name,
        is_parent,
        parent_job_id,
        region,
    );
}

/// Adds or updates a copy job.
pub(super) fn copy(world: &mut World, newer: &BackupCopy, at: Timestamp) {
    let known = world
        .backup_copies
        .entry(newer.id.clone())
        .or_insert_with(|| BackupCopy { created: Some(at), ..BackupCopy::new(&newer.id) });
    if changes(known.state.as_ref(), newer.state.as_ref()) {
        (known.message, known.category) = (None, None);
        end(&mut known.completed, newer.state.as_ref(), &["COMPLETED", "FAILED", "PARTIAL"], at);
    }
    take_over!(
        known,
        newer,
        account,
        state,
        message,
        category,
        created,
        completed,
        size_bytes,
        role_arn,
        resource_arn,
        resource_name,
        resource_type,
        source_vault_arn,
        destination_vault_arn,
        source_recovery_point_arn,
        destination_recovery_point_arn,
        plan_arn,
        plan_name,
        rule_name,
        created_by_job_id,
        is_parent,
        parent_job_id,
        region,
    );
}
