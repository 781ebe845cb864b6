//! Rules: which cases they match, and what they set.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use jiff::{SignedDuration, Timestamp};

use super::{Mute, Pattern, Patterns, Treatment};
use crate::domain::{Account, Facet, Labels, Reason, Scope, Severity, Source};

/// What to change in which cases.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// How `tidings check` names it.
    pub name: String,
    pub matches: Match,
    pub effect: Effect,
}

/// The facts of a possible notice that rules can match.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    pub scope: &'a Scope,
    pub account: &'a Account,
    pub labels: &'a Labels,
    /// The name of the facet, or `scope` for the scope as a whole.
    pub facet: &'a str,
    pub reason: Reason,
    /// The status message.
    pub message: Option<&'a str>,
}

impl Case<'_> {
    /// The default severity. A job that completed with issues is a warning.
    pub fn severity(&self) -> Severity {
        if self.is_completed_with_issues() { Severity::Warning } else { self.reason.severity() }
    }

    /// Like [`FacetEvent::is_completed_with_issues`](crate::domain::notice::FacetEvent::is_completed_with_issues).
    fn is_completed_with_issues(&self) -> bool {
        let source = self.scope.source;
        let tells_issues = || Facet::parse(source, self.facet).is_some_and(|facet| source.tells_issues(facet.kind()));
        self.reason == Reason::Completed && self.message.is_some() && tells_issues()
    }
}

/// Which cases a rule applies to. Every field must match. An empty field matches every case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Match {
    pub sources: BTreeSet<Source>,
    /// Account ids.
    pub accounts: Patterns,
    /// Names of accounts. An account without a name does not match.
    pub account_names: Patterns,
    /// Ids of organizational units, at any level above the account.
    pub units: Patterns,
    /// Tags of the account by their keys. An account without the tag does not match.
    pub account_tags: BTreeMap<String, Patterns>,
    pub regions: Patterns,
    /// By the name of the label. A subject without the label does not match.
    pub labels: BTreeMap<String, Patterns>,
    pub reasons: BTreeSet<Reason>,
    /// `restore`, `validation`, `deletion`, a destination's ARN, a job type, or `scope`.
    pub facets: Patterns,
    /// Status messages.
    pub messages: Patterns,
}

impl Match {
    pub fn covers(&self, case: &Case<'_>) -> bool {
        (self.sources.is_empty() || self.sources.contains(&case.scope.source))
            && (self.reasons.is_empty() || self.reasons.contains(&case.reason))
            && self.accounts.fit(Some(&case.scope.account))
            && self.covers_account(case.account)
            && self.regions.fit(Some(&case.scope.region))
            && self.facets.fit(Some(case.facet))
            && self.messages.fit(case.message)
            && self.labels.iter().all(|(name, patterns)| patterns.fit(case.labels.get(name).map(String::as_str)))
    }

    fn covers_account(&self, account: &Account) -> bool {
        let tag = |key: &String| account.tags.get(key).map(String::as_str);
        self.account_names.fit(account.name.as_deref())
            && (self.units.0.is_empty() || account.units.iter().any(|unit| self.units.fit(Some(unit))))
            && self.account_tags.iter().all(|(key, patterns)| patterns.fit(tag(key)))
    }
}

/// What a rule sets. `None` changes nothing. [`Treatment`] says what the fields mean.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effect {
    pub severity: Option<Severity>,
    pub mute: Option<Mute>,
    pub failure_threshold: Option<NonZeroU32>,
    pub repeats: Option<Repeats>,
    /// The inner `None` is never.
    pub reminder_interval: Option<Option<SignedDuration>>,
    pub routine: Option<bool>,
    pub topic_arn: Option<String>,
    pub note: Option<String>,
}

/// How people hear of the failed runs after the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeats {
    /// Each failed run has a notice of its own.
    Tell,
    /// The next reminder counts them.
    #[default]
    Remind,
}

impl Effect {
    pub(super) fn apply(&self, treatment: &mut Treatment, now: Timestamp) {
        let set = self.clone();
        treatment.severity = set.severity.unwrap_or(treatment.severity);
        treatment.muted = set.mute.map_or(treatment.muted, |mute| mute.is_on(now));
        treatment.failure_threshold = set.failure_threshold.unwrap_or(treatment.failure_threshold);
        treatment.repeats = set.repeats.unwrap_or(treatment.repeats);
        treatment.reminder_interval = set.reminder_interval.unwrap_or(treatment.reminder_interval);
        treatment.routine = set.routine.unwrap_or(treatment.routine);
        treatment.topic_arn = set.topic_arn.or(treatment.topic_arn.take());
        treatment.note = set.note.or(treatment.note.take());
    }
}

impl Rule {
    /// The built-in rules. They apply before the users' rules, so users can override them.
    ///
    /// If another writer changes the metadata of a table during a maintenance run, the run fails and AWS runs it again.
    /// One such failure is noise, but three in a row are not.
    pub fn shipped() -> Vec<Self> {
        let patterns = ["*will be retried*", "*will retry*", "*out-of-date metadata*", "*out of date metadata*"];
        let messages = patterns.into_iter().filter_map(|pattern| Pattern::new(pattern).ok()).collect();
        vec![Self {
            name: "retried by AWS".to_owned(),
            matches: Match {
                sources: [Source::S3TablesMaintenance].into(),
                reasons: [Reason::Failed].into(),
                messages: Patterns(messages),
                ..Match::default()
            },
            effect: Effect { failure_threshold: NonZeroU32::new(3), ..Effect::default() },
        }]
    }
}
