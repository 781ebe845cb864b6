//! Every file in `events/` is an event that the function answers with a report.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::contract::{check_report, counts, scopes};
use super::function::Function;
use super::stage::Stage;
use super::{SOURCES, sample};

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("events")
}

/// The names of all sample events, so that a new file is tested too.
fn names() -> Vec<String> {
    let entries = std::fs::read_dir(folder()).expect("the folder of sample events");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name")).collect();
    names.sort_unstable();
    assert!(!names.is_empty(), "no sample events");
    names
}

/// The job that a sample of AWS Backup's event is about.
fn hinted_job(event: &Value) -> Option<&str> {
    (event["source"] == "aws.backup").then(|| event["detail"]["restoreJobId"].as_str().expect("an id"))
}

#[test]
fn the_promised_samples_are_there() {
    let names = names();
    for promised in [
        "backup-restore-job-created.json",
        "backup-restore-job-failed.json",
        "dry-run.json",
        "schedule.json",
        "scheduler.json",
    ] {
        assert!(names.iter().any(|name| name == promised), "{promised} is not among {names:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_event_is_answered_with_the_report() {
    for name in names() {
        let event = sample(&name);
        // Other tests are about these: messages of queues, calls of a dashboard, and silences.
        if ["Records", "widgetContext", "describe", "notice_id"].iter().any(|key| !event[key].is_null()) {
            continue;
        }
        let stage = Stage::set();
        let sources: &[&str] = match hinted_job(&event) {
            Some(job) => {
                stage.put_backup(job, "RUNNING");
                &["backup"]
            }
            None => &SOURCES,
        };
        let function = Function::start(&stage).await;
        let report = function.report(&event).await;
        check_report(&report, sources);
        for scope in scopes(&report) {
            assert_eq!(scope["error"], Value::Null, "{name}: {scope}");
            assert_ne!(scope["observed"], 0, "{name}: {scope}");
        }
        // A first pass tells what it watches; one job by itself, or a rehearsal, tells nobody anything.
        let [_, published, pending] = counts(&report);
        let expected = if hinted_job(&event).is_some() || report["dry_run"] == true { 0 } else { 5 };
        assert_eq!((published, pending), (expected, 0), "{name}: {report}");
        assert_eq!(stage.told().len() as u64, expected, "{name}");
    }
}
