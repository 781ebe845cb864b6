//! What had to be told about scopes as a whole: each is introduced once, and a scope that cannot be read does not go
//! unnoticed.

use std::collections::BTreeMap;

use tidings::domain::Source;

use super::news::View;
use crate::script::Script;

/// A scope that fails this often in a row is unreachable.
const FAILURES: u32 = 3;

/// How a pass read its scope, as far as can be said from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every call went well.
    Whole,
    /// At least one call failed for good.
    Failed,
    /// It ran out of time, was frozen, or could not write.
    Unclear,
}

#[derive(Default)]
pub struct Scopes {
    scopes: BTreeMap<Source, Scope>,
}

#[derive(Default)]
struct Scope {
    /// When the baseline was written, by the true clock.
    baseline_at: Option<i64>,
    /// When the last pass that surely read everything began, by its own clock.
    complete_at: Option<i64>,
    ran_out_of_time: bool,
    /// How many passes in a row surely failed, and how many may have.
    surely_failed: u32,
    maybe_failed: u32,
    /// Whether people believe that the scope is unreachable.
    unreachable: bool,
}

impl Scopes {
    pub fn view(&mut self, source: Source) -> View {
        let scope = self.scopes.entry(source).or_default();
        let complete_at = scope.complete_at.filter(|_| !scope.ran_out_of_time);
        View { baseline_at: scope.baseline_at, complete_at }
    }

    pub fn out_of_time(&mut self, source: Source) {
        self.scopes.entry(source).or_default().ran_out_of_time = true;
    }

    /// A pass said that it has read everything, and ended well.
    pub fn completed(&mut self, source: Source, at: i64) {
        let scope = self.scopes.entry(source).or_default();
        scope.complete_at = scope.complete_at.max(Some(at));
    }

    /// A checkpoint was written with this news.
    pub fn checkpointed(
        &mut self,
        source: Source,
        verdict: Verdict,
        news: &[(String, String)],
        (now, _since): (i64, i64),
        by: usize,
        wrong: &mut Vec<String>,
    ) {
        let scope = self.scopes.entry(source).or_default();
        if verdict == Verdict::Whole && news.is_empty() && scope.baseline_at.is_none() {
            wrong.push(format!("P5: #{by} has read all of {source} for the first time and does not say so"));
        }
        match verdict {
            Verdict::Whole => (scope.surely_failed, scope.maybe_failed) = (0, 0),
            Verdict::Failed => {
                scope.surely_failed += 1;
                scope.maybe_failed += 1;
            }
            Verdict::Unclear => {
                scope.surely_failed = 0;
                scope.maybe_failed += 1;
            }
        }
        let mut told = false;
        for (_, reason) in news {
            match reason.as_str() {
                "baseline" => {
                    if scope.baseline_at.replace(now).is_some() {
                        wrong.push(format!("P2: #{by} tells the baseline of {source} again"));
                    }
                }
                "unreachable" => {
                    if scope.unreachable || scope.maybe_failed < FAILURES {
                        wrong.push(format!(
                            "no observation supports that {source} is unreachable, which #{by} tells after {} passes",
                            scope.maybe_failed
                        ));
                    }
                    (scope.unreachable, told) = (true, true);
                }
                "reachable" => {
                    if !scope.unreachable || verdict == Verdict::Failed {
                        wrong.push(format!("no observation supports that {source} is reachable again (#{by})"));
                    }
                    (scope.unreachable, told) = (false, true);
                    scope.maybe_failed = 0;
                }
                other => wrong.push(format!("#{by} tells {other} of the scope {source}")),
            }
        }
        if !told && scope.surely_failed >= FAILURES && !scope.unreachable {
            wrong.push(format!("P5: {source} failed {} times, and #{by} does not tell", scope.surely_failed));
        }
        if !told && verdict == Verdict::Whole && scope.unreachable {
            wrong.push(format!("P5: {source} can be read again, and #{by} does not tell"));
        }
    }

    pub fn judge(&self, script: &Script, wrong: &mut Vec<String>) {
        for source in &script.sources {
            let scope = self.scopes.get(source);
            if scope.is_none_or(|scope| scope.baseline_at.is_none()) {
                wrong.push(format!("P5: nobody was told that {source} is watched"));
            }
            if scope.is_some_and(|scope| scope.unreachable) {
                wrong.push(format!("P5: at the end people still believe that {source} is unreachable"));
            }
        }
    }
}
