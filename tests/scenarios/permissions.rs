//! The role in template.yaml allows what tidings does, no less and no more: no scenario of the whole suite does anything
//! that it does not allow, and one life that does everything leaves nothing over.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use tidings::domain::Source;
use tidings::simulator::{
    BackupCopy, BackupJob, BackupRestore, Call, Destination, MaintenanceJob, RecordExpiration, RedshiftRestore,
    ServerlessRestore, Service, TableExport, TableImport,
};

use crate::stage::Stage;
use crate::template::Permissions;

/// What Lambda, not tidings, does with the role, or what AWS does with a key on its behalf: no call of ours.
const UNSEEN: [&str; 4] = ["Logs", "FailedInvocations", "Key", "FurtherKeys"];

/// The parameter that switches a source on.
fn parameter(source: Source) -> &'static str {
    match source {
        Source::Redshift => "WatchRedshift",
        Source::RedshiftServerless => "WatchRedshiftServerless",
        Source::Backup => "WatchBackup",
        Source::S3TablesReplication => "WatchS3TablesReplication",
        Source::S3TablesMaintenance => "WatchS3TablesMaintenance",
        Source::S3TablesExpiration => "WatchS3TablesExpiration",
        Source::BackupJobs => "WatchBackupJobs",
        Source::BackupCopies => "WatchBackupCopies",
        Source::DynamoDbExports => "WatchDynamoDbExports",
        Source::DynamoDbImports => "WatchDynamoDbImports",
        Source::Account | Source::Hub => unreachable!("it is not an API"),
    }
}

/// The action that a call needs.
fn action(call: &Call) -> String {
    let (prefix, operation) = match (call.service, call.operation.as_str()) {
        (Service::Redshift, operation) => ("redshift", operation),
        (Service::RedshiftServerless, operation) => ("redshift-serverless", operation),
        (Service::Backup, operation) => ("backup", operation),
        (Service::S3Tables, operation) => ("s3tables", operation),
        (Service::DynamoDb, operation) => ("dynamodb", operation),
        (Service::Sts, operation) => ("sts", operation),
        // There is no action of the batch's own.
        (Service::Sns, "PublishBatch") => ("sns", "Publish"),
        (Service::Sns, operation) => ("sns", operation),
        (Service::Organizations, operation) => ("organizations", operation),
        (Service::Sqs, operation) => ("sqs", operation),
    };
    format!("{prefix}:{operation}")
}

/// Holds what a test made tidings do against the template: nothing that was done may be missing there. Called by every
/// stage when its test is over, so that the whole suite is the evidence.
pub fn hold_against_the_template(calls: &[Call]) {
    static GRANTED: LazyLock<BTreeSet<String>> = LazyLock::new(|| granted(&Permissions::read(), &Source::ALL));
    let missing: BTreeSet<String> = calls.iter().map(action).filter(|action| !GRANTED.contains(action)).collect();
    assert!(missing.is_empty(), "the role in template.yaml does not allow {missing:?}");
}

/// Puts something unfinished into every source.
fn fill(stage: &Stage) {
    let begun = Some(stage.now());
    let status = |word: &str| Some(word.to_owned());
    let mut world = stage.sim.world();
    world.put_redshift(RedshiftRestore { status: status("PENDING"), requested: begun, ..RedshiftRestore::new("r-1") });
    world.put_serverless(ServerlessRestore {
        status: status("PENDING"),
        requested: begun,
        ..ServerlessRestore::new("s-1")
    });
    world.put_backup(BackupRestore { status: status("RUNNING"), created: begun, ..BackupRestore::new("b-1") });
    let table = world.table("lake", "sales", "orders");
    let replica = "arn:aws:s3tables:eu-west-1:123456789012:bucket/replica".to_owned();
    table.replication.insert(replica, Destination { status: status("pending"), ..Destination::default() });
    let job = MaintenanceJob { status: status("Not_Yet_Run"), run: None, message: None };
    table.maintenance.insert("icebergCompaction".to_owned(), job);
    world.bucket("aws-s3").kind = Some("aws".to_owned());
    let expiration = RecordExpiration { status: status("NotYetRun"), ..RecordExpiration::default() };
    world.table("aws-s3", "lens", "activity").expiration = Some(expiration);
    world.put_backup_job(BackupJob { state: status("RUNNING"), created: begun, ..BackupJob::new("j-1") });
    world.put_backup_copy(BackupCopy { state: status("RUNNING"), created: begun, ..BackupCopy::new("c-1") });
    let table = || "orders".to_owned();
    world.put_export(TableExport { status: status("IN_PROGRESS"), table: table(), ..TableExport::new("1-e") });
    world.put_import(TableImport { status: status("IN_PROGRESS"), table: table(), ..TableImport::new("1-i") });
}

