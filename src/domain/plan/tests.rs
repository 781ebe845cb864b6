//! Properties that hold for any answers of the APIs. The scenario tests show the rules themselves, one transition at a
//! time, with the real clients and the real store.

use proptest::prelude::*;

use super::*;
use crate::domain::{Facet, Observation, Outbox, Scope, Source, Subject, Tracked};

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_772_000_000 + minutes * 60).expect("a time")
}

/// Two subjects of a source, each with up to two facets.
fn observations(source: Source) -> impl Strategy<Value = Vec<Observation>> {
    let words = match source {
        Source::S3TablesMaintenance => vec!["Not_Yet_Run", "Successful", "Failed", "Disabled", "Paused"],
        Source::S3TablesReplication => vec!["pending", "completed", "failed", "Resyncing"],
        _ => vec!["PENDING", "RUNNING", "COMPLETED", "FAILED", "ABORTED", "REWINDING"],
    };
    let facets = match source {
        Source::S3TablesMaintenance => vec![Facet::Job("icebergCompaction".into()), Facet::Job("icebergNew".into())],
        Source::S3TablesReplication => vec![Facet::Destination("a".into()), Facet::Destination("b".into())],
        _ => vec![Facet::Restore],
    };
    let facet = (prop::sample::select(words), prop::option::of(0_i64..40), prop::option::of(0_u8..3));
    let facet = facet.prop_map(|(word, run, message)| (word, run.map(at), message.map(|n| format!("message {n}"))));
    let subject = prop::collection::vec(prop::option::of(facet), facets.len());
    prop::collection::vec(prop::option::of(subject), 2).prop_map(move |subjects| {
        let seen = subjects.into_iter().enumerate().filter_map(|(index, subject)| Some((index, subject?)));
        seen.map(|(index, words)| Observation {
            subject: Subject {
                id: format!("s-{index}").into(),
                name: format!("subject {index}"),
                labels: crate::domain::Labels::new(),
            }
            .into(),
            began_at: (index == 0).then(|| at(1)),
            facets: facets
                .iter()
                .zip(words)
                .filter_map(|(facet, seen)| {
                    let (word, run, message) = seen?;
                    let run = run.filter(|_| facet.kind().is_recurring());
                    Some(FacetObservation { run, message, ..FacetObservation::new(facet.clone(), word) })
                })
                .collect(),
            awaits_more: false,
        })
        .filter(|seen| !seen.facets.is_empty())
        .collect()
    })
}

fn any_history() -> impl Strategy<Value = (Source, Vec<(Vec<Observation>, bool)>)> {
    prop::sample::select(Source::ALL.to_vec()).prop_flat_map(|source| {
        (Just(source), prop::collection::vec((observations(source), prop::bool::weighted(0.8)), 1..12))
    })
}

fn scope(source: Source) -> Scope {
    Scope { source, account: "123456789012".to_owned(), region: "eu-central-1".to_owned() }
}

/// What a source returns: what was read, and the known open subjects that were not found.
fn observed(known: &Known, observations: &[Observation]) -> Observed {
    let absent = known.open().filter(|id| !observations.iter().any(|seen| seen.subject.id == *id)).collect();
    Observed { observations: observations.to_vec(), absent, ..Observed::default() }
}

fn apply(known: &mut Known, plan: Plan) {
    for change in plan.changes {
        let (outbox, history) = (Outbox::default(), Vec::new());
        known.records.insert(&Tracked { state: change.state, outbox, history, revision: 1 });
    }
    known.checkpoint.state = plan.checkpoint.state;
}

const COMPLETE: Coverage = Coverage::Complete;
const PARTIAL: Coverage = Coverage::Stopped { resume_after: None, unread: Vec::new(), error: None };

proptest! {
    #[test]
    fn reading_the_same_answers_twice_adds_no_notice((source, history) in any_history()) {
        let policy = Policy::default();
        let mut known = Known::nothing(scope(source));
        for (minute, (observations, _)) in history.iter().enumerate() {
            let now = at(5 * i64::try_from(minute).expect("few"));
            let reading = observed(&known, observations);
            let first = plan(&known, &reading, &COMPLETE, &policy, now);
            prop_assert_eq!(&first, &plan(&known, &reading, &COMPLETE, &policy, now), "deterministic");
            apply(&mut known, first);
            let again = plan(&known, &Observed { absent: Vec::new(), ..reading }, &COMPLETE, &policy, now);
            let told: Vec<_> = again.notices().filter(|notice| notice.reason() != Reason::Vanished).collect();
            prop_assert!(told.is_empty(), "{:?}", told);
        }
    }

    #[test]
    fn every_notice_has_its_own_id_and_reports_what_was_read((source, history) in any_history()) {
        let policy = Policy { routine: Source::ALL.into(), ..Policy::default() };
        let mut known = Known::nothing(scope(source));
        let mut ids = std::collections::BTreeSet::new();
        for (minute, (observations, complete)) in history.iter().enumerate() {
            let coverage = if *complete { COMPLETE } else { PARTIAL };
            let reading = observed(&known, observations);
            let plan = plan(&known, &reading, &coverage, &policy, at(5 * i64::try_from(minute).expect("few")));
            for notice in plan.notices() {
                prop_assert!(ids.insert(notice.id), "{} came before: {:?}", notice.id, notice);
                let event = notice.facet_event().filter(|event| event.change != FacetChange::Vanished);
                if let Some(event) = event {
                    let seen = observations.iter().find(|seen| seen.subject.id == event.subject.id).expect("read");
                    prop_assert!(seen.facets.iter().any(|facet| Some(&facet.aws_status) == event.aws_status.as_ref()));
                }
            }
            apply(&mut known, plan);
        }
    }

    #[test]
    fn a_partial_read_changes_nothing_that_it_did_not_read((source, history) in any_history()) {
        let policy = Policy::default();
        let mut known = Known::nothing(scope(source));
        for (minute, (observations, complete)) in history.iter().enumerate() {
            let now = at(5 * i64::try_from(minute).expect("few"));
            let reading = observed(&known, observations);
            if !complete {
                let plan = plan(&known, &reading, &PARTIAL, &policy, now);
                for change in &plan.changes {
                    let id = &change.state.subject.id;
                    prop_assert!(observations.iter().any(|seen| seen.subject.id == *id), "{} was not read", id);
                }
                prop_assert_eq!(&plan.checkpoint.state, &known.checkpoint.state, "the checkpoint stays");
            }
            let coverage = if *complete { COMPLETE } else { PARTIAL };
            let plan = plan(&known, &reading, &coverage, &policy, now);
            apply(&mut known, plan);
        }
    }

    #[test]
    fn the_first_complete_pass_tells_one_baseline_and_nothing_else(
        (source, history) in any_history(),
    ) {
        let known = Known::nothing(scope(source));
        let reading = observed(&known, &history[0].0);
        let plan = plan(&known, &reading, &COMPLETE, &Policy::default(), at(0));
        let reasons: Vec<Reason> = plan.notices().map(Notice::reason).collect();
        prop_assert_eq!(reasons, [Reason::Baseline]);
    }
}
