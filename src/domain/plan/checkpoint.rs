//! The scope as a whole: the baseline, and whether it can be read at all.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;

use super::{Change, Checkpoint, Coverage, FacetRecord, Known, Notice, Observed, Policy, Reason, Record};
use crate::domain::notice::notice_id;
use crate::domain::{Case, Facet, Labels, ScopeError, Sweep};

/// How many failing subjects the baseline names.
const NAMED: usize = 10;

pub(super) fn judge(
    known: &Known,
    observed: &Observed,
    coverage: &Coverage,
    policy: &Policy,
    reference_time: Timestamp,
    changes: &[Change<Record>],
) -> Change<Checkpoint> {
    let mut state = known.checkpoint.state.clone();
    let mut told = Told { policy, reference_time, notices: Vec::new(), muted: 0 };
    let herald = Herald { known, reference_time };
    let read_as_of = observed.relied_on.map_or(reference_time, |relied_on| relied_on.min(reference_time));
    let swept = match coverage {
        Coverage::Complete => {
            let started_at = state.sweep.take().map_or(read_as_of, |sweep| sweep.started_at.min(read_as_of));
            // Everything that an earlier read covered stays covered.
            state.last_complete_at = state.last_complete_at.max(Some(started_at));
            if state.told_unreachable {
                told.push(herald.reachable(&state));
            }
            state.failures = 0;
            state.failing_since = None;
            state.told_unreachable = false;
            true
        }
        Coverage::Partial { swept, resume_after, error } => {
            if let Some(error) = error {
                state.failures = state.failures.saturating_add(1);
                state.failing_since.get_or_insert(reference_time);
                if state.failures >= policy.unreachable_after && !state.told_unreachable {
                    // While it is muted it stays untold: if it still stands when the mute ends, it is told then.
                    state.told_unreachable = told.push(herald.unreachable(&state, error));
                }
            }
            if let Some(after) = resume_after {
                let started_at = state.sweep.take().map_or(read_as_of, |sweep| sweep.started_at.min(read_as_of));
                state.sweep = Some(Sweep { started_at, after: after.clone() });
            } else if *swept {
                state.sweep = None;
            }
            *swept
        }
    };
    if swept && state.baseline_at.is_none() {
        state.baseline_at = Some(reference_time);
        told.push(herald.baseline(changes, coverage.error()));
    }
    Change { state, notices: told.notices, muted: told.muted }
}

/// What is told of the scope, as the rules want it.
struct Told<'a> {
    policy: &'a Policy,
    reference_time: Timestamp,
    notices: Vec<Notice>,
    muted: usize,
}

impl Told<'_> {
    /// Whether it is told.
    fn push(&mut self, notice: Notice) -> bool {
        let case = Case {
            scope: &notice.scope,
            labels: &notice.labels,
            facet: &notice.facet,
            reason: notice.reason,
            message: notice.message.as_deref(),
        };
        let treatment = self.policy.treat(&case, self.reference_time);
        if treatment.muted {
            self.muted += 1;
            return false;
        }
        self.notices.push(notice.treated(treatment));
        true
    }
}

/// Words the notices about a scope.
struct Herald<'a> {
    known: &'a Known,
    reference_time: Timestamp,
}

impl Herald<'_> {
    fn notice(&self, reason: Reason, (from, to): (&str, &str), since: Timestamp) -> Notice {
        let scope = &self.known.scope;
        let id = notice_id(&[&scope.to_string(), "scope", &since.to_string(), from, to, reason.as_str()]);
        let verdict = match reason {
            Reason::Unreachable => "Unreachable",
            Reason::Reachable => "Reachable again",
            _ => "Now watching",
        };
        Notice {
            id,
            reason,
            severity: reason.severity(),
            scope: scope.clone(),
            subject: scope.to_string(),
            facet: "scope".to_owned(),
            title: format!("{verdict}: {}", scope.source.describe()),
            from: Some(from.to_owned()),
            to: to.to_owned(),
            aws_status: None,
            message: None,
            progress: None,
            first_seen_at: since,
            changed_at: self.reference_time,
            observed_at: self.reference_time,
            run: None,
            labels: Labels::new(),
            topic_arn: None,
        }
    }

    fn unreachable(&self, state: &Checkpoint, error: &ScopeError) -> Notice {
        let since = state.failing_since.unwrap_or(self.reference_time);
        let mut notice = self.notice(Reason::Unreachable, ("reachable", "unreachable"), since);
        notice.labels.insert("error".to_owned(), error.kind.to_owned());
        if let Some(action) = &error.action {
            notice.labels.insert("missing_action".to_owned(), action.clone());
        }
        // What is wrong comes first: a text message has room for little else.
        let what = error.message.trim_end_matches('.');
        notice.message = Some(format!(
            "{what}. {} passes in a row could not read it. Nothing is taken for finished meanwhile; what ends now is told \
             when it can be read again.",
            state.failures
        ));
        notice
    }

    fn reachable(&self, state: &Checkpoint) -> Notice {
        let since = state.failing_since.unwrap_or(self.reference_time);
        let mut notice = self.notice(Reason::Reachable, ("unreachable", "reachable"), since);
        notice.message = Some(format!("{} passes in a row could not read it.", state.failures));
        notice
    }

    fn baseline(&self, changes: &[Change<Record>], error: Option<&ScopeError>) -> Notice {
        let mut records: BTreeMap<&str, &Record> =
            self.known.records.iter().map(|(id, tracked)| (&**id, &tracked.state)).collect();
        records.extend(changes.iter().map(|change| (&*change.state.subject.id, &change.state)));
        let facets: Vec<(&Record, &Facet, &FacetRecord)> = records
            .values()
            .flat_map(|record| record.facets.iter().map(move |(name, facet)| (*record, name, facet)))
            .collect();
        let failing: Vec<_> = facets
            .iter()
            .filter(|(_, name, facet)| name.kind().is_recurring() && facet.failing_since.is_some())
            .collect();
        let unfinished = facets
            .iter()
            .filter(|(_, name, facet)| name.kind().owes_an_end(&facet.status, facet.completed_once))
            .count();
        let finished = records.values().filter(|record| !record.is_open()).count();

        let mut notice = self.notice(Reason::Baseline, ("unwatched", "watched"), self.reference_time);
        notice.title =
            format!("{}: {} known, {unfinished} unfinished, {} failing", notice.title, records.len(), failing.len());
        let mut message = match records.len() {
            0 => "There is nothing here yet; what begins from now on is watched.".to_owned(),
            known => format!(
                "{known} known: {unfinished} unfinished, {} failing right now, {finished} finished earlier \
                 (history, not reported one by one).",
                failing.len()
            ),
        };
        for (record, name, facet) in failing.iter().take(NAMED) {
            let said = facet.message.as_deref().unwrap_or("no message from AWS");
            let _ = write!(message, "\nFailing: {name} of {}: {said}", record.subject.name);
        }
        if failing.len() > NAMED {
            let _ = write!(message, "\n... and {} more.", failing.len() - NAMED);
        }
        if let Some(error) = error {
            let _ = write!(message, "\nNot everything could be read: {}", error.message);
        }
        notice.message = Some(message);
        for (label, count) in
            [("known", records.len()), ("unfinished", unfinished), ("failing", failing.len()), ("finished", finished)]
        {
            notice.labels.insert(label.to_owned(), count.to_string());
        }
        notice
    }
}
