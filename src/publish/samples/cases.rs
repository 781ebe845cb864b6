//! One sample or more for every reason.

use super::{at, backup, maintenance, redshift, replication, restore_test, scope, serverless};
use crate::domain::{Notice, Progress, Reason, Severity, Source};

/// Every reason, each in at least one of the places where it occurs, by a name for its snapshot.
pub(crate) fn all() -> Vec<(&'static str, Notice)> {
    [failures(), warnings(), other_ends(), good_ends(), relief(), scopes(), routine()].concat()
}

fn failures() -> Vec<(&'static str, Notice)> {
    vec![
        ("failed_redshift", Notice {
            to: "failed".to_owned(),
            aws_status: Some("FAILED".to_owned()),
            message: Some("Table restore failed: the new table public.orders_restored already exists in database dev.".to_owned()),
            progress: Progress::from_megabytes(Some(3_031), Some(8_192)),
            ..redshift(Reason::Failed, "Failed")
        }),
        ("failed_backup", Notice {
            to: "failed".to_owned(),
            aws_status: Some("FAILED".to_owned()),
            changed_at: at("06:17:31"),
            message: Some("User: arn:aws:sts::123456789012:assumed-role/BackupRestore/AWSBackup is not authorized to perform: rds:RestoreDBInstanceFromDBSnapshot on resource: arn:aws:rds:us-east-1:123456789012:db:orders because no identity-based policy allows the action".to_owned()),
            progress: Progress::from_percent_text(Some("0.00%"), Some(107_374_182_400)),
            ..backup(Reason::Failed, "restore", "Failed: RDS restore of db:orders")
        }),
        ("failed_validation_timed_out", restore_test(Notice {
            to: "timed-out".to_owned(),
            aws_status: Some("TIMED_OUT".to_owned()),
            ..backup(Reason::Failed, "validation", "Timed out: validation of RDS restore of db:orders")
        })),
        ("failed_deletion", restore_test(Notice {
            to: "failed".to_owned(),
            aws_status: Some("FAILED".to_owned()),
            message: Some("Cannot delete protected DB Instance, please disable deletion protection and try again.".to_owned()),
            ..backup(Reason::Failed, "deletion", "Failed: clean-up after RDS restore of db:orders")
        })),
        ("failed_replication", Notice {
            to: "failed".to_owned(),
            aws_status: Some("FAILED".to_owned()),
            run: Some(at("04:10:00")),
            message: Some("The replication role does not have access to the KMS key of the destination table bucket.".to_owned()),
            ..replication(Reason::Failed, "Failed")
        }),
        ("failed_maintenance_again", {
            let mut notice = Notice {
                from: Some("failed".to_owned()),
                to: "failed".to_owned(),
                aws_status: Some("Failed".to_owned()),
                run: Some(at("05:58:00")),
                changed_at: at("05:58:00"),
                message: Some("Insufficient access to perform table maintenance operations.".to_owned()),
                ..maintenance(Reason::Failed, "Failed")
            };
            notice.labels.insert("failures_in_a_row".to_owned(), "3".to_owned());
            notice
        }),
    ]
}

fn warnings() -> Vec<(&'static str, Notice)> {
    let with = |mut notice: Notice, label: &str, value: &str| {
        notice.labels.insert(label.to_owned(), value.to_owned());
        notice
    };
    let under_way = |notice: Notice, status: &str| Notice {
        from: Some("running".to_owned()),
        to: "running".to_owned(),
        aws_status: Some(status.to_owned()),
        ..notice
    };
    let restore = redshift(Reason::Stalled, "Stalled");
    let restore = Notice { progress: Progress::from_megabytes(Some(3_031), Some(8_192)), ..restore };
    let job = backup(Reason::Overdue, "restore", "Overdue: RDS restore of db:orders");
    let job = Notice { progress: Progress::from_percent_text(Some("72.00%"), Some(107_374_182_400)), ..job };
    let copy = Notice {
        to: "pending".to_owned(),
        aws_status: Some("pending".to_owned()),
        run: Some(at("00:10:00")),
        changed_at: at("00:15:00"),
        ..replication(Reason::Lagging, "Lagging")
    };
    let run = Notice {
        from: Some("failed".to_owned()),
        to: "failed".to_owned(),
        aws_status: Some("Failed".to_owned()),
        run: Some(at("05:58:00")),
        changed_at: at("05:58:00"),
        message: Some("Insufficient access to perform table maintenance operations.".to_owned()),
        ..maintenance(Reason::StillFailing, "Still failing")
    };
    let run = with(with(run, "failing_since", "2026-03-02T00:14:00Z"), "failures_in_a_row", "3");
    let broken = Notice {
        from: Some("failed".to_owned()),
        to: "failed".to_owned(),
        aws_status: Some("failed".to_owned()),
        run: Some(at("00:10:00")),
        message: Some(
            "The replication role does not have access to the KMS key of the destination table bucket.".to_owned(),
        ),
        ..replication(Reason::StillFailing, "Still failing")
    };
    let broken = with(broken, "failing_since", "2026-03-02T00:20:00Z");
    vec![
        ("stalled_redshift", with(under_way(restore, "IN_PROGRESS"), "stalled_since", "2026-03-02T04:20:00Z")),
        ("overdue_backup", with(under_way(job, "RUNNING"), "expected_by", "2026-03-02T05:35:00Z")),
        ("lagging_replication", with(copy, "lagging_since", "2026-03-02T00:10:00Z")),
        ("still_failing_maintenance", with(run, "note", "https://wiki.example.com/runbooks/lake-maintenance")),
        ("still_failing_replication", broken),
    ]
}

