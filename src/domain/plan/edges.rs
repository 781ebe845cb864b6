//! The edges of the rules, to the second and to the count. A scenario would need many passes to reach them.

use super::*;
use crate::domain::notice::{Event, ScopeEvent};
use crate::domain::{Effect, ErrorKind, Facet, Match, Mute, Outbox, Repeats, Rule, ScopeError, Source, Subject};

/// A day, in seconds: longer than the limits for stalled and lagging.
const LATER: i64 = 24 * 3600;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_772_000_000 + seconds).expect("a time")
}

/// A scope that is read repeatedly. Its first complete read, at second 0, found nothing.
struct Watched {
    known: Known,
    policy: Policy,
}

impl Watched {
    fn new(source: Source) -> Self {
        let mut watched = Self::unread(source);
        assert_eq!(watched.reads(0, &[]), ["baseline scope"]);
        watched
    }

    fn unread(source: Source) -> Self {
        let scope = Scope { source, account: "123456789012".to_owned(), region: "eu-central-1".to_owned() };
        Self { known: Known::nothing(scope), policy: Policy::default() }
    }

    fn mute(&mut self, mute: Mute) {
        self.rule(Effect { mute: Some(mute), ..Effect::default() });
    }

    fn rule(&mut self, effect: Effect) {
        self.policy.rules.push(Rule { name: "under test".to_owned(), matches: Match::default(), effect });
    }

    /// Plans one read, and stores the result for the next.
    fn read(&mut self, seconds: i64, seen: &[Observation], coverage: &Coverage) -> Plan {
        let open = self.known.records.values().filter(|tracked| tracked.state.is_open());
        let missing = open.map(|tracked| tracked.state.subject.id.clone());
        let absent = missing.filter(|id| !seen.iter().any(|seen| seen.subject.id == *id)).collect();
        let observed = Observed { observations: seen.to_vec(), absent, ..Observed::default() };
        let plan = plan(&self.known, &observed, coverage, &self.policy, at(seconds));
        for change in plan.changes.clone() {
            let tracked = Tracked { state: change.state, outbox: Outbox::default(), revision: 1 };
            self.known.records.insert(tracked.state.subject.id.clone(), tracked);
        }
        self.known.checkpoint.state = plan.checkpoint.state.clone();
        plan
    }

    fn reads(&mut self, seconds: i64, seen: &[Observation]) -> Vec<String> {
        let plan = self.read(seconds, seen, &Coverage::Complete);
        plan.notices().map(|notice| format!("{} {}", notice.reason(), notice.facet())).collect()
    }

    fn tells(&mut self, seconds: i64, seen: Observation) -> Vec<Notice> {
        self.read(seconds, &[seen], &Coverage::Complete).notices().cloned().collect()
    }

    fn record(&self) -> &Record {
        &self.known.records["s-1"].state
    }
}

fn saw(id: &str, facets: impl IntoIterator<Item = FacetObservation>) -> Observation {
    let subject = Subject { id: id.into(), name: format!("subject {id}"), labels: crate::domain::Labels::new() };
    Observation { subject: subject.into(), began_at: None, facets: facets.into_iter().collect(), awaits_more: false }
}

fn restore(status: &str) -> Observation {
    saw("s-1", [FacetObservation::new(Facet::Restore, status)])
}

fn restore_test(status: &str, ended_at: Option<Timestamp>) -> Observation {
    let restore = FacetObservation { ended_at, ..FacetObservation::new(Facet::Restore, status) };
    Observation { awaits_more: true, ..saw("s-1", [restore]) }
}

fn job(status: &str, run: Option<i64>) -> FacetObservation {
    FacetObservation { run: run.map(at), ..FacetObservation::new(Facet::Job("icebergCompaction".to_owned()), status) }
}

fn copy(status: &str, run: Option<i64>) -> FacetObservation {
    FacetObservation { run: run.map(at), ..FacetObservation::new(Facet::Destination("dr".to_owned()), status) }
}

fn denied() -> Coverage {
    let error = ScopeError { kind: ErrorKind::Denied, message: "no".to_owned(), action: None };
    Coverage::Stopped { resume_after: None, unread: Vec::new(), error: Some(error) }
}

