//! The rule for `tidings.toml` that mutes a notice.

use crate::domain::{Notice, Reason};
use crate::publish::about::{MuteKey, about};

/// One line with a rule that mutes all of these notices. Every message has it, so that people who want to mute one
/// notice do not unsubscribe from all. `None` if the notices have too little in common, or if muting makes no sense.
pub(in crate::publish) fn mute(notices: &[&Notice]) -> Option<String> {
    let first = notices.first()?;
    // A rule for an unreadable part would also mute a source that cannot be read at all. The next steps say what to do
    // instead.
    if matches!(first.reason(), Reason::Baseline | Reason::Reachable | Reason::Unreachable) {
        return None;
    }
    let mut common = keys(first);
    for notice in &notices[1..] {
        let others = keys(notice);
        common.retain(|key| others.contains(key));
    }
    if !common.iter().any(|(name, _)| *name == "source") {
        return None;
    }
    let matches: Vec<String> = common
        .into_iter()
        .filter_map(|(key, value)| Some(format!("{key} = {}", serde_json::Value::String(value?))))
        .collect();
    Some(format!("in tidings.toml a [[rule]] with match = {{ {} }} and mute = true", matches.join(", ")))
}

/// The keys with which a rule can match this notice.
fn keys(notice: &Notice) -> Vec<MuteKey> {
    let source = notice.scope.source;
    let mut keys =
        vec![("source", Some(source.as_str().to_owned())), ("reason", Some(notice.reason().as_str().to_owned()))];
    if let Some(event) = notice.facet_event() {
        keys.extend(about(source).mute_keys(event));
    }
    keys.retain(|(_, value)| value.as_ref().is_some_and(|value| !value.is_empty()));
    keys
}
