//! Translates between items of the table and the types of the domain.
//!
//! The rows are the stored format. Fields may be added, but a field never gets another meaning. A reader ignores fields
//! that it does not know, and uses a default for fields that are missing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use jiff::Timestamp;
use litemap::LiteMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::StoreError;
use super::history_row::{self, HISTORY};
use super::notice_row::{self, NoticeRow, ProgressRow, SilenceRow};
use crate::domain::notice::UnreadFor;
use crate::domain::{
    Checkpoint, Claim, Facet, FacetRecord, Failing, LearnedRate, Outbox, Reason, Record, Scope, Status, Subject, Sweep,
    ToldNotice, Tracked, UnreadState,
};

/// The version of the stored format. Every new item contains it.
pub(super) const SCHEMA: u32 = 1;
/// The sort key of a scope's checkpoint item. No subject id begins with `#`.
pub(crate) const CHECKPOINT: &str = "#checkpoint";

pub(super) type Item = HashMap<String, AttributeValue>;

/// The attributes that every item has beside its state.
#[derive(Serialize, Deserialize)]
struct Envelope {
    #[serde(default, skip_serializing)]
    rev: u64,
    #[serde(default, skip_serializing_if = "HashMap::is_empty")]
    outbox: HashMap<String, NoticeRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claim: Option<ClaimRow>,
    /// Only the removal of sent notices adds to it.
    #[serde(default, skip_serializing)]
    history: Vec<NoticeRow>,
}

/// Which attributes these are.
const ENVELOPE: [&str; 4] = ["rev", "outbox", "claim", HISTORY];

#[derive(Serialize, Deserialize)]
struct ClaimRow {
    token: String,
    until: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct RecordRow {
    #[serde(default, skip_serializing)]
    sk: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    labels: HashMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    began_at: Option<Timestamp>,
    first_seen_at: Timestamp,
    observed_at: Timestamp,
    #[serde(default, skip_serializing_if = "HashMap::is_empty")]
    facets: HashMap<String, FacetRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    closed_at: Option<Timestamp>,
    /// In seconds since 1970. It is the time-to-live attribute of the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct FacetRow {
    status: String,
    aws_status: String,
    changed_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    progress: Option<ProgressRow>,
    #[serde(default)]
    completed_once: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failing_since: Option<Timestamp>,
    #[serde(default)]
    failures: u32,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    told_words: BTreeSet<String>,
    #[serde(default)]
    told: u32,
    #[serde(default)]
    absent_reads: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    moved_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    warned: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    told_failing_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    withheld: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    silence: Option<SilenceRow>,
}

#[derive(Serialize, Deserialize)]
struct CheckpointRow {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    baseline_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_complete_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sweep: Option<SweepRow>,
    #[serde(default)]
    failures: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failing_since: Option<Timestamp>,
    #[serde(default)]
    told_unreachable: bool,
    #[serde(default, skip_serializing_if = "HashMap::is_empty")]
    unread: HashMap<String, UnreadRow>,
    #[serde(default, skip_serializing_if = "HashMap::is_empty")]
    rates: HashMap<String, RateRow>,
}

#[derive(Serialize, Deserialize)]
struct RateRow {
    rate: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    throttled: Option<f64>,
}

#[derive(Serialize, Deserialize)]
struct UnreadRow {
    since: Timestamp,
    #[serde(default)]
    passes: u32,
    /// The keys of `each`, for version 0.1.
    #[serde(default)]
    subjects: Vec<String>,
    #[serde(default)]
    each: HashMap<String, UnreadForRow>,
    #[serde(default)]
    told: bool,
}

#[derive(Serialize, Deserialize)]
struct UnreadForRow {
    since: Timestamp,
    passes: u32,
}

#[derive(Serialize, Deserialize)]
struct SweepRow {
    started_at: Timestamp,
    after: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unread: Vec<String>,
}

/// A state that is stored in an item of its own.
pub(super) trait Stored: Sized {
    fn sort_key(&self) -> &str;
    /// The attributes without the keys and the revision.
    fn to_item(tracked: &Tracked<Self>) -> Item;
}

impl Stored for Record {
    fn sort_key(&self) -> &str {
        &self.subject.id
    }

