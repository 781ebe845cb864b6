//! Which answers were taken in, in which order.

use std::collections::BTreeMap;

use serde_json::Value;
use tidings::domain::Source;
use tidings::report::Report;

use super::news::{News, View};
use super::scopes::{Scopes, Verdict};
use super::standing::ms;
use crate::answers::Sighting;
use crate::asked::{Question, Written};
use crate::log::{Event, Log, line};
use crate::script::{Asked, Script, Tick};

/// What may happen to a call whose answer is the service's own all the same.
const TRUE: [&str; 4] = ["stale", "slow", "freeze-before", "freeze-after"];

/// What the log comes to.
pub struct Ledger {
    pub news: News,
}

/// What is known of one invocation on the way through the log.
struct Course {
    tick: Tick,
    began: usize,
    /// What it was told last of each subject, and whether it has been taken in.
    sightings: BTreeMap<(Source, String), (Sighting, bool)>,
    /// How each scope stood when the invocation opened it.
    views: BTreeMap<Source, View>,
    /// Whether the last attempt of each status call went well.
    calls: BTreeMap<(String, String), (Question, bool)>,
    /// Whether anything went wrong with its writing, or may have, or it was held up.
    hampered: bool,
}

pub fn read(log: &Log, script: &Script, wrong: &mut Vec<String>) -> Ledger {
    let mut news = News::new(script);
    let mut scopes = Scopes::default();
    let mut courses: BTreeMap<usize, Course> = BTreeMap::new();
    // The last write of each subject: where in the log, and by whom.
    let mut writes: BTreeMap<(Source, String), (usize, usize)> = BTreeMap::new();
    for (index, entry) in log.entries.iter().enumerate() {
        let by = entry.invocation;
        if let Event::Began { tick, .. } = &entry.what {
            let course = Course {
                tick: tick.clone(),
                began: index,
                sightings: BTreeMap::new(),
                views: BTreeMap::new(),
                calls: BTreeMap::new(),
                hampered: script.ballast.is_some(),
            };
            courses.insert(by, course);
            continue;
        }
        let course = courses.get_mut(&by).expect("an invocation begins first");
        match &entry.what {
            Event::Saw(sighting) => {
                news.saw(sighting, by);
                course.sightings.insert((sighting.source, sighting.subject.clone()), (sighting.clone(), false));
            }
            Event::Missed(source, subject) => news.missed(*source, subject, by),
            Event::Froze { .. } => course.hampered = true,
            Event::Called { question, spoilt, took_effect, arrived, status } => {
                if question.is_status() {
                    let not_there = question.subject.is_some() && (400..500).contains(status);
                    let heard =
                        *arrived && (*took_effect || not_there && spoilt.is_none_or(|kind| TRUE.contains(&kind)));
                    let key = (question.operation.clone(), question.parameters.clone());
                    course.calls.insert(key, (question.clone(), heard));
                } else if spoilt.is_some() {
                    course.hampered = true;
                }
                let Some(write) = question.write.as_ref().filter(|_| *took_effect) else {
                    continue;
                };
                if course.tick.order == Asked::DryRun {
                    wrong.push(format!("dry run #{by} wrote {}", write.item));
                }
                let source = Source::parse(write.scope.split('/').next().unwrap_or_default()).expect("a source");
                match &write.what {
                    Written::Lease | Written::Hint => {
                        course.views.insert(source, scopes.view(source));
                    }
                    Written::State(reasons) if write.item == "#checkpoint" => {
                        let verdict = course.verdict(source, entry.at);
                        let since = course.tick.at + course.tick.skew;
                        scopes.checkpointed(source, verdict, reasons, (entry.at, since), by, wrong);
                    }
                    Written::State(_) => {
                        let key = (source, write.item.clone());
                        if let (Some((sighting, taken)), Some(view)) =
                            (course.sightings.get_mut(&key), course.views.get(&source))
                            && !*taken
                        {
                            news.take(sighting, view, true, course.tick.at + course.tick.skew);
                            *taken = true;
                        }
                        writes.insert(key, (index, by));
                    }
                    Written::Claim | Written::Removal(_) => {}
                }
            }
            Event::Ended(report) => {
                course.heartbeats(report, entry.at, (by, wrong));
                course.ended(report, script, &writes, (&mut news, &mut scopes), (by, wrong));
            }
            Event::Published { .. } if course.tick.order == Asked::DryRun => {
                wrong.push(format!("dry run #{by} published"));
            }
            Event::Published { notices, .. } => {
                let is_early = |notice: &&Value| {
                    let decided = notice["observed_at"].as_str().and_then(|time| time.parse().ok()).map(ms);
                    notice["reason"] == "failed" && decided < script.limits.muted_until
                };
                wrong
                    .extend(notices.iter().filter(is_early).map(|notice| format!("muted, but told: {}", line(notice))));
            }
            _ => {}
        }
    }
    scopes.judge(script, wrong);
    Ledger { news }
}

