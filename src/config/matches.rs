//! `match`: which notices a rule is for.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::item::{Item, Text, items};
use super::keys::MatchKey;
use super::mistakes::Mistakes;
use super::nearest::{listed, suggestion};
use crate::domain::{Match, Pattern, Patterns, Reason, Source, label};
use crate::sources::sources_with_label;

use Source::{S3TablesExpiration, S3TablesMaintenance, S3TablesReplication};

/// What a key of `match` is compared with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Compared {
    Source,
    Reason,
    Account,
    AccountName,
    Unit,
    /// A table with a pattern for each tag.
    AccountTags,
    Region,
    /// AWS's status message.
    Message,
    /// The facet, for keys about one kind of facet with the sources that have it.
    Facet(&'static [Source]),
    /// The label of that name.
    Label(&'static str),
}

impl MatchKey {
    /// What the key is compared with.
    pub(crate) const fn compared(self) -> Compared {
        match self {
            Self::Source => Compared::Source,
            Self::Reason => Compared::Reason,
            Self::Account => Compared::Account,
            Self::AccountName => Compared::AccountName,
            Self::Ou => Compared::Unit,
            Self::AccountTag => Compared::AccountTags,
            Self::Region => Compared::Region,
            Self::Message => Compared::Message,
            Self::Facet => Compared::Facet(&[]),
            Self::Destination => Compared::Facet(&[S3TablesReplication]),
            Self::JobType => Compared::Facet(&[S3TablesMaintenance, S3TablesExpiration]),
            Self::Cluster => Compared::Label(label::CLUSTER),
            // There is no label of its own: tables are named `database.schema.table`.
            Self::Database | Self::SourceTable => Compared::Label(label::SOURCE_TABLE),
            Self::TargetTable => Compared::Label(label::TARGET_TABLE),
            Self::Snapshot => Compared::Label(label::SNAPSHOT),
            Self::Namespace => Compared::Label(label::NAMESPACE),
            Self::Workgroup => Compared::Label(label::WORKGROUP),
            Self::RecoveryPoint => Compared::Label(label::RECOVERY_POINT),
            Self::Bucket => Compared::Label(label::BUCKET),
            Self::BucketArn => Compared::Label(label::BUCKET_ARN),
            Self::Table => Compared::Label(label::TABLE),
            Self::TableArn => Compared::Label(label::TABLE_ARN),
            Self::ResourceType => Compared::Label(label::RESOURCE_TYPE),
            Self::RestoreTestingPlan => Compared::Label(label::RESTORE_TESTING_PLAN_ARN),
            Self::SourceResourceArn => Compared::Label(label::SOURCE_RESOURCE_ARN),
            Self::CreatedResourceArn => Compared::Label(label::CREATED_RESOURCE_ARN),
            Self::RecoveryPointArn => Compared::Label(label::RECOVERY_POINT_ARN),
            Self::BackupVaultArn => Compared::Label(label::BACKUP_VAULT_ARN),
            Self::IamRoleArn => Compared::Label(label::IAM_ROLE_ARN),
            Self::ParentJobId => Compared::Label(label::PARENT_JOB_ID),
            Self::ResourceName => Compared::Label(label::RESOURCE_NAME),
            Self::BackupPlan => Compared::Label(label::BACKUP_PLAN),
            Self::DestinationVaultArn => Compared::Label(label::DESTINATION_VAULT_ARN),
            Self::S3Bucket => Compared::Label(label::S3_BUCKET),
        }
    }

    /// The sources that a rule with this key can be for; `None` for all of them.
    pub(crate) fn sources(self) -> Option<BTreeSet<Source>> {
        match self.compared() {
            Compared::Label(name) => Some(sources_with_label(name)),
            Compared::Facet(sources @ [_, ..]) => Some(sources.iter().copied().collect()),
            Compared::Facet([])
            | Compared::Source
            | Compared::Reason
            | Compared::Account
            | Compared::AccountName
            | Compared::Unit
            | Compared::AccountTags
            | Compared::Region
            | Compared::Message => None,
        }
    }
}

/// Reads `match = { .. }`: at least one key, and no keys that exclude each other.
pub(super) fn read(item: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Match> {
    let table: &DeTable<'_> = item.table(mistakes, "a table such as { source = \"backup\", reason = \"failed\" }")?;
    if table.is_empty() {
        mistakes.add(item.span(), "match is empty; if the rule is for everything, say match = { source = \"*\" }");
        return None;
    }
    let mut matches = Match::default();
    let items = items::<MatchKey>(table, mistakes);
    let mut facet: Option<&Item<'_, '_>> = None;
    for (key, item) in &items {
        match key.compared() {
            Compared::Source => matches.sources = sources(item, mistakes),
            Compared::Reason => matches.reasons = reasons(item, mistakes),
            Compared::Account => matches.accounts = globs(item, mistakes, itself),
            Compared::AccountName => matches.account_names = globs(item, mistakes, itself),
            Compared::Unit => matches.units = globs(item, mistakes, itself),
            Compared::AccountTags => matches.account_tags = tags(item, mistakes),
            Compared::Region => matches.regions = globs(item, mistakes, itself),
            Compared::Message => matches.messages = globs(item, mistakes, itself),
            Compared::Facet(_) => {
                if let Some(first) = facet.replace(item) {
                    let both =
                        format!("{} and {} name the same thing, the facet; keep one of them", first.key, item.key);
                    mistakes.add(item.span(), both);
                }
                matches.facets = globs(item, mistakes, |name| spellings(*key, name));
            }
            Compared::Label(label) => {
                let patterns = globs(item, mistakes, |name| spellings(*key, name));
                if matches.labels.insert(label.to_owned(), patterns).is_some() {
                    let also =
                        "database and source_table name the same thing; say source_table = \"database.schema.table\"";
                    mistakes.add(item.span(), also);
                }
            }
        }
    }
    for (key, item) in &items {
        if let Some(of) = key.sources() {
            narrow(item, &of, &mut matches.sources, mistakes);
        }
    }
    Some(matches)
}

/// The ARN of a restore testing plan ends with its name and this.
const UUID: &str = "-????????-????-????-????-????????????";

/// The globs for a value in the settings, which may be shorter than AWS's value: a name instead of an ARN.
fn spellings(key: MatchKey, glob: &str) -> Vec<String> {
    match key {
        MatchKey::Database => vec![format!("{glob}.*")],
        MatchKey::Destination => in_arn(glob, "*:bucket/", &[""]),
        // Its ARN ends with the name, a hyphen and a UUID.
        MatchKey::RestoreTestingPlan => in_arn(glob, "*:restore-testing-plan:", &["", UUID]),
        _ => itself(glob),
    }
}

/// Narrows `sources` to those that have the key. If none of them has it, the rule matches nothing, which is a mistake.
fn narrow(item: &Item<'_, '_>, of: &BTreeSet<Source>, sources: &mut BTreeSet<Source>, mistakes: &mut Mistakes<'_>) {
    let left: BTreeSet<Source> =
        if sources.is_empty() { of.clone() } else { sources.intersection(of).copied().collect() };
    if left.is_empty() {
        let has: Vec<&str> = of.iter().map(|source| source.as_str()).collect();
        let wants: Vec<&str> = sources.iter().map(|source| source.as_str()).collect();
        let what = format!(
            "the rule can never match: {} is something of {}, and its other keys are of {}",
            item.key,
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

/// The globs for an ARN that is given by the name in it.
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

/// `account_tag.KEY = "glob"`.
fn tags(item: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> BTreeMap<String, Patterns> {
    let expected = "a table, written as account_tag.KEY = \"value\"";
    let Some(table) = item.table(mistakes, expected) else { return BTreeMap::new() };
    let tag = |(key, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>), mistakes: &mut Mistakes<'_>| {
        let name: &str = key.get_ref();
        (name.to_owned(), globs(&Item { key: item.key, value }, mistakes, itself))
    };
    table.iter().map(|entry| tag(entry, mistakes)).collect()
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
    use super::super::keys::Keys;
    use super::*;
    use Source::{Redshift, RedshiftServerless};

    #[test]
    fn every_label_is_one_that_a_source_makes() {
        let labels = MatchKey::ALL.iter().filter(|key| matches!(key.compared(), Compared::Label(_)));
        let without: Vec<_> = labels.clone().filter(|key| key.sources().is_some_and(|of| of.is_empty())).collect();
        assert!(labels.count() > 0 && without.is_empty(), "{without:?}");
        assert_eq!(MatchKey::Cluster.sources(), Some(BTreeSet::from([Redshift])));
        let tables = [Redshift, RedshiftServerless];
        assert_eq!(MatchKey::SourceTable.sources(), Some(BTreeSet::from(tables)));
    }
}
