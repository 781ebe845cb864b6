//! The machine form: `CloudEvents` 1.0, structured JSON. The shape is a contract, versioned by its `type` and written down
//! in `schemas/tidings.notices.v1.json`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::digest::{Digest, Part};
use super::headline::headline;
use super::links::{console, encode};
use crate::domain::{Notice, NoticeId, Progress, Reason, Severity};

/// The version of the shape: a new one when a reader of the old one would break.
pub const TYPE: &str = "tidings.notices.v1";

/// The name space of the ids of events with several notices: a constant of this project.
const NAMESPACE: Uuid = Uuid::from_u128(0x3b9e_0d5a_8c51_4d1d_8a77_65ab_1f0e_7642);

#[derive(Serialize)]
struct Event {
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
    /// What all notices have in common and don't repeat: only in a message that says what it left out.
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
    /// What the entries lack for want of room, and how many of them lack it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    left_out: BTreeMap<&'static str, usize>,
}

/// Which message this is of several.
#[derive(Serialize)]
struct PartOf {
    number: usize,
    of: usize,
    total: usize,
}

/// What the explanations of that many notices have in common.
#[derive(Serialize)]
struct CauseOf {
    reason: &'static str,
    count: usize,
    message: String,
}

/// A notice as programs read it. Every key is always there; what is unknown is null.
#[derive(Serialize)]
struct Told<'a> {
    id: String,
    reason: &'static str,
    severity: &'static str,
    source: &'static str,
    account: &'a str,
    region: &'a str,
    subject: &'a str,
    facet: &'a str,
    title: &'a str,
    from: Option<&'a str>,
    to: &'a str,
    aws_status: Option<&'a str>,
    message: Option<&'a str>,
    progress: Option<Amounts>,
    first_seen_at: Timestamp,
    changed_at: Timestamp,
    observed_at: Timestamp,
    run: Option<Timestamp>,
    links: Links,
    attributes: BTreeMap<&'a str, &'a str>,
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

/// How much of each notice a message holds. Ordinary messages hold all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::publish) enum Detail {
    /// Every key.
    Whole,
    /// Without attributes and links, and without the message where the summary says the cause.
    Plain,
    /// The same, without times that are the run's; what all notices of the message share stands once, in `data.shared`.
    Shared,
}

/// How many causes a summary names.
const CAUSES: usize = 20;
/// What an entry always has of its own.
const OWN: [&str; 3] = ["id", "subject", "title"];

/// The event for these notices, as JSON text.
pub fn cloudevents(notices: &[Notice]) -> String {
    event(notices).to_string()
}

/// The event for these notices.
pub fn event(notices: &[Notice]) -> Value {
    event_of(&Digest::new(notices, None), Detail::Whole)
}

pub(super) fn event_of(digest: &Digest<'_>, detail: Detail) -> Value {
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
    json(&Event {
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
                by_reason: count(notices, |notice| notice.reason.as_str()),
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

/// One notice as it stands in an event's `data.notices`.
pub fn notice_json(notice: &Notice) -> Value {
    json(&told(notice))
}

/// Takes out of an entry what is large and found elsewhere, and names what it took.
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

/// Takes out of the entries what all of them say.
pub(in crate::publish) fn share(entries: &mut [Value]) -> Map<String, Value> {
    let mut shared = entries.first().and_then(Value::as_object).cloned().unwrap_or_default();
    shared
        .retain(|key, value| !OWN.contains(&key.as_str()) && entries.iter().all(|entry| entry.get(key) == Some(value)));
    for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
        entry.retain(|key, _| !shared.contains_key(key));
    }
    shared
}

/// The event's id: its notice's, or one made of its notices' ids, so that the same notices give the same event.
pub fn event_id(notices: &[Notice]) -> NoticeId {
    match notices {
        [notice] => notice.id,
        many => {
            let ids: Vec<u8> = many.iter().flat_map(|notice| notice.id.into_bytes()).collect();
            Uuid::new_v5(&NAMESPACE, &ids)
        }
    }
}

/// `/tidings/ACCOUNT/REGION`, or as much of it as the notices have in common.
fn source(notices: &[Notice]) -> String {
    let mut path = "/tidings".to_owned();
    let Some(first) = notices.first() else {
        return path;
    };
    for part in [|notice: &Notice| notice.scope.account.clone(), |notice: &Notice| notice.scope.region.clone()] {
        let common = part(first);
        if notices.iter().any(|notice| part(notice) != common) {
            break;
        }
        path = format!("{path}/{}", encode(&common));
    }
    path
}

fn count(notices: &[Notice], word: impl Fn(&Notice) -> &'static str) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for notice in notices {
        *counts.entry(word(notice)).or_insert(0) += 1;
    }
    counts
}

fn told(notice: &Notice) -> Told<'_> {
    Told {
        id: notice.id.to_string(),
        reason: Reason::as_str(notice.reason),
        severity: Severity::as_str(notice.severity),
        source: notice.scope.source.as_str(),
        account: &notice.scope.account,
        region: &notice.scope.region,
        subject: &notice.subject,
        facet: &notice.facet,
        title: &notice.title,
        from: notice.from.as_deref(),
        to: &notice.to,
        aws_status: notice.aws_status.as_deref(),
        message: notice.message.as_deref(),
        progress: notice.progress.map(amounts),
        first_seen_at: notice.first_seen_at,
        changed_at: notice.changed_at,
        observed_at: notice.observed_at,
        run: notice.run,
        links: Links { console: console(notice) },
        attributes: notice.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
    }
}

fn amounts(progress: Progress) -> Amounts {
    Amounts {
        percent: progress.percent.filter(|percent| percent.is_finite()),
        done_bytes: progress.done_bytes,
        total_bytes: progress.total_bytes,
    }
}

/// Structs of text, numbers and string-keyed maps always have a JSON form.
fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
