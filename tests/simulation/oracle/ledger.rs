//! Which answers were taken in, in which order.

use std::collections::BTreeMap;

use serde_json::Value;
use tidings::domain::Source;
use tidings::report::Report;

use super::news::{News, View};
use super::scopes::{Scopes, Unread, Verdict};
use super::standing::ms;
use crate::answers::Sighting;
use crate::asked::{Question, Written};
use crate::conditions::reads_tables;
use crate::history::MANAGED;
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
    /// Whether its process remembers nothing.
    cold: bool,
    /// What it was told last of each subject, where in the log, and whether it has been taken in.
    sightings: BTreeMap<(Source, String), (Sighting, usize, bool)>,
    /// How each scope stood when the invocation opened it.
    views: BTreeMap<Source, View>,
    /// How the last attempt of each status call went.
    calls: BTreeMap<(String, String), Attempt>,
    /// Whether anything went wrong with its writing, or may have, or it was held up.
    hampered: bool,
    /// Whether it has silenced a failure.
    silenced: bool,
}

/// How one attempt of a status call went.
struct Attempt {
    question: Question,
    heard: bool,
    /// Whether the account does not have the service.
    is_missing: bool,
    /// Whether the role may not make it.
    is_denied: bool,
}

pub fn read(log: &Log, script: &Script, wrong: &mut Vec<String>) -> Ledger {
    let mut news = News::new(script);
    let mut scopes = Scopes::default();
    let mut courses: BTreeMap<usize, Course> = BTreeMap::new();
    // The last write of each subject: where in the log, and by whom.
    let mut writes: BTreeMap<(Source, String), (usize, usize)> = BTreeMap::new();
    // With queues, passes have no lease.
    let has_lease = script.queues.is_none();
    for (index, entry) in log.entries.iter().enumerate() {
        let by = entry.invocation;
        if let Event::Began { tick, cold, .. } = &entry.what {
            courses.insert(by, Course::new(tick, index, *cold, script.ballast.is_some()));
            continue;
        }
        let course = courses.get_mut(&by).expect("an invocation begins first");
        match &entry.what {
            Event::Saw(sighting) => {
                news.saw(sighting, by, index);
                course.sightings.insert((sighting.source, sighting.subject.clone()), (sighting.clone(), index, false));
            }
            Event::Missed(source, subject) => news.missed(*source, subject, by, index),
            Event::Froze { .. } => course.hampered = true,
            Event::Silenced { known, answer } => {
                let is_unknown = answer.as_ref().is_err_and(|error| error.contains("no notice has the id"));
                if answer.is_ok() && !course.silenced {
                    wrong.push(format!("#{by} says that a failure is silenced, and it is not"));
                }
                if *known && is_unknown || !known && answer.is_ok() {
                    wrong.push(format!("#{by} was asked for a silence and answered {answer:?}"));
                }
            }
            Event::Called { question, spoilt, took_effect, arrived, status } => {
                if question.subject.is_some() && question.bucket.as_deref() == Some(MANAGED) {
                    wrong.push(format!("#{by} asks about a table that AWS manages"));
                }
                if question.is_status() {
                    let not_there = question.subject.is_some() && (400..500).contains(status);
                    let heard =
                        *arrived && (*took_effect || not_there && spoilt.is_none_or(|kind| TRUE.contains(&kind)));
                    let key = (question.operation.clone(), question.parameters.clone());
                    let is_missing = *spoilt == Some("not-available");
                    let is_denied = *spoilt == Some("access-denied");
                    course.calls.insert(key, Attempt { question: question.clone(), heard, is_missing, is_denied });
                } else if spoilt.is_some() {
                    course.hampered = true;
                }
                if let Some(source) = question.reads().filter(|_| *arrived && *took_effect && !has_lease) {
                    course.views.entry(source).or_insert_with(|| scopes.view(source));
                }
                let Some(write) = question.write.as_ref().filter(|_| *took_effect) else {
                    continue;
                };
                if course.tick.order == Asked::DryRun {
                    wrong.push(format!("dry run #{by} wrote {}", write.item));
                }
                // The items of accounts belong to no scope.
                let Some(source) = Source::parse(write.scope.split('/').next().unwrap_or_default()) else {
                    continue;
                };
                match &write.what {
                    Written::Lease | Written::Hint if has_lease || matches!(course.tick.order, Asked::Hint(_)) => {
                        course.views.insert(source, scopes.view(source));
                    }
                    Written::State(reasons) if write.item == "#checkpoint" => {
                        let (verdict, unread) = course.verdict(source, entry.at);
                        scopes.checkpointed(source, (verdict, &unread), reasons, entry.at, by, wrong);
                    }
                    Written::State(_) => {
                        let key = (source, write.item.clone());
                        if let (Some((sighting, seen, taken)), Some(view)) =
                            (course.sightings.get_mut(&key), course.views.get(&source))
                            && !*taken
                        {
                            news.take(sighting, *seen, view, true, course.tick.at + course.tick.skew);
                            *taken = true;
                        }
                        writes.insert(key, (index, by));
                    }
                    Written::Silence(facet, until) => {
                        course.silenced = true;
                        news.silenced(source, &write.item, facet, *until);
                    }
                    Written::Lease | Written::Hint | Written::Claim | Written::Removal(_) => {}
                }
            }
            Event::Ended(report) => {
                course.heartbeats(report, entry.at, (by, wrong));
                course.ended((report, entry.at), script, &writes, (&mut news, &mut scopes), (by, wrong));
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
                for notice in notices {
                    says_what_it_is(notice, &news, &scopes, wrong);
                }
            }
            _ => {}
        }
    }
    scopes.judge(script, wrong);
    Ledger { news }
}

