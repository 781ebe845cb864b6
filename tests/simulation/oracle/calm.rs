//! What is left when everything that could go wrong is over: nothing to tell, nothing to write, and the truth.

use std::collections::{BTreeMap, BTreeSet};

use tidings::domain::{Known, Source};

use crate::asked::Written;
use crate::conditions::Belief;
use crate::history::BUCKET;
use crate::log::{Event, short};
use crate::run::{Outcome, calm_passes};
use crate::script::Asked;
use crate::stage::ACCOUNT;

pub fn judge(outcome: &Outcome, wrong: &mut Vec<String>) {
    let mut passes = BTreeSet::new();
    for entry in outcome.log.entries.iter().filter(|entry| entry.invocation >= outcome.calm_from) {
        let is_last = entry.invocation >= outcome.last_from;
        match &entry.what {
            Event::Began { tick, .. } if tick.order == Asked::Pass => {
                passes.insert(entry.invocation);
            }
            Event::Published { notices, .. }
                if is_last && notices.iter().any(|notice| !comes_with_time(&notice["reason"])) =>
            {
                wrong.push("the last pass still told something".to_owned());
            }
            Event::Called { question, took_effect: true, .. } if is_last => {
                if let Some(write) = &question.write
                    && matches!(&write.what, Written::State(news) if !news.iter().any(|noted| comes_with_time(&noted.reason)))
                    && write.item != "#checkpoint"
                {
                    wrong.push(format!("the last pass still wrote {}", short(&write.item)));
                }
            }
            Event::Ended(report) if passes.contains(&entry.invocation) => {
                for scope in &report.scopes {
                    let source = Source::parse(scope.source).expect("a source");
                    let is_readable = outcome.script.conditions.must_be_told(source) == Belief::Readable;
                    if is_readable && (scope.coverage != "complete" || scope.error.is_some()) {
                        wrong.push(format!(
                            "in calm, {} is {}: {:?}",
                            scope.source,
                            scope.coverage,
                            scope.error.as_ref().map(|error| &error.message)
                        ));
                    }
                }
            }
            Event::Died => wrong.push(format!("in calm, #{} died", entry.invocation)),
            _ => {}
        }
    }
    if passes.len() < calm_passes(&outcome.script) {
        wrong.push(format!("in calm there were {} passes", passes.len()));
    }
    wrong.extend(outcome.unreadable.iter().map(|item| format!("unreadable: {item}")));
    for known in &outcome.known {
        let waiting = known.records.iter().map(|tracked| tracked.outbox.notices.len()).sum::<usize>();
        if waiting + known.checkpoint.outbox.notices.len() > 0 {
            wrong.push(format!("notices are left in the outboxes of {}", known.scope));
        }
        if outcome.script.conditions.must_be_told(known.scope.source) != Belief::Unreachable {
            is_true(outcome, known, wrong);
        }
    }
}

/// Whether it is told because time goes by, however calm the world is.
fn comes_with_time<R: PartialEq<&'static str>>(reason: &R) -> bool {
    ["stalled", "overdue", "lagging", "still-failing"].iter().any(|word| reason == word)
}

/// Whether what is stored is what the world shows.
fn is_true(outcome: &Outcome, known: &Known, wrong: &mut Vec<String>) {
    for (id, facets) in world(outcome, known.scope.source) {
        let Some(tracked) = known.records.get(&id) else {
            // Such a request may have come and gone between two passes.
            if !(outcome.script.in_progress_only && known.scope.source == Source::Redshift) {
                wrong.push(format!("{} is not known", short(&id)));
            }
            continue;
        };
        for (name, word) in facets {
            let stored = tracked.state.facets.iter().find(|(facet, _)| facet.as_str() == name);
            let stored = stored.map(|(_, facet)| facet.aws_status.as_str());
            if stored != Some(&word) {
                wrong.push(format!("{} {} is {word}, stored is {stored:?}", short(&id), short(&name)));
            }
        }
    }
}

/// AWS's words for every facet of every subject of a source.
fn world(outcome: &Outcome, source: Source) -> BTreeMap<String, BTreeMap<String, String>> {
    let world = &outcome.world;
    let one = |word: &Option<String>| BTreeMap::from([("restore".to_owned(), word.clone().unwrap_or_default())]);
    match source {
        Source::Redshift => world.redshift.iter().map(|(id, restore)| (id.clone(), one(&restore.status))).collect(),
        Source::RedshiftServerless => {
            world.serverless.iter().map(|(id, restore)| (id.clone(), one(&restore.status))).collect()
        }
        Source::Backup => world
            .backup
            .iter()
            .map(|(id, job)| {
                let mut facets = one(&job.status);
                facets.extend(job.validation_status.clone().map(|word| ("validation".to_owned(), word)));
                facets.extend(job.deletion_status.clone().map(|word| ("deletion".to_owned(), word)));
                (id.clone(), facets)
            })
            .collect(),
        Source::S3TablesReplication | Source::S3TablesMaintenance => {
            let Some(bucket) = world.buckets.get(BUCKET) else {
                return BTreeMap::new();
            };
            let facets = |table: &tidings::simulator::Table| -> BTreeMap<String, String> {
                if source == Source::S3TablesReplication {
                    let destinations = table.replication.iter();
                    destinations.map(|(to, is)| (to.clone(), is.status.clone().unwrap_or_default())).collect()
                } else {
                    let jobs = table.maintenance.iter();
                    jobs.map(|(job, is)| (job.clone(), is.status.clone().unwrap_or_default())).collect()
                }
            };
            bucket
                .tables()
                .map(|table| (bucket.table_arn(table, &outcome.region, ACCOUNT), facets(table)))
                .filter(|(_, facets)| !facets.is_empty())
                .collect()
        }
        _ => BTreeMap::new(),
    }
}
