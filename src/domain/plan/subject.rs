//! Evaluates one subject, whatever its kind: first sight, absence, closing and expiry, reminders, and failures that
//! were held back.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::decision::{Candidate, Decision, decide};
use super::{Change, History, Notices, Transition, earlier, late, later, transitions};
use crate::domain::notice::{Event, FacetChange, FacetEvent, Recovery, notice_id};
use crate::domain::record::GONE_AFTER;
use crate::domain::{
    Account, Case, Checkpoint, Coverage, Facet, FacetKind, FacetObservation, FacetRecord, Failing, Notice, Observation,
    Policy, Reason, Record, Scope, Silence, Status, Treatment, label,
};

/// Evaluates the subjects of a scope, one at a time.
pub(super) struct Evaluator<'a> {
    pub(super) scope: &'a Scope,
    pub(super) account: &'a Account,
    pub(super) checkpoint: &'a Checkpoint,
    pub(super) policy: &'a Policy,
    pub(super) reference_time: Timestamp,
}

impl Evaluator<'_> {
    /// A subject that was read in this pass.
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
        let mut notices = Notices::default();
        for facet in &seen.facets {
            let facet_before = before.and_then(|record| record.facets.get(&facet.facet));
            let facet_after = self.facet(&after, facet_before, facet, &history, &mut notices);
            after.facets.insert(facet.facet.clone(), facet_after);
        }
        // The answer about a table names all of its jobs or destinations. If one is missing, the table no longer has
        // it.
        self.miss(&mut after, &mut notices, |facet| {
            facet.kind().is_recurring() && !seen.facets.iter().any(|seen| seen.facet == *facet)
        });
        self.settle(&mut after, seen.awaits_more);
        self.change(before, after, notices)
    }

    /// A known subject that neither the listing nor a lookup by id found.
    pub(super) fn absent(&self, before: &Record, coverage: &Coverage) -> Option<Change<Record>> {
        if !before.is_open() || !may_conclude_from_absence(before, coverage) {
            return None;
        }
        let mut after = before.clone();
        let mut notices = Notices::default();
        self.miss(&mut after, &mut notices, |_| true);
        // The record is closed but keeps its last status. Nobody knows how the subject ended.
        if after.facets.values().all(FacetRecord::is_gone) {
            self.close(&mut after);
        }
        self.change(Some(before), after, notices)
    }

    /// A known subject about which this pass learned nothing, and of which a failure was held back until now.
    pub(super) fn held_back(&self, before: &Record) -> Option<Change<Record>> {
        before.facets.iter().find(|(name, facet)| facet.is_held_back(name))?;
        let mut after = before.clone();
        let mut notices = Notices::default();
        for (name, facet) in before.facets.iter().filter(|(name, facet)| facet.is_held_back(name)) {
            let mut facet = facet.clone();
            self.remind(before, name, &mut facet, &mut notices);
            after.facets.insert(name.clone(), facet);
        }
        self.change(Some(before), after, notices)
    }

    /// Evaluates a facet that was read, adds its notices, and returns its next record.
    fn facet(
        &self,
        record: &Record,
        before: Option<&FacetRecord>,
        seen: &FacetObservation,
        history: &History,
        notices: &mut Notices,
    ) -> FacetRecord {
        let name = &seen.facet;
        let (mut after, mut transitions) = transitions(before, seen, history);
        if let Some(before) = before {
            let limits = (self.scope.source, self.policy);
            transitions.extend(late::evaluate((before, &mut after), seen, limits, self.reference_time));
        }
        for transition in transitions {
            let transition = once_per_table(as_people_know_it(transition, before), record, name);
            let treatment = self.treatment(record, name, &after, transition.change);
            let decision = self.decide(transition, name, (before, &after), &treatment);
            notices.muted += usize::from(decision.is_muted());
            self.note(&mut after, transition.change, decision, before);
            if decision == Decision::Tell {
                notices.list.push(self.notice(record, name, (before, &mut after), transition.change, treatment));
            }
        }
        // This comes after the transitions, so that the reminder also counts a run that failed in this pass. A failure
        // that was told or that is history has the time of this pass, so no reminder is due.
        self.remind(record, name, &mut after, notices);
        after
    }

    /// Tells a failure that nothing holds back any more, or reminds people of a failure that continues.
    fn remind(&self, record: &Record, name: &Facet, facet: &mut FacetRecord, notices: &mut Notices) {
        let Some(change) = standing_failure(facet, name.kind()) else {
            return;
        };
        let treatment = self.treatment(record, name, facet, change);
        let before = facet.clone();
        // A failure that is told for the first time has no status before. For a reminder, the status before is the
        // same.
        let before = (change.reason() == Reason::StillFailing).then_some(&before);
        let decision = self.decide(Transition::new(change), name, (before, facet), &treatment);
        // With any other decision the record stays as it is, and the next pass decides again.
        if decision == Decision::Tell {
            self.note(facet, change, decision, before);
            notices.list.push(self.notice(record, name, (before, facet), change, treatment));
        }
    }

    /// Counts another read that did not find these facets. A facet that is now gone, and that should still have ended,
    /// has vanished.
    fn miss(&self, record: &mut Record, notices: &mut Notices, is_missing: impl Fn(&Facet) -> bool) {
        let mut facets = std::mem::take(&mut record.facets);
        for (name, facet) in facets.iter_mut().filter(|(name, _)| is_missing(name)) {
            // Only the read that makes the facet gone tells people, so later reads do not tell them again.
            let was_gone = facet.is_gone();
            facet.absent_reads = (facet.absent_reads + 1).min(GONE_AFTER);
            if facet.is_gone() && !was_gone && name.kind().owes_an_end(&facet.status, facet.completed_once) {
                let change = FacetChange::Vanished;
                let treatment = self.treatment(record, name, facet, change);
                let before = facet.clone();
                let decision = self.decide(Transition::new(change), name, (Some(&before), facet), &treatment);
                notices.muted += usize::from(decision.is_muted());
                if decision == Decision::Tell {
                    notices.list.push(self.notice(record, name, (Some(&before), facet), change, treatment));
                }
            }
        }
        record.facets = facets;
    }

    fn treatment(&self, record: &Record, name: &Facet, facet: &FacetRecord, change: FacetChange) -> Treatment {
        let case = Case {
            scope: self.scope,
            account: self.account,
            labels: &record.subject.labels,
            facet: name.as_str(),
            reason: change.reason(),
            message: facet.message.as_deref(),
        };
        self.policy.treat(&case, self.reference_time)
    }

    fn decide(
        &self,
        transition: Transition,
        name: &Facet,
        (before, after): (Option<&FacetRecord>, &FacetRecord),
        treatment: &Treatment,
    ) -> Decision {
        let now = self.reference_time;
        decide(&candidate(transition, name, (before, after), now), treatment, now)
    }

    /// Stores what people know once this decision is carried out.
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
                    // This notice says that the silence is over.
                    failing.silence.take_if(|silence| !silence.is_on(self.reference_time));
                }
            }
            (Reason::Failed, Decision::Hold(_)) => {
                // A new record counts its failure as told. That is not true here, so the time of the record before
                // applies.
                if let Some(failing) = &mut after.failing {
                    failing.withheld = true;
                    failing.told_at =
                        before.and_then(|before| before.failing.as_ref()).and_then(|failing| failing.told_at);
                }
            }
            _ => {}
        }
    }

    /// Makes the notice of a change, and counts it in the record.
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
            silence: self.silence(before, reason),
        };
        let mut notice = Notice {
            id: uuid::Uuid::nil(),
            severity: reason.severity(),
            scope: self.scope.clone(),
            account_name: self.account.name.clone(),
            event: Event::Facet(Box::new(event)),
            observed_at: self.reference_time,
            note: None,
            topic_arn: None,
        };
        // The number of earlier notices tells apart transitions that look the same, such as two failures without a
        // timestamp. It comes from the stored record, so another attempt at this transition gives the same id.
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

    /// The silence that the notice mentions: one that is on, or one whose end makes the notice possible.
    fn silence(&self, before: Option<&FacetRecord>, reason: Reason) -> Option<Box<Silence>> {
        let silence = before?.failing.as_ref()?.silence.as_ref()?;
        let is_reminder = matches!(reason, Reason::Failed | Reason::StillFailing);
        (is_reminder || silence.is_on(self.reference_time)).then(|| silence.clone())
    }

    /// Closes a subject of which nothing more is expected, opens one that changes again, and renews the expiry of a
    /// closed one that the API still lists.
    fn settle(&self, record: &mut Record, awaits_more: bool) {
        let restored_at = record
            .facets
            .get(&Facet::Restore)
            .filter(|restore| restore.status == Status::Completed)
            .map(|restore| restore.changed_at);
        let cleaned_up = record.facets.get(&Facet::Deletion).is_some_and(|facet| facet.status.is_finished());
        // The validation and the deletion of a restore test begin some time after the restore has completed. A closed
        // subject is not looked up by id, so it must stay open for them, but not for ever: not every test has a
        // validation.
        let may_follow = restored_at.is_some_and(|restored_at| {
            awaits_more && !cleaned_up && restored_at > earlier(self.reference_time, self.policy.settle_limit)
        });
        // A recurring facet never ends. Only its absence closes the table.
        let ended = record.facets.iter().all(|(name, facet)| match name.kind() {
            kind if kind.is_recurring() => facet.is_gone(),
            _ => facet.status.is_finished(),
        });
        // If a record expired while AWS still lists the subject, the subject would look new. The expiry is renewed only
        // when half of it has passed, so that most passes over finished subjects write nothing.
        if !ended || may_follow {
            record.closed_at = None;
            record.expires_at = None;
        } else if record.closed_at.is_none()
            || record.expires_at < Some(later(self.reference_time, self.retention(record) / 2))
        {
            self.close(record);
        }
    }

    fn close(&self, record: &mut Record) {
        record.closed_at.get_or_insert(self.reference_time);
        record.expires_at = Some(later(self.reference_time, self.retention(record)));
    }

    /// How long the record is kept. Backups and copies complete in such numbers that those are kept for a week only. A
    /// failure and what people were told about are kept as long as everywhere.
    fn retention(&self, record: &Record) -> SignedDuration {
        let is_routine = |(name, facet): (&Facet, &FacetRecord)| {
            let is_job = name.kind().is_job() && name.kind().completes_as_routine();
            is_job && facet.notices == 0 && facet.failing.is_none()
        };
        if record.facets.iter().all(is_routine) { self.policy.routine_retention } else { self.policy.retention }
    }

    /// The change. `None` if only `observed_at` differs, because a pass over an unchanged scope must write nothing.
    fn change(&self, before: Option<&Record>, mut after: Record, notices: Notices) -> Option<Change<Record>> {
        if before == Some(&after) && notices.list.is_empty() {
            return None;
        }
        after.observed_at = self.reference_time;
        Some(Change { state: after, notices: notices.list, muted: notices.muted })
    }
}

