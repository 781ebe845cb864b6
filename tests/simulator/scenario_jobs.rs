//! Scenarios with backup jobs, copies, exports, imports and expired records: what follows from the time of an entry.

use tidings::simulator::{DynamoDbLists, Scenario, Script, Simulator, UnexpiringAnswer};

use crate::{simulator, time};

const HEAD: &str = "start = \"2026-03-02T06:00:00Z\"\nevery = \"15m\"\nlength = \"2h\"\n\n";

const NIGHT: &str = r#"
[[at]]
time = "0s"
backup-job = { id = "j-1", state = "CREATED", message = "waiting", category = "WAITING", vault_name = "main" }
backup-copy = { id = "c-1", state = "RUNNING", message = "copying", category = "COPYING", created_by_job_id = "j-1" }
export = { id = "e-1", table = "orders", status = "IN_PROGRESS", bucket = "exports" }
import = { id = "i-1", table = "visits", status = "IN_PROGRESS", format = "CSV" }
expiration = { bucket = "lake", namespace = "sales", name = "orders", status = "NotYetRun" }

[[at]]
time = "30m"
backup-job = { id = "j-1", percent_done = "50.00" }
backup-copy = { id = "c-1", state = "PARTIAL" }
export = { id = "e-1", status = "FAILED", failure_code = "S3NoSuchBucket", message = "there is no such bucket" }
import = { id = "i-1", status = "CANCELLING", message = "somebody asked for it", failure_code = "Asked" }
expiration = { bucket = "lake", namespace = "sales", name = "orders", status = "Failed", message = "commit lost" }

[[at]]
time = "1h"
backup-job = { id = "j-1", state = "EXPIRED" }
backup-copy = { id = "c-1", message = "one disk of two", category = "PART" }
export = { id = "e-1", items = 7 }
import = { id = "i-1", status = "CANCELLED" }
expiration = { bucket = "lake", namespace = "sales", name = "orders", status = "Successful", deleted_records = 12, deleted_files = 3, removed_bytes = 4096 }
world = { dynamodb_lists = "completed-only", unexpiring = "method-not-allowed" }

[[at]]
time = "1h30m"
remove = { backup-job = "j-1", backup-copy = "c-1", export = "e-1", import = "i-1", expiration = { bucket = "lake", namespace = "sales", name = "orders" } }
"#;

fn night() -> (Simulator, Script) {
    (simulator(), Script::new(Scenario::parse(&format!("{HEAD}{NIGHT}")).unwrap()))
}

#[test]
fn what_begins_begins_at_the_time_of_its_entry() {
    let (simulator, mut script) = night();
    let began = time("2026-03-02T06:00:00Z");
    script.run_to(&simulator, began).unwrap();
    let mut world = simulator.world();
    let (job, copy) = (&world.backup_jobs["j-1"], &world.backup_copies["c-1"]);
    assert_eq!((job.created, job.completed, job.vault_name.as_deref()), (Some(began), None, Some("main")));
    assert_eq!((copy.created, copy.completed, copy.created_by_job_id.as_deref()), (Some(began), None, Some("j-1")));
    let (export, import) = (&world.exports["e-1"], &world.imports["i-1"]);
    assert_eq!((export.start, export.end, export.table.as_str()), (Some(began), None, "orders"));
    assert_eq!((import.start, import.end, import.table.as_str()), (Some(began), None, "visits"));
    assert_eq!((world.dynamodb_lists, world.unexpiring), (DynamoDbLists::AllJobs, UnexpiringAnswer::NotFound));
    let table = world.table("lake", "sales", "orders");
    assert_eq!(table.created, Some(began));
    let expiration = table.expiration.as_ref().unwrap();
    assert_eq!((expiration.status.as_deref(), expiration.run), (Some("NotYetRun"), None));
}

