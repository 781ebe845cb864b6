//! Which cases a rule is for, in the words that people use for their things.

use std::collections::BTreeSet;

use toml::de::DeTable;

use super::item::{Item, Text, items};
use super::keys::MATCH;
use super::mistakes::Mistakes;
use super::nearest::{listed, suggestion};
use crate::domain::{Match, Pattern, Patterns, Reason, Source};

use Source::{Backup, Redshift, RedshiftServerless, S3TablesMaintenance, S3TablesReplication};

/// A label that a rule may ask for.
#[derive(Debug)]
pub(crate) struct Label {
    /// The word for it in `match`.
    pub(crate) key: &'static str,
    /// The label's own name.
    pub(crate) name: &'static str,
    /// Which sources have it.
    pub(crate) sources: &'static [Source],
}

const fn label(key: &'static str, name: &'static str, sources: &'static [Source]) -> Label {
    Label { key, name, sources }
}

const RESTORES: &[Source] = &[Redshift, RedshiftServerless];
const TABLES: &[Source] = &[S3TablesReplication, S3TablesMaintenance];

/// The labels of the five sources, as far as anyone would ask for them.
pub(crate) const LABELS: [Label; 20] = [
    label("cluster", "cluster", &[Redshift]),
    // There is no label of its own: tables are named `database.schema.table`.
    label("database", "source_table", RESTORES),
    label("source_table", "source_table", RESTORES),
    label("target_table", "target_table", RESTORES),
    label("snapshot", "snapshot", RESTORES),
    label("namespace", "namespace", &[RedshiftServerless, S3TablesReplication, S3TablesMaintenance]),
    label("workgroup", "workgroup", &[RedshiftServerless]),
    label("recovery_point", "recovery_point", &[RedshiftServerless]),
    label("bucket", "bucket", TABLES),
    label("bucket_arn", "bucket_arn", TABLES),
    label("table", "table", TABLES),
    label("table_arn", "table_arn", TABLES),
    label("resource_type", "resource_type", &[Backup]),
    label("restore_testing_plan", "restore_testing_plan_arn", &[Backup]),
    label("source_resource_arn", "source_resource_arn", &[Backup]),
    label("created_resource_arn", "created_resource_arn", &[Backup]),
    label("recovery_point_arn", "recovery_point_arn", &[Backup]),
    label("backup_vault_arn", "backup_vault_arn", &[Backup]),
    label("iam_role_arn", "iam_role_arn", &[Backup]),
    label("parent_job_id", "parent_job_id", &[Backup]),
];

/// The facets that have words of their own, and the one source that has them.
pub(crate) const FACETS: [Label; 2] = [
    label("destination", "destination", &[S3TablesReplication]),
    label("job_type", "job_type", &[S3TablesMaintenance]),
];

/// Reads `match = { .. }`; at least one key, and nothing that can never come together.
pub(super) fn read(item: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Match> {
    let table: &DeTable<'_> = item.table(mistakes, "a table such as { source = \"backup\", reason = \"failed\" }")?;
    if table.is_empty() {
        mistakes.add(item.span(), "match is empty; if the rule is for everything, say match = { source = \"*\" }");
        return None;
    }
    let mut matches = Match::default();
    let items = items(&MATCH, table, mistakes);
    for item in &items {
        match item.key {
            "source" => matches.sources = sources(item, mistakes),
            "reason" => matches.reasons = reasons(item, mistakes),
            "account" => matches.accounts = globs(item, mistakes, itself),
            "region" => matches.regions = globs(item, mistakes, itself),
            "message" => matches.messages = globs(item, mistakes, itself),
            "facet" => matches.facets = globs(item, mistakes, itself),
            _ => {}
        }
    }
    let facets: Vec<&Item<'_, '_>> =
        items.iter().filter(|item| ["facet", "destination", "job_type"].contains(&item.key)).collect();
    if let [first, second, ..] = facets.as_slice() {
        let both = format!("{} and {} name the same thing, the facet; keep one of them", first.key, second.key);
        mistakes.add(second.span(), both);
    }
    let mut labels = labels(&items, &mut matches, mistakes);
    labels.extend(items.iter().filter_map(|item| Some((item, FACETS.iter().find(|facet| facet.key == item.key)?))));
    for (item, label) in labels {
        if label.key == "destination" {
            matches.facets = globs(item, mistakes, |name| in_arn(name, "*:bucket/", &[""]));
        } else if label.key == "job_type" {
            matches.facets = globs(item, mistakes, itself);
        }
        narrow(item, label, &mut matches.sources, mistakes);
    }
    Some(matches)
}

/// What AWS Backup puts behind a restore testing plan's name to make its ARN.
const UUID: &str = "-????????-????-????-????-????????????";

/// Reads the labels into `matches`, and says which they were.
fn labels<'a, 'v, 't>(
    items: &'a [Item<'v, 't>],
    matches: &mut Match,
    mistakes: &mut Mistakes<'_>,
) -> Vec<(&'a Item<'v, 't>, &'static Label)> {
    let mut found = Vec::new();
    for item in items {
        let Some(label) = LABELS.iter().find(|label| label.key == item.key) else { continue };
        let patterns = match label.key {
            "database" => globs(item, mistakes, |name| vec![format!("{name}.*")]),
            // Its ARN ends with the name, a hyphen and a UUID.
            "restore_testing_plan" => {
                globs(item, mistakes, |name| in_arn(name, "*:restore-testing-plan:", &["", UUID]))
            }
            _ => globs(item, mistakes, itself),
        };
        if matches.labels.insert(label.name.to_owned(), patterns).is_some() {
            let also = "database and source_table name the same thing; say source_table = \"database.schema.table\"";
            mistakes.add(item.span(), also);
        }
        found.push((item, label));
    }
    found
}

