//! The exhaustive small scope: two invocations on two subjects, every order in which their calls can take effect, and
//! one death at any call of either.
//!
//! Every call waits at a gate; the search lets one through at a time, depth first over all orders, each order in a run
//! of its own from the start. What is left out, and why that is sound:
//!
//! - Of two orders that differ only in calls that commute, one is tried (sleep sets). Calls of two invocations commute
//!   when they touch different items of the table, or when both only read, or when one asks a status API (the world stands
//!   still here) or SNS and the other does not publish.
//! - A death after a call took effect is a death before the next one: nobody can tell the two apart.
//! - Calls that one invocation has under way at once go in the order in which they were made; the random runs have them
//!   in others.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tidings::domain::Source;

use crate::asked::{Question, Written};
use crate::history::{Turn, What};
use crate::log::Event;
use crate::mishaps::{Kind, Mishap, Target};
use crate::oracle;
use crate::run::{Outcome, Play};
use crate::script::{Asked, Script, Tick};

/// When the two invocations begin.
const DUEL: i64 = 600_000;
const PATIENCE: i64 = 60_000;
/// No search takes more orders than this; a search that would fails.
const MOST: usize = 3_000;

/// Two invocations at once.
#[derive(Clone, Copy, Debug)]
struct Case {
    name: &'static str,
    orders: [fn() -> Asked; 2],
    /// Whether the first one's lease and claims are over when the second begins, as after a freeze.
    thawed: bool,
}

const CASES: [Case; 3] = [
    Case { name: "a pass and a hint", orders: [|| Asked::Pass, || Asked::Hint("j-0".to_owned())], thawed: false },
    Case {
        name: "two hints at the same job",
        orders: [|| Asked::Hint("j-0".to_owned()), || Asked::Hint("j-0".to_owned())],
        thawed: false,
    },
    Case { name: "a thawed pass and a pass", orders: [|| Asked::Pass, || Asked::Pass], thawed: true },
];

/// Where the search stands in one run: who could go, who went, who is known to make no difference.
struct Step {
    waiting: [Option<Question>; 2],
    chosen: usize,
    tried: [bool; 2],
    asleep: [bool; 2],
}

/// One search: a case, and who dies at which of its calls.
#[derive(Clone, Copy, Debug)]
struct Search {
    case: usize,
    death: Option<(usize, usize)>,
}

#[test]
fn every_interleaving_of_two_invocations_keeps_the_promise() {
    let lives: Vec<Search> = (0..CASES.len()).map(|case| Search { case, death: None }).collect();
    let mut found = explore_all(&lives);
    // A death at a call that no order reaches is no death. The deaths take minutes.
    let longest: Vec<[usize; 2]> = found.iter().map(|found| found.calls).collect();
    let deaths = longest.iter().enumerate().flat_map(|(case, calls)| {
        (0..2).flat_map(move |who| (0..calls[who]).map(move |call| Search { case, death: Some((who, call)) }))
    });
    let deaths: Vec<Search> = deaths.filter(|_| crate::is_thorough()).collect();
    found.extend(explore_all(&deaths));
    for (index, case) in CASES.iter().enumerate() {
        let of_case = found.iter().filter(|found| found.case == index);
        let orders = of_case.map(|found| found.orders).sum::<usize>();
        crate::say(&format!("{}: {orders} interleavings", case.name));
        assert!(orders > 5, "{} has more than {orders} interleavings", case.name);
    }
    if let Some(wrong) = found.iter().find_map(|found| found.wrong.as_ref()) {
        panic!("{wrong}");
    }
    assert!(found.iter().all(|found| found.is_whole), "every search came to its end");
}

/// What a search came to.
#[derive(Default)]
struct Found {
    case: usize,
    orders: usize,
    /// How many calls each of the two made at most.
    calls: [usize; 2],
    /// Whether every order was tried.
    is_whole: bool,
    /// The first failure.
    wrong: Option<String>,
}

/// Explores on all cores; the results are in the order of the searches.
fn explore_all(searches: &[Search]) -> Vec<Found> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(search) = searches.get(index) else { break };
                    let result = explore(search, index);
                    found.lock().expect("no thread panics with it").insert(index, result);
                }
            });
        }
    });
    found.into_inner().expect("no thread has panicked").into_values().collect()
}

/// Tries every order of one search.
fn explore(search: &Search, index: usize) -> Found {
    let mut path: Vec<Step> = Vec::new();
    let name = if search.death.is_some() { "death" } else { "lives" };
    let mut found = Found { case: search.case, ..Found::default() };
    for run in 0..MOST {
        let (outcome, calls) = play(search, &mut path, format!("{name}-{index}-{run}"));
        for (most, calls) in found.calls.iter_mut().zip(calls) {
            *most = calls.max(*most);
        }
        if let Some(outcome) = outcome {
            found.orders += 1;
            let wrong = oracle::judge(&outcome);
            if !wrong.is_empty() {
                let (case, death) = (CASES[search.case].name, search.death);
                let text = format!("{case}, death {death:?}:\n  {}\n{}", wrong.join("\n  "), outcome.log.trace());
                return Found { wrong: Some(text), ..found };
            }
        }
        // The deepest step at which someone else could have gone.
        loop {
            let Some(step) = path.last_mut() else {
                return Found { is_whole: true, ..found };
            };
            step.tried[step.chosen] = true;
            let other = 1 - step.chosen;
            if step.waiting[other].is_some() && !step.tried[other] && !step.asleep[other] {
                step.chosen = other;
                break;
            }
            path.pop();
        }
    }
    found
}

