//! What the simulation once found. Every test run plays it again.
//!
//! The stories are scripts written by hand: they show the shortest run that went wrong, and stay the same when the drawing
//! of scripts changes. The seeds are older; a seed means the same for as long as the history, the ticks and the mishaps
//! are drawn in the same way.

use tidings::domain::Source;
use tidings::simulator::{FaultKind, UnreplicatedAnswer};

use crate::conditions::{Conditions, Locked};
use crate::history::{Turn, What};
use crate::log::{self, Event};
use crate::mishaps::{Kind, Mishap, Target};
use crate::oracle;
use crate::run::{Outcome, run};
use crate::script::{Asked, MINUTE, Script, Tick};

/// The seed and what it found.
pub const SEEDS: &[(u64, &str)] = &[
    (282, "a notice that could not be removed was sent again by the process that had sent it"),
    (1048, "the oracle took what a thawed pass had read long ago for the latest"),
    (1321, "the oracle did not believe a slow answer that a table is not there"),
    (2936, "the simulator did not list a restore whose status was spelled in lower case"),
    (777_411, "the oracle expected the truth after two passes although a sweep was under way"),
    (778_416, "a claim whose answer was lost passed for the commit after it: a transition was lost"),
];

/// A pass that begins at that time, in milliseconds.
fn pass(at: i64) -> Tick {
    Tick { at, order: Asked::Pass, patience: 2 * MINUTE, skew: 0, cold: false }
}

/// A table restore takes that status at that time; `gone` takes it away.
fn restore(at: i64, source: Source, id: &str, word: &str) -> Turn {
    let id = id.to_owned();
    let what = match word {
        "gone" => What::Gone { source, id },
        _ => What::Restore { source, id, word: word.to_owned() },
    };
    Turn { at, what }
}

/// All matching calls of one invocation go wrong.
fn always(invocation: usize, target: Target, kind: Kind) -> Mishap {
    Mishap { invocations: invocation..=invocation, target, skip: 0, times: 1000, kind }
}

/// Plays the script. Nothing may be wrong with the run by the rules of the oracle.
fn play(name: &str, script: Script) -> Outcome {
    let outcome = run(script, name.to_owned());
    let wrong = oracle::judge(&outcome);
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), outcome.log.trace());
    outcome
}

/// What was told of a subject, one line each, with the number of the invocation that told it.
fn told(outcome: &Outcome, subject: &str) -> Vec<(usize, String)> {
    let mut told = Vec::new();
    for entry in &outcome.log.entries {
        if let Event::Published { notices, .. } = &entry.what {
            let own = notices.iter().filter(|notice| notice["subject"] == subject);
            told.extend(own.map(|notice| (entry.invocation, log::line(notice))));
        }
    }
    told
}

/// Half an error document counted as an answer: the code at its beginning said that the restore is not there. It takes two
/// answers to make a restore vanish; one whole answer and one half must not do.
#[test]
fn half_an_error_document_does_not_make_a_restore_vanish() {
    let source = Source::Redshift;
    let script = Script {
        turns: vec![restore(-MINUTE, source, "r-0", "IN_PROGRESS"), restore(MINUTE, source, "r-0", "gone")],
        // 0: baseline. 1: asked by id, a whole answer that it is not there. 2 and 3: half an answer.
        ticks: vec![pass(0), pass(5 * MINUTE), pass(10 * MINUTE), pass(15 * MINUTE), pass(20 * MINUTE)],
        mishaps: [2, 3].map(|invocation| always(invocation, Target::Question, Kind::Truncated)).into(),
        ..Script::empty(vec![source])
    };
    let outcome = play("half-an-error-document", script);
    let coverage: Vec<(&str, Option<&str>)> = outcome
        .reports()
        .map(|report| {
            let scope = &report.scopes[0];
            (scope.coverage, scope.error.as_ref().map(|error| error.kind.as_str()))
        })
        .collect();
    let cut = ("partial", Some("malformed"));
    assert_eq!(coverage[..5], [("complete", None), ("complete", None), cut, cut, ("complete", None)]);
    assert_eq!(told(&outcome, "r-0"), [(4, "vanished restore r-0: running -> vanished".to_owned())]);
}

