//! What people and programs read in a report.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Weekday;
use proptest::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::*;
use crate::domain::report::{FailingNow, LostRestore, Period, Place, RestoreTest, Unreadable, Verdict, Watched};
use crate::domain::{Every, Reason, Silence, Source, Status};
use crate::publish::MAX_BYTES;
use crate::publish::schemas::report_mistakes;

fn at(text: &str) -> Timestamp {
    format!("2026-03-{text}Z").parse().expect("a time")
}

fn here() -> Place {
    Place { account: "123456789012".to_owned(), account_name: None, region: "eu-central-1".to_owned() }
}

/// A week in which nothing happened and nothing was watched.
fn empty() -> PeriodReport {
    let period = Period { from: at("02T07:00:00"), to: at("09T07:00:00") };
    PeriodReport::empty(Every::Week(Weekday::Monday), period, at("09T07:00:02"))
}

fn watched(source: Source, subjects: usize) -> Watched {
    Watched { source, scopes: 1, subjects, last_complete_at: Some(at("09T07:00:02")), never_read: 0 }
}

fn test(job: &str, day: &str, verdict: Verdict) -> RestoreTest {
    let ended_at = at(&format!("{day}T02:51:00"));
    let is_open = verdict == Verdict::Open;
    RestoreTest {
        place: here(),
        job: job.to_owned(),
        parent_job: None,
        plan_arn: "arn:aws:backup:eu-central-1:123456789012:restore-testing-plan:\
                   nightly-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
            .to_owned(),
        resource_type: Some("RDS".to_owned()),
        source_arn: Some("arn:aws:rds:eu-central-1:123456789012:db:orders-db".to_owned()),
        created_arn: Some("arn:aws:rds:eu-central-1:123456789012:db:awsbackup-restore-test-1".to_owned()),
        recovery_point_arn: Some("arn:aws:rds:eu-central-1:123456789012:snapshot:awsbackup:job-1".to_owned()),
        verdict,
        verdict_at: (!is_open).then_some(ended_at),
        began_at: Some(at(&format!("{day}T02:10:00"))),
        ended_at: (!is_open).then_some(ended_at),
        restore: if is_open { Status::Running } else { Status::Completed },
        validation: (verdict == Verdict::Validated).then_some(Status::Completed),
        deletion: (verdict == Verdict::Validated).then_some(Status::Completed),
        message: verdict.is_lost().then(|| "The DB instance class is not available in eu-central-1c.".to_owned()),
    }
}

fn with_tests(mut report: PeriodReport, tests: Vec<RestoreTest>) -> PeriodReport {
    for test in &tests {
        *report.verdicts.entry(test.verdict).or_default() += 1;
    }
    report.tests = tests;
    report
}

/// A week in which nothing failed.
fn quiet_week() -> PeriodReport {
    let days = ["03", "04", "05", "06", "07", "08", "09"];
    let tests = days.map(|day| test(&format!("4F2C1A{day}-5B7D-4E21-9A60-0C4D1B7E2F35"), day, Verdict::Validated));
    let report = PeriodReport {
        watched: vec![
            watched(Source::Redshift, 7),
            watched(Source::Backup, 7),
            watched(Source::S3TablesReplication, 40),
            watched(Source::S3TablesMaintenance, 412),
        ],
        tables: 412,
        subjects: 466,
        quiet: 452,
        restores: [(Verdict::Restored, 7)].into(),
        told: [(Reason::Completed, 14)].into(),
        ..empty()
    };
    with_tests(report, tests.to_vec())
}

fn failing(what: &str, since: &str, silence: Option<Silence>) -> FailingNow {
    FailingNow {
        source: Source::S3TablesMaintenance,
        place: here(),
        subject: "arn:aws:s3tables:eu-central-1:123456789012:bucket/lake/table/1".to_owned(),
        facet: "icebergCompaction".to_owned(),
        what: what.to_owned(),
        since: at(since),
        failures: 5,
        message: Some("No access to the KMS key <!here> https://evil.example".to_owned()),
        is_told: true,
        silence,
    }
}

