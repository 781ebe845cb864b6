//! One sample or more for every reason.

use super::{
    at, backup, backup_job, copy_job, expiration, export, failed, import, labeled, maintenance, redshift, replication,
    restore_test, said, scope, serverless, subject, with,
};
use crate::domain::notice::{
    Baseline, FacetChange, FailingFacet, Failures, Parts, Recovery, ScopeEvent, UnreadFor, UnreadPart,
};
use crate::domain::{ErrorKind, Facet, Notice, Progress, Scope, ScopeError, Severity, Source, Status};

/// Every reason, each in at least one of the places where it occurs, by a name for its snapshot.
pub(crate) fn all() -> Vec<(&'static str, Notice)> {
    [failures(), warnings(), other_ends(), good_ends(), relief(), further_jobs(), scopes(), routine()].concat()
}

const NO_ACCESS: &str = "Insufficient access to perform table maintenance operations.";
const NO_KEY: &str = "The replication role does not have access to the KMS key of the destination table bucket.";

fn megabytes(notice: Notice, done: i64) -> Notice {
    with(notice, |event| event.progress = Progress::from_megabytes(Some(done), Some(8_192)))
}

fn percent(notice: Notice, percent: &str, bytes: i64) -> Notice {
    with(notice, |event| event.progress = Progress::from_percent_text(Some(percent), Some(bytes)))
}

/// A recurring facet's run at that time, which is also when the status changed.
fn run(notice: Notice, clock: &str) -> Notice {
    with(notice, |event| (event.run, event.changed_at) = (Some(at(clock)), at(clock)))
}

/// The last good copy.
fn copied(notice: Notice, clock: &str) -> Notice {
    with(notice, |event| event.run = Some(at(clock)))
}

fn from(notice: Notice, status: Status) -> Notice {
    with(notice, |event| event.from = Some(status))
}

fn changed(notice: Notice, clock: &str) -> Notice {
    with(notice, |event| event.changed_at = at(clock))
}

fn failures() -> Vec<(&'static str, Notice)> {
    let exists = "Table restore failed: the new table public.orders_restored already exists in database dev.";
    let denied = "User: arn:aws:sts::123456789012:assumed-role/BackupRestore/AWSBackup is not authorized to perform: rds:RestoreDBInstanceFromDBSnapshot on resource: arn:aws:rds:us-east-1:123456789012:db:orders because no identity-based policy allows the action";
    let protected = "Cannot delete protected DB Instance, please disable deletion protection and try again.";
    let third = Failures { since: at("00:14:00"), count: 3 };
    vec![
        ("failed_redshift", megabytes(said(redshift(failed()), Status::Failed, "FAILED", Some(exists)), 3_031)),
        ("failed_backup", {
            let job = said(backup(failed(), Facet::Restore), Status::Failed, "FAILED", Some(denied));
            changed(percent(job, "0.00%", 107_374_182_400), "06:17:31")
        }),
        ("failed_validation_timed_out", {
            restore_test(said(backup(failed(), Facet::Validation), Status::TimedOut, "TIMED_OUT", None))
        }),
        ("failed_deletion", {
            restore_test(said(backup(failed(), Facet::Deletion), Status::Failed, "FAILED", Some(protected)))
        }),
        ("failed_replication", {
            copied(said(replication(failed()), Status::Failed, "FAILED", Some(NO_KEY)), "04:10:00")
        }),
        ("failed_maintenance_again", {
            let job = said(maintenance(FacetChange::Failed(third)), Status::Failed, "Failed", Some(NO_ACCESS));
            run(from(job, Status::Failed), "05:58:00")
        }),
    ]
}

fn warnings() -> Vec<(&'static str, Notice)> {
    let third = FacetChange::StillFailing(Failures { since: at("00:14:00"), count: 3 });
    let first = FacetChange::StillFailing(Failures { since: at("00:20:00"), count: 1 });
    vec![
        ("stalled_redshift", {
            let restore = redshift(FacetChange::Stalled { since: at("04:20:00") });
            megabytes(said(restore, Status::Running, "IN_PROGRESS", None), 3_031)
        }),
        ("overdue_backup", {
            let job = backup(FacetChange::Overdue { expected_by: at("05:35:00") }, Facet::Restore);
            percent(said(job, Status::Running, "RUNNING", None), "72.00%", 107_374_182_400)
        }),
        ("lagging_replication", {
            let copy = replication(FacetChange::Lagging { since: at("00:10:00") });
            copied(changed(said(copy, Status::Pending, "pending", None), "00:15:00"), "00:10:00")
        }),
        ("still_failing_maintenance", {
            let job = from(said(maintenance(third), Status::Failed, "Failed", Some(NO_ACCESS)), Status::Failed);
            Notice {
                note: Some("https://wiki.example.com/runbooks/lake-maintenance".to_owned()),
                ..run(job, "05:58:00")
            }
        }),
        ("still_failing_replication", {
            let copy = from(said(replication(first), Status::Failed, "failed", Some(NO_KEY)), Status::Failed);
            copied(copy, "00:10:00")
        }),
    ]
}

