//! `tidings silence`, `silences`, `unsilence` and `history`, on a state file.

use serde_json::{Value, json};

use crate::machine::Machine;

/// A machine on which the failure of a restore was told, and the id of the notice about that.
fn machine(name: &str) -> (Machine, String) {
    let machine = Machine::new(name);
    machine.furnish();
    machine.run(&["poll"]).expect(0, &["sent"], &[]);
    machine.change(json!({"redshift": {"id": "r-1", "status": "FAILED", "message": "disk full"}}));
    machine.run(&["poll"]).expect(1, &["1 sent"], &[]);
    let history = machine.run(&["history", "--output", "json"]).json();
    let notices = history[0]["notices"].as_array().expect("notices").clone();
    // Five baselines came before it.
    assert_eq!(notices.len(), 6);
    assert_eq!((&notices[5]["reason"], &notices[5]["message"]), (&json!("failed"), &json!("disk full")));
    assert!(notices.iter().all(|notice| notice["told_at"].is_string() && notice["incident_key"].is_string()));
    (machine, notices[5]["id"].as_str().expect("an id").to_owned())
}

fn silences(machine: &Machine) -> Vec<Value> {
    machine.run(&["silences", "--output", "json"]).json()[0]["silences"].as_array().expect("a list").clone()
}

#[test]
fn a_failure_is_silenced_listed_shown_and_no_longer_silenced() {
    let (machine, id) = machine("silences");
    machine.run(&["silences"]).expect(0, &["Nothing is silenced."], &[]);
    let what = "table restore of dev.public.orders on cluster analytics";
    let silence = ["silence", &id, "--for", "3d", "--reason", "ticket 4711", "--by", "ana"];
    machine.run(&silence).expect(0, &["Silenced until 20", what, "when it recovers"], &[]);
    machine.run(&["silences"]).expect(0, &["ana", what, "ticket 4711", &id], &[]);
    let listed = silences(&machine);
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0]["reason"], &listed[0]["notice_id"]), (&json!("ticket 4711"), &json!(id)));

    machine.run(&["status"]).expect(0, &["silenced until 20", "by ana: ticket 4711"], &[]);
    let status = machine.run(&["status", "--output", "json"]).json();
    let tracked = status[0]["tracked"].as_array().expect("rows");
    let silenced: Vec<&Value> = tracked.iter().filter(|row| !row["silence"].is_null()).collect();
    assert_eq!(silenced.len(), 1);
    assert_eq!((&silenced[0]["subject"], &silenced[0]["silence"]["by"]), (&json!("r-1"), &json!("ana")));

    machine.run(&["unsilence", &id]).expect(0, &["No longer silenced: ", what], &[]);
    assert!(silences(&machine).is_empty());
    machine.run(&["unsilence", &id]).expect(2, &[], &["is not silenced"]);
}

#[test]
fn a_silence_that_makes_no_sense_is_refused_with_the_way_out() {
    let (machine, id) = machine("silences-refused");
    let silence =
        |id: &str, length: &str, reason: &str| machine.run(&["silence", id, "--for", length, "--reason", reason]);
    silence("00000000-0000-5000-8000-000000000000", "1h", "x").expect(
        2,
        &[],
        &["no notice has the id", "tidings history"],
    );
    silence("17", "1h", "x").expect(2, &[], &["\"17\" is not the id of a notice"]);
    silence(&id, "31d", "x").expect(2, &[], &["at most 30 days"]);
    silence(&id, "often", "x").expect(2, &[], &["\"often\" is not a length of time", "3d"]);
    silence(&id, "1h", " ").expect(2, &[], &["needs a reason"]);
    machine.run(&["silence", &id, "--for", "1h"]).expect(2, &[], &["--reason"]);
    assert!(silences(&machine).is_empty());
}

#[test]
fn the_history_is_what_was_sent_lately_about_whom_one_asks() {
    let (machine, id) = machine("history");
    let all = machine.run(&["history"]);
    all.expect(0, &["FAILED: table restore of dev.public.orders on cluster analytics", &id, "Now watching"], &[]);
    let orders = machine.run(&["history", "--subject", "ORDERS"]);
    orders.expect(0, &[&id], &[]);
    assert!(!orders.stdout.contains("Now watching"), "{}", orders.stdout);
    machine.run(&["history", "--since", "0s", "--subject", "nobody"]).expect(0, &["Nothing was told since 20"], &[]);
    machine.run(&["history", "--since", "soon"]).expect(2, &[], &["--since"]);
}
