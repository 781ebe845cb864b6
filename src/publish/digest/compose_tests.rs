//! Digests: their size and their text, and that no notice is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;
use uuid::Uuid;

use super::*;
use crate::domain::notice::{FacetChange, Failures, Recovery};
use crate::domain::{Facet, Reason, Source, Status, Subject};
use crate::publish::channel::cloudevents;
use crate::publish::schemas::mistakes;
use crate::samples;

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";

/// A change of a maintenance job of a table.
fn table(number: usize, change: FacetChange) -> Notice {
    let name = format!("orders_{number:04}");
    let bucket = "arn:aws:s3tables:us-east-1:123456789012:bucket/lake";
    let arn = format!("{bucket}/table/{}", Uuid::from_u128(0x4d5e_6f70 << 64 | number as u128));
    let notice = samples::bare(Source::S3TablesMaintenance, change);
    let notice = samples::with(Notice { id: Uuid::from_u128(number as u128), ..notice }, |event| {
        let (id, name) = (arn.as_str().into(), format!("sales.{name} in bucket lake"));
        event.subject = Subject { id, name, ..(*event.subject).clone() }.into();
        event.facet = Facet::Job("icebergCompaction".to_owned());
        if matches!(change, FacetChange::Failed(_)) {
            event.message = Some(format!("Insufficient access to KMS key {KEY} for table sales.orders_{number:04}."));
            event.to = Status::Failed;
        }
    });
    let labels = [("bucket", "lake"), ("bucket_arn", bucket), ("namespace", "sales"), ("table", &name)];
    samples::labeled(samples::labeled(notice, &labels), &[("table_arn", &arn)])
}

fn saying(notice: Notice, message: &str) -> Notice {
    samples::with(notice, |event| event.message = Some(message.to_owned()))
}

fn recovered() -> FacetChange {
    FacetChange::Recovered(Recovery::Failing(samples::at("06:20:00")))
}

fn messages_of(units: &[Vec<Notice>], settings: &Settings, max_bytes: usize) -> Vec<Message> {
    let composed = compose(units, &[], settings, max_bytes);
    let told: Vec<usize> = composed.iter().flat_map(|composed| composed.units.clone()).collect();
    assert_eq!(told, (0..units.len()).collect::<Vec<_>>(), "every unit once, in order");
    composed.into_iter().map(|composed| composed.message).collect()
}

fn units(notices: impl IntoIterator<Item = Notice>) -> Vec<Vec<Notice>> {
    notices.into_iter().map(|notice| vec![notice]).collect()
}

fn event(message: &Message) -> Value {
    serde_json::from_str(&message.copy("sqs").expect("a copy")).expect("JSON")
}

/// Every copy of the messages. Of the copy for programs, only the summary and the first entry.
fn shown(messages: &[Message]) -> String {
    let mut text = String::new();
    for message in messages {
        let _ = writeln!(text, "Subject: {}\n", message.subject);
        let _ = writeln!(text, "--- email\n{}", message.copy("email").expect("an email"));
        let _ = writeln!(text, "--- sms\n{}\n", message.copy("sms").expect("a line"));
        let chat: Value = serde_json::from_str(&message.copy("https").expect("a copy")).expect("JSON");
        let _ = writeln!(text, "--- https\n{}\n", serde_json::to_string_pretty(&chat).expect("JSON"));
        let mut event = event(message);
        event["data"]["notices"].as_array_mut().expect("notices").truncate(1);
        let _ = writeln!(text, "--- sqs, first notice only\n{}\n", serde_json::to_string_pretty(&event).expect("JSON"));
    }
    text
}