/// What was warned of is over.
fn relief() -> Vec<(&'static str, Notice)> {
    let [stalled, lagging] = [Recovery::Stalled(at("04:20:00")), Recovery::Lagging(at("00:10:00"))];
    vec![
        ("recovered_redshift", {
            let restore = said(redshift(FacetChange::Recovered(stalled)), Status::Running, "IN_PROGRESS", None);
            changed(megabytes(restore, 4_300), "04:15:00")
        }),
        ("recovered_replication", {
            let copy = said(replication(FacetChange::Recovered(lagging)), Status::Completed, "completed", None);
            run(from(copy, Status::Pending), "06:12:00")
        }),
    ]
}

fn other_ends() -> Vec<(&'static str, Notice)> {
    vec![
        ("canceled_redshift_serverless", {
            said(serverless(FacetChange::Canceled), Status::Canceled, "CANCELED", None)
        }),
        ("vanished_redshift", {
            megabytes(said(redshift(FacetChange::Vanished), Status::Running, "IN_PROGRESS", None), 3_031)
        }),
        ("unknown_status_replication", {
            let status = Status::Unknown("RESYNCING".to_owned());
            copied(said(replication(FacetChange::UnknownStatus), status, "RESYNCING", None), "04:10:00")
        }),
    ]
}

fn good_ends() -> Vec<(&'static str, Notice)> {
    let completed = FacetChange::Completed;
    let recovered = FacetChange::Recovered(Recovery::Failing("2026-02-28T05:58:00Z".parse().expect("a time")));
    vec![
        ("completed_redshift_serverless", {
            megabytes(said(serverless(completed), Status::Completed, "SUCCEEDED", None), 8_192)
        }),
        ("completed_restore_test", {
            let job = said(backup(completed, Facet::Restore), Status::Completed, "COMPLETED", None);
            restore_test(changed(percent(job, "100.00%", 107_374_182_400), "06:17:31"))
        }),
        ("completed_validation", {
            let job = backup(completed, Facet::Validation);
            restore_test(said(job, Status::Completed, "SUCCESSFUL", Some("Row counts match.")))
        }),
        ("completed_with_issues", {
            let issues = "3 of 18,204 objects were not restored: access denied.";
            let job = said(backup(completed, Facet::Restore), Status::Completed, "COMPLETED", Some(issues));
            let job = s3_restore(changed(percent(job, "100.00%", 2_147_483_648), "06:17:31"));
            Notice { severity: Severity::Warning, ..job }
        }),
        ("completed_first_replication", {
            let copy = said(replication(completed), Status::Completed, "completed", None);
            run(from(copy, Status::Pending), "06:12:00")
        }),
        ("recovered_maintenance", {
            let job = said(maintenance(recovered), Status::Completed, "Successful", None);
            run(from(job, Status::Failed), "06:02:00")
        }),
    ]
}

/// The sources that are off by default.
fn further_jobs() -> Vec<(&'static str, Notice)> {
    let completed = FacetChange::Completed;
    let partial = "Parent backup completed with failed child backups.";
    let vault = "Access denied: the access policy of the destination vault does not allow the copy.";
    let gone = "The bucket analytics-exports does not exist. (S3NoSuchBucket)";
    let warning = |notice| Notice { severity: Severity::Warning, ..notice };
    vec![
        ("failed_backup_job", {
            let kms = "The KMS key of the backup vault is disabled.";
            changed(said(backup_job(failed()), Status::Failed, "FAILED", Some(kms)), "06:17:31")
        }),
        ("expired_backup_job", {
            let expired = "Backup job expired before completion.";
            from(said(backup_job(failed()), Status::TimedOut, "EXPIRED", Some(expired)), Status::Pending)
        }),
        ("completed_backup_job_partly", {
            warning(changed(said(backup_job(completed), Status::Completed, "PARTIAL", Some(partial)), "06:17:31"))
        }),
        ("failed_copy_job", changed(said(copy_job(failed()), Status::Failed, "FAILED", Some(vault)), "06:17:31")),
        ("stalled_copy_job", {
            said(copy_job(FacetChange::Stalled { since: at("04:20:00") }), Status::Running, "RUNNING", None)
        }),
        ("failed_export", changed(said(export(failed()), Status::Failed, "FAILED", Some(gone)), "06:17:31")),
        ("completed_export", {
            let export = said(export(completed), Status::Completed, "COMPLETED", None);
            changed(labeled(export, &[("items", "1834221")]), "06:17:31")
        }),
        ("completed_import_with_issues", {
            let import = said(import(completed), Status::Completed, "COMPLETED", Some("ErrorCount: 12"));
            let import = labeled(import, &[("items", "1834209"), ("item_errors", "12")]);
            warning(changed(import, "06:17:31"))
        }),
        ("failed_expiration", {
            run(said(expiration(failed()), Status::Failed, "Failed", Some("Internal error")), "05:58:00")
        }),
    ]
}