#[test]
fn a_subject_that_began_before_the_last_complete_read_less_the_grace_is_history() {
    let edge = -Policy::default().grace.as_secs();
    for (began, expected) in [(edge - 1, 0), (edge, 0), (edge + 1, 1)] {
        let mut watched = Watched::new(Source::Redshift);
        let seen = Observation { began_at: Some(at(began)), ..restore("FAILED") };
        assert_eq!(watched.reads(300, &[seen]).len(), expected, "{began}");
    }
}

#[test]
fn a_restore_test_stays_open_until_its_limit() {
    let limit = Policy::default().settle_limit.as_secs();
    for (seconds, open) in [(limit - 1, true), (limit, false), (limit + 1, false)] {
        let mut watched = Watched::new(Source::Backup);
        watched.reads(300, &[restore_test("RUNNING", None)]);
        watched.reads(600, &[restore_test("COMPLETED", Some(at(600)))]);
        watched.reads(600 + seconds, &[restore_test("COMPLETED", Some(at(600)))]);
        assert_eq!(watched.record().is_open(), open, "{seconds} after its end");
    }
}

#[test]
fn the_expiry_of_a_listed_subject_is_renewed_after_half_of_the_retention() {
    let half = Policy::default().retention.as_secs() / 2;
    for (seconds, renewed) in [(300, false), (half, false), (half + 1, true)] {
        let mut watched = Watched::new(Source::Redshift);
        watched.reads(300, &[restore("SUCCEEDED")]);
        let closed = watched.record().clone();
        assert_eq!(closed.expires_at, Some(at(300 + 2 * half)));
        let plan = watched.read(300 + seconds, &[restore("SUCCEEDED")], &Coverage::Complete);
        assert_eq!(plan.changes.len(), usize::from(renewed), "{seconds}");
        assert_eq!(watched.record().closed_at, closed.closed_at, "closed once");
        let expires_at = if renewed { Some(at(300 + seconds + 2 * half)) } else { closed.expires_at };
        assert_eq!(watched.record().expires_at, expires_at);
    }
}

#[test]
fn an_outdated_answer_still_shows_that_the_subject_exists() {
    let cases = [
        (Source::Backup, restore_test("COMPLETED", Some(at(300))), restore_test("RUNNING", None)),
        (
            Source::S3TablesReplication,
            saw("s-1", [copy("completed", Some(300))]),
            saw("s-1", [copy("pending", Some(200))]),
        ),
        (
            Source::S3TablesMaintenance,
            saw("s-1", [job("Successful", Some(300))]),
            saw("s-1", [job("Failed", Some(200))]),
        ),
    ];
    for (source, now, past) in cases {
        let mut watched = Watched::new(source);
        watched.reads(300, std::slice::from_ref(&now));
        watched.reads(600, &[]);
        assert!(watched.reads(900, std::slice::from_ref(&past)).is_empty(), "{source}");
        watched.reads(1200, &[]);
        assert!(watched.record().is_open(), "{source}: not found once, seen, not found once");
        watched.reads(1500, &[]);
        assert!(!watched.record().is_open(), "{source}: not found twice in a row");
    }
}

#[test]
fn every_muted_notice_is_counted() {
    let mut watched = Watched::unread(Source::Redshift);
    watched.mute(Mute::Always);
    assert_eq!(watched.read(0, &[], &Coverage::Complete).muted(), 1, "the baseline");
    watched.reads(300, &[saw("s-0", [FacetObservation::new(Facet::Restore, "RUNNING")]), restore("RUNNING")]);
    watched.policy.unreachable_after = 1;
    let failed = [saw("s-0", [FacetObservation::new(Facet::Restore, "FAILED")]), restore("FAILED")];
    assert_eq!(watched.read(600, &failed, &denied()).muted(), 3, "two failures, and that the rest was unreadable");
}

#[test]
fn a_baseline_names_ten_failing_facets_and_counts_the_others() {
    for failing in [9, 10, 11, 13] {
        let mut watched = Watched::unread(Source::S3TablesMaintenance);
        let seen: Vec<_> =
            (0..failing).map(|index| saw(&format!("s-{index}"), [job("Failed", Some(-LATER))])).collect();
        let plan = watched.read(0, &seen, &Coverage::Complete);
        let Some(Event::Scope(ScopeEvent::Baseline(baseline))) = plan.notices().next().map(|notice| &notice.event)
        else {
            panic!("no baseline");
        };
        assert_eq!((baseline.failing, baseline.named.len()), (failing, failing.min(10)));
    }
}

