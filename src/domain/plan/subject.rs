//! What holds for every subject: first sight, absence, closing and expiry, and a failure that nothing holds back any more.

use std::sync::Arc;

use jiff::Timestamp;

use super::decision::{Candidate, Decision, decide};
use super::{Change, History, Transition, earlier, late, later, transitions};
use crate::domain::notice::{Event, FacetChange, FacetEvent, Recovery, notice_id};
use crate::domain::record::GONE_AFTER;
use crate::domain::{
    Case, Checkpoint, Coverage, Facet, FacetKind, FacetObservation, FacetRecord, Notice, Observation, Policy, Reason,
    Record, Scope, Status, Treatment, label,
};

/// Evaluates the subjects of a scope, one at a time.
pub(super) struct Evaluator<'a> {
    pub(super) scope: &'a Scope,
    pub(super) checkpoint: &'a Checkpoint,
    pub(super) policy: &'a Policy,
    pub(super) reference_time: Timestamp,
}

/// What is told of one subject, and how much a mute keeps from being told.
#[derive(Default)]
struct Told {
    notices: Vec<Notice>,
    muted: usize,
}

impl Evaluator<'_> {
    /// A subject that was read.
    pub(super) fn seen(&self, before: Option<&Record>, seen: &Observation) -> Option<Change<Record>> {
        let history = History {
            is_baseline: self.checkpoint.baseline_at.is_none(),
            is_new_subject: before.is_none(),
            until: self.checkpoint.baseline_at.map(|baseline| earlier(baseline, self.policy.grace)),
            horizon: self.checkpoint.horizon().map(|horizon| earlier(horizon, self.policy.grace)),
            began_at: seen.began_at,
            reference_time: self.reference_time,
        };
        let mut after = before.cloned().unwrap_or_else(|| Record::new(seen, self.reference_time));
        after.subject = Arc::clone(&seen.subject);
        after.began_at = seen.began_at.or(after.began_at);
        let mut told = Told::default();
        for facet in &seen.facets {
            let facet_before = before.and_then(|record| record.facets.get(&facet.facet));
            let facet_after = self.facet(&after, facet_before, facet, &history, &mut told);
            after.facets.insert(facet.facet.clone(), facet_after);
        }
        // A table that was read without one of its jobs or destinations no longer has it.
        self.miss(&mut after, &mut told, |facet| {
            facet.kind().is_recurring() && !seen.facets.iter().any(|seen| seen.facet == *facet)
        });
        self.settle(&mut after, seen.awaits_more);
        self.change(before, after, told)
    }

    /// A known subject that a read and a question by id did not find.
    pub(super) fn absent(&self, before: &Record, coverage: &Coverage) -> Option<Change<Record>> {
        if !before.is_open() || !may_conclude_from_absence(before, coverage) {
            return None;
        }
        let mut after = before.clone();
        let mut told = Told::default();
        self.miss(&mut after, &mut told, |_| true);
        if after.facets.values().all(FacetRecord::is_gone) {
            self.close(&mut after);
        }
        self.change(Some(before), after, told)
    }

    /// A subject that nothing new is known of. An end is for good, so one that was held back can be told without another
    /// read. A recurring job may have succeeded since, so it has to be read first.
    pub(super) fn unobserved(&self, before: &Record) -> Option<Change<Record>> {
        let is_withheld = |name: &Facet, facet: &FacetRecord| {
            !name.kind().is_recurring() && facet.failing.as_ref().is_some_and(|failing| failing.withheld)
        };
        before.facets.iter().find(|(name, facet)| is_withheld(name, facet))?;
        let mut after = before.clone();
        let mut told = Told::default();
        for (name, facet) in before.facets.iter().filter(|(name, facet)| is_withheld(name, facet)) {
            let mut facet = facet.clone();
            self.remind(before, name, &mut facet, &mut told);
            after.facets.insert(name.clone(), facet);
        }
        self.change(Some(before), after, told)
    }

    /// A facet that was read: its next record. What is told of it is added to `told`.
    fn facet(
        &self,
        record: &Record,
        before: Option<&FacetRecord>,
        seen: &FacetObservation,
        history: &History,
        told: &mut Told,
    ) -> FacetRecord {
        let name = &seen.facet;
        let (mut after, mut transitions) = transitions(before, seen, history);
        if let Some(before) = before {
            let source = (self.scope.source, self.policy);
            transitions.extend(late::evaluate((before, &mut after), seen, source, self.reference_time));
        }
        let mut is_failure_told = false;
        for transition in transitions {
            let transition = once_per_table(as_people_know_it(transition, before), record, name);
            let treatment = self.treatment(record, name, &after, transition.change);
            let decision = decide(&candidate(transition, name, before, &after), &treatment, self.reference_time);
            told.muted += usize::from(decision.is_muted());
            self.note(&mut after, transition.change, decision, before);
            if decision == Decision::Tell {
                is_failure_told |= transition.change.reason() == Reason::Failed;
                told.notices.push(self.notice(record, name, (before, &mut after), transition.change, treatment));
            }
        }
        // A run that fails when a reminder is due is counted first, so the reminder counts it too.
        if before.is_some() && !is_failure_told {
            self.remind(record, name, &mut after, told);
        }
        after
    }

    /// Tells a failure that is held back no longer, or reminds of one that goes on.
    fn remind(&self, record: &Record, name: &Facet, facet: &mut FacetRecord, told: &mut Told) {
        let Some(change) = standing_failure(facet, name.kind()) else {
            return;
        };
        let treatment = self.treatment(record, name, facet, change);
        let before = facet.clone();
        // What is told for the first time has no status before.
        let before = (change.reason() == Reason::StillFailing).then_some(&before);
        let candidate = Candidate { is_known: false, ..candidate(Transition::new(change), name, before, facet) };
        let decision = decide(&candidate, &treatment, self.reference_time);
        if decision == Decision::Tell {
            self.note(facet, change, decision, before);
            told.notices.push(self.notice(record, name, (before, facet), change, treatment));
        }
    }

    /// Counts another read that did not find some facets; those that owed an end and are now gone have vanished.
    fn miss(&self, record: &mut Record, told: &mut Told, is_missing: impl Fn(&Facet) -> bool) {
        let mut facets = std::mem::take(&mut record.facets);
        for (name, facet) in facets.iter_mut().filter(|(name, _)| is_missing(name)) {
            let was_gone = facet.is_gone();
            facet.absent_reads = (facet.absent_reads + 1).min(GONE_AFTER);
            if facet.is_gone() && !was_gone && name.kind().owes_an_end(&facet.status, facet.completed_once) {
                let change = FacetChange::Vanished;
                let treatment = self.treatment(record, name, facet, change);
                let before = facet.clone();
                let candidate = candidate(Transition::new(change), name, Some(&before), facet);
                let decision = decide(&candidate, &treatment, self.reference_time);
                told.muted += usize::from(decision.is_muted());
                if decision == Decision::Tell {
                    told.notices.push(self.notice(record, name, (Some(&before), facet), change, treatment));
                }
            }
        }
        record.facets = facets;
    }

    fn treatment(&self, record: &Record, name: &Facet, facet: &FacetRecord, change: FacetChange) -> Treatment {
        let case = Case {
            scope: self.scope,
            labels: &record.subject.labels,
            facet: name.as_str(),
            reason: change.reason(),
            message: facet.message.as_deref(),
        };
        self.policy.treat(&case, self.reference_time)
    }

    /// Notes in the record what people will know once the decision is carried out.
    fn note(&self, after: &mut FacetRecord, change: FacetChange, decision: Decision, before: Option<&FacetRecord>) {
        let reason = change.reason();
        match (reason, decision) {
            (Reason::Stalled | Reason::Overdue | Reason::Lagging, Decision::Tell) => {
                after.warned.insert(reason);
            }
            (Reason::Failed | Reason::StillFailing, Decision::Tell) => {
                if let Some(failing) = &mut after.failing {
                    failing.withheld = false;
                    failing.told_at = Some(self.reference_time);
                }
            }
            (Reason::Failed, Decision::Hold(_)) => {
                if let Some(failing) = &mut after.failing {
                    failing.withheld = true;
                    failing.told_at =
                        before.and_then(|before| before.failing.as_ref()).and_then(|failing| failing.told_at);
                }
            }
            _ => {}
        }
    }

    /// The notice of a change, which is counted in the record.
    fn notice(
        &self,
        record: &Record,
        facet: &Facet,
        (before, after): (Option<&FacetRecord>, &mut FacetRecord),
        change: FacetChange,
        treatment: Treatment,
    ) -> Notice {
        let reason = change.reason();
        let has_vanished = change == FacetChange::Vanished;
        let event = FacetEvent {
            subject: Arc::clone(&record.subject),
            facet: facet.clone(),
            change,
            from: before.map(|before| before.status.clone()),
            to: after.status.clone(),
            aws_status: Some(after.aws_status.clone()),
            message: after.message.clone(),
            progress: after.progress,
            run: after.run,
            requested_at: record.began_at,
            first_seen_at: record.first_seen_at,
            changed_at: if has_vanished { self.reference_time } else { after.changed_at },
        };
        let mut notice = Notice {
            id: uuid::Uuid::nil(),
            severity: reason.severity(),
            scope: self.scope.clone(),
            event: Event::Facet(Box::new(event)),
            observed_at: self.reference_time,
            note: None,
            topic_arn: None,
        };
        notice.id = notice_id(&[
            &self.scope.to_string(),
            &record.subject.id,
            facet.as_str(),
            &after.run.map(|run| run.to_string()).unwrap_or_default(),
            notice.from().unwrap_or_default(),
            notice.to(),
            reason.as_str(),
            &after.notices.to_string(),
        ]);
        after.notices += 1;
        notice.treated(treatment)
    }

    /// Closes a subject of which nothing more is expected, opens one that moves again, and keeps alive the memory of a
    /// closed one that the API still lists.
    fn settle(&self, record: &mut Record, awaits_more: bool) {
        let restored_at = record
            .facets
            .get(&Facet::Restore)
            .filter(|restore| restore.status == Status::Completed)
            .map(|restore| restore.changed_at);
        let cleaned_up = record.facets.get(&Facet::Deletion).is_some_and(|facet| facet.status.is_finished());
        let may_follow = restored_at.is_some_and(|restored_at| {
            awaits_more && !cleaned_up && restored_at > earlier(self.reference_time, self.policy.settle_limit)
        });
        let ended = record.facets.iter().all(|(name, facet)| match name.kind() {
            kind if kind.is_recurring() => facet.is_gone(),
            _ => facet.status.is_finished(),
        });
        if !ended || may_follow {
            record.closed_at = None;
            record.expires_at = None;
        } else if record.closed_at.is_none()
            || record.expires_at < Some(later(self.reference_time, self.policy.retention / 2))
        {
            self.close(record);
        }
    }

    fn close(&self, record: &mut Record) {
        record.closed_at.get_or_insert(self.reference_time);
        record.expires_at = Some(later(self.reference_time, self.policy.retention));
    }

    /// The change, unless nothing changed.
    fn change(&self, before: Option<&Record>, mut after: Record, told: Told) -> Option<Change<Record>> {
        if before == Some(&after) && told.notices.is_empty() {
            return None;
        }
        after.observed_at = self.reference_time;
        Some(Change { state: after, notices: told.notices, muted: told.muted })
    }
}

