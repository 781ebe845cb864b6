//! How to hear no more of it: the rule to write into `tidings.toml`.

use crate::domain::{Notice, Reason};
use crate::publish::about::{MuteKey, about};

/// The rule, on one line, that mutes what the notices have in common. It is on every notice so that nobody unsubscribes
/// from everything. `None` where muting makes no sense.
pub(in crate::publish) fn mute(notices: &[&Notice]) -> Option<String> {
    let first = notices.first()?;
    // A rule that mutes an unreadable part mutes an unreadable source, too. The next steps say what to do instead.
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

/// What a rule matches this notice by.
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
