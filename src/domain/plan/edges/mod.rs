//! The edges of the rules, to the second and to the count. A scenario would need many passes to reach them.

mod one_shot;
mod recurring;
mod scopes;

use super::*;
use crate::domain::notice::{Event, ScopeEvent};
use crate::domain::{
    Effect, ErrorKind, Facet, Match, Mute, Observation, Outbox, Repeats, Rule, Scope, ScopeError, Silence, Source,
    Subject, Tracked,
};

/// A day, in seconds: longer than the limits for stalled and lagging.
const LATER: i64 = 24 * 3600;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_772_000_000 + seconds).expect("a time")
}

/// A scope that is read repeatedly. Its first complete read, at second 0, found nothing.
struct Watched {
    known: Known,
    policy: Policy,
}

impl Watched {
    fn new(source: Source) -> Self {
        let mut watched = Self::unread(source);
        assert_eq!(watched.reads(0, &[]), ["baseline scope"]);
        watched
    }

    fn unread(source: Source) -> Self {
        let scope = Scope { source, account: "123456789012".to_owned(), region: "eu-central-1".to_owned() };
        Self { known: Known::nothing(scope), policy: Policy::default() }
    }

    fn mute(&mut self, mute: Mute) {
        self.rule(Effect { mute: Some(mute), ..Effect::default() });
    }

    fn rule(&mut self, effect: Effect) {
        self.policy.rules.push(Rule { name: "under test".to_owned(), matches: Match::default(), effect });
    }

    /// Plans one read, and stores the result for the next.
    fn read(&mut self, seconds: i64, seen: &[Observation], coverage: &Coverage) -> Plan {
        let absent = self.known.open().filter(|id| !seen.iter().any(|seen| seen.subject.id == *id)).collect();
        let observed = Observed { observations: seen.to_vec(), absent, ..Observed::default() };
        let plan = plan(&self.known, &observed, coverage, &self.policy, at(seconds));
        for change in plan.changes.clone() {
            let tracked = Tracked { state: change.state, outbox: Outbox::default(), history: Vec::new(), revision: 1 };
            self.known.records.insert(&tracked);
        }
        self.known.checkpoint.state = plan.checkpoint.state.clone();
        plan
    }

    fn reads(&mut self, seconds: i64, seen: &[Observation]) -> Vec<String> {
        let plan = self.read(seconds, seen, &Coverage::Complete);
        plan.notices().map(|notice| format!("{} {}", notice.reason(), notice.facet())).collect()
    }

    fn tells(&mut self, seconds: i64, seen: Observation) -> Vec<Notice> {
        self.read(seconds, &[seen], &Coverage::Complete).notices().cloned().collect()
    }

    /// Silences what is failing.
    fn silence_until(&mut self, seconds: i64) {
        let (notice, reason) = (uuid::Uuid::nil(), "ticket 4711".to_owned());
        let silence = Silence { notice, began_at: at(0), until: at(seconds), reason, by: None };
        for mut tracked in self.known.records.iter().collect::<Vec<_>>() {
            for facet in tracked.state.facets.keys().cloned().collect::<Vec<_>>() {
                let silenced = tracked.state.silenced(&facet, Some(silence.clone()));
                tracked.state = silenced.expect("a failure");
            }
            self.known.records.insert(&tracked);
        }
    }

    fn record(&self) -> Record {
        self.known.records.get("s-1").expect("a record").state
    }
}

fn saw(id: &str, facets: impl IntoIterator<Item = FacetObservation>) -> Observation {
    let subject = Subject { id: id.into(), name: format!("subject {id}"), labels: crate::domain::Labels::new() };
    Observation { subject: subject.into(), began_at: None, facets: facets.into_iter().collect(), awaits_more: false }
}

fn restore(status: &str) -> Observation {
    saw("s-1", [FacetObservation::new(Facet::Restore, status)])
}

fn restore_test(status: &str, ended_at: Option<Timestamp>) -> Observation {
    let restore = FacetObservation { ended_at, ..FacetObservation::new(Facet::Restore, status) };
    Observation { awaits_more: true, ..saw("s-1", [restore]) }
}

fn job(status: &str, run: Option<i64>) -> FacetObservation {
    FacetObservation { run: run.map(at), ..FacetObservation::new(Facet::Job("icebergCompaction".to_owned()), status) }
}

fn copy(status: &str, run: Option<i64>) -> FacetObservation {
    FacetObservation { run: run.map(at), ..FacetObservation::new(Facet::Destination("dr".to_owned()), status) }
}

fn denied() -> Coverage {
    let error = ScopeError { kind: ErrorKind::Denied, message: "no".to_owned(), action: None };
    Coverage::Stopped { resume_after: None, unread: Vec::new(), error: Some(error) }
}

fn change(notice: &Notice) -> FacetChange {
    notice.facet_event().expect("a facet").change
}