#[test]
fn routine_includes_disabled_jobs_and_every_successful_run() {
    let mut watched = Watched::new(Source::S3TablesMaintenance);
    watched.policy.routine = [Source::S3TablesMaintenance].into();
    assert_eq!(watched.reads(300, &[saw("s-1", [job("Successful", Some(300))])]), ["completed icebergCompaction"]);
    assert_eq!(watched.reads(600, &[saw("s-1", [job("Disabled", None)])]), ["disabled icebergCompaction"]);
    assert!(watched.reads(900, &[saw("s-1", [job("Disabled", None)])]).is_empty(), "once");
    assert_eq!(watched.reads(1200, &[saw("s-1", [job("Successful", Some(1200))])]), ["completed icebergCompaction"]);
    assert!(watched.reads(1500, &[saw("s-1", [job("Successful", Some(1200))])]).is_empty(), "the same run");
}

fn change(notice: &Notice) -> FacetChange {
    notice.facet_event().expect("a facet").change
}

#[test]
fn failures_are_counted_from_the_first() {
    let mut watched = Watched::new(Source::S3TablesMaintenance);
    watched.rule(Effect { repeats: Some(Repeats::Tell), ..Effect::default() });
    for run in 1..=3 {
        let [notice] = watched.tells(300 * run, saw("s-1", [job("Failed", Some(300 * run))])).try_into().expect("one");
        let count = u32::try_from(run).expect("few");
        assert_eq!(change(&notice), FacetChange::Failed(Failures { since: at(300), count }));
    }
}

#[test]
fn a_recovery_says_when_the_trouble_began() {
    let mut watched = Watched::new(Source::S3TablesMaintenance);
    watched.tells(300, saw("s-1", [job("Failed", Some(300))]));
    let [failing] = watched.tells(600, saw("s-1", [job("Successful", Some(600))])).try_into().expect("one");

    let mut watched = Watched::new(Source::S3TablesReplication);
    watched.tells(300, saw("s-1", [copy("completed", Some(300))]));
    watched.tells(600, saw("s-1", [copy("pending", Some(300))]));
    let [warning] = watched.tells(600 + LATER, saw("s-1", [copy("pending", Some(300))])).try_into().expect("one");
    assert_eq!(change(&warning), FacetChange::Lagging { since: at(600) });
    let [lagging] = watched.tells(900 + LATER, saw("s-1", [copy("completed", Some(LATER))])).try_into().expect("one");

    let mut watched = Watched::new(Source::Redshift);
    let at_percent = |percent: f64| {
        let progress = Some(crate::domain::Progress { percent: Some(percent), ..Default::default() });
        saw("s-1", [FacetObservation { progress, ..FacetObservation::new(Facet::Restore, "IN_PROGRESS") }])
    };
    watched.tells(300, at_percent(10.0));
    watched.tells(600, at_percent(20.0));
    assert_eq!(watched.tells(600 + LATER, at_percent(20.0)).len(), 1, "stalled");
    let [stalled] = watched.tells(900 + LATER, at_percent(30.0)).try_into().expect("one");

    let cases = [
        (failing, Recovery::Failing(at(300))),
        (lagging, Recovery::Lagging(at(600))),
        (stalled, Recovery::Stalled(at(600))),
    ];
    for (notice, recovery) in cases {
        assert_eq!(change(&notice), FacetChange::Recovered(recovery));
    }
}

#[test]
fn a_vanished_subject_changed_at_the_time_of_the_pass_and_others_at_the_time_of_aws() {
    let mut watched = Watched::new(Source::Redshift);
    watched.tells(300, restore("IN_PROGRESS"));
    watched.reads(600, &[]);
    let plan = watched.read(900, &[], &Coverage::Complete);
    let vanished = plan.notices().next().expect("a notice");
    assert_eq!((vanished.reason(), vanished.changed_at()), (Reason::Vanished, at(900)));

    let mut watched = Watched::new(Source::S3TablesMaintenance);
    let [failed] = watched.tells(900, saw("s-1", [job("Failed", Some(600))])).try_into().expect("one");
    assert_eq!((failed.changed_at(), failed.observed_at), (at(600), at(900)));
}

