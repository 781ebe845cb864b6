//! What readers get, whole, and what holds for any text at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::domain::{Reason, Source};
use crate::publish::samples;

/// Every copy of a message, for reading.
fn gallery(notices: &[Notice]) -> String {
    let message = render(notices, &Settings::default());
    let pretty = |protocol: &str| {
        let copy = message.copy(protocol).expect("a copy");
        let value: Value = serde_json::from_str(&copy).expect("JSON");
        serde_json::to_string_pretty(&value).expect("JSON")
    };
    let mut text = format!("Subject: {}\n\n", message.subject);
    let _ = writeln!(
        text,
        "--- email\n{}",
        message.copy("email").expect("a letter")
    );
    let _ = writeln!(text, "--- sms\n{}\n", message.copy("sms").expect("a line"));
    let _ = writeln!(text, "--- https\n{}\n", pretty("https"));
    let _ = writeln!(text, "--- sqs\n{}\n", pretty("sqs"));
    let _ = writeln!(text, "--- attributes");
    for attribute in &message.attributes {
        let kind = attribute.kind.as_str();
        let _ = writeln!(text, "{} ({kind}) = {}", attribute.name, attribute.value);
    }
    text
}

#[test]
fn every_reason_in_every_form() {
    let samples = samples::all();
    for (name, notice) in &samples {
        insta::assert_snapshot!(*name, gallery(std::slice::from_ref(notice)));
    }
    let told: BTreeSet<Reason> = samples.iter().map(|(_, notice)| notice.reason).collect();
    assert_eq!(told.len(), Reason::ALL.len(), "every reason has a sample");
}

#[test]
fn several_notices_in_one_message() {
    let notices: Vec<Notice> = samples::all()
        .into_iter()
        .map(|(_, notice)| notice)
        .filter(|notice| notice.scope.source == Source::S3TablesMaintenance)
        .collect();
    insta::assert_snapshot!("several", gallery(&notices));
}

#[test]
fn a_letter_is_short() {
    for (name, notice) in samples::all() {
        let letter = email(&[notice]);
        assert!(letter.lines().count() <= 25, "{name}:\n{letter}");
        assert!(!letter.contains("\n\n\n"), "{name}:\n{letter}");
        for line in letter.lines() {
            assert!(!line.ends_with(": "), "{name}: {line:?}");
        }
    }
}

#[test]
fn protocols_without_a_copy_of_their_own_get_the_machine_form() {
    let notice = samples::graded(Severity::Warning);
    let chat = render(std::slice::from_ref(&notice), &Settings::default());
    let hooks = render(
        &[notice],
        &Settings {
            https: HttpsForm::Machine,
        },
    );
    let default = chat.copy("default");
    for protocol in [
        "sqs",
        "lambda",
        "http",
        "firehose",
        "email-json",
        "application",
    ] {
        assert_eq!(chat.copy(protocol), default, "{protocol}");
    }
    assert_ne!(chat.copy("https"), default);
    assert_eq!(hooks.copy("https"), default);
    assert_eq!(chat.attribute("severity"), Some("warning"));
    assert!(
        chat.subject.starts_with("Failed: "),
        "only what is critical shouts"
    );
}

#[test]
fn consoles_of_other_partitions() {
    let mut notice = samples::bare(Source::Backup, Reason::Failed);
    let mut link = |region: &str| {
        region.clone_into(&mut notice.scope.region);
        console(&notice).unwrap_or_default()
    };
    assert_eq!(
        link("eu-central-1"),
        "https://eu-central-1.console.aws.amazon.com/backup/home?region=eu-central-1#/jobs/restore/subject"
    );
    assert_eq!(
        link("cn-north-1"),
        "https://cn-north-1.console.amazonaws.cn/backup/home?region=cn-north-1#/jobs/restore/subject"
    );
    assert_eq!(
        link("us-gov-west-1"),
        "https://us-gov-west-1.console.amazonaws-us-gov.com/backup/home?region=us-gov-west-1#/jobs/restore/subject"
    );
    assert_eq!(link(""), "");
    assert_eq!(link("evil.example/"), "");
}

#[test]
fn a_subjects_notices_share_a_thread() {
    let thread = |notices: &[Notice]| {
        let value: Value = serde_json::from_str(&amazon_q(notices)).expect("JSON");
        value["metadata"]["threadId"].as_str().map(str::to_owned)
    };
    let failed = samples::graded(Severity::Critical);
    let again = Notice {
        reason: Reason::Vanished,
        ..failed.clone()
    };
    let other = Notice {
        subject: "another".to_owned(),
        ..failed.clone()
    };
    assert!(thread(std::slice::from_ref(&failed)).is_some());
    assert_eq!(thread(std::slice::from_ref(&failed)), thread(&[again]));
    assert_ne!(
        thread(std::slice::from_ref(&failed)),
        thread(std::slice::from_ref(&other))
    );
    assert!(thread(&[failed, other]).is_some());
}

#[test]
fn nobody_is_called_by_awss_words() {
    let mut notice = samples::graded(Severity::Critical);
    notice.message = Some("```\n<!channel> wake up\r\n\0<@U123>".to_owned());
    let chat = amazon_q(&[notice.clone()]);
    assert!(!chat.contains("<!") && !chat.contains("<@"), "{chat}");
    assert_eq!(chat.matches("```").count(), 2, "{chat}");
    let letter = email(&[notice]);
    assert!(!letter.contains(['\r', '\0']), "{letter:?}");
}

