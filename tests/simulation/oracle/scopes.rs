//! What had to be told about scopes as a whole: each is introduced once, and a scope that cannot be read does not go
//! unnoticed, nor does a part of one.

use std::collections::{BTreeMap, BTreeSet};

use tidings::domain::Source;

use super::news::View;
use crate::asked::Noted;
use crate::conditions::Belief;
use crate::script::Script;

/// A scope, or a part of one, that fails this often in a row is told as unreachable.
const FAILURES: u32 = 3;

/// How a pass read its scope, as far as can be said from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every call went well.
    Whole,
    /// Some parts gave no answer, the rest did.
    Partly,
    /// Nothing was read, or not to its end.
    Failed,
    /// The account or the region does not have the service.
    NotAvailable,
    /// Some calls failed, and it cannot be said from outside whether the rest counts as read.
    Doubtful,
    /// It ran out of time, was frozen, or could not write.
    Unclear,
}

/// What a pass could not read: for each part the subjects that gave no answer. A part is a table bucket by its name; for
/// everything else it is the operation.
pub type Unread = BTreeMap<String, BTreeSet<String>>;

#[derive(Default)]
pub struct Scopes {
    scopes: BTreeMap<Source, Scope>,
    /// The notices about services that are not available, by id.
    pub not_available: BTreeSet<String>,
}

/// Whether passes go on where others stopped.
#[derive(Default)]
struct Sweep {
    /// Whether the last pass ran out of time, so that the next one goes on where it stopped. If it died after it had written
    /// that, nobody can say, and this is true.
    goes_on: bool,
    /// The same before the last checkpoint.
    went_on: bool,
}

#[derive(Default)]
struct Scope {
    /// When the baseline was written, by the true clock.
    baseline_at: Option<i64>,
    /// When the last pass that surely read everything began, by its own clock.
    complete_at: Option<i64>,
    ran_out_of_time: bool,
    /// Who wrote the checkpoint last.
    writer: Option<usize>,
    sweep: Sweep,
    /// How many passes in a row surely failed, and how many may have.
    surely_failed: u32,
    maybe_failed: u32,
    /// Whether people believe that the scope is unreachable.
    unreachable: bool,
    parts: BTreeMap<String, Part>,
    /// In how many passes in a row any part may have been unreadable.
    unclear: u32,
}

/// A part of a scope that could not be read lately.
#[derive(Default)]
struct Part {
    /// For how many passes in a row each of its subjects surely gave no answer.
    surely: BTreeMap<String, u32>,
    /// For how many passes in a row it may have been unreadable.
    maybe: u32,
    /// Whether people believe that it cannot be read.
    told: bool,
}

impl Part {
    fn count(&mut self, verdict: Verdict, unread: Option<&BTreeSet<String>>) {
        let surely = std::mem::take(&mut self.surely);
        match (verdict, unread) {
            (Verdict::Partly, Some(subjects)) => {
                let times = |subject: &String| surely.get(subject).copied().unwrap_or_default() + 1;
                self.surely = subjects.iter().map(|subject| (subject.clone(), times(subject))).collect();
                self.maybe += 1;
            }
            (Verdict::Whole | Verdict::Partly, _) => self.maybe = 0,
            _ => self.maybe += 1,
        }
    }

    fn must_be_told(&self) -> bool {
        !self.told && self.surely.values().any(|times| *times >= FAILURES)
    }
}

impl Scopes {
    pub fn view(&mut self, source: Source) -> View {
        let scope = self.scopes.entry(source).or_default();
        let complete_at = scope.complete_at.filter(|_| !scope.ran_out_of_time);
        View { baseline_at: scope.baseline_at, complete_at, is_over: false }
    }

