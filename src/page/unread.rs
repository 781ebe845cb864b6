//! What cannot be read: sources, parts of them, accounts, and items of the table itself.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::facets::place;
use super::failing::{Words, words};
use crate::domain::notice::{Event, ScopeEvent};
use crate::domain::{Known, Notice, Scope, Source, part_name, shorten};
use crate::publish::render::{count, minute, next_steps, one_line, span};
use crate::store::{Loaded, StoredAccount};

/// How many bytes of an error the page shows.
const LONGEST: usize = 600;

/// Something that passes cannot read.
pub(super) struct Unread {
    /// `AWS Backup restore jobs`, `S3 Tables maintenance: table bucket lake`.
    pub what: String,
    pub place: String,
    /// `Not read for 40 min, since 2026-03-02 05:40 UTC, in 8 passes`.
    pub since: String,
    /// The error, if it is known.
    pub error: Option<String>,
    /// What to do next.
    pub step: Vec<Words>,
}

/// Everything that cannot be read. Accounts come first, because nothing in them is watched.
pub(super) fn unread(scopes: &[&Loaded], accounts: &BTreeMap<String, StoredAccount>, now: Timestamp) -> Vec<Unread> {
    let no_access = accounts.iter().filter_map(|(id, stored)| {
        let failing = stored.access.failing.as_ref()?;
        let scope = Scope { source: Source::Account, account: id.clone(), region: String::new() };
        let step = if stored.access.readable_since.is_none() {
            "It could never be read. Deploy `member.yaml` there, or leave the account out under `[targets]` in tidings.toml."
        } else {
            "Compare the role in the account with `member.yaml`."
        };
        Some(Unread {
            what: "the whole account".to_owned(),
            place: place(&scope, stored.account.name.as_deref()),
            since: since(failing.unread.since, failing.unread.passes, now),
            error: Some(said(&failing.error.message)),
            step: words(step),
        })
    });
    let is_said = |known: &Known| {
        let stored = accounts.get(&known.scope.account).filter(|_| known.scope.source == Source::Account);
        stored.is_some_and(|stored| stored.access.failing.is_some())
    };
    let known = || scopes.iter().map(|loaded| &loaded.known).filter(|known| !is_said(known));
    let whole = known().filter_map(|known| of_scope(known, accounts, now));
    let parts = known().flat_map(|known| of_parts(known, accounts, now));
    let items = scopes.iter().flat_map(|loaded| {
        loaded.unreadable.iter().map(|error| Unread {
            what: "an item of the state table".to_owned(),
            place: place(&loaded.known.scope, None),
            since: "This version cannot read it".to_owned(),
            error: Some(said(&error.to_string())),
            step: Vec::new(),
        })
    });
    no_access.chain(whole).chain(parts).chain(items).collect()
}

fn of_scope(known: &Known, accounts: &BTreeMap<String, StoredAccount>, now: Timestamp) -> Option<Unread> {
    let state = &known.checkpoint.state;
    let from = state.failing_since?;
    let notice = newest(known, |event| matches!(event, ScopeEvent::Unreachable { .. }))
        .filter(|notice| notice.first_seen_at() >= from);
    Some(Unread {
        what: known.scope.source.describe().to_owned(),
        place: place(&known.scope, name(known, accounts)),
        since: since(from, state.failures, now),
        error: notice.and_then(Notice::message).map(|message| said(&message)),
        step: notice
            .and_then(|notice| next_steps(notice).into_iter().next())
            .map(|step| words(&step))
            .unwrap_or_default(),
    })
}

fn of_parts<'a>(
    known: &'a Known,
    accounts: &'a BTreeMap<String, StoredAccount>,
    now: Timestamp,
) -> impl Iterator<Item = Unread> + 'a {
    known.checkpoint.state.unread.iter().map(move |(part, state)| {
        let is_of_part = |event: &ScopeEvent| match event {
            ScopeEvent::PartlyUnreachable { parts, .. } => parts.named.iter().any(|named| named.part == *part),
            _ => false,
        };
        let notice = newest(known, is_of_part).filter(|_| state.told);
        Unread {
            what: format!("{}: {}", known.scope.source.describe(), part_name(part)),
            place: place(&known.scope, name(known, accounts)),
            since: since(state.unread.since, state.unread.passes, now),
            error: notice.and_then(Notice::message).map(|message| said(&message)),
            step: notice
                .and_then(|notice| next_steps(notice).into_iter().next())
                .map(|step| words(&step))
                .unwrap_or_default(),
        }
    })
}

/// The newest notice of that kind about the scope.
fn newest(known: &Known, is_wanted: impl Fn(&ScopeEvent) -> bool) -> Option<&Notice> {
    let told = known.checkpoint.history.iter().map(|told| &told.notice);
    let all = told.chain(known.checkpoint.outbox.notices.values());
    all.filter(|notice| matches!(&notice.event, Event::Scope(event) if is_wanted(event))).last()
}

fn name<'a>(known: &Known, accounts: &'a BTreeMap<String, StoredAccount>) -> Option<&'a str> {
    accounts.get(&known.scope.account)?.account.name.as_deref()
}

fn said(error: &str) -> String {
    shorten(&one_line(error), LONGEST)
}

fn since(since: Timestamp, passes: u32, now: Timestamp) -> String {
    let passes = match passes {
        1 => "1 pass".to_owned(),
        passes => format!("{} passes", count(passes as usize)),
    };
    format!("Not read for {}, since {}, in {passes}", span(since.duration_until(now)), minute(since))
}
