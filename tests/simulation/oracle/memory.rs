//! What the table remembers of what was told, against what was told.

use std::collections::{BTreeMap, BTreeSet};

use tidings::domain::{Known, MOST_REMEMBERED, ToldNotice};

use crate::asked::Written;
use crate::log::{Event, short};
use crate::run::Outcome;

pub fn judge(outcome: &Outcome, wrong: &mut Vec<String>) {
    let mut items: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut told: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for entry in &outcome.log.entries {
        match &entry.what {
            Event::Called { question, took_effect: true, .. } => {
                if let Some((write, Written::State(news))) = question.write.as_ref().map(|write| (write, &write.what)) {
                    let item = || (write.scope.clone(), write.item.clone());
                    items.extend(news.iter().map(|noted| (noted.id.clone(), item())));
                }
            }
            Event::Published { notices, .. } => {
                for id in notices.iter().filter_map(|notice| notice["id"].as_str()) {
                    if let Some(item) = items.get(id) {
                        told.entry(item.clone()).or_default().insert(id.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    for known in &outcome.known {
        for (item, history) in histories(known) {
            let told = told.remove(&(known.scope.to_string(), item.clone())).unwrap_or_default();
            let remembered: Vec<String> = history.iter().map(|told| told.notice.id.to_string()).collect();
            let once: BTreeSet<String> = remembered.iter().cloned().collect();
            if once.len() < remembered.len() {
                wrong.push(format!("{} remembers a notice twice", short(&item)));
            }
            let is_whole = once == told || told.len() > MOST_REMEMBERED && once.is_subset(&told);
            if !is_whole {
                wrong.push(format!("{} remembers {remembered:?}, and {told:?} were told", short(&item)));
            }
        }
    }
}

/// The history of every item of a scope.
fn histories(known: &Known) -> impl Iterator<Item = (String, Vec<ToldNotice>)> {
    let records = known.records.iter().map(|tracked| (tracked.state.subject.id.to_string(), tracked.history));
    records.chain([("#checkpoint".to_owned(), known.checkpoint.history.clone())])
}
