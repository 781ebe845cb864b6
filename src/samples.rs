//! Notices as they come in practice: what the tests of the forms are run on, and what `tidings preview` shows.

mod cases;

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

pub(crate) use cases::all;

#[cfg(test)]
use crate::domain::Severity;
use crate::domain::notice::{Event, FacetChange, FacetEvent, Failures, ScopeEvent};
use crate::domain::{Facet, Facets, Notice, NoticeId, Reason, Scope, Source, Status, Subject};

/// A time on the samples' day.
pub(crate) fn at(clock: &str) -> Timestamp {
    format!("2026-03-02T{clock}Z").parse().expect("a time")
}

fn id(reason: Reason) -> NoticeId {
    Uuid::from_u128(0x2d1f_7a90_11aa_5c3e_9d10_5f0c_7e00_0000 + reason as u128)
}

fn notice(source: Source, reason: Reason, event: Event) -> Notice {
    Notice {
        id: id(reason),
        severity: reason.severity(),
        scope: Scope { source, account: "123456789012".to_owned(), region: "us-east-1".to_owned() },
        account_name: None,
        event,
        observed_at: at("06:20:00"),
        note: None,
        topic_arn: None,
    }
}

/// A notice of that change with nothing optional in it.
pub(crate) fn bare(source: Source, change: FacetChange) -> Notice {
    let facet = match source.facets() {
        Facets::OneShot(facets) => facets[0].clone(),
        Facets::None => Facet::Restore,
        Facets::Destinations => Facet::Destination("replica".to_owned()),
        Facets::Jobs => Facet::Job("job".to_owned()),
    };
    let subject = Subject { id: "subject".into(), name: "something".to_owned(), labels: std::iter::empty().collect() };
    let event = FacetEvent {
        subject: subject.into(),
        facet,
        change,
        from: None,
        to: Status::Running,
        aws_status: None,
        message: None,
        progress: None,
        run: None,
        requested_at: None,
        first_seen_at: at("04:15:00"),
        changed_at: at("06:20:00"),
        silence: None,
    };
    notice(source, change.reason(), Event::Facet(Box::new(event)))
}

/// The notice with its event changed so.
pub(crate) fn with(mut notice: Notice, change: impl FnOnce(&mut FacetEvent)) -> Notice {
    if let Event::Facet(event) = &mut notice.event {
        change(event);
    }
    notice
}

/// The notice with more labels.
pub(crate) fn labeled(notice: Notice, labels: &[(&str, &str)]) -> Notice {
    with(notice, |event| {
        let subject = Arc::make_mut(&mut event.subject);
        for (name, value) in labels {
            subject.labels.insert((*name).to_owned(), (*value).to_owned());
        }
    })
}

/// The notice with another status of AWS, and what AWS says.
fn said(notice: Notice, status: Status, aws_status: &str, message: Option<&str>) -> Notice {
    with(notice, |event| {
        (event.to, event.aws_status) = (status, Some(aws_status.to_owned()));
        event.message = message.map(str::to_owned);
    })
}

/// A first failure.
pub(crate) fn failed() -> FacetChange {
    FacetChange::Failed(Failures { since: at("06:20:00"), count: 1 })
}

fn subject(notice: Notice, id: &str, name: &str, from: Status) -> Notice {
    with(notice, |event| {
        let subject = Arc::make_mut(&mut event.subject);
        (subject.id, subject.name, event.from) = (id.into(), name.to_owned(), Some(from));
    })
}

/// A table restore that was requested at 04:10.
fn requested(notice: Notice) -> Notice {
    with(notice, |event| event.requested_at = Some(at("04:10:00")))
}

