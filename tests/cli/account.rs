//! `tidings poll` and `tidings status` against an account that is simulated on a port.

use serde_json::{Value, json};

use crate::machine::{Machine, finish};

fn restore_fails(machine: &Machine) {
    machine.change(json!({"redshift": {"id": "r-1", "status": "FAILED", "message": "disk full"}}));
}

#[test]
fn a_baseline_then_news_then_silence() {
    let machine = Machine::new("news");
    machine.furnish();
    let first = machine.run(&["poll", "--channel", "sms"]);
    first.expect(
        0,
        &["Now watching: table restores in Amazon Redshift: 1 known, 1 unfinished", "3 read, 3 changed, 5 sent"],
        &["note: first pass over redshift, redshift-serverless, backup,", "it sends one summary for each source"],
    );
    restore_fails(&machine);
    let second = machine.run(&["poll"]);
    let subject = "Subject: FAILED: table restore of dev.public.orders on cluster analytics (us-east-1)";
    second.expect(1, &[subject, "disk full", "account 123456789012, us-east-1: 3 read, 1 changed, 1 sent"], &[]);
    let third = machine.run(&["poll"]);
    third.expect(0, &["account 123456789012, us-east-1: 3 read\n"], &[]);
    assert_eq!(third.stdout.lines().count(), 1, "{third:#?}");
    assert_eq!((second.stderr.as_str(), third.stderr.as_str()), ("", ""));
    assert!(machine.home.join(".local/state/tidings/state.db").exists());
}

#[test]
fn a_dry_run_writes_nothing() {
    let machine = Machine::new("dry-run");
    machine.furnish();
    machine.run(&["poll", "--dry-run"]).expect(0, &["Now watching:", "5 would be sent"], &["first pass over"]);
    assert!(!machine.home.join(".local").exists());
    machine.run(&["poll"]).expect(0, &["5 sent"], &[]);
    restore_fails(&machine);
    for _ in 0..2 {
        machine.run(&["poll", "--dry-run"]).expect(1, &["Subject: FAILED: table restore", "1 would be sent"], &[]);
    }
    machine.run(&["poll"]).expect(1, &["Subject: FAILED: table restore", "1 sent"], &[]);
}

#[test]
fn json_is_one_value_per_line() {
    let machine = Machine::new("json");
    machine.furnish();
    machine.run(&["poll", "--source", "redshift"]).expect(0, &["1 sent"], &[]);
    restore_fails(&machine);
    let ran = machine.run(&["poll", "--source", "redshift", "--output", "json"]);
    let lines = ran.json();
    assert_eq!((ran.code, lines.len()), (1, 2), "{lines:#?}");
    assert_eq!(lines[0]["report"]["scopes"][0]["source"], "redshift");
    assert_eq!(lines[1]["event"]["data"]["notices"][0]["reason"], "failed");
}

#[test]
fn one_source_that_is_denied_is_a_finding_and_all_of_them_an_error() {
    let machine = Machine::new("denied");
    machine.furnish();
    machine.inject(json!({"service": "backup", "kind": "access-denied"}));
    let denied = "backup:ListRestoreJobs was denied";
    machine.run(&["poll", "--channel", "sms"]).expect(1, &[denied, "Now watching: S3 Tables maintenance"], &[]);
    let hint = "hint: allow the action";
    machine.run(&["poll", "--source", "backup"]).expect(2, &[], &["error: nothing could be done", denied, hint]);
}