impl Course {
    fn new(tick: &Tick, began: usize, cold: bool, hampered: bool) -> Self {
        Self {
            tick: tick.clone(),
            began,
            cold,
            sightings: BTreeMap::new(),
            views: BTreeMap::new(),
            calls: BTreeMap::new(),
            hampered,
            silenced: false,
        }
    }

    /// Whether the scope could be read by now, and what of it could not.
    fn verdict(&self, source: Source, now: i64) -> (Verdict, Unread) {
        let calls = || self.calls.values().filter(|attempt| attempt.question.concerns(source));
        let failed: Vec<&Attempt> = calls().filter(|attempt| !attempt.heard).collect();
        let mut unread = Unread::new();
        for Attempt { question, .. } in &failed {
            let part = question.bucket.as_ref().unwrap_or(&question.operation);
            let subject = question.subject.as_ref().unwrap_or(part);
            unread.entry(part.clone()).or_default().insert(subject.clone());
        }
        let answers = || calls().any(|attempt| attempt.heard && attempt.question.source == Some(source));
        let is_new = self.views.get(&source).is_none_or(|view| view.baseline_at.is_none());
        // A listing that breaks off hides what is in it; the tables of one bucket, or of all when they are known, are a
        // part of what there is.
        let hides = |question: &Question| {
            question.is_listing() && (!reads_tables(source) || question.bucket.is_none() && (is_new || !answers()))
        };
        let is_empty_bucket_read = calls().any(|attempt| {
            let bucket = attempt.question.bucket.as_ref();
            attempt.heard && bucket.is_some_and(|bucket| !unread.contains_key(bucket))
        });
        // Reading ends when six tenths of the time are over.
        let verdict = if self.hampered || now - self.tick.at > self.tick.patience / 2 {
            Verdict::Unclear
        } else if failed.is_empty() {
            Verdict::Whole
        } else if failed.iter().all(|attempt| attempt.is_missing) && !answers() {
            Verdict::NotAvailable
        } else if failed.iter().any(|attempt| hides(&attempt.question)) {
            Verdict::Failed
        } else if !reads_tables(source) || answers() {
            Verdict::Partly
        } else if is_empty_bucket_read && failed.iter().all(|attempt| attempt.is_denied) {
            // There was nothing to ask about in what can be read.
            Verdict::Partly
        } else if is_empty_bucket_read {
            Verdict::Doubtful
        } else if source == Source::S3TablesMaintenance || self.cold {
            // Not one table answered.
            Verdict::Failed
        } else {
            // A process remembers for an hour which tables are not replicated.
            Verdict::Doubtful
        };
        (verdict, unread)
    }

