//! The settings file, from its text to [`Config`].

use toml::de::{DeTable, DeValue};

use super::item::{Item, items, section};
use super::keys::{
    BackupCopiesKey, BackupJobsKey, BackupKey, DynamoDbExportsKey, DynamoDbImportsKey, JobsKey, Keys, RedshiftKey,
    RedshiftServerlessKey, S3TablesKey, TopKey,
};
use super::mistakes::Mistakes;
use super::{Config, matches, report, rules, targets};
use crate::domain::{Pattern, Source};
use crate::publish::HttpsForm;
use crate::sources::TableFilter;

/// More passes, notices or calls than make sense.
const MOST: u32 = 10_000;

/// The table that a TOML text is; `None` when it is not TOML.
pub(crate) fn parse<'t>(text: &'t str, mistakes: &mut Mistakes<'_>) -> Option<DeTable<'t>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut said = None;
    for error in &errors {
        let span = error.span().unwrap_or(text.len()..text.len());
        let line = text.get(..span.start).map(|before| before.matches('\n').count());
        // What follows on the same line is mostly confusion over the first.
        if said != Some(line) {
            mistakes.add(span, error.message());
        }
        said = Some(line);
    }
    errors.is_empty().then(|| table.into_inner())
}

/// Reads settings. `home` is the region that messages are published in, if known.
pub(super) fn read(text: &str, home: Option<&str>, mistakes: &mut Mistakes<'_>) -> Config {
    let mut config = Config::default();
    let Some(table) = parse(text, mistakes) else { return config };
    for (key, item) in items(&table, mistakes) {
        match key {
            TopKey::Sources => config.sources = matches::sources(&item, mistakes).into_iter().collect(),
            TopKey::Routine if is_empty(&item) => config.policy.routine.clear(),
            TopKey::Routine => config.policy.routine = matches::sources(&item, mistakes),
            TopKey::UnreachableAfter => {
                set(&mut config.policy.unreachable_after, item.count(mistakes, MOST).map(Into::into));
            }
            TopKey::ReminderInterval => set(&mut config.policy.reminder_interval, item.duration_or_never(mistakes)),
            TopKey::DigestAbove => {
                set(&mut config.publishing.digest_above, item.count(mistakes, MOST).map(|count| count.get() as usize));
            }
            TopKey::Https => {
                let forms = [("amazon-q", HttpsForm::AmazonQ), ("machine", HttpsForm::Machine)];
                set(&mut config.publishing.https, item.word(mistakes, &forms));
            }
            TopKey::Targets => targets::read(&item, &mut config.targets, &mut config.publishing.group_by, mistakes),
            TopKey::Report => report::read(&item, &mut config.report, mistakes),
            TopKey::Redshift => jobs::<RedshiftKey>(&item, Source::Redshift, &mut config, mistakes),
            TopKey::RedshiftServerless => {
                jobs::<RedshiftServerlessKey>(&item, Source::RedshiftServerless, &mut config, mistakes);
            }
            TopKey::Backup => backup(&item, &mut config, mistakes),
            TopKey::S3Tables => s3tables(&item, &mut config, mistakes),
            TopKey::BackupJobs => jobs::<BackupJobsKey>(&item, Source::BackupJobs, &mut config, mistakes),
            TopKey::BackupCopies => jobs::<BackupCopiesKey>(&item, Source::BackupCopies, &mut config, mistakes),
            TopKey::DynamoDbExports => {
                jobs::<DynamoDbExportsKey>(&item, Source::DynamoDbExports, &mut config, mistakes);
            }
            TopKey::DynamoDbImports => {
                jobs::<DynamoDbImportsKey>(&item, Source::DynamoDbImports, &mut config, mistakes);
            }
            TopKey::Rule => rules::read(&item, home, &mut config.policy.rules, mistakes),
        }
    }
    config
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn is_empty(item: &Item<'_, '_>) -> bool {
    matches!(item.value.get_ref(), DeValue::Array(list) if list.is_empty())
}

/// A section about one-shot jobs.
fn jobs<K: Keys + Into<JobsKey>>(
    item: &Item<'_, '_>,
    source: Source,
    config: &mut Config,
    mistakes: &mut Mistakes<'_>,
) {
    for (key, item) in section::<K>(item, mistakes) {
        match key.into() {
            JobsKey::Every => every(&item, &[source], config, mistakes),
            JobsKey::StalledAfter => stalled_after(&item, source, config, mistakes),
        }
    }
}

fn every(item: &Item<'_, '_>, sources: &[Source], config: &mut Config, mistakes: &mut Mistakes<'_>) {
    if item.value.get_ref().as_str() == Some("tick") {
        config.every.retain(|source, _| !sources.contains(source));
    } else if let Some(every) = item.duration(mistakes) {
        config.every.extend(sources.iter().map(|source| (*source, every)));
    }
}

fn stalled_after(item: &Item<'_, '_>, source: Source, config: &mut Config, mistakes: &mut Mistakes<'_>) {
    let limits = &mut config.policy.stalled_after;
    match item.duration_or_never(mistakes) {
        Some(Some(limit)) => drop(limits.insert(source, limit)),
        Some(None) => drop(limits.remove(&source)),
        None => {}
    }
}

fn backup(item: &Item<'_, '_>, config: &mut Config, mistakes: &mut Mistakes<'_>) {
    for (key, item) in section(item, mistakes) {
        match key {
            BackupKey::Every => every(&item, &[Source::Backup], config, mistakes),
            BackupKey::StalledAfter => stalled_after(&item, Source::Backup, config, mistakes),
            BackupKey::OverdueAfter => set(&mut config.policy.overdue_after, item.duration_or_never(mistakes)),
            BackupKey::LookBack => set(&mut config.fetching.look_back, item.duration(mistakes)),
            BackupKey::SettleLimit => set(&mut config.policy.settle_limit, item.duration(mistakes)),
        }
    }
}

fn s3tables(item: &Item<'_, '_>, config: &mut Config, mistakes: &mut Mistakes<'_>) {
    let (mut include, mut exclude) = (Vec::new(), Vec::new());
    for (key, item) in section(item, mistakes) {
        match key {
            S3TablesKey::Every => {
                let sources = [Source::S3TablesReplication, Source::S3TablesMaintenance, Source::S3TablesExpiration];
                every(&item, &sources, config, mistakes);
            }
            S3TablesKey::Include => include = table_globs(&item, mistakes),
            S3TablesKey::Exclude => exclude = table_globs(&item, mistakes),
            S3TablesKey::MaxLag => set(&mut config.policy.max_lag, item.duration_or_never(mistakes)),
            S3TablesKey::Concurrency => {
                let calls = item.count(mistakes, 1_000);
                set(&mut config.fetching.concurrency, calls.map(|calls| calls.get() as usize));
            }
            S3TablesKey::AwsManaged => set(&mut config.fetching.aws_managed, item.boolean(mistakes)),
        }
    }
    config.fetching.tables = TableFilter::new(include, exclude);
}

fn table_globs(item: &Item<'_, '_>, mistakes: &mut Mistakes<'_>) -> Vec<Pattern> {
    let mut globs = Vec::new();
    for (text, span) in item.texts(mistakes) {
        match Pattern::of_paths(text) {
            Ok(glob) if !text.is_empty() => globs.push(glob),
            Ok(_) => mistakes.add(span, format!("{} is empty and would match no table", item.key)),
            Err(error) => {
                mistakes.add(span, format!("{error}; it is a glob over bucket/namespace/table, such as \"lake/**\""));
            }
        }
    }
    globs
}