/// The service does not find a running restore for a while, and all that arrives of its answers is halves.
#[test]
fn half_error_documents_do_not_make_a_running_restore_vanish() {
    for source in [Source::Redshift, Source::RedshiftServerless] {
        let turns = [(-1, "IN_PROGRESS"), (1, "gone"), (13, "IN_PROGRESS"), (17, "SUCCEEDED")];
        let script = Script {
            turns: turns.map(|(minute, word)| restore(minute * MINUTE, source, "r-0", word)).into(),
            ticks: (0..5).map(|tick| pass(tick * 5 * MINUTE)).collect(),
            mishaps: [1, 2].map(|invocation| always(invocation, Target::Question, Kind::Truncated)).into(),
            ..Script::empty(vec![source])
        };
        let outcome = play(&format!("half-error-documents-{source}"), script);
        assert_eq!(told(&outcome, "r-0"), [(4, "completed restore r-0: running -> completed".to_owned())], "{source}");
    }
}

/// The same for a table whose replication is not found for a while, whatever the API says of a table without replication.
#[test]
fn half_error_documents_do_not_end_a_replication() {
    for unreplicated in [UnreplicatedAnswer::NotFound, UnreplicatedAnswer::BadRequest, UnreplicatedAnswer::EmptyList] {
        let (table, to) = ("r0".to_owned(), "arn:aws:s3tables:eu-west-1:123456789012:bucket/replica-a".to_owned());
        let replica = |minute: i64, word: &str| {
            let (table, to, updated) = (table.clone(), to.clone(), word == "completed");
            Turn { at: minute * MINUTE, what: What::Replica { table, to, word: word.to_owned(), updated } }
        };
        let unreplicated_at = Turn { at: MINUTE, what: What::Unreplicated { table: table.clone(), to: to.clone() } };
        let script = Script {
            turns: vec![replica(-1, "pending"), unreplicated_at, replica(13, "pending"), replica(17, "completed")],
            ticks: (0..5).map(|tick| pass(tick * 5 * MINUTE)).collect(),
            mishaps: [1, 2].map(|invocation| always(invocation, Target::Question, Kind::Truncated)).into(),
            conditions: Conditions { unreplicated, ..Conditions::default() },
            ..Script::empty(vec![Source::S3TablesReplication])
        };
        let outcome = play(&format!("half-replications-{unreplicated:?}"), script);
        let table = outcome.known[0].records.entries().next().expect("the table is known");
        let told = told(&outcome, &table.id());
        assert_eq!(told, [(4, "completed replica-a r0: pending -> completed".to_owned())], "{unreplicated:?}");
    }
}

/// A restore that no listing had shown comes to light in an answer from a moment ago, while it was running. It began before
/// the last complete read, which did not show it, and after the baseline. Rule 2 of "What is news" keeps silent about what is
/// first seen *finished*; this one is under way, so whoever asked for starts hears of it, and of its end after that.
#[test]
fn a_restore_that_is_first_seen_running_has_started() {
    let source = Source::RedshiftServerless;
    let script = Script {
        routine: [source].into(),
        turns: vec![restore(7 * MINUTE, source, "s-0", "IN_PROGRESS"), restore(19 * MINUTE, source, "s-0", "gone")],
        // 0: baseline. 1: not yet begun. 2: gone again. 3: an answer from two minutes before shows it running.
        ticks: vec![pass(0), pass(5 * MINUTE), pass(20 * MINUTE), pass(20 * MINUTE + 10_000)],
        mishaps: vec![always(3, Target::Status, Kind::Stale(2 * MINUTE))],
        ..Script::empty(vec![source])
    };
    let outcome = play("first-seen-running", script);
    let told: Vec<String> = told(&outcome, "s-0").into_iter().map(|(_, line)| line).collect();
    assert_eq!(told, ["started restore s-0: - -> running", "vanished restore s-0: running -> vanished"]);
}

