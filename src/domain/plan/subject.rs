//! What holds for every subject: first sight, absence, closing, expiry, and a failure that nothing holds back any more.

use std::sync::Arc;

use jiff::Timestamp;

use super::weigh::{News, Weight, as_people_know_it, due, weigh, weigh_due};
use super::{Change, Known, Sight, earlier, judge, late, later};
use crate::domain::notice::transition;
use crate::domain::record::GONE_AFTER;
use crate::domain::{
    Case, Coverage, Facet, FacetKind, FacetObservation, FacetRecord, Notice, Observation, Policy, Reason, Record,
    Status, SubjectId, Treatment, label,
};

/// What every judgement on a scope's subjects needs.
pub(super) struct Court<'a> {
    pub(super) known: &'a Known,
    pub(super) policy: &'a Policy,
    pub(super) reference_time: Timestamp,
}

/// What is told of one subject, and how much is kept from being told.
#[derive(Default)]
struct Outcome {
    told: Vec<Told>,
    muted: usize,
}

/// One thing that is told of a facet: how the facet was and is, why, and as what.
struct Told {
    facet: Facet,
    before: Option<FacetRecord>,
    after: FacetRecord,
    reason: Reason,
    /// When AWS expected the end.
    expected_by: Option<Timestamp>,
    treatment: Treatment,
}

