//! The user's own cases: what is given, and what is expected to become of it.

use jiff::Timestamp;

use super::effective::or_never;
use crate::config::reading::{
    Item, Key, LABELS, MATCH, Mistakes, Section, items, items_of, key, parse, severities, timestamp,
};
use crate::domain::{Labels, Reason, Scope, Source};

/// The file.
pub(super) const FILE: Section = Section {
    title: "",
    keys: &[key("case", "list of sections", "", "A case: what is given, and what is expected of it")],
};

/// A case.
pub(super) const CASE: Section = Section {
    title: "[[case]]",
    keys: &[
        key("name", "text", "", "What the case is called; its position unless given"),
        key(
            "given",
            "table",
            "",
            "What happens: `source`, `reason`, and whatever of the keys of `match` the rules look at, each with the one value that it has; further `time` and `failures`",
        ),
        key("expect", "table", "", "What is to become of it; what is left out may be anything"),
    ],
};

/// What `given` takes besides the keys of `match`.
pub(super) const GIVEN: [Key; 2] = [
    key("time", "date and time", "", "When it happens: needed where a mute depends on it"),
    key("failures", "number", "1", "How many runs have failed in a row, this one included (maintenance)"),
];

/// What may be expected.
pub(super) const EXPECT: Section = Section {
    title: "expect",
    keys: &[
        key(
            "told",
            "true or false",
            "",
            "Whether people hear of it when it happens: not muted, not below the threshold, not left to a reminder, and not routine that nobody opted in to",
        ),
        key("muted", "true or false", "", "Whether it is muted"),
        key("severity", "\"info\", \"warning\" or \"critical\"", "", "How grave it is"),
        key("topic_arn", "ARN, or \"usual\"", "", "Where it goes"),
        key("note", "text", "", "What is added"),
        key("failure_threshold", "number", "", "As in a rule"),
        key("repeats", "\"tell\" or \"remind\"", "", "As in a rule"),
        key("reminder_interval", "duration or \"never\"", "", "As in a rule"),
        key("routine", "true or false", "", "Whether routine transitions are told"),
        key("rules", "list of names", "", "Exactly the rules that match, in order"),
    ],
};

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
        for item in items(&FILE, &table, &mut mistakes) {
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
    let items = items(&CASE, table, mistakes);
    for item in &items {
        match item.key {
            "name" => item.text(mistakes).unwrap_or_default().clone_into(&mut name),
            "given" => given = self::given(item, mistakes),
            _ => expect = expectations(item, mistakes),
        }
    }
    for key in ["given", "expect"] {
        if !items.iter().any(|item| item.key == key) && mistakes.count() == before {
            mistakes.add(item.span(), format!("the case has no {key}; it needs both given and expect"));
        }
    }
    Some(Case { name, given: given?, expect })
}

fn given(given: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Given> {
    let table = given.table(mistakes, "a table such as { source = \"backup\", reason = \"failed\" }")?;
    let names = [MATCH.names(), GIVEN.iter().map(|key| key.name).collect()].concat();
    let items = items_of("given", &names, table, mistakes);
    let find = |key: &str| items.iter().find(|item| item.key == key);
    for key in ["source", "reason"] {
        if find(key).is_none() {
            mistakes.add(given.span(), format!("given needs a {key}"));
        }
    }
    let source = find("source")?.word(mistakes, &Source::ALL.map(|source| (source.as_str(), source)));
    let reason = find("reason")?.word(mistakes, &Reason::ALL.map(|reason| (reason.as_str(), reason)));
    let (source, reason) = (source?, reason?);
    let mut text = |key: &str| find(key).and_then(|item| item.text(mistakes)).map(str::to_owned);
    let scope = Scope {
        source,
        account: text("account").unwrap_or_else(|| ACCOUNT.to_owned()),
        region: text("region").unwrap_or_else(|| REGION.to_owned()),
    };
    let place = format!("{}:{}", scope.region, scope.account);
    let arn = |service: &str, kind: &str, name: String| {
        if name.contains(':') { name } else { format!("arn:aws:{service}:{place}:{kind}{name}") }
    };
    let facet = text("facet")
        .or_else(|| text("job_type"))
        .or_else(|| text("destination").map(|name| arn("s3tables", "bucket/", name)))
        .unwrap_or_else(|| match (reason, source) {
            (Reason::Unreachable | Reason::Reachable | Reason::Baseline, _) => "scope".to_owned(),
            (_, Source::S3TablesReplication) => arn("s3tables", "bucket/", "replica".to_owned()),
            (_, Source::S3TablesMaintenance) => "icebergCompaction".to_owned(),
            _ => "restore".to_owned(),
        });
    let message = text("message");
    let mut labels = Labels::new();
    for label in &LABELS {
        let Some(value) = text(label.key) else { continue };
        let value = match label.key {
            "database" => format!("{value}.schema.table"),
            "restore_testing_plan" => arn("backup", "restore-testing-plan:", value),
            _ => value,
        };
        labels.insert(label.name.to_owned(), value);
    }
    for label in LABELS.iter().filter(|label| !label.sources.contains(&source)) {
        if let Some(item) = find(label.key) {
            mistakes.add(item.span(), format!("{source} has no {}; it could not happen so", label.key));
        }
    }
    let time = find("time").and_then(|item| timestamp(item, mistakes));
    let failures = find("failures").and_then(|item| item.count(mistakes, 1_000)).map_or(1, u32::from);
    Some(Given { scope, labels, facet, reason, message, time, failures })
}

/// What is expected, in the words in which verdicts are written.
fn expectations(expect: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> Vec<(&'static str, String)> {
    let Some(table) = expect.table(mistakes, "a table such as { severity = \"critical\", told = true }") else {
        return Vec::new();
    };
    if table.is_empty() {
        mistakes.add(expect.span(), "expect is empty; say what should come of it, such as { told = true }");
    }
    let mut expected = Vec::new();
    for item in items(&EXPECT, table, mistakes) {
        let words = match item.key {
            "told" | "muted" | "routine" => item.boolean(mistakes).map(|boolean| boolean.to_string()),
            "severity" => item.word(mistakes, &severities()).map(|severity| severity.to_string()),
            "failure_threshold" => item.count(mistakes, 1_000).map(|count| count.to_string()),
            "repeats" => item.word(mistakes, &[("tell", "tell"), ("remind", "remind")]).map(str::to_owned),
            "reminder_interval" => item.duration_or_never(mistakes).map(or_never),
            "rules" => Some(item.texts(mistakes).into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(", ")),
            _ => item.text(mistakes).map(|text| text.trim().to_owned()),
        };
        expected.extend(words.map(|words| (item.key, words)));
    }
    expected
}