#[test]
fn a_claim_keeps_others_away_until_it_expires_and_only_while_notices_wait() {
    let mut watched = Watched::new(Source::Redshift);
    let waiting = watched.tells(300, restore("FAILED"));
    let claim = Some(crate::domain::Claim { token: "first".to_owned(), until: at(600) });
    let mut outbox = Outbox { claim, ..Outbox::default() };
    assert!(outbox.claimed_by_another("second", at(599)).is_none() && !outbox.is_for("first"), "nothing waits");
    outbox.push(waiting);
    for (token, seconds, held_off) in [("second", 599, true), ("second", 600, false), ("first", 599, false)] {
        assert_eq!(outbox.claimed_by_another(token, at(seconds)).is_some(), held_off, "{token} at {seconds}");
    }
    assert!(outbox.is_for("first") && !outbox.is_for("second"));
}

#[test]
fn a_notice_about_an_unreachable_scope_names_it_and_so_does_the_one_about_its_return() {
    let mut watched = Watched::new(Source::Redshift);
    watched.policy.unreachable_after = 2;
    let mut titles = Vec::new();
    for (seconds, coverage) in [(300, denied()), (600, denied()), (900, denied()), (1200, Coverage::Complete)] {
        let plan = watched.read(seconds, &[], &coverage);
        titles.push(
            plan.notices().map(|notice| format!("{} {}", notice.subject(), notice.to())).collect::<Vec<_>>().join(", "),
        );
    }
    let scope = watched.known.scope.to_string();
    assert_eq!(titles, ["", &format!("{scope} unreachable"), "", &format!("{scope} reachable")]);
}

#[test]
fn starts_and_validations_are_told_unless_they_are_history() {
    let began = |began: i64, seen| Observation { began_at: Some(at(began)), ..seen };
    let validating = || FacetObservation::new(Facet::Validation, "VALIDATING");
    let restored = || FacetObservation::new(Facet::Restore, "COMPLETED");
    let mut watched = Watched::new(Source::Backup);
    watched.policy.routine = [Source::Backup].into();
    assert!(watched.reads(300, &[began(-LATER, restore("RUNNING"))]).is_empty(), "history");
    let mut watched = Watched::new(Source::Backup);
    watched.policy.routine = [Source::Backup].into();
    assert_eq!(watched.reads(600, &[began(600, restore("RUNNING"))]), ["started restore"], "begun between two reads");
    assert_eq!(watched.reads(900, &[restore("Paused")]), ["unknown-status restore"], "which is no beginning");
    assert_eq!(watched.reads(1200, &[restore("RUNNING")]), ["started restore"]);
    assert!(!watched.record().facets[&Facet::Restore].completed_once);
    assert_eq!(
        watched.reads(1500, &[saw("s-1", [restored(), validating()])]),
        ["completed restore", "validating validation"]
    );
    assert!(watched.record().facets[&Facet::Restore].completed_once);
}

#[test]
fn routine_includes_every_completed_replication_once() {
    let mut watched = Watched::new(Source::S3TablesReplication);
    watched.policy.routine = [Source::S3TablesReplication].into();
    let cases = [
        ("completed", Some(300), 1, "the first"),
        ("completed", Some(300), 0, "the same"),
        ("completed", Some(600), 1, "another, begun and made between two reads"),
        ("pending", Some(600), 0, "a beginning"),
        ("completed", Some(600), 1, "another, although its time is the same"),
        ("pending", Some(900), 1, "made, and the next has begun"),
    ];
    for (index, (status, run, expected, what)) in (1..).zip(cases) {
        assert_eq!(watched.reads(900 + index, &[saw("s-1", [copy(status, run)])]).len(), expected, "{what}");
    }
}

#[test]
fn a_muted_failure_of_a_job_is_told_only_after_another_read() {
    let mut watched = Watched::new(Source::S3TablesMaintenance);
    watched.mute(Mute::Until(at(600)));
    assert!(watched.reads(300, &[saw("s-1", [job("Failed", Some(300))])]).is_empty());
    assert_eq!(watched.read(900, &[], &denied()).notices().count(), 0, "the mute is over, but was not read");
    assert_eq!(watched.reads(1200, &[saw("s-1", [job("Failed", Some(300))])]), ["failed icebergCompaction"]);
}