/// Whether a read with this coverage proves that a subject it did not find is absent. A complete read does. Other reads
/// that asked about every subject do so for the tables of a bucket that was read completely, because each bucket is
/// listed on its own.
fn may_conclude_from_absence(record: &Record, coverage: &Coverage) -> bool {
    match coverage {
        Coverage::Complete => true,
        Coverage::Swept(unread) => record.subject.labels.get(label::BUCKET_ARN).is_some_and(|bucket| {
            unread.iter().all(|unread| unread.part != *bucket && !unread.subjects.contains(&record.subject.id))
        }),
        Coverage::Stopped { .. } => false,
    }
}

/// The facts about a transition that the decision needs.
fn candidate(
    transition: Transition,
    facet: &Facet,
    (before, after): (Option<&FacetRecord>, &FacetRecord),
    now: Timestamp,
) -> Candidate {
    let failures = after.failing.as_ref().map_or(0, |failing| failing.runs);
    // A success in between starts the count again, and the next failure is a new one.
    let goes_on = facet.kind().is_recurring() && failures > 1;
    let known_before = before.and_then(|before| before.failing.as_ref()).is_some_and(|failing| !failing.withheld);
    Candidate {
        reason: transition.change.reason(),
        kind: facet.kind(),
        is_routine: transition.is_routine,
        failures,
        is_known: goes_on && known_before,
        told_at: after.failing.as_ref().and_then(|failing| failing.told_at),
        is_silenced: after.failing.as_ref().is_some_and(|failing| failing.is_silenced(now)),
    }
}

