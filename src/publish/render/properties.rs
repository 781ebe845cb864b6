//! Properties of messages that hold for any text.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::domain::notice::{
    Baseline, FacetChange, FailingFacet, Failures, Parts, Recovery, ScopeEvent, UnreadFor, UnreadPart,
};
use crate::domain::{ErrorKind, Facet, ScopeError, Source, Subject};
use crate::publish::channel::cloudevents;
use crate::publish::digest::compose;
use crate::publish::schemas::mistakes;
use crate::samples;

/// The copy for chat channels.
fn chat_copy(notices: &[Notice]) -> Value {
    let message = in_full(notices, FORM);
    serde_json::from_str(&message.copy("https").expect("a copy")).expect("JSON")
}

/// The ordinary form.
const FORM: Form =
    Form { https: HttpsForm::AmazonQ, detail: cloudevents::Detail::Whole, is_brief: false, part: None, silenced: &[] };

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => proptest::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter),
        2 => "[a-z\"\\\\\u{0}\r\n\t<>`'|: ]{0,60}",
        1 => (any::<char>(), 0..20_000_usize).prop_map(|(c, count)| c.to_string().repeat(count)),
        1 => Just("\"\\\n".repeat(20_000)),
    ]
}

/// Texts for a notice, whatever it is about.
#[derive(Clone, Debug)]
struct Texts {
    account: String,
    region: String,
    id: String,
    name: String,
    facet: String,
    aws_status: Option<String>,
    message: Option<String>,
    note: Option<String>,
    labels: Vec<(String, String)>,
}

/// A notice about the change with that number, or about a scope.
fn notice_of(texts: Texts, source: usize, number: usize) -> Notice {
    let source = Source::ALL[source % Source::ALL.len()];
    let mut notice = if let Some(change) = changes().get(number) {
        samples::with(samples::bare(source, *change), |event| {
            event.subject = Arc::new(Subject {
                id: texts.id.as_str().into(),
                name: texts.name.clone(),
                labels: texts.labels.into_iter().collect(),
            });
            event.facet = match &event.facet {
                Facet::Destination(_) => Facet::Destination(texts.facet.clone()),
                Facet::Job(_) => Facet::Job(texts.facet.clone()),
                facet => facet.clone(),
            };
            event.aws_status = texts.aws_status;
            event.message = texts.message;
        })
    } else {
        let said = [texts.id, texts.name, texts.facet, texts.message.unwrap_or_default()];
        samples::scope(source, scope_events(&said).swap_remove(number - changes().len()))
    };
    (notice.scope.account, notice.scope.region, notice.note) = (texts.account, texts.region, texts.note);
    notice
}

/// One change of every kind.
fn changes() -> [FacetChange; 16] {
    let since = samples::at("04:20:00");
    let failures = |count| Failures { since, count };
    [
        FacetChange::Failed(failures(1)),
        FacetChange::Failed(failures(3)),
        FacetChange::StillFailing(failures(7)),
        FacetChange::Canceled,
        FacetChange::Vanished,
        FacetChange::UnknownStatus,
        FacetChange::Stalled { since },
        FacetChange::Overdue { expected_by: since },
        FacetChange::Lagging { since },
        FacetChange::Completed,
        FacetChange::Recovered(Recovery::Failing(since)),
        FacetChange::Recovered(Recovery::Lagging(since)),
        FacetChange::Recovered(Recovery::Stalled(since)),
        FacetChange::Started,
        FacetChange::Validating,
        FacetChange::Disabled,
    ]
}

