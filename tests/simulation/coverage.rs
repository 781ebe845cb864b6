//! What the runs went through, counted: a simulation that never meets a fault proves nothing about it.

use std::collections::BTreeMap;

use serde_json::Value;
use tidings::domain::{Reason, Source};
use tidings::report::ScopeReport;

use crate::asked::{Question, Written};
use crate::conditions::reads_tables;
use crate::log::Event;
use crate::mishaps::Kind;
use crate::run::Outcome;
use crate::script::Asked;

/// How often each thing happened.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    counts: BTreeMap<String, u64>,
}

/// What else must have happened in any large number of runs.
const OTHERS: [&str; 27] = [
    "no room in an item",
    "part told as unreadable",
    "part told as readable again",
    "service told as not available",
    "completed with issues",
    "reminder of several runs",
    "table that AWS manages",
    "order pass",
    "order hint",
    "order dry-run",
    "start cold",
    "start warm",
    "overlapping invocations",
    "clock skewed",
    "died at a call",
    "frozen past the deadline",
    "out of time",
    "conflict with another writer",
    "own write met again",
    "stale answer",
    "notice told twice",
    "digest",
    "notice left to a later invocation",
    "batch taken in part",
    "coverage complete",
    "coverage partial",
    "reading refused for good",
];

/// What else must have happened without queues. With them, passes have no lease.
const WITHOUT_QUEUES: [&str; 2] = ["scope busy", "listing broke between pages"];

/// What else must have happened with queues.
const WITH_QUEUES: [&str; 8] = [
    "order dispatch",
    "order delivery",
    "message spoilt",
    "message lost",
    "message twice",
    "message late",
    "message came again",
    "dead letter",
];

/// What else must have happened with silences.
const WITH_SILENCES: [&str; 5] =
    ["order silence", "failure silenced", "silence refused", "silence of nothing", "end of a silence told"];

/// What an order counts as.
const fn name(order: &Asked) -> &'static str {
    match order {
        Asked::Pass => "order pass",
        Asked::Hint(_) => "order hint",
        Asked::DryRun => "order dry-run",
        Asked::Dispatch => "order dispatch",
        Asked::Delivery => "order delivery",
        Asked::Silence { .. } => "order silence",
    }
}

impl Coverage {
    fn count(&mut self, what: &str) {
        *self.counts.entry(what.to_owned()).or_default() += 1;
    }

    pub fn add(&mut self, other: &Self) {
        for (what, count) in &other.counts {
            *self.counts.entry(what.clone()).or_default() += count;
        }
    }

    pub fn of(outcome: &Outcome) -> Self {
        let mut coverage = Self::default();
        let entries = &outcome.log.entries;
        for source in &outcome.script.sources {
            coverage.count(&format!("source {source}"));
        }
        if outcome.script.conditions.managed.is_some() && outcome.script.sources.iter().copied().any(reads_tables) {
            coverage.count("table that AWS manages");
        }
        let mut under_way: BTreeMap<usize, (i64, i64)> = BTreeMap::new();
        let mut told: BTreeMap<String, u64> = BTreeMap::new();
        let mut writers: BTreeMap<String, usize> = BTreeMap::new();
        for entry in entries {
            let by = entry.invocation;
            match &entry.what {
                Event::Began { tick, cold, .. } => {
                    coverage.count(name(&tick.order));
                    coverage.count(if *cold { "start cold" } else { "start warm" });
                    if tick.skew != 0 {
                        coverage.count("clock skewed");
                    }
                    if !under_way.is_empty() {
                        coverage.count("overlapping invocations");
                    }
                    under_way.insert(by, (entry.at, tick.patience));
                }
                Event::Called { question, spoilt, status, took_effect, .. } => {
                    coverage.count("calls");
                    if let Some(kind) = spoilt {
                        coverage.count_fault(kind, question, *took_effect);
                    }
                    if let Some(write) = &question.write
                        && let Written::State(news) = &write.what
                    {
                        let conditional = *status == 400 && spoilt.is_none();
                        if *took_effect {
                            writers.extend(news.iter().map(|noted| (noted.id.clone(), by)));
                        } else if conditional && news.iter().any(|noted| writers.get(&noted.id) == Some(&by)) {
                            coverage.count("own write met again");
                        } else if conditional {
                            coverage.count("conflict with another writer");
                        }
                    }
                    if question.write.is_some()
                        && outcome.script.ballast.is_some()
                        && *status == 400
                        && spoilt.is_none()
                    {
                        coverage.count("no room in an item");
                    }
                    if question.is_publish() && *spoilt == Some("reject-entry") {
                        coverage.count("batch taken in part");
                    }
                }
                Event::Published { notices, digests, .. } => {
                    for _ in 0..*digests {
                        coverage.count("digest");
                    }
                    for notice in notices {
                        let id = notice["id"].as_str().unwrap_or_default().to_owned();
                        if writers.get(&id).is_some_and(|writer| *writer != by) {
                            coverage.count("notice left to a later invocation");
                        }
                        let copies = told.entry(id).or_default();
                        *copies += 1;
                        coverage.count(if *copies == 1 { "notices" } else { "notice told twice" });
                        if *copies == 1 {
                            coverage.count(&format!("reason {}", notice["reason"].as_str().unwrap_or_default()));
                            coverage.count_notice(notice);
                        }
                    }
                }
                Event::Message(what) => coverage.count(what),
                Event::Silenced { known, answer } => coverage.count(match (known, answer) {
                    (_, Ok(())) => "failure silenced",
                    (true, Err(_)) => "silence refused",
                    (false, Err(_)) => "silence of nothing",
                }),
                Event::Died => {
                    under_way.remove(&by);
                    coverage.count("died at a call");
                }
                Event::Froze { until } => {
                    let (began, patience) = under_way.get(&by).copied().unwrap_or_default();
                    if *until > began + patience {
                        coverage.count("frozen past the deadline");
                    }
                }
                Event::Ended(report) => {
                    under_way.remove(&by);
                    report.scopes.iter().for_each(|scope| coverage.count_scope(scope));
                }
                Event::Saw(_) | Event::Missed(..) => {}
            }
        }
        coverage
    }

