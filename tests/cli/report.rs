//! `tidings report` over an account that is simulated on a port.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tidings::simulator::{BackupRestore, MaintenanceJob};

use crate::machine::{Machine, finish};

const PLAN: &str =
    "arn:aws:backup:us-east-1:123456789012:restore-testing-plan:nightly-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

/// An account with two restore tests that have ended and one that is running, a restore, and a table that fails.
fn machine(name: &str) -> Machine {
    let machine = Machine::new(name);
    machine.run(&["poll"]).expect(0, &["5 sent"], &[]);
    let now = machine.simulator.clock().now();
    let ago = |minutes: i64| now.checked_sub(SignedDuration::from_mins(minutes)).ok();
    let job = |id: &str, status: &str| BackupRestore {
        status: Some(status.to_owned()),
        created: ago(45),
        completed: (status != "RUNNING").then(|| ago(4)).flatten(),
        resource_type: Some("RDS".to_owned()),
        source_resource_arn: Some("arn:aws:rds:us-east-1:123456789012:db:orders-db".to_owned()),
        ..BackupRestore::new(id)
    };
    let test =
        |id: &str, status: &str| BackupRestore { restore_testing_plan_arn: Some(PLAN.to_owned()), ..job(id, status) };
    {
        let mut world = machine.simulator.world();
        world
            .put_backup(BackupRestore { validation_status: Some("SUCCESSFUL".to_owned()), ..test("t-1", "COMPLETED") });
        let message = Some("=HYPERLINK(\"https://evil.example\"), \"no\" space\r\nleft".to_owned());
        world.put_backup(BackupRestore { message, ..test("t-2", "FAILED") });
        world.put_backup(test("t-3", "RUNNING"));
        world.put_backup(job("r-1", "COMPLETED"));
        let job =
            MaintenanceJob { status: Some("Failed".to_owned()), run: ago(5), message: Some("No KMS key".to_owned()) };
        world.table("lake", "sales", "orders").maintenance.insert("icebergCompaction".to_owned(), job);
    }
    machine.run(&["poll"]).expect(1, &["FAILED"], &[]);
    machine
}

#[test]
fn the_letter_has_the_restore_tests_and_what_is_failing() {
    let machine = machine("report-text");
    let told = machine.run(&["history", "--output", "json"]).json()[0]["notices"].as_array().expect("notices").len();
    let ran = machine.run(&["report"]);
    ran.expect(
        0,
        &[
            "Report: 1 failing now, 1 restore test did not pass.\n1 table, 1 restore, 1 of 2 restore tests passed, 1 under way.",
            "icebergCompaction on table sales.orders in bucket lake: since ",
            "AWS says: No KMS key",
            "Restore tests: 1 of 2 passed, 1 under way\n",
            "41 min",
            "Other restores: 1 completed",
            &format!("Sent: {told} notices: "),
        ],
        &[],
    );
    assert_eq!(ran.stderr, "");
    machine.run(&["report", "--from", "2026-01-01", "--to", "2026-01-31"]).expect(
        0,
        &["Sent: at least no notices", "Failing now: 1"],
        &["note: the state remembers a finished restore for 45 days"],
    );
}

#[test]
fn the_file_has_a_line_for_each_restore_test() {
    let ran = machine("report-csv").run(&["report", "--output", "csv"]);
    ran.expect(0, &["job,verdict,passed,verdict_at,began_at,ended_at,duration_seconds,"], &[]);
    assert!(ran.stdout.ends_with("\r\n") && ran.stdout.matches("\r\n").count() == ran.stdout.matches('\n').count());
    let lines: Vec<&str> = ran.stdout.lines().collect();
    let [_, failed, open, validated] = lines.as_slice() else { panic!("{lines:#?}") };
    assert!(failed.starts_with("t-2,failed,false,20") && open.starts_with("t-3,open,false,,20"), "{lines:#?}");
    assert!(
        failed.contains(",2460,failed,,,\"'=HYPERLINK(\"\"https://evil.example\"\"), \"\"no\"\" space left\",RDS,"),
        "{failed}"
    );
    assert!(
        validated.starts_with("t-1,validated,true,") && validated.contains(",completed,completed,,,RDS,"),
        "{validated}"
    );
    assert!(validated.ends_with(",123456789012,,us-east-1"), "{validated}");
}

#[test]
fn json_is_the_data_of_the_message() {
    let ran = machine("report-json").run(&["report", "--output", "json", "--from", "2026-01-01T00:00:00Z"]);
    let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let schema: Value = serde_json::from_str(include_str!("../../schemas/tidings.report.v1.json")).expect("JSON");
    let data = serde_json::json!({"$ref": "#/$defs/data", "$defs": schema["$defs"]});
    let validator = jsonschema::validator_for(&data).expect("a schema");
    let mistakes: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert_eq!(mistakes, Vec::<String>::new());
    assert_eq!((&report["every"], &report["period"]["from"]), (&"never".into(), &"2026-01-01T00:00:00Z".into()));
    let verdict = |number: usize| report["restore_tests"][number]["verdict"].as_str().expect("a verdict").to_owned();
    assert_eq!([0, 1, 2].map(verdict), ["failed", "open", "validated"]);
    assert_eq!(report["counts"]["failing"], 1);
    let begin: Timestamp = report["restore_tests"][2]["began_at"].as_str().expect("a time").parse().expect("a time");
    assert!(begin < report["made_at"].as_str().expect("a time").parse().expect("a time"));
}

#[test]
fn the_page_can_be_kept() {
    let ran = machine("report-html").run(&["report", "--output", "html"]);
    ran.expect(0, &["<!doctype html>", "1 of 2 passed, 1 under way", "<td class=\"bad\">failed</td>", "</html>"], &[]);
    assert!(!ran.stdout.contains("<script") && !ran.stdout.contains("src="));
}

#[test]
fn what_is_wrong_is_said() {
    let machine = Machine::new("report-wrong");
    machine.run(&["report"]).expect(2, &[], &["there is no state file", "tidings poll"]);
    machine.run(&["poll"]).expect(0, &["5 sent"], &[]);
    machine.run(&["report", "--from", "2026-03-02", "--to", "2026-03-01"]).expect(
        2,
        &[],
        &["the period has no begin before its end", "give a --from that is before --to"],
    );
    machine.run(&["report", "--from", "soon"]).expect(2, &[], &["it looks like 2026-03-01"]);
    finish(&mut machine.command(&["report", "--time-zone", "Berlin"])).expect(2, &[], &["it looks like Europe/Berlin"]);
}
