//! What the report about a week or a month says, as data. `operate` gathers it, `publish` and the command line turn it
//! into text.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Every, NoticeId, Reason, Severity, Silence, Source, Status, Target};

/// A length of time. It contains its begin, and not its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Period {
    pub fn contains(self, time: Timestamp) -> bool {
        (self.from..self.to).contains(&time)
    }
}

/// A report. Restores and notices are those of the period. What is failing, silenced or unreadable is so at `made_at`.
#[derive(Clone, Debug, PartialEq)]
pub struct PeriodReport {
    /// How often such a report is sent. [`Every::Never`] if somebody asked for it.
    pub every: Every,
    pub period: Period,
    pub made_at: Timestamp,
    /// One entry for each source.
    pub watched: Vec<Watched>,
    /// How many tables are watched. A table counts once, whichever sources watch it.
    pub tables: usize,
    /// How many subjects are watched, each in its source.
    pub subjects: usize,
    /// How many of them people were not told anything about.
    pub quiet: usize,
    /// Those that did not pass first, then in the order of their ends.
    pub tests: Vec<RestoreTest>,
    /// How many restore tests have each verdict.
    pub verdicts: BTreeMap<Verdict, usize>,
    /// How many restores that are no tests ended in each way.
    pub restores: BTreeMap<Verdict, usize>,
    /// Those of them that ended without success, in the order of their ends.
    pub lost_restores: Vec<LostRestore>,
    /// What is failing and not silenced, the oldest first. Restores are not in it, because they fail once.
    pub failing: Vec<FailingNow>,
    /// What is silenced. The silence that ends first comes first.
    pub silenced: Vec<FailingNow>,
    pub unreadable: Vec<Unreadable>,
    /// How many notices people were told, by reason.
    pub told: BTreeMap<Reason, usize>,
    /// Whether some notices of the period may have been forgotten, so that there were at least as many as `told` says.
    pub told_is_least: bool,
    /// How many entries of the lists are left out. Zero unless the report was shortened for a message.
    pub left_out: LeftOut,
}

/// How many entries of each list are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    pub tests: usize,
    pub lost_restores: usize,
    pub failing: usize,
    pub silenced: usize,
    pub unreadable: usize,
}

/// A source in all accounts and regions together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    pub source: Source,
    /// The number of accounts and regions.
    pub scopes: usize,
    /// The number of tables, or of restores of the period.
    pub subjects: usize,
    /// The last complete read; with several scopes, that of the scope for which it is longest ago.
    pub last_complete_at: Option<Timestamp>,
    /// How many scopes were never read completely.
    pub never_read: usize,
}

/// An account and a region.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub account: String,
    pub account_name: Option<String>,
    pub region: String,
}

/// How a restore or a restore test ended. Ordered by how much it needs attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The restore or its validation failed.
    Failed,
    /// No result of the validation came in time.
    TimedOut,
    Canceled,
    /// AWS no longer knows the restore, and its end is not known.
    Vanished,
    /// It has not ended yet.
    Open,
    /// The restore was completed. It has no validation, or none yet.
    Restored,
    /// The restore was completed and its validation was successful.
    Validated,
}

impl Verdict {
    pub const ALL: [Self; 7] =
        [Self::Failed, Self::TimedOut, Self::Canceled, Self::Vanished, Self::Open, Self::Restored, Self::Validated];

    /// The word in messages and files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::TimedOut => "timed-out",
            Self::Canceled => "canceled",
            Self::Vanished => "vanished",
            Self::Open => "open",
            Self::Restored => "restored",
            Self::Validated => "validated",
        }
    }

    pub const fn is_passed(self) -> bool {
        matches!(self, Self::Restored | Self::Validated)
    }

    /// Whether it ended without success.
    pub const fn is_lost(self) -> bool {
        !matches!(self, Self::Open | Self::Restored | Self::Validated)
    }
}

/// A restore test of AWS Backup.
#[derive(Clone, Debug, PartialEq)]
pub struct RestoreTest {
    pub place: Place,
    pub job: String,
    /// The job that this one is a part of.
    pub parent_job: Option<String>,
    pub plan_arn: String,
    pub resource_type: Option<String>,
    pub source_arn: Option<String>,
    pub created_arn: Option<String>,
    pub recovery_point_arn: Option<String>,
    pub verdict: Verdict,
    /// When the verdict was known. `None` as long as the test is open.
    pub verdict_at: Option<Timestamp>,
    pub began_at: Option<Timestamp>,
    /// When the restore ended, however it did.
    pub ended_at: Option<Timestamp>,
    pub restore: Status,
    pub validation: Option<Status>,
    /// The clean-up of what was restored.
    pub deletion: Option<Status>,
    /// What AWS says about the restore, the validation or the deletion, whichever says something first.
    pub message: Option<String>,
}

impl RestoreTest {
    /// How long the restore took.
    pub fn duration(&self) -> Option<SignedDuration> {
        Some(self.began_at?.duration_until(self.ended_at?))
    }

    /// `RDS orders-db`.
    pub fn resource(&self) -> String {
        let kind = self.resource_type.as_deref();
        let name = self.source_arn.as_deref().and_then(last_part);
        kind.into_iter().chain(name).collect::<Vec<_>>().join(" ")
    }

    /// The name of the plan, without the id that AWS adds to it.
    pub fn plan(&self) -> &str {
        let name = last_part(&self.plan_arn).unwrap_or(&self.plan_arn);
        let begin_of_id = name.len().saturating_sub(Uuid::nil().hyphenated().to_string().len() + 1);
        let id = name.get(begin_of_id..).and_then(|id| id.strip_prefix('-'));
        if id.is_some_and(|id| Uuid::try_parse(id).is_ok()) { &name[..begin_of_id] } else { name }
    }
}

