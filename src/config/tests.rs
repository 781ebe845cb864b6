//! Whole files: what is right is read, and what is wrong is told kindly.

use std::num::NonZeroU32;

use jiff::SignedDuration;
use jiff::civil::{Weekday, time};

use super::*;
use crate::domain::{Account, Case, Every, Labels, Mute, Reason, Repeats, Rule, Scope, Severity};

const SAMPLE: &str = include_str!("../../settings/tidings.toml");

fn read(text: &str) -> Config {
    Config::parse(text, "tidings.toml").unwrap_or_else(|error| panic!("{error}"))
}

/// What is said of a file with mistakes.
fn refused(text: &str) -> String {
    let error = Config::read(text, "tidings.toml", Some("eu-central-1")).expect_err("a mistake");
    error.to_string()
}

#[test]
fn the_sample_holds_every_key_with_its_default() {
    let (sample, defaults) = (read(SAMPLE), Config::default());
    assert_eq!(format!("{sample:?}"), format!("{defaults:?}"));
    let written: Vec<&str> = SAMPLE.lines().map(|line| line.trim_start_matches("# ")).collect();
    for section in keys::SETTINGS.into_iter().chain([&<keys::RuleKey as keys::Keys>::SECTION]) {
        assert!(section.title.is_empty() || written.contains(&section.title), "{} is missing", section.title);
        for key in section.names().into_iter().filter(|key| *key != "sources") {
            let is_there =
                written.iter().any(|line| line.starts_with(&format!("{key} = ")) || line.contains(&format!("[{key}]")));
            assert!(is_there, "{key} is missing");
        }
    }
}

/// The example that stands there as a comment, without its marks.
#[test]
fn the_samples_example_is_right() {
    let (_, example) = SAMPLE.split_once("Example:\n#\n").expect("the example");
    let text: String = example.lines().map(|line| line.trim_start_matches("# ").to_owned() + "\n").collect();
    let config = read(&text);
    let rule = config.policy.rules.last().expect("a rule");
    assert_eq!(rule.name, "staging is quiet at the weekend");
    let Some(Mute::Weekly(window)) = &rule.effect.mute else { panic!("{rule:?}") };
    assert_eq!(window.days, [Weekday::Saturday, Weekday::Sunday]);
    assert_eq!((window.from, window.to), (time(22, 0, 0, 0), time(6, 0, 0, 0)));
    assert_eq!(window.time_zone.iana_name(), Some("Europe/Berlin"));
    assert_eq!(rule.effect.severity, Some(Severity::Info));
    assert_eq!(rule.effect.failure_threshold, NonZeroU32::new(3));
    assert_eq!(rule.effect.repeats, Some(Repeats::Tell));
    assert_eq!(rule.effect.reminder_interval, Some(Some(SignedDuration::from_hours(12))));
    assert_eq!(rule.effect.routine, Some(true));
    assert_eq!(rule.effect.topic_arn.as_deref(), Some("arn:aws:sns:eu-central-1:123456789012:staging"));
    assert_eq!(rule.effect.note.as_deref(), Some("Runbook: https://wiki.example.com/tables"));
}

#[cfg(feature = "cli")]
#[test]
fn every_default_in_the_reference_is_the_default() {
    for section in keys::SETTINGS {
        let lines = section.keys.iter().filter(|key| !key.default.is_empty());
        let lines: Vec<String> = lines.map(|key| format!("{} = {}\n", key.name, key.default)).collect();
        let config = read(&format!("{}\n{}", section.title, lines.concat()));
        assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()), "{}", section.title);
    }
}

#[cfg(feature = "cli")]
#[test]
fn the_reference_names_every_source() {
    let meaning = |section: &keys::Section, name: &str| {
        let key = section.keys.iter().find(|key| key.name == name).expect("the key");
        format!("{} {}", key.default, key.meaning)
    };
    let watched = meaning(keys::SETTINGS[0], "sources");
    let matched = meaning(&<keys::MatchKey as keys::Keys>::SECTION, "source");
    for source in Source::ALL.map(Source::as_str) {
        for text in [&watched, &matched] {
            let is_named = |mark: char| text.contains(&format!("{mark}{source}{mark}"));
            assert!(is_named('`') || is_named('"'), "{source} is missing: {text}");
        }
    }
}

#[test]
fn never_takes_a_limit_away() {
    let config = read(
        "reminder_interval = 'never'\nredshift.stalled_after = 'never'\n[backup]\noverdue_after = 'never'\n\
         stalled_after = '1h 30m'\n[s3tables]\nmax_lag = 'never'\n",
    );
    let policy = &config.policy;
    assert_eq!((policy.reminder_interval, policy.overdue_after, policy.max_lag), (None, None, None));
    assert_eq!(policy.stalled_after.get(&Source::Redshift), None);
    assert_eq!(policy.stalled_after[&Source::Backup], SignedDuration::from_mins(90));
    assert_eq!(policy.stalled_after[&Source::RedshiftServerless], SignedDuration::from_hours(2));
}

