//! The page of `status --html` and `rehearse --html`, and the bars of `watch`.

use serde_json::{Value, json};

use crate::machine::{Machine, command, finish};

#[test]
fn status_writes_a_page_about_the_state() {
    let machine = Machine::new("page");
    machine.furnish();
    machine.run(&["poll", "--channel", "sms"]).expect(0, &["5 sent"], &[]);
    machine.change(json!({"redshift": {"id": "r-1", "status": "FAILED", "message": "disk full"}}));
    machine.run(&["poll", "--channel", "sms"]).expect(1, &["FAILED"], &[]);
    let path = machine.home.join("page.html");
    let file = path.to_str().expect("a path");
    machine.run(&["status", "--html", file]).expect(0, &[], &["note: the page is in", "open it in a browser"]);
    let page = std::fs::read_to_string(&path).expect("a page");
    for part in ["<!doctype html>", "2 failing", "disk full", "icebergCompaction on table web.clicks", "What was told"]
    {
        assert!(page.contains(part), "{part:?} is missing: {page}");
    }
    // The id on the page is one that `silence` knows.
    let (_, rest) = page.split_once("tidings silence ").expect("a command");
    let id = rest.split(' ').next().expect("an id");
    machine.run(&["silence", id, "--for", "1h", "--reason", "ticket 4711"]).expect(0, &["Silenced until"], &[]);
    machine.run(&["status", "--html", file, "--source", "redshift"]).expect(0, &[], &[]);
    let page = std::fs::read_to_string(&path).expect("a page");
    assert!(page.contains("1 silenced") && page.contains("ticket 4711") && !page.contains("web.clicks"), "{page}");
    for other in [["--output", "json"].as_slice(), &["--failing"]] {
        let arguments = [&["status", "--html", file], other].concat();
        machine.run(&arguments).expect(2, &[], &["cannot be used with"]);
    }
}

#[test]
fn what_was_told_in_a_rehearsal_is_on_its_page() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("rehearsal.html");
    let arguments = ["rehearse", "--output", "json", "--html", path.to_str().expect("a path")];
    let ran = finish(&mut command(&arguments));
    ran.expect(0, &["\"type\":\"summary\""], &[]);
    let page = std::fs::read_to_string(&path).expect("a page");
    let lines = ran.json();
    let messages = lines.iter().filter(|line| line["type"] == "message");
    let notices: Vec<&Value> =
        messages.flat_map(|message| message["event"]["data"]["notices"].as_array().expect("notices")).collect();
    assert_eq!(notices.len(), 34);
    for notice in notices {
        let id = notice["id"].as_str().expect("an id");
        assert!(page.contains(&format!("<code>{id}</code></li>")), "{notice} is not on the time line");
    }
    assert!(page.contains("34 notices about 23 subjects"), "{page}");
}
