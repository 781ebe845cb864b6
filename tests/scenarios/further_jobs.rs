//! What holds for every kind of one-shot job that is off by default: backup jobs, copy jobs, exports and imports.

use jiff::Timestamp;
use tidings::domain::Source;
use tidings::simulator::{BackupCopy, BackupJob, DynamoDbLists, Fault, FaultKind, Service, TableExport, TableImport};

use crate::stage::{Stage, scope};

/// A kind of job.
struct Kind {
    source: Source,
    facet: &'static str,
    /// AWS's words.
    running: &'static str,
    completed: &'static str,
    failed: &'static str,
    service: Service,
    list: &'static str,
    describe: &'static str,
    /// Whether a completion is told only to those who asked for routine.
    is_routine: bool,
}

const KINDS: [Kind; 4] = [
    Kind {
        source: Source::BackupJobs,
        facet: "backup",
        running: "RUNNING",
        completed: "COMPLETED",
        failed: "FAILED",
        service: Service::Backup,
        list: "ListBackupJobs",
        describe: "DescribeBackupJob",
        is_routine: true,
    },
    Kind {
        source: Source::BackupCopies,
        facet: "copy",
        running: "RUNNING",
        completed: "COMPLETED",
        failed: "FAILED",
        service: Service::Backup,
        list: "ListCopyJobs",
        describe: "DescribeCopyJob",
        is_routine: true,
    },
    Kind {
        source: Source::DynamoDbExports,
        facet: "export",
        running: "IN_PROGRESS",
        completed: "COMPLETED",
        failed: "FAILED",
        service: Service::DynamoDb,
        list: "ListExports",
        describe: "DescribeExport",
        is_routine: false,
    },
    Kind {
        source: Source::DynamoDbImports,
        facet: "import",
        running: "IN_PROGRESS",
        completed: "COMPLETED",
        failed: "FAILED",
        service: Service::DynamoDb,
        list: "ListImports",
        describe: "DescribeImport",
        is_routine: false,
    },
];

/// The id of a job that begins now, in the form of DynamoDB, which the other kinds accept as well.
fn id(stage: &Stage, number: u32) -> String {
    format!("{:014}-{number:08x}", stage.now().as_millisecond())
}

impl Kind {
    fn stage(&self) -> Stage {
        Stage::of(&[self.source])
    }

    /// Adds a job.
    fn put(&self, stage: &Stage, id: &str, status: &str, began: Timestamp) {
        let (status, began) = (Some(status.to_owned()), Some(began));
        let mut world = stage.sim.world();
        match self.source {
            Source::BackupJobs => {
                world.put_backup_job(BackupJob { state: status, created: began, ..BackupJob::new(id) });
            }
            Source::BackupCopies => {
                world.put_backup_copy(BackupCopy { state: status, created: began, ..BackupCopy::new(id) });
            }
            Source::DynamoDbExports => {
                world.put_export(TableExport {
                    status,
                    start: began,
                    table: "orders".to_owned(),
                    ..TableExport::new(id)
                });
            }
            _ => world.put_import(TableImport {
                status,
                start: began,
                table: "orders".to_owned(),
                ..TableImport::new(id)
            }),
        }
    }

    fn set(&self, stage: &Stage, id: &str, status: &str) {
        let (now, status) = (Some(stage.now()), Some(status.to_owned()));
        let mut world = stage.sim.world();
        match self.source {
            Source::BackupJobs => {
                let job = world.backup_jobs.get_mut(id).expect("a job");
                (job.state, job.completed) = (status, now);
            }
            Source::BackupCopies => {
                let job = world.backup_copies.get_mut(id).expect("a job");
                (job.state, job.completed) = (status, now);
            }
            Source::DynamoDbExports => {
                let job = world.exports.get_mut(id).expect("an export");
                (job.status, job.end) = (status, now);
            }
            _ => {
                let job = world.imports.get_mut(id).expect("an import");
                (job.status, job.end) = (status, now);
            }
        }
    }

    /// Takes all jobs away.
    fn clear(stage: &Stage) {
        let mut world = stage.sim.world();
        world.backup_jobs.clear();
        world.backup_copies.clear();
        world.exports.clear();
        world.imports.clear();
    }

    /// The subject's id as notices have it.
    fn subject(&self, id: &str) -> String {
        match self.source {
            Source::DynamoDbExports | Source::DynamoDbImports => {
                format!("arn:aws:dynamodb:eu-central-1:123456789012:table/orders/{}/{id}", self.facet)
            }
            _ => id.to_owned(),
        }
    }

