//! `tidings rehearse`: the built-in day, and scenarios of one's own.

use std::collections::BTreeSet;

use serde_json::Value;
use tidings::domain::{Reason, Source};

use crate::machine::{Ran, command, finish, written};

fn rehearse(arguments: &[&str]) -> Ran {
    finish(&mut command(&[&["rehearse"], arguments].concat()))
}

/// The reasons and sources of all notices that the lines of `--output json` hold.
fn told(lines: &[Value]) -> (BTreeSet<Reason>, BTreeSet<Source>) {
    let messages = lines.iter().filter(|line| line["type"] == "message");
    let notices: Vec<&Value> =
        messages.flat_map(|message| message["event"]["data"]["notices"].as_array().expect("notices")).collect();
    assert!(!notices.is_empty());
    let word = |notice: &Value, key: &str| notice[key].as_str().expect("a word").to_owned();
    (
        notices.iter().map(|notice| Reason::parse(&word(notice, "reason")).expect("a reason")).collect(),
        notices.iter().map(|notice| Source::parse(&word(notice, "source")).expect("a source")).collect(),
    )
}

#[test]
fn the_day_reads_the_same_every_time() {
    let first = rehearse(&["--channel", "sms"]);
    first.expect(0, &["A day on a data platform", "Still unfinished"], &[]);
    assert_eq!(first.stderr, "");
    insta::assert_snapshot!("day", first.stdout);
    assert_eq!(rehearse(&["--channel", "sms"]).stdout, first.stdout);
}

#[test]
fn the_tables_at_the_end_fit_the_terminal() {
    for columns in [80, 200] {
        let mut command = command(&["rehearse", "--channel", "sms"]);
        let ran = finish(command.env("COLUMNS", columns.to_string()));
        let (_, summary) = ran.stdout.split_once("\nSummary\n").expect("a summary");
        let tables: Vec<&str> = summary.lines().skip(1).collect();
        assert!(tables.len() > 15 && summary.contains("Still unfinished"), "{summary}");
        assert!(tables.iter().all(|line| line.chars().count() <= columns), "{columns}: {summary}");
        for word in ["serverless", "replication", "maintenance", "unknown-status", "61 %"] {
            assert!(summary.contains(word), "{word} is missing or broken at {columns}: {summary}");
        }
    }
}

#[test]
fn every_channel_shows_what_its_readers_get() {
    for (channel, parts) in [
        ("email", ["Subject: FAILED: table restore of dev.public.orders on cluster analytics", "What to do next:"]),
        ("slack", ["🔴 FAILED: table restore of dev.public.orders on cluster analytics", "Next steps"]),
        ("sms", ["│ FAILED: table restore of dev.public.orders on cluster analytics", "34 notices in 34 messages"]),
        ("machine", ["\"specversion\": \"1.0\"", "\"type\": \"tidings.notices.v1\""]),
    ] {
        rehearse(&["--channel", channel]).expect(0, &parts, &[]);
    }
}

#[test]
fn the_sources_that_are_on_by_default_and_every_reason_that_is_news_occur() {
    let (reasons, sources) = told(&rehearse(&["--output", "json"]).json());
    let routine = [Reason::Started, Reason::Validating, Reason::Disabled];
    let expected: BTreeSet<Reason> = Reason::ALL.into_iter().filter(|reason| !routine.contains(reason)).collect();
    assert_eq!(reasons, expected);
    assert_eq!(sources, BTreeSet::from(Source::DEFAULT));
}

#[test]
fn a_night_shows_the_other_sources() {
    let (_, sources) = told(&rehearse(&["--scenario", "night", "--output", "json"]).json());
    let others: BTreeSet<Source> = Source::ALL.into_iter().filter(|source| !Source::DEFAULT.contains(source)).collect();
    assert_eq!(sources, others);
    let parts = [
        "│ Completed with issues: CloudFormation backup of shop (job 4E5F6071) (its parts: FAILED 1)",
        "│ TIMED OUT: EBS backup of vol-0f3a9c1e",
        "│ FAILED: export of table orders (2d8752fd)",
        "│ Completed with issues: import into table customers",
        "15 notices in 14 messages",
    ];
    rehearse(&["--scenario", "night", "--channel", "sms"]).expect(0, &parts, &[]);
}

#[test]
fn whoever_opts_in_hears_of_routine_too() {
    let config = written(
        "routine.toml",
        "routine = ['redshift', 'redshift-serverless', 'backup', 's3tables-replication', 's3tables-maintenance']\n",
    );
    let lines = rehearse(&["--output", "json", "--config", &config]).json();
    let (reasons, _) = told(&lines);
    assert_eq!(reasons, BTreeSet::from(Reason::ALL));
}