#[test]
fn what_is_missing_is_said_with_the_way_out() {
    let machine = Machine::new("missing");
    let mut without_credentials = machine.command(&["poll"]);
    without_credentials.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    finish(&mut without_credentials).expect(2, &[], &["error: failed to get the AWS account id", "aws sso login"]);
    let mut without_region = machine.command(&["poll"]);
    without_region.env_remove("AWS_REGION");
    finish(&mut without_region).expect(2, &[], &["error: no AWS region is set", "hint: give --region"]);
    let expired = json!({"status": 403, "code": "ExpiredToken", "message": "The security token is expired"});
    machine.inject(json!({"service": "sts", "kind": {"error": expired}, "times": 1}));
    machine.run(&["poll"]).expect(2, &[], &["The security token is expired", "hint: log in again"]);
    machine.run(&["poll", "--topic-arn", "news"]).expect(2, &[], &["\"news\" is not the ARN of an SNS topic", "hint:"]);
    machine.run(&["poll", "--table", "nope"]).expect(2, &[], &["nope", "hint: check the name nope"]);
    machine.run(&["status"]).expect(2, &[], &["there is no state file", "hint: run `tidings poll` first"]);
}

#[test]
fn a_table_and_a_topic_do_what_the_function_does() {
    let machine = Machine::new("table");
    machine.furnish();
    let topic = machine.simulator.world().create_topic("us-east-1", "news");
    machine.run(&["poll", "--table", "tidings", "--topic-arn", &topic]).expect(0, &["3 read, 3 changed, 5 sent"], &[]);
    assert_eq!(machine.simulator.inbox().len(), 5);
    restore_fails(&machine);
    let ran = machine.run(&["poll", "--table", "tidings", "--topic-arn", &topic]);
    ran.expect(1, &["1 sent"], &[]);
    assert_eq!(ran.stdout.lines().count(), 1, "notices go to the topic: {ran:#?}");
    assert_eq!(machine.simulator.inbox().len(), 6);
    machine.run(&["status", "--table", "tidings"]).expect(0, &["disk full"], &[]);
    assert!(!machine.home.join(".local").exists(), "no state on this machine");
}

#[test]
fn status_shows_what_fails_first() {
    let machine = Machine::new("status");
    machine.furnish();
    machine.run(&["poll"]).expect(0, &["5 sent"], &[]);
    let ran = machine.run(&["status"]);
    ran.expect(0, &["icebergCompaction", "██░░░░░░░░  25 %", "lake-replica", "no access"], &[]);
    let line_of = |text: &str| ran.stdout.lines().position(|line| line.contains(text)).expect("a line");
    assert!(line_of("icebergCompaction") < line_of("25 %") && line_of("25 %") < line_of("lake-replica"), "{ran:#?}");
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 120), "{ran:#?}");

    let failing = machine.run(&["status", "--failing"]);
    failing.expect(1, &["icebergCompaction"], &[]);
    assert!(!failing.stdout.contains("25 %"));
    let source = ["status", "--failing", "--source", "redshift"];
    machine.run(&source).expect(0, &["Nothing is failing."], &[]);

    let document = &machine.run(&["status", "--output", "json"]).json()[0];
    let tracked = document["tracked"].as_array().expect("a list");
    assert_eq!((tracked.len(), document["scopes"].as_array().expect("a list").len()), (3, 5));
    let status = |row: &Value| (row["source"].clone(), row["status"].clone(), row["failing"].clone());
    assert_eq!(status(&tracked[0]), (json!("s3tables-maintenance"), json!("failed"), json!(true)));
    assert_eq!(status(&tracked[1]), (json!("redshift"), json!("running"), json!(false)));
    assert_eq!(tracked[1]["progress"]["percent"], 25.0);
}

