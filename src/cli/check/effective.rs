//! The settings in effect, with defaults and built-in rules, written like the settings file: the output can be read
//! again and means the same.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::SignedDuration;
use jiff::civil::{Time, Weekday};
use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::domain::{Effect, Every, Match, Mute, Patterns, Repeats, Rule, Schedule, Source};
use crate::publish::{GroupBy, HttpsForm};
use crate::targets::{self, Accounts};

/// A duration as the file writes it.
pub(super) fn duration(duration: SignedDuration) -> String {
    format!("{duration:#}")
}

/// A duration, or `never`.
pub(super) fn or_never(limit: Option<SignedDuration>) -> String {
    limit.map_or_else(|| "never".to_owned(), duration)
}

/// As one JSON document.
pub(super) fn json(config: &Config) -> Value {
    let mut document = settings(config);
    document["rule"] = config.policy.rules.iter().map(rule).collect();
    document
}

/// As TOML. What differs from the default says so; built-in rules are comments.
pub(super) fn toml(config: &Config) -> String {
    let (settings, defaults) = (settings(config), settings(&Config::default()));
    let mut text = String::new();
    let object = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let sections = object(&settings);
    lines(&mut text, sections.iter().filter(|(_, value)| !value.is_object()), &defaults);
    for (name, section) in sections.iter().filter(|(_, value)| value.is_object()) {
        let _ = write!(text, "\n[{name}]\n");
        lines(&mut text, object(section).iter(), &defaults[name]);
    }
    let shipped = Rule::shipped();
    if !config.policy.rules.is_empty() {
        text.push_str("\n# Every matching rule applies, in order. Later rules override earlier ones.\n");
    }
    for rule in &config.policy.rules {
        let mark = if shipped.contains(rule) { "# " } else { "" };
        let note = if mark.is_empty() { "" } else { " built in" };
        let _ = writeln!(text, "\n{mark}[[rule]]{note}");
        for (key, value) in &object(&self::rule(rule)) {
            if key != "built_in" {
                let _ = writeln!(text, "{mark}{key} = {}", written(value));
            }
        }
    }
    text
}

fn lines<'a>(text: &mut String, settings: impl Iterator<Item = (&'a String, &'a Value)>, defaults: &Value) {
    for (key, value) in settings {
        let _ = write!(text, "{key} = {}", written(value));
        if *value != defaults[key] {
            let _ = write!(text, "  # default {}", written(&defaults[key]));
        }
        text.push('\n');
    }
}

/// A value as TOML writes it. Its strings are those of JSON.
fn written(value: &Value) -> String {
    match value {
        Value::Array(values) => format!("[{}]", values.iter().map(written).collect::<Vec<_>>().join(", ")),
        Value::Object(pairs) => {
            let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key} = {}", written(value))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        value => value.to_string(),
    }
}

fn settings(config: &Config) -> Value {
    let policy = &config.policy;
    let names = |sources: &mut dyn Iterator<Item = Source>| sources.map(Source::as_str).collect::<Vec<_>>();
    let stalled = |source| or_never(policy.stalled_after.get(&source).copied());
    let every = |source| config.every.get(&source).map_or_else(|| "tick".to_owned(), |every| duration(*every));
    let jobs = |source| json!({"every": every(source), "stalled_after": stalled(source)});
    let https = match config.publishing.https {
        HttpsForm::AmazonQ => "amazon-q",
        HttpsForm::Machine => "machine",
    };
    json!({
        "sources": names(&mut config.sources.iter().copied()),
        "routine": names(&mut policy.routine.iter().copied()),
        "unreachable_after": policy.unreachable_after,
        "reminder_interval": or_never(policy.reminder_interval),
        "digest_above": config.publishing.digest_above,
        "https": https,
        "targets": targets(&config.targets, config.publishing.group_by),
        "report": report(&config.report),
        "redshift": jobs(Source::Redshift),
        "redshift-serverless": jobs(Source::RedshiftServerless),
        "backup": {
            "every": every(Source::Backup),
            "stalled_after": stalled(Source::Backup),
            "overdue_after": or_never(policy.overdue_after),
            "look_back": duration(config.fetching.look_back),
            "settle_limit": duration(policy.settle_limit),
        },
        "s3tables": {
            "every": every(Source::S3TablesMaintenance),
            "include": config.fetching.tables.include(),
            "exclude": config.fetching.tables.exclude(),
            "max_lag": or_never(policy.max_lag),
            "concurrency": config.fetching.concurrency,
            "aws_managed": config.fetching.aws_managed,
        },
        "backup-jobs": jobs(Source::BackupJobs),
        "backup-copies": jobs(Source::BackupCopies),
        "dynamodb-exports": jobs(Source::DynamoDbExports),
        "dynamodb-imports": jobs(Source::DynamoDbImports),
    })
}

