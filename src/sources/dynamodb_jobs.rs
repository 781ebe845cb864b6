//! What exports and imports of DynamoDB tables have in common: their ARNs, and which of the listed ones are described.
//!
//! A listing has the jobs of 90 days, and no filter by time. Its entries say little, so a job is described: when it is new,
//! and as long as it is not finished. What had ended before the first pass is history, for which an entry is enough.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Ask, Found, required};
use crate::domain::{Facet, FacetObservation, Labels, Observation, Status, Subject, SubjectId, label};
use crate::error::ApiError;

/// The labels that every job has.
pub(super) const LABELS: [&str; 2] = [label::TABLE, label::TABLE_ARN];
/// The largest page that both listings give.
pub(super) const PAGE: i32 = 25;

/// An entry of a listing.
pub(super) struct Entry {
    arn: String,
    status: String,
}

impl Entry {
    /// # Errors
    /// The entry has no ARN or no status.
    pub(super) fn of(action: &'static str, arn: Option<&str>, status: Option<&str>) -> Result<Self, ApiError> {
        let arn = required(action, "the ARN", arn)?.to_owned();
        Ok(Self { arn, status: required(action, "the status", status)?.to_owned() })
    }
}

/// The ids of the jobs to describe: those of `entries` that may have news, and the known unfinished ones that are not
/// listed. Entries that are history become observations at once.
pub(super) fn to_describe(ask: &Ask<'_>, entries: Vec<Entry>, facet: &Facet, found: &mut Found<'_>) -> Vec<SubjectId> {
    let is_baseline = ask.known.checkpoint.state.baseline_at.is_none();
    let mut ids = Vec::new();
    for Entry { arn, status } in entries {
        let known = ask.known.records.get(&arn).map(|tracked| tracked.state);
        // A job that vanished is closed without an end. If it is listed again, its end is news.
        if known.is_some_and(|record| record.facets.values().all(|facet| facet.status.is_finished())) {
            continue;
        }
        if is_baseline && Status::from_aws(facet.kind(), &status).is_finished() {
            let facets = vec![FacetObservation::new(facet.clone(), &status)];
            found.note_entry(Ok(observation(&arn, facet, Labels::new(), facets, None)));
        } else {
            ids.push(arn.into());
        }
    }
    let listed: BTreeSet<SubjectId> = ids.iter().cloned().collect();
    ids.extend(found.missing().into_iter().filter(|id| !listed.contains(id)));
    ids
}

/// What a job is now. The table is a label, from the ARN.
pub(super) fn observation(
    arn: &str,
    facet: &Facet,
    mut labels: Labels,
    facets: Vec<FacetObservation>,
    began_at: Option<Timestamp>,
) -> Observation {
    let Parts { table_arn, table, id } = Parts::of(arn);
    for (name, value) in LABELS.into_iter().zip([table, table_arn]) {
        if !value.is_empty() {
            labels.insert(name.to_owned(), value.to_owned());
        }
    }
    let short = id.rsplit('-').next().unwrap_or(id);
    let what = if *facet == Facet::Import { "import into" } else { "export of" };
    let name = format!("{what} table {} ({short})", if table.is_empty() { "?" } else { table });
    let subject = Arc::new(Subject { id: arn.into(), name, labels });
    Observation { subject, began_at: began_at.or_else(|| started_at(id)), facets, awaits_more: false }
}

/// The message of a failure, with its code as AWS spells it.
pub(super) fn message(code: Option<&str>, message: Option<&str>) -> Option<String> {
    let message = super::words(message);
    match (message, code.filter(|code| !code.is_empty())) {
        (Some(message), Some(code)) => Some(format!("{message} ({code})")),
        (message, code) => message.or_else(|| code.map(str::to_owned)),
    }
}

/// The parts of `arn:aws:dynamodb:us-east-1:123456789012:table/orders/export/01693685827463-2d8752fd`.
#[derive(Debug, PartialEq)]
struct Parts<'a> {
    table_arn: &'a str,
    table: &'a str,
    id: &'a str,
}

impl<'a> Parts<'a> {
    fn of(arn: &'a str) -> Self {
        let (job, id) = arn.rsplit_once('/').unwrap_or((arn, arn));
        let table_arn = job.rsplit_once('/').map(|(table_arn, _)| table_arn).unwrap_or_default();
        let table = table_arn.rsplit_once(":table/").map(|(_, table)| table).unwrap_or_default();
        Self { table_arn, table, id }
    }
}

/// When the job began: its id starts with that time in milliseconds, in every example of AWS's documentation. `None` for
/// an id of another form.
fn started_at(id: &str) -> Option<Timestamp> {
    let digits = id.split_once('-')?.0;
    (digits.len() == 14).then(|| Timestamp::from_millisecond(digits.parse().ok()?).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_tells_the_table_and_the_start() {
        let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/export/01693685827463-2d8752fd";
        let table_arn = "arn:aws:dynamodb:us-east-1:123456789012:table/orders";
        assert_eq!(Parts::of(arn), Parts { table_arn, table: "orders", id: "01693685827463-2d8752fd" });
        assert_eq!(started_at("01693685827463-2d8752fd"), "2023-09-02T20:17:07.463Z".parse().ok());
        for other in ["", "2d8752fd", "1-2", "x1693685827463-2d8752fd"] {
            assert_eq!(started_at(other), None, "{other}");
        }
        assert_eq!(Parts::of("strange"), Parts { table_arn: "", table: "", id: "strange" });
    }
}
