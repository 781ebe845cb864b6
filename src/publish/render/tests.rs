//! The complete messages that readers get.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::*;
use crate::domain::notice::{FacetChange, Parts, ScopeEvent, UnreadFor, UnreadPart};
use crate::domain::{ErrorKind, Facet, Reason, ScopeError, Source, Status, Subject};
use crate::publish::digest;
use crate::publish::schemas::mistakes;
use crate::samples;

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
    let _ = writeln!(text, "--- email\n{}", message.copy("email").expect("an email"));
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
fn every_reason_in_every_channel() {
    let samples = samples::all();
    for (name, notice) in &samples {
        insta::assert_snapshot!(*name, gallery(std::slice::from_ref(notice)));
    }
    let told: BTreeSet<Reason> = samples.iter().map(|(_, notice)| notice.reason()).collect();
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
    // The messages that AWS documents.
    let of_maintenance = [
        "Insufficient access to perform table maintenance. The key used to encrypt the table is not active",
        "User defined tags or references",
        "Incompatible with 'history.expire.max-snapshot-age-ms'",
        "The 'gc.enabled' table property is false",
        "Iceberg validation exception",
        "Failed to commit because of out of date metadata",
        "Internal error",
    ];
    let mut text = String::new();
    let mut tell = |what: &str, notice: &Notice| {
        let _ = writeln!(text, "{what}");
        for hint in steps::next_steps(notice) {
            assert!(hint.len() <= 400, "{} bytes: {hint}", hint.len());
            let _ = writeln!(text, "- {hint}");
        }
    };
    let failed = |source, message: &str| saying(samples::bare(source, samples::failed()), message);
    let since = samples::at("04:20:00");
    for source in Source::ALL {
        for message in messages {
            tell(&format!("{source}: {message}"), &failed(source, message));
        }
    }
    for message in of_maintenance {
        tell(&format!("maintenance: {message}"), &failed(Source::S3TablesMaintenance, message));
    }
    for job in ["icebergCompaction", "icebergSnapshotManagement", "icebergUnreferencedFileRemoval"] {
        tell(&format!("maintenance: {job}"), &of_job(failed(Source::S3TablesMaintenance, ""), job));
        let disabled = samples::bare(Source::S3TablesMaintenance, FacetChange::Disabled);
        tell(&format!("disabled: {job}"), &of_job(disabled, job));
    }
    for account in ["123456789012", "444455556666"] {
        let facet = format!("arn:aws:s3tables:eu-central-1:{account}:bucket/lake-replica");
        for message in ["Access Denied", "The KMS key is disabled", "Tables with branches"] {
            let notice = samples::with(failed(Source::S3TablesReplication, message), |event| {
                event.facet = Facet::Destination(facet.clone());
            });
            tell(&format!("replication to {account}: {message}"), &notice);
        }
    }
    for error in ["denied", "throttled", "timeout", "malformed", "not-available", "invalid"] {
        tell(&format!("unreachable: {error}"), &samples::unreachable(Source::Backup, error));
    }
    let restores: &[Source] = &[Source::Redshift, Source::RedshiftServerless, Source::Backup];
    let others = [
        (FacetChange::Canceled, restores),
        (FacetChange::Stalled { since }, restores),
        (FacetChange::Overdue { expected_by: since }, &[Source::Backup]),
        (FacetChange::Lagging { since }, &[Source::S3TablesReplication]),
        (FacetChange::Vanished, &Source::ALL),
        (FacetChange::UnknownStatus, &Source::ALL),
        (FacetChange::Completed, &Source::ALL),
    ];
    for (change, sources) in others {
        for source in sources {
            tell(&format!("{}: {source}", change.reason()), &samples::bare(*source, change));
        }
    }
    insta::assert_snapshot!("hints", text);
}

fn steps_of(notice: &Notice) -> String {
    steps::next_steps(notice).join("\n")
}

fn saying(notice: Notice, message: &str) -> Notice {
    samples::with(notice, |event| event.message = Some(message.to_owned()))
}

fn of_job(notice: Notice, job: &str) -> Notice {
    samples::with(notice, |event| event.facet = Facet::Job(job.to_owned()))
}

fn of_subject(notice: Notice, id: &str) -> Notice {
    samples::with(notice, |event| {
        event.subject = Subject { id: id.into(), ..(*event.subject).clone() }.into();
    })
}

fn email(notice: &Notice) -> String {
    render(std::slice::from_ref(notice), &Settings::default()).copy("email").expect("an email")
}

fn chat(notices: &[Notice]) -> String {
    render(notices, &Settings::default()).copy("https").expect("a copy for chat channels")
}

