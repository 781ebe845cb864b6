//! The delivery promise under simulation: the real pass, the real SDK clients and the real store run against the
//! simulator in process, in virtual time, while processes die and freeze, calls fail, answers get lost and invocations
//! overlap. One seed decides everything; an oracle of its own judges what was told.
//!
//! - `TIDINGS_SIM_FROM=<n> TIDINGS_SIM_SEEDS=<m> cargo test --test simulation` runs any range of seeds, and
//!   `TIDINGS_SIM_FROM=random` one that nobody picked; `TIDINGS_SIM_TRACE=1` prints the trace of each. Every run prints its
//!   range. A run of 300 seeds or more is thorough: everything else here then tries more, too.
//! - Reading order: [`script`] (what a seed decides), [`stage`] and [`line`] (where calls go wrong), [`run`] (the processes),
//!   [`oracle`]. docs/reliability.md says what is promised and what is not.
//! - [`exhaustive`] tries every interleaving of two small invocations instead of random ones.

mod answers;
mod asked;
mod conditions;
mod coverage;
mod exhaustive;
mod history;
mod line;
mod log;
mod mishaps;
mod oracle;
mod queues;
mod regressions;
mod run;
mod script;
mod shrink;
mod stage;
#[path = "../support/mod.rs"]
mod support;

use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use coverage::Coverage;
use script::Script;

/// How many seeds a run takes unless the environment says otherwise: as many as `cargo test` has time for.
const SEEDS: u64 = 20;
/// From how many seeds on a run is thorough.
const THOROUGH: u64 = 300;
/// So many seeds must have met everything that can happen.
const ENOUGH: u64 = 500;

/// After how many seeds a long run says how far it is.
const STRETCH: u64 = 10_000;
/// Random ranges begin below this: numbers that can still be read out.
const FARTHEST: u64 = 100_000_000_000_000;

#[expect(clippy::disallowed_methods, reason = "the range of seeds is for whoever runs the tests to choose")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// What the environment says, or `default`.
fn number(name: &str, default: u64) -> u64 {
    let parse = |text: String| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text:?}"));
    setting(name).map_or(default, parse)
}

/// How many seeds to run.
fn seed_count() -> u64 {
    number("TIDINGS_SIM_SEEDS", SEEDS)
}

/// Whether to try what takes minutes.
fn is_thorough() -> bool {
    seed_count() >= THOROUGH
}

/// How many seeds are enough to look at one thing.
fn few() -> u64 {
    if is_thorough() { 20 } else { 5 }
}

/// The first seed.
fn first_seed() -> u64 {
    let name = "TIDINGS_SIM_FROM";
    if setting(name).as_deref() == Some("random") { fastrand::u64(0..FARTHEST) } else { number(name, 0) }
}

fn say(text: &str) {
    // Straight to the terminal: the counts are worth seeing when all is well, too.
    writeln!(std::io::stderr(), "{text}").expect("standard error takes text");
}

/// What a failure looks like: the seed, the shortest failing run, its trace, and how to see it again.
fn report(test: &str, script: &Script, wrong: &[String]) -> String {
    let shorter = shrink::shrink(script);
    let (outcome, still) = shrink::trial(&shorter, &format!("again-{}", script.seed));
    let trace = outcome.map(|outcome| outcome.log.trace()).unwrap_or_default();
    format!(
        "seed {} breaks the promise:\n  {}\n\nthe shortest failing run found: {} of {} ticks, {} of {} mishaps, of \
         {:?}\n  {}\nmishaps: {:#?}\n{trace}\nsee it again: TIDINGS_SIM_FROM={} TIDINGS_SIM_SEEDS=1 cargo test \
         --test simulation {test}\n",
        script.seed,
        wrong.join("\n  "),
        shorter.ticks.len(),
        script.ticks.len(),
        shorter.mishaps.len(),
        script.mishaps.len(),
        shorter.sources,
        still.join("\n  "),
        shorter.mishaps,
        script.seed,
    )
}

#[test]
fn seeds() {
    run_seeds("seeds", Script::of);
}

#[test]
fn seeds_with_queues() {
    run_seeds("seeds_with_queues", Script::with_queues);
}

#[test]
fn seeds_with_silences() {
    run_seeds("seeds_with_silences", Script::with_silences);
}

