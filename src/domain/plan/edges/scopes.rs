//! Baselines, coverage, claims, and what is muted.

use super::*;

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
