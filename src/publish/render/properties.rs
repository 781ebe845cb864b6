//! What holds for any text at all.

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::domain::{Reason, Source};
use crate::publish::schemas::mistakes;
use crate::publish::{compose, samples};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => proptest::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter),
        2 => "[a-z\"\\\\\u{0}\r\n\t<>`'|: ]{0,60}",
        1 => (any::<char>(), 0..20_000_usize).prop_map(|(c, count)| c.to_string().repeat(count)),
        1 => Just("\"\\\n".repeat(20_000)),
    ]
}

fn any_notice() -> impl Strategy<Value = Notice> {
    let texts = proptest::collection::vec(text(), 9);
    let optional = proptest::collection::vec(any::<bool>(), 3);
    let labels = proptest::collection::btree_map(label_name(), text(), 0..12);
    (texts, optional, labels, 0..Reason::ALL.len(), 0..Source::ALL.len(), any::<bool>()).prop_map(
        |(mut texts, optional, labels, reason, source, about_scope)| {
            let mut notice = samples::bare(Source::ALL[source], Reason::ALL[reason]);
            let mut next = || texts.pop().unwrap_or_default();
            notice.scope.account = next();
            notice.scope.region = next();
            notice.subject = next();
            notice.facet = if about_scope { "scope".to_owned() } else { next() };
            notice.title = next();
            notice.to = next();
            notice.from = optional[0].then(&mut next);
            notice.aws_status = optional[1].then(&mut next);
            notice.message = optional[2].then(&mut next);
            notice.labels = labels.into_iter().collect();
            notice
        },
    )
}

/// Notices with texts that are too long to print whole.
struct Odd(Vec<Notice>);

impl std::fmt::Debug for Odd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::domain::shorten(&format!("{:?}", self.0), 4_000))
    }
}

fn label_name() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => text(),
        3 => proptest::sample::select(vec![
            "cluster", "table", "namespace", "bucket", "bucket_arn", "table_arn", "target_table", "snapshot",
            "started_at", "failing_since", "failures_in_a_row", "missing_action", "error", "failing",
        ]).prop_map(str::to_owned),
    ]
}

/// Everything that a message must be, whatever it tells.
fn check(message: &Message, machine: bool) -> Result<(), TestCaseError> {
    prop_assert!(message.subject.len() < 100);
    prop_assert!(message.subject.starts_with(|c: char| c.is_ascii_alphabetic()), "{:?}", message.subject);
    prop_assert!(message.subject.bytes().all(|b| (b' '..=b'~').contains(&b)), "{:?}", message.subject);
    prop_assert!(message.bytes() <= MAX_BYTES, "{}", message.bytes());
    prop_assert!(message.attributes.len() <= 10);
    prop_assert!(message.attributes.iter().all(|attribute| !attribute.value.is_empty()));

    let copies: BTreeMap<String, String> = serde_json::from_str(&message.body).expect("strings only");
    prop_assert!(copies.values().all(|copy| !copy.is_empty()));
    prop_assert_eq!(copies.contains_key("https"), !machine);
    let sms = &copies["sms"];
    prop_assert!(!sms.is_empty() && sms.len() <= 140 && sms.bytes().all(|b| (b' '..=b'~').contains(&b)), "{sms:?}");
    prop_assert!(!copies["email"].chars().any(|c| c.is_control() && c != '\n'));
    prop_assert_eq!(mistakes(message), Vec::<String>::new());

    let event: Value = serde_json::from_str(&copies["default"]).expect("JSON");
    let entries = event["data"]["notices"].as_array().expect("notices");
    let ids: Vec<&str> = entries.iter().filter_map(|entry| entry["id"].as_str()).collect();
    let expected: Vec<String> = message.notices.iter().map(ToString::to_string).collect();
    prop_assert_eq!(ids, expected);
    if !machine {
        let chat: Value = serde_json::from_str(&copies["https"]).expect("JSON");
        let length = |value: &Value| value.as_str().map_or(0, |text| text.encode_utf16().count());
        prop_assert!((1..=250).contains(&length(&chat["content"]["title"])));
        prop_assert!((1..=8_000).contains(&length(&chat["content"]["description"])));
    }
    Ok(())
}

fn settings(machine: bool) -> Settings {
    Settings { https: if machine { HttpsForm::Machine } else { HttpsForm::AmazonQ }, ..Settings::default() }
}

