//! What is under way, with progress and an estimate.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::facets::{Facets, Group, Seen, happened, place};
use super::failing::name;
use crate::domain::Notice;
use crate::domain::notice::FacetChange;
use crate::publish::render::{facts, minute, remaining, span};
use crate::store::Loaded;

/// A restore, a validation or a first copy that must still end.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// The same as long as it is under way.
    pub id: String,
    pub what: String,
    pub source: &'static str,
    pub place: String,
    /// `running for 2 h 10 min`.
    pub since: String,
    /// What is odd about it, such as `Stalled for 3 h`.
    pub warning: Option<String>,
    /// 0 to 100, if AWS says so.
    pub percent: Option<f64>,
    /// `37 % (3.0 GiB of 8.0 GiB)`.
    pub progress: Option<String>,
    /// `another 3 h 40 min at the average rate so far (397 KiB/s), until about 2026-03-02 10:00 UTC`.
    pub estimate: Option<String>,
    /// The same in a few words: `397 KiB/s, 3 h 40 min left`.
    pub brief: Option<String>,
}

/// Everything that is under way, in the order of the page.
pub fn jobs(scopes: &[Loaded], now: Timestamp) -> Vec<Job> {
    let accounts = BTreeMap::new();
    let scopes: Vec<&Loaded> = scopes.iter().collect();
    let facets = Facets::of(&scopes, &accounts, now).in_group(Group::UnderWay);
    facets.into_iter().map(|seen| Job::of(&seen, now)).collect()
}

impl Job {
    pub(super) fn of(seen: &Seen<'_>, now: Timestamp) -> Self {
        let notice = seen.notice(now);
        let what = seen.what();
        let mut facts = facts(&notice);
        let mut fact = |name: &str| {
            let position = facts.iter().position(|fact| fact.name == name)?;
            Some(facts.swap_remove(position).value)
        };
        Self {
            id: format!("{} {} {}", seen.scope, seen.item.state.subject.id, seen.facet),
            warning: (seen.change() != FacetChange::Started).then(|| happened(&notice, &what)),
            what: name(seen),
            source: seen.scope.source.describe(),
            place: place(seen.scope, seen.account_name),
            since: since(seen, now),
            percent: seen.state.progress.and_then(|progress| progress.percent).filter(|percent| percent.is_finite()),
            progress: fact("Progress"),
            estimate: fact("Estimate"),
            brief: brief(&notice, now),
        }
    }

    /// The percentage for CSS.
    pub(super) fn width(&self) -> String {
        format!("{:.1}", self.percent.unwrap_or_default().clamp(0.0, 100.0))
    }
}

/// `397 KiB/s, 3 h 40 min left`.
fn brief(notice: &Notice, now: Timestamp) -> Option<String> {
    let remaining = remaining(notice.facet_event()?, now)?;
    let left = format!("{} left", span(remaining.left));
    Some(remaining.speed.map_or(left.clone(), |speed| format!("{speed}, {left}")))
}

/// `running for 2 h 10 min, requested 2026-03-02 04:10 UTC`.
fn since(seen: &Seen<'_>, now: Timestamp) -> String {
    let status = seen.state.status.as_str();
    if let Some(began_at) = seen.item.state.began_at.filter(|_| seen.facet.kind().is_job()) {
        return format!("{status}, requested {} ago, at {}", span(began_at.duration_until(now)), minute(began_at));
    }
    let since = seen.state.changed_at;
    format!("{status} for {}, since {}", span(since.duration_until(now)), minute(since))
}
