//! The copy for programs: `CloudEvents` 1.0 in structured JSON. Its schema is `schemas/tidings.notices.v1.json`.
//! Programs depend on it, so a change that breaks them needs a new `type`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::domain::notice::{Baseline, Event, FacetChange, Failures, Recovery, ScopeEvent};
use crate::domain::{Notice, NoticeId, Progress, Reason, ScopeError};
use crate::publish::digest::{Digest, Part};
use crate::publish::render::escape::uri_component;
use crate::publish::render::headline::{headline, title};
use crate::publish::render::links::console;
use crate::publish::render::scope::{keys_named, parts_named};
use crate::publish::render::steps::exclude;
use crate::publish::render::words::message;

pub const TYPE: &str = "tidings.notices.v1";

/// The UUID namespace for ids of events with several notices, made for this project.
const NAMESPACE: Uuid = Uuid::from_u128(0x3b9e_0d5a_8c51_4d1d_8a77_65ab_1f0e_7642);

#[derive(Serialize)]
struct CloudEvent {
    specversion: &'static str,
    id: String,
    source: String,
    r#type: &'static str,
    time: Timestamp,
    datacontenttype: &'static str,
    data: Data,
}

#[derive(Serialize)]
struct Data {
    summary: Summary,
    /// The keys that have the same value in all notices, and that the notices therefore leave out. Only in
    /// [`Detail::Shared`].
    #[serde(skip_serializing_if = "Option::is_none")]
    shared: Option<Map<String, Value>>,
    notices: Vec<Value>,
}

#[derive(Serialize)]
struct Summary {
    total: usize,
    by_severity: BTreeMap<&'static str, usize>,
    by_reason: BTreeMap<&'static str, usize>,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<PartOf>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<CauseOf>,
    /// The keys that entries leave out because the message would be too large, and how many entries leave them out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    left_out: BTreeMap<&'static str, usize>,
}

#[derive(Serialize)]
struct PartOf {
    number: usize,
    of: usize,
    total: usize,
}

/// What the status messages of `count` notices have in common.
#[derive(Serialize)]
struct CauseOf {
    reason: &'static str,
    count: usize,
    message: String,
}

/// A notice as programs read it. Every key is always present. Its value is null if it is not known.
#[derive(Serialize)]
struct NoticeJson<'a> {
    id: String,
    reason: &'static str,
    severity: &'static str,
    source: &'static str,
    account: &'a str,
    region: &'a str,
    subject: Cow<'a, str>,
    facet: &'a str,
    title: String,
    from: Option<&'static str>,
    to: &'static str,
    aws_status: Option<&'a str>,
    message: Option<Cow<'a, str>>,
    progress: Option<Amounts>,
    first_seen_at: Timestamp,
    changed_at: Timestamp,
    observed_at: Timestamp,
    run: Option<Timestamp>,
    links: Links,
    attributes: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    incident_key: String,
    event_action: &'static str,
}

#[derive(Serialize)]
struct Amounts {
    percent: Option<f64>,
    done_bytes: Option<u64>,
    total_bytes: Option<u64>,
}

#[derive(Serialize)]
struct Links {
    console: Option<String>,
}

/// How much of each notice a message contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::publish) enum Detail {
    /// Every key. Almost all messages have this form.
    Whole,
    /// Without attributes and links, and without the status message if the summary contains the cause.
    Plain,
    /// Like `Plain`, but without `changed_at` if it is equal to `run`. Values that all notices share are in
    /// `data.shared`.
    Shared,
}

/// How many causes a summary names.
const CAUSES: usize = 20;
/// The keys that every entry keeps.
const OWN: [&str; 3] = ["id", "subject", "title"];

/// The event for these notices, as JSON text.
pub fn cloudevents(notices: &[Notice]) -> String {
    event(notices).to_string()
}

/// The event for these notices.
pub fn event(notices: &[Notice]) -> Value {
    event_of(&Digest::new(notices, None), Detail::Whole)
}