#[test]
fn no_step_promises_that_data_can_be_read_while_maintenance_fails() {
    for message in [
        "Encountered Iceberg validation exception",
        "Insufficient access to perform table maintenance",
        "The KMS key is disabled",
        "",
    ] {
        for job in ["icebergCompaction", "icebergSnapshotManagement", "icebergUnreferencedFileRemoval"] {
            let notice = saying(samples::bare(Source::S3TablesMaintenance, samples::failed()), message);
            let steps = steps_of(&of_job(notice, job));
            assert!(steps.contains("You will be told when it recovers."), "{steps}");
            assert!(!steps.contains("stays readable"), "{steps}");
        }
    }
}

#[test]
fn no_step_says_that_people_can_cancel_a_restore() {
    for source in [Source::Redshift, Source::RedshiftServerless, Source::Backup] {
        for change in [FacetChange::Canceled, FacetChange::Stalled { since: samples::at("04:20:00") }] {
            let steps = steps_of(&samples::bare(source, change));
            assert!(steps.contains("AWS offers no way to cancel a restore"), "{steps}");
            assert!(!steps.contains("can cancel") && !steps.contains("CloudTrail"), "{steps}");
        }
    }
}

#[test]
fn a_restore_from_a_recovery_point_is_repeated_from_it() {
    for change in [samples::failed(), FacetChange::Canceled] {
        let notice = samples::bare(Source::RedshiftServerless, change);
        let steps = steps_of(&samples::labeled(notice.clone(), &[("recovery_point", "rp-1")]));
        assert!(steps.contains("restore-table-from-recovery-point --recovery-point-id"), "{steps}");
        let steps = steps_of(&samples::labeled(notice, &[("snapshot", "s-1")]));
        assert!(steps.contains("aws redshift-serverless restore-table-from-snapshot"), "{steps}");
    }
}

#[test]
fn the_removal_of_unreferenced_files_is_enabled_for_the_bucket_and_other_jobs_for_the_table() {
    for (job, command) in [
        ("icebergCompaction", "`aws s3tables put-table-maintenance-configuration`"),
        ("icebergSnapshotManagement", "`aws s3tables put-table-maintenance-configuration`"),
        ("icebergUnreferencedFileRemoval", "`aws s3tables put-table-bucket-maintenance-configuration`"),
    ] {
        let notice = of_job(samples::bare(Source::S3TablesMaintenance, FacetChange::Disabled), job);
        assert!(steps_of(&notice).contains(command), "{}", steps_of(&notice));
    }
}

#[test]
fn completed_with_a_message_asks_to_look_and_completed_without_does_not() {
    let completed = |severity, message: Option<&str>, resource: &str| {
        let notice = Notice { severity, ..samples::bare(Source::Backup, FacetChange::Completed) };
        let notice = samples::with(notice, |event| event.message = message.map(str::to_owned));
        steps_of(&samples::labeled(notice, &[("resource_type", resource)]))
    };
    let steps = completed(Severity::Warning, Some("3 objects were not restored"), "S3");
    assert!(steps.contains("compare the restored resource") && steps.contains("S3_RESTORE_OBJECT_FAILED"), "{steps}");
    let steps = completed(Severity::Warning, Some("Some addresses are taken"), "EC2");
    assert!(steps.contains("compare the restored resource") && !steps.contains("S3_RESTORE"), "{steps}");
    for (severity, message) in
        [(Severity::Warning, None), (Severity::Warning, Some(" ")), (Severity::Info, Some("3 objects"))]
    {
        assert_eq!(completed(severity, message, "S3"), "", "{severity} {message:?}");
    }
}

#[test]
fn a_scope_that_can_be_read_in_part_is_not_said_to_be_unwatched() {
    let part = |bucket: &str, exclude: Option<&str>| UnreadPart {
        part: format!("arn:aws:s3tables:us-east-1:123456789012:bucket/{bucket}"),
        subjects: 20,
        is_listing: false,
        exclude: exclude.into_iter().map(str::to_owned).collect(),
        error: ScopeError {
            kind: ErrorKind::Denied,
            message: "no".to_owned(),
            action: Some("s3tables:GetTableMaintenanceJobStatus".to_owned()),
        },
    };
    let partly = |named| {
        let unread = UnreadFor { since: samples::at("06:05:00"), passes: 3 };
        let parts = Parts { named, more: 0, subjects: 40 };
        steps_of(&samples::scope(Source::S3TablesMaintenance, ScopeEvent::PartlyUnreachable { unread, parts }))
    };
    let steps = partly(vec![part("aaa", Some("aaa/**")), part("b", Some("b/**"))]);
    let allow = "Allow s3tables:GetTableMaintenanceJobStatus on table bucket aaa, table bucket b";
    assert!(steps.contains(allow), "{steps}");
    assert!(steps.contains("`exclude = [\"aaa/**\", \"b/**\"]` under `[s3tables]` in tidings.toml"), "{steps}");
    assert!(steps.contains("Everything else is watched") && !steps.contains("nothing here is watched"), "{steps}");
    let steps = partly(vec![part("aaa", None), part("b", Some("b/**"))]);
    assert!(!steps.contains("exclude") && steps.contains("Everything else is watched"), "{steps}");
}