/// What stands behind the last colon or slash.
fn last_part(arn: &str) -> Option<&str> {
    arn.rsplit([':', '/']).next().filter(|part| !part.is_empty())
}

/// A restore that ended without success, and is no test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostRestore {
    pub source: Source,
    pub place: Place,
    /// `table restore of dev.public.orders on cluster analytics`.
    pub what: String,
    pub verdict: Verdict,
    pub ended_at: Timestamp,
    pub message: Option<String>,
}

/// Something that is failing now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailingNow {
    pub source: Source,
    pub place: Place,
    pub subject: String,
    pub facet: String,
    /// `icebergCompaction on sales.orders in bucket lake`.
    pub what: String,
    pub since: Timestamp,
    /// The number of failures in a row.
    pub failures: u32,
    pub message: Option<String>,
    /// Whether people were told. A rule may hold the notice back.
    pub is_told: bool,
    /// The silence, if one is on.
    pub silence: Option<Silence>,
}

/// Something that cannot be read: a scope, a part of it, or an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub source: Source,
    pub place: Place,
    /// `table bucket lake`, or an IAM action. `None` for all of the scope.
    pub part: Option<String>,
    pub since: Timestamp,
}

/// The UUID namespace of report ids, made for this project. It must never change: readers compare ids.
const NAMESPACE: Uuid = Uuid::from_u128(0x91c3_57b2_6e0d_4b8f_8a41_d20e_7f35_c6a9);

/// The id of the report that this deployment sends for the period up to `due`. The same in every copy.
pub fn report_id(home: &Target, due: Timestamp) -> NoticeId {
    let text = [home.account.as_str(), &home.region, &due.to_string()].join("\u{1f}");
    Uuid::new_v5(&NAMESPACE, text.as_bytes())
}

impl PeriodReport {
    /// A report in which nothing happened and nothing is watched.
    pub fn empty(every: Every, period: Period, made_at: Timestamp) -> Self {
        Self {
            every,
            period,
            made_at,
            watched: Vec::new(),
            tables: 0,
            subjects: 0,
            quiet: 0,
            tests: Vec::new(),
            verdicts: BTreeMap::new(),
            restores: BTreeMap::new(),
            lost_restores: Vec::new(),
            failing: Vec::new(),
            silenced: Vec::new(),
            unreadable: Vec::new(),
            told: BTreeMap::new(),
            told_is_least: false,
            left_out: LeftOut::default(),
        }
    }

    /// How many restore tests there were.
    pub fn test_count(&self) -> usize {
        self.verdicts.values().sum()
    }

    /// How many of them have not ended.
    pub fn open_test_count(&self) -> usize {
        self.verdicts.get(&Verdict::Open).copied().unwrap_or_default()
    }

    pub fn ended_test_count(&self) -> usize {
        self.test_count() - self.open_test_count()
    }

    /// How many of them passed.
    pub fn passed_count(&self) -> usize {
        count(&self.verdicts, Verdict::is_passed)
    }

    /// How many of them ended without success.
    pub fn lost_test_count(&self) -> usize {
        count(&self.verdicts, Verdict::is_lost)
    }

    /// How many restores there were that are no tests.
    pub fn restore_count(&self) -> usize {
        self.restores.values().sum()
    }

    /// How many of them ended without success.
    pub fn lost_restore_count(&self) -> usize {
        count(&self.restores, Verdict::is_lost)
    }

    pub const fn failing_count(&self) -> usize {
        self.failing.len() + self.left_out.failing
    }

    pub const fn silenced_count(&self) -> usize {
        self.silenced.len() + self.left_out.silenced
    }

    pub const fn unreadable_count(&self) -> usize {
        self.unreadable.len() + self.left_out.unreadable
    }

    pub fn told_count(&self) -> usize {
        self.told.values().sum()
    }

    /// `warning` if somebody should look: something fails that is not silenced, a restore or a restore test of the period
    /// ended without success, or something cannot be read.
    pub fn severity(&self) -> Severity {
        match self.failing_count() + self.unreadable_count() + self.lost_restore_count() + self.lost_test_count() {
            0 => Severity::Info,
            _ => Severity::Warning,
        }
    }
}

fn count(counts: &BTreeMap<Verdict, usize>, is_counted: fn(Verdict) -> bool) -> usize {
    counts.iter().filter(|(verdict, _)| is_counted(**verdict)).map(|(_, count)| count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_no_end_so_that_nothing_is_in_two_of_them() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let period = Period { from: at(10), to: at(20) };
        assert_eq!([9, 10, 19, 20].map(|second| period.contains(at(second))), [false, true, true, false]);
    }

    #[test]
    fn the_id_depends_on_the_deployment_and_the_due_time_alone() {
        let home = |region: &str| Target { account: "123456789012".to_owned(), region: region.to_owned() };
        let due = |text: &str| text.parse().expect("a time");
        let id = report_id(&home("eu-central-1"), due("2026-03-09T07:00:00Z"));
        assert_eq!(id.to_string(), "68403935-959d-5d61-b5ee-fc2863a41f8f");
        assert_ne!(id, report_id(&home("eu-central-1"), due("2026-03-16T07:00:00Z")));
        assert_ne!(id, report_id(&home("us-east-1"), due("2026-03-09T07:00:00Z")));
    }
}