#[test]
fn a_new_status_takes_the_old_message_away_and_the_last_one_sets_the_end() {
    let (simulator, mut script) = night();
    let (half_past, hour) = (time("2026-03-02T06:30:00Z"), time("2026-03-02T07:00:00Z"));
    script.run_to(&simulator, half_past).unwrap();
    {
        let mut world = simulator.world();
        let job = &world.backup_jobs["j-1"];
        assert_eq!((job.message.as_deref(), job.category.as_deref()), (Some("waiting"), Some("WAITING")));
        let copy = &world.backup_copies["c-1"];
        assert_eq!((copy.completed, &copy.message, &copy.category), (Some(half_past), &None, &None));
        let export = &world.exports["e-1"];
        assert_eq!((export.end, export.failure_code.as_deref()), (Some(half_past), Some("S3NoSuchBucket")));
        assert_eq!(export.bucket.as_deref(), Some("exports"), "what an entry leaves out stays");
        assert_eq!(world.imports["i-1"].end, None, "an import that is being cancelled has not ended");
        let expiration = world.table("lake", "sales", "orders").expiration.clone().unwrap();
        assert_eq!((expiration.run, expiration.message.as_deref()), (Some(half_past), Some("commit lost")));
    }
    script.run_to(&simulator, hour).unwrap();
    let mut world = simulator.world();
    let job = &world.backup_jobs["j-1"];
    assert_eq!((job.completed, &job.message, &job.category), (Some(hour), &None, &None));
    assert_eq!(job.percent_done.as_deref(), Some("50.00"));
    let copy = &world.backup_copies["c-1"];
    assert_eq!((copy.state.as_deref(), copy.completed), (Some("PARTIAL"), Some(half_past)));
    assert_eq!((copy.message.as_deref(), copy.category.as_deref()), (Some("one disk of two"), Some("PART")));
    let export = &world.exports["e-1"];
    assert_eq!((export.items, export.message.as_deref()), (Some(7), Some("there is no such bucket")));
    assert_eq!(export.table, "orders");
    let import = &world.imports["i-1"];
    assert_eq!((import.end, &import.message, &import.failure_code), (Some(hour), &None, &None));
    assert_eq!((import.table.as_str(), import.format.as_deref()), ("visits", Some("CSV")));
    assert_eq!(world.dynamodb_lists, DynamoDbLists::CompletedOnly);
    assert_eq!(world.unexpiring, UnexpiringAnswer::MethodNotAllowed);
    let expiration = world.table("lake", "sales", "orders").expiration.clone().unwrap();
    assert_eq!((expiration.run, expiration.message), (Some(hour), None));
    let counts = (expiration.deleted_records, expiration.deleted_files, expiration.removed_bytes);
    assert_eq!(counts, (Some(12), Some(3), Some(4096)));
}

#[test]
fn every_last_state_sets_the_end_and_no_other_does() {
    for (kind, status, last, others) in [
        ("backup-job", "state", "COMPLETED FAILED ABORTED EXPIRED PARTIAL", "CREATED PENDING RUNNING ABORTING"),
        ("backup-copy", "state", "COMPLETED FAILED PARTIAL", "CREATED RUNNING"),
        ("export", "status", "COMPLETED FAILED", "IN_PROGRESS"),
        ("import", "status", "COMPLETED FAILED CANCELLED", "IN_PROGRESS CANCELLING"),
    ] {
        for (words, ends) in [(last, true), (others, false)] {
            for word in words.split(' ') {
                let simulator = simulator();
                let table = if kind.starts_with("backup") { "" } else { "table = \"orders\", " };
                let entry =
                    format!("{HEAD}[[at]]\ntime = \"0s\"\n{kind} = {{ id = \"x\", {table}{status} = \"{word}\" }}\n");
                let scenario = Scenario::parse(&entry).unwrap();
                Script::new(scenario.clone()).run_to(&simulator, scenario.end()).unwrap();
                let world = simulator.world();
                let end = match kind {
                    "backup-job" => world.backup_jobs["x"].completed,
                    "backup-copy" => world.backup_copies["x"].completed,
                    "export" => world.exports["x"].end,
                    _ => world.imports["x"].end,
                };
                assert_eq!(end, ends.then_some(scenario.start), "{kind} {word}");
            }
        }
    }
}

#[test]
fn everything_can_be_removed_once() {
    let (simulator, mut script) = night();
    script.run_to(&simulator, script.scenario().end()).unwrap();
    let mut world = simulator.world();
    assert!(world.backup_jobs.is_empty() && world.backup_copies.is_empty());
    assert!(world.exports.is_empty() && world.imports.is_empty());
    assert_eq!(world.table("lake", "sales", "orders").expiration, None);
}

#[test]
fn what_does_not_exist_is_neither_removed_nor_changed() {
    for (entry, expected) in [
        ("remove = { backup-job = \"x\" }", "`remove`: there is no backup job `x` to remove"),
        ("remove = { backup-copy = \"x\" }", "`remove`: there is no copy job `x` to remove"),
        ("remove = { export = \"x\" }", "`remove`: there is no export `x` to remove"),
        ("remove = { import = \"x\" }", "`remove`: there is no import `x` to remove"),
        (
            "remove = { expiration = { bucket = \"b\", namespace = \"n\", name = \"t\" } }",
            "`remove`: there is no record expiration of `n.t` to remove",
        ),
        ("export = { id = \"x\", status = \"FAILED\" }", "`export`: there is no export `x` to change"),
        ("import = { id = \"x\", status = \"FAILED\" }", "`import`: there is no import `x` to change"),
    ] {
        let error = Scenario::parse(&format!("{HEAD}[[at]]\ntime = \"1h\"\n{entry}\n")).unwrap_err().to_string();
        assert_eq!(error, format!("line 7, {expected}"));
    }
    for entry in ["export = { table = \"t\" }", "import = { table = \"t\" }"] {
        let error = Scenario::parse(&format!("{HEAD}[[at]]\ntime = \"1h\"\n{entry}\n")).unwrap_err().to_string();
        assert!(error.contains("line 7") && error.contains("`id`"), "{error}");
    }
}