fn targets(targets: &targets::Settings, group_by: GroupBy) -> Value {
    let accounts = match &targets.accounts {
        Accounts::Own => json!([]),
        Accounts::Organization => json!("organization"),
        Accounts::Listed(listed) => listed
            .iter()
            .map(|account| match &account.name {
                Some(name) => json!({"id": account.id, "name": name}),
                None => json!(account.id),
            })
            .collect(),
    };
    let group_by = [("account", group_by.account), ("region", group_by.region)];
    let mut settings = json!({
        "regions": targets.regions,
        "accounts": accounts,
        "role": targets.role,
        "exclude_accounts": globs(&targets.exclude_accounts),
        "organizational_units": targets.organizational_units,
        "group_by": group_by.into_iter().filter(|(_, is_set)| *is_set).map(|(word, _)| word).collect::<Vec<_>>(),
    });
    if let Some(external_id) = &targets.external_id {
        settings["external_id"] = json!(external_id);
    }
    settings
}

fn report(schedule: &Schedule) -> Value {
    let mut settings = json!({
        "every": schedule.every.as_str(),
        "at": clock(schedule.at),
        "time_zone": schedule.time_zone.iana_name().unwrap_or("UTC"),
    });
    match schedule.every {
        Every::Never => {}
        Every::Week(weekday) => settings["day"] = json!(day(weekday)),
        Every::Month(number) => settings["day"] = json!(number),
    }
    settings
}

fn globs(patterns: &Patterns) -> Vec<String> {
    patterns.0.iter().map(|pattern| pattern.as_str().to_owned()).collect()
}

fn rule(rule: &Rule) -> Value {
    let mut object = Map::new();
    object.insert("name".to_owned(), json!(rule.name));
    if Rule::shipped().contains(rule) {
        object.insert("built_in".to_owned(), json!(true));
    }
    object.insert("match".to_owned(), Value::Object(matches(&rule.matches)));
    object.extend(effect(&rule.effect));
    Value::Object(object)
}

fn matches(matches: &Match) -> Map<String, Value> {
    let mut object = Map::new();
    let mut put = |key: &str, values: Vec<&str>| {
        if let [value] = values.as_slice() {
            object.insert(key.to_owned(), json!(value));
        } else if !values.is_empty() {
            object.insert(key.to_owned(), json!(values));
        }
    };
    let words = |set: &BTreeSet<Source>| set.iter().map(|source| source.as_str()).collect::<Vec<_>>();
    put("source", words(&matches.sources));
    put("reason", matches.reasons.iter().map(|reason| reason.as_str()).collect());
    for (key, patterns) in [
        ("account", &matches.accounts),
        ("account_name", &matches.account_names),
        ("ou", &matches.units),
        ("region", &matches.regions),
    ] {
        put(key, globs(patterns).iter().map(String::as_str).collect());
    }
    for (label, patterns) in &matches.labels {
        // Its name as a label is longer than the word for it.
        let key = if label == "restore_testing_plan_arn" { "restore_testing_plan" } else { label };
        put(key, globs(patterns).iter().map(String::as_str).collect());
    }
    for (key, patterns) in [("facet", &matches.facets), ("message", &matches.messages)] {
        put(key, globs(patterns).iter().map(String::as_str).collect());
    }
    if !matches.account_tags.is_empty() {
        let tags = matches.account_tags.iter().map(|(key, patterns)| (key.clone(), json!(globs(patterns))));
        object.insert("account_tag".to_owned(), Value::Object(tags.collect()));
    }
    if object.is_empty() {
        object.insert("source".to_owned(), json!("*"));
    }
    object
}

/// What a rule sets, in the words of the file.
fn effect(effect: &Effect) -> Map<String, Value> {
    let mut object = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            object.insert(key.to_owned(), value);
        }
    };
    put("severity", effect.severity.map(|severity| json!(severity.as_str())));
    put("mute", effect.mute.as_ref().map(mute));
    put("failure_threshold", effect.failure_threshold.map(|count| json!(count)));
    put("repeats", effect.repeats.map(|repeats| json!(repeats_word(repeats))));
    put("reminder_interval", effect.reminder_interval.map(|interval| json!(or_never(interval))));
    put("routine", effect.routine.map(Value::Bool));
    put("topic_arn", effect.topic_arn.as_ref().map(|arn| json!(arn)));
    put("note", effect.note.as_ref().map(|note| json!(note)));
    object
}

/// `tell` or `remind`.
pub(super) const fn repeats_word(repeats: Repeats) -> &'static str {
    match repeats {
        Repeats::Tell => "tell",
        Repeats::Remind => "remind",
    }
}

