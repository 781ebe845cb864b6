//! What the answers that were taken in should have led to: README.md's "What is news" read once more, by the oracle.
//! What takes too long and what goes on failing is in [`super::standing`].

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use tidings::domain::Source;

use super::delivery::{Said, Told};
use super::rules::{Fresh, Stand, fresh, maintenance, one_shot, replication};
use super::standing::{Change, Law, Standing, look_again, ms};
use crate::answers::Sighting;
use crate::history::BUCKET;
use crate::log::short;
use crate::run::Outcome;
use crate::script::{Limits, Script};
use crate::stage::ACCOUNT;

/// How a scope stood when an invocation opened it.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// When its history had been taken in.
    pub baseline_at: Option<i64>,
    /// When the last complete read that we are sure of began.
    pub complete_at: Option<i64>,
    /// Whether the subject was looked for before and not found.
    pub is_over: bool,
}

/// Something that was to be told, or may have been.
#[derive(Clone, Debug)]
struct Expected {
    reason: &'static str,
    must: bool,
    /// How many failed runs it counts, if it counts any.
    runs: Option<u32>,
}

/// What is known of one facet.
#[derive(Default)]
pub struct Facet {
    pub stand: Option<Stand>,
    pub run: Option<Timestamp>,
    pub failing: bool,
    pub succeeded: bool,
    /// Whether the answer that is being taken in shows its first success.
    pub first_success: Option<Fresh>,
    /// AWS's words when it ended.
    message: Option<String>,
    /// What people were told of it and when it moved.
    pub standing: Standing,
    words: BTreeSet<String>,
    /// The invocations that did not find it since it was last seen, and where in the log they did not.
    missed_by: BTreeMap<usize, usize>,
    expected: Vec<Expected>,
    /// Whether `expected` ends with its disappearance.
    gone: bool,
}

impl Facet {
    /// Expects to hear of it.
    pub fn expect(&mut self, reason: &'static str, fresh: Fresh) {
        if fresh != Fresh::No {
            self.expected.push(Expected { reason, must: fresh == Fresh::Yes, runs: None });
        }
    }

    /// Whether it was or may have been told before.
    pub fn is_expected(&self, reason: &str) -> bool {
        self.expected.iter().any(|expected| expected.reason == reason)
    }

    /// Expects to hear of it, with how many runs have failed.
    pub fn expect_counted(&mut self, reason: &'static str, runs: Option<u32>) {
        self.expected.push(Expected { reason, must: true, runs });
    }

    /// Whether somebody waits for it to end.
    fn owes_an_end(&self, source: Source) -> bool {
        match source {
            Source::S3TablesMaintenance => false,
            Source::S3TablesReplication => {
                matches!(self.stand, Some(Stand::Waiting | Stand::Unknown)) && !self.succeeded
            }
            _ => self.stand.is_some_and(|stand| !stand.is_end()),
        }
    }

    fn missed(&mut self, source: Source, by: usize, index: usize) {
        if self.stand.is_none() {
            return;
        }
        self.missed_by.insert(by, index);
        if self.missed_by.len() >= 2 && !self.gone && self.owes_an_end(source) {
            self.expected.push(Expected { reason: "vanished", must: false, runs: None });
            self.gone = true;
        }
    }
}

#[derive(Default)]
struct Subject {
    facets: BTreeMap<String, Facet>,
    /// Whether a run of one of a table's jobs has succeeded, and whether that is to be told: must it, or may it?
    succeeded: bool,
    first_success: Option<bool>,
}

impl Subject {
    /// A table's first success is told once, whichever of its jobs it is of.
    fn note_first_success(&mut self) {
        let fresh: Vec<Fresh> = self.facets.values_mut().filter_map(|facet| facet.first_success.take()).collect();
        let is_news = fresh.iter().any(|fresh| *fresh != Fresh::No);
        if is_news && !self.succeeded {
            // A recovery in the same answer says as well that the table's jobs succeed.
            let others = self.facets.values().filter(|facet| facet.succeeded).count() > fresh.len();
            self.first_success = Some(!others && fresh.iter().all(|fresh| *fresh == Fresh::Yes));
        }
        self.succeeded |= self.facets.values().any(|facet| facet.succeeded);
    }
}