#[test]
fn steps_for_a_missing_service_name_the_parameter_that_turns_it_off() {
    let template = include_str!("../../../template.yaml");
    for source in Source::ALL {
        let steps = steps_of(&samples::unreachable(source, "not-available"));
        let parameter = steps.split('`').nth(1).and_then(|words| words.strip_suffix("=false")).expect("a parameter");
        assert!(template.contains(&format!("\n  {parameter}:\n    Type: String\n")), "{parameter}");
        assert!(steps.contains(&format!("leave `{source}` out of `sources`")), "{steps}");
        assert!(!steps.contains("Allow "), "{steps}");
    }
}

#[test]
fn an_email_is_short() {
    for (name, notice) in samples::all() {
        let email = email(&notice);
        assert!(email.lines().count() <= 25, "{name}:\n{email}");
        assert!(!email.contains("\n\n\n"), "{name}:\n{email}");
        for line in email.lines() {
            assert!(!line.ends_with(": "), "{name}: {line:?}");
        }
    }
}

#[test]
fn protocols_without_a_copy_of_their_own_get_the_copy_for_programs() {
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
    let mut notice = samples::bare(Source::Backup, samples::failed());
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
        let value: Value = serde_json::from_str(&chat(notices)).expect("JSON");
        value["metadata"]["threadId"].as_str().map(str::to_owned)
    };
    let failed = samples::graded(Severity::Critical);
    let again = samples::with(failed.clone(), |event| event.change = FacetChange::Vanished);
    let other = of_subject(failed.clone(), "another");
    assert!(thread(std::slice::from_ref(&failed)).is_some());
    assert_eq!(thread(std::slice::from_ref(&failed)), thread(&[again]));
    assert_ne!(thread(std::slice::from_ref(&failed)), thread(std::slice::from_ref(&other)));
    assert!(thread(&[failed, other]).is_some());
}

#[test]
fn a_status_message_cannot_mention_people() {
    let notice = saying(samples::graded(Severity::Critical), "```\n<!channel> wake up\r\n\0<@U123>");
    let chat = chat(std::slice::from_ref(&notice));
    assert!(!chat.contains("<!") && !chat.contains("<@"), "{chat}");
    assert_eq!(chat.matches("```").count(), 2, "{chat}");
    let email = email(&notice);
    assert!(!email.contains(['\r', '\0']), "{email:?}");
}

#[test]
fn the_note_of_an_operator_may_mention_people_and_the_console_link_stays_a_link() {
    let note = "<!here> see <https://wiki.example.com/lake|the runbook>, @data-platform";
    let notice = samples::labeled(samples::graded(Severity::Critical), &[("cluster", "[x](https://evil.example)")]);
    let notice = samples::with(notice, |event| {
        let name = "<https://evil.example|AWS console> @here".to_owned();
        event.subject = Subject { name, ..(*event.subject).clone() }.into();
    });
    let notice = Notice { note: Some(note.to_owned()), ..notice };
    let chat: Value = serde_json::from_str(&chat(std::slice::from_ref(&notice))).expect("JSON");
    let description = chat["content"]["description"].as_str().expect("a description");
    assert!(description.contains(&format!("*Note:* {note}\n")), "{description}");
    let link = console(&notice).expect("a link");
    assert!(description.contains(&format!("*Console:* {link}\n")), "{description}");
    let others = chat.to_string().replace(&description_in_json(description), "");
    for mark in ["<", "@", "](", "://"] {
        assert!(!others.contains(mark), "{mark} in {others}");
    }
    assert!(description.contains("*Cluster:* [x] (https[:]//evil[.]example)"), "{description}");
}

fn description_in_json(description: &str) -> String {
    Value::from(description).to_string()
}

#[test]
fn a_command_that_chat_would_change_is_left_out() {
    let notice = samples::bare(Source::Backup, samples::failed());
    assert!(chat(std::slice::from_ref(&notice)).contains("aws backup describe-restore-job"));
    assert!(!chat(&[of_subject(notice, "<!here>")]).contains("aws backup describe-restore-job"));
}