impl Course {
    /// Whether the scope could be read by now.
    fn verdict(&self, source: Source, now: i64) -> Verdict {
        let failed = self.calls.values().any(|(question, heard)| question.concerns(source) && !heard);
        // Reading ends when six tenths of the time are over.
        if self.hampered || now - self.tick.at > self.tick.patience / 2 {
            Verdict::Unclear
        } else if failed {
            Verdict::Failed
        } else {
            Verdict::Whole
        }
    }

    /// Whether the heartbeat that the report becomes is deserved: no pass that could not read its scope has one.
    fn heartbeats(&self, report: &Report, now: i64, (by, wrong): (usize, &mut Vec<String>)) {
        for scope in report.scopes.iter().filter(|scope| scope.is_complete() && scope.coverage != "skipped") {
            let source = Source::parse(scope.source).expect("a source");
            if self.verdict(source, now) == Verdict::Failed {
                wrong.push(format!("P5: #{by} could not read all of {source}, and its heart beats"));
            }
        }
    }

    /// Takes in what has not led to a write, if the scope was read whole: there was no news then.
    fn ended(
        &mut self,
        report: &Report,
        script: &Script,
        writes: &BTreeMap<(Source, String), (usize, usize)>,
        (news, scopes): (&mut News, &mut Scopes),
        (by, wrong): (usize, &mut Vec<String>),
    ) {
        let asked = match self.tick.order {
            Asked::Hint(_) => 1,
            _ => script.sources.len(),
        };
        if report.scopes.len() != asked {
            wrong.push(format!("P5: #{by} reports on {} scopes of {asked}", report.scopes.len()));
        }
        if self.tick.order == Asked::DryRun {
            return;
        }
        for scope in &report.scopes {
            let source = Source::parse(scope.source).expect("a source");
            let is_hint = matches!(self.tick.order, Asked::Hint(_));
            if scope.coverage == "partial" && scope.error.is_none() && !scope.out_of_time && !is_hint {
                wrong.push(format!("P5: #{by} read {source} in part and does not say why"));
            }
            if scope.out_of_time {
                scopes.out_of_time(source);
            }
            // What a hint reads, it reads whole.
            let is_whole = (scope.coverage == "complete" || is_hint) && !scope.out_of_time;
            let (Some(view), true) = (self.views.get(&source), is_whole && scope.error.is_none()) else {
                continue;
            };
            if scope.coverage == "complete" {
                scopes.completed(source, self.tick.at);
            }
            for ((of, subject), (sighting, taken)) in &mut self.sightings {
                // When someone else wrote meanwhile, whose answer came first? A replication's answers have an order; of a
                // restore or a run, an older answer changes nothing.
                let write = writes.get(&(*of, subject.clone()));
                let is_latest = write.is_none_or(|(at, writer)| *at < self.began || *writer == by);
                if *of == source && !*taken && (is_latest || source != Source::S3TablesReplication) {
                    news.take(sighting, view, is_latest, self.tick.at + self.tick.skew);
                    *taken = true;
                }
            }
        }
    }
}
