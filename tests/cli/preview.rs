//! `tidings preview`: samples and real notices, in every form.

use std::collections::BTreeSet;

use serde_json::json;
use tidings::domain::{Reason, Scope, Source};
use tidings::store::Store;

use crate::machine::{Machine, Ran, command, finish, written};

fn preview(arguments: &[&str]) -> Ran {
    finish(&mut command(&[&["preview"], arguments].concat()))
}

/// The reasons in the headings.
fn shown(ran: &Ran) -> BTreeSet<Reason> {
    ran.stdout.lines().filter_map(|line| Reason::parse(line.split_once(", ")?.0)).collect()
}

#[test]
fn every_reason_in_every_channel() {
    // That each reason has a sample is for the samples' own test to say.
    let reasons = shown(&preview(&["--channel", "sms"]));
    assert!(reasons.len() >= 16, "{reasons:?}");
    for (channel, part) in [("email", "│ Subject: "), ("slack", "│ Where: "), ("machine", "\"specversion\": \"1.0\"")]
    {
        let ran = preview(&["--channel", channel]);
        ran.expect(0, &[part], &[]);
        assert_eq!(shown(&ran), reasons, "{channel}");
    }
    let lines = preview(&["--channel", "sms"]).stdout;
    assert!(lines.lines().filter(|line| line.contains('│')).all(|line| line.chars().count() <= 4 + 140), "{lines}");
    let one = preview(&["--reason", "failed", "--channel", "sms"]);
    one.expect(0, &["failed, redshift, SMS", "│ FAILED: table restore"], &[]);
    assert!(!one.stdout.contains("canceled"), "{one:#?}");
    preview(&["--reason", "fialed"]).expect(2, &[], &["a similar value exists: 'failed'"]);
}

#[test]
fn the_page_is_written_where_it_is_wanted() {
    let path = written("notices.html", "");
    let ran = preview(&["--html", &path]);
    ran.expect(0, &[], &["open it in a browser"]);
    let page = std::fs::read_to_string(&path).expect("the page");
    assert!(page.starts_with("<!doctype html>") && page.contains("id=\"recovered\""));
    preview(&["--html", "/nowhere/notices.html"]).expect(
        2,
        &[],
        &["failed to write /nowhere/notices.html", "No such file"],
    );
}

#[test]
fn a_notice_that_waits_is_found_by_its_id() {
    let machine = Machine::new("preview");
    machine.furnish();
    let topic = machine.simulator.world().create_topic("us-east-1", "news");
    let poll = ["poll", "--source", "redshift", "--table", "tidings", "--topic-arn", &topic];
    machine.run(&poll).expect(0, &["1 sent"], &[]);
    machine.inject(json!({"service": "sns", "kind": "access-denied"}));
    machine.change(json!({"redshift": {"id": "r-1", "status": "FAILED", "message": "disk full"}}));
    machine.run(&poll).expect(1, &["1 waiting to be sent"], &[]);

    let scope = Scope { source: Source::Redshift, account: "123456789012".to_owned(), region: "us-east-1".to_owned() };
    let store = Store::new(aws_sdk_dynamodb::Client::new(&machine.simulator.sdk_config("us-east-1")), "tidings");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let known = runtime.block_on(store.peek(&scope)).expect("the state").known;
    let restore = known.records.get("r-1").expect("the restore");
    let (_, notice) = restore.outbox.notices.first_key_value().expect("a notice that waits");
    let id = notice.id.to_string();
    let found = machine.run(&["preview", "--id", &id, "--table", "tidings", "--channel", "email"]);
    found.expect(0, &["failed, redshift, email", "disk full", &id], &[]);

    let other = "00000000-0000-4000-8000-000000000000";
    let missing = machine.run(&["preview", "--id", other, "--table", "tidings"]);
    missing.expect(
        2,
        &[],
        &[&format!("no notice in the state has the id {other}"), "the last 30 notices", "--table NAME"],
    );
    machine.run(&["preview", "--id", other]).expect(2, &[], &["there is no state file"]);
    machine.run(&["preview", "--id", "7"]).expect(2, &[], &["invalid value '7'"]);
}