    /// Whether the heartbeat that the report becomes is deserved (a dry run has none): no pass that could not read its scope has one, and a pass
    /// has one that asked about everything there is, even if some of it did not answer.
    fn heartbeats(&self, report: &Report, now: i64, (by, wrong): (usize, &mut Vec<String>)) {
        if !matches!(self.tick.order, Asked::Pass | Asked::Hint(_)) {
            return;
        }
        for scope in report.scopes.iter().filter(|scope| scope.coverage != "skipped") {
            let Some(source) = Source::parse(scope.source) else { continue };
            let is_pass = self.tick.order == Asked::Pass && !scope.out_of_time;
            match (self.verdict(source, now).0, scope.is_swept()) {
                (Verdict::Failed, true) => {
                    wrong.push(format!("P5: #{by} could not read {source}, and its heart beats"));
                }
                (verdict @ (Verdict::Whole | Verdict::Partly | Verdict::NotAvailable), false) if is_pass => {
                    wrong.push(format!("P5: #{by} did all it could for {source} ({verdict:?}), and its heart stops"));
                }
                _ => {}
            }
        }
    }

    /// Takes in what has not led to a write, if the scope was read whole: there was no news then.
    fn ended(
        &mut self,
        (report, now): (&Report, i64),
        script: &Script,
        writes: &BTreeMap<(Source, String), (usize, usize)>,
        (news, scopes): (&mut News, &mut Scopes),
        (by, wrong): (usize, &mut Vec<String>),
    ) {
        let asked = match self.tick.order {
            Asked::Hint(_) => 1,
            Asked::Pass | Asked::DryRun => script.sources.len(),
            // They read nothing.
            Asked::Dispatch | Asked::Delivery | Asked::Silence { .. } => return,
        };
        // If the accounts cannot be read from the table, no scope is known.
        let is_hub_broken = report.scopes.iter().any(|scope| Source::parse(scope.source).is_none());
        if report.scopes.len() != asked && !is_hub_broken {
            wrong.push(format!("P5: #{by} reports on {} scopes of {asked}", report.scopes.len()));
        }
        if self.tick.order == Asked::DryRun {
            return;
        }
        for scope in &report.scopes {
            let Some(source) = Source::parse(scope.source) else { continue };
            let is_hint = matches!(self.tick.order, Asked::Hint(_));
            if scope.coverage == "partial" && scope.error.is_none() && !scope.out_of_time && !is_hint {
                wrong.push(format!("P5: #{by} read {source} in part and does not say why"));
            }
            if !is_hint && scope.coverage != "skipped" {
                scopes.ended(source, scope.out_of_time, scope.is_swept(), by);
            }
            // What a hint reads, it reads whole. Of what else is read in part, every answer that came counts.
            let is_whole = (scope.coverage == "complete" || is_hint) && scope.error.is_none();
            let is_read = is_whole || self.verdict(source, now).0 == Verdict::Partly;
            let (Some(view), true) = (self.views.get(&source), is_read && !scope.out_of_time) else {
                continue;
            };
            if scope.coverage == "complete" {
                scopes.completed(source, self.tick.at);
            }
            for ((of, subject), (sighting, seen, taken)) in &mut self.sightings {
                // When someone else wrote meanwhile, whose answer came first? A replication's answers have an order; of a
                // restore or a run, an older answer changes nothing.
                let write = writes.get(&(*of, subject.clone()));
                let is_latest = write.is_none_or(|(at, writer)| *at < self.began || *writer == by);
                if *of == source && !*taken && (is_latest || source != Source::S3TablesReplication) {
                    news.take(sighting, *seen, view, is_latest, self.tick.at + self.tick.skew);
                    *taken = true;
                }
            }
        }
    }
}

/// Whether the words of a notice are those of what happened.
fn says_what_it_is(notice: &Value, news: &News, scopes: &Scopes, wrong: &mut Vec<String>) {
    let text = |name: &str| notice[name].as_str().unwrap_or_default();
    let title = text("title");
    let wanted = match (text("source"), text("facet"), text("reason")) {
        ("backup", "restore", "completed") => {
            let said = news.message(Source::Backup, text("subject"), "restore");
            if said != notice["message"].as_str() {
                wrong.push(format!("AWS said {said:?}, told {:?}: {}", notice["message"], line(notice)));
            }
            if said.is_some() { ("warning", "Completed with issues: ") } else { ("info", "Completed: ") }
        }
        (_, "scope", "unreachable") if text("to") == "partly-unreachable" => ("warning", "Partly unreadable: "),
        (_, "scope", "unreachable") if scopes.not_available.contains(text("id")) => ("warning", "Not available here: "),
        (_, "scope", "unreachable") => ("warning", ""),
        _ => return,
    };
    if text("severity") != wanted.0 || !title.starts_with(wanted.1) {
        wrong.push(format!("not {wanted:?}: {} {title:?}", text("severity")));
    }
}
