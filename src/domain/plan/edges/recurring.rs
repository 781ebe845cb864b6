//! Replication and maintenance: runs, failures, recoveries, and what takes too long.

use super::*;

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
fn routine_includes_disabled_jobs_and_every_successful_run() {
    let mut watched = Watched::new(Source::S3TablesMaintenance);
    watched.policy.routine = [Source::S3TablesMaintenance].into();
    assert_eq!(watched.reads(300, &[saw("s-1", [job("Successful", Some(300))])]), ["completed icebergCompaction"]);
    assert_eq!(watched.reads(600, &[saw("s-1", [job("Disabled", None)])]), ["disabled icebergCompaction"]);
    assert!(watched.reads(900, &[saw("s-1", [job("Disabled", None)])]).is_empty(), "once");
    assert_eq!(watched.reads(1200, &[saw("s-1", [job("Successful", Some(1200))])]), ["completed icebergCompaction"]);
    assert!(watched.reads(1500, &[saw("s-1", [job("Successful", Some(1200))])]).is_empty(), "the same run");
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
fn a_silence_lasts_until_its_time_to_the_second_and_is_named_once_after_it() {
    let mut watched = Watched::new(Source::S3TablesMaintenance);
    watched.policy.reminder_interval = Some(jiff::SignedDuration::from_secs(600));
    let failed = || saw("s-1", [job("Failed", Some(300))]);
    assert_eq!(watched.tells(300, failed()).len(), 1);
    watched.silence_until(1500);
    assert_eq!(watched.tells(1499, failed()).len(), 0, "the silence is on");
    let [reminder] = watched.tells(1500, failed()).try_into().expect("a reminder");
    let silence = reminder.facet_event().expect("a facet").silence.as_deref();
    assert_eq!(silence.map(|silence| silence.until), Some(at(1500)));
    let [next] = watched.tells(2100, failed()).try_into().expect("a reminder");
    assert_eq!(next.facet_event().expect("a facet").silence, None);
}

#[test]
fn a_silence_ends_with_the_failure() {
    let mut watched = Watched::new(Source::S3TablesMaintenance);
    assert_eq!(watched.tells(300, saw("s-1", [job("Failed", Some(300))])).len(), 1);
    watched.silence_until(9000);
    let [recovery] = watched.tells(600, saw("s-1", [job("Successful", Some(600))])).try_into().expect("a recovery");
    assert!(recovery.facet_event().expect("a facet").silence.is_some(), "it says which silence it ends");
    let [failure] = watched.tells(900, saw("s-1", [job("Failed", Some(900))])).try_into().expect("a new failure");
    assert_eq!(failure.facet_event().expect("a facet").silence, None);
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

#[test]
fn a_failed_run_is_counted_once_however_often_it_is_reported() {
    let cases = [
        (vec![("Failed", None), ("Failed", None)], "a run without a time"),
        (vec![("Failed", Some(300)), ("Failed", Some(300))], "the same run"),
        (
            vec![("Failed", Some(300)), ("Disabled", None), ("Failed", Some(300))],
            "the last run of a job that was disabled",
        ),
    ];
    for (answers, what) in cases {
        let mut watched = Watched::new(Source::S3TablesMaintenance);
        watched.rule(Effect { repeats: Some(Repeats::Tell), ..Effect::default() });
        let mut told = Vec::new();
        for (seconds, (status, run)) in (600..).step_by(300).zip(answers) {
            told.extend(watched.reads(seconds, &[saw("s-1", [job(status, run)])]));
        }
        assert_eq!(told, ["failed icebergCompaction"], "{what}");
    }
}

#[test]
fn a_run_whose_status_changes_is_told_again() {
    let mut watched = Watched::new(Source::S3TablesMaintenance);
    assert_eq!(watched.reads(300, &[saw("s-1", [job("Failed", Some(300))])]), ["failed icebergCompaction"]);
    assert_eq!(watched.reads(600, &[saw("s-1", [job("Successful", Some(300))])]), ["recovered icebergCompaction"]);
}

#[test]
fn a_replication_that_fails_at_first_sight_is_told_unless_it_is_the_baseline() {
    let failed = || saw("s-1", [copy("failed", None)]);
    assert_eq!(Watched::new(Source::S3TablesReplication).reads(300, &[failed()]), ["failed dr"]);
    assert_eq!(Watched::unread(Source::S3TablesReplication).reads(0, &[failed()]), ["baseline scope"]);
}

#[test]
fn a_failure_that_was_held_back_comes_from_nothing_and_a_reminder_from_the_failure() {
    let interval = Policy::default().reminder_interval.expect("reminders").as_secs();
    let mut watched = Watched::new(Source::S3TablesMaintenance);
    watched.mute(Mute::Until(at(900)));
    for seconds in [300, 600] {
        assert!(watched.tells(seconds, saw("s-1", [job("Failed", Some(seconds))])).is_empty());
    }
    let [failed] = watched.tells(900, saw("s-1", [job("Failed", Some(600))])).try_into().expect("one");
    assert_eq!((failed.reason(), failed.from(), failed.to()), (Reason::Failed, None, "failed"));
    assert_eq!(change(&failed), FacetChange::Failed(Failures { since: at(300), count: 2 }));
    let [reminder] = watched.tells(900 + interval, saw("s-1", [job("Failed", Some(600))])).try_into().expect("one");
    assert_eq!((reminder.reason(), reminder.from(), reminder.to()), (Reason::StillFailing, Some("failed"), "failed"));
}

#[test]
fn the_first_success_of_a_table_is_told_once_whichever_job_it_is_of() {
    let of = |name: &str, status: &str, run: i64| FacetObservation {
        run: Some(at(run)),
        ..FacetObservation::new(Facet::Job(name.to_owned()), status)
    };
    let mut watched = Watched::new(Source::S3TablesMaintenance);
    let seen = saw("s-1", [of("a", "Failed", 300), of("b", "Successful", 300), of("c", "Successful", 300)]);
    assert_eq!(watched.reads(600, &[seen]), ["failed a", "completed b"]);
    let seen = saw("s-1", [of("a", "Successful", 900), of("b", "Successful", 900), of("d", "Successful", 900)]);
    assert_eq!(watched.reads(900, &[seen]), ["recovered a"]);
    let mut watched = Watched::new(Source::S3TablesReplication);
    let seen = saw(
        "s-1",
        ["dr", "backup"].map(|to| FacetObservation {
            run: Some(at(300)),
            ..FacetObservation::new(Facet::Destination(to.to_owned()), "completed")
        }),
    );
    assert_eq!(watched.reads(600, &[seen]).len(), 2, "each destination of a replication has its own");
}

#[test]
fn a_table_is_gone_if_its_bucket_was_read_without_it() {
    let in_bucket = |bucket: &str| {
        let labels = [(crate::domain::label::BUCKET_ARN.to_owned(), bucket.to_owned())];
        let subject = Subject { id: "s-1".into(), name: "a table".to_owned(), labels: labels.into_iter().collect() };
        Observation { subject: subject.into(), ..saw("s-1", [copy("pending", None)]) }
    };
    let unread = |part: &str, subject: &str| {
        let error = ScopeError { kind: ErrorKind::Denied, message: "no".to_owned(), action: None };
        let subjects = [subject.into()].into();
        Coverage::Swept(vec![crate::domain::Unread {
            part: part.to_owned(),
            count: 1,
            subjects,
            exclude: Vec::new(),
            error,
        }])
    };
    let cases = [
        ("lake", unread("attic", "s-2"), true, "another bucket was not read"),
        ("lake", unread("lake", "s-2"), false, "a part of its bucket was not read"),
        ("lake", unread("attic", "s-1"), false, "it was not read, under another bucket"),
        ("lake", denied(), false, "nothing was read"),
        ("lake", Coverage::Complete, true, "everything was read"),
    ];
    for (bucket, coverage, is_gone, what) in cases {
        let mut watched = Watched::new(Source::S3TablesReplication);
        watched.policy.unreachable_after = 100;
        watched.reads(300, &[in_bucket(bucket)]);
        for seconds in [600, 900] {
            watched.read(seconds, &[], &coverage);
        }
        assert_eq!(!watched.record().is_open(), is_gone, "{what}");
    }
}