/// What people may be told of a facet that failed earlier and has not recovered: the failure itself if it was held
/// back, otherwise a reminder. The end of a one-shot facet is told once, without reminders.
fn standing_failure(facet: &FacetRecord, kind: FacetKind) -> Option<FacetChange> {
    let failing = facet.failing.as_ref().filter(|_| facet.status.is_failure())?;
    if failing.withheld {
        Some(FacetChange::Failed(failing.failures()))
    } else {
        kind.is_recurring().then_some(FacetChange::StillFailing(failing.failures()))
    }
}

/// Turns a recovery into an ordinary success if nobody was told of the failures. Otherwise people would hear that
/// something recovered that never failed as far as they know.
fn as_people_know_it(transition: Transition, before: Option<&FacetRecord>) -> Transition {
    let (FacetChange::Recovered(Recovery::Failing(_)), Some(before)) = (transition.change, before) else {
        return transition;
    };
    // People who were told that the replication lags wait for the end of that, even if its failure was held back.
    let is_secret = before.failing.as_ref().is_some_and(Failing::is_secret);
    if !is_secret || before.warned.contains(&Reason::Lagging) {
        return transition;
    }
    if before.completed_once {
        Transition::routine(FacetChange::Completed)
    } else {
        Transition::new(FacetChange::Completed)
    }
}

/// The first successful maintenance run is told once for each table, not for each of its jobs. Three messages for every
/// new table would be noise.
fn once_per_table(transition: Transition, record: &Record, name: &Facet) -> Transition {
    let is_first_success = name.kind() == FacetKind::Maintenance && transition.change == FacetChange::Completed;
    let mut others = record.facets.iter().filter(|(other, _)| *other != name);
    if is_first_success && others.any(|(_, facet)| facet.completed_once) {
        return Transition::routine(FacetChange::Completed);
    }
    transition
}