#[test]
fn a_run_that_fails_when_a_reminder_is_due_is_counted_in_the_reminder() {
    let mut watched = Watched::new(Source::S3TablesMaintenance);
    assert_eq!(watched.tells(300, saw("s-1", [job("Failed", Some(300))])).len(), 1);
    let due = 300 + Policy::default().reminder_interval.expect("reminders").as_secs();
    assert_eq!(watched.tells(due - 1, saw("s-1", [job("Failed", Some(due - 1))])).len(), 0);
    let [reminder] = watched.tells(due, saw("s-1", [job("Failed", Some(due))])).try_into().expect("one");
    assert_eq!(change(&reminder), FacetChange::StillFailing(Failures { since: at(300), count: 3 }));
    assert_eq!(watched.tells(due + 300, saw("s-1", [job("Failed", Some(due + 300))])).len(), 0);
}

#[test]
fn a_known_failure_that_repeats_during_a_mute_waits_for_the_reminder() {
    let mut watched = Watched::new(Source::S3TablesMaintenance);
    assert_eq!(watched.tells(300, saw("s-1", [job("Failed", Some(300))])).len(), 1);
    watched.mute(Mute::Until(at(1200)));
    assert!(watched.tells(600, saw("s-1", [job("Failed", Some(600))])).is_empty());
    assert!(watched.tells(1500, saw("s-1", [job("Failed", Some(600))])).is_empty(), "people know that it is failing");
}

#[test]
fn a_muted_vanished_notice_is_counted_once() {
    let mut watched = Watched::new(Source::Redshift);
    watched.mute(Mute::Always);
    watched.reads(300, &[restore("RUNNING")]);
    for (seconds, muted) in [(600, 0), (900, 1), (1200, 0)] {
        assert_eq!(watched.read(seconds, &[], &Coverage::Complete).muted(), muted, "{seconds}");
    }
}

#[test]
fn a_read_with_cached_answers_counts_as_of_the_oldest_and_never_moves_back() {
    let mut watched = Watched::new(Source::Redshift);
    for (seconds, relied_on, read_as_of) in [(300, None, 300), (600, Some(450), 450), (900, Some(400), 450)] {
        let observed = Observed { relied_on: relied_on.map(at), ..Observed::default() };
        let plan = plan(&watched.known, &observed, &Coverage::Complete, &watched.policy, at(seconds));
        watched.known.checkpoint.state = plan.checkpoint.state;
        assert_eq!(watched.known.checkpoint.state.last_complete_at, Some(at(read_as_of)));
    }
}

#[test]
fn a_replication_that_tries_again_and_fails_without_a_success_is_the_same_failure() {
    let mut watched = Watched::new(Source::S3TablesReplication);
    watched.policy.max_lag = None;
    let due = 600 + Policy::default().reminder_interval.expect("reminders").as_secs();
    let cases = [
        (300, "completed", 100, 1, "the first copy"),
        (600, "failed", 100, 1, "a failure"),
        (900, "pending", 100, 0, "another try"),
        (1200, "failed", 100, 0, "which fails, too"),
        (1500, "pending", 100, 0, "another try"),
        (due + 300, "pending", 100, 0, "no reminder while it may still succeed"),
        (due + 600, "failed", 100, 1, "which fails, too: a reminder"),
        (due + 900, "failed", 100, 0, "the same failure"),
        (due + 1200, "failed", 1400, 1, "a failure after a success in between"),
    ];
    for (seconds, status, run, expected, what) in cases {
        assert_eq!(watched.reads(seconds, &[saw("s-1", [copy(status, Some(run))])]).len(), expected, "{what}");
    }
}

#[test]
fn a_failed_restore_is_told_once_without_reminders() {
    let mut watched = Watched::new(Source::Backup);
    let interval = Policy::default().reminder_interval.expect("reminders").as_secs();
    for (seconds, expected) in [(300, 1), (600, 0), (300 + interval, 0), (600 + 2 * interval, 0)] {
        assert_eq!(watched.reads(seconds, &[restore("FAILED")]).len(), expected, "{seconds}");
    }
}

#[test]
fn a_muted_warning_is_told_when_the_mute_ends() {
    let mut watched = Watched::new(Source::Redshift);
    let limit = Policy::default().stalled_after[&Source::Redshift].as_secs();
    watched.mute(Mute::Until(at(600 + limit)));
    for (seconds, expected) in [(300, vec![]), (300 + limit, vec![]), (600 + limit, vec!["stalled restore"])] {
        assert_eq!(watched.reads(seconds, &[restore("IN_PROGRESS")]), expected, "{seconds}");
    }
}