/// One run along `path` and on from its end, and how many calls each of the two made. No outcome when another order has
/// shown the same.
fn play(search: &Search, path: &mut Vec<Step>, region: String) -> (Option<Outcome>, [usize; 2]) {
    fastrand::seed(7);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(duel(search, path, region))
}

async fn duel(search: &Search, path: &mut Vec<Step>, region: String) -> (Option<Outcome>, [usize; 2]) {
    let case = &CASES[search.case];
    let mut play = Play::new(script(case), region);
    let ticks = play.stage.script.ticks.clone();
    play.wait_until(play.stage.instant(ticks[0].at)).await;
    play.start(&ticks[0], None);
    play.finish().await;
    play.wait_until(play.stage.instant(DUEL)).await;
    play.stage.hold(true);
    let both = [play.start(&ticks[1], None), play.start(&ticks[2], None)];
    if case.thawed {
        play.stage.note(both[0], Event::Froze { until: DUEL });
    }
    let (mut made, mut depth) = ([0; 2], 0);
    loop {
        let waiting = play.settle(both).await;
        if waiting.iter().all(Option::is_none) {
            break;
        }
        if depth == path.len() {
            let asleep = path.last().map_or([false; 2], inherited);
            let Some(chosen) = (0..2).find(|who| waiting[*who].is_some() && !asleep[*who]) else {
                return (None, made);
            };
            path.push(Step { waiting, chosen, tried: [false; 2], asleep });
        }
        let who = path[depth].chosen;
        let dies = search.death == Some((who, made[who]));
        made[who] += 1;
        depth += 1;
        if dies {
            play.stage.die(both[who]);
        }
        play.stage.release(both[who], !dies);
    }
    play.stage.hold(false);
    (Some(play.calm_down().await), made)
}

/// Who still makes no difference after a step: those whose call commutes with the one that was made.
fn inherited(step: &Step) -> [bool; 2] {
    let other = 1 - step.chosen;
    let mut asleep = [false; 2];
    if step.asleep[other] || step.tried[other] {
        asleep[other] = match (&step.waiting[other], &step.waiting[step.chosen]) {
            (Some(one), Some(another)) => commute(one, another),
            _ => false,
        };
    }
    asleep
}

fn commute(one: &Question, other: &Question) -> bool {
    if one.is_status() || other.is_status() || one.is_publish() != other.is_publish() {
        return true;
    }
    if one.is_publish() {
        return false;
    }
    match (&one.write, &other.write) {
        (None, None) => true,
        (Some(one), Some(other)) => one.item != other.item,
        // A query reads every item, a question for one item that one.
        (Some(write), None) => other.operation == "GetItem" && other.parameters != write.item,
        (None, Some(write)) => one.operation == "GetItem" && one.parameters != write.item,
    }
}

/// Two jobs: one whose restore and validation come to an end before the two invocations begin, and one that fails.
fn script(case: &Case) -> Script {
    let job = |at, id: &str, word: &str| Turn {
        at,
        what: What::Job { id: id.to_owned(), word: word.to_owned(), test: id == "j-0" },
    };
    let validation = What::Validation { id: "j-0".to_owned(), word: "FAILED".to_owned() };
    let turns = vec![
        job(-60_000, "j-0", "RUNNING"),
        job(-60_000, "j-1", "RUNNING"),
        job(390_000, "j-0", "COMPLETED"),
        job(395_000, "j-1", "FAILED"),
        Turn { at: 420_000, what: validation },
    ];
    let tick = |at, order, skew| Tick { at, order, patience: PATIENCE, skew, cold: true };
    let skew = if case.thawed { PATIENCE + 10_000 } else { 0 };
    let ticks = vec![tick(0, Asked::Pass, 0), tick(DUEL, case.orders[0](), 0), tick(DUEL, case.orders[1](), skew)];
    // The first of the two has asked before the validation ended, the second asks after it.
    let mishaps = vec![Mishap {
        invocations: 1..=1,
        target: Target::Status,
        skip: 0,
        times: 100,
        kind: Kind::Stale(DUEL - 400_000),
    }];
    Script { turns, ticks, mishaps, ..Script::empty(vec![Source::Backup]) }
}

#[test]
fn calls_that_touch_the_same_item_do_not_commute() {
    use axum::body::Bytes;
    use axum::http::Request;
    let write = |item: &str| {
        let body = serde_json::json!({"Key": {"pk": {"S": "backup/1/x"}, "sk": {"S": item}},
            "UpdateExpression": "SET #n0 = :v0", "ExpressionAttributeNames": {"#n0": "name"}});
        let request = Request::post("/").header("x-amz-target", "DynamoDB_20120810.UpdateItem");
        Question::read(&request.body(Bytes::from(body.to_string())).expect("a request"))
    };
    assert!(matches!(write("a").write.expect("a write").what, Written::State(_)));
    assert!(!commute(&write("a"), &write("a")));
    assert!(commute(&write("a"), &write("b")));
}
