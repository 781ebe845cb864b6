//! `tidings check`: what is right, what is wrong, and whether cases come out as they should.

use serde_json::{Value, json};

use crate::machine::{Ran, command, finish, written};

const SETTINGS: &str = r#"
reminder_interval = "12h"

[[rule]]
name = "staging is quiet at the weekend"
match = { source = "s3tables-maintenance", bucket = "staging-*" }
mute = { days = ["sat", "sun"], from = "22:00", to = "06:00", time_zone = "Europe/Berlin" }

[[rule]]
name = "production pages"
match = { bucket = "prod-*", reason = "failed", message = "*KMS*" }
severity = "critical"
topic_arn = "arn:aws:sns:eu-central-1:123456789012:on-call"
"#;

fn check(arguments: &[&str]) -> Ran {
    finish(&mut command(&[&["check"], arguments].concat()))
}

/// Holds the settings against cases.
fn with_cases(name: &str, cases: &str, more: &[&str]) -> Ran {
    let settings = written(&format!("{name}-settings.toml"), SETTINGS);
    let cases = written(&format!("{name}.toml"), cases);
    check(&[&["--config", &settings, "--test", &cases], more].concat())
}

#[test]
fn the_settings_in_effect_are_shown_and_can_be_read_again() {
    let ran = check(&[]);
    ran.expect(
        0,
        &["reminder_interval = \"24h\"\n", "# [[rule]] built in\n# name = \"retried by AWS\""],
        &["built-in"],
    );
    let shown = written("shown.toml", &ran.stdout);
    assert_eq!(check(&["--config", &shown]).stdout, ran.stdout);

    let settings = written("own.toml", SETTINGS);
    let ran = check(&["--config", &settings]);
    ran.expect(
        0,
        &[
            "reminder_interval = \"12h\"  # default \"24h\"",
            "name = \"production pages\"",
            "time_zone = \"Europe/Berlin\"",
        ],
        &["has no mistakes and 2 rules"],
    );
    let document = &check(&["--config", &settings, "--output", "json"]).json()[0];
    let names: Vec<&Value> = document["rule"].as_array().expect("rules").iter().map(|rule| &rule["name"]).collect();
    assert_eq!(names, ["retried by AWS", "staging is quiet at the weekend", "production pages"]);
    assert_eq!((&document["rule"][0]["built_in"], &document["backup"]["overdue_after"]), (&json!(true), &json!("30m")));
}

#[test]
fn a_wrong_file_is_refused_with_all_its_mistakes() {
    let wrong = written("wrong.toml", "unreachable_aftr = 3\n[backup]\nlook_back = \"2 days\"\n");
    let mistakes = [
        "2 mistakes",
        "line 1, column 1: unknown key \"unreachable_aftr\"; did you mean \"unreachable_after\"?",
        "line 3, column 13: look_back must be a length of time",
        "in hours that is \"48h\"",
        "hint: docs/settings.md",
    ];
    check(&["--config", &wrong]).expect(2, &[], &mistakes);
    finish(&mut command(&["rehearse", "--config", &wrong])).expect(2, &[], &mistakes);
    check(&["--config", "/nowhere.toml"]).expect(2, &[], &["/nowhere.toml", "No such file"]);
    let settings = written("elsewhere.toml", SETTINGS);
    let topic = "arn:aws:sns:us-east-1:123456789012:tidings";
    check(&["--config", &settings, "--topic-arn", topic]).expect(2, &[], &["line 13", "the topic is in eu-central-1"]);
    check(&["--topic-arn", "news"]).expect(2, &[], &["\"news\" is not the ARN"]);
}

