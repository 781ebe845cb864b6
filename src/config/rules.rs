//! `[[rule]]`: how some notices are sent.

use toml::de::{DeTable, DeValue};

use super::item::{Item, items};
use super::keys::{Keys, RuleKey};
use super::mistakes::Mistakes;
use super::{matches, mute, topic_region};
use crate::domain::{Effect, Match, Repeats, Rule, Severity};

/// How long a note may be: every copy of a message contains it, and text messages are short.
const LONGEST_NOTE: usize = 500;
/// The highest failure threshold that makes sense.
const MOST_FAILURES: u32 = 1_000;

/// Adds the rules to those that exist. `home` is the region of the default topic, if it is known.
pub(super) fn read(item: &Item<'_, '_>, home: Option<&str>, rules: &mut Vec<Rule>, mistakes: &mut Mistakes<'_>) {
    let Some(list) = item.value.get_ref().as_array().filter(|list| list.iter().all(|rule| rule.get_ref().is_table()))
    else {
        mistakes.add(item.span(), "rules are written as [[rule]] in double brackets, one for each rule");
        return;
    };
    for (position, value) in list.iter().enumerate() {
        let DeValue::Table(table) = value.get_ref() else { continue };
        let name = name(table, position, rules, mistakes);
        let item = Item { key: "rule", value };
        if let Some((matches, effect)) = read_rule(&item, table, home, mistakes) {
            rules.push(Rule { name, matches, effect });
        }
    }
}

/// The rule's name: its position in the file by default.
fn name(table: &DeTable<'_>, position: usize, rules: &[Rule], mistakes: &mut Mistakes<'_>) -> String {
    let Some((_, value)) = table.iter().find(|(key, _)| key.get_ref() == "name") else {
        return format!("rule {}", position + 1);
    };
    let item = Item { key: "name", value };
    let name = item.text(mistakes).unwrap_or_default().trim().to_owned();
    if rules.iter().any(|rule| rule.name == name) {
        mistakes.add(item.span(), format!("there is a rule {name:?} already; names tell rules apart"));
    }
    name
}

fn read_rule(
    rule: &Item<'_, '_>,
    table: &DeTable<'_>,
    home: Option<&str>,
    mistakes: &mut Mistakes<'_>,
) -> Option<(Match, Effect)> {
    let before = mistakes.count();
    let items = items(table, mistakes);
    let mut matches = None;
    let mut effect = Effect::default();
    for (key, item) in &items {
        match key {
            // `name` above has read it.
            RuleKey::Name => {}
            RuleKey::Match => matches = matches::read(item, mistakes),
            RuleKey::Severity => effect.severity = item.word(mistakes, &severities()),
            RuleKey::Mute => effect.mute = mute::read(item, mistakes),
            RuleKey::FailureThreshold => effect.failure_threshold = item.count(mistakes, MOST_FAILURES),
            RuleKey::Repeats => {
                effect.repeats = item.word(mistakes, &[("tell", Repeats::Tell), ("remind", Repeats::Remind)]);
            }
            RuleKey::ReminderInterval => effect.reminder_interval = item.duration_or_never(mistakes),
            RuleKey::Routine => effect.routine = item.boolean(mistakes),
            RuleKey::TopicArn => effect.topic_arn = topic(item, home, mistakes),
            RuleKey::Note => effect.note = note(item, mistakes),
        }
    }
    let is_clean = mistakes.count() == before;
    // The header, or what stands in its place.
    let place = rule.span();
    if !items.iter().any(|(key, _)| *key == RuleKey::Match) && is_clean {
        mistakes.add(place.clone(), "the rule has no match; if it is for everything, say match = { source = \"*\" }");
    }
    if effect == Effect::default() && is_clean {
        let keys: Vec<&str> =
            RuleKey::SECTION.names().into_iter().filter(|key| !["name", "match"].contains(key)).collect();
        mistakes.add(place, format!("the rule sets nothing; give it one of {}", keys.join(", ")));
    }
    (mistakes.count() == before).then_some(())?;
    Some((matches?, effect))
}

/// The severities by their names.
pub(crate) fn severities() -> [(&'static str, Severity); 3] {
    [Severity::Info, Severity::Warning, Severity::Critical].map(|severity| (severity.as_str(), severity))
}

fn topic(item: &Item<'_, '_>, home: Option<&str>, mistakes: &mut Mistakes<'_>) -> Option<String> {
    let arn = item.value.get_ref().as_str().unwrap_or_default();
    let Some(region) = topic_region(arn) else {
        item.refuse(mistakes, "the ARN of a standard SNS topic, such as arn:aws:sns:eu-central-1:123456789012:on-call");
        return None;
    };
    if home.is_some_and(|home| home != region) {
        let home = home.unwrap_or_default();
        let what = format!(
            "the topic is in {region}, and tidings publishes in {home} only, where its own topic is; give one in {home}"
        );
        mistakes.add(item.span(), what);
    }
    Some(arn.to_owned())
}

fn note(item: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<String> {
    let note = item.text(mistakes)?.trim();
    let length = note.chars().count();
    if length > LONGEST_NOTE {
        mistakes.add(
            item.span(),
            format!("the note has {length} characters, and {LONGEST_NOTE} is the most; link to the rest"),
        );
    }
    Some(note.to_owned())
}