/// What was to be told of every subject.
pub struct News {
    routine: BTreeSet<Source>,
    limits: Limits,
    subjects: BTreeMap<(Source, String), Subject>,
}

impl News {
    pub fn new(script: &Script) -> Self {
        Self { routine: script.routine.clone(), limits: script.limits.clone(), subjects: BTreeMap::new() }
    }

    /// An answer about a subject arrived: facets that it does not name were missed.
    pub fn saw(&mut self, sighting: &Sighting, by: usize, index: usize) {
        if let Some(subject) = self.subjects.get_mut(&(sighting.source, sighting.subject.clone())) {
            for (name, facet) in &mut subject.facets {
                if !sighting.facets.iter().any(|fact| fact.facet == *name) {
                    facet.missed(sighting.source, by, index);
                }
            }
        }
    }

    /// Someone silenced the failure of a facet until then.
    pub fn silenced(&mut self, source: Source, subject: &str, facet: &str, until: Timestamp) {
        if let Some(subject) = self.subjects.get_mut(&(source, subject.to_owned()))
            && let Some(facet) = subject.facets.get_mut(facet)
        {
            facet.standing.silenced_until = Some(ms(until));
        }
    }

    /// An answer arrived that a subject is not there.
    pub fn missed(&mut self, source: Source, subject: &str, by: usize, index: usize) {
        if let Some(subject) = self.subjects.get_mut(&(source, subject.to_owned())) {
            for facet in subject.facets.values_mut() {
                facet.missed(source, by, index);
            }
        }
    }

    /// An answer was taken in by an invocation with that view of the scope. Unless it may be older than what is known, what
    /// it shows is there again: only those count who did not find it after `seen`, the answer's place in the log. `now` is
    /// the invocation's time.
    pub fn take(&mut self, sighting: &Sighting, seen: usize, view: &View, is_latest: bool, now: i64) {
        let law = Law { limits: &self.limits, routine: self.routine.contains(&sighting.source), now };
        let subject = self.subjects.entry((sighting.source, sighting.subject.clone())).or_default();
        let is_new = subject.facets.is_empty();
        // An old answer about what is gone by now. Who read everything since then would have found it.
        let is_over = subject.facets.values().any(|facet| !facet.missed_by.is_empty());
        let view = &View { is_over, ..*view };
        for fact in &sighting.facets {
            let facet = subject.facets.entry(fact.facet.clone()).or_default();
            if is_latest {
                facet.missed_by.retain(|_, index| *index > seen);
                facet.gone &= facet.missed_by.len() >= 2;
            }
            let stand = Stand::of(&fact.facet, sighting.source, &fact.word);
            let was_known = facet.stand.is_some();
            if stand.is_end() {
                facet.message.clone_from(&fact.message);
            }
            let change = match sighting.source {
                // Read before someone else wrote what came after it, and without a time that says so.
                Source::S3TablesMaintenance if was_known && !is_latest && fact.run.is_none() => {
                    if stand == Stand::Off && facet.stand != Some(Stand::Off) && law.routine {
                        facet.expect("disabled", Fresh::Maybe);
                    }
                    Change::Ignored
                }
                // Of a run that was known by then, it says nothing new.
                Source::S3TablesMaintenance if was_known && !is_latest && fact.run <= facet.run => Change::Ignored,
                Source::S3TablesMaintenance => maintenance(facet, fact, stand, view, &law),
                Source::S3TablesReplication => replication(facet, fact, stand, view, &law),
                // Read before someone else wrote what came after it. An end is for good; anything else is over.
                _ if was_known && !is_latest && !stand.is_end() => Change::Ignored,
                _ => {
                    let fresh = if is_new { fresh(view, [sighting.began, fact.ended]) } else { Fresh::Yes };
                    one_shot(facet, fact, stand, (fresh, view), &law)
                }
            };
            let is_unknown = stand == Stand::Unknown && facet.words.insert(fact.word.to_lowercase());
            let is_history = is_new && view.baseline_at.is_none();
            if is_unknown && !is_history {
                facet.expect("unknown-status", Fresh::Yes);
            }
            if is_latest {
                let expected_by = sighting.began.zip(fact.minutes).map(|(began, minutes)| ms(began) + minutes * 60_000);
                look_again(facet, fact, (change, was_known), expected_by, (sighting.source, &law));
            }
        }
        if sighting.source == Source::S3TablesMaintenance {
            subject.note_first_success();
        }
    }