fn mute(mute: &Mute) -> Value {
    match mute {
        Mute::Never => json!(false),
        Mute::Always => json!(true),
        Mute::Until(end) => json!({"until": end.to_string()}),
        Mute::Weekly(window) => json!({
            "days": window.days.iter().copied().map(day).collect::<Vec<_>>(),
            "from": clock(window.from),
            "to": clock(window.to),
            "time_zone": window.time_zone.iana_name().unwrap_or("UTC"),
        }),
    }
}

fn clock(time: Time) -> String {
    time.strftime(if time.second() == 0 { "%H:%M" } else { "%H:%M:%S" }).to_string()
}

const fn day(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "mon",
        Weekday::Tuesday => "tue",
        Weekday::Wednesday => "wed",
        Weekday::Thursday => "thu",
        Weekday::Friday => "fri",
        Weekday::Saturday => "sat",
        Weekday::Sunday => "sun",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::reading::{Keys, MatchKey, MuteKey, RuleKey, SETTINGS};

    #[test]
    fn what_is_shown_can_be_read_again_and_means_the_same() {
        let text = r#"
            sources = ["backup", "s3tables-maintenance"]
            reminder_interval = "never"
            backup.stalled_after = "1h 30m"
            s3tables.exclude = ["**/tmp_*"]
            s3tables.aws_managed = true
            report = { every = "month", day = 31, at = "06:30", time_zone = "Europe/Berlin" }
            [[rule]]
            match = { restore_testing_plan = ["nightly", "*:weekly-*"], resource_type = "RDS" }
            mute = { days = ["sat", "Sunday"], from = "22:00", to = 06:30:15, time_zone = "Europe/Berlin" }
            [[rule]]
            name = "quoted \"words\"\nand lines"
            match = { source = "*", message = "*\\KMS*", account = "123456789012" }
            mute = { until = 2026-12-01T00:00:00+01:00 }
            severity = "critical"
            failure_threshold = 2
            repeats = "remind"
            reminder_interval = "never"
            routine = false
            topic_arn = "arn:aws:sns:eu-central-1:123456789012:on-call"
            note = "Runbook: https://wiki.example.com/ä"
            [[rule]]
            match = { destination = "lake-*", bucket = "lake" }
            mute = true
            [[rule]]
            match = { database = "dev" }
            mute = false
        "#;
        for text in ["", text] {
            let config = Config::parse(text, "first").unwrap_or_else(|error| panic!("{error}"));
            let shown = toml(&config);
            let again = Config::parse(&shown, "again").unwrap_or_else(|error| panic!("{error}\n{shown}"));
            assert_eq!(toml(&again), shown);
            assert_eq!(json(&again), json(&config));
            // Patterns are compared by what they say; a name that nobody gave is its position.
            assert_eq!(again.policy, config.policy);
        }
        let shown = toml(&Config::parse(text, "first").expect("settings"));
        assert!(shown.contains("reminder_interval = \"never\"  # default \"24h\"\n"), "{shown}");
        assert!(shown.contains("aws_managed = true  # default false\n"), "{shown}");
        assert!(shown.contains("# [[rule]] built in\n# name = \"retried by AWS\"\n"), "{shown}");
        for key in [RuleKey::SECTION.names(), MuteKey::SECTION.names()].concat() {
            assert!(shown.contains(&format!("{key} = ")), "{key} is missing: {shown}");
        }
    }

    #[test]
    fn every_setting_is_shown() {
        let shown = json(&Config::default());
        for section in SETTINGS {
            let title = section.title.trim_matches(['[', ']']);
            let shown = if title.is_empty() { &shown } else { &shown[title] };
            for key in section.names() {
                assert!(
                    ["external_id", "day"].contains(&key) || !shown[key].is_null(),
                    "{key} of {:?} is not shown",
                    section.title
                );
            }
        }
    }

    #[test]
    fn every_key_of_match_can_be_read_again() {
        for key in MatchKey::SECTION.names() {
            let value = match key {
                "source" => "backup",
                "reason" => "failed",
                _ => "a",
            };
            let path = if key == "account_tag" { "account_tag.environment" } else { key };
            let text = format!("[[rule]]\nmatch = {{ {path} = {value:?} }}\nmute = true\n");
            let config = Config::parse(&text, "first").unwrap_or_else(|error| panic!("{key}: {error}"));
            assert_ne!(config.policy.rules.last().expect("a rule").matches, Match::default(), "{key} says nothing");
            let shown = toml(&config);
            let again = Config::parse(&shown, "again").unwrap_or_else(|error| panic!("{key}: {error}\n{shown}"));
            assert_eq!(again.policy, config.policy, "{key}\n{shown}");
        }
    }
}
