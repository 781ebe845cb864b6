//! The user's own cases: a notice, and what should happen to it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::effective::or_never;
use crate::config::reading::{
    Compared, Item, Keys, MatchKey, Mistakes, Section, items, items_of, key, names, parse, section, severities,
    timestamp,
};
use crate::domain::notice::SCOPE;
use crate::domain::{Account, Facet, Facets, Labels, Reason, Scope, Source};

section! {
    /// The file.
    enum FileKey in "" {
        Case = key("case", "list of sections", "", "A case: a notice, and what you expect to happen to it"),
    }
}

section! {
    /// A case.
    enum CaseKey in "[[case]]" {
        Name = key("name", "text", "", "The case's name. Default: its position"),
        Given = key(
            "given",
            "table",
            "",
            "The notice: `source`, `reason`, any other keys of `match` that the rules use, and optionally `time` and `failures`",
        ),
        Expect = key("expect", "table", "", "What should happen. Keys that are left out are not checked"),
    }
}

section! {
    /// What `given` takes besides the keys of `match`.
    enum FurtherKey in "given" {
        Time = key("time", "date and time", "", "When it happens. Required if a mute depends on the time"),
        Failures = key("failures", "number", "1", "How many runs have failed in a row, including this one (maintenance)"),
    }
}

section! {
    /// What may be expected.
    enum ExpectKey in "expect" {
        Told = key(
            "told",
            "true or false",
            "",
            "Whether a notice is sent right away. It is not if it is muted, below the failure threshold, left to a reminder, or routine that is switched off",
        ),
        Muted = key("muted", "true or false", "", "Whether a rule mutes it"),
        Severity = key("severity", "\"info\", \"warning\" or \"critical\"", "", "Its severity"),
        TopicArn = key("topic_arn", "ARN, or \"default\"", "", "The topic it is sent to"),
        Note = key("note", "text", "", "The text that is added"),
        FailureThreshold = key("failure_threshold", "number", "", "As in a rule"),
        Repeats = key("repeats", "\"tell\" or \"remind\"", "", "As in a rule"),
        ReminderInterval = key("reminder_interval", "duration or \"never\"", "", "As in a rule"),
        Routine = key("routine", "true or false", "", "Whether routine notices are sent"),
        Rules = key("rules", "list of names", "", "The names of all matching rules, in order"),
    }
}

const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";

/// A case.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub name: String,
    pub given: Given,
    /// What is expected, by key, in words.
    pub expect: Vec<(&'static str, String)>,
}

/// Something that happens.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub scope: Scope,
    pub account: Account,
    pub labels: Labels,
    pub facet: String,
    pub reason: Reason,
    pub message: Option<String>,
    pub time: Option<Timestamp>,
    pub failures: u32,
}

/// Reads the cases.
///
/// # Errors
/// All mistakes of the text, each with its place.
pub(super) fn read(text: &str) -> Result<Vec<Case>, String> {
    let mut mistakes = Mistakes::in_text(text);
    let mut cases = Vec::new();
    if let Some(table) = parse(text, &mut mistakes) {
        for (FileKey::Case, item) in items(&table, &mut mistakes) {
            let Some(list) = item.value.get_ref().as_array() else {
                item.refuse(&mut mistakes, "cases, written as [[case]] in double brackets");
                continue;
            };
            for (position, value) in list.iter().enumerate() {
                cases.extend(case(&Item { key: "case", value }, position, &mut mistakes));
            }
        }
        if cases.is_empty() && mistakes.count() == 0 {
            mistakes.add(0..0, "there is no case; write one as [[case]]");
        }
    }
    mistakes.report().map_or(Ok(cases), Err)
}

fn case(item: &Item<'_, '_>, position: usize, mistakes: &mut Mistakes<'_>) -> Option<Case> {
    let table = item.table(mistakes, "a table, written as [[case]]")?;
    let before = mistakes.count();
    let (mut name, mut given, mut expect) = (format!("case {}", position + 1), None, Vec::new());
    let items = items(table, mistakes);
    for (key, item) in &items {
        match key {
            CaseKey::Name => item.text(mistakes).unwrap_or_default().clone_into(&mut name),
            CaseKey::Given => given = self::given(item, mistakes),
            CaseKey::Expect => expect = expectations(item, mistakes),
        }
    }
    for (needed, name) in [(CaseKey::Given, "given"), (CaseKey::Expect, "expect")] {
        if !items.iter().any(|(key, _)| *key == needed) && mistakes.count() == before {
            mistakes.add(item.span(), format!("the case has no {name}; it needs both given and expect"));
        }
    }
    Some(Case { name, given: given?, expect })
}

/// A key of `given`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum GivenKey {
    Match(MatchKey),
    Further(FurtherKey),
}

