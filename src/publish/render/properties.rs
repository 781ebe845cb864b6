//! What holds for any text at all.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::domain::{Reason, Source};
use crate::publish::samples;

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
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_makes_a_valid_message(
        Odd(notices) in proptest::collection::vec(any_notice(), 1..6).prop_map(Odd),
        machine in any::<bool>(),
    ) {
        let https = if machine { HttpsForm::Machine } else { HttpsForm::AmazonQ };
        let message = render(&notices, &Settings { https, ..Settings::default() });

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