/// What was warned of is over.
fn relief() -> Vec<(&'static str, Notice)> {
    let moving = Notice {
        to: "running".to_owned(),
        changed_at: at("04:15:00"),
        aws_status: Some("IN_PROGRESS".to_owned()),
        progress: Progress::from_megabytes(Some(4_300), Some(8_192)),
        ..redshift(Reason::Recovered, "Recovered")
    };
    let caught_up = Notice {
        from: Some("pending".to_owned()),
        to: "completed".to_owned(),
        aws_status: Some("completed".to_owned()),
        run: Some(at("06:12:00")),
        changed_at: at("06:12:00"),
        ..replication(Reason::Recovered, "Recovered")
    };
    let over = [
        ("recovered_redshift", moving, "stalled_since", "2026-03-02T04:20:00Z"),
        ("recovered_replication", caught_up, "lagging_since", "2026-03-02T00:10:00Z"),
    ];
    over.map(|(name, mut notice, label, since)| {
        notice.labels.insert(label.to_owned(), since.to_owned());
        (name, notice)
    })
    .into()
}

fn other_ends() -> Vec<(&'static str, Notice)> {
    vec![
        (
            "canceled_redshift_serverless",
            Notice {
                to: "canceled".to_owned(),
                aws_status: Some("CANCELED".to_owned()),
                ..serverless(Reason::Canceled, "Canceled")
            },
        ),
        (
            "vanished_redshift",
            Notice {
                to: "vanished".to_owned(),
                aws_status: Some("IN_PROGRESS".to_owned()),
                progress: Progress::from_megabytes(Some(3_031), Some(8_192)),
                ..redshift(Reason::Vanished, "Vanished before it ended")
            },
        ),
        (
            "unknown_status_replication",
            Notice {
                to: "unknown".to_owned(),
                aws_status: Some("RESYNCING".to_owned()),
                run: Some(at("04:10:00")),
                ..replication(Reason::UnknownStatus, "Unknown status \"RESYNCING\"")
            },
        ),
    ]
}

fn good_ends() -> Vec<(&'static str, Notice)> {
    vec![
        (
            "completed_redshift_serverless",
            Notice {
                to: "completed".to_owned(),
                aws_status: Some("SUCCEEDED".to_owned()),
                progress: Progress::from_megabytes(Some(8_192), Some(8_192)),
                ..serverless(Reason::Completed, "Completed")
            },
        ),
        (
            "completed_restore_test",
            restore_test(Notice {
                to: "completed".to_owned(),
                aws_status: Some("COMPLETED".to_owned()),
                changed_at: at("06:17:31"),
                progress: Progress::from_percent_text(Some("100.00%"), Some(107_374_182_400)),
                ..backup(Reason::Completed, "restore", "Completed: RDS restore of db:orders")
            }),
        ),
        (
            "completed_validation",
            restore_test(Notice {
                to: "completed".to_owned(),
                aws_status: Some("SUCCESSFUL".to_owned()),
                message: Some("Row counts match.".to_owned()),
                ..backup(Reason::Completed, "validation", "Completed: validation of RDS restore of db:orders")
            }),
        ),
        (
            "completed_with_issues",
            Notice {
                severity: Severity::Warning,
                to: "completed".to_owned(),
                aws_status: Some("COMPLETED".to_owned()),
                changed_at: at("06:17:31"),
                message: Some("3 of 18,204 objects were not restored: access denied.".to_owned()),
                progress: Progress::from_percent_text(Some("100.00%"), Some(2_147_483_648)),
                ..s3_restore(backup(Reason::Completed, "restore", "Completed with issues: S3 restore of invoices"))
            },
        ),
        (
            "completed_first_replication",
            Notice {
                from: Some("pending".to_owned()),
                to: "completed".to_owned(),
                aws_status: Some("completed".to_owned()),
                run: Some(at("06:12:00")),
                changed_at: at("06:12:00"),
                ..replication(Reason::Completed, "Completed")
            },
        ),
        ("recovered_maintenance", {
            let mut notice = Notice {
                from: Some("failed".to_owned()),
                to: "completed".to_owned(),
                aws_status: Some("Successful".to_owned()),
                run: Some(at("06:02:00")),
                changed_at: at("06:02:00"),
                ..maintenance(Reason::Recovered, "Recovered")
            };
            notice.labels.insert("failing_since".to_owned(), "2026-02-28T05:58:00Z".to_owned());
            notice
        }),
    ]
}