/// A week in which everything happened that can.
pub(crate) fn bad_week() -> PeriodReport {
    let silence = Silence {
        notice: Uuid::from_u128(1),
        began_at: at("08T06:00:00"),
        until: at("12T06:00:00"),
        reason: "ticket 4711".to_owned(),
        by: Some("ana".to_owned()),
    };
    let report = PeriodReport {
        restores: [(Verdict::Failed, 1), (Verdict::Open, 2), (Verdict::Restored, 4)].into(),
        lost_restores: vec![LostRestore {
            source: Source::Redshift,
            place: here(),
            what: "table restore of dev.public.orders on cluster analytics".to_owned(),
            verdict: Verdict::Failed,
            ended_at: at("05T03:00:00"),
            message: Some("Disk full".to_owned()),
        }],
        failing: vec![failing("icebergCompaction on table sales.orders in bucket lake", "07T06:00:00", None)],
        silenced: vec![failing("icebergCompaction on table sales.clicks in bucket lake", "01T06:00:00", Some(silence))],
        unreadable: vec![
            Unreadable { source: Source::RedshiftServerless, place: here(), part: None, since: at("04T06:00:00") },
            Unreadable {
                source: Source::S3TablesMaintenance,
                place: here(),
                part: Some("table bucket attic".to_owned()),
                since: at("06T06:00:00"),
            },
        ],
        told: [(Reason::Failed, 4), (Reason::StillFailing, 3), (Reason::Completed, 9), (Reason::Unreachable, 2)].into(),
        ..quiet_week()
    };
    let tests = vec![
        test("9A60-1", "06", Verdict::Failed),
        test("9A60-2", "07", Verdict::TimedOut),
        test("9A60-3", "09", Verdict::Open),
        test("9A60-4", "05", Verdict::Restored),
        test("9A60-5", "05", Verdict::Validated),
    ];
    with_tests(PeriodReport { verdicts: BTreeMap::new(), ..report }, tests)
}

fn message(report: &PeriodReport) -> Message {
    let home = Target { account: "123456789012".to_owned(), region: "eu-central-1".to_owned() };
    render(report, &Deployment { home: &home, table: "tidings" }, HttpsForm::AmazonQ, MAX_BYTES)
}

/// The copies that people read, and the attributes.
fn shown(report: &PeriodReport) -> String {
    let message = message(report);
    assert_eq!(report_mistakes(&message), Vec::<String>::new());
    let copy = |protocol: &str| message.copy(protocol).expect("a copy");
    let chat: Value = serde_json::from_str(&copy("https")).expect("JSON");
    let attributes = message.attributes.iter().map(|attribute| format!("{}: {}", attribute.name, attribute.value));
    [
        message.subject.clone(),
        copy("sms"),
        attributes.collect::<Vec<_>>().join("\n"),
        copy("email"),
        chat["content"]["title"].as_str().expect("a title").to_owned(),
        chat["content"]["description"].as_str().expect("a text").to_owned(),
    ]
    .join("\n--------\n")
}

#[test]
fn a_week_without_trouble() {
    insta::assert_snapshot!(shown(&quiet_week()));
}

#[test]
fn a_week_with_trouble() {
    insta::assert_snapshot!(shown(&bad_week()));
}

#[test]
fn the_copy_for_programs() {
    let event: Value = serde_json::from_str(&message(&bad_week()).copy("sqs").expect("a copy")).expect("JSON");
    insta::assert_json_snapshot!(event);
}

#[test]
fn titles_say_how_things_stand() {
    let backup = |report: PeriodReport| PeriodReport { watched: vec![watched(Source::Backup, 0)], ..report };
    let unread = Watched { last_complete_at: None, never_read: 1, ..watched(Source::Backup, 0) };
    let silenced = PeriodReport { silenced: bad_week().silenced, ..quiet_week() };
    let is_over = PeriodReport { told: [(Reason::Failed, 1), (Reason::Recovered, 1)].into(), ..quiet_week() };
    let open = with_tests(backup(empty()), vec![test("1", "09", Verdict::Open)]);
    let monthly = PeriodReport { every: Every::Month(1), tables: 1, ..empty() };
    let cases = [
        (empty(), "Weekly report: nothing failed. No tables and no restores"),
        (monthly, "Monthly report: nothing failed. 1 table"),
        (backup(empty()), "Weekly report: nothing failed. No restore tests"),
        (open, "Weekly report: nothing failed. 1 restore test under way"),
        (
            PeriodReport { watched: vec![unread], ..empty() },
            "Weekly report: nothing was read completely yet. No restore tests",
        ),
        (quiet_week(), "Weekly report: nothing failed. 412 tables, 7 restores, 7 of 7 restore tests passed"),
        (
            silenced,
            "Weekly report: nothing is failing except what is silenced. 412 tables, 7 restores, 7 of 7 restore tests \
             passed",
        ),
        (is_over, "Weekly report: nothing is failing now. 412 tables, 7 restores, 7 of 7 restore tests passed"),
        (
            bad_week(),
            "Weekly report: 1 failing now, 2 restore tests did not pass, 1 restore did not complete, 2 sources or parts \
             cannot be read. 412 tables, 7 restores, 2 of 4 restore tests passed, 1 under way",
        ),
    ];
    for (report, expected) in cases {
        assert_eq!(title(&report), expected);
    }
}

