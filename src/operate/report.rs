//! Gathers the report about a period out of what is stored.
//!
//! What happened in the period comes from the records of restores and from the histories. What is failing, silenced or
//! unreadable is what the state says now.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::restore_test;
use crate::domain::notice::{Event, ScopeEvent};
use crate::domain::report::{FailingNow, LostRestore, Period, PeriodReport, Place, Unreadable, Verdict, Watched};
use crate::domain::{
    Checkpoint, Every, Facet, FacetRecord, Facets, Known, MOST_REMEMBERED, Record, Scope, Source, SubjectId, Tracked,
    part_name,
};
use crate::store::Loaded;

/// How long the state remembers a restore after AWS has last listed it. Nothing older can be in a report.
pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(45 * 24);
/// What cannot be read for a shorter time, and was not told, may have been a single pass.
const LONG: SignedDuration = SignedDuration::from_hours(1);

/// A report that is being gathered, scope by scope.
pub struct Gathering<'a> {
    /// The names of accounts by their ids.
    names: &'a BTreeMap<String, String>,
    report: PeriodReport,
    watched: BTreeMap<Source, Watched>,
    tables: BTreeSet<SubjectId>,
}

/// The report about these scopes. `names` are the names of accounts by their ids.
pub fn report(
    scopes: &[Loaded],
    names: &BTreeMap<String, String>,
    every: Every,
    period: Period,
    now: Timestamp,
) -> PeriodReport {
    let mut gathering = Gathering::new(names, every, period, now);
    for scope in scopes {
        gathering.add(scope);
    }
    gathering.finish()
}

impl<'a> Gathering<'a> {
    pub fn new(names: &'a BTreeMap<String, String>, every: Every, period: Period, now: Timestamp) -> Self {
        let told_is_least = period.from.duration_until(now) > REMEMBERED;
        let report = PeriodReport { told_is_least, ..PeriodReport::empty(every, period, now) };
        Self { names, report, watched: BTreeMap::new(), tables: BTreeSet::new() }
    }

    /// Adds a scope. No scope may be added twice.
    pub fn add(&mut self, loaded: &Loaded) {
        let Known { scope, checkpoint, records, .. } = &loaded.known;
        self.add_told(checkpoint);
        if is_not_available(checkpoint) {
            return;
        }
        self.add_unreadable(scope, &checkpoint.state, loaded.unreadable.len());
        if scope.source.facets() == Facets::None {
            return;
        }
        let first = Watched { source: scope.source, scopes: 0, subjects: 0, last_complete_at: None, never_read: 0 };
        let watched = self.watched.entry(scope.source).or_insert(first);
        watched.scopes += 1;
        match checkpoint.state.last_complete_at {
            Some(at) => watched.last_complete_at = Some(watched.last_complete_at.map_or(at, |oldest| oldest.min(at))),
            None => watched.never_read += 1,
        }
        let now = self.report.made_at;
        for tracked in records.iter().filter(|tracked| tracked.state.expires_at.is_none_or(|at| at > now)) {
            let was_told = self.add_told(&tracked);
            let is_watched = match scope.source.facets() {
                Facets::OneShot(facets) if facets.contains(&Facet::Restore) => {
                    self.add_restore(scope, &tracked.state, checkpoint.state.baseline_at)
                }
                Facets::OneShot(_) => self.is_of_period(&tracked.state),
                Facets::Destinations | Facets::Jobs | Facets::None => self.add_table(&tracked.state),
            };
            if is_watched || was_told {
                self.report.subjects += 1;
                self.report.quiet += usize::from(!was_told);
                if let Some(watched) = self.watched.get_mut(&scope.source) {
                    watched.subjects += 1;
                }
            }
            self.add_failing(scope, &tracked.state);
        }
    }

    /// The report, with its lists in order.
    pub fn finish(self) -> PeriodReport {
        let Self { mut report, watched, tables, .. } = self;
        report.watched = watched.into_values().collect();
        report.tables = tables.len();
        report.tests.sort_unstable_by(|one, other| {
            let key = |test: &crate::domain::report::RestoreTest| {
                (test.verdict.is_passed(), test.verdict.min(Verdict::Restored), test.verdict_at.or(test.began_at))
            };
            (key(one), &one.job).cmp(&(key(other), &other.job))
        });
        for test in &report.tests {
            *report.verdicts.entry(test.verdict).or_default() += 1;
        }
        report
            .lost_restores
            .sort_unstable_by(|one, other| (one.ended_at, &one.what).cmp(&(other.ended_at, &other.what)));
        report.failing.sort_unstable_by(|one, other| (one.since, &one.what).cmp(&(other.since, &other.what)));
        let until = |failing: &FailingNow| failing.silence.as_ref().map(|silence| silence.until);
        report.silenced.sort_unstable_by(|one, other| (until(one), &one.what).cmp(&(until(other), &other.what)));
        report.unreadable.sort_unstable_by(|one, other| (one.since, &one.place).cmp(&(other.since, &other.place)));
        report
    }