/// Runs the scripts of all seeds that the environment asks for.
fn run_seeds(test: &str, script_of: impl Fn(u64) -> Script + Sync) {
    let (from, count) = (first_seed(), seed_count());
    say(&format!("{test} {from}..{}: TIDINGS_SIM_FROM={from} TIDINGS_SIM_SEEDS={count}", from + count));
    let trace = number("TIDINGS_SIM_TRACE", 0) > 0;
    let (next, failed) = (AtomicU64::new(0), AtomicBool::new(false));
    let (coverage, failure) = (Mutex::new(Coverage::default()), Mutex::new(None::<(u64, Script, Vec<String>)>));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut own = Coverage::default();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= count || failed.load(Ordering::Relaxed) {
                        break;
                    }
                    if seed > 0 && seed.is_multiple_of(STRETCH) {
                        say(&format!("{seed} of {count} seeds"));
                    }
                    let script = script_of(from + seed);
                    let (outcome, wrong) = shrink::trial(&script, &format!("seed-{}", script.seed));
                    if let Some(outcome) = outcome {
                        own.add(&Coverage::of(&outcome));
                        if trace {
                            say(&outcome.log.trace());
                        }
                    }
                    if !wrong.is_empty() {
                        failed.store(true, Ordering::Relaxed);
                        let mut first = failure.lock().expect("no thread panics with it");
                        if first.as_ref().is_none_or(|(other, ..)| seed < *other) {
                            *first = Some((seed, script, wrong));
                        }
                    }
                }
                coverage.lock().expect("no thread panics with it").add(&own);
            });
        }
    });
    if let Some((_, script, wrong)) = failure.into_inner().expect("no thread has panicked") {
        panic!("{}", report(test, &script, &wrong));
    }
    let coverage = coverage.into_inner().expect("no thread has panicked");
    say(&format!("{test} {from}..{}: no violation\n{}", from + count, coverage.table()));
    let missing = coverage.missing(test);
    if count >= ENOUGH {
        assert!(missing.is_empty(), "these never happened: {missing:?}");
    }
}

#[test]
fn seeds_that_once_found_something() {
    for (seed, what) in regressions::SEEDS {
        let script = Script::of(*seed);
        let (_, wrong) = shrink::trial(&script, &format!("regression-{seed}"));
        assert!(wrong.is_empty(), "{what} is back: {}", report("seeds", &script, &wrong));
    }
}

#[test]
fn the_same_seed_gives_the_same_trace_byte_for_byte() {
    for seed in 0..few() {
        let trace = |time| run::run(Script::of(seed), format!("twice-{time}")).log.trace();
        let (first, second) = (trace(1), trace(2));
        assert!(first.lines().count() > 20, "seed {seed} does something: {first}");
        assert_same(&first, &second, seed);
    }
}

#[test]
fn ids_say_what_happened_and_not_when_it_was_noticed() {
    let mut compared = 0;
    for seed in 0..few() {
        let mut script = Script { mishaps: Vec::new(), ..Script::of(seed) };
        let mut ids = |skew: i64| -> Vec<(String, String)> {
            script.ticks.iter_mut().for_each(|tick| tick.skew = skew);
            let outcome = run::run(script.clone(), format!("ids-{seed}"));
            let told = outcome.log.entries.iter().filter_map(|entry| match &entry.what {
                log::Event::Published { notices, .. } => Some(notices.clone()),
                _ => None,
            });
            let notices = told.flatten().filter(|notice| notice["facet"] != "scope");
            notices.map(|notice| (log::line(&notice), notice["id"].as_str().unwrap_or_default().to_owned())).collect()
        };
        let (early, late) = (ids(-700), ids(700));
        assert_eq!(early, late, "P4: seed {seed}: the same transitions have the same ids");
        compared += early.len();
    }
    assert!(compared > 10, "only {compared} notices to compare");
}

fn assert_same(first: &str, second: &str, seed: u64) {
    let differs = first.lines().zip(second.lines()).position(|(first, second)| first != second);
    if let Some(line) = differs {
        let around = |text: &str| text.lines().skip(line.saturating_sub(2)).take(4).collect::<Vec<_>>().join("\n");
        panic!("seed {seed} differs at line {line}:\n{}\n---\n{}", around(first), around(second));
    }
    assert_eq!(first.len(), second.len(), "seed {seed}");
}