impl Court<'_> {
    /// A subject that was read.
    pub(super) fn seen(&self, seen: &Observation) -> Option<Change<Record>> {
        let before = self.known.records.get(&seen.subject.id).map(|tracked| &tracked.state);
        let sight = Sight {
            baseline: self.known.checkpoint.state.baseline_at.is_none(),
            new_subject: before.is_none(),
            history_until: self.known.checkpoint.state.baseline_at.map(|baseline| earlier(baseline, self.policy.grace)),
            horizon: self.known.checkpoint.state.horizon().map(|horizon| earlier(horizon, self.policy.grace)),
            began_at: seen.began_at,
            reference_time: self.reference_time,
        };
        let mut after = before.cloned().unwrap_or_else(|| Record::new(seen, self.reference_time));
        after.subject = Arc::clone(&seen.subject);
        after.began_at = seen.began_at.or(after.began_at);
        let mut outcome = Outcome::default();
        for facet in &seen.facets {
            let facet_before = before.and_then(|record| record.facets.get(&facet.facet));
            let facet_after = self.facet(&after, facet_before, facet, &sight, &mut outcome);
            after.facets.insert(facet.facet.clone(), facet_after);
        }
        self.miss(&mut after, &mut outcome, |facet| {
            facet.kind().is_recurring() && !seen.facets.iter().any(|seen| seen.facet == *facet)
        });
        self.settle(&mut after, seen.awaits_more);
        self.change(before, after, outcome)
    }

    /// Whether a read with that coverage says anything about a known subject that it did not find. A complete read does.
    /// A swept one does for the tables of buckets that were read whole: each bucket is listed and asked on its own.
    pub(super) fn may_conclude_from_absence(&self, id: &SubjectId, coverage: &Coverage) -> bool {
        match coverage {
            Coverage::Complete => true,
            Coverage::Swept(unread) => {
                let record = self.known.records.get(id).map(|tracked| &tracked.state);
                let bucket = record.and_then(|record| record.subject.labels.get(label::BUCKET_ARN));
                bucket.is_some_and(|bucket| {
                    unread.iter().all(|unread| unread.part != *bucket && !unread.subjects.contains(id))
                })
            }
            Coverage::Stopped { .. } => false,
        }
    }

    /// A known subject that a complete read and a question by id did not find.
    pub(super) fn absent(&self, id: &SubjectId) -> Option<Change<Record>> {
        let before = &self.known.records.get(id)?.state;
        if !before.is_open() {
            return None;
        }
        let mut after = before.clone();
        let mut outcome = Outcome::default();
        self.miss(&mut after, &mut outcome, |_| true);
        if after.facets.values().all(FacetRecord::is_gone) {
            self.close(&mut after);
        }
        self.change(Some(before), after, outcome)
    }

    /// A subject that nothing new is known of. An end is for good, so one that was muted can be told without another look.
    pub(super) fn release(&self, before: &Record) -> Option<Change<Record>> {
        let is_due = |name: &Facet, facet: &FacetRecord| facet.withheld && !name.kind().is_recurring();
        before.facets.iter().find(|(name, facet)| is_due(name, facet))?;
        let mut after = before.clone();
        let mut outcome = Outcome::default();
        for (name, facet) in before.facets.iter().filter(|(name, facet)| is_due(name, facet)) {
            let mut facet = facet.clone();
            self.tell_what_is_due(before, name, &mut facet, &mut outcome);
            after.facets.insert(name.clone(), facet);
        }
        self.change(Some(before), after, outcome)
    }

    /// A facet that was read: its next record, with what is told of it added to `outcome`.
    fn facet(
        &self,
        record: &Record,
        before: Option<&FacetRecord>,
        seen: &FacetObservation,
        sight: &Sight,
        outcome: &mut Outcome,
    ) -> FacetRecord {
        let name = &seen.facet;
        let (mut after, mut news) = judge(before, seen, sight);
        if after.failing_since.is_none() {
            after.withheld = false;
            after.told_failing_at = None;
        }
        if let Some(before) = before {
            let scope = self.known.scope.source;
            news.extend(late::judge((before, &mut after), seen, (scope, self.policy), self.reference_time));
        }
        let mut failure_is_told = false;
        for news in news {
            let news = once_per_table(as_people_know_it(news, before), record, name);
            let treatment = self.treatment(record, name, &after, news.reason);
            let facets = (before, &mut after);
            match weigh(news, &treatment, name.kind(), facets, self.reference_time) {
                Weight::Tell => {
                    failure_is_told |= news.reason == Reason::Failed;
                    outcome.tell(name, before, &mut after, news.reason, seen.expected_by, treatment);
                }
                Weight::Muted => outcome.muted += 1,
                Weight::Drop => {}
            }
        }
        // A run that fails when a reminder is due is counted first, so the reminder counts it too.
        if before.is_some() && !failure_is_told {
            self.tell_what_is_due(record, name, &mut after, outcome);
        }
        after
    }

    /// Tells a failure that is not held back any more, or reminds of one that goes on.
    fn tell_what_is_due(&self, record: &Record, name: &Facet, facet: &mut FacetRecord, outcome: &mut Outcome) {
        let Some(news) = due(facet, name.kind()) else {
            return;
        };
        let treatment = self.treatment(record, name, facet, news.reason);
        if weigh_due(news, &treatment, name.kind(), facet, self.reference_time) == Weight::Tell {
            let before = facet.clone();
            // What is told for the first time has no status before.
            let before = (news.reason == Reason::StillFailing).then_some(before);
            outcome.tell(name, before.as_ref(), facet, news.reason, None, treatment);
        }
    }

    fn treatment(&self, record: &Record, name: &Facet, facet: &FacetRecord, reason: Reason) -> Treatment {
        let case = Case {
            scope: &self.known.scope,
            labels: &record.subject.labels,
            facet: name.as_str(),
            reason,
            message: facet.message.as_deref(),
        };
        self.policy.treat(&case, self.reference_time)
    }

    /// Counts another read that did not find some facets; those that owed an end and are now gone have vanished.
    fn miss(&self, record: &mut Record, outcome: &mut Outcome, is_missing: impl Fn(&Facet) -> bool) {
        let mut facets = std::mem::take(&mut record.facets);
        for (name, facet) in facets.iter_mut().filter(|(name, _)| is_missing(name)) {
            let was_gone = facet.is_gone();
            facet.absent_reads = (facet.absent_reads + 1).min(GONE_AFTER);
            if facet.is_gone() && !was_gone && name.kind().owes_an_end(&facet.status, facet.completed_once) {
                let news = News::new(Reason::Vanished);
                let treatment = self.treatment(record, name, facet, news.reason);
                let before = facet.clone();
                match weigh(news, &treatment, name.kind(), (Some(&before), facet), self.reference_time) {
                    Weight::Tell => outcome.tell(name, Some(&before), facet, news.reason, None, treatment),
                    Weight::Muted => outcome.muted += 1,
                    Weight::Drop => {}
                }
            }
        }
        record.facets = facets;
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

    /// The change, unless nothing changed. The notices are made of the whole record.
    fn change(&self, before: Option<&Record>, mut after: Record, outcome: Outcome) -> Option<Change<Record>> {
        let notices: Vec<Notice> = outcome.told.into_iter().map(|told| self.notice(&after, told)).collect();
        if before == Some(&after) && notices.is_empty() {
            return None;
        }
        after.observed_at = self.reference_time;
        Some(Change { state: after, notices, muted: outcome.muted })
    }

    fn notice(&self, record: &Record, told: Told) -> Notice {
        let facets = (told.before.as_ref(), &told.after);
        let mut notice = transition(&self.known.scope, record, &told.facet, facets, told.reason, self.reference_time);
        if let (Reason::Overdue, Some(expected_by)) = (told.reason, told.expected_by) {
            notice.labels.insert("expected_by".to_owned(), expected_by.to_string());
        }
        notice.treated(told.treatment)
    }
}

/// A table's first successful maintenance run is told once for the table, whichever of its jobs it is: three messages
/// for every new table would be noise.
fn once_per_table(news: News, record: &Record, name: &Facet) -> News {
    let is_first_success = name.kind() == FacetKind::Maintenance && news.reason == Reason::Completed;
    let mut others = record.facets.iter().filter(|(other, _)| *other != name);
    if is_first_success && others.any(|(_, facet)| facet.completed_once) {
        return News::routine(Reason::Completed);
    }
    news
}

impl Outcome {
    fn tell(
        &mut self,
        facet: &Facet,
        before: Option<&FacetRecord>,
        after: &mut FacetRecord,
        reason: Reason,
        expected_by: Option<Timestamp>,
        treatment: Treatment,
    ) {
        let (facet, before) = (facet.clone(), before.cloned());
        self.told.push(Told { facet, before, after: after.clone(), reason, expected_by, treatment });
        after.told += 1;
    }
}