/// A label tells which sources the rule can be for. One that none of the rule's own sources has would match nothing.
fn narrow(item: &Item<'_, '_>, label: &Label, sources: &mut BTreeSet<Source>, mistakes: &mut Mistakes<'_>) {
    let of: BTreeSet<Source> = label.sources.iter().copied().collect();
    let left: BTreeSet<Source> = if sources.is_empty() { of } else { sources.intersection(&of).copied().collect() };
    if left.is_empty() {
        let has: Vec<&str> = label.sources.iter().map(|source| source.as_str()).collect();
        let wants: Vec<&str> = sources.iter().map(|source| source.as_str()).collect();
        let what = format!(
            "the rule could never match: {} is something of {}, and its other keys are of {}",
            label.key,
            listed(&has, "and"),
            listed(&wants, "and")
        );
        mistakes.add(item.span(), what);
    } else {
        *sources = left;
    }
}

fn itself(text: &str) -> Vec<String> {
    vec![text.to_owned()]
}

/// The globs for what is known by an ARN and called by the name in it.
fn in_arn(name: &str, before: &str, after: &[&str]) -> Vec<String> {
    if name.contains(':') || name == "*" {
        return itself(name);
    }
    after.iter().map(|after| format!("{before}{name}{after}")).collect()
}

fn globs(item: &Item<'_, '_>, mistakes: &mut Mistakes<'_>, spell: impl Fn(&str) -> Vec<String>) -> Patterns {
    let texts = item.texts(mistakes);
    refuse_nothing(item, &texts, mistakes);
    let mut patterns = Vec::new();
    for (text, span) in texts {
        if let Err(error) = Pattern::new(text) {
            mistakes.add(span, format!("{error}; it is a glob, in which * is any text and ? any character"));
        } else {
            patterns.extend(spell(text).iter().filter_map(|text| Pattern::new(text).ok()));
        }
    }
    Patterns(patterns)
}

fn refuse_nothing(item: &Item<'_, '_>, texts: &[Text<'_>], mistakes: &mut Mistakes<'_>) {
    if item.value.get_ref().as_array().is_some_and(|list| list.is_empty()) {
        mistakes.add(item.span(), format!("{} is an empty list; leave it out if any will do", item.key));
    }
    for (_, span) in texts.iter().filter(|(text, _)| text.is_empty()) {
        mistakes.add(span.clone(), format!("{} is empty and would match nothing", item.key));
    }
}

/// Sources by their names, or by globs over these.
pub(crate) fn sources(item: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> BTreeSet<Source> {
    chosen(item, mistakes, &Source::ALL.map(|source| (source.as_str(), source)))
}

/// Reasons by their names, or by globs over these.
pub(crate) fn reasons(item: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> BTreeSet<Reason> {
    chosen(item, mistakes, &Reason::ALL.map(|reason| (reason.as_str(), reason)))
}

fn chosen<T: Copy + Ord>(item: &Item<'_, '_>, mistakes: &mut Mistakes<'_>, all: &[(&'static str, T)]) -> BTreeSet<T> {
    let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    let mut set = BTreeSet::new();
    let texts = item.texts(mistakes);
    refuse_nothing(item, &texts, mistakes);
    for (text, span) in texts.into_iter().filter(|(text, _)| !text.is_empty()) {
        match Pattern::new(text) {
            Err(error) => mistakes.add(span, error.to_string()),
            Ok(pattern) => {
                let found: BTreeSet<T> =
                    all.iter().filter(|(name, _)| pattern.matches(name)).map(|(_, value)| *value).collect();
                if found.is_empty() {
                    let what = item.key.trim_end_matches('s');
                    mistakes.add(span, format!("unknown {what} {text:?}; {}", suggestion(text, &names)));
                }
                set.extend(found);
            }
        }
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sources make labels in one way: pairs of a name and what the API said.
    #[test]
    fn every_label_is_one_that_its_sources_make() {
        let restore = include_str!("../sources/table_restore.rs");
        let tables = include_str!("../sources/discovery.rs");
        for label in &LABELS {
            for source in label.sources {
                let code = match source {
                    Redshift => [include_str!("../sources/redshift.rs"), restore].concat(),
                    RedshiftServerless => [include_str!("../sources/redshift_serverless.rs"), restore].concat(),
                    Backup => include_str!("../sources/backup.rs").to_owned(),
                    S3TablesReplication | S3TablesMaintenance => tables.to_owned(),
                };
                assert!(code.contains(&format!("(\"{}\", ", label.name)), "{source} has no {}", label.name);
            }
        }
        for key in MATCH.keys.iter().skip(6) {
            assert!(LABELS.iter().chain(&FACETS).any(|label| label.key == key.name), "{} is read nowhere", key.name);
        }
    }
}