    fn told(&self, reason: &str, id: &str, change: &str) -> String {
        let subject = self.subject(id);
        let subject = subject.rsplit('/').next().unwrap_or(&subject);
        format!("{reason} {} {subject}: {change}", self.facet)
    }

    fn calls(&self, stage: &Stage, operation: &str) -> usize {
        let calls = stage.sim.calls();
        calls.iter().filter(|call| call.service == self.service && call.operation == operation).count()
    }
}

#[tokio::test(start_paused = true)]
async fn what_ended_before_the_first_pass_is_history() {
    for kind in &KINDS {
        let mut stage = kind.stage();
        for (number, status) in [(1, kind.completed), (2, kind.failed)] {
            kind.put(&stage, &id(&stage, number), status, stage.ago(120));
            kind.set(&stage, &id(&stage, number), status);
        }
        stage.baseline().await;
        for _ in 0..3 {
            assert!(stage.tick().await.is_empty(), "{}", kind.source);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_end_is_told_once_and_completed_backups_only_on_demand() {
    for kind in &KINDS {
        for routine in [false, true] {
            let mut stage = kind.stage();
            if routine {
                stage.tidings.config.policy.routine = [kind.source].into();
            }
            stage.baseline().await;
            let (good, bad) = (id(&stage, 1), id(&stage, 2));
            for id in [&good, &bad] {
                kind.put(&stage, id, kind.running, stage.now());
            }
            let started = [kind.told("started", &good, "- -> running"), kind.told("started", &bad, "- -> running")];
            let told = stage.tick().await;
            assert_eq!(told, if routine { started.to_vec() } else { Vec::new() }, "{}", kind.source);
            kind.set(&stage, &good, kind.completed);
            kind.set(&stage, &bad, kind.failed);
            let mut expected = vec![kind.told("failed", &bad, "running -> failed")];
            if routine || !kind.is_routine {
                expected.insert(0, kind.told("completed", &good, "running -> completed"));
            }
            let mut told = stage.tick().await;
            told.sort();
            expected.sort();
            assert_eq!(told, expected, "{}", kind.source);
            assert!(stage.tick().await.is_empty(), "{}", kind.source);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_begins_and_ends_between_two_passes_is_told() {
    for kind in &KINDS {
        let mut stage = kind.stage();
        stage.baseline().await;
        stage.wait(2);
        let id = id(&stage, 1);
        kind.put(&stage, &id, kind.failed, stage.now());
        kind.set(&stage, &id, kind.failed);
        assert_eq!(stage.tick().await, [kind.told("failed", &id, "- -> failed")], "{}", kind.source);
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_was_running_before_the_first_pass_is_followed_to_its_end() {
    for kind in &KINDS {
        let mut stage = kind.stage();
        // Older than the time that listings look back.
        let began = stage.ago(3 * 24 * 60);
        let id = format!("{:014}-00000001", began.as_millisecond());
        kind.put(&stage, &id, kind.running, began);
        stage.baseline().await;
        assert!(stage.tick().await.is_empty());
        kind.set(&stage, &id, kind.failed);
        assert_eq!(stage.tick().await, [kind.told("failed", &id, "running -> failed")], "{}", kind.source);
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_no_listing_shows_is_asked_for_and_vanishes_only_if_it_is_gone() {
    for kind in &KINDS {
        let mut stage = kind.stage();
        stage.baseline().await;
        let id = id(&stage, 1);
        kind.put(&stage, &id, kind.running, stage.now());
        stage.tick().await;
        Kind::clear(&stage);
        stage.sim.clear_calls();
        let told = [stage.tick().await, stage.tick().await, stage.tick().await].concat();
        assert_eq!(told, [kind.told("vanished", &id, "running -> vanished")], "{}", kind.source);
        assert_eq!(kind.calls(&stage, kind.describe), 2, "{}", kind.source);
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_job_that_vanished_is_news_if_it_is_listed_again() {
    for kind in &KINDS {
        let mut stage = kind.stage();
        stage.baseline().await;
        let (id, began) = (id(&stage, 1), stage.now());
        kind.put(&stage, &id, kind.running, began);
        stage.tick().await;
        Kind::clear(&stage);
        let told = [stage.tick().await, stage.tick().await].concat();
        assert_eq!(told, [kind.told("vanished", &id, "running -> vanished")], "{}", kind.source);
        kind.put(&stage, &id, kind.failed, began);
        assert_eq!(stage.tick().await, [kind.told("failed", &id, "running -> failed")], "{}", kind.source);
        assert!(stage.tick().await.is_empty(), "{}", kind.source);
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_status_is_told_once_and_closes_nothing() {
    for kind in &KINDS {
        let mut stage = kind.stage();
        stage.baseline().await;
        let id = id(&stage, 1);
        kind.put(&stage, &id, kind.running, stage.now());
        stage.tick().await;
        kind.set(&stage, &id, "HIBERNATING");
        assert_eq!(stage.tick().await, [kind.told("unknown-status", &id, "running -> unknown")], "{}", kind.source);
        assert!(stage.tick().await.is_empty());
        kind.set(&stage, &id, kind.failed);
        assert_eq!(stage.tick().await, [kind.told("failed", &id, "unknown -> failed")], "{}", kind.source);
    }
}

#[tokio::test(start_paused = true)]
async fn a_denied_listing_names_the_action_and_loses_nothing() {
    for kind in &KINDS {
        let mut stage = kind.stage();
        stage.baseline().await;
        let id = id(&stage, 1);
        kind.put(&stage, &id, kind.failed, stage.now());
        stage.sim.inject(Fault::new(FaultKind::AccessDenied).service(kind.service).operation(kind.list));
        stage.wait(5);
        let report = stage.pass().await;
        let error = scope(&report, kind.source).error.as_ref().expect("an error");
        let service = if kind.service == Service::Backup { "backup" } else { "dynamodb" };
        assert_eq!(error.action.as_deref(), Some(&*format!("{service}:{}", kind.list)));
        assert!(stage.told().is_empty());
        stage.sim.clear_faults();
        assert_eq!(stage.tick().await, [kind.told("failed", &id, "- -> failed")], "{}", kind.source);
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_without_progress_stalls_when_its_time_is_over() {
    for kind in &KINDS {
        let mut stage = kind.stage();
        let limit = stage.tidings.config.policy.stalled_after[&kind.source];
        stage.baseline().await;
        let id = id(&stage, 1);
        kind.put(&stage, &id, kind.running, stage.now());
        stage.tick().await;
        stage.wait(limit.as_mins() - 10);
        assert!(stage.tick().await.is_empty(), "{}", kind.source);
        stage.wait(10);
        assert_eq!(stage.tick().await, [kind.told("stalled", &id, "running -> running")], "{}", kind.source);
        assert!(stage.tick().await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn every_job_of_several_pages_is_read() {
    for kind in &KINDS {
        let mut stage = kind.stage();
        for number in 0..60 {
            kind.put(&stage, &id(&stage, number), kind.completed, stage.ago(60));
            kind.set(&stage, &id(&stage, number), kind.completed);
        }
        stage.sim.world().page_limit = Some(25);
        stage.baseline().await;
        assert_eq!(stage.records(kind.source).await.len(), 60, "{}", kind.source);
        stage.wait(5);
        let late = id(&stage, 1);
        kind.put(&stage, &late, kind.failed, stage.now());
        assert_eq!(stage.tick().await, [kind.told("failed", &late, "- -> failed")], "{}", kind.source);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_known_to_have_ended_is_not_described_again() {
    for kind in KINDS.iter().filter(|kind| kind.service == Service::DynamoDb) {
        let mut stage = kind.stage();
        for number in 0..30 {
            kind.put(&stage, &id(&stage, number), kind.completed, stage.ago(60));
        }
        stage.baseline().await;
        assert_eq!(kind.calls(&stage, kind.describe), 0, "history needs no more than the listing");
        let late = id(&stage, 99);
        kind.put(&stage, &late, kind.running, stage.now());
        stage.tick().await;
        kind.set(&stage, &late, kind.completed);
        assert_eq!(stage.tick().await.len(), 1);
        stage.sim.clear_calls();
        for _ in 0..3 {
            stage.cold_start();
            assert!(stage.tick().await.is_empty());
        }
        assert_eq!(kind.calls(&stage, kind.describe), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn listings_may_leave_out_what_is_in_progress() {
    for kind in KINDS.iter().filter(|kind| kind.service == Service::DynamoDb) {
        let mut stage = kind.stage();
        stage.sim.world().dynamodb_lists = DynamoDbLists::CompletedOnly;
        stage.baseline().await;
        let id = id(&stage, 1);
        kind.put(&stage, &id, kind.running, stage.now());
        assert!(stage.tick().await.is_empty());
        stage.wait(60);
        assert!(stage.tick().await.is_empty());
        kind.set(&stage, &id, kind.failed);
        // It began before the last complete read, but nobody could know of it then. It ended after that.
        assert_eq!(stage.tick().await, [kind.told("failed", &id, "- -> failed")], "{}", kind.source);
    }
}
