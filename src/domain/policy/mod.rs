//! The settings that decisions depend on: limits for each source, and the users' rules.

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

/// What counts as news, and how long records are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The sources whose routine transitions are told too: started, validating, every completion, disabled.
    pub routine: BTreeSet<Source>,
    /// A scope is unreachable if this many passes in a row could not read it.
    pub unreachable_after: u32,
    /// A finished subject that is seen for the first time may be older than the last complete read by this much and
    /// still be news. Clocks differ, and listings lag behind.
    pub grace: SignedDuration,
    /// How long a completed restore test waits for its validation and its deletion to begin.
    pub settle_limit: SignedDuration,
    /// How long the record of a closed subject is kept after AWS last listed the subject.
    pub retention: SignedDuration,
    /// The same for a backup or copy job that nobody was told about. It is longer than the time that listings look back.
    pub routine_retention: SignedDuration,
    /// How long an unfinished job may make no progress before it has stalled. Jobs of a source that is not in the map
    /// never stall.
    pub stalled_after: BTreeMap<Source, SignedDuration>,
    /// A restore or backup job is overdue when it exceeds AWS Backup's estimate by this much. `None` is never.
    pub overdue_after: Option<SignedDuration>,
    /// How long changes may wait to be replicated. `None` is for ever.
    pub max_lag: Option<SignedDuration>,
    /// How often people are reminded of a failure that continues. `None` is never.
    pub reminder_interval: Option<SignedDuration>,
    /// Every matching rule applies, in this order. Later rules override earlier ones. The built-in rules come first.
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
            routine_retention: SignedDuration::from_hours(7 * 24),
            // AWS Backup reports little progress. For many resource types it reports none until the restore ends.
            stalled_after: BTreeMap::from([
                (Source::Redshift, SignedDuration::from_hours(2)),
                (Source::RedshiftServerless, SignedDuration::from_hours(2)),
                (Source::Backup, SignedDuration::from_hours(12)),
                (Source::BackupJobs, SignedDuration::from_hours(12)),
                // These report no progress at all, or only for some jobs.
                (Source::BackupCopies, SignedDuration::from_hours(24)),
                (Source::DynamoDbExports, SignedDuration::from_hours(24)),
                (Source::DynamoDbImports, SignedDuration::from_hours(24)),
            ]),
            overdue_after: Some(SignedDuration::from_mins(30)),
            max_lag: Some(SignedDuration::from_hours(6)),
            reminder_interval: Some(SignedDuration::from_hours(24)),
            rules: Rule::shipped(),
        }
    }
}

/// What the policy and all matching rules together say about a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Treatment {
    pub severity: Severity,
    pub muted: bool,
    /// How many runs in a row must fail before people are told. Applies to maintenance jobs only.
    pub failure_threshold: NonZeroU32,
    pub repeats: Repeats,
    /// How often people are reminded of a failure that continues. `None` is never.
    pub reminder_interval: Option<SignedDuration>,
    /// Whether routine transitions are told.
    pub routine: bool,
    /// The topic that a rule sets. `None` is the default topic.
    pub topic_arn: Option<String>,
    /// Text to add to the notice, such as a link to a runbook.
    pub note: Option<String>,
    /// The positions in [`Policy::rules`] of the rules that matched.
    pub rules: Vec<usize>,
}

impl Policy {
    /// Applies the rules that match the case at `now`.
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
