//! Baselines, coverage, claims, and what is muted.

use super::*;
use crate::domain::Unread;
use crate::domain::notice::UnreadFor;

#[test]
fn every_muted_notice_is_counted() {
    let mut watched = Watched::unread(Source::Redshift);
    watched.mute(Mute::Always);
    assert_eq!(watched.read(0, &[], &Coverage::Complete).muted, 1, "the baseline");
    watched.reads(300, &[saw("s-0", [FacetObservation::new(Facet::Restore, "RUNNING")]), restore("RUNNING")]);
    watched.policy.unreachable_after = 1;
    let failed = [saw("s-0", [FacetObservation::new(Facet::Restore, "FAILED")]), restore("FAILED")];
    assert_eq!(watched.read(600, &failed, &denied()).muted, 3, "two failures, and that the rest was unreadable");
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
fn a_read_with_cached_answers_counts_as_of_the_oldest_and_never_moves_back() {
    let mut watched = Watched::new(Source::Redshift);
    for (seconds, relied_on, read_as_of) in [(300, None, 300), (600, Some(450), 450), (900, Some(400), 450)] {
        let observed = Observed { relied_on: relied_on.map(at), ..Observed::default() };
        let plan = plan(&watched.known, &observed, &Coverage::Complete, &watched.policy, at(seconds));
        watched.known.checkpoint.state = plan.checkpoint.state;
        assert_eq!(watched.known.checkpoint.state.last_complete_at, Some(at(read_as_of)));
    }
}

/// A read of everything but this subject of the bucket `lake`.
fn unread(subject: &str) -> Unread {
    Unread {
        part: "lake".to_owned(),
        count: 1,
        subjects: [subject.into()].into(),
        exclude: Vec::new(),
        error: ScopeError { kind: ErrorKind::Denied, message: "no".to_owned(), action: None },
    }
}

fn without(subject: &str) -> Coverage {
    Coverage::Swept(vec![unread(subject)])
}

/// The events of the scope that a read with this coverage tells.
fn scope_events(watched: &mut Watched, seconds: i64, coverage: &Coverage) -> Vec<ScopeEvent> {
    let plan = watched.read(seconds, &[], coverage);
    let events = plan.notices().filter_map(|notice| match &notice.event {
        Event::Scope(event) => Some(event.clone()),
        Event::Facet(_) => None,
    });
    events.collect()
}

#[test]
fn a_baseline_counts_what_is_unfinished_failing_and_finished() {
    let failed_restore = saw("s-2", [FacetObservation::new(Facet::Restore, "FAILED")]);
    let (running, waiting) = (restore("RUNNING"), saw("s-1", [copy("pending", None)]));
    let cases = [
        (Source::Redshift, vec![running, failed_restore], (2, 1, 0, 1)),
        (Source::S3TablesReplication, vec![waiting, saw("s-2", [copy("failed", Some(-9))])], (2, 1, 1, 0)),
        (
            Source::S3TablesMaintenance,
            vec![saw("s-1", [job("Failed", Some(-9))]), saw("s-2", [job("Successful", Some(-9))])],
            (2, 0, 1, 0),
        ),
    ];
    for (source, seen, expected) in cases {
        let mut watched = Watched::unread(source);
        let plan = watched.read(0, &seen, &Coverage::Complete);
        let Some(Event::Scope(ScopeEvent::Baseline(baseline))) = plan.notices().next().map(|notice| &notice.event)
        else {
            panic!("no baseline");
        };
        let counts = (baseline.known, baseline.unfinished, baseline.failing, baseline.finished);
        assert_eq!(counts, expected, "{source}: known, unfinished, failing, finished");
        assert_eq!((baseline.named.len(), baseline.unread.is_some()), (baseline.failing, false), "{source}");
    }
}

#[test]
fn a_part_is_told_when_enough_passes_could_not_read_it_and_when_it_can_be_read_again() {
    let mut watched = Watched::new(Source::S3TablesMaintenance);
    assert_eq!(scope_events(&mut watched, 300, &without("a")), []);
    assert_eq!(scope_events(&mut watched, 600, &without("a")), []);
    let [ScopeEvent::PartlyUnreachable { unread, parts }] = &scope_events(&mut watched, 900, &without("a"))[..] else {
        panic!("not told");
    };
    assert_eq!((unread.since, unread.passes, parts.subjects, parts.more), (at(300), 3, 1, 0));
    assert_eq!(watched.known.checkpoint.state.last_complete_at, Some(at(0)), "not read completely since");
    assert_eq!(scope_events(&mut watched, 1200, &without("a")), [], "once");
    let again = UnreadFor { since: at(300), passes: 4 };
    let reachable = ScopeEvent::PartsReachable { unread: again, parts: vec!["lake".to_owned()] };
    assert_eq!(scope_events(&mut watched, 1500, &Coverage::Complete), [reachable]);
    assert_eq!(watched.known.checkpoint.state.last_complete_at, Some(at(1500)));
    assert_eq!(scope_events(&mut watched, 1800, &Coverage::Complete), [], "once");
}

#[test]
fn a_part_counts_as_unread_only_if_the_same_subject_is() {
    let mut watched = Watched::new(Source::S3TablesMaintenance);
    for (seconds, subject) in (300..).step_by(300).zip(["a", "b", "c", "a", "b", "c"]) {
        assert_eq!(scope_events(&mut watched, seconds, &without(subject)), [], "{seconds}");
    }
}

#[test]
fn a_sweep_over_several_passes_has_read_a_part_only_if_each_of_them_could() {
    let stopped = || Coverage::Stopped { resume_after: Some("m".to_owned()), unread: vec![unread("a")], error: None };
    let mut watched = Watched::new(Source::S3TablesMaintenance);
    watched.policy.unreachable_after = 1;
    let events = scope_events(&mut watched, 300, &without("a"));
    assert!(matches!(events[..], [ScopeEvent::PartlyUnreachable { .. }]), "{events:?}");
    assert_eq!(scope_events(&mut watched, 600, &stopped()), []);
    assert_eq!(scope_events(&mut watched, 900, &Coverage::Complete), [], "the first pass of this sweep could not");
    assert_eq!(watched.known.checkpoint.state.last_complete_at, Some(at(0)));
    let events = scope_events(&mut watched, 1200, &Coverage::Complete);
    assert!(matches!(events[..], [ScopeEvent::PartsReachable { .. }]), "{events:?}");
    assert_eq!(watched.known.checkpoint.state.last_complete_at, Some(at(1200)));
}

#[test]
fn a_baseline_names_the_parts_that_were_not_read() {
    let mut watched = Watched::unread(Source::S3TablesMaintenance);
    let [ScopeEvent::Baseline(baseline)] = &scope_events(&mut watched, 0, &without("a"))[..] else {
        panic!("no baseline");
    };
    let parts = baseline.unread.as_ref().expect("a part was not read");
    assert_eq!((parts.named.len(), parts.named[0].part.as_str(), parts.subjects), (1, "lake", 1));
}

#[test]
fn more_than_five_unread_parts_are_counted() {
    let mut watched = Watched::new(Source::S3TablesMaintenance);
    watched.policy.unreachable_after = 1;
    let parts = (0..7).map(|index| Unread { part: format!("lake{index}"), ..unread("a") });
    let [ScopeEvent::PartlyUnreachable { parts, .. }] =
        &scope_events(&mut watched, 300, &Coverage::Swept(parts.collect()))[..]
    else {
        panic!("not told");
    };
    assert_eq!((parts.named.len(), parts.more, parts.subjects), (5, 2, 7));
}

#[test]
fn a_scope_is_unreachable_after_enough_passes_in_a_row_and_reachable_after_one() {
    let mut watched = Watched::new(Source::Redshift);
    assert_eq!(scope_events(&mut watched, 300, &denied()), []);
    assert_eq!(scope_events(&mut watched, 600, &denied()), []);
    assert_eq!(scope_events(&mut watched, 900, &Coverage::Complete), [], "nobody was told");
    for seconds in [1200, 1500] {
        assert_eq!(scope_events(&mut watched, seconds, &denied()), [], "{seconds}");
    }
    let [ScopeEvent::Unreachable { unread, .. }] = &scope_events(&mut watched, 1800, &denied())[..] else {
        panic!("not told");
    };
    assert_eq!(*unread, UnreadFor { since: at(1200), passes: 3 });
    let again = UnreadFor { since: at(1200), passes: 3 };
    assert_eq!(scope_events(&mut watched, 2100, &Coverage::Complete), [ScopeEvent::Reachable(again)]);
}