/// One event of a scope of every kind, with these texts in it.
fn scope_events([one, two, three, message]: &[String; 4]) -> Vec<ScopeEvent> {
    let unread = UnreadFor { since: samples::at("04:20:00"), passes: 3 };
    let error = |kind| ScopeError { kind, message: message.clone(), action: Some(three.clone()) };
    let part = |part: &String| UnreadPart {
        part: part.clone(),
        subjects: 1,
        is_listing: false,
        exclude: vec![two.clone()],
        error: error(ErrorKind::Denied),
    };
    let parts = || Parts { named: vec![part(one), part(&format!("arn:aws:x:bucket/{two}"))], more: 2, subjects: 9 };
    let failing = FailingFacet { facet: one.clone(), subject: two.clone(), message: Some(message.clone()) };
    let named = vec![failing; 10];
    vec![
        ScopeEvent::Baseline(Baseline { known: 20, failing: 12, named, unread: Some(parts()), ..Baseline::default() }),
        ScopeEvent::Unreachable { unread, error: error(ErrorKind::Denied) },
        ScopeEvent::Unreachable { unread, error: error(ErrorKind::NotAvailable) },
        ScopeEvent::Reachable(unread),
        ScopeEvent::PartlyUnreachable { unread, parts: parts() },
        ScopeEvent::PartsReachable { unread, parts: vec![one.clone(), two.clone()] },
    ]
}

/// How many kinds of notices there are.
const KINDS: usize = 22;

fn texts_of(text: impl Strategy<Value = String> + Clone) -> impl Strategy<Value = Texts> {
    let labels = proptest::collection::vec((label_name(), text.clone()), 0..12);
    let optional = proptest::collection::vec(any::<bool>(), 3);
    (proptest::collection::vec(text, 8), optional, labels).prop_map(|(texts, optional, labels)| {
        let [account, region, id, name, facet, status, message, note] = texts.try_into().expect("eight texts");
        Texts {
            account,
            region,
            id,
            name,
            facet,
            aws_status: optional[0].then_some(status),
            message: optional[1].then_some(message),
            note: optional[2].then_some(note),
            labels,
        }
    })
}

fn any_notice() -> impl Strategy<Value = Notice> {
    (texts_of(text().boxed()), 0..Source::ALL.len(), 0..KINDS)
        .prop_map(|(texts, source, number)| notice_of(texts, source, number))
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

/// Checks what is true for any message.
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

/// Splits the notices into units at `cuts`, and checks that every notice is in exactly one message, in order.
fn check_split(notices: Vec<Notice>, cuts: &[usize], machine: bool) -> Result<(), TestCaseError> {
    let mut left: VecDeque<Notice> = notices.into();
    for (number, notice) in left.iter_mut().enumerate() {
        notice.id = uuid::Uuid::from_u128(number as u128);
    }
    let all: Vec<_> = left.iter().map(|notice| notice.id).collect();
    let mut cuts = cuts.iter().cycle();
    let mut units: Vec<Vec<Notice>> = Vec::new();
    while !left.is_empty() {
        let size = cuts.next().copied().unwrap_or(1).min(left.len());
        units.push(left.drain(..size).collect());
    }
    let composed = compose(&units, &[], &settings(machine), MAX_BYTES);
    for composed in &composed {
        check(&composed.message, machine)?;
    }
    let told: Vec<_> = composed.iter().flat_map(|composed| composed.message.notices.clone()).collect();
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

/// A notice with texts of ordinary length.
fn plain_notice() -> impl Strategy<Value = Notice> {
    let text = proptest::collection::vec(any::<char>(), 0..60).prop_map(String::from_iter).boxed();
    let texts = texts_of(text).prop_map(|texts| Texts { labels: Vec::new(), ..texts });
    (texts, 0..Source::ALL.len(), 0..KINDS).prop_map(|(texts, source, number)| notice_of(texts, source, number))
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
    let texts =
        texts_of(hostile().boxed()).prop_map(|texts| Texts { region: "us-east-1".to_owned(), note: None, ..texts });
    (texts, 0..Source::ALL.len(), 0..KINDS).prop_map(|(texts, source, number)| notice_of(texts, source, number))
}

/// Every text in the value except the names of fields.
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
                notice.note = Some(note.to_owned());
            }
        }
        let chat = chat_copy(&notices);
        let links: Vec<String> = notices.iter().map(|notice| fit::fit(notice, fit::ROOMS[0])).filter_map(|notice| console(&notice)).collect();
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