    /// A pass over the scope has ended; whether it ran out of time, and whether it asked about everything.
    pub fn ended(&mut self, source: Source, out_of_time: bool, is_swept: bool, by: usize) {
        let scope = self.scopes.entry(source).or_default();
        scope.ran_out_of_time |= out_of_time;
        // A pass that stops before it gets any further leaves the sweep of the pass before it. So does one whose checkpoint
        // came too late, and of two that overlap the one that wrote its checkpoint first.
        if scope.writer == Some(by) {
            scope.sweep.goes_on = out_of_time || scope.sweep.went_on && !is_swept;
        }
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
        (verdict, unread): (Verdict, &Unread),
        news: &[Noted],
        now: i64,
        by: usize,
        wrong: &mut Vec<String>,
    ) {
        let scope = self.scopes.entry(source).or_default();
        // What the pass before could not read was not asked about again.
        let of_parts = if scope.sweep.goes_on { Verdict::Unclear } else { verdict };
        scope.writer = Some(by);
        scope.sweep.went_on = scope.sweep.goes_on;
        scope.sweep.goes_on |= verdict == Verdict::Unclear;
        if matches!(verdict, Verdict::Whole | Verdict::Partly)
            && scope.baseline_at.is_none()
            && !news.iter().any(|noted| noted.reason == "baseline")
        {
            wrong.push(format!("P5: #{by} has asked about all of {source} for the first time and does not say so"));
        }
        match verdict {
            Verdict::Whole | Verdict::Partly => (scope.surely_failed, scope.maybe_failed) = (0, 0),
            Verdict::Failed | Verdict::NotAvailable => {
                scope.surely_failed += 1;
                scope.maybe_failed += 1;
            }
            Verdict::Doubtful | Verdict::Unclear => {
                scope.surely_failed = 0;
                scope.maybe_failed += 1;
            }
        }
        for part in unread.keys() {
            scope.parts.entry(part.clone()).or_insert_with(|| Part { maybe: scope.unclear, ..Part::default() });
        }
        scope.unclear = if matches!(of_parts, Verdict::Whole | Verdict::Partly) { 0 } else { scope.unclear + 1 };
        for (name, part) in &mut scope.parts {
            part.count(of_parts, unread.get(name));
        }
        for noted in news {
            let is_partly = [&noted.from, &noted.to].iter().any(|state| *state == "partly-unreachable");
            match noted.reason.as_str() {
                "baseline" => {
                    if scope.baseline_at.replace(now).is_some() {
                        wrong.push(format!("P2: #{by} tells the baseline of {source} again"));
                    }
                }
                "unreachable" if is_partly => scope.partly_unreachable(source, noted, by, wrong),
                "reachable" if is_partly => scope.readable_again((source, of_parts, unread), noted, by, wrong),
                "unreachable" => {
                    if scope.unreachable || scope.maybe_failed < FAILURES {
                        wrong.push(format!(
                            "no observation supports that {source} is unreachable, which #{by} tells after {} passes",
                            scope.maybe_failed
                        ));
                    }
                    scope.unreachable = true;
                    if verdict == Verdict::NotAvailable {
                        self.not_available.insert(noted.id.clone());
                    }
                }
                "reachable" => {
                    if !scope.unreachable || matches!(verdict, Verdict::Failed | Verdict::NotAvailable) {
                        wrong.push(format!("no observation supports that {source} is reachable again (#{by})"));
                    }
                    scope.unreachable = false;
                    scope.maybe_failed = 0;
                }
                other => wrong.push(format!("#{by} tells {other} of the scope {source}")),
            }
        }
        if scope.surely_failed >= FAILURES && !scope.unreachable {
            wrong.push(format!("P5: {source} failed {} times, and #{by} does not tell", scope.surely_failed));
        }
        if matches!(verdict, Verdict::Whole | Verdict::Partly) && scope.unreachable {
            wrong.push(format!("P5: {source} can be read again, and #{by} does not tell"));
        }
        for (name, part) in &scope.parts {
            if part.must_be_told() {
                wrong.push(format!(
                    "P5: {name} of {source} could not be read {FAILURES} times, and #{by} does not tell"
                ));
            }
            let is_read = matches!(of_parts, Verdict::Whole | Verdict::Partly) && !unread.contains_key(name);
            if is_read && part.told {
                wrong.push(format!("P5: {name} of {source} can be read again, and #{by} does not tell"));
            }
        }
    }

    pub fn judge(&self, script: &Script, wrong: &mut Vec<String>) {
        for source in &script.sources {
            let scope = self.scopes.get(source);
            let is_unreachable = scope.is_some_and(|scope| scope.unreachable);
            let is_partly = scope.is_some_and(|scope| scope.parts.values().any(|part| part.told));
            if !is_unreachable && scope.is_none_or(|scope| scope.baseline_at.is_none()) {
                wrong.push(format!("P5: nobody was told that {source} is watched"));
            }
            let must = script.conditions.must_be_told(*source);
            match (is_unreachable, is_partly) {
                (true, _) if must == Belief::Readable => {
                    wrong.push(format!("P5: at the end people still believe that {source} is unreachable"));
                }
                (_, true) if must == Belief::Readable => {
                    wrong.push(format!("P5: at the end people still believe that parts of {source} are unreadable"));
                }
                (false, _) if must == Belief::Unreachable => {
                    wrong.push(format!("P5: at the end nobody was told that {source} is not available"));
                }
                (false, false) if must == Belief::Partly => {
                    wrong.push(format!("P5: at the end nobody was told that a part of {source} is unreadable"));
                }
                _ => {}
            }
        }
    }
}

impl Scope {
    /// It was told that parts cannot be read.
    fn partly_unreachable(&mut self, source: Source, noted: &Noted, by: usize, wrong: &mut Vec<String>) {
        let mut is_supported = false;
        // A call that was given up while its process was frozen leaves no trace: then it may have been any part.
        for named in noted.parts.split(", ") {
            let name = named.rsplit([' ', ':']).next().unwrap_or(named);
            let unclear = self.unclear;
            self.parts.entry(name.to_owned()).or_insert_with(|| Part { maybe: unclear, ..Part::default() });
        }
        for (name, part) in &mut self.parts {
            if noted.parts.contains(name.as_str()) && part.maybe >= FAILURES && !part.told {
                part.told = true;
                is_supported = true;
            }
        }
        if !is_supported {
            wrong.push(format!("no observation supports what #{by} tells of parts of {source}: {}", noted.parts));
        }
    }

    /// It was told that parts can be read again.
    fn readable_again(
        &mut self,
        (source, verdict, unread): (Source, Verdict, &Unread),
        noted: &Noted,
        by: usize,
        wrong: &mut Vec<String>,
    ) {
        let mut is_supported = false;
        for (name, part) in &mut self.parts {
            let is_unread = verdict == Verdict::Failed || verdict == Verdict::Partly && unread.contains_key(name);
            if noted.parts.contains(name.as_str()) && part.told && !is_unread {
                part.told = false;
                is_supported = true;
            }
        }
        if !is_supported {
            wrong.push(format!(
                "no observation supports that parts of {source} can be read again (#{by}): {}",
                noted.parts
            ));
        }
    }
}