/// Names of accounts and regions are there as soon as there is more than one.
#[test]
fn with_many_accounts_every_line_says_where() {
    let mut report = bad_week();
    report.failing[0].place.account_name = Some("prod-data".to_owned());
    let letter = letter(&report, None, None);
    assert!(letter.contains("in bucket lake (prod-data (123456789012), eu-central-1): since"), "{letter}");
    assert!(letter.contains("  where\n"), "{letter}");
}

#[test]
fn a_report_about_100_000_subjects_fits_and_says_what_it_leaves_out() {
    let many = |number: usize| (0..number).map(|number| format!("{number:08}-5b7d-4e21-9a60-0c4d1b7e2f35"));
    let tests = many(20_000).map(|job| test(&job, "05", Verdict::Failed)).collect();
    let report = with_tests(empty(), tests);
    let one = bad_week().failing.remove(0);
    let loud = FailingNow { message: Some("\u{1}\"\\".repeat(50_000)), ..one.clone() };
    let report = PeriodReport {
        failing: [vec![loud; 20], vec![one; 39_980]].concat(),
        silenced: vec![bad_week().silenced.remove(0); 20_000],
        unreadable: vec![bad_week().unreadable.remove(0); 20_000],
        ..report
    };
    for max_bytes in [MAX_BYTES, 131_072, 65_536, 16_384] {
        let home = Target { account: "123456789012".to_owned(), region: "eu-central-1".to_owned() };
        let deployment = Deployment { home: &home, table: "tidings" };
        let message = render(&report, &deployment, HttpsForm::AmazonQ, max_bytes);
        assert!(message.bytes() <= max_bytes, "{} bytes", message.bytes());
        assert_eq!(report_mistakes(&message), Vec::<String>::new());
        let data = &serde_json::from_str::<Value>(&message.copy("sqs").expect("a copy")).expect("JSON")["data"];
        for (list, all) in
            [("restore_tests", 20_000), ("failing", 40_000), ("silenced", 20_000), ("unreadable", 20_000)]
        {
            let there = data[list].as_array().expect("a list").len();
            assert_eq!(data["left_out"][list], all - there, "{list} in {max_bytes}");
        }
        assert_eq!(data["counts"]["failing"], 40_000);
        let email = message.copy("email").expect("a copy");
        let rows = email.lines().filter(|line| line.starts_with("  failed  ")).count();
        assert!(
            email.contains(&format!("- and {} more\n", super::super::render::amounts::count(20_000 - rows))),
            "{email}"
        );
        assert!(email.contains("All of it: tidings report --from 2026-03-02T07:00:00Z --to 2026-03-09T07:00:00Z"));
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => proptest::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter),
        2 => "[a-z\"\\\\\u{0}\r\n\t<>`'|:@ ]{0,60}",
        1 => Just("\"\\\n".repeat(20_000)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_fits_and_keeps_the_schemas(texts in proptest::collection::vec(text(), 6), count in 1..40_usize) {
        let [account, what, message_of, reason, job, part] = texts.as_slice() else { unreachable!() };
        let mut report = bad_week();
        let place = Place { account: account.clone(), account_name: Some(what.clone()), region: part.clone() };
        for failing in report.failing.iter_mut().chain(&mut report.silenced) {
            (failing.place, failing.what, failing.message) = (place.clone(), what.clone(), Some(message_of.clone()));
            if let Some(silence) = &mut failing.silence {
                (silence.reason, silence.by) = (reason.clone(), Some(what.clone()));
            }
        }
        for test in &mut report.tests {
            (test.job, test.plan_arn, test.source_arn) = (job.clone(), what.clone(), Some(part.clone()));
            test.message = Some(message_of.clone());
        }
        report.unreadable[1].part = Some(part.clone());
        report.failing = vec![report.failing.remove(0); count];
        let message = message(&report);
        prop_assert!(message.bytes() <= MAX_BYTES);
        prop_assert_eq!(report_mistakes(&message), Vec::<String>::new());
        prop_assert!(message.subject.len() < 100 && message.subject.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
        let sms = message.copy("sms").expect("a copy");
        prop_assert!(sms.len() <= 140 && !sms.contains('\n'));
        let chat: Value = serde_json::from_str(&message.copy("https").expect("a copy")).expect("JSON");
        let description = chat["content"]["description"].as_str().expect("a text");
        prop_assert!(!description.contains(['<', '@']) && !description.contains("://"), "{}", description);
    }
}