/// What tidings does in the whole life of these sources: a baseline, news, a hint, a new process, a subject that left
/// the listing and is asked for by id, a dry run, a silence.
async fn life(sources: &[Source]) -> BTreeSet<String> {
    let mut stage = Stage::of(sources);
    fill(&stage);
    stage.baseline().await;
    {
        let mut world = stage.sim.world();
        world.redshift.get_mut("r-1").expect("a restore").status = Some("FAILED".to_owned());
        world.serverless.clear();
    }
    stage.cold_start();
    stage.tick().await;
    if sources.contains(&Source::Backup) {
        stage.hint("b-1").await;
    }
    {
        let mut world = stage.sim.world();
        world.backup.clear();
        world.backup_jobs.clear();
        world.backup_copies.clear();
        world.exports.clear();
        world.imports.clear();
    }
    stage.tick().await;
    let dry_run = stage.dry_run();
    let invocation = stage.invocation(crate::stage::PATIENCE);
    assert!(stage.tidings.run(&dry_run, &invocation).await.dry_run);
    // It reads the table, and finds nothing to silence.
    let nothing = "2d1f7a90-11aa-5c3e-9d10-5f0c7e000001";
    stage.silence(nothing, "1h").await.expect_err("no such notice");
    stage.sim.calls().iter().map(action).collect()
}

fn granted(permissions: &Permissions, sources: &[Source]) -> BTreeSet<String> {
    let parameters: Vec<&str> = sources.iter().copied().map(parameter).collect();
    let mut actions = permissions.with(&parameters);
    for unseen in UNSEEN {
        for action in permissions.of(unseen) {
            actions.remove(&action);
        }
    }
    actions
}

#[tokio::test(start_paused = true)]
async fn the_role_allows_what_is_done_and_nothing_else() {
    let permissions = Permissions::read();
    let done = life(&Source::ALL).await;
    assert!(done.len() > 10, "{done:?}");
    assert_eq!(granted(&permissions, &Source::ALL), done, "left: the template, right: what tidings did");
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_not_watched_leaves_nothing_allowed() {
    let permissions = Permissions::read();
    for source in Source::ALL {
        let done: BTreeSet<String> = life(&[source]).await;
        let mut granted = granted(&permissions, &[source]);
        // Reading one item is for hints, which only AWS Backup gives; the table's statement is one for all.
        if source != Source::Backup {
            assert!(granted.remove("dynamodb:GetItem"));
        }
        assert_eq!(granted, done, "{source} alone; left: the template, right: what tidings did");
    }
}

#[test]
fn what_tidings_does_not_do_itself_is_written_out() {
    let permissions = Permissions::read();
    let unseen: Vec<String> = UNSEEN.iter().flat_map(|sid| permissions.of(sid)).collect();
    let expected = [
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sqs:SendMessage",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey*",
        "kms:ReEncrypt*",
        "kms:Decrypt",
        "kms:GenerateDataKey*",
    ];
    assert_eq!(unseen, expected);
}
