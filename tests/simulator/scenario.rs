//! Scenarios: what they do to the world, and how they are refused.

use tidings::simulator::{BackupRestore, FaultKind, Scenario, Script, Service};

use crate::{simulator, time};

const DAY: &str = r#"
title = "A day at the warehouse"
start = "2026-03-02T06:00:00Z"
every = "15m"
length = "2h"

[[at]]
time = "0s"
redshift = { id = "r-1", cluster = "analytics", source = "dev.public.orders", status = "IN_PROGRESS", progress_mb = 120, total_mb = 2048, message = "copying" }
backup = { id = "b-1", status = "RUNNING", percent_done = "10.00%" }
redshift-serverless = { id = "s-1", status = "PENDING", namespace = "lake" }

[[at]]
time = "30m"
table = { bucket = "lake", namespace = "sales", name = "orders", managed_by = "someone" }
replication = { bucket = "lake", namespace = "sales", name = "orders", destination = "replica", status = "failed", message = "access denied" }
maintenance = { bucket = "lake", namespace = "sales", name = "orders", job = "icebergCompaction", status = "Successful" }
fault = { service = "backup", operation = "ListRestoreJobs", kind = "throttle", times = 3 }

[[at]]
time = "1h30m"
clear_faults = true
fault = { kind = { error = { status = 418, code = "Teapot", message = "short and stout" } } }
redshift = { id = "r-1", status = "SUCCEEDED", progress_mb = 2048 }
backup = { id = "b-1", status = "COMPLETED" }
replication = { bucket = "lake", namespace = "sales", name = "orders", destination = "replica", status = "Completed" }
remove = { redshift-serverless = "s-1" }
world = { page_limit = 2, redshift_lists = "in-progress-only", cluster = "idle" }
"#;

#[test]
fn entries_change_what_they_name_and_keep_the_rest() {
    let simulator = simulator();
    let mut script = Script::new(Scenario::parse(DAY).unwrap());
    script.run_to(&simulator, time("2026-03-02T06:00:00Z")).unwrap();
    let started = simulator.world().redshift["r-1"].clone();
    assert_eq!(started.requested, Some(time("2026-03-02T06:00:00Z")));
    assert_eq!(started.message.as_deref(), Some("copying"));
    assert_eq!(simulator.world().serverless["s-1"].namespace.as_deref(), Some("lake"));
    assert!(simulator.world().buckets.is_empty());

    script.run_to(&simulator, time("2026-03-02T07:00:00Z")).unwrap();
    assert_eq!(simulator.clock().now(), time("2026-03-02T07:00:00Z"));
    let half_past = time("2026-03-02T06:30:00Z");
    let replica = "arn:aws:s3tables:us-east-1:123456789012:bucket/replica";
    {
        let mut world = simulator.world();
        let table = world.table("lake", "sales", "orders");
        assert_eq!(table.created, Some(half_past));
        assert_eq!(table.managed_by.as_deref(), Some("someone"));
        assert_eq!(table.replication[replica].message.as_deref(), Some("access denied"));
        assert_eq!(table.replication[replica].updated, None);
        assert_eq!(table.maintenance["icebergCompaction"].run, Some(half_past));
    }
    let [fault] = &simulator.faults()[..] else {
        panic!("one fault");
    };
    assert_eq!((fault.service, fault.times), (Some(Service::Backup), Some(3)));

    script.run_to(&simulator, script.scenario().end()).unwrap();
    let late = time("2026-03-02T07:30:00Z");
    let faults = simulator.faults();
    assert!(matches!(&faults[..], [fault] if matches!(fault.kind, FaultKind::Error { status: 418, .. })));
    let mut world = simulator.world();
    let done = &world.redshift["r-1"];
    assert_eq!(done.status.as_deref(), Some("SUCCEEDED"));
    assert_eq!(done.cluster.as_deref(), Some("analytics"));
    assert_eq!((done.progress_mb, done.total_mb), (Some(2048), Some(2048)));
    assert_eq!(done.message, None, "the old status took its message along");
    let job = &world.backup["b-1"];
    assert_eq!(job.created, Some(time("2026-03-02T06:00:00Z")));
    assert_eq!(job.completed, Some(late));
    assert_eq!(job.percent_done.as_deref(), Some("10.00%"));
    let table = world.table("lake", "sales", "orders");
    assert_eq!(table.replication[replica].updated, Some(late));
    assert_eq!(table.replication[replica].message, None);
    assert!(world.serverless.is_empty());
    assert_eq!(world.page_limit, Some(2));
    assert!(world.clusters.contains("idle"));
}

