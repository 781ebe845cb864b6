//! The oracle: from what the APIs answered and what took effect it derives what had to be told, and compares that with
//! what SNS accepted. It shares no code with the product's judgement and looks into none of its state until the end.
//!
//! - [`ledger`] walks through the log and finds out which answers were *taken in*: the invocation that got the answer then
//!   wrote the subject's item, or read its scope whole and ended well.
//! - [`news`] says what the answers taken in should have led to, facet by facet, by the [`rules`] of each kind.
//! - [`delivery`] holds what SNS accepted against what was written: nothing lost, doubled, reordered or made up.
//! - [`memory`] holds what the table remembers against what was told.
//! - [`scopes`] judges baselines and unreachable scopes; [`calm`] what is left at the end.

mod calm;
mod delivery;
mod ledger;
mod memory;
mod news;
mod rules;
mod scopes;
mod standing;

use crate::run::Outcome;

/// Everything that is wrong with a run; nothing if all is well.
pub fn judge(outcome: &Outcome) -> Vec<String> {
    let mut wrong = Vec::new();
    let ledger = ledger::read(&outcome.log, &outcome.script, &mut wrong);
    let told = delivery::judge(&outcome.log, &mut wrong);
    ledger.news.judge(&told, outcome, &mut wrong);
    memory::judge(outcome, &mut wrong);
    calm::judge(outcome, &mut wrong);
    wrong
}
