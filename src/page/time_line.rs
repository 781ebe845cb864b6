//! What people were told in the last 30 days: a row for each subject, with a mark for each notice.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::facets::{DAYS, Facets, Group, place};
use super::{ago, left_out};
use crate::domain::notice::{Event, FacetChange, Recovery, ScopeEvent};
use crate::domain::{Facet, Notice, Scope, Severity, SubjectId, ToldNotice, shorten};
use crate::operate::history;
use crate::publish::render::{count, headline, minute, one_line};
use crate::store::Loaded;

/// How many notices of a subject are listed.
const LISTED: usize = 12;
/// How many bytes of a headline and of a name the page shows.
const LONGEST: usize = 220;

/// How long the axis is, from one tick to the next, and how ticks are written.
struct Scale {
    length: SignedDuration,
    step: SignedDuration,
    format: &'static str,
}

const fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

/// The axis is as short as it can be.
const SCALES: [Scale; 5] = [
    Scale { length: hours(30), step: hours(6), format: "%-d %b %H:%M" },
    Scale { length: hours(5 * 24), step: hours(24), format: "%-d %b" },
    Scale { length: hours(12 * 24), step: hours(2 * 24), format: "%-d %b" },
    Scale { length: hours(20 * 24), step: hours(4 * 24), format: "%-d %b" },
    Scale { length: DAYS, step: hours(5 * 24), format: "%-d %b" },
];

/// The section.
pub(super) struct TimeLine {
    pub rows: Vec<Row>,
    pub ticks: Vec<Tick>,
    /// `34 notices about 21 subjects`.
    pub summary: String,
    pub left_out: Option<String>,
}

/// A subject, or a source as a whole.
pub(super) struct Row {
    pub what: String,
    pub place: String,
    /// The newest notice: its reason, its severity, and how long ago it was told.
    pub reason: String,
    pub severity: &'static str,
    pub ago: String,
    /// From the beginning of each failure to its end.
    pub spans: Vec<Span>,
    /// The most severe last, so that no other mark covers it.
    pub marks: Vec<Mark>,
    /// The newest first.
    pub notices: Vec<Told>,
    pub left_out: Option<String>,
}

/// A notice on the axis.
pub(super) struct Mark {
    /// In percent of the axis.
    pub at: String,
    pub severity: &'static str,
    pub title: String,
}

/// A time during which something was failing.
pub(super) struct Span {
    pub from: String,
    pub length: String,
    pub severity: &'static str,
}

/// A notice in the list.
pub(super) struct Told {
    pub at: String,
    pub severity: &'static str,
    pub headline: String,
    pub id: String,
}

/// A mark of the axis itself.
pub(super) struct Tick {
    pub at: String,
    pub text: String,
}

/// What a row is about.
type Key<'a> = (&'a Scope, Option<&'a str>);

impl TimeLine {
    pub fn of(scopes: &[&Loaded], facets: &Facets<'_>, now: Timestamp, rows: usize) -> Self {
        let entries = history(scopes.iter().copied(), now.checked_sub(DAYS).unwrap_or(Timestamp::MIN));
        let mut subjects: BTreeMap<Key<'_>, Vec<&ToldNotice>> = BTreeMap::new();
        for entry in &entries {
            let subject = entry.notice.facet_event().map(|event| &*event.subject.id);
            subjects.entry((&entry.notice.scope, subject)).or_default().push(entry);
        }
        let total = subjects.len();
        let mut shown: Vec<(Key<'_>, Vec<&ToldNotice>)> = subjects.into_iter().collect();
        // The worst come first, so that none of them is left out for something routine.
        shown.sort_by_cached_key(|(key, told)| {
            let worst = told.iter().map(|entry| entry.notice.severity).max();
            let newest = told.iter().map(|entry| entry.told_at).max();
            (std::cmp::Reverse((worst, newest)), key.0.clone(), key.1.map(str::to_owned))
        });
        shown.truncate(rows);
        let axis = Axis::covering(entries.first().map(|entry| entry.told_at), now);
        let failing: BTreeSet<(&Scope, SubjectId, Facet)> = [Group::Failing, Group::Silenced, Group::Muted]
            .into_iter()
            .flat_map(|group| facets.in_group(group))
            .map(|seen| (seen.scope, SubjectId::clone(&seen.item.state.subject.id), seen.facet))
            .collect();
        let is_failing = |notice: &Notice| {
            notice.facet_event().is_some_and(|event| {
                failing.contains(&(&notice.scope, SubjectId::clone(&event.subject.id), event.facet.clone()))
            })
        };
        let plural =
            |number: usize, one: &str| format!("{} {one}{}", count(number), if number == 1 { "" } else { "s" });
        Self {
            left_out: left_out(total, shown.len()),
            summary: format!("{} about {}", plural(entries.len(), "notice"), plural(total, "subject")),
            rows: shown.iter().map(|(_, told)| axis.row(told, is_failing, now)).collect(),
            ticks: axis.ticks(),
        }
    }
}

struct Axis {
    from: Timestamp,
    to: Timestamp,
    scale: &'static Scale,
}

impl Axis {
    /// The shortest axis that ends now and has the time on it.
    fn covering(oldest: Option<Timestamp>, now: Timestamp) -> Self {
        let [.., longest] = &SCALES;
        let age = oldest.map_or(SignedDuration::ZERO, |oldest| oldest.duration_until(now));
        let scale = SCALES.iter().find(|scale| scale.length >= age).unwrap_or(longest);
        Self { from: now.checked_sub(scale.length).unwrap_or(now), to: now, scale }
    }