    /// AWS's words when a facet ended, as far as they were taken in.
    pub fn message(&self, source: Source, subject: &str, facet: &str) -> Option<&str> {
        let subject = self.subjects.get(&(source, subject.to_owned()))?;
        subject.facets.get(facet)?.message.as_deref()
    }

    /// Holds what was expected against what was told.
    pub fn judge(mut self, told: &Told, outcome: &Outcome, wrong: &mut Vec<String>) {
        for ((source, id), subject) in &mut self.subjects {
            let is_once_for_all = *source == Source::S3TablesMaintenance && !self.routine.contains(source);
            let mut firsts = 0;
            for (name, facet) in &mut subject.facets {
                if facet.owes_an_end(*source) && !exists(outcome, *source, id, name) {
                    match facet.expected.last_mut().filter(|_| facet.gone) {
                        Some(last) => last.must = true,
                        None => wrong.push(format!("P1: {} {} is gone; nobody asks for it", source, short(id))),
                    }
                }
                let mut told = told.by_facet.get(&(*source, id.clone(), name.clone())).cloned().unwrap_or_default();
                if is_once_for_all {
                    firsts += told.iter().filter(|said| said.reason == "completed").count();
                    told.retain(|said| said.reason != "completed");
                }
                if !facet.standing.unclear && !fits(&facet.expected, &told) {
                    let expected: Vec<String> = facet
                        .expected
                        .iter()
                        .map(|expected| {
                            let runs = expected.runs.map(|runs| format!("({runs})")).unwrap_or_default();
                            format!("{}{runs}{}", expected.reason, if expected.must { "" } else { "?" })
                        })
                        .collect();
                    let told: Vec<String> = told.iter().map(ToString::to_string).collect();
                    wrong.push(format!(
                        "P1/P2: of {source} {} {}: expected [{}], told [{}]",
                        short(id),
                        short(name),
                        expected.join(" "),
                        told.join(" ")
                    ));
                }
            }
            let (least, most) = match subject.first_success {
                Some(must) => (usize::from(must), 1),
                None => (0, 0),
            };
            if is_once_for_all && !(least..=most).contains(&firsts) {
                wrong.push(format!(
                    "P1/P2: the first successful run of {} was told {firsts} times, not {least} to {most}",
                    short(id)
                ));
            }
        }
        for (source, id, name) in told.by_facet.keys() {
            let known = self.subjects.get(&(*source, id.clone())).and_then(|subject| subject.facets.get(name));
            if name != "scope" && known.is_none() {
                wrong.push(format!("no observation supports what was told of {source} {id} {name}"));
            }
        }
    }
}

/// Whether `told` is `expected` in its order, all that must be told and nothing that may not.
fn fits(expected: &[Expected], told: &[Said]) -> bool {
    match (expected.split_first(), told.split_first()) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some((first, rest)), None) => !first.must && fits(rest, told),
        (Some((first, rest)), Some((said, others))) => {
            let is_it = first.reason == said.reason && (first.runs.is_none() || first.runs == said.runs);
            is_it && fits(rest, others) || !first.must && fits(rest, told)
        }
    }
}

/// Whether the world has the facet at the end.
fn exists(outcome: &Outcome, source: Source, id: &str, facet: &str) -> bool {
    let world = &outcome.world;
    let table = || {
        let bucket = world.buckets.get(BUCKET)?;
        bucket.tables().find(|table| bucket.table_arn(table, &outcome.region, ACCOUNT) == id)
    };
    match source {
        Source::Redshift => world.redshift.contains_key(id),
        Source::RedshiftServerless => world.serverless.contains_key(id),
        Source::Backup => world.backup.contains_key(id),
        Source::S3TablesReplication => table().is_some_and(|table| table.replication.contains_key(facet)),
        Source::S3TablesMaintenance => table().is_some_and(|table| table.maintenance.contains_key(facet)),
        _ => false,
    }
}