/// What `status` prints on a terminal with so many columns.
fn status_at(machine: &Machine, columns: usize) -> Vec<String> {
    let mut command = machine.command(&["status"]);
    let ran = finish(command.env("COLUMNS", columns.to_string()));
    ran.expect(0, &["status", "failed"], &[]);
    ran.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn status_can_be_read_on_every_terminal() {
    let machine = Machine::new("columns");
    machine.furnish();
    let key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let message = format!(
        "Insufficient access to the KMS key {key} used to encrypt the table. Allow \
         maintenance.s3tables.amazonaws.com kms:GenerateDataKey and kms:Decrypt in the key policy."
    );
    machine.change(json!({
        "maintenance": {"bucket": "analytics-prod-lake", "namespace": "marketing_attribution",
                        "name": "customer_lifetime_value_by_channel_daily", "job": "icebergUnreferencedFileRemoval",
                        "status": "Failed", "message": message},
        "backup": {"id": "9D42A8D6-1115-4A7E-9D57-AA10C2B7E005", "resource_type": "RDS", "status": "RUNNING",
                   "source_resource_arn": "arn:aws:rds:us-east-1:123456789012:snapshot:awsbackup:job-5f3c7a51-0a1b"},
    }));
    machine.run(&["poll", "--channel", "sms"]);
    for columns in [80, 120, 200] {
        let lines = status_at(&machine, columns);
        assert!(lines.iter().all(|line| line.chars().count() <= columns), "{columns}: {lines:#?}");
        let (header, rows) = lines.split_at(2);
        assert!(header[0].starts_with(" status") && header[1].starts_with('─'), "{lines:#?}");
        // A row begins with its status; what else belongs to it is further to the right.
        let begins = |line: &str| line.starts_with(' ') && !line.starts_with("  ");
        let heights: Vec<usize> = rows
            .chunk_by(|_, next| !begins(next))
            .inspect(|row| assert!(begins(&row[0])))
            .map(<[String]>::len)
            .collect();
        assert!(heights.len() == 5 && heights.iter().all(|height| *height <= 3), "{heights:?} {lines:#?}");
        let text = lines.join("\n");
        for words in
            ["icebergUnreferencedFileRemoval on table", "Insufficient access to the KMS key", "25 %", "lake-replica"]
        {
            assert!(text.contains(words), "{words:?} is missing at {columns}: {text}");
        }
    }
}

#[test]
fn sentences_of_status_fit_the_terminal() {
    let machine = Machine::new("unread");
    machine.furnish();
    machine.run(&["poll", "--channel", "sms"]).expect(0, &["5 sent"], &[]);
    machine.inject(json!({"service": "s3tables", "kind": "access-denied"}));
    machine.run(&["poll", "--channel", "sms"]).expect(1, &["was denied"], &[]);
    let lines = status_at(&machine, 80);
    let text = lines.join(" ");
    assert!(text.contains("could not be read since") && text.contains(", in 1 pass"), "{text}");
    assert!(!text.contains("1 passes"), "{text}");
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{lines:#?}");
}

#[test]
fn targets_are_shown_with_what_is_wrong_with_them() {
    let machine = Machine::new("targets");
    machine.change(json!({"world": {"accounts": 2}}));
    machine.change(json!({"member": {"name": "team-2", "role": false}}));
    let settings = machine.home.join("tidings.toml");
    let text =
        "sources = [\"backup\"]\n[targets]\naccounts = \"organization\"\nregions = [\"us-east-1\", \"eu-west-1\"]";
    std::fs::write(&settings, text).expect("the file can be written");
    let settings = settings.to_str().expect("a path");
    machine.run(&["poll", "--config", settings]).expect(1, &["Now watching", "sts:AssumeRole was denied"], &[]);
    let shown = machine.run(&["targets"]);
    shown.expect(0, &["team-1", "eu-west-1", "team-2: since", "sts:AssumeRole was denied"], &[]);
    let rows = shown.stdout.lines().filter(|line| line.contains("2000000000")).count();
    // Two regions of an account that can be read, and one row and one sentence about one that cannot.
    assert_eq!(rows, 2 + 2, "{}", shown.stdout);
    let failing = machine.run(&["targets", "--failing", "--output", "json"]);
    let [document] = failing.json().try_into().expect("one document");
    let targets = document["targets"].as_array().expect("a list");
    assert_eq!((failing.code, targets.len()), (1, 1), "{document}");
    assert_eq!((&targets[0]["name"], &targets[0]["watched_since"].is_null()), (&json!("team-2"), &false));
}
