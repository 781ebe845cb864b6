//! Restores, validations and deletions: history, expiry, absence, and ends.

use super::*;

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
fn a_routine_job_is_kept_for_a_week_and_one_that_failed_for_as_long_as_others() {
    let Policy { routine_retention: week, retention: long, .. } = Policy::default();
    let (backup, copy) = (Source::BackupJobs, Source::BackupCopies);
    for (source, facet, status, is_muted, kept) in [
        (backup, Facet::Backup, "COMPLETED", false, week),
        (copy, Facet::Copy, "COMPLETED", false, week),
        (backup, Facet::Backup, "FAILED", false, long),
        (copy, Facet::Copy, "FAILED", true, long),
        (Source::DynamoDbExports, Facet::Export, "COMPLETED", false, long),
    ] {
        let mut watched = Watched::new(source);
        if is_muted {
            watched.mute(Mute::Always);
        }
        watched.reads(300, &[saw("s-1", [FacetObservation::new(facet.clone(), status)])]);
        assert_eq!(watched.record().expires_at, Some(at(300 + kept.as_secs())), "{facet} {status}");
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
fn an_old_answer_does_not_take_a_restore_back_to_its_beginning() {
    let mut watched = Watched::new(Source::Backup);
    watched.policy.routine = [Source::Backup].into();
    watched.reads(600, &[restore("PENDING")]);
    assert_eq!(watched.reads(900, &[restore("RUNNING")]), ["started restore"]);
    assert!(watched.reads(1200, &[restore("PENDING")]).is_empty());
    assert_eq!(watched.record().facets[&Facet::Restore].status, Status::Running);
    assert!(watched.reads(1500, &[restore("RUNNING")]).is_empty(), "it has started once");
    assert_eq!(watched.reads(1800, &[restore("ABORTED")]), ["canceled restore"]);
}

#[test]
fn a_muted_vanished_notice_is_counted_once() {
    let mut watched = Watched::new(Source::Redshift);
    watched.mute(Mute::Always);
    watched.reads(300, &[restore("RUNNING")]);
    for (seconds, muted) in [(600, 0), (900, 1), (1200, 0)] {
        assert_eq!(watched.read(seconds, &[], &Coverage::Complete).muted, muted, "{seconds}");
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
fn a_restore_ends_once_unless_it_ends_differently() {
    let mut watched = Watched::new(Source::Redshift);
    for (seconds, status, told) in [
        (300, "SUCCEEDED", vec!["completed restore"]),
        (600, "IN_PROGRESS", vec![]),
        (900, "SUCCEEDED", vec![]),
        (1200, "FAILED", vec!["failed restore"]),
        (1500, "FAILED", vec![]),
        (1800, "CANCELED", vec!["canceled restore"]),
    ] {
        assert_eq!(watched.reads(seconds, &[restore(status)]), told, "{status} at {seconds}");
    }
}

#[test]
fn a_clean_up_is_told_if_it_fails_and_a_validation_if_it_ends() {
    for (facet, status, told) in [
        (Facet::Deletion, "SUCCESSFUL", vec![]),
        (Facet::Deletion, "FAILED", vec!["failed deletion"]),
        (Facet::Validation, "SUCCESSFUL", vec!["completed validation"]),
        (Facet::Validation, "TIMED_OUT", vec!["failed validation"]),
    ] {
        let mut watched = Watched::new(Source::Backup);
        watched.reads(300, &[restore("COMPLETED")]);
        let seen =
            saw("s-1", [FacetObservation::new(Facet::Restore, "COMPLETED"), FacetObservation::new(facet, status)]);
        assert_eq!(watched.reads(600, &[seen]), told, "{status}");
    }
}