    fn share(&self, time: Timestamp) -> f64 {
        let whole = self.from.duration_until(self.to).as_secs_f64().max(1.0);
        (self.from.duration_until(time).as_secs_f64() / whole).clamp(0.0, 1.0) * 100.0
    }

    fn at(&self, time: Timestamp) -> String {
        format!("{:.2}", self.share(time))
    }

    /// At whole multiples of the step, which are midnights if the step is a day.
    fn ticks(&self) -> Vec<Tick> {
        let step = self.scale.step.as_secs();
        let first = (self.from.as_second() + step - 1).div_euclid(step) * step;
        let times = (0..).map(|number| first + number * step).take_while(|time| *time <= self.to.as_second());
        let times = times.filter_map(|time| Timestamp::from_second(time).ok());
        // There is no room for text at the end.
        let times = times.filter(|time| self.share(*time) <= 96.0);
        times.map(|time| Tick { at: self.at(time), text: time.strftime(self.scale.format).to_string() }).collect()
    }

    /// `told` is not empty, and the oldest is first.
    fn row(&self, told: &[&ToldNotice], is_failing: impl Fn(&Notice) -> bool, now: Timestamp) -> Row {
        let newest = &told[told.len() - 1];
        let mut marks: Vec<&ToldNotice> = told.to_vec();
        marks.sort_by_key(|entry| entry.notice.severity);
        let notices: Vec<Told> = told.iter().rev().take(LISTED).map(|told| of_entry(told)).collect();
        Row {
            what: shorten(&what(&newest.notice), LONGEST),
            place: place(&newest.notice.scope, newest.notice.account_name.as_deref()),
            reason: newest.notice.reason().as_str().replace('-', " "),
            severity: newest.notice.severity.as_str(),
            ago: ago(newest.told_at, now),
            spans: self.spans(told, is_failing),
            marks: marks.into_iter().map(|entry| self.mark(entry)).collect(),
            left_out: left_out(told.len(), notices.len()),
            notices,
        }
    }

    fn mark(&self, entry: &ToldNotice) -> Mark {
        let Told { at, severity, headline, .. } = of_entry(entry);
        Mark { at: self.at(entry.told_at), severity, title: format!("{at}: {headline}") }
    }

    /// When each facet was failing, or the source could not be read.
    fn spans(&self, told: &[&ToldNotice], is_failing: impl Fn(&Notice) -> bool) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut open: BTreeMap<&str, (Timestamp, &Notice)> = BTreeMap::new();
        let mut end = |from: Timestamp, to: Timestamp, severity: Severity| {
            let (from, to) = (self.share(from), self.share(to));
            let length = format!("{:.2}", to - from);
            spans.push(Span { from: format!("{from:.2}"), length, severity: severity.as_str() });
        };
        for ToldNotice { notice, told_at } in told {
            match trouble(notice) {
                Some(Trouble::Since(since)) => {
                    open.entry(notice.facet()).or_insert((since, notice));
                }
                Some(Trouble::Over { since }) => {
                    let severity = open.remove(notice.facet()).map_or(Severity::Warning, |(_, first)| first.severity);
                    end(since, *told_at, severity);
                }
                None => {}
            }
        }
        for (since, notice) in open.into_values() {
            if is_failing(notice) || matches!(notice.event, Event::Scope(_)) {
                end(since, self.to, notice.severity);
            }
        }
        spans
    }
}

/// What a notice says about a lasting trouble.
enum Trouble {
    Since(Timestamp),
    Over { since: Timestamp },
}

fn trouble(notice: &Notice) -> Option<Trouble> {
    match &notice.event {
        Event::Facet(event) if event.facet.kind().is_recurring() => match event.change {
            FacetChange::Failed(failures) | FacetChange::StillFailing(failures) => Some(Trouble::Since(failures.since)),
            FacetChange::Recovered(Recovery::Failing(since)) => Some(Trouble::Over { since }),
            _ => None,
        },
        Event::Scope(ScopeEvent::Unreachable { unread, .. } | ScopeEvent::PartlyUnreachable { unread, .. }) => {
            Some(Trouble::Since(unread.since))
        }
        Event::Scope(ScopeEvent::Reachable(unread) | ScopeEvent::PartsReachable { unread, .. }) => {
            Some(Trouble::Over { since: unread.since })
        }
        Event::Facet(_) | Event::Scope(ScopeEvent::Baseline(_)) => None,
    }
}

fn of_entry(entry: &ToldNotice) -> Told {
    Told {
        at: minute(entry.told_at),
        severity: entry.notice.severity.as_str(),
        headline: shorten(&headline(&entry.notice), LONGEST),
        id: entry.notice.id.to_string(),
    }
}

fn what(notice: &Notice) -> String {
    match notice.facet_event() {
        Some(event) => one_line(&event.subject.name),
        None => notice.scope.source.describe().to_owned(),
    }
}
