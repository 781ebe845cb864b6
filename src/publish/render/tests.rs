//! What readers get, whole.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::*;
use crate::domain::{Reason, Source};
use crate::publish::samples;
use crate::publish::schemas::mistakes;

/// Every copy of a message, for reading.
fn gallery(notices: &[Notice]) -> String {
    let message = render(notices, &Settings::default());
    assert_eq!(mistakes(&message), Vec::<String>::new());
    let pretty = |protocol: &str| {
        let copy = message.copy(protocol).expect("a copy");
        let value: Value = serde_json::from_str(&copy).expect("JSON");
        serde_json::to_string_pretty(&value).expect("JSON")
    };
    let mut text = format!("Subject: {}\n\n", message.subject);
    let _ = writeln!(text, "--- email\n{}", message.copy("email").expect("a letter"));
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
fn hints_for_known_failures() {
    let messages = [
        "",
        "Access Denied",
        "The KMS key is disabled",
        "Quota exceeded",
        "It does not exist",
        "It already exists",
        "The job will be retried",
    ];
    let mut text = String::new();
    for source in Source::ALL {
        for message in messages {
            let mut notice = samples::bare(source, Reason::Failed);
            notice.message = Some(message.to_owned());
            let _ = writeln!(text, "{source}: {message}");
            for hint in hints::hints(&notice) {
                let _ = writeln!(text, "- {hint}");
            }
        }
    }
    for error in ["denied", "throttled", "timeout", "malformed", "store"] {
        let mut notice = samples::bare(Source::Backup, Reason::Unreachable);
        notice.labels.insert("error".to_owned(), error.to_owned());
        let _ = writeln!(text, "unreachable: {error}");
        for hint in hints::hints(&notice) {
            let _ = writeln!(text, "- {hint}");
        }
    }
    insta::assert_snapshot!("hints", text);
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
    let hooks = render(&[notice], &Settings { https: HttpsForm::Machine, ..Settings::default() });
    let default = chat.copy("default");
    for protocol in ["sqs", "lambda", "http", "firehose", "email-json", "application"] {
        assert_eq!(chat.copy(protocol), default, "{protocol}");
    }
    assert_ne!(chat.copy("https"), default);
    assert_eq!(hooks.copy("https"), default);
    assert_eq!(chat.attribute("severity"), Some("warning"));
    assert!(chat.subject.starts_with("Failed: "), "only what is critical shouts");
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
        "https://eu-central-1.console.aws.amazon.com/backup/home?region=eu-central-1#/jobs/restore/details/subject"
    );
    assert_eq!(
        link("cn-north-1"),
        "https://cn-north-1.console.amazonaws.cn/backup/home?region=cn-north-1#/jobs/restore/details/subject"
    );
    assert_eq!(
        link("us-gov-west-1"),
        "https://us-gov-west-1.console.amazonaws-us-gov.com/backup/home?region=us-gov-west-1#/jobs/restore/details/subject"
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
    let again = Notice { reason: Reason::Vanished, ..failed.clone() };
    let other = Notice { subject: "another".to_owned(), ..failed.clone() };
    assert!(thread(std::slice::from_ref(&failed)).is_some());
    assert_eq!(thread(std::slice::from_ref(&failed)), thread(&[again]));
    assert_ne!(thread(std::slice::from_ref(&failed)), thread(std::slice::from_ref(&other)));
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
fn a_hundred_ordinary_notices_fit_whole() {
    let samples = samples::all();
    let notices: Vec<Notice> = samples.iter().cycle().take(100).map(|(_, notice)| notice.clone()).collect();
    let message = render(&notices, &Settings::default());
    let form = Form { https: HttpsForm::AmazonQ, detail: Detail::Whole, is_brief: false, part: None };
    let whole = in_full(&notices, form);
    assert_eq!(message, whole);
    assert!(whole.bytes() <= MAX_BYTES, "{}", whole.bytes());
}

#[test]
fn what_is_alike_is_grouped_and_parts_of_a_restore_job_are_not_alike() {
    let failed = |source, facet: &str| {
        let message = Some("Access denied".to_owned());
        Notice { facet: facet.to_owned(), message, ..samples::bare(source, Reason::Failed) }
    };
    let group = |source, facet| digest::group_of(&failed(source, facet));
    assert_ne!(group(Source::Backup, "restore"), group(Source::Backup, "validation"));
    let maintenance = Source::S3TablesMaintenance;
    assert_eq!(group(maintenance, "icebergCompaction"), group(maintenance, "icebergSnapshotManagement"));
}

#[test]
fn a_part_of_a_restore_job_belongs_to_its_parent_and_nothing_else_has_one() {
    for (source, parent, expected) in
        [(Source::Backup, "parent", "parent"), (Source::Backup, "", "subject"), (Source::Redshift, "parent", "subject")]
    {
        let mut notice = samples::bare(source, Reason::Failed);
        notice.labels.insert("parent_job_id".to_owned(), parent.to_owned());
        assert_eq!(digest::thread(&notice), expected);
    }
}

#[test]
fn a_letter_says_when_a_restore_was_first_seen_that_does_not_say_when_it_began() {
    let notice = samples::bare(Source::Redshift, Reason::Failed);
    assert!(email(&[notice]).contains("Requested: not known; first seen 2026-03-02 04:15 UTC"));
}

#[test]
fn twenty_of_the_worst_notices_fit() {
    let mut notice = samples::bare(Source::S3TablesReplication, Reason::Failed);
    let worst = "\"\\\n".repeat(1_000);
    for text in [&mut notice.subject, &mut notice.facet, &mut notice.title, &mut notice.to] {
        worst.clone_into(text);
    }
    notice.scope.account.clone_from(&worst);
    notice.from = Some(worst.clone());
    notice.aws_status = Some(worst.clone());
    notice.message = Some(worst.clone());
    notice.labels = (0..60).map(|n| (format!("{n}{worst}"), worst.clone())).collect();
    let message = render(&vec![notice; 20], &Settings::default());
    assert!(message.bytes() <= MAX_BYTES, "{}", message.bytes());
}