/// Checks what is true for any set of messages.
fn check(units: &[Vec<Notice>], messages: &[Message]) {
    let ids: Vec<_> = messages.iter().flat_map(|message| message.notices.clone()).collect();
    let expected: Vec<_> = units.iter().flatten().map(|notice| notice.id).collect();
    assert_eq!(ids, expected, "every notice once, in order");
    for message in messages {
        assert!(message.bytes() <= MAX_BYTES, "{}", message.bytes());
        assert_eq!(mistakes(message), Vec::<String>::new());
        let event = event(message);
        let entries = event["data"]["notices"].as_array().expect("notices");
        let ids: Vec<String> = entries.iter().map(|entry| entry["id"].as_str().expect("an id").to_owned()).collect();
        assert_eq!(ids, message.notices.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert!(message.copy("email").expect("an email").lines().count() <= 45);
    }
}

#[test]
fn a_dozen_similar_notices_are_listed_one_by_one() {
    let units = units((1..=6).map(|number| table(number, samples::failed())));
    let messages = messages_of(&units, &Settings::default(), MAX_BYTES);
    check(&units, &messages);
    insta::assert_snapshot!("a_few", shown(&messages));
}

#[test]
fn hundreds_of_similar_notices_are_grouped_by_their_cause() {
    let mut notices: Vec<Notice> = (1..=412).map(|number| table(number, samples::failed())).collect();
    for notice in &mut notices[400..405] {
        *notice = saying(notice.clone(), "The table's metadata cannot be read.");
    }
    let since = samples::at("06:20:00");
    notices[411] = samples::with(notices[411].clone(), |event| {
        event.change = FacetChange::Failed(Failures { since, count: 4 });
    });
    let units = units(notices);
    let messages = messages_of(&units, &Settings::default(), MAX_BYTES);
    check(&units, &messages);
    assert!(messages.len() <= 3, "{}", messages.len());
    let whole = event(&messages[0])["data"]["notices"][0].as_object().expect("a notice").len();
    assert_eq!(whole, 22, "ordinary digests hold every key");
    insta::assert_snapshot!("hundreds", shown(&messages[..1]));
}

#[test]
fn thousands_of_notices_need_few_messages_that_say_what_they_leave_out() {
    for change in [samples::failed(), recovered()] {
        let units = units((1..=5_000).map(|number| table(number, change)));
        let messages = messages_of(&units, &Settings::default(), MAX_BYTES);
        check(&units, &messages);
        assert!(messages.len() <= 6, "{}", messages.len());
        let events: Vec<Value> = messages.iter().map(event).collect();
        for event in &events {
            let count = event["data"]["summary"]["total"].clone();
            assert_eq!(event["data"]["summary"]["left_out"]["attributes"], count);
            assert_eq!(event["data"]["shared"]["reason"], change.reason().as_str());
            assert_eq!(event["data"]["shared"]["facet"], "icebergCompaction");
        }
        if change.reason() == Reason::Failed {
            insta::assert_snapshot!("storm", shown(&messages[..1]));
        }
    }
}

#[test]
fn only_what_the_summary_says_is_left_out_of_entries() {
    let words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"];
    let units = units((1..=4_000).map(|number| {
        let said: Vec<&str> = (0..4).map(|place| words[number >> (3 * place) & 7]).collect();
        let message = format!("Broken by {}. {}", said.join(" and "), "Nobody knows why. ".repeat(30));
        saying(table(number, samples::failed()), &message)
    }));
    let messages = messages_of(&units, &Settings::default(), MAX_BYTES);
    check(&units, &messages);
    let mut said = 0;
    for event in messages.iter().map(event) {
        let data = &event["data"];
        let entries = data["notices"].as_array().expect("notices");
        let own = entries.iter().filter(|entry| entry["message"].is_string()).count();
        let left_out = data["summary"]["left_out"]["message"].as_u64().unwrap_or_default();
        assert_eq!(own + usize::try_from(left_out).expect("a count"), entries.len());
        said += own;
    }
    assert!(said > 3_000, "{said}");
    assert!(messages.len() <= 20, "{}", messages.len());
}

#[test]
fn a_restore_and_its_parts_share_a_message() {
    let job = |id: &str, parent: Option<&str>, change: FacetChange| {
        let notice = samples::bare(Source::Backup, change);
        let notice = samples::with(notice, |event| {
            let (id, name) = (id.into(), format!("EC2 restore of i-{id}"));
            event.subject = Subject { id, name, ..(*event.subject).clone() }.into();
        });
        let notice = Notice { id: Uuid::new_v5(&Uuid::NAMESPACE_OID, id.as_bytes()), ..notice };
        let notice = samples::labeled(notice, &[("resource_type", "EC2")]);
        parent.into_iter().fold(notice, |notice, parent| samples::labeled(notice, &[("parent_job_id", parent)]))
    };
    let part = saying(job("C2", Some("P1"), samples::failed()), "The subnet does not exist.");
    let whole =
        vec![vec![job("C1", Some("P1"), FacetChange::Completed)], vec![part], vec![job("P1", None, samples::failed())]];
    let messages = messages_of(&whole, &Settings::default(), MAX_BYTES);
    check(&whole, &messages);
    let parts = &whole[..2];
    let of_parts = messages_of(parts, &Settings::default(), MAX_BYTES);
    check(parts, &of_parts);
    insta::assert_snapshot!("restore_with_parts", shown(&[messages, of_parts].concat()));
}

#[test]
fn a_digest_of_one_notice_is_an_ordinary_message() {
    for (_, notice) in samples::all() {
        let settings = Settings::default();
        assert_eq!(
            messages_of(&[vec![notice.clone()]], &settings, MAX_BYTES),
            [crate::publish::render(&[notice], &settings)]
        );
    }
    assert!(messages_of(&[], &Settings::default(), MAX_BYTES).is_empty());
}

#[test]
fn notices_of_one_outbox_stay_in_one_message() {
    let long = "\"kein Zugriff: Schlüssel\"\n".repeat(2_000);
    let units: Vec<Vec<Notice>> = (0..8)
        .map(|unit| (0..10).map(|number| saying(table(unit * 10 + number, samples::failed()), &long)).collect())
        .collect();
    let messages = messages_of(&units, &Settings::default(), MAX_BYTES);
    check(&units, &messages);
    let mut firsts: BTreeSet<_> = messages.iter().map(|message| message.notices[0]).collect();
    firsts.retain(|id| units.iter().any(|unit| unit[0].id == *id));
    assert_eq!(firsts.len(), messages.len(), "every message begins with an outbox's first");
}

/// Values of the topic attribute `MaximumMessageSize` that make a difference.
const SIZES: [usize; 8] = [200_000, 65_536, 16_384, 8_192, 4_096, 2_048, 1_500, 1_024];

#[test]
fn every_notice_fits_a_topic_of_any_size() {
    for (name, notice) in samples::all() {
        let mut sizes = Vec::new();
        for max_bytes in SIZES {
            let messages = messages_of(&[vec![notice.clone()]], &Settings::default(), max_bytes);
            let [message] = messages.as_slice() else { panic!("{name}: one message") };
            assert!(message.bytes() <= max_bytes, "{name}: {} > {max_bytes}", message.bytes());
            assert_eq!(message.notices, [notice.id]);
            let event = event(message);
            assert_eq!(event["data"]["notices"][0]["id"], notice.id.to_string());
            let title = event["data"]["summary"]["title"].as_str().expect("a title");
            let whole = cloudevents::event(std::slice::from_ref(&notice));
            let whole = whole["data"]["summary"]["title"].as_str().expect("a title");
            assert!(whole.starts_with(title.split(" …").next().expect("a beginning")), "{title}");
            let copies: BTreeMap<String, String> = serde_json::from_str(&message.body).expect("strings only");
            // Below about two kilobytes there is no room for the copies for people.
            let has_letters = copies.len() == 4;
            assert!(has_letters || (copies.len() == 1 && max_bytes <= 2_048), "{name}: {max_bytes}");
            if has_letters {
                assert_eq!(mistakes(message), Vec::<String>::new());
                assert!(copies["email"].contains(&notice.id.to_string()), "{name}: {max_bytes}");
            }
            let is_whole = copies["default"] == cloudevents::cloudevents(std::slice::from_ref(&notice));
            let says_so = event["data"]["summary"]["left_out"].is_object();
            let is_marked = message.body.contains("more characters]");
            assert!(is_whole || says_so || is_marked, "{name}: {max_bytes}: what is left out is said");
            sizes.push(message.bytes());
        }
        assert!(sizes.is_sorted_by(|larger, smaller| larger >= smaller), "{name}: {sizes:?}");
    }
}

#[test]
fn the_smallest_messages() {
    let notice = table(1, samples::failed());
    let mut text = String::new();
    for max_bytes in [4_096, 2_048, 1_024] {
        let messages = messages_of(&units([notice.clone()]), &Settings::default(), max_bytes);
        let copies: Value = serde_json::from_str(&messages[0].body).expect("JSON");
        let _ = writeln!(text, "=== {max_bytes}");
        for (protocol, copy) in copies.as_object().expect("copies") {
            let _ = writeln!(text, "--- {protocol}\n{}", copy.as_str().expect("text"));
        }
    }
    insta::assert_snapshot!("smallest", text);
}

#[test]
fn thousands_of_notices_fit_a_topic_of_any_size() {
    for max_bytes in [65_536, 8_192, 4_096, 1_024] {
        let units = units((1..=120).map(|number| table(number, samples::failed())));
        let messages = messages_of(&units, &Settings::default(), max_bytes);
        let ids: Vec<_> = messages.iter().flat_map(|message| message.notices.clone()).collect();
        assert_eq!(ids, units.iter().flatten().map(|notice| notice.id).collect::<Vec<_>>(), "{max_bytes}");
        assert!(messages.iter().all(|message| message.bytes() <= max_bytes), "{max_bytes}");
        let most = match max_bytes {
            65_536 => 3,
            8_192 => 12,
            4_096 => 40,
            _ => 120,
        };
        assert!(messages.len() <= most, "{max_bytes}: {} messages", messages.len());
    }
}

#[test]
fn the_most_notices_of_one_outbox_fit_in_a_message() {
    for max_bytes in [65_536, 32_768, 16_384, 8_192] {
        let worst = "\"\\\n".repeat(1_000);
        let notice = samples::with(saying(table(1, samples::failed()), &worst), |event| {
            let labels = (0..60).map(|number| (format!("{number}{worst}"), worst.clone())).collect();
            event.subject = Subject { id: worst.as_str().into(), name: worst.clone(), labels }.into();
        });
        let unit = vec![notice; most_of_one_outbox(max_bytes)];
        let messages = messages_of(std::slice::from_ref(&unit), &Settings::default(), max_bytes);
        assert_eq!((messages.len(), messages[0].notices.len()), (1, unit.len()));
        assert!(messages[0].bytes() <= max_bytes, "{max_bytes}: {}", messages[0].bytes());
    }
    assert_eq!([MAX_BYTES, 65_536, 8_192, 1_024].map(most_of_one_outbox), [10, 5, 1, 1]);
}
