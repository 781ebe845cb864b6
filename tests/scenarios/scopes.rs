//! Scopes as a whole: one source's trouble, unreachable and reachable again, dry runs.

use tidings::domain::Source;
use tidings::simulator::{BackupRestore, Fault, FaultKind, RedshiftRestore, Service};

use tidings::config::{Config, Resources};
use tidings::pass::Tidings;

use crate::stage::{Stage, TOPIC, scope};

fn fill(stage: &Stage) {
    let now = Some(stage.now());
    let running = Some("RUNNING".to_owned());
    stage.sim.world().put_backup(BackupRestore { status: running, created: now, ..BackupRestore::new("j-1") });
    let running = Some("IN_PROGRESS".to_owned());
    stage.sim.world().put_redshift(RedshiftRestore { status: running, requested: now, ..RedshiftRestore::new("r-1") });
}

fn end(stage: &Stage) {
    stage.sim.world().backup.get_mut("j-1").expect("a job").status = Some("FAILED".to_owned());
    stage.sim.world().redshift.get_mut("r-1").expect("a restore").status = Some("SUCCEEDED".to_owned());
}

#[tokio::test(start_paused = true)]
async fn one_source_denied_leaves_four_alone() {
    let mut stage = Stage::of(&Source::DEFAULT);
    fill(&stage);
    stage.baseline().await;
    end(&stage);
    stage.sim.inject(Fault::new(FaultKind::AccessDenied).service(Service::Backup));
    stage.wait(5);
    let report = stage.pass().await;
    for source in Source::DEFAULT {
        let scope = scope(&report, source);
        if source == Source::Backup {
            let error = scope.error.as_ref().expect("an error");
            assert_eq!((scope.coverage, error.kind.as_str()), ("partial", "denied"));
            assert_eq!(error.action.as_deref(), Some("backup:ListRestoreJobs"), "the action that would mend it");
        } else {
            assert_eq!((scope.coverage, &scope.error), ("complete", &None), "{source}");
        }
    }
    assert_eq!(stage.told(), ["completed restore r-1: running -> completed"]);
    stage.sim.clear_faults();
    assert_eq!(stage.tick().await, ["failed restore j-1: running -> failed"], "told when it can be read again");
}

#[tokio::test(start_paused = true)]
async fn a_source_that_stays_unreadable_is_told_once_and_so_is_its_return() {
    let mut stage = Stage::of(&[Source::Backup]);
    stage.baseline().await;
    stage.sim.inject(Fault::new(FaultKind::AccessDenied).service(Service::Backup));
    let mut told = Vec::new();
    for _ in 0..5 {
        stage.wait(5);
        stage.pass().await;
        told.push(stage.notices());
    }
    let counts: Vec<usize> = told.iter().map(Vec::len).collect();
    assert_eq!(counts, [0, 0, 1, 0, 0], "in the third pass, and once");
    let notice = &told[2][0];
    assert_eq!((&notice["reason"], &notice["severity"]), (&"unreachable".into(), &"warning".into()));
    assert_eq!(notice["attributes"]["missing_action"], "backup:ListRestoreJobs");
    assert!(notice["message"].as_str().is_some_and(|text| text.contains("backup:ListRestoreJobs")), "{notice}");
    stage.sim.clear_faults();
    stage.wait(5);
    stage.pass().await;
    let notices = stage.notices();
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0]["reason"], "reachable");
    // The next time is a new story, with ids of its own.
    stage.sim.inject(Fault::new(FaultKind::AccessDenied).service(Service::Backup));
    let mut again = Vec::new();
    for _ in 0..3 {
        stage.wait(5);
        stage.pass().await;
        again.extend(stage.notices());
    }
    assert_eq!(again.len(), 1);
    assert_ne!(again[0]["id"], notice["id"]);
}

#[tokio::test(start_paused = true)]
async fn a_scope_that_was_never_readable_is_told_before_any_baseline() {
    let mut stage = Stage::of(&[Source::Redshift]);
    stage.sim.inject(Fault::new(FaultKind::AccessDenied).service(Service::Redshift));
    for told in [false, false, true] {
        stage.wait(5);
        let report = stage.pass().await;
        assert_eq!(report.is_failure(), !told, "telling people is something: {report:?}");
    }
    assert_eq!(stage.notices()[0]["reason"], "unreachable");
    stage.sim.clear_faults();
    stage.wait(5);
    stage.pass().await;
    let reasons: Vec<_> = stage.notices().iter().map(|notice| notice["reason"].clone()).collect();
    assert_eq!(reasons, ["reachable", "baseline"]);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_says_what_it_would_say_and_does_nothing() {
    let mut stage = Stage::of(&[Source::Backup, Source::Redshift]);
    fill(&stage);
    stage.baseline().await;
    end(&stage);
    stage.sim.clear_calls();
    let order = stage.dry_run();
    for _ in 0..2 {
        let invocation = stage.invocation(std::time::Duration::from_mins(1));
        let report = stage.tidings.run(&order, &invocation).await;
        assert!(report.dry_run);
        let notices = report.notices.as_ref().expect("what it would say");
        let mut told: Vec<String> = notices.iter().map(crate::stage::line).collect();
        told.sort();
        assert_eq!(told, ["completed restore r-1: running -> completed", "failed restore j-1: running -> failed"]);
    }
    let writes = ["UpdateItem", "PublishBatch", "Publish"].map(|operation| stage.count(operation));
    assert_eq!(writes, [0, 0, 0]);
    assert!(stage.told().is_empty());
    assert_eq!(stage.tick().await.len(), 2, "the real pass tells it");
}

#[tokio::test(start_paused = true)]
async fn a_state_table_that_is_missing_is_named() {
    let mut stage = Stage::of(&[Source::Backup]);
    let sdk = stage.sim.sdk_config(crate::stage::REGION);
    stage.tidings = Tidings::new(&sdk, &Resources::new("nowhere", TOPIC), Config::default());
    let report = stage.pass().await;
    let error = scope(&report, Source::Backup).error.as_ref().expect("an error");
    assert!(error.message.contains("nowhere"), "{}", error.message);
    assert!(report.is_failure());
}
