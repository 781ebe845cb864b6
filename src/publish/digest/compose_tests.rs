//! Digests: their size, their words, and that nothing is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;
use uuid::Uuid;

use super::*;
use crate::domain::{Reason, Source};
use crate::publish::render::cloudevents;
use crate::publish::samples;
use crate::publish::schemas::mistakes;

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";

/// A table whose maintenance ended so.
fn table(number: usize, reason: Reason) -> Notice {
    let name = format!("orders_{number:04}");
    let bucket = "arn:aws:s3tables:us-east-1:123456789012:bucket/lake";
    let mut notice = samples::bare(Source::S3TablesMaintenance, reason);
    notice.id = Uuid::from_u128(number as u128);
    notice.subject = format!("{bucket}/table/{}", Uuid::from_u128(0x4d5e_6f70 << 64 | number as u128));
    "icebergCompaction".clone_into(&mut notice.facet);
    let verdict = if reason == Reason::Failed { "Failed" } else { "Recovered" };
    notice.title = format!("{verdict}: icebergCompaction on sales.{name} in bucket lake");
    notice.labels = [("bucket", "lake"), ("bucket_arn", bucket), ("namespace", "sales"), ("table", &name)]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    notice.labels.insert("table_arn".to_owned(), notice.subject.clone());
    if reason == Reason::Failed {
        notice.message = Some(format!("Insufficient access to KMS key {KEY} for table sales.{name}."));
        notice.to = "failed".to_owned();
    }
    notice
}

fn units(notices: impl IntoIterator<Item = Notice>) -> Vec<Vec<Notice>> {
    notices.into_iter().map(|notice| vec![notice]).collect()
}

fn event(message: &Message) -> Value {
    serde_json::from_str(&message.copy("sqs").expect("a copy")).expect("JSON")
}

/// Every copy of the messages but the machine form, of which only the summary and the first entry are shown.
fn shown(messages: &[Message]) -> String {
    let mut text = String::new();
    for message in messages {
        let _ = writeln!(text, "Subject: {}\n", message.subject);
        let _ = writeln!(text, "--- email\n{}", message.copy("email").expect("a letter"));
        let _ = writeln!(text, "--- sms\n{}\n", message.copy("sms").expect("a line"));
        let chat: Value = serde_json::from_str(&message.copy("https").expect("a copy")).expect("JSON");
        let _ = writeln!(text, "--- https\n{}\n", serde_json::to_string_pretty(&chat).expect("JSON"));
        let mut event = event(message);
        event["data"]["notices"].as_array_mut().expect("notices").truncate(1);
        let _ = writeln!(text, "--- sqs, first notice only\n{}\n", serde_json::to_string_pretty(&event).expect("JSON"));
    }
    text
}

/// Checks what every set of messages must keep.
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
        assert!(message.copy("email").expect("a letter").lines().count() <= 45);
    }
}

#[test]
fn a_dozen_alike_are_told_one_by_one() {
    let units = units((1..=6).map(|number| table(number, Reason::Failed)));
    let messages = compose(&units, &Settings::default(), MAX_BYTES);
    check(&units, &messages);
    insta::assert_snapshot!("a_few", shown(&messages));
}

#[test]
fn hundreds_alike_are_told_by_their_cause() {
    let mut notices: Vec<Notice> = (1..=412).map(|number| table(number, Reason::Failed)).collect();
    for notice in &mut notices[400..405] {
        notice.message = Some("The table's metadata cannot be read.".to_owned());
    }
    notices[411].labels.insert("failures_in_a_row".to_owned(), "4".to_owned());
    let units = units(notices);
    let messages = compose(&units, &Settings::default(), MAX_BYTES);
    check(&units, &messages);
    assert!(messages.len() <= 3, "{}", messages.len());
    let whole = event(&messages[0])["data"]["notices"][0].as_object().expect("a notice").len();
    assert_eq!(whole, 20, "ordinary digests hold every key");
    insta::assert_snapshot!("hundreds", shown(&messages[..1]));
}

#[test]
fn a_storm_is_a_handful_of_messages_that_say_what_they_leave_out() {
    for reason in [Reason::Failed, Reason::Recovered] {
        let units = units((1..=5_000).map(|number| table(number, reason)));
        let messages = compose(&units, &Settings::default(), MAX_BYTES);
        check(&units, &messages);
        assert!(messages.len() <= 6, "{}", messages.len());
        let events: Vec<Value> = messages.iter().map(event).collect();
        for event in &events {
            let count = event["data"]["summary"]["total"].clone();
            assert_eq!(event["data"]["summary"]["left_out"]["attributes"], count);
            assert_eq!(event["data"]["shared"]["reason"], reason.as_str());
            assert_eq!(event["data"]["shared"]["facet"], "icebergCompaction");
        }
        if reason == Reason::Failed {
            insta::assert_snapshot!("storm", shown(&messages[..1]));
        }
    }
}