#[test]
fn a_restore_that_fails_during_a_mute_is_told_after_it_although_aws_no_longer_lists_it() {
    let mut watched = Watched::new(Source::Redshift);
    watched.mute(Mute::Until(at(900)));
    assert!(watched.reads(300, &[restore("FAILED")]).is_empty());
    assert!(watched.reads(600, &[]).is_empty(), "muted");
    assert_eq!(watched.reads(900, &[]), ["failed restore"]);
    assert!(watched.reads(1200, &[]).is_empty(), "once");
}

#[test]
fn a_running_restore_is_history_if_it_began_before_the_baseline_less_the_grace() {
    let edge = -Policy::default().grace.as_secs();
    for (began, told) in [(edge - 1, 0), (edge, 0), (edge + 1, 1)] {
        let mut watched = Watched::new(Source::Redshift);
        watched.policy.routine = [Source::Redshift].into();
        let seen = Observation { began_at: Some(at(began)), ..restore("IN_PROGRESS") };
        assert_eq!(watched.reads(300, &[seen]).len(), told, "{began}");
    }
}

#[test]
fn an_unknown_status_is_history_only_on_a_new_subject_of_the_baseline() {
    let told = ["unknown-status restore"];
    assert_eq!(Watched::new(Source::Redshift).reads(300, &[restore("Paused")]), told, "a new subject");
    let mut watched = Watched::unread(Source::Redshift);
    assert_eq!(watched.reads(0, &[restore("Paused")]), ["baseline scope"], "history");
    let mut watched = Watched::unread(Source::Redshift);
    watched.read(0, &[restore("RUNNING")], &denied());
    assert_eq!(
        watched.reads(300, &[restore("Paused")]),
        ["unknown-status restore", "baseline scope"],
        "a known subject"
    );
}

#[test]
fn a_notice_has_the_message_of_its_own_read() {
    let said = |message: &str| {
        let message = Some(message.to_owned());
        saw("s-1", [FacetObservation { message, ..FacetObservation::new(Facet::Restore, "FAILED") }])
    };
    let mut watched = Watched::new(Source::Redshift);
    watched.reads(300, &[restore("IN_PROGRESS")]);
    let [notice] = watched.tells(600, said("no space")).try_into().expect("one");
    assert_eq!(notice.message().as_deref(), Some("no space"));
    watched.tells(900, said("still no space"));
    assert_eq!(watched.record().facets[&Facet::Restore].message.as_deref(), Some("still no space"));
}

#[test]
fn a_subject_that_is_found_again_must_be_missed_twice_more() {
    let mut watched = Watched::new(Source::Redshift);
    watched.reads(300, &[restore("IN_PROGRESS")]);
    for seconds in [600, 1200, 1800] {
        assert!(watched.reads(seconds, &[]).is_empty(), "missed once");
        assert!(watched.reads(seconds + 300, &[restore("IN_PROGRESS")]).is_empty(), "found");
    }
    watched.reads(2400, &[]);
    assert_eq!(watched.reads(2700, &[]), ["vanished restore"]);
}

#[test]
fn a_warning_is_told_once_at_its_limit() {
    let policy = Policy::default();
    let running = || restore("RUNNING");
    let expected = || {
        saw(
            "s-1",
            [FacetObservation { expected_by: Some(at(300)), ..FacetObservation::new(Facet::Restore, "RUNNING") }],
        )
    };
    let waiting = || saw("s-1", [copy("pending", None)]);
    let limit = |limit: Option<jiff::SignedDuration>| limit.expect("a limit").as_secs();
    let cases: [(Source, i64, &dyn Fn() -> Observation, &str); 3] = [
        (Source::Redshift, limit(policy.stalled_after.get(&Source::Redshift).copied()), &running, "stalled restore"),
        (Source::Backup, limit(policy.overdue_after), &expected, "overdue restore"),
        (Source::S3TablesReplication, limit(policy.max_lag), &waiting, "lagging dr"),
    ];
    for (source, limit, seen, warning) in cases {
        let mut watched = Watched::new(source);
        assert!(watched.reads(300, &[seen()]).is_empty(), "{warning}");
        assert!(watched.reads(299 + limit, &[seen()]).is_empty(), "{warning}");
        assert_eq!(watched.reads(300 + limit, &[seen()]), [warning]);
        assert!(watched.reads(600 + limit, &[seen()]).is_empty(), "{warning}: once");
    }
}