#[test]
fn an_endless_message_is_shortened_with_a_mark() {
    let mut notice = samples::graded(Severity::Critical);
    notice.message = Some("\"kein Zugriff: Schlüssel\"\n".repeat(40_000));
    let message = render(&[notice], &Settings::default());
    assert!(message.bytes() <= MAX_BYTES, "{}", message.bytes());
    let letter = message.copy("email").expect("a letter");
    assert!(letter.contains("more characters]"));
    assert!(letter.contains("AWS CLI: aws redshift"));
}

#[test]
fn two_hundred_ordinary_notices_fit_whole() {
    let samples = samples::all();
    let notices: Vec<Notice> = samples
        .iter()
        .cycle()
        .take(70)
        .map(|(_, notice)| notice.clone())
        .collect();
    let message = render(&notices, &Settings::default());
    assert!(message.bytes() <= MAX_BYTES, "{}", message.bytes());
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => proptest::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter),
        2 => "[a-z\"\\\\\u{0}\r\n\t<>`'|: ]{0,60}",
        1 => (any::<char>(), 0..60_000_usize).prop_map(|(c, count)| c.to_string().repeat(count)),
        1 => Just("\"\\\n".repeat(30_000)),
    ]
}

fn any_notice() -> impl Strategy<Value = Notice> {
    let texts = proptest::collection::vec(text(), 9);
    let optional = proptest::collection::vec(any::<bool>(), 3);
    let labels = proptest::collection::btree_map(label_name(), text(), 0..12);
    (
        texts,
        optional,
        labels,
        0..Reason::ALL.len(),
        0..Source::ALL.len(),
        any::<bool>(),
    )
        .prop_map(
            |(mut texts, optional, labels, reason, source, about_scope)| {
                let mut notice = samples::bare(Source::ALL[source], Reason::ALL[reason]);
                let mut next = || texts.pop().unwrap_or_default();
                notice.scope.account = next();
                notice.scope.region = next();
                notice.subject = next();
                notice.facet = if about_scope {
                    "scope".to_owned()
                } else {
                    next()
                };
                notice.title = next();
                notice.to = next();
                notice.from = optional[0].then(&mut next);
                notice.aws_status = optional[1].then(&mut next);
                notice.message = optional[2].then(&mut next);
                notice.labels = labels;
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_makes_a_valid_message(
        Odd(notices) in proptest::collection::vec(any_notice(), 1..6).prop_map(Odd),
        machine in any::<bool>(),
    ) {
        let https = if machine { HttpsForm::Machine } else { HttpsForm::AmazonQ };
        let message = render(&notices, &Settings { https });

        prop_assert!(message.subject.len() < 100);
        prop_assert!(message.subject.starts_with(|c: char| c.is_ascii_alphabetic()), "{:?}", message.subject);
        prop_assert!(message.subject.bytes().all(|b| (b' '..=b'~').contains(&b)), "{:?}", message.subject);
        prop_assert!(message.bytes() <= MAX_BYTES, "{}", message.bytes());
        prop_assert!(message.attributes.len() <= 10);
        prop_assert!(message.attributes.iter().all(|attribute| !attribute.value.is_empty()));
        prop_assert_eq!(message.notices.len(), notices.len());

        let copies: BTreeMap<String, String> = serde_json::from_str(&message.body).expect("strings only");
        prop_assert!(copies.values().all(|copy| !copy.is_empty()));
        let sms = &copies["sms"];
        prop_assert!(!sms.is_empty() && sms.len() <= 140 && sms.bytes().all(|b| (b' '..=b'~').contains(&b)), "{sms:?}");
        prop_assert!(!copies["email"].chars().any(|c| c.is_control() && c != '\n'));

        let event: Value = serde_json::from_str(&copies["default"]).expect("JSON");
        prop_assert_eq!(event["data"]["notices"].as_array().map(Vec::len), Some(notices.len()));
        if !machine {
            let chat: Value = serde_json::from_str(&copies["https"]).expect("JSON");
            let length = |value: &Value| value.as_str().map_or(0, |text| text.encode_utf16().count());
            prop_assert!((1..=250).contains(&length(&chat["content"]["title"])));
            prop_assert!((1..=8_000).contains(&length(&chat["content"]["description"])));
            let context = chat["metadata"]["additionalContext"].as_object();
            prop_assert!(context.is_none_or(|context| context.values().all(Value::is_string)));
        }
    }
}

#[test]
fn twenty_of_the_worst_notices_fit() {
    let mut notice = samples::bare(Source::S3TablesReplication, Reason::Failed);
    let worst = "\"\\\n".repeat(1_000);
    for text in [
        &mut notice.subject,
        &mut notice.facet,
        &mut notice.title,
        &mut notice.to,
    ] {
        worst.clone_into(text);
    }
    notice.scope.account.clone_from(&worst);
    notice.from = Some(worst.clone());
    notice.aws_status = Some(worst.clone());
    notice.message = Some(worst.clone());
    notice.labels = (0..60)
        .map(|n| (format!("{n}{worst}"), worst.clone()))
        .collect();
    let message = render(&vec![notice; 20], &Settings::default());
    assert!(message.bytes() <= MAX_BYTES, "{}", message.bytes());
}