#[test]
fn the_same_scenario_plays_the_same_in_steps_and_at_once() {
    let scenario = Scenario::parse(DAY).unwrap();
    let (at_once, in_steps) = (simulator(), simulator());
    Script::new(scenario.clone()).run_to(&at_once, scenario.end()).unwrap();
    let mut from = scenario.start;
    let passes: Vec<_> = scenario.passes().collect();
    assert_eq!(passes.len(), 9);
    for pass in passes {
        scenario.apply_until(&in_steps, from, pass).unwrap();
        from = pass;
    }
    let shown = |simulator: &tidings::simulator::Simulator| format!("{:?}", simulator.world().backup);
    assert_eq!(shown(&at_once), shown(&in_steps));
    assert_eq!(at_once.faults(), in_steps.faults());
    assert_eq!(at_once.clock().now(), in_steps.clock().now());
}

#[tokio::test]
async fn a_followed_script_unfolds_with_the_clock() {
    let simulator = simulator();
    let scenario = Scenario::parse(DAY).unwrap().starting_at(time("2026-04-01T00:00:00Z"));
    simulator.clock().set(scenario.start);
    simulator.world().put_backup(BackupRestore::new("b-0"));
    simulator.follow(Script::new(scenario));
    let client = aws_sdk_backup::Client::new(&simulator.sdk_config("us-east-1"));
    let describe = || client.describe_restore_job().restore_job_id("b-1").send();
    assert_eq!(describe().await.unwrap().status().unwrap().as_str(), "RUNNING");
    simulator.clock().set(time("2026-04-01T01:30:00Z"));
    simulator.clear_faults();
    let teapot = describe().await.unwrap_err().into_service_error();
    assert!(format!("{teapot:?}").contains("Teapot"), "{teapot:?}");
    simulator.clear_faults();
    assert_eq!(describe().await.unwrap().status().unwrap().as_str(), "COMPLETED");
}

#[test]
fn a_scenario_that_cannot_be_played_is_refused_with_line_and_key() {
    let head = "start = \"2026-03-02T06:00:00Z\"\nevery = \"15m\"\nlength = \"2h\"\n\n";
    for (entries, parts) in [
        ("[[at]]\ntime = \"0s\"\nredshift = { id = \"r\", state = \"FAILED\" }\n", ["line 7", "`state`"]),
        ("[[at]]\ntime = \"0s\"\nredshift = { status = \"FAILED\" }\n", ["line 7", "`id`"]),
        ("[[at]]\ntime = \"0s\"\nmaintenance = { bucket = \"b\", name_space = \"x\" }\n", ["line 7", "`name_space`"]),
        ("[[at]]\ntime = \"0s\"\nbackups = { id = \"b\" }\n", ["line 7", "`backups`"]),
        ("[[at]]\ntime = \"soon\"\n", ["line 6", "soon"]),
        ("[[at]]\nbackup = { id = \"b\" }\n", ["line 5", "`time`"]),
        (
            "[[at]]\ntime = \"1h\"\nbackup = { id = \"b\" }\n[[at]]\nbackup = { id = \"b\" }\ntime = \"59m\"\n",
            ["line 10", "`time`: 59m lies before"],
        ),
        ("[[at]]\ntime = \"3h\"\n", ["line 6", "`time`: 3h lies past"]),
        (
            "[[at]]\ntime = \"1h\"\nremove = { backup = \"b\" }\n",
            ["line 7", "`remove`: there is no backup restore job `b` to remove"],
        ),
        ("[[at]]\ntime = \"1h\"\nfault = { kind = \"trottle\" }\n", ["line 7", "trottle"]),
        (
            "[[at]]\ntime = \"1h\"\nredshift = { id = \"r\", source = \"orders\" }\n",
            ["line 7", "database.schema.table"],
        ),
    ] {
        let error = Scenario::parse(&format!("{head}{entries}")).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{part} in: {error}");
        }
    }
    let endless = Scenario::parse(&head.replace("15m", "0s")).unwrap_err().to_string();
    assert_eq!(endless, "line 2, `every`: must be longer than nothing");
}

#[test]
fn the_documented_scenario_plays() {
    let page = include_str!("../../docs/simulator.md");
    let (_, rest) = page.split_once("```toml\n").unwrap();
    let (written, _) = rest.split_once("```").unwrap();
    let scenario = Scenario::parse(written).unwrap();
    let simulator = simulator();
    Script::new(scenario.clone()).run_to(&simulator, scenario.end()).unwrap();
    let world = simulator.world();
    assert_eq!(world.redshift["r-1"].status.as_deref(), Some("FAILED"));
    assert_eq!(simulator.faults().len(), 1);
}