fn redshift(change: FacetChange) -> Notice {
    let notice = subject(
        bare(Source::Redshift, change),
        "8f2a1c3e-5b7d-4e21-9a60-0c4d1b7e2f35",
        "table restore of dev.public.orders on cluster analytics",
        Status::Running,
    );
    requested(labeled(
        notice,
        &[
            ("cluster", "analytics"),
            ("snapshot", "rs:analytics-2026-03-01-22-00"),
            ("source_table", "dev.public.orders"),
            ("target_table", "dev.public.orders_restored"),
        ],
    ))
}

fn serverless(change: FacetChange) -> Notice {
    let notice = subject(
        bare(Source::RedshiftServerless, change),
        "5f0f5d0c-3f0b-4a6f-8a5c-6d8f2c1b9e47",
        "table restore of dev.public.events in namespace lakehouse",
        Status::Pending,
    );
    requested(labeled(
        notice,
        &[
            ("namespace", "lakehouse"),
            ("workgroup", "reporting"),
            ("recovery_point", "rp-20260302-0300"),
            ("source_table", "dev.public.events"),
            ("target_table", "dev.public.events_old"),
        ],
    ))
}

fn backup(change: FacetChange, facet: Facet) -> Notice {
    let notice = subject(
        bare(Source::Backup, change),
        "1A2B3C4D-5E6F-7081-92A3-B4C5D6E7F809",
        "RDS restore of db:orders",
        Status::Running,
    );
    let notice = labeled(
        notice,
        &[
            ("resource_type", "RDS"),
            ("recovery_point_arn", "arn:aws:rds:us-east-1:123456789012:snapshot:awsbackup:job-0d1e"),
            ("iam_role_arn", "arn:aws:iam::123456789012:role/service-role/BackupRestore"),
            ("source_resource_arn", "arn:aws:rds:us-east-1:123456789012:db:orders"),
        ],
    );
    requested(with(notice, |event| event.facet = facet))
}

fn restore_test(notice: Notice) -> Notice {
    labeled(
        notice,
        &[
            ("created_resource_arn", "arn:aws:rds:us-east-1:123456789012:db:restoretest-7c1d"),
            ("restore_testing_plan_arn", "arn:aws:backup:us-east-1:123456789012:restore-testing-plan:nightly-4f2e"),
        ],
    )
}

const LAKE: &str = "arn:aws:s3tables:us-east-1:123456789012:bucket/lake";
const TABLE: &str = "arn:aws:s3tables:us-east-1:123456789012:bucket/lake/table/4d5e6f70-1a2b-4c3d-8e9f-0a1b2c3d4e5f";

fn table(source: Source, change: FacetChange, facet: Facet) -> Notice {
    let notice = subject(bare(source, change), TABLE, "sales.orders_daily in bucket lake", Status::Completed);
    let notice = labeled(
        notice,
        &[
            ("bucket", "lake"),
            ("bucket_arn", LAKE),
            ("namespace", "sales"),
            ("table", "orders_daily"),
            ("table_arn", TABLE),
        ],
    );
    with(notice, |event| event.facet = facet)
}

fn replication(change: FacetChange) -> Notice {
    let destination = "arn:aws:s3tables:eu-central-1:123456789012:bucket/lake-replica";
    table(Source::S3TablesReplication, change, Facet::Destination(destination.to_owned()))
}

fn maintenance(change: FacetChange) -> Notice {
    table(Source::S3TablesMaintenance, change, Facet::Job("icebergCompaction".to_owned()))
}

fn expiration(change: FacetChange) -> Notice {
    let table = "arn:aws:s3tables:us-east-1:123456789012:bucket/aws-s3/table/9c0d1e2f-3a4b-4c5d-8e6f-7a8b9c0d1e2f";
    let name = "table s3_storage_lens.activity in bucket aws-s3";
    let notice = subject(bare(Source::S3TablesExpiration, change), table, name, Status::Completed);
    let notice = labeled(
        notice,
        &[
            ("bucket", "aws-s3"),
            ("bucket_arn", "arn:aws:s3tables:us-east-1:123456789012:bucket/aws-s3"),
            ("namespace", "s3_storage_lens"),
            ("table", "activity"),
            ("table_arn", table),
            ("managed_by", "storage-lens.s3.amazonaws.com"),
        ],
    );
    with(notice, |event| event.facet = Facet::Job("recordExpiration".to_owned()))
}

