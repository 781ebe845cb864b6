//! Notices as they come in practice: what the tests of the forms are run on, and what `tidings preview` shows.

mod cases;

use jiff::Timestamp;
use uuid::Uuid;

pub(crate) use cases::all;

#[cfg(test)]
use crate::domain::Severity;
use crate::domain::{Labels, Notice, Reason, Scope, Source};

/// A time on the samples' day.
pub(super) fn at(clock: &str) -> Timestamp {
    format!("2026-03-02T{clock}Z").parse().expect("a time")
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A notice of that reason with nothing optional in it.
pub(super) fn bare(source: Source, reason: Reason) -> Notice {
    Notice {
        id: Uuid::from_u128(0x2d1f_7a90_11aa_5c3e_9d10_5f0c_7e00_0000 + reason as u128),
        reason,
        severity: reason.severity(),
        scope: Scope { source, account: "123456789012".to_owned(), region: "us-east-1".to_owned() },
        subject: "subject".to_owned(),
        facet: "restore".to_owned(),
        title: "Something: happened".to_owned(),
        from: None,
        to: "running".to_owned(),
        aws_status: None,
        message: None,
        progress: None,
        first_seen_at: at("04:15:00"),
        changed_at: at("06:20:00"),
        observed_at: at("06:20:00"),
        run: None,
        labels: Labels::new(),
        topic_arn: None,
    }
}

fn redshift(reason: Reason, verdict: &str) -> Notice {
    Notice {
        subject: "8f2a1c3e-5b7d-4e21-9a60-0c4d1b7e2f35".to_owned(),
        title: format!("{verdict}: table restore of dev.public.orders on cluster analytics"),
        from: Some("running".to_owned()),
        labels: labels(&[
            ("cluster", "analytics"),
            ("database", "dev"),
            ("snapshot", "rs:analytics-2026-03-01-22-00"),
            ("source_table", "dev.public.orders"),
            ("target_table", "dev.public.orders_restored"),
            ("started_at", "2026-03-02T04:10:00Z"),
        ]),
        ..bare(Source::Redshift, reason)
    }
}

fn serverless(reason: Reason, verdict: &str) -> Notice {
    Notice {
        subject: "5f0f5d0c-3f0b-4a6f-8a5c-6d8f2c1b9e47".to_owned(),
        title: format!("{verdict}: table restore of dev.public.events in namespace lakehouse"),
        from: Some("pending".to_owned()),
        labels: labels(&[
            ("namespace", "lakehouse"),
            ("workgroup", "reporting"),
            ("recovery_point", "rp-20260302-0300"),
            ("source_table", "dev.public.events"),
            ("target_table", "dev.public.events_old"),
            ("started_at", "2026-03-02T04:10:00Z"),
        ]),
        ..bare(Source::RedshiftServerless, reason)
    }
}

fn backup(reason: Reason, facet: &str, title: &str) -> Notice {
    Notice {
        subject: "1A2B3C4D-5E6F-7081-92A3-B4C5D6E7F809".to_owned(),
        facet: facet.to_owned(),
        title: title.to_owned(),
        from: Some("running".to_owned()),
        labels: labels(&[
            ("resource_type", "RDS"),
            ("recovery_point_arn", "arn:aws:rds:us-east-1:123456789012:snapshot:awsbackup:job-0d1e"),
            ("iam_role_arn", "arn:aws:iam::123456789012:role/service-role/BackupRestore"),
            ("source_resource_arn", "arn:aws:rds:us-east-1:123456789012:db:orders"),
            ("started_at", "2026-03-02T04:10:00Z"),
        ]),
        ..bare(Source::Backup, reason)
    }
}

fn restore_test(mut notice: Notice) -> Notice {
    notice
        .labels
        .insert("created_resource_arn".to_owned(), "arn:aws:rds:us-east-1:123456789012:db:restoretest-7c1d".to_owned());
    notice.labels.insert(
        "restore_testing_plan_arn".to_owned(),
        "arn:aws:backup:us-east-1:123456789012:restore-testing-plan:nightly-4f2e".to_owned(),
    );
    notice
}

const LAKE: &str = "arn:aws:s3tables:us-east-1:123456789012:bucket/lake";
const TABLE: &str = "arn:aws:s3tables:us-east-1:123456789012:bucket/lake/table/4d5e6f70-1a2b-4c3d-8e9f-0a1b2c3d4e5f";

fn table(source: Source, reason: Reason, facet: &str, title: &str) -> Notice {
    Notice {
        subject: TABLE.to_owned(),
        facet: facet.to_owned(),
        title: title.to_owned(),
        from: Some("completed".to_owned()),
        labels: labels(&[
            ("bucket", "lake"),
            ("bucket_arn", LAKE),
            ("namespace", "sales"),
            ("table", "orders_daily"),
            ("table_arn", TABLE),
        ]),
        ..bare(source, reason)
    }
}

fn replication(reason: Reason, verdict: &str) -> Notice {
    table(
        Source::S3TablesReplication,
        reason,
        "arn:aws:s3tables:eu-central-1:123456789012:bucket/lake-replica",
        &format!("{verdict}: replication of sales.orders_daily in bucket lake to lake-replica"),
    )
}

fn maintenance(reason: Reason, verdict: &str) -> Notice {
    table(
        Source::S3TablesMaintenance,
        reason,
        "icebergCompaction",
        &format!("{verdict}: icebergCompaction on sales.orders_daily in bucket lake"),
    )
}

fn scope(source: Source, reason: Reason, verdict: &str, message: &str, facts: &[(&str, &str)]) -> Notice {
    let mut notice = bare(source, reason);
    notice.subject = notice.scope.to_string();
    "scope".clone_into(&mut notice.facet);
    notice.title = format!("{verdict}: {}", source.describe());
    notice.message = Some(message.to_owned());
    notice.labels = labels(facts);
    notice
}

/// A failure with an odd severity, for tests of what depends on it.
#[cfg(test)]
pub(super) fn graded(severity: Severity) -> Notice {
    Notice { severity, ..redshift(Reason::Failed, "Failed") }
}
