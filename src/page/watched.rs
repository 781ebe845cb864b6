//! What is watched: the sources, and the accounts and regions if there are several, each with its last complete pass.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::facets::place;
use super::{ago, left_out};
use crate::domain::{Known, Scope, Source};
use crate::publish::render::{count, minute};
use crate::store::{Loaded, StoredAccount};

/// A source that was last read longer ago deserves a look. Settings may let a source be asked once a day.
const OLD: SignedDuration = SignedDuration::from_hours(26);

/// The section.
pub(super) struct Watched {
    pub sources: Vec<Line>,
    /// Empty if there is only one.
    pub targets: Vec<Line>,
    pub left_out: Option<String>,
}

/// A source, or an account and a region.
pub(super) struct Line {
    pub name: String,
    /// `12 tables`.
    pub subjects: String,
    /// When it was last read completely: `4 min ago`, `never`.
    pub ago: String,
    /// The same as a time.
    pub at: String,
    /// `all read`, `2 of 600 not read`.
    pub state: String,
    pub is_fine: bool,
}

/// Scopes that are shown as one line.
#[derive(Default)]
struct Sum {
    scopes: usize,
    subjects: usize,
    unread: usize,
    /// When the scope that was read least recently was read. `None` if one was never read.
    oldest: Option<Timestamp>,
}

impl Watched {
    pub fn of(scopes: &[&Loaded], accounts: &BTreeMap<String, StoredAccount>, now: Timestamp, rows: usize) -> Self {
        let mut sources: BTreeMap<Source, Sum> = BTreeMap::new();
        let mut targets: BTreeMap<(&str, &str), (Sum, &Scope)> = BTreeMap::new();
        let known = scopes.iter().map(|loaded| &loaded.known);
        for known in known.filter(|known| Source::ALL.contains(&known.scope.source)) {
            let scope = &known.scope;
            sources.entry(scope.source).or_default().add(known);
            let target = targets.entry((&scope.account, &scope.region));
            target.or_insert_with(|| (Sum::default(), scope)).0.add(known);
        }
        let sources = sources.iter().map(|(source, sum)| {
            let (one, many) = source.subjects();
            let noun = if sum.subjects == 1 { one } else { many };
            sum.line(source.describe().to_owned(), &format!("{} {noun}", count(sum.subjects)), now)
        });
        let name = |scope: &Scope| accounts.get(&scope.account).and_then(|stored| stored.account.name.as_deref());
        let total = if targets.len() > 1 { targets.len() } else { 0 };
        // Those with trouble come first, then those that were read least recently.
        let mut all: Vec<&(Sum, &Scope)> = targets.values().take(total).collect();
        all.sort_by_key(|(sum, _)| (std::cmp::Reverse(sum.unread), sum.oldest));
        let targets: Vec<Line> = all
            .into_iter()
            .take(rows)
            .map(|(sum, scope)| sum.line(place(scope, name(scope)), &count(sum.subjects), now))
            .collect();
        Self { sources: sources.collect(), left_out: left_out(total, targets.len()), targets }
    }
}

impl Sum {
    fn add(&mut self, known: &Known) {
        let state = &known.checkpoint.state;
        self.oldest = if self.scopes == 0 { state.last_complete_at } else { self.oldest.min(state.last_complete_at) };
        self.scopes += 1;
        self.subjects += known.records.len();
        self.unread += usize::from(state.has_trouble());
    }

    fn line(&self, name: String, subjects: &str, now: Timestamp) -> Line {
        let age = self.oldest.map(|oldest| oldest.duration_until(now));
        let state = match (self.unread, self.scopes) {
            (0, _) => "read".to_owned(),
            (1, 1) => "not read".to_owned(),
            (unread, scopes) => format!("{} of {} not read", count(unread), count(scopes)),
        };
        Line {
            name,
            subjects: subjects.to_owned(),
            ago: self.oldest.map_or_else(|| "never".to_owned(), |oldest| ago(oldest, now)),
            at: self.oldest.map(minute).unwrap_or_default(),
            state,
            is_fine: self.unread == 0 && age.is_some_and(|age| age <= OLD),
        }
    }
}
