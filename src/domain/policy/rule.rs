//! Rules: which cases they match, and what they set for them.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use jiff::{SignedDuration, Timestamp};

use super::{Mute, Pattern, Patterns, Treatment};
use crate::domain::{Facet, Labels, Reason, Scope, Severity, Source};

/// What is to be done in which cases.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What it is called when people ask which rules matched.
    pub name: String,
    /// The cases.
    pub matches: Match,
    /// What it sets for them.
    pub effect: Effect,
}

/// Something that may be told, as rules see it.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Where.
    pub scope: &'a Scope,
    /// The subject's labels.
    pub labels: &'a Labels,
    /// The facet's name; `scope` for the scope as a whole.
    pub facet: &'a str,
    /// Why it may be told.
    pub reason: Reason,
    /// AWS's words.
    pub message: Option<&'a str>,
}

impl Case<'_> {
    /// How grave it is unless a rule says otherwise. A restore that AWS Backup completed with issues is a warning.
    pub fn severity(&self) -> Severity {
        let is_restore = self.scope.source == Source::Backup && self.facet == Facet::Restore.as_str();
        if self.reason == Reason::Completed && is_restore && self.message.is_some() {
            return Severity::Warning;
        }
        self.reason.severity()
    }
}

/// Which cases a rule is for: all that it names must fit, and what it leaves out fits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Match {
    /// Any of these sources.
    pub sources: BTreeSet<Source>,
    /// The account id.
    pub accounts: Patterns,
    /// The region.
    pub regions: Patterns,
    /// Labels of the subject, by name. A subject without the label does not fit.
    pub labels: BTreeMap<String, Patterns>,
    /// Any of these reasons.
    pub reasons: BTreeSet<Reason>,
    /// The facet: `restore`, `validation`, `deletion`, a destination's ARN, a job type, `scope`.
    pub facets: Patterns,
    /// AWS's words.
    pub messages: Patterns,
}

impl Match {
    /// Whether the case is one of them.
    pub fn covers(&self, case: &Case<'_>) -> bool {
        (self.sources.is_empty() || self.sources.contains(&case.scope.source))
            && (self.reasons.is_empty() || self.reasons.contains(&case.reason))
            && self.accounts.fit(Some(&case.scope.account))
            && self.regions.fit(Some(&case.scope.region))
            && self.facets.fit(Some(case.facet))
            && self.messages.fit(case.message)
            && self.labels.iter().all(|(name, patterns)| patterns.fit(case.labels.get(name).map(String::as_str)))
    }
}

/// What a rule sets. What it leaves out stays as it was.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effect {
    /// How grave it is.
    pub severity: Option<Severity>,
    /// When nobody wants to hear of it.
    pub mute: Option<Mute>,
    /// How many runs must fail in a row.
    pub failure_threshold: Option<NonZeroU32>,
    /// What becomes of further failed runs.
    pub repeats: Option<Repeats>,
    /// How often to remind; the inner `None` is never.
    pub reminder_interval: Option<Option<SignedDuration>>,
    /// Whether routine transitions are told.
    pub routine: Option<bool>,
    /// Where it goes.
    pub topic_arn: Option<String>,
    /// What to add.
    pub note: Option<String>,
}

/// What becomes of the failed runs after the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeats {
    /// Each is told when it happens.
    Tell,
    /// They are counted, and told with the next reminder.
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
    /// The rules that come with tidings and go before everyone's own.
    ///
    /// A maintenance run that lost a race for the table's metadata is tried again by AWS: one is noise, three in a row
    /// are not.
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