/// What was under way when the scope was first read is history: only the baseline tells of it.
#[test]
fn a_restore_that_runs_at_the_baseline_has_not_started_now() {
    let source = Source::RedshiftServerless;
    let script = Script {
        routine: [source].into(),
        turns: vec![restore(-MINUTE, source, "s-0", "IN_PROGRESS"), restore(7 * MINUTE, source, "s-0", "SUCCEEDED")],
        ticks: vec![pass(0), pass(5 * MINUTE), pass(10 * MINUTE)],
        ..Script::empty(vec![source])
    };
    let outcome = play("running-at-the-baseline", script);
    assert_eq!(told(&outcome, "s-0"), [(2, "completed restore s-0: running -> completed".to_owned())]);
}

/// A bucket that is empty can be read. Beside one that is denied it was taken for nothing, and the first run of its first
/// table for history.
#[test]
fn an_empty_bucket_beside_a_denied_one_is_watched() {
    let run =
        What::Run { table: "m0".to_owned(), job: "icebergCompaction".to_owned(), word: "Failed".to_owned(), run: true };
    let script = Script {
        turns: vec![Turn { at: 12 * MINUTE, what: run }],
        ticks: (0..4).map(|tick| pass(tick * 5 * MINUTE)).collect(),
        conditions: Conditions {
            locked: Some(Locked { tables: 2, unlisted: false, from: -60 * MINUTE, until: None }),
            ..Conditions::default()
        },
        ..Script::empty(vec![Source::S3TablesMaintenance])
    };
    let outcome = play("an-empty-bucket", script);
    let scope = outcome.known[0].scope.to_string();
    let table = outcome.known[0].records.entries().next().expect("a table").id();
    let told: Vec<String> = [scope, table]
        .iter()
        .flat_map(|subject| told(&outcome, subject))
        .map(|(by, line)| format!("{by}: {line}"))
        .collect();
    assert_eq!(
        told,
        [
            "0: baseline scope eu-central-1: unwatched -> watched",
            "2: unreachable scope eu-central-1: reachable -> partly-unreachable",
            "3: failed icebergCompaction m0: - -> failed",
        ]
    );
}

/// A removal failed, and a hint wrote the subject before the pass did. The pass counted its removal as a write, so that its
/// revision happened to be the hint's, and its state replaced the hint's: the same failure was in the outbox twice.
#[test]
fn a_removal_that_failed_is_not_a_write() {
    let (source, job) = (Source::Backup, "j-0");
    let cold = |tick: Tick| Tick { cold: true, ..tick };
    let hint = Tick { order: Asked::Hint(job.to_owned()), ..pass(10 * MINUTE + 1_000) };
    let script = Script {
        turns: [(-1, "RUNNING"), (1, "COMPLETED"), (9, "FAILED")]
            .map(|(minute, word)| Turn {
                at: minute * MINUTE,
                what: What::Job { id: job.to_owned(), word: word.to_owned(), test: false },
            })
            .into(),
        // 1 tells the completion and leaves it in the outbox. 2 tells it again. While its removal fails, 3 writes the failure.
        ticks: vec![pass(0), pass(5 * MINUTE), cold(pass(10 * MINUTE)), cold(hint), cold(pass(15 * MINUTE))],
        mishaps: [1, 2].map(|invocation| always(invocation, Target::Removal, Kind::Fault(FaultKind::Html))).into(),
        ..Script::empty(vec![source])
    };
    let outcome = play("a-removal-that-failed", script);
    let failures = told(&outcome, job).into_iter().filter(|(_, line)| line.starts_with("failed"));
    assert_eq!(failures.collect::<Vec<_>>(), [(4, "failed restore j-0: completed -> failed".to_owned())]);
}