    fn to_item(tracked: &Tracked<Self>) -> Item {
        let state = &tracked.state;
        to_item(
            &tracked.outbox,
            RecordRow {
                sk: String::new(),
                name: state.subject.name.clone(),
                labels: state.subject.labels.clone().into_iter().collect(),
                began_at: state.began_at,
                first_seen_at: state.first_seen_at,
                observed_at: state.observed_at,
                facets: state.facets.iter().map(|(name, facet)| (name.to_string(), facet_row(facet))).collect(),
                closed_at: state.closed_at,
                expires_at: state.expires_at.map(Timestamp::as_second),
            },
        )
    }
}

impl Stored for Checkpoint {
    fn sort_key(&self) -> &str {
        CHECKPOINT
    }

    fn to_item(tracked: &Tracked<Self>) -> Item {
        let state = tracked.state.clone();
        to_item(
            &tracked.outbox,
            CheckpointRow {
                baseline_at: state.baseline_at,
                last_complete_at: state.last_complete_at,
                sweep: state.sweep.map(|sweep| SweepRow {
                    started_at: sweep.started_at,
                    after: sweep.after,
                    unread: sweep.unread.into_iter().collect(),
                }),
                failures: state.failures,
                failing_since: state.failing_since,
                told_unreachable: state.told_unreachable,
                unread: state.unread.iter().map(|(part, state)| (part.clone(), unread_row(state))).collect(),
                rates: state
                    .rates
                    .into_iter()
                    .map(|(action, LearnedRate { rate, throttled })| (action, RateRow { rate, throttled }))
                    .collect(),
            },
        )
    }
}

fn to_item<B: Serialize>(outbox: &Outbox, body: B) -> Item {
    let envelope = Envelope {
        rev: 0,
        outbox: outbox
            .notices
            .iter()
            .map(|(sequence, notice)| (sequence_key(*sequence), notice_row::to_row(notice)))
            .collect(),
        claim: outbox.claim.clone().map(|claim| ClaimRow { token: claim.token, until: claim.until }),
        history: Vec::new(),
    };
    // This cannot fail: rows contain only maps with string keys, lists, numbers and strings.
    let mut item: Item = serde_dynamo::to_item(body).unwrap_or_default();
    item.extend(serde_dynamo::to_item::<_, Item>(envelope).unwrap_or_default());
    item
}

/// The key of a notice in the outbox of its item. Sorted as strings, the keys are in the order of the numbers.
pub(super) fn sequence_key(sequence: u64) -> String {
    format!("{sequence:010}")
}

pub(super) fn record_from_item(scope: &Scope, item: &Item) -> Result<Tracked<Record>, StoreError> {
    let (envelope, row): (_, RecordRow) = read(scope, item)?;
    let (observed_at, name) = (row.observed_at, row.name);
    let mut facets = LiteMap::with_capacity(row.facets.len());
    for (name, facet) in row.facets {
        // A facet that only a later version knows stays in the item. This version does not see it.
        if let Some(name) = Facet::parse(scope.source, &name) {
            facets.insert(name, facet_record(facet, observed_at));
        }
    }
    let state = Record {
        subject: Arc::new(Subject { id: row.sk.into(), name: name.clone(), labels: row.labels.into_iter().collect() }),
        began_at: row.began_at,
        first_seen_at: row.first_seen_at,
        observed_at,
        facets,
        closed_at: row.closed_at,
        expires_at: row.expires_at.and_then(|seconds| Timestamp::from_second(seconds).ok()),
    };
    let history = history(scope, Some(&state.subject), envelope.history);
    Ok(Tracked {
        state,
        outbox: outbox(scope, item, &name, envelope.outbox, envelope.claim)?,
        history,
        revision: envelope.rev,
    })
}

pub(super) fn checkpoint_from_item(scope: &Scope, item: &Item) -> Result<Tracked<Checkpoint>, StoreError> {
    let (envelope, row): (_, CheckpointRow) = read(scope, item)?;
    let state = Checkpoint {
        baseline_at: row.baseline_at,
        last_complete_at: row.last_complete_at,
        sweep: row.sweep.map(|sweep| Sweep {
            started_at: sweep.started_at,
            after: sweep.after,
            unread: sweep.unread.into_iter().collect(),
        }),
        failures: row.failures,
        failing_since: row.failing_since,
        told_unreachable: row.told_unreachable,
        unread: row.unread.into_iter().map(|(part, row)| (part, unread_part(row))).collect(),
        rates: row
            .rates
            .into_iter()
            .map(|(action, RateRow { rate, throttled })| (action, LearnedRate { rate, throttled }))
            .collect(),
    };
    let history = history(scope, None, envelope.history);
    Ok(Tracked {
        state,
        outbox: outbox(scope, item, "", envelope.outbox, envelope.claim)?,
        history,
        revision: envelope.rev,
    })
}

fn unread_row(part: &UnreadState) -> UnreadRow {
    let each = part.subjects.iter().map(|(id, unread)| {
        let row = UnreadForRow { since: unread.since, passes: unread.passes };
        (id.to_string(), row)
    });
    UnreadRow {
        since: part.unread.since,
        passes: part.unread.passes,
        subjects: part.subjects.keys().map(ToString::to_string).collect(),
        each: each.collect(),
        told: part.told,
    }
}

fn unread_part(row: UnreadRow) -> UnreadState {
    let unread = UnreadFor { since: row.since, passes: row.passes };
    // Version 0.1 keeps one count, of the subjects that none of these passes could read.
    let subjects = row.subjects.into_iter().map(|id| {
        let own = row.each.get(&id).map(|own| UnreadFor { since: own.since, passes: own.passes });
        (id.into(), own.unwrap_or(unread))
    });
    UnreadState { unread, subjects: subjects.collect(), told: row.told }
}

fn read<B: DeserializeOwned>(scope: &Scope, item: &Item) -> Result<(Envelope, B), StoreError> {
    let (envelope, body): (Item, Item) =
        item.clone().into_iter().partition(|(name, _)| ENVELOPE.contains(&name.as_str()));
    let read = serde_dynamo::from_item(envelope).and_then(|envelope| Ok((envelope, serde_dynamo::from_item(body)?)));
    read.map_err(|error| unreadable(scope, item, error.to_string()))
}

fn unreadable(scope: &Scope, item: &Item, reason: String) -> StoreError {
    StoreError::Unreadable { pk: scope.to_string(), sk: text(item, "sk").unwrap_or("?").to_owned(), reason }
}

fn outbox(
    scope: &Scope,
    item: &Item,
    subject_name: &str,
    rows: HashMap<String, NoticeRow>,
    claim: Option<ClaimRow>,
) -> Result<Outbox, StoreError> {
    let mut notices = BTreeMap::new();
    for (key, row) in rows {
        let sequence = key.parse().map_err(|_| unreadable(scope, item, format!("outbox entry {key:?}")))?;
        let reason = row.reason.clone();
        // A notice that cannot be read makes the whole item unreadable. Without it, the next notices of the outbox
        // would be sent before it.
        let notice = notice_row::from_row(scope, subject_name, row)
            .ok_or_else(|| unreadable(scope, item, format!("a notice with reason {reason:?}")))?;
        notices.insert(sequence, notice);
    }
    Ok(Outbox { notices, claim: claim.map(|claim| Claim { token: claim.token, until: claim.until }) })
}

fn history(scope: &Scope, subject: Option<&Arc<Subject>>, rows: Vec<NoticeRow>) -> Vec<ToldNotice> {
    rows.into_iter().filter_map(|row| history_row::from_row(scope, subject, row)).collect()
}

fn facet_row(facet: &FacetRecord) -> FacetRow {
    let failing = facet.failing.as_ref();
    FacetRow {
        status: facet.status.as_str().to_owned(),
        aws_status: facet.aws_status.clone(),
        changed_at: facet.changed_at,
        run: facet.run,
        message: facet.message.clone(),
        progress: facet.progress.map(ProgressRow::from),
        completed_once: facet.completed_once,
        failing_since: failing.map(|failing| failing.since),
        failures: failing.map_or(0, |failing| failing.runs),
        told_words: facet.told_words.clone(),
        told: facet.notices,
        absent_reads: facet.absent_reads,
        moved_at: Some(facet.moved_at),
        warned: facet.warned.iter().map(|reason| reason.as_str().to_owned()).collect(),
        told_failing_at: failing.and_then(|failing| failing.told_at),
        withheld: failing.is_some_and(|failing| failing.withheld),
        silence: failing.and_then(|failing| failing.silence.as_deref()).map(Into::into),
    }
}

/// `observed_at` is that of the record. In a row without `moved_at`, the facet cannot have moved later than that.
fn facet_record(row: FacetRow, observed_at: Timestamp) -> FacetRecord {
    FacetRecord {
        status: Status::from_stored(&row.status, &row.aws_status),
        aws_status: row.aws_status,
        changed_at: row.changed_at,
        run: row.run,
        message: row.message,
        progress: row.progress.as_ref().map(Into::into),
        completed_once: row.completed_once,
        failing: row.failing_since.map(|since| Failing {
            since,
            runs: row.failures,
            // The version before reminders stored no time. It told every failure that it did not hold back.
            told_at: row.told_failing_at.or((!row.withheld).then_some(observed_at)),
            withheld: row.withheld,
            silence: row.silence.map(|silence| Box::new(silence.into())),
        }),
        told_words: row.told_words,
        notices: row.told,
        absent_reads: row.absent_reads,
        moved_at: row.moved_at.unwrap_or(observed_at),
        warned: row.warned.iter().filter_map(|word| Reason::parse(word)).collect(),
    }
}

pub(super) fn key(scope: &Scope, sort_key: &str) -> Item {
    Item::from([
        ("pk".to_owned(), AttributeValue::S(scope.to_string())),
        ("sk".to_owned(), AttributeValue::S(sort_key.to_owned())),
    ])
}

/// The size of an item, and never less than DynamoDB counts:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>.
pub(super) fn bytes(item: &Item) -> usize {
    let value = |value: &AttributeValue| match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len() + 2,
        AttributeValue::M(map) => 3 + bytes(map),
        AttributeValue::L(list) => {
            3 + list.iter().map(|value| bytes(&Item::from([(String::new(), value.clone())]))).sum::<usize>()
        }
        _ => 1,
    };
    item.iter().map(|(name, attribute)| name.len() + 1 + value(attribute)).sum()
}

/// How many bytes the history has in the item.
pub(super) fn history_bytes(history: &[ToldNotice]) -> usize {
    let value = |told: &ToldNotice| history_row::to_values([&told.notice], told.told_at);
    history.iter().map(|told| bytes(&Item::from([(HISTORY.to_owned(), value(told))]))).sum()
}

/// The value of a number attribute.
pub(super) fn number(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// The value of a string attribute.
pub(super) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// Why a conditional update failed.
pub(super) enum Refusal<'a> {
    /// The condition was false. Contains the item as it is now, if it exists.
    Condition(Option<&'a Item>),
    Other,
}

pub(super) fn refusal(error: &SdkError<UpdateItemError, HttpResponse>) -> Refusal<'_> {
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(refusal)) => Refusal::Condition(refusal.item()),
        _ => Refusal::Other,
    }
}

#[cfg(test)]
#[path = "item_tests.rs"]
mod tests;
