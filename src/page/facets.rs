//! The facets of all subjects, sorted into the groups that the page shows.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::domain::notice::{Event, FacetChange, FacetEvent};
use crate::domain::{
    Facet, FacetRecord, Notice, NoticeId, Reason, Record, Scope, Severity, Silence, Status, Tracked, label,
};
use crate::publish::render::{headline, one_line};
use crate::store::{Loaded, StoredAccount};

/// How long a failed restore is among what is failing. It never recovers, so it would be there for ever.
const RECENT: SignedDuration = SignedDuration::from_hours(3 * 24);
/// How far the page looks back.
pub(super) const DAYS: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Where a facet is on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Failing,
    /// It is failing, and somebody wants no reminders of it.
    Silenced,
    /// It is failing, and nobody was told, because of a rule.
    Muted,
    /// It must still end, or something is odd about it.
    UnderWay,
    /// A restore that failed some time ago, or before it was watched.
    Earlier,
}

/// A facet of a subject, with what is known about both.
#[derive(Clone)]
pub(super) struct Seen<'a> {
    pub scope: &'a Scope,
    pub account_name: Option<&'a str>,
    pub item: Arc<Tracked<Record>>,
    pub facet: Facet,
    pub state: FacetRecord,
}

/// The facets by group, in the order in which the page shows them.
pub(super) struct Facets<'a>(BTreeMap<Group, Vec<Seen<'a>>>);

impl<'a> Facets<'a> {
    pub fn of(scopes: &[&'a Loaded], accounts: &'a BTreeMap<String, StoredAccount>, now: Timestamp) -> Self {
        let mut groups: BTreeMap<Group, Vec<Seen<'a>>> = BTreeMap::new();
        for known in scopes.iter().map(|loaded| &loaded.known) {
            let scope = &known.scope;
            let account_name = accounts.get(&scope.account).and_then(|stored| stored.account.name.as_deref());
            for item in known.records.iter().filter(|item| item.state.expires_at.is_none_or(|at| at > now)) {
                let item = Arc::new(item);
                for (facet, state) in item.state.facets.iter().filter(|(_, state)| !state.is_gone()) {
                    let (item, facet, state) = (Arc::clone(&item), facet.clone(), state.clone());
                    let seen = Seen { scope, account_name, item, facet, state };
                    if let Some(group) = seen.group(now) {
                        groups.entry(group).or_default().push(seen);
                    }
                }
            }
        }
        for (group, facets) in &mut groups {
            facets.sort_by_cached_key(|seen| {
                let is_ordinary = *group == Group::UnderWay && seen.state.warned.is_empty();
                (is_ordinary, std::cmp::Reverse(seen.since()), seen.scope, seen.item.state.subject.id.clone())
            });
        }
        Self(groups)
    }

    pub fn in_group(&self, group: Group) -> Vec<Seen<'a>> {
        self.0.get(&group).cloned().unwrap_or_default()
    }

    pub fn count(&self, group: Group) -> usize {
        self.0.get(&group).map_or(0, Vec::len)
    }

    /// How many of what is under way take too long or are odd.
    pub fn warnings(&self) -> usize {
        let under_way = self.0.get(&Group::UnderWay).into_iter().flatten();
        under_way.filter(|seen| seen.change() != FacetChange::Started).count()
    }
}

