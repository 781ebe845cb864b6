//! The shortest failing run that can be found: trailing ticks are taken away, then mishaps one by one, then ticks in the
//! middle, while it still fails.

use crate::oracle;
use crate::run::{Outcome, run};
use crate::script::Script;

/// How many runs a search may take.
const RUNS: usize = 300;

/// Runs a script and judges it; a panic in the product counts as a failure.
pub fn trial(script: &Script, region: &str) -> (Option<Outcome>, Vec<String>) {
    let begun = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(script.clone(), region.to_owned())));
    match begun {
        Ok(outcome) => {
            let wrong = oracle::judge(&outcome);
            (Some(outcome), wrong)
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
            (None, vec![format!("panicked: {}", text.unwrap_or_default())])
        }
    }
}

/// A shorter script that fails too.
pub fn shrink(script: &Script) -> Script {
    let mut runs = 0;
    let mut fails = |script: &Script| {
        runs += 1;
        runs <= RUNS && !trial(script, &format!("shrink-{}-{runs}", script.seed)).1.is_empty()
    };
    let mut best = script.clone();
    // Ticks from the end, in halves first.
    let mut step = best.ticks.len() / 2;
    while step > 0 {
        while best.ticks.len() > step {
            let mut shorter = best.clone();
            shorter.ticks.truncate(best.ticks.len() - step);
            if !fails(&shorter) {
                break;
            }
            best = shorter;
        }
        step /= 2;
    }
    let mut index = best.mishaps.len();
    while index > 0 {
        index -= 1;
        let mut shorter = best.clone();
        shorter.mishaps.remove(index);
        if fails(&shorter) {
            best = shorter;
        }
    }
    if let Some(latency) = (best.latency > 0).then(|| Script { latency: 0, ..best.clone() })
        && fails(&latency)
    {
        best = latency;
    }
    index = best.sources.len();
    while index > 0 && best.sources.len() > 1 {
        index -= 1;
        let mut shorter = best.clone();
        shorter.sources.remove(index);
        if fails(&shorter) {
            best = shorter;
        }
    }
    best
}