fn scopes() -> Vec<(&'static str, Notice)> {
    vec![
        (
            "unreachable_backup",
            Notice {
                to: "unreachable".to_owned(),
                ..scope(
                    Source::Backup,
                    Reason::Unreachable,
                    "Unreachable",
                    "backup:ListRestoreJobs was denied: User: arn:aws:sts::123456789012:assumed-role/tidings/tidings is not authorized to perform: backup:ListRestoreJobs because no identity-based policy allows the backup:ListRestoreJobs action (AccessDeniedException). 3 passes in a row could not read it. Nothing is taken for finished meanwhile; what ends now is told when it can be read again.",
                    &[("error", "denied"), ("missing_action", "backup:ListRestoreJobs")],
                )
            },
        ),
        ("partly_unreadable_maintenance", {
            let mut notice = scope(
                Source::S3TablesMaintenance,
                Reason::Unreachable,
                "Partly unreadable",
                "s3tables:GetTableMaintenanceJobStatus was denied: User: arn:aws:sts::123456789012:assumed-role/tidings/tidings is not authorized to perform: s3tables:GetTableMaintenanceJobStatus because no resource-based policy allows it (AccessDeniedException).\n3 passes in a row could not read this part. The rest is watched as always.",
                &[
                    ("error", "denied"),
                    ("missing_action", "s3tables:GetTableMaintenanceJobStatus"),
                    ("unread", "40"),
                    ("unread_parts", "table bucket aaa"),
                    ("exclude", "\"aaa/**\""),
                ],
            );
            notice.title.push_str(": 40 tables in table bucket aaa");
            "partly-unreachable".clone_into(&mut notice.to);
            notice
        }),
        (
            "not_available_redshift_serverless",
            Notice {
                to: "unreachable".to_owned(),
                ..scope(
                    Source::RedshiftServerless,
                    Reason::Unreachable,
                    "Not available here",
                    "redshift-serverless:ListTableRestoreStatus found no such service for this account and region: The AWS Access Key Id needs a subscription for the service (OptInRequired). The account or the region does not have this service, so there is nothing to watch.",
                    &[("error", "not-available")],
                )
            },
        ),
        (
            "reachable_backup",
            Notice {
                to: "reachable".to_owned(),
                ..scope(
                    Source::Backup,
                    Reason::Reachable,
                    "Reachable again",
                    "25 passes in a row could not read it.",
                    &[],
                )
            },
        ),
        ("baseline_maintenance", {
            let mut notice = scope(
                Source::S3TablesMaintenance,
                Reason::Baseline,
                "Now watching",
                "2 known: 0 unfinished, 1 failing right now, 0 finished earlier (history, not reported one by one).\nFailing: icebergCompaction of sales.orders_daily in bucket lake: Insufficient access to perform table maintenance operations.",
                &[("known", "2"), ("unfinished", "0"), ("failing", "1"), ("finished", "0")],
            );
            notice.title = format!("{}: 2 known, 0 unfinished, 1 failing", notice.title);
            "watched".clone_into(&mut notice.to);
            notice
        }),
    ]
}

fn routine() -> Vec<(&'static str, Notice)> {
    vec![
        (
            "started_redshift",
            Notice {
                from: Some("pending".to_owned()),
                to: "running".to_owned(),
                aws_status: Some("IN_PROGRESS".to_owned()),
                progress: Progress::from_megabytes(Some(12), Some(8_192)),
                observed_at: at("04:15:00"),
                changed_at: at("04:15:00"),
                ..redshift(Reason::Started, "Started")
            },
        ),
        (
            "validating_backup",
            restore_test(Notice {
                from: None,
                to: "running".to_owned(),
                aws_status: Some("VALIDATING".to_owned()),
                ..backup(Reason::Validating, "validation", "Validating: validation of RDS restore of db:orders")
            }),
        ),
        (
            "disabled_maintenance",
            Notice {
                to: "disabled".to_owned(),
                aws_status: Some("Disabled".to_owned()),
                ..maintenance(Reason::Disabled, "Disabled")
            },
        ),
    ]
}

/// The restore job, of a bucket.
fn s3_restore(mut notice: Notice) -> Notice {
    let bucket = "arn:aws:s3:::invoices".to_owned();
    notice.labels.insert("resource_type".to_owned(), "S3".to_owned());
    notice.labels.insert("source_resource_arn".to_owned(), bucket);
    let point = "arn:aws:backup:us-east-1:123456789012:recovery-point:invoices-20260301-5f2c".to_owned();
    notice.labels.insert("recovery_point_arn".to_owned(), point);
    notice
}