fn given(given: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Given> {
    let table = given.table(mistakes, "a table such as { source = \"backup\", reason = \"failed\" }")?;
    let of_match = names().into_iter().map(|(name, key)| (name, GivenKey::Match(key)));
    let further = names().into_iter().map(|(name, key)| (name, GivenKey::Further(key)));
    let items = items_of("given", &of_match.chain(further).collect::<Vec<_>>(), table, mistakes);
    for (needed, name) in [(MatchKey::Source, "source"), (MatchKey::Reason, "reason")] {
        if !items.iter().any(|(key, _)| *key == GivenKey::Match(needed)) {
            mistakes.add(given.span(), format!("given needs a {name}"));
        }
    }
    let (mut source, mut reason, mut message) = (None, None, None);
    let mut known = Account::default();
    let (mut account, mut region) = (ACCOUNT.to_owned(), REGION.to_owned());
    let (mut facets, mut found) = (Vec::new(), Vec::new());
    let (mut time, mut failures) = (None, 1);
    for (key, item) in &items {
        let text = |mistakes: &mut Mistakes<'_>| item.text(mistakes).map(str::to_owned);
        match key {
            GivenKey::Further(FurtherKey::Time) => time = timestamp(item, mistakes),
            GivenKey::Further(FurtherKey::Failures) => failures = item.count(mistakes, 1_000).map_or(1, u32::from),
            GivenKey::Match(key) => match key.compared() {
                Compared::Source => {
                    source = item.word(mistakes, &Source::ALL.map(|source| (source.as_str(), source)));
                }
                Compared::Reason => {
                    reason = item.word(mistakes, &Reason::ALL.map(|reason| (reason.as_str(), reason)));
                }
                Compared::Account => account = text(mistakes).unwrap_or(account),
                Compared::AccountName => known.name = text(mistakes),
                Compared::Unit => known.units.extend(item.texts(mistakes).into_iter().map(|(unit, _)| unit.to_owned())),
                Compared::AccountTags => known.tags = tags(item, mistakes),
                Compared::Region => region = text(mistakes).unwrap_or(region),
                Compared::Message => message = text(mistakes),
                Compared::Facet(_) => facets.extend(text(mistakes).map(|facet| (*key, facet))),
                Compared::Label(label) => found.extend(text(mistakes).map(|value| (*key, item, label, value))),
            },
        }
    }
    let (source, reason) = (source?, reason?);
    let arn = |service: &str, kind: &str, name: String| {
        if name.contains(':') { name } else { format!("arn:aws:{service}:{region}:{account}:{kind}{name}") }
    };
    let mut facet = match (reason, source.facets()) {
        (Reason::Unreachable | Reason::Reachable | Reason::Baseline, _) => SCOPE.to_owned(),
        (_, Facets::OneShot(facets)) => facets[0].to_string(),
        (_, Facets::None) => Facet::Restore.to_string(),
        (_, Facets::Destinations) => arn("s3tables", "bucket/", "replica".to_owned()),
        (_, Facets::Jobs) => "icebergCompaction".to_owned(),
    };
    if let Some((key, given)) = facets.into_iter().next() {
        facet = if key == MatchKey::Destination { arn("s3tables", "bucket/", given) } else { given };
    }
    let mut labels = Labels::new();
    for (key, item, label, value) in found {
        if key.sources().is_some_and(|sources| !sources.contains(&source)) {
            mistakes.add(item.span(), format!("{source} has no {}; this cannot happen", item.key));
        }
        let value = match key {
            MatchKey::Database => format!("{value}.schema.table"),
            MatchKey::RestoreTestingPlan => arn("backup", "restore-testing-plan:", value),
            _ => value,
        };
        labels.insert(label.to_owned(), value);
    }
    let scope = Scope { source, account, region };
    Some(Given { scope, account: known, labels, facet, reason, message, time, failures })
}

/// `account_tag.KEY = "value"`.
fn tags(item: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> BTreeMap<String, String> {
    let Some(table) = item.table(mistakes, "a table, written as account_tag.KEY = \"value\"") else {
        return BTreeMap::new();
    };
    let mut tags = BTreeMap::new();
    for (key, value) in table {
        let value = Item { key: item.key, value }.text(mistakes).unwrap_or_default();
        tags.insert(key.get_ref().to_string(), value.to_owned());
    }
    tags
}

/// What is expected, written as the results are.
fn expectations(expect: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> Vec<(&'static str, String)> {
    let Some(table) = expect.table(mistakes, "a table such as { severity = \"critical\", told = true }") else {
        return Vec::new();
    };
    if table.is_empty() {
        mistakes.add(expect.span(), "expect is empty; say what should happen, such as { told = true }");
    }
    let mut expected = Vec::new();
    for (key, item) in items(table, mistakes) {
        let words = match key {
            ExpectKey::Told | ExpectKey::Muted | ExpectKey::Routine => {
                item.boolean(mistakes).map(|boolean| boolean.to_string())
            }
            ExpectKey::Severity => item.word(mistakes, &severities()).map(|severity| severity.to_string()),
            ExpectKey::FailureThreshold => item.count(mistakes, 1_000).map(|count| count.to_string()),
            ExpectKey::Repeats => item.word(mistakes, &[("tell", "tell"), ("remind", "remind")]).map(str::to_owned),
            ExpectKey::ReminderInterval => item.duration_or_never(mistakes).map(or_never),
            ExpectKey::Rules => {
                Some(item.texts(mistakes).into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(", "))
            }
            ExpectKey::TopicArn => item.text(mistakes).map(|text| match text.trim() {
                // The older word for it.
                "usual" => "default".to_owned(),
                topic => topic.to_owned(),
            }),
            ExpectKey::Note => item.text(mistakes).map(|text| text.trim().to_owned()),
        };
        expected.extend(words.map(|words| (item.key, words)));
    }
    expected
}