pub(in crate::publish) fn event_of(digest: &Digest<'_>, detail: Detail) -> Value {
    let notices = digest.notices;
    let named: Vec<_> =
        digest.groups.iter().filter(|group| notices.len() > 1 && group.cause.is_some()).take(CAUSES).collect();
    let mut left_out = BTreeMap::new();
    let mut entries: Vec<Value> = notices.iter().map(notice_json).collect();
    if detail > Detail::Whole {
        let said: BTreeSet<NoticeId> =
            named.iter().flat_map(|group| group.notices.iter().map(|notice| notice.id)).collect();
        for (entry, notice) in entries.iter_mut().zip(notices) {
            for key in trim(entry, detail, said.contains(&notice.id)) {
                *left_out.entry(key).or_insert(0) += 1;
            }
        }
    }
    let shared = (detail == Detail::Shared).then(|| share(&mut entries));
    json(&CloudEvent {
        specversion: "1.0",
        id: event_id(notices).to_string(),
        source: source(notices),
        r#type: TYPE,
        time: notices.iter().map(|notice| notice.observed_at).max().unwrap_or_default(),
        datacontenttype: "application/json",
        data: Data {
            summary: Summary {
                total: notices.len(),
                by_severity: count(notices, |notice| notice.severity.as_str()),
                by_reason: count(notices, |notice| notice.reason().as_str()),
                title: match notices {
                    [notice] => headline(notice),
                    _ => digest.summary(),
                },
                part: digest.part.map(|Part { number, of, total }| PartOf { number, of, total }),
                causes: named
                    .iter()
                    .map(|group| CauseOf {
                        reason: group.reason.as_str(),
                        count: group.notices.len(),
                        message: group.cause.clone().unwrap_or_default(),
                    })
                    .collect(),
                left_out,
            },
            shared,
            notices: entries,
        },
    })
}

/// An entry of `data.notices`.
pub fn notice_json(notice: &Notice) -> Value {
    json(&entry(notice))
}

/// Removes the keys from an entry that are large and can be found elsewhere. Returns their names.
pub(in crate::publish) fn trim(entry: &mut Value, detail: Detail, is_message_said: bool) -> Vec<&'static str> {
    let Some(entry) = entry.as_object_mut() else {
        return Vec::new();
    };
    let is_run = detail == Detail::Shared && entry.get("changed_at") == entry.get("run");
    let is_left_out = |key: &&str| match *key {
        "changed_at" => is_run,
        "message" => is_message_said,
        _ => true,
    };
    let keys = ["attributes", "changed_at", "links", "message"].into_iter().filter(is_left_out);
    keys.filter(|key| entry.shift_remove(*key).is_some()).collect()
}

/// Removes the keys that have the same value in all entries, and returns them.
pub(in crate::publish) fn share(entries: &mut [Value]) -> Map<String, Value> {
    let mut shared = entries.first().and_then(Value::as_object).cloned().unwrap_or_default();
    shared
        .retain(|key, value| !OWN.contains(&key.as_str()) && entries.iter().all(|entry| entry.get(key) == Some(value)));
    for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
        entry.retain(|key, _| !shared.contains_key(key));
    }
    shared
}

/// The id of the event. For one notice it is the id of the notice. For several it is made of their ids, so that the
/// same notices give the same event id.
pub fn event_id(notices: &[Notice]) -> NoticeId {
    match notices {
        [notice] => notice.id,
        many => {
            let ids: Vec<u8> = many.iter().flat_map(|notice| notice.id.into_bytes()).collect();
            Uuid::new_v5(&NAMESPACE, &ids)
        }
    }
}

/// `/tidings/ACCOUNT/REGION`, or the beginning of it that all notices have in common.
fn source(notices: &[Notice]) -> String {
    let Some(first) = notices.first() else {
        return path([]);
    };
    let parts = [|notice: &Notice| notice.scope.account.clone(), |notice: &Notice| notice.scope.region.clone()];
    let common = parts.map(|part| (part(first), notices.iter().all(|notice| part(notice) == part(first))));
    path(common.iter().take_while(|(_, is_common)| *is_common).map(|(text, _)| text.as_str()))
}

/// The path with these parts.
pub(in crate::publish) fn path<'p>(parts: impl IntoIterator<Item = &'p str>) -> String {
    parts.into_iter().fold("/tidings".to_owned(), |path, part| format!("{path}/{}", uri_component(part)))
}

fn count(notices: &[Notice], word: impl Fn(&Notice) -> &'static str) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for notice in notices {
        *counts.entry(word(notice)).or_insert(0) += 1;
    }
    counts
}

fn entry(notice: &Notice) -> NoticeJson<'_> {
    let event = notice.facet_event();
    NoticeJson {
        id: notice.id.to_string(),
        reason: notice.reason().as_str(),
        severity: notice.severity.as_str(),
        source: notice.scope.source.as_str(),
        account: &notice.scope.account,
        region: &notice.scope.region,
        subject: notice.subject(),
        facet: notice.facet(),
        title: title(notice),
        from: notice.from(),
        to: notice.to(),
        aws_status: event.and_then(|event| event.aws_status.as_deref()),
        message: message(notice),
        progress: event.and_then(|event| event.progress).map(amounts),
        first_seen_at: notice.first_seen_at(),
        changed_at: notice.changed_at(),
        observed_at: notice.observed_at,
        run: event.and_then(|event| event.run),
        links: Links { console: console(notice) },
        attributes: attributes(notice),
        incident_key: notice.incident_key().to_string(),
        event_action: event_action(notice),
    }
}