    /// Counts what people were told about an item in the period. Returns whether there was anything.
    fn add_told<T>(&mut self, tracked: &Tracked<T>) -> bool {
        let report = &mut self.report;
        let mut any = false;
        for told in tracked.history.iter().filter(|told| report.period.contains(told.told_at)) {
            *report.told.entry(told.notice.reason()).or_default() += 1;
            any = true;
        }
        let is_full = tracked.history.len() + tracked.outbox.notices.len() >= MOST_REMEMBERED;
        let oldest = tracked.history.first().map(|told| told.told_at);
        report.told_is_least |= is_full && oldest.is_none_or(|oldest| oldest >= report.period.from);
        any
    }

    fn add_unreadable(&mut self, scope: &Scope, state: &Checkpoint, items: usize) {
        let now = self.report.made_at;
        let is_long = |since: Timestamp| since.duration_until(now) >= LONG;
        let mut add = |part: Option<String>, since| {
            let place = place(scope, self.names);
            self.report.unreadable.push(Unreadable { source: scope.source, place, part, since });
        };
        if let Some(since) = state.failing_since.filter(|since| state.told_unreachable || is_long(*since)) {
            add(None, since);
        }
        for (part, unread) in state.unread.iter().filter(|(_, part)| part.told || is_long(part.unread.since)) {
            add(Some(part_name(part)), unread.unread.since);
        }
        if items > 0 {
            add(Some(format!("{items} items of the state table")), now);
        }
    }

    /// Adds a restore or a restore test if it is one of the period. Returns whether it is.
    fn add_restore(&mut self, scope: &Scope, record: &Record, baseline_at: Option<Timestamp>) -> bool {
        let Some(ended) = restore_test::ended(record, baseline_at) else { return false };
        let began_at = record.began_at.unwrap_or(record.first_seen_at);
        let is_of_period = match ended.times {
            Some(times) => self.report.period.contains(times.seen_at),
            None => began_at < self.report.period.to,
        };
        if !is_of_period {
            return false;
        }
        let place = || place(scope, self.names);
        if let Some(test) = restore_test::test(record, &ended, place) {
            self.report.tests.push(test);
            return true;
        }
        let verdict = ended.verdict;
        *self.report.restores.entry(verdict).or_default() += 1;
        if let Some(times) = ended.times.filter(|_| verdict.is_lost()) {
            self.report.lost_restores.push(LostRestore {
                source: scope.source,
                place: place(),
                what: record.subject.name.clone(),
                verdict,
                ended_at: times.ended_at,
                message: ended.restore.message.clone(),
            });
        }
        true
    }

    /// Counts a table if it was watched in the period. Returns whether it was.
    fn add_table(&mut self, record: &Record) -> bool {
        let is_watched = self.is_of_period(record);
        if is_watched {
            self.tables.insert(record.subject.id.clone());
        }
        is_watched
    }

    /// Whether the subject was watched in the period.
    fn is_of_period(&self, record: &Record) -> bool {
        record.closed_at.is_none_or(|closed_at| closed_at >= self.report.period.from)
    }

    fn add_failing(&mut self, scope: &Scope, record: &Record) {
        for (facet, state) in record.facets.iter().filter(|(_, state)| !state.is_gone()) {
            let Some(failing) = failing_now(scope, record, facet, state, self.report.made_at, self.names) else {
                continue;
            };
            if failing.silence.is_some() {
                self.report.silenced.push(failing);
            } else if facet.kind().is_recurring() && record.is_open() {
                self.report.failing.push(failing);
            }
        }
    }
}

fn failing_now(
    scope: &Scope,
    record: &Record,
    facet: &Facet,
    state: &FacetRecord,
    now: Timestamp,
    names: &BTreeMap<String, String>,
) -> Option<FailingNow> {
    let failing = state.failing.as_ref()?;
    Some(FailingNow {
        source: scope.source,
        place: place(scope, names),
        subject: record.subject.id.to_string(),
        facet: facet.as_str().to_owned(),
        what: facet.describe(&record.subject.name),
        since: failing.since,
        failures: failing.runs,
        message: state.message.clone(),
        is_told: failing.told_at.is_some(),
        silence: failing.silence_at(now).cloned(),
    })
}

fn place(scope: &Scope, names: &BTreeMap<String, String>) -> Place {
    let account_name = names.get(&scope.account).cloned();
    Place { account: scope.account.clone(), account_name, region: scope.region.clone() }
}

/// Whether people were told that the account or the region does not have the service, so that there is nothing to watch.
fn is_not_available(checkpoint: &Tracked<Checkpoint>) -> bool {
    let last = checkpoint.history.iter().rev().find_map(|told| match &told.notice.event {
        Event::Scope(ScopeEvent::Unreachable { error, .. }) => Some(error),
        _ => None,
    });
    checkpoint.state.told_unreachable && last.is_some_and(crate::domain::ScopeError::is_not_available)
}
