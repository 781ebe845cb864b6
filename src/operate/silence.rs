//! Silences: people ask for no more reminders of a failure, and take that back.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::history::find_notice;
use super::parse_length;
use crate::domain::{
    Change, Facet, Known, LONGEST_SILENCE, NoticeId, Record, Scope, Silence, SubjectId, Tracked, mark,
};
use crate::store::{Commit, Loaded, Session, Store, StoreError, Writer};

/// The longest reason, in characters.
const LONGEST_REASON: usize = 200;
/// The longest name of the person who asks.
const LONGEST_NAME: usize = 100;
/// How often the write is tried if passes write the same item.
const ATTEMPTS: usize = 5;

/// A wish for a silence, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SilenceRequest {
    /// The notice about the failure.
    pub notice: NoticeId,
    pub length: SignedDuration,
    pub reason: String,
    pub by: Option<String>,
}

/// Why a failure is not silenced. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum SilenceError {
    #[error("{0:?} is not the id of a notice; an id looks like 2d1f7a90-11aa-5c3e-9d10-5f0c7e000001")]
    Id(String),
    #[error("{0:?} is not a length of time such as \"90m\", \"72h\" or \"3d\"")]
    Length(String),
    #[error("a silence is at most 30 days long, not {0:?}")]
    TooLong(String),
    #[error("a silence needs a reason of 1 to {LONGEST_REASON} characters")]
    Reason,
    #[error("the name of who asks must have 1 to {LONGEST_NAME} characters")]
    Name,
    #[error(
        "no notice has the id {0}; ids of single notices are at the end of their emails and in `data.notices`, and the \
         state remembers the last 30 notices of a subject"
    )]
    Unknown(NoticeId),
    #[error("{what} is not failing, so there is nothing to silence")]
    NotFailing { what: String },
    #[error("{what} is not silenced")]
    NotSilenced { what: String },
    #[error("notice {0} is about a whole source or account, of which no reminders are sent")]
    OfScope(NoticeId),
    #[error("passes kept writing {what} at the same time; try again")]
    Busy { what: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A failure with a silence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Silenced {
    pub source: &'static str,
    pub account: String,
    pub region: String,
    pub subject: String,
    pub facet: String,
    /// `icebergCompaction on sales.orders in bucket lake`.
    pub what: String,
    pub failing_since: Timestamp,
    /// The number of failures in a row.
    pub failures: u32,
    pub notice_id: NoticeId,
    pub silenced_at: Timestamp,
    pub until: Timestamp,
    pub reason: String,
    pub by: Option<String>,
}

impl SilenceRequest {
    /// Checks what a person or a program asks for. `length` is a text such as `72h` or `3d`.
    ///
    /// # Errors
    /// One of the values is missing or not allowed.
    pub fn new(notice: &str, length: &str, reason: &str, by: Option<&str>) -> Result<Self, SilenceError> {
        let notice = parse_id(notice)?;
        let wrong = || SilenceError::Length(length.to_owned());
        let duration = parse_length(length).map_err(|_| wrong())?;
        if !duration.is_positive() {
            return Err(wrong());
        }
        if duration > LONGEST_SILENCE {
            return Err(SilenceError::TooLong(length.to_owned()));
        }
        let reason = text(reason, LONGEST_REASON).ok_or(SilenceError::Reason)?;
        let by = by.map(|by| text(by, LONGEST_NAME).ok_or(SilenceError::Name)).transpose()?;
        Ok(Self { notice, length: duration, reason, by })
    }
}

/// The id of a notice.
///
/// # Errors
/// The text is not a UUID.
fn parse_id(text: &str) -> Result<NoticeId, SilenceError> {
    NoticeId::try_parse(text.trim()).map_err(|_| SilenceError::Id(text.to_owned()))
}

/// The text in one line, if it is not empty and not too long.
fn text(text: &str, most: usize) -> Option<String> {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    (1..=most).contains(&line.chars().count()).then_some(line)
}

/// Silences the failure that a notice is about. A silence that is there already is replaced.
///
/// # Errors
/// See [`SilenceError`].
pub async fn silence(store: &Store, request: &SilenceRequest, writer: &Writer) -> Result<Silenced, SilenceError> {
    let until = writer.now.checked_add(request.length).unwrap_or(Timestamp::MAX);
    let silence = Silence {
        notice: request.notice,
        began_at: writer.now,
        until,
        reason: request.reason.clone(),
        by: request.by.clone(),
    };
    let place = find(store, request.notice).await?;
    write(store, &place, Some(&silence), writer).await
}

/// Ends the silence of the failure that a notice is about. Returns what was silenced.
///
/// # Errors
/// See [`SilenceError`].
pub async fn unsilence(store: &Store, notice: &str, writer: &Writer) -> Result<Silenced, SilenceError> {
    let place = find(store, parse_id(notice)?).await?;
    write(store, &place, None, writer).await
}

/// Every silence that is on, those that end first at the front.
pub fn silenced(scopes: &[Loaded], now: Timestamp) -> Vec<Silenced> {
    let mut silenced = Vec::new();
    for Known { scope, records, .. } in scopes.iter().map(|loaded| &loaded.known) {
        for Tracked { state: record, .. } in records.marked(mark::SILENCED).map(|entry| entry.unpack()) {
            silenced.extend(record.facets.keys().filter_map(|facet| of(scope, &record, facet, now)));
        }
    }
    silenced.sort_unstable_by(|one, other| (one.until, &one.what).cmp(&(other.until, &other.what)));
    silenced
}

/// A facet of a subject.
struct Place {
    scope: Scope,
    subject: SubjectId,
    facet: Facet,
    what: String,
}

/// What the notice is about.
async fn find(store: &Store, id: NoticeId) -> Result<Place, SilenceError> {
    let scopes = store.everything().await?;
    let notice = find_notice(&scopes, id).ok_or(SilenceError::Unknown(id))?;
    let event = notice.facet_event().ok_or(SilenceError::OfScope(id))?;
    Ok(Place {
        scope: notice.scope.clone(),
        subject: event.subject.id.clone(),
        facet: event.facet.clone(),
        what: event.facet.describe(&event.subject.name),
    })
}

/// Writes the silence of one facet, or removes it.
async fn write(
    store: &Store,
    place: &Place,
    silence: Option<&Silence>,
    writer: &Writer,
) -> Result<Silenced, SilenceError> {
    let session = store.open_for(&place.scope, &place.subject, writer).await?;
    let mut before = session.known.records.get(&place.subject);
    for _ in 0..ATTEMPTS {
        let what = || place.what.clone();
        let record = before.as_ref().map(|tracked| &tracked.state);
        let not_failing = || SilenceError::NotFailing { what: what() };
        let record = record.ok_or_else(not_failing)?;
        let was_silenced = of(&place.scope, record, &place.facet, writer.now);
        let after = record.silenced(&place.facet, silence.cloned()).ok_or_else(not_failing)?;
        let result = match silence {
            Some(_) => of(&place.scope, &after, &place.facet, writer.now),
            None => was_silenced,
        };
        let result = result.ok_or_else(|| SilenceError::NotSilenced { what: what() })?;
        match commit(&session, before.as_ref(), after).await? {
            Commit::Written(_) => return Ok(result),
            Commit::Conflict(fresh) => before = fresh,
        }
    }
    Err(SilenceError::Busy { what: place.what.clone() })
}

async fn commit(
    session: &Session<'_>,
    before: Option<&Tracked<Record>>,
    state: Record,
) -> Result<Commit<Record>, StoreError> {
    session.commit(before, Change { state, notices: Vec::new(), muted: 0 }).await
}

/// The silence of a facet, if one is on.
fn of(scope: &Scope, record: &Record, facet: &Facet, now: Timestamp) -> Option<Silenced> {
    let failing = record.facets.get(facet)?.failing.as_ref()?;
    let silence = failing.silence_at(now)?;
    Some(Silenced {
        source: scope.source.as_str(),
        account: scope.account.clone(),
        region: scope.region.clone(),
        subject: record.subject.id.to_string(),
        facet: facet.as_str().to_owned(),
        what: facet.describe(&record.subject.name),
        failing_since: failing.since,
        failures: failing.runs,
        notice_id: silence.notice,
        silenced_at: silence.began_at,
        until: silence.until,
        reason: silence.reason.clone(),
        by: silence.by.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "2d1f7a90-11aa-5c3e-9d10-5f0c7e000001";

    #[test]
    fn a_request_has_an_id_a_length_of_at_most_30_days_and_a_reason() {
        for (length, hours) in [("72h", 72), ("3d", 72), ("1w", 168), ("30d", 720), ("1d 12h", 36)] {
            let request = SilenceRequest::new(ID, length, " ticket\n4711 ", Some("ana")).expect("a request");
            assert_eq!(request.length, SignedDuration::from_hours(hours), "{length}");
            assert_eq!((request.reason.as_str(), request.by.as_deref()), ("ticket 4711", Some("ana")));
        }
        for (id, length, reason, by, said) in [
            ("17", "1h", "x", None, "not the id of a notice"),
            (ID, "soon", "x", None, "not a length of time"),
            (ID, "", "x", None, "not a length of time"),
            (ID, "-1h", "x", None, "not a length of time"),
            (ID, "0s", "x", None, "not a length of time"),
            (ID, "1mo", "x", None, "not a length of time"),
            (ID, "31d", "x", None, "at most 30 days"),
            (ID, "720h 1s", "x", None, "at most 30 days"),
            (ID, "1h", " \t", None, "needs a reason"),
            (ID, "1h", &"x".repeat(201), None, "needs a reason"),
            (ID, "1h", "x", Some(""), "the name of who asks"),
        ] {
            let error = SilenceRequest::new(id, length, reason, by).expect_err("a mistake").to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