/// What backup and copy jobs say about the resource.
const ORDERS: &[(&str, &str)] = &[
    ("resource_type", "RDS"),
    ("resource_name", "orders"),
    ("source_resource_arn", "arn:aws:rds:us-east-1:123456789012:db:orders"),
    ("backup_plan", "nightly"),
    ("backup_vault_arn", "arn:aws:backup:us-east-1:123456789012:backup-vault:main"),
    ("iam_role_arn", "arn:aws:iam::123456789012:role/service-role/AWSBackupDefaultServiceRole"),
];

fn backup_job(change: FacetChange) -> Notice {
    let id = "7C1D8E9F-0A1B-42C3-94D5-E6F708192A3B";
    requested(labeled(
        subject(bare(Source::BackupJobs, change), id, "RDS backup of orders (job 7C1D8E9F)", Status::Running),
        ORDERS,
    ))
}

fn copy_job(change: FacetChange) -> Notice {
    let id = "2B3C4D5E-6F70-4182-83A4-B5C6D7E8F901";
    let notice = subject(bare(Source::BackupCopies, change), id, "RDS copy of orders (job 2B3C4D5E)", Status::Running);
    let vault = "arn:aws:backup:eu-central-1:444455556666:backup-vault:recovery";
    let point = "arn:aws:rds:us-east-1:123456789012:snapshot:awsbackup:job-0d1e";
    requested(labeled(labeled(notice, ORDERS), &[("recovery_point_arn", point), ("destination_vault_arn", vault)]))
}

const ORDERS_TABLE: &str = "arn:aws:dynamodb:us-east-1:123456789012:table/orders";

fn export(change: FacetChange) -> Notice {
    let id = format!("{ORDERS_TABLE}/export/01772424600000-2d8752fd");
    let notice =
        subject(bare(Source::DynamoDbExports, change), &id, "export of table orders (2d8752fd)", Status::Running);
    let place = [("s3_bucket", "analytics-exports"), ("s3_prefix", "orders/daily"), ("export_type", "FULL_EXPORT")];
    requested(labeled(labeled(notice, &[("table", "orders"), ("table_arn", ORDERS_TABLE)]), &place))
}

fn import(change: FacetChange) -> Notice {
    let id = format!("{ORDERS_TABLE}/import/01772424600000-c4d4e311");
    let notice =
        subject(bare(Source::DynamoDbImports, change), &id, "import into table orders (c4d4e311)", Status::Running);
    let log = "arn:aws:logs:us-east-1:123456789012:log-group:/aws-dynamodb/imports:*";
    let place = [("s3_bucket", "migration"), ("s3_prefix", "orders/"), ("log_group_arn", log)];
    requested(labeled(labeled(notice, &[("table", "orders"), ("table_arn", ORDERS_TABLE)]), &place))
}

/// A notice about a whole scope.
pub(crate) fn scope(source: Source, event: ScopeEvent) -> Notice {
    notice(source, event.reason(), Event::Scope(event))
}

/// A source that cannot be read, for that kind of error.
#[cfg(test)]
pub(crate) fn unreachable(source: Source, kind: &str) -> Notice {
    let kind = crate::domain::ErrorKind::parse(kind).expect("a kind");
    let error = crate::domain::ScopeError { kind, message: "no answer".to_owned(), action: None };
    let unread = crate::domain::notice::UnreadFor { since: at("06:05:00"), passes: 3 };
    scope(source, ScopeEvent::Unreachable { unread, error })
}

/// A failure with an odd severity, for tests of what depends on it.
#[cfg(test)]
pub(crate) fn graded(severity: Severity) -> Notice {
    Notice { severity, ..redshift(failed()) }
}
