//! Tests of the decisions.

use super::*;
use crate::domain::Severity;

const MAINTENANCE: Candidate = Candidate {
    is_silenced: false,
    reason: Reason::Failed,
    kind: FacetKind::Maintenance,
    is_routine: false,
    failures: 1,
    is_known: false,
    told_at: None,
};
const PLAIN: Treatment = Treatment {
    severity: Severity::Info,
    muted: false,
    failure_threshold: NonZeroU32::MIN,
    repeats: Repeats::Remind,
    reminder_interval: Some(SignedDuration::from_secs(60)),
    routine: false,
    topic_arn: None,
    note: None,
    rules: Vec::new(),
};

#[test]
fn each_candidate_has_the_decision_of_the_first_rule_that_applies() {
    use DroppedBecause::{Muted, Repeated, Routine, Silenced};
    use FacetKind::{Replication, Restore};
    let now = Timestamp::UNIX_EPOCH;
    let muted = || Treatment { muted: true, ..PLAIN };
    let three = || Treatment { failure_threshold: NonZeroU32::new(3).expect("not zero"), ..PLAIN };
    let told = |seconds: i64| Some(now - SignedDuration::from_secs(seconds));
    let reminder = |seconds| Candidate { reason: Reason::StillFailing, told_at: told(seconds), ..MAINTENANCE };
    let routine = Candidate { reason: Reason::Completed, is_routine: true, ..MAINTENANCE };
    let known = |kind| Candidate { kind, is_known: true, failures: 2, ..MAINTENANCE };
    let tell_each = || Treatment { repeats: Repeats::Tell, ..PLAIN };
    let never = Treatment { reminder_interval: None, ..PLAIN };
    let silenced = |candidate| Candidate { is_silenced: true, ..candidate };
    let mut cases = vec![
        ("a failure", MAINTENANCE, PLAIN, Decision::Tell),
        ("routine that nobody asked for, muted or not", routine, muted(), Decision::Drop(Routine)),
        ("routine", routine, Treatment { routine: true, ..PLAIN }, Decision::Tell),
        ("muted routine", routine, Treatment { routine: true, ..muted() }, Decision::Drop(Muted)),
        ("another failed run", known(FacetKind::Maintenance), PLAIN, Decision::Drop(Repeated)),
        ("one in a mute", known(FacetKind::Maintenance), muted(), Decision::Drop(Repeated)),
        ("one, told each time", known(FacetKind::Maintenance), tell_each(), Decision::Tell),
        ("a replication has no runs", known(Replication), tell_each(), Decision::Drop(Repeated)),
        ("a muted failure", MAINTENANCE, muted(), Decision::Hold(HeldBy::Mute)),
        ("too few", Candidate { failures: 2, ..MAINTENANCE }, three(), Decision::Hold(HeldBy::Threshold)),
        ("enough", Candidate { failures: 3, ..MAINTENANCE }, three(), Decision::Tell),
        ("a restore has no runs", Candidate { kind: Restore, ..MAINTENANCE }, three(), Decision::Tell),
        ("an early reminder", reminder(59), PLAIN, Decision::Wait),
        ("a reminder", reminder(60), PLAIN, Decision::Tell),
        ("a muted reminder", reminder(60), muted(), Decision::Wait),
        ("no reminders", reminder(1_000_000), never, Decision::Wait),
        ("a silenced reminder", silenced(reminder(60)), PLAIN, Decision::Drop(Silenced)),
        (
            "a silenced failure, told each time",
            silenced(known(FacetKind::Maintenance)),
            tell_each(),
            Decision::Drop(Silenced),
        ),
        ("a silenced one in a mute, which nobody holds back", silenced(MAINTENANCE), muted(), Decision::Drop(Silenced)),
    ];
    for reason in [Reason::Stalled, Reason::Overdue, Reason::Lagging] {
        cases.push(("a warning", Candidate { reason, ..MAINTENANCE }, PLAIN, Decision::Tell));
        cases.push(("a muted warning", Candidate { reason, ..MAINTENANCE }, muted(), Decision::Wait));
    }
    for reason in [Reason::Completed, Reason::Canceled, Reason::Recovered, Reason::Vanished] {
        cases.push(("an end", Candidate { reason, ..MAINTENANCE }, PLAIN, Decision::Tell));
        cases.push(("a silenced end", silenced(Candidate { reason, ..MAINTENANCE }), PLAIN, Decision::Tell));
        cases.push(("a muted end", Candidate { reason, ..MAINTENANCE }, muted(), Decision::Drop(Muted)));
    }
    for (what, candidate, treatment, expected) in cases {
        assert_eq!(decide(&candidate, &treatment, now), expected, "{what}: {candidate:?}");
    }
}

#[test]
fn only_a_mute_counts_as_muted() {
    let muted = [Decision::Hold(HeldBy::Mute), Decision::Drop(DroppedBecause::Muted)];
    assert!(muted.into_iter().all(Decision::is_muted));
    let others = [
        Decision::Tell,
        Decision::Wait,
        Decision::Hold(HeldBy::Threshold),
        Decision::Drop(DroppedBecause::Routine),
        Decision::Drop(DroppedBecause::Repeated),
    ];
    assert!(!others.into_iter().any(Decision::is_muted));
}
