//! How to hear no more of it: the rule to write into `tidings.toml`.

use crate::domain::{Notice, Reason, Source};

/// The rule, on one line, that mutes what the notices have in common: the gravest reason to say so is that nobody then
/// unsubscribes from everything. `None` where muting makes no sense.
pub(super) fn mute(notices: &[&Notice]) -> Option<String> {
    let first = notices.first()?;
    // Who mutes that a part cannot be read hears no more of a source that cannot be read at all. The hints say what to do
    // instead.
    if matches!(first.reason, Reason::Baseline | Reason::Reachable | Reason::Unreachable) {
        return None;
    }
    let agreed = |value: &dyn Fn(&Notice) -> Option<String>| {
        let common = value(first).filter(|value| !value.is_empty())?;
        notices.iter().all(|notice| value(notice).as_deref() == Some(&common)).then_some(common)
    };
    let label = |name: &'static str| agreed(&move |notice: &Notice| notice.labels.get(name).cloned());
    let source = agreed(&|notice| Some(notice.scope.source.as_str().to_owned()))?;
    let mut parts =
        vec![("source", Some(source)), ("reason", agreed(&|notice| Some(notice.reason.as_str().to_owned())))];
    if first.facet != "scope" {
        parts.extend(match first.scope.source {
            Source::Redshift => vec![("cluster", label("cluster"))],
            Source::RedshiftServerless => vec![("namespace", label("namespace"))],
            Source::Backup => vec![
                ("resource_type", label("resource_type")),
                ("restore_testing_plan", label("restore_testing_plan_arn")),
                ("facet", agreed(&|notice| (notice.facet != "restore").then(|| notice.facet.clone()))),
            ],
            Source::S3TablesReplication => {
                let bucket = |notice: &Notice| notice.facet.rsplit('/').next().map(str::to_owned);
                vec![("bucket", label("bucket")), ("table", label("table")), ("destination", agreed(&bucket))]
            }
            Source::S3TablesMaintenance => vec![
                ("bucket", label("bucket")),
                ("table", label("table")),
                ("job_type", agreed(&|notice| Some(notice.facet.clone()))),
            ],
        });
    }
    let matches: Vec<String> = parts
        .into_iter()
        .filter_map(|(key, value)| Some(format!("{key} = {}", serde_json::Value::String(value?))))
        .collect();
    Some(format!("in tidings.toml a [[rule]] with match = {{ {} }} and mute = true", matches.join(", ")))
}