#[test]
fn the_report_is_sent_when_the_settings_say() {
    let cases = [
        ("", Every::Never, time(8, 0, 0, 0), "UTC"),
        ("[report]\nevery = 'never'\nat = '09:00'", Every::Never, time(9, 0, 0, 0), "UTC"),
        ("[report]\nevery = 'week'", Every::Week(Weekday::Monday), time(8, 0, 0, 0), "UTC"),
        ("[report]\nevery = 'month'", Every::Month(1), time(8, 0, 0, 0), "UTC"),
        (
            "[report]\nevery = 'week'\nday = 'Friday'\nat = 17:30:00\ntime_zone = 'Europe/Berlin'",
            Every::Week(Weekday::Friday),
            time(17, 30, 0, 0),
            "Europe/Berlin",
        ),
        ("[report]\nday = 31\nevery = 'month'", Every::Month(31), time(8, 0, 0, 0), "UTC"),
    ];
    for (text, every, at, zone) in cases {
        let Schedule { every: read_every, at: read_at, time_zone } = read(text).report;
        assert_eq!((read_every, read_at, time_zone.iana_name()), (every, at, Some(zone)), "{text}");
    }
}

/// Rules meet cases by the words that people use for their things.
#[test]
fn people_call_things_by_their_names() {
    let plan =
        "arn:aws:backup:us-east-1:123456789012:restore-testing-plan:nightly-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
    let other =
        "arn:aws:backup:us-east-1:123456789012:restore-testing-plan:nightly-prod-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
    let replica = "arn:aws:s3tables:eu-west-1:123456789012:bucket/lake-replica";
    let cases = [
        ("restore_testing_plan = 'nightly'", Source::Backup, ("restore_testing_plan_arn", plan), "restore", true),
        ("restore_testing_plan = 'night'", Source::Backup, ("restore_testing_plan_arn", plan), "restore", false),
        ("restore_testing_plan = 'nightly'", Source::Backup, ("restore_testing_plan_arn", other), "restore", false),
        ("restore_testing_plan = '*'", Source::Backup, ("restore_testing_plan_arn", plan), "restore", true),
        ("restore_testing_plan = '*'", Source::Backup, ("resource_type", "RDS"), "restore", false),
        ("restore_testing_plan = '*:nightly-*'", Source::Backup, ("restore_testing_plan_arn", plan), "restore", true),
        ("resource_type = ['EFS', 'rds']", Source::Backup, ("resource_type", "RDS"), "restore", true),
        ("database = 'dev'", Source::Redshift, ("source_table", "dev.public.orders"), "restore", true),
        ("database = 'pub*'", Source::Redshift, ("source_table", "dev.public.orders"), "restore", false),
        ("destination = 'lake-*'", Source::S3TablesReplication, ("bucket", "lake"), replica, true),
        ("destination = '*:eu-west-1:*'", Source::S3TablesReplication, ("bucket", "lake"), replica, true),
        ("destination = 'lake'", Source::S3TablesReplication, ("bucket", "lake"), replica, false),
        ("job_type = '*Compaction'", Source::S3TablesMaintenance, ("bucket", "lake"), "icebergCompaction", true),
        ("job_type = '*'", Source::Backup, ("resource_type", "RDS"), "restore", false),
        ("source = 's3tables-*', bucket = 'l?ke'", Source::S3TablesMaintenance, ("bucket", "lake"), "x", true),
        ("reason = 'f*'", Source::Redshift, ("cluster", "a"), "restore", true),
        ("reason = 'un*'", Source::Redshift, ("cluster", "a"), "restore", false),
    ];
    for (matches, source, (label, value), facet, expected) in cases {
        let config = read(&format!("[[rule]]\nmatch = {{ {matches} }}\nmute = true\n"));
        let scope = Scope { source, account: "123456789012".to_owned(), region: "us-east-1".to_owned() };
        let labels = Labels::from_iter([(label.to_owned(), value.to_owned())]);
        let account = Account::default();
        let case =
            Case { scope: &scope, account: &account, labels: &labels, facet, reason: Reason::Failed, message: None };
        let rule: &Rule = config.policy.rules.last().expect("a rule");
        assert_eq!(rule.matches.covers(&case), expected, "{matches}");
        assert_eq!(rule.name, "rule 1");
    }
}