#[test]
fn what_no_summary_says_is_never_left_out() {
    let words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"];
    let units = units((1..=4_000).map(|number| {
        let said: Vec<&str> = (0..4).map(|place| words[number >> (3 * place) & 7]).collect();
        Notice {
            message: Some(format!("Broken by {}. {}", said.join(" and "), "Nobody knows why. ".repeat(30))),
            ..table(number, Reason::Failed)
        }
    }));
    let messages = compose(&units, &Settings::default(), MAX_BYTES);
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
fn a_restore_and_its_parts_are_one_story() {
    let job = |id: &str, parent: Option<&str>, reason: Reason, verdict: &str| {
        let mut notice = samples::bare(Source::Backup, reason);
        notice.id = Uuid::new_v5(&Uuid::NAMESPACE_OID, id.as_bytes());
        id.clone_into(&mut notice.subject);
        notice.title = format!("{verdict}: EC2 restore of i-{id}");
        let labels = [("resource_type", Some("EC2")), ("parent_job_id", parent)];
        notice.labels =
            labels.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
        notice
    };
    let mut part = job("C2", Some("P1"), Reason::Failed, "Failed");
    part.message = Some("The subnet does not exist.".to_owned());
    let whole = vec![
        vec![job("C1", Some("P1"), Reason::Completed, "Completed")],
        vec![part],
        vec![job("P1", None, Reason::Failed, "Failed")],
    ];
    let messages = compose(&whole, &Settings::default(), MAX_BYTES);
    check(&whole, &messages);
    let parts = &whole[..2];
    let of_parts = compose(parts, &Settings::default(), MAX_BYTES);
    check(parts, &of_parts);
    insta::assert_snapshot!("story", shown(&[messages, of_parts].concat()));
}

#[test]
fn one_notice_is_the_letter_that_it_always_was() {
    for (_, notice) in samples::all() {
        let settings = Settings::default();
        assert_eq!(
            compose(&[vec![notice.clone()]], &settings, MAX_BYTES),
            [crate::publish::render(&[notice], &settings)]
        );
    }
    assert!(compose(&[], &Settings::default(), MAX_BYTES).is_empty());
}

#[test]
fn notices_of_one_outbox_stay_in_one_message() {
    let long = "\"kein Zugriff: Schlüssel\"\n".repeat(2_000);
    let units: Vec<Vec<Notice>> = (0..8)
        .map(|unit| {
            let notices = (0..10)
                .map(|number| Notice { message: Some(long.clone()), ..table(unit * 10 + number, Reason::Failed) });
            notices.collect()
        })
        .collect();
    let messages = compose(&units, &Settings::default(), MAX_BYTES);
    check(&units, &messages);
    let mut firsts: BTreeSet<_> = messages.iter().map(|message| message.notices[0]).collect();
    firsts.retain(|id| units.iter().any(|unit| unit[0].id == *id));
    assert_eq!(firsts.len(), messages.len(), "every message begins with an outbox's first");
}

/// The sizes to which a topic's `MaximumMessageSize` may be set, as far as it matters.
const SIZES: [usize; 8] = [200_000, 65_536, 16_384, 8_192, 4_096, 2_048, 1_500, 1_024];

#[test]
fn every_notice_fits_a_topic_of_any_size() {
    for (name, notice) in samples::all() {
        let mut sizes = Vec::new();
        for max_bytes in SIZES {
            let messages = compose(&[vec![notice.clone()]], &Settings::default(), max_bytes);
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
            // Everyone has a copy in their own form; at about two kilobytes that ends.
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
fn the_smallest_messages_read_so() {
    let notice = table(1, Reason::Failed);
    let mut text = String::new();
    for max_bytes in [4_096, 2_048, 1_024] {
        let messages = compose(&units([notice.clone()]), &Settings::default(), max_bytes);
        let copies: Value = serde_json::from_str(&messages[0].body).expect("JSON");
        let _ = writeln!(text, "=== {max_bytes}");
        for (protocol, copy) in copies.as_object().expect("copies") {
            let _ = writeln!(text, "--- {protocol}\n{}", copy.as_str().expect("text"));
        }
    }
    insta::assert_snapshot!("smallest", text);
}

#[test]
fn a_storm_over_a_topic_of_any_size_is_told_whole() {
    for max_bytes in [65_536, 8_192, 4_096, 1_024] {
        let units = units((1..=120).map(|number| table(number, Reason::Failed)));
        let messages = compose(&units, &Settings::default(), max_bytes);
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
fn what_goes_together_from_one_outbox_fits() {
    for max_bytes in [65_536, 32_768, 16_384, 8_192] {
        let worst = "\"\\\n".repeat(1_000);
        let notice = Notice {
            subject: worst.clone(),
            title: worst.clone(),
            message: Some(worst.clone()),
            labels: (0..60).map(|number| (format!("{number}{worst}"), worst.clone())).collect(),
            ..table(1, Reason::Failed)
        };
        let unit = vec![notice; most_of_one_outbox(max_bytes)];
        let messages = compose(std::slice::from_ref(&unit), &Settings::default(), max_bytes);
        assert_eq!((messages.len(), messages[0].notices.len()), (1, unit.len()));
        assert!(messages[0].bytes() <= max_bytes, "{max_bytes}: {}", messages[0].bytes());
    }
    assert_eq!([MAX_BYTES, 65_536, 8_192, 1_024].map(most_of_one_outbox), [10, 5, 1, 1]);
}
