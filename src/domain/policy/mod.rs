//! The settings that judgement depends on: limits per source, and rules for particular cases.

mod mute;
mod pattern;
mod rule;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use jiff::{SignedDuration, Timestamp};

pub use mute::{Mute, Window};
pub use pattern::{Pattern, PatternError, Patterns};
pub use rule::{Case, Effect, Match, Repeats, Rule};

use super::{Severity, Source};

/// What counts as news, and how long things are remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Sources whose routine transitions are told too: started, validating, every completion, disabled.
    pub routine: BTreeSet<Source>,
    /// A scope that fails this many passes in a row is unreachable.
    pub unreachable_after: u32,
    /// How much older than the last complete read a finished subject may be and still count as new: clocks differ, and
    /// listings lag behind.
    pub grace: SignedDuration,
    /// How long a completed restore test waits for a validation and a deletion that have not begun.
    pub settle_limit: SignedDuration,
    /// How long a closed subject is remembered after it was last listed.
    pub retention: SignedDuration,
    /// How long an unfinished restore may go without progress before it has stalled. A source that is not here never says so.
    pub stalled_after: BTreeMap<Source, SignedDuration>,
    /// How far past AWS Backup's own estimate a restore may be before it is overdue; `None` is never.
    pub overdue_after: Option<SignedDuration>,
    /// How long changes may wait to be replicated; `None` is for ever.
    pub max_lag: Option<SignedDuration>,
    /// How often people are reminded of what goes on failing; `None` is never.
    pub reminder_interval: Option<SignedDuration>,
    /// In order: all that match a case apply, and a later one goes before an earlier one. The shipped ones come first.
    pub rules: Vec<Rule>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            routine: BTreeSet::new(),
            unreachable_after: 3,
            grace: SignedDuration::from_mins(5),
            settle_limit: SignedDuration::from_hours(8 * 24),
            retention: SignedDuration::from_hours(45 * 24),
            // AWS Backup says little about how far a restore is: for many resource types nothing until it ends.
            stalled_after: BTreeMap::from([
                (Source::Redshift, SignedDuration::from_hours(2)),
                (Source::RedshiftServerless, SignedDuration::from_hours(2)),
                (Source::Backup, SignedDuration::from_hours(12)),
            ]),
            overdue_after: Some(SignedDuration::from_mins(30)),
            max_lag: Some(SignedDuration::from_hours(6)),
            reminder_interval: Some(SignedDuration::from_hours(24)),
            rules: Rule::shipped(),
        }
    }
}

/// How one case is to be treated: what the rules that match it add up to.
#[derive(Clone, Debug, PartialEq)]
pub struct Treatment {
    /// How grave it is.
    pub severity: Severity,
    /// Whether nobody wants to hear of it at the moment.
    pub muted: bool,
    /// How many runs must fail in a row before people hear of it. Only maintenance has runs that fail one by one.
    pub failure_threshold: NonZeroU32,
    /// Whether each further failed run is told, or only the reminders.
    pub repeats: Repeats,
    /// How often people are reminded while it goes on failing.
    pub reminder_interval: Option<SignedDuration>,
    /// Whether routine transitions are told.
    pub routine: bool,
    /// The topic it goes to, if not the usual one.
    pub topic_arn: Option<String>,
    /// What to add to the notice: a link to a runbook, say.
    pub note: Option<String>,
    /// The rules that matched, by their position in [`Policy::rules`].
    pub rules: Vec<usize>,
}

impl Policy {
    /// How a case is to be treated at `now`.
    pub fn treat(&self, case: &Case<'_>, now: Timestamp) -> Treatment {
        let mut treatment = Treatment {
            severity: case.severity(),
            muted: false,
            failure_threshold: NonZeroU32::MIN,
            repeats: Repeats::Remind,
            reminder_interval: self.reminder_interval,
            routine: self.routine.contains(&case.scope.source),
            topic_arn: None,
            note: None,
            rules: Vec::new(),
        };
        for (position, rule) in self.rules.iter().enumerate().filter(|(_, rule)| rule.matches.covers(case)) {
            rule.effect.apply(&mut treatment, now);
            treatment.rules.push(position);
        }
        treatment
    }
}