/// What the notice does to an incident in a tool for people on call: it opens one, closes it, or neither.
fn event_action(notice: &Notice) -> &'static str {
    let with_issues = notice.facet_event().is_some_and(|event| event.is_completed_with_issues(notice.scope.source));
    match notice.reason() {
        Reason::Completed | Reason::Recovered | Reason::Reachable if !with_issues => "resolve",
        Reason::Baseline | Reason::Started | Reason::Validating | Reason::Disabled => "info",
        _ => "trigger",
    }
}

/// The labels of the subject, and further facts of the notice.
fn attributes(notice: &Notice) -> BTreeMap<Cow<'_, str>, Cow<'_, str>> {
    let labels = notice.facet_event().into_iter().flat_map(|event| event.subject.labels.iter());
    let mut attributes: BTreeMap<Cow<'_, str>, Cow<'_, str>> =
        labels.map(|(name, value)| (Cow::Borrowed(name.as_str()), Cow::Borrowed(value.as_str()))).collect();
    let mut add = |name: &'static str, value: String| {
        attributes.insert(Cow::Borrowed(name), Cow::Owned(value));
    };
    if let Some(name) = &notice.account_name {
        add("account_name", name.clone());
    }
    match &notice.event {
        Event::Facet(event) => {
            if let Some(requested_at) = event.requested_at {
                add("started_at", requested_at.to_string());
            }
            match event.change {
                FacetChange::Failed(Failures { count: ..2, .. }) => {}
                FacetChange::Failed(failures) | FacetChange::StillFailing(failures) => {
                    add("failures_in_a_row", failures.count.to_string());
                    add("failing_since", failures.since.to_string());
                }
                FacetChange::Stalled { since } | FacetChange::Recovered(Recovery::Stalled(since)) => {
                    add("stalled_since", since.to_string());
                }
                FacetChange::Lagging { since } | FacetChange::Recovered(Recovery::Lagging(since)) => {
                    add("lagging_since", since.to_string());
                }
                FacetChange::Recovered(Recovery::Failing(since)) => add("failing_since", since.to_string()),
                FacetChange::Overdue { expected_by } => add("expected_by", expected_by.to_string()),
                _ => {}
            }
            if let Some(silence) = &event.silence {
                add("silenced_until", silence.until.to_string());
                add("silence_reason", silence.reason.clone());
                silence.by.iter().for_each(|by| add("silenced_by", by.clone()));
            }
        }
        Event::Scope(ScopeEvent::Baseline(Baseline { known, unfinished, failing, finished, .. })) => {
            let counts = [("known", known), ("unfinished", unfinished), ("failing", failing), ("finished", finished)];
            for (name, count) in counts {
                add(name, count.to_string());
            }
        }
        Event::Scope(ScopeEvent::Unreachable { error, .. }) => add_error(error, &mut add),
        Event::Scope(ScopeEvent::PartlyUnreachable { parts, .. }) => {
            if let Some(part) = parts.named.first() {
                add_error(&part.error, &mut add);
            }
            add("unread", parts.subjects.to_string());
            add("unread_parts", parts_named(parts.named.iter().map(|part| part.part.as_str()), parts.more));
            if let Some(globs) = exclude(parts) {
                let globs: Vec<String> = globs.into_iter().map(|glob| format!("{glob:?}")).collect();
                add("exclude", globs.join(", "));
            }
        }
        Event::Scope(ScopeEvent::PartsReachable { parts, .. }) => add("unread_parts", keys_named(parts)),
        Event::Scope(ScopeEvent::Reachable(_)) => {}
    }
    if let Some(note) = &notice.note {
        add("note", note.clone());
    }
    attributes
}

fn add_error(error: &ScopeError, add: &mut impl FnMut(&'static str, String)) {
    add("error", error.kind.as_str().to_owned());
    if let Some(action) = &error.action {
        add("missing_action", action.clone());
    }
}

fn amounts(progress: Progress) -> Amounts {
    Amounts {
        percent: progress.percent.filter(|percent| percent.is_finite()),
        done_bytes: progress.done_bytes,
        total_bytes: progress.total_bytes,
    }
}

/// This cannot fail: the structs contain only texts, numbers, lists and maps with string keys.
fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