/// The notices in units as `cuts` say, each with an id of its own; every notice in exactly one message, in order.
fn check_split(notices: Vec<Notice>, cuts: &[usize], machine: bool) -> Result<(), TestCaseError> {
    let mut left: VecDeque<Notice> = notices.into();
    for (number, notice) in left.iter_mut().enumerate() {
        notice.id = uuid::Uuid::from_u128(number as u128);
    }
    let all: Vec<_> = left.iter().map(|notice| notice.id).collect();
    let mut cuts = cuts.iter().cycle();
    let mut units = Vec::new();
    while !left.is_empty() {
        let size = cuts.next().copied().unwrap_or(1).min(left.len());
        units.push(left.drain(..size).collect());
    }
    let messages = compose(&units, &settings(machine), MAX_BYTES);
    for message in &messages {
        check(message, machine)?;
    }
    let told: Vec<_> = messages.iter().flat_map(|message| message.notices.clone()).collect();
    prop_assert_eq!(told, all);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_makes_a_valid_message(
        Odd(notices) in proptest::collection::vec(any_notice(), 1..6).prop_map(Odd),
        machine in any::<bool>(),
    ) {
        let message = render(&notices, &settings(machine));
        prop_assert_eq!(message.notices.len(), notices.len());
        check(&message, machine)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_texts_are_split_without_loss(
        Odd(notices) in proptest::collection::vec(any_notice(), 1..40).prop_map(Odd),
        cuts in proptest::collection::vec(1..=10_usize, 1..5),
        machine in any::<bool>(),
    ) {
        check_split(notices, &cuts, machine)?;
    }

    #[test]
    fn any_number_is_split_without_loss(
        Odd(kinds) in proptest::collection::vec(plain_notice(), 1..4).prop_map(Odd),
        count in prop_oneof![1..30_usize, 1..1_000_usize, 2_000..4_000_usize],
        cuts in proptest::collection::vec(1..=10_usize, 1..5),
        machine in any::<bool>(),
    ) {
        check_split(kinds.iter().cycle().take(count).cloned().collect(), &cuts, machine)?;
    }
}

/// A notice whose texts have an ordinary length.
fn plain_notice() -> impl Strategy<Value = Notice> {
    let text = || proptest::collection::vec(any::<char>(), 0..60).prop_map(String::from_iter);
    (any_notice(), text(), text(), text()).prop_map(|(odd, subject, title, message)| Notice {
        subject,
        title,
        message: Some(message),
        ..samples::bare(odd.scope.source, odd.reason)
    })
}

/// Text that tries to be a link, a mention or markup, among ordinary words.
fn hostile() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "<",
        ">",
        "<!here>",
        "<!channel",
        "<@U1>",
        "<#C1>",
        "<https://evil.example|AWS console>",
        "&lt;!here&gt;",
        "&",
        "[AWS console](https://evil.example)",
        "](",
        "]",
        "(",
        "://",
        ":",
        "//",
        "https",
        ".",
        "www.evil.example",
        "@",
        "@here",
        "@channel",
        "@everyone",
        "`",
        "```",
        "\n",
        "\r\n",
        " ",
        "*",
        "_",
        "~",
        "|",
        "orders",
        "arn:",
        "é",
        "🦀",
    ]);
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn hostile_notice() -> impl Strategy<Value = Notice> {
    let labels = proptest::collection::btree_map(label_name(), hostile(), 0..8);
    (plain_notice(), proptest::collection::vec(hostile(), 8), labels, any::<bool>()).prop_map(
        |(mut notice, texts, labels, about_scope)| {
            let [subject, facet, title, to, status, message, account, from] = texts.try_into().expect("eight texts");
            (notice.subject, notice.title, notice.to) = (subject, title, to);
            notice.facet = if about_scope { "scope".to_owned() } else { facet };
            (notice.aws_status, notice.message, notice.from) = (Some(status), Some(message), Some(from));
            notice.scope.account = account;
            notice.labels = labels.into_iter().collect();
            notice
        },
    )
}

/// Every text in the value, but for the names of fields, which are ours.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_becomes_a_link_or_a_mention_in_chat(
        Odd(mut notices) in proptest::collection::vec(hostile_notice(), 1..4).prop_map(Odd),
        with_note in any::<bool>(),
    ) {
        let note = "<!here> [runbook](https://wiki.example.com) @team";
        if with_note {
            for notice in &mut notices {
                notice.labels.insert("note".to_owned(), note.to_owned());
            }
        }
        let chat: Value = serde_json::from_str(&amazon_q(&notices)).expect("JSON");
        let links: Vec<String> = notices.iter().filter_map(console).collect();
        let mut seen = 0;
        for text in texts(&chat) {
            let mut text = text.replace(&format!("*Note:* {note}"), "");
            for link in &links {
                text = text.replace(&format!("*Console:* {link}"), "");
            }
            for mark in ["<", "@", "](", "://", "&lt;", "www.", "WWW."] {
                prop_assert!(!text.contains(mark), "{mark} in {text}");
            }
            seen += 1;
        }
        prop_assert!(seen > 5, "the copy has texts");
        let fences = chat["content"]["description"].as_str().expect("a description").matches("```").count();
        prop_assert!(fences == 0 || fences == 2, "{fences} fences");
    }
}