#[test]
fn cases_come_out_as_expected_or_not() {
    let right = r#"
[[case]]
name = "a key that nobody may use wakes someone up"
given = { source = "s3tables-maintenance", reason = "failed", bucket = "prod-lake", message = "no access to the KMS key" }
expect = { severity = "critical", told = true, topic_arn = "arn:aws:sns:eu-central-1:123456789012:on-call" }

[[case]]
name = "staging sleeps on Saturday night"
given = { source = "s3tables-maintenance", reason = "failed", bucket = "staging-lake", time = 2026-03-07T23:00:00Z }
expect = { muted = true, told = false, rules = ["staging is quiet at the weekend"] }

[[case]]
name = "what AWS retries is told the third time"
given = { source = "s3tables-maintenance", reason = "failed", message = "It will be retried.", failures = 3 }
expect = { told = true, failure_threshold = 3, repeats = "remind", reminder_interval = "12h", rules = ["retried by AWS"] }

[[case]]
given = { source = "backup", reason = "started", restore_testing_plan = "nightly" }
expect = { told = false, routine = false, topic_arn = "usual" }

[[case]]
name = "a replication that fails again without a success is left to the reminder"
given = { source = "s3tables-replication", reason = "failed", destination = "dr", failures = 2 }
expect = { told = false, muted = false }

[[case]]
name = "and the reminder is told"
given = { source = "s3tables-replication", reason = "still-failing", destination = "dr", failures = 2 }
expect = { told = true }
"#;
    with_cases("right", right, &[]).expect(
        0,
        &["pass  staging sleeps", "pass  case 4", "6 cases, all as expected"],
        &[],
    );

    let wrong = r#"
[[case]]
name = "staging works on Monday"
given = { source = "s3tables-maintenance", reason = "failed", bucket = "staging-lake", time = 2026-03-09T12:00:00Z }
expect = { severity = "info", muted = false }
"#;
    let ran = with_cases("mismatch", wrong, &[]);
    let lines = [
        "FAIL  staging works on Monday",
        "rules: staging is quiet",
        "severity: expected info, is critical",
        "1 not as expected",
    ];
    ran.expect(1, &lines, &[]);
    assert!(!ran.stdout.contains("muted:"), "{ran:#?}");
    let ran = with_cases("mismatch", wrong, &["--output", "json"]);
    let document = &ran.json()[0];
    assert_eq!((ran.code, &document["failed"]), (1, &json!(1)));
    assert_eq!(
        document["cases"][0]["differences"],
        json!([{"key": "severity", "expected": "info", "actual": "critical"}])
    );
    assert_eq!(document["cases"][0]["outcome"]["muted"], json!(false));
}

#[test]
fn cases_that_make_no_sense_are_refused() {
    let cases: [(&str, &[&str]); 7] = [
        ("", &["there is no case"]),
        ("[[case]]\nname = 'x'\n", &["line 1", "the case has no given"]),
        ("[[case]]\ngiven = { source = 'backup' }\nexpect = { told = true }\n", &["line 2", "given needs a reason"]),
        (
            "[[case]]\ngiven = { source = 'bakup', reason = 'failed' }\nexpect = { told = true }\n",
            &["did you mean \"backup\"?"],
        ),
        (
            "[[case]]\ngiven = { source = 'backup', reason = 'failed', cluster = 'a' }\nexpect = { told = true }\n",
            &["backup has no cluster"],
        ),
        (
            "[[case]]\ngiven = { source = 'backup', reason = 'failed' }\nexpect = { tolt = true }\n",
            &["did you mean \"told\"?"],
        ),
        ("[[case]]\ngiven = { source = 'backup', reason = 'failed' }\nexpect = {}\n", &["expect is empty"]),
    ];
    for (text, words) in cases {
        with_cases("refused", text, &[]).expect(2, &[], words);
    }
    let timeless = "[[case]]\ngiven = { source = 's3tables-maintenance', reason = 'failed', bucket = 'staging-a' }\nexpect = { muted = true }\n";
    with_cases("timeless", timeless, &[]).expect(2, &[], &["\"case 1\"", "depends on the time", "hint: add the time"]);
    check(&["--test", "/nowhere.toml"]).expect(2, &[], &["failed to read the cases /nowhere.toml"]);
}