/// What rules send elsewhere is printed as well.
#[test]
fn rules_are_rehearsed() {
    let config = written(
        "rules.toml",
        "[[rule]]\nmatch = { source = 'redshift' }\ntopic_arn = 'arn:aws:sns:us-east-1:123456789012:elsewhere'\n\
         [[rule]]\nmatch = { source = 'redshift', reason = 'failed' }\nseverity = 'info'\n\
         [[rule]]\nmatch = { source = 's3tables-*' }\nmute = true\n",
    );
    let lines = rehearse(&["--output", "json", "--config", &config]).json();
    let (_, sources) = told(&lines);
    assert!(sources.contains(&Source::Redshift) && sources.contains(&Source::Backup), "{sources:?}");
    let events: Vec<&Value> =
        lines.iter().filter(|line| line["type"] == "message").map(|line| &line["event"]).collect();
    let notices = events.iter().flat_map(|event| event["data"]["notices"].as_array().expect("notices"));
    for notice in notices {
        let is_routine = ["baseline", "unreachable", "reachable"].iter().any(|reason| notice["reason"] == *reason);
        let source = notice["source"].as_str().expect("a source");
        assert!(is_routine || !source.starts_with("s3tables"), "{notice}");
        if notice["source"] == "redshift" && notice["reason"] == "failed" {
            assert_eq!(notice["severity"], "info");
        }
    }
    assert_eq!(lines.last().expect("a summary")["waiting"], 0);
}

#[test]
fn json_lines_hold_every_pass_every_message_and_a_summary() {
    let lines = rehearse(&["--output", "json", "--channel", "sms"]).json();
    let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).collect::<Vec<_>>();
    assert_eq!((of("pass").len(), of("message").len(), of("summary").len()), (49, 34, 1));
    assert_eq!(of("pass")[0]["report"]["scopes"].as_array().expect("scopes").len(), 5);
    assert!(of("message").iter().all(|message| message["copy"].as_str().is_some_and(|copy| copy.len() <= 140)));
    let summary = of("summary")[0];
    assert_eq!(summary["waiting"], 0);
    assert_eq!(summary["unfinished"][0]["subject"], "9d42a8d6-1115-4a7e-9d57-aa10c2b7e005");
}

#[test]
fn the_example_of_the_documentation_plays() {
    let page = include_str!("../../docs/scenarios.md");
    let (_, rest) = page.split_once("## A complete example\n\n```toml\n").expect("the example");
    let (example, _) = rest.split_once("```").expect("its end");
    let path = written("example.toml", example);
    let ran = rehearse(&["--channel", "sms", "--scenario", &path]);
    ran.expect(0, &["A restore fails while SNS is away", "FAILED: table restore of dev.public.orders"], &[]);
    let after = |text: &str| ran.stdout.find(text).unwrap_or_else(|| panic!("{text} is missing: {ran:#?}"));
    assert!(after("07:00") < after("07:30") && after("07:30") < after("FAILED: table restore"), "{ran:#?}");
}

#[test]
fn what_is_wrong_with_a_scenario_is_said_with_its_line() {
    let head = "start = \"2026-03-02T06:00:00Z\"\nevery = \"15m\"\nlength = \"2h\"\n\n";
    let bad = written("bad.toml", &format!("{head}[[at]]\ntime = \"0s\"\nbackup = {{ id = \"b\", state = \"X\" }}\n"));
    let ran = rehearse(&["--scenario", &bad]);
    ran.expect(2, &[], &["error: failed to read the scenario", "line 7", "`state`", "hint: docs/scenarios.md"]);
    assert_eq!(ran.stdout, "");
    rehearse(&["--scenario", "/nowhere.toml"]).expect(2, &[], &["/nowhere.toml", "cannot be read"]);
}

#[test]
fn a_day_of_an_organization_is_a_few_messages() {
    let ran = rehearse(&["--scenario", "organization", "--channel", "sms"]);
    let failed = "FAILED 11: AWS Backup restore jobs in 11 accounts (eu-central-1): Access denied to the KMS key";
    let unreachable = "Unreachable: account team-17 (200000000017). sts:AssumeRole was denied";
    ran.expect(
        0,
        &["200 accounts", failed, "Completed 200:", unreachable, "Reachable again:", "816 notices in 7 messages"],
        &[],
    );
    assert_eq!(ran.stderr, "");
}