/// Whether a read with that coverage says anything about a known subject that it did not find. A complete read does.
/// A swept one does for the tables of buckets that were read whole: each bucket is listed and asked on its own.
fn may_conclude_from_absence(record: &Record, coverage: &Coverage) -> bool {
    match coverage {
        Coverage::Complete => true,
        Coverage::Swept(unread) => record.subject.labels.get(label::BUCKET_ARN).is_some_and(|bucket| {
            unread.iter().all(|unread| unread.part != *bucket && !unread.subjects.contains(&record.subject.id))
        }),
        Coverage::Stopped { .. } => false,
    }
}

/// A transition as the decision sees it.
fn candidate(transition: Transition, facet: &Facet, before: Option<&FacetRecord>, after: &FacetRecord) -> Candidate {
    let failures = after.failing.as_ref().map_or(0, |failing| failing.runs);
    // After a success in between it is another failure.
    let goes_on = facet.kind().is_recurring() && failures > 1;
    let known_before = before.and_then(|before| before.failing.as_ref()).is_some_and(|failing| !failing.withheld);
    Candidate {
        reason: transition.change.reason(),
        kind: facet.kind(),
        is_routine: transition.is_routine,
        failures,
        is_known: goes_on && known_before,
        told_at: after.failing.as_ref().and_then(|failing| failing.told_at),
    }
}

