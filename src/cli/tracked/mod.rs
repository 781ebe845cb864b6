//! The stored state with one row for each subject and facet, for `status` and for the end of a rehearsal.

mod table;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::domain::{Facet, FacetRecord, Known, Progress, Record, Scope, Silence};

pub(super) use table::{bar, number, table};

/// One state machine of one subject.
#[derive(Clone, Debug)]
pub(super) struct Row {
    scope: Scope,
    record: Record,
    name: Facet,
    facet: FacetRecord,
}

#[derive(Serialize)]
struct Amounts {
    percent: Option<f64>,
    done_bytes: Option<u64>,
    total_bytes: Option<u64>,
}

impl From<Progress> for Amounts {
    fn from(progress: Progress) -> Self {
        Self { percent: progress.percent, done_bytes: progress.done_bytes, total_bytes: progress.total_bytes }
    }
}

/// The rows of a scope, without expired records that DynamoDB has not removed yet and without facets that are gone.
pub(super) fn rows(known: &Known, now: Timestamp) -> Vec<Row> {
    let records = known.records.iter().map(|tracked| tracked.state);
    let mut rows = Vec::new();
    for record in records.filter(|record| record.expires_at.is_none_or(|expires_at| expires_at > now)) {
        for (name, facet) in record.facets.iter().filter(|(_, facet)| !facet.is_gone()) {
            let mut facet = FacetRecord::clone(facet);
            if let Some(failing) = &mut facet.failing {
                failing.silence.take_if(|silence| !silence.is_on(now));
            }
            rows.push(Row { scope: known.scope.clone(), record: record.clone(), name: name.clone(), facet });
        }
    }
    rows
}

/// Puts failing rows first, then unfinished ones, and within each the newest first.
pub(super) fn sort(rows: &mut [Row]) {
    rows.sort_by_cached_key(|row| {
        let rank = (!row.is_failing(), !row.is_unfinished());
        (rank, std::cmp::Reverse(row.since()), row.scope.clone(), row.record.subject.id.clone(), row.name.clone())
    });
}

impl Row {
    /// Whether it is failing: a restore that failed, or a recurring job that has not succeeded since its failure.
    pub const fn is_failing(&self) -> bool {
        self.facet.failing.is_some()
    }

    /// Its silence, if one is on.
    fn silence(&self) -> Option<&Silence> {
        self.facet.failing.as_ref()?.silence.as_deref()
    }

    /// Whether it is unfinished.
    pub const fn is_unfinished(&self) -> bool {
        self.name.kind().owes_an_end(&self.facet.status, self.facet.completed_once)
    }

    /// When it took its status.
    fn since(&self) -> Timestamp {
        self.facet.failing.as_ref().map_or(self.facet.changed_at, |failing| failing.since)
    }

    /// As JSON.
    pub fn to_json(&self) -> Value {
        let Self { scope, record, name, facet } = self;
        json!({
            "source": scope.source.as_str(),
            "account": scope.account,
            "region": scope.region,
            "subject": record.subject.id,
            "name": record.subject.name,
            "facet": name.as_str(),
            "status": facet.status.as_str(),
            "aws_status": facet.aws_status,
            "since": self.since(),
            "failing": self.is_failing(),
            "failures": facet.failing.as_ref().map_or(0, |failing| failing.runs),
            "silence": self.silence().map(|silence| {
                json!({"until": silence.until, "reason": silence.reason, "by": silence.by, "notice_id": silence.notice})
            }),
            "unfinished": self.is_unfinished(),
            "progress": facet.progress.map(Amounts::from),
            "message": facet.message,
            "run": facet.run,
            "first_seen_at": record.first_seen_at,
            "closed_at": record.closed_at,
            "attributes": record.subject.labels.iter().collect::<BTreeMap<_, _>>(),
        })
    }
}