#[test]
fn ten_kinds_of_mistakes_give_ten_good_errors() {
    let text = r#"# Ten kinds of mistakes.
unreachable_aftr = 3

[backup]
look_back = "2 days"

[[rule]]
name = "unknown words"
match = { source = "redshfit", reason = "fialed", bukket = "lake" }
severity = "critcal"

[[rule]]
name = "a window without days"
match = { bucket = "lake-[" }
mute = { from = "22:00", to = "06:00", time_zone = "Europe/Belrin" }

[[rule]]
name = "everything"
match = {}
failure_threshold = 0

[[rule]]
name = "sets nothing"
match = { source = "backup" }

[[rule]]
name = "elsewhere"
match = { source = "backup" }
topic_arn = "arn:aws:sns:us-east-1:123456789012:on-call"
"#;
    insta::assert_snapshot!(refused(text));
}

#[test]
fn each_mistake_is_told_with_what_would_be_right() {
    let told = [
        "sources = [\n  \"backup\",\n  \"rds\",\n]\n",
        "routine = [\nhttps = \"machine\"\n",
        "look_back = \"2h\"\n",
        "[backup]\nhttps = \"machine\"\n",
        "https = \"slack\"\nunreachable_after = \"3\"\ndigest_above = -1\n",
        "backup = true\nrule = { name = 'x' }\n",
        "report = 'week'\n",
        "[report]\nevery = \"weekly\"\nday = \"caturday\"\nat = \"8 am\"\ntime_zone = \"Berlin\"\n",
        "[report]\nevery = \"week\"\nday = 1\n",
        "[report]\nevery = \"week\"\nday = \"moonday\"\nhour = 8\n",
        "[report]\nevery = \"month\"\nday = \"mon\"\n",
        "[report]\nevery = \"month\"\nday = 32\n",
        "[report]\nday = \"mon\"\n",
        "[redshift]\nstalled_after = 2\n[backup]\nlook_back = \"never\"\nsettle_limit = \"0s\"\n",
        "[s3tables]\nconcurrency = 0\ninclude = [\"\", \"lake/[\"]\n",
        "[[rule]]\nseverity = \"info\"\n",
        "[[rule]]\nname = \"retried by AWS\"\nmatch = { source = [], account = 123456789012, region = \"\" }\nmute = true\n",
        "[[rule]]\nmatch = { source = \"backup\", cluster = \"a\" }\nmute = true\n",
        "[[rule]]\nmatch = { facet = \"restore\", job_type = \"x\", colour = \"red\" }\nmute = true\n",
        "[[rule]]\nmatch = { source = \"*\" }\nmute = { until = 2026-12-01 }\n",
        "[[rule]]\nmatch = { source = \"*\" }\nmute = { until = 2026-12-01T00:00:00Z, days = [\"caturday\"] }\n",
        "[[rule]]\nmatch = { source = \"*\" }\nmute = { days = [\"Saterday\"], from = \"10pm\", to = \"24:00\" }\n",
        "[[rule]]\nmatch = { source = \"*\" }\nmute = { days = [\"sat\"], from = \"22:00\" }\n",
        "[[rule]]\nmatch = { source = \"*\" }\nmute = { days = [\"sat\"], time_zone = \"Berlin\" }\n",
        "[[rule]]\nmatch = { source = \"*\" }\nmute = {}\nrepeats = \"reminder\"\n",
        "[[rule]]\nmatch = { source = \"*\" }\nmute = \"weekends\"\nroutine = \"yes\"\nnote = \"\"\n",
        "[[rule]]\nmatch = { source = \"*\" }\ntopic_arn = \"arn:aws:sns:eu-central-1:123456789012:news.fifo\"\n",
    ];
    let told = told.map(refused).join("\n\n");
    insta::assert_snapshot!(told);
}

/// The page that people read first shows a rule, and letters say how to mute what they tell: both can be read as they
/// stand, and a letter's rule is about just its notice.
#[test]
fn rules_that_are_offered_elsewhere_are_right() {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("```toml\n").expect("an example");
    let (example, _) = rest.split_once("```").expect("its end");
    assert_eq!(read(example).policy.rules.len(), Rule::shipped().len() + 1);
    for (name, notice) in crate::samples::all() {
        let message = crate::publish::render(std::slice::from_ref(&notice), &crate::publish::Settings::default());
        let letter = message.copy("email").expect("a letter");
        let Some((_, rest)) = letter.split_once("[[rule]] with match = ") else { continue };
        let (matches, _) = rest.split_once(" and mute = true").expect("the rest of the rule");
        let config = read(&format!("[[rule]]\nmatch = {matches}\nmute = true\n"));
        let labels = notice.facet_event().map(|event| event.subject.labels.clone()).unwrap_or_default();
        let message = notice.message();
        let case = Case {
            scope: &notice.scope,
            account: &Account::default(),
            labels: &labels,
            facet: notice.facet(),
            reason: notice.reason(),
            message: message.as_deref(),
        };
        assert!(config.policy.rules.last().expect("a rule").matches.covers(&case), "{name}: {matches}");
    }
}