/// What may be told of a facet that stands in a failure, without anything new: the failure itself if it was held back, or a
/// reminder.
fn standing_failure(facet: &FacetRecord, kind: FacetKind) -> Option<FacetChange> {
    let failing = facet.failing.as_ref().filter(|_| facet.status.is_failure())?;
    if failing.withheld {
        Some(FacetChange::Failed(failing.failures()))
    } else {
        kind.is_recurring().then_some(FacetChange::StillFailing(failing.failures()))
    }
}

/// The first success after failures that nobody heard of is no recovery.
fn as_people_know_it(transition: Transition, before: Option<&FacetRecord>) -> Transition {
    let (FacetChange::Recovered(Recovery::Failing(_)), Some(before)) = (transition.change, before) else {
        return transition;
    };
    let is_secret = before.failing.as_ref().is_some_and(|failing| failing.is_secret());
    if !is_secret || before.warned.contains(&Reason::Lagging) {
        return transition;
    }
    if before.completed_once {
        Transition::routine(FacetChange::Completed)
    } else {
        Transition::new(FacetChange::Completed)
    }
}

/// A table's first successful maintenance run is told once for the table, whichever of its jobs it is: three messages
/// for every new table would be noise.
fn once_per_table(transition: Transition, record: &Record, name: &Facet) -> Transition {
    let is_first_success = name.kind() == FacetKind::Maintenance && transition.change == FacetChange::Completed;
    let mut others = record.facets.iter().filter(|(other, _)| *other != name);
    if is_first_success && others.any(|(_, facet)| facet.completed_once) {
        return Transition::routine(FacetChange::Completed);
    }
    transition
}