impl Seen<'_> {
    fn group(&self, now: Timestamp) -> Option<Group> {
        let is_recent = |within| self.state.changed_at.duration_until(now) <= within;
        let is_recurring = self.facet.kind().is_recurring();
        let is_odd = !self.state.warned.is_empty() || matches!(self.state.status, Status::Unknown(_));
        match &self.state.failing {
            Some(failing) if failing.is_secret() => (is_recurring || is_recent(RECENT)).then_some(Group::Muted),
            Some(failing) if failing.is_silenced(now) => Some(Group::Silenced),
            // What had failed before the baseline is history that nobody was told.
            Some(_) if is_recurring || (is_recent(RECENT) && self.state.notices > 0) => Some(Group::Failing),
            Some(_) => is_recent(DAYS).then_some(Group::Earlier),
            None if is_odd || self.facet.kind().owes_an_end(&self.state.status, self.state.completed_once) => {
                Some(Group::UnderWay)
            }
            None => None,
        }
    }

    /// Since when it is as it is.
    pub fn since(&self) -> Timestamp {
        self.state.failing.as_ref().map_or(self.state.changed_at, |failing| failing.since)
    }

    /// `icebergCompaction on table web.clicks in bucket lake`.
    pub fn what(&self) -> String {
        one_line(&self.facet.describe(&self.item.state.subject.name))
    }

    /// The newest notice about the failure that is going on: one that people were told, or one that waits.
    pub fn notice_of_failure(&self) -> Option<&Notice> {
        let told = self.item.history.iter().map(|told| &told.notice);
        let mut notices = told.chain(self.item.outbox.notices.values());
        let is_of_this = |notice: &&Notice| notice.facet() == self.facet.as_str() && notice.is_of_failure();
        notices.by_ref().filter(is_of_this).last()
    }

    pub fn notice_id(&self) -> Option<NoticeId> {
        self.notice_of_failure().map(|notice| notice.id)
    }

    /// The silence, if one is on.
    pub fn silence(&self, now: Timestamp) -> Option<&Silence> {
        self.state.failing.as_ref()?.silence_at(now)
    }

    /// What a notice would say of it now.
    pub fn change(&self) -> FacetChange {
        let warned = |reason| self.state.warned.contains(&reason);
        let since = self.state.moved_at;
        match &self.state.failing {
            Some(failing) if self.facet.kind().is_recurring() => FacetChange::StillFailing(failing.failures()),
            Some(failing) => FacetChange::Failed(failing.failures()),
            None if warned(Reason::Stalled) => FacetChange::Stalled { since },
            None => match self.expected_by().filter(|_| warned(Reason::Overdue)) {
                Some(expected_by) => FacetChange::Overdue { expected_by },
                None if warned(Reason::Lagging) => FacetChange::Lagging { since: self.state.changed_at },
                None if matches!(self.state.status, Status::Unknown(_)) => FacetChange::UnknownStatus,
                None => FacetChange::Started,
            },
        }
    }

    /// When AWS expects a restore to end.
    fn expected_by(&self) -> Option<Timestamp> {
        let minutes: &String = self.item.state.subject.labels.get(label::EXPECTED_COMPLETION_MINUTES)?;
        self.item.state.began_at?.checked_add(SignedDuration::from_mins(minutes.parse().ok()?)).ok()
    }

    /// A notice about how it stands now. Nobody is told it: the page takes the same words from it as messages do.
    pub fn notice(&self, now: Timestamp) -> Notice {
        let record = &self.item.state;
        let said = || self.notice_of_failure()?.facet_event()?.message.clone();
        // A replication that tries again has no message while it does.
        let message = self.state.message.clone().or_else(|| said().filter(|_| self.state.failing.is_some()));
        let change = self.change();
        let event = FacetEvent {
            subject: record.subject.clone(),
            facet: self.facet.clone(),
            change,
            from: None,
            to: self.state.status.clone(),
            aws_status: Some(self.state.aws_status.clone()),
            message,
            progress: self.state.progress,
            run: self.state.run,
            requested_at: record.began_at,
            first_seen_at: record.first_seen_at,
            changed_at: self.state.changed_at,
            silence: self.silence(now).cloned().map(Box::new),
        };
        Notice {
            id: self.notice_id().unwrap_or_default(),
            severity: Severity::Warning,
            scope: self.scope.clone(),
            account_name: self.account_name.map(str::to_owned),
            event: Event::Facet(Box::new(event)),
            observed_at: now,
            note: self.notice_of_failure().and_then(|notice| notice.note.clone()),
            topic_arn: None,
        }
    }
}

/// `Still failing (3rd failure in 2 d)`: the headline without what it is about.
pub(super) fn happened(notice: &Notice, what: &str) -> String {
    let headline = headline(notice);
    headline.strip_suffix(what).and_then(|rest| rest.strip_suffix(": ")).unwrap_or(&headline).to_owned()
}

/// `prod-data (444455556666), eu-central-1`.
pub(super) fn place(scope: &Scope, account_name: Option<&str>) -> String {
    let account = match account_name {
        Some(name) => format!("{} ({})", one_line(name), scope.account),
        None => scope.account.clone(),
    };
    if scope.region.is_empty() { account } else { format!("{account}, {}", scope.region) }
}