    fn count_fault(&mut self, kind: &str, question: &Question, took_effect: bool) {
        self.count(&format!("fault {kind}"));
        let kinds = [
            ("message spoilt", question.is_queue()),
            ("stale answer", kind == "stale"),
            ("listing broke between pages", question.is_listing() && question.is_further_page() && !took_effect),
        ];
        kinds.iter().filter(|(_, is_it)| *is_it).for_each(|(what, _)| self.count(what));
    }

    fn count_notice(&mut self, notice: &Value) {
        let runs = notice["attributes"]["failures_in_a_row"].as_str().and_then(|runs| runs.parse::<u32>().ok());
        let kinds = [
            ("part told as unreadable", notice["to"] == "partly-unreachable"),
            ("part told as readable again", notice["from"] == "partly-unreachable"),
            ("service told as not available", notice["attributes"]["error"] == "not-available"),
            ("completed with issues", notice["reason"] == "completed" && notice["severity"] == "warning"),
            ("reminder of several runs", notice["reason"] == "still-failing" && runs > Some(1)),
            ("end of a silence told", notice["attributes"].get("silenced_until").is_some()),
        ];
        kinds.iter().filter(|(_, is_it)| *is_it).for_each(|(what, _)| self.count(what));
    }

    fn count_scope(&mut self, scope: &ScopeReport) {
        if scope.coverage == "skipped" {
            self.count("scope busy");
        } else {
            self.count(&format!("coverage {}", scope.coverage));
        }
        if scope.out_of_time {
            self.count("out of time");
        }
        if scope.error.as_ref().is_some_and(|error| error.kind.as_str() == "denied") {
            self.count("reading refused for good");
        }
    }

    /// What should have happened in that test and never did.
    pub fn missing(&self, test: &str) -> Vec<String> {
        let faults = Kind::NAMES.iter().map(|kind| format!("fault {kind}"));
        let reasons = Reason::ALL.iter().map(|reason| format!("reason {reason}"));
        let sources = Source::DEFAULT.iter().map(|source| format!("source {source}"));
        let own: &[&str] = match test {
            "seeds_with_queues" => &WITH_QUEUES,
            "seeds_with_silences" => &WITH_SILENCES,
            _ => &WITHOUT_QUEUES,
        };
        let others = OTHERS.iter().chain(own).map(ToString::to_string);
        let wanted = faults.chain(reasons).chain(sources).chain(others);
        wanted.filter(|what| !self.counts.contains_key(what)).collect()
    }

    pub fn table(&self) -> String {
        let lines: Vec<String> = self.counts.iter().map(|(what, count)| format!("{count:>10}  {what}")).collect();
        lines.join("\n")
    }
}