#[test]
fn links_are_shown_however_long_the_facts_and_the_message_are() {
    let notice = samples::labeled(samples::graded(Severity::Critical), &[("source_table", &"orders ".repeat(2_000))]);
    let notice = saying(notice, &"<https://evil.example> ".repeat(2_000));
    let chat: Value = serde_json::from_str(&chat(std::slice::from_ref(&notice))).expect("JSON");
    let description = chat["content"]["description"].as_str().expect("a description");
    assert!(description.len() <= 8_000, "{}", description.len());
    assert_eq!(description.matches("```").count(), 2, "{description}");
    let link = console(&notice).expect("a link");
    assert!(description.contains(&format!("```\n*Console:* {link}\n*AWS CLI:* `aws redshift")), "{description}");
}

#[test]
fn an_endless_message_is_shortened_with_a_mark() {
    let notice = saying(samples::graded(Severity::Critical), &"\"kein Zugriff: Schlüssel\"\n".repeat(40_000));
    let message = render(&[notice], &Settings::default());
    assert!(message.bytes() <= MAX_BYTES, "{}", message.bytes());
    let email = message.copy("email").expect("an email");
    assert!(email.contains("more characters]"));
    assert!(email.contains("AWS CLI: aws redshift"));
}

#[test]
fn a_hundred_ordinary_notices_fit_without_being_shortened() {
    let samples = samples::all();
    let notices: Vec<Notice> = samples.iter().cycle().take(100).map(|(_, notice)| notice.clone()).collect();
    let message = render(&notices, &Settings::default());
    let form = Form { https: HttpsForm::AmazonQ, detail: Detail::Whole, is_brief: false, part: None, silenced: &[] };
    let whole = in_full(&notices, form);
    assert_eq!(message, whole);
    assert!(whole.bytes() <= MAX_BYTES, "{}", whole.bytes());
}

#[test]
fn only_a_part_of_a_restore_job_has_a_parent() {
    for (source, parent, expected) in
        [(Source::Backup, "parent", "parent"), (Source::Backup, "", "subject"), (Source::Redshift, "parent", "subject")]
    {
        let notice = samples::labeled(samples::bare(source, samples::failed()), &[("parent_job_id", parent)]);
        assert_eq!(digest::parent_or_self(&notice), expected);
    }
}

#[test]
fn an_email_says_when_a_restore_was_first_seen_if_its_beginning_is_not_known() {
    let notice = samples::bare(Source::Redshift, samples::failed());
    assert!(email(&notice).contains("Requested: not known; first seen 2026-03-02 04:15 UTC"));
}

#[test]
fn twenty_of_the_largest_notices_fit() {
    let worst = "\"\\\n".repeat(1_000);
    let notice = samples::bare(Source::S3TablesReplication, samples::failed());
    let mut notice = samples::with(saying(notice, &worst), |event| {
        let labels = (0..60).map(|n| (format!("{n}{worst}"), worst.clone())).collect();
        event.subject = Subject { id: worst.as_str().into(), name: worst.clone(), labels }.into();
        event.facet = Facet::Destination(worst.clone());
        (event.to, event.aws_status) = (Status::Unknown(worst.clone()), Some(worst.clone()));
    });
    (notice.scope.account, notice.note) = (worst.clone(), Some(worst.clone()));
    let message = render(&vec![notice; 20], &Settings::default());
    assert!(message.bytes() <= MAX_BYTES, "{}", message.bytes());
}

#[test]
fn a_title_says_what_happened_to_what() {
    let dr = || Facet::Destination("arn:aws:s3tables:us-east-1:123456789012:bucket/dr".to_owned());
    let compaction = || Facet::Job("icebergCompaction".to_owned());
    let (failed, unknown) = (samples::failed(), Status::Unknown("Paused".to_owned()));
    let cases = [
        (Source::Backup, Facet::Restore, failed, Status::Failed, "Failed: something"),
        (Source::Backup, Facet::Restore, FacetChange::Canceled, Status::Canceled, "Canceled: something"),
        (Source::Backup, Facet::Restore, FacetChange::Completed, Status::Completed, "Completed: something"),
        (Source::Backup, Facet::Restore, FacetChange::UnknownStatus, unknown, "Unknown status \"Paused\": something"),
        (Source::Backup, Facet::Validation, failed, Status::TimedOut, "Timed out: validation of something"),
        (Source::Backup, Facet::Deletion, failed, Status::Failed, "Failed: clean-up after something"),
        (Source::S3TablesReplication, dr(), failed, Status::Failed, "Failed: replication of something to dr"),
        (Source::S3TablesMaintenance, compaction(), failed, Status::Failed, "Failed: icebergCompaction on something"),
    ];
    for (source, facet, change, to, expected) in cases {
        let notice = samples::with(samples::bare(source, change), |event| {
            event.aws_status = Some("Paused".to_owned());
            (event.facet, event.to) = (facet, to);
        });
        assert_eq!(title(&notice), expected);
    }
}
