//! The machine form: `CloudEvents` 1.0, structured JSON. The shape is a contract, versioned by its `type`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::headline::summary;
use super::links::{console, encode};
use crate::domain::{Labels, Notice, NoticeId, Progress, Reason, Severity};

/// The version of the shape: a new one when a reader of the old one would break.
pub const TYPE: &str = "tidings.notices.v1";

/// The name space of the ids of events with several notices: a constant of this project.
const NAMESPACE: Uuid = Uuid::from_u128(0x3b9e_0d5a_8c51_4d1d_8a77_65ab_1f0e_7642);

#[derive(Serialize)]
struct Event<'a> {
    specversion: &'static str,
    id: String,
    source: String,
    r#type: &'static str,
    time: Timestamp,
    datacontenttype: &'static str,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    summary: Summary,
    notices: Vec<Told<'a>>,
}

#[derive(Serialize)]
struct Summary {
    total: usize,
    by_severity: BTreeMap<&'static str, usize>,
    by_reason: BTreeMap<&'static str, usize>,
    title: String,
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
    attributes: &'a Labels,
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

/// The event for these notices, as JSON text.
pub fn cloudevents(notices: &[Notice]) -> String {
    event(notices).to_string()
}

/// The event for these notices.
pub fn event(notices: &[Notice]) -> Value {
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
                title: summary(notices),
            },
            notices: notices.iter().map(told).collect(),
        },
    })
}

/// One notice as it stands in an event's `data.notices`.
pub fn notice_json(notice: &Notice) -> Value {
    json(&told(notice))
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
        attributes: &notice.labels,
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