fn scopes() -> Vec<(&'static str, Notice)> {
    let error = |kind, message: &str, action: Option<&str>| ScopeError {
        kind,
        message: message.to_owned(),
        action: action.map(str::to_owned),
    };
    let three = UnreadFor { since: at("04:15:00"), passes: 3 };
    vec![
        ("unreachable_backup", {
            let error = error(
                ErrorKind::Denied,
                "backup:ListRestoreJobs was denied: User: arn:aws:sts::123456789012:assumed-role/tidings/tidings is not authorized to perform: backup:ListRestoreJobs because no identity-based policy allows the backup:ListRestoreJobs action (AccessDeniedException)",
                Some("backup:ListRestoreJobs"),
            );
            scope(Source::Backup, ScopeEvent::Unreachable { unread: three, error })
        }),
        ("partly_unreadable_maintenance", {
            let error = error(
                ErrorKind::Denied,
                "s3tables:GetTableMaintenanceJobStatus was denied: User: arn:aws:sts::123456789012:assumed-role/tidings/tidings is not authorized to perform: s3tables:GetTableMaintenanceJobStatus because no resource-based policy allows it (AccessDeniedException)",
                Some("s3tables:GetTableMaintenanceJobStatus"),
            );
            let part = UnreadPart {
                part: "arn:aws:s3tables:us-east-1:123456789012:bucket/aaa".to_owned(),
                subjects: 40,
                is_listing: false,
                exclude: vec!["aaa/**".to_owned()],
                error,
            };
            let parts = Parts { named: vec![part], more: 0, subjects: 40 };
            scope(Source::S3TablesMaintenance, ScopeEvent::PartlyUnreachable { unread: three, parts })
        }),
        ("not_available_redshift_serverless", {
            let error = error(
                ErrorKind::NotAvailable,
                "redshift-serverless:ListTableRestoreStatus found no such service for this account and region: The AWS Access Key Id needs a subscription for the service (OptInRequired)",
                None,
            );
            scope(Source::RedshiftServerless, ScopeEvent::Unreachable { unread: three, error })
        }),
        ("unreachable_account", {
            let error = error(
                ErrorKind::Denied,
                "sts:AssumeRole was denied: User: arn:aws:sts::123456789012:assumed-role/tidings/tidings is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::444455556666:role/tidings-reader (AccessDenied)",
                Some("sts:AssumeRole"),
            );
            let notice = scope(Source::Account, ScopeEvent::Unreachable { unread: three, error });
            let scope = Scope { account: "444455556666".to_owned(), ..notice.scope.clone() };
            Notice { scope, account_name: Some("prod-data".to_owned()), ..notice }
        }),
        ("unreachable_hub", {
            let error = error(
                ErrorKind::Denied,
                "organizations:ListAccounts was denied: You don't have permissions to access this resource. (AccessDeniedException)",
                Some("organizations:ListAccounts"),
            );
            scope(Source::Hub, ScopeEvent::Unreachable { unread: three, error })
        }),
        ("reachable_backup", { scope(Source::Backup, ScopeEvent::Reachable(UnreadFor { passes: 25, ..three })) }),
        ("baseline_maintenance", {
            let failing = FailingFacet {
                facet: "icebergCompaction".to_owned(),
                subject: "sales.orders_daily in bucket lake".to_owned(),
                message: Some(NO_ACCESS.to_owned()),
            };
            let baseline = Baseline { known: 2, failing: 1, named: vec![failing], ..Baseline::default() };
            scope(Source::S3TablesMaintenance, ScopeEvent::Baseline(baseline))
        }),
    ]
}

fn routine() -> Vec<(&'static str, Notice)> {
    vec![
        ("started_redshift", {
            let restore = said(redshift(FacetChange::Started), Status::Running, "IN_PROGRESS", None);
            let restore = changed(megabytes(from(restore, Status::Pending), 12), "04:15:00");
            Notice { observed_at: at("04:15:00"), ..restore }
        }),
        ("validating_backup", {
            let job = said(backup(FacetChange::Validating, Facet::Validation), Status::Running, "VALIDATING", None);
            restore_test(with(job, |event| event.from = None))
        }),
        ("disabled_maintenance", { said(maintenance(FacetChange::Disabled), Status::Disabled, "Disabled", None) }),
    ]
}

/// The restore job, of a bucket.
fn s3_restore(notice: Notice) -> Notice {
    let id = notice.subject().into_owned();
    let notice = subject(notice, &id, "S3 restore of invoices", Status::Running);
    labeled(
        notice,
        &[
            ("resource_type", "S3"),
            ("source_resource_arn", "arn:aws:s3:::invoices"),
            ("recovery_point_arn", "arn:aws:backup:us-east-1:123456789012:recovery-point:invoices-20260301-5f2c"),
        ],
    )
}
