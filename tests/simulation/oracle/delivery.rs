//! What SNS accepted against what was written: a notice is told only after it was written, at least once, and more than
//! once only when a process died or froze or an answer got lost in between; in order, and the same in every copy.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use tidings::domain::Source;

use crate::asked::{Noted, Written};
use crate::log::{Event, Log, line, short};

/// What was told of every facet, in the order in which it was told first.
#[derive(Default)]
pub struct Told {
    pub by_facet: BTreeMap<(Source, String, String), Vec<Said>>,
}

/// One thing that was told.
#[derive(Clone, Debug)]
pub struct Said {
    pub reason: String,
    /// How many runs have failed in a row.
    pub runs: Option<u32>,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)?;
        self.runs.map_or(Ok(()), |runs| write!(f, "({runs})"))
    }
}

/// A notice on its way.
struct Notice {
    /// Which item it was written to, and as how manieth of all notices.
    item: (String, String),
    order: usize,
    /// As it was told first, and when.
    told: Option<(usize, Value)>,
    copies: Vec<Copy>,
}

/// One time that SNS accepted it.
struct Copy {
    by: usize,
    at: usize,
    arrived: bool,
}

pub fn judge(log: &Log, wrong: &mut Vec<String>) -> Told {
    let mut notices: BTreeMap<String, Notice> = BTreeMap::new();
    let mut written = 0;
    for (index, entry) in log.entries.iter().enumerate() {
        match &entry.what {
            Event::Called { question, took_effect: true, .. } => {
                let Some((write, Written::State(news))) = question.write.as_ref().map(|write| (write, &write.what))
                else {
                    continue;
                };
                for Noted { id, reason, .. } in news {
                    written += 1;
                    let item = (write.scope.clone(), write.item.clone());
                    let notice = Notice { item, order: written, told: None, copies: Vec::new() };
                    if notices.insert(id.clone(), notice).is_some() {
                        wrong.push(format!(
                            "P4: {reason} of {} was written again under the same id",
                            short(&write.item)
                        ));
                    }
                }
            }
            Event::Published { notices: told, arrived, .. } => {
                for value in told {
                    let id = value["id"].as_str().unwrap_or_default();
                    let Some(notice) = notices.get_mut(id) else {
                        wrong.push(format!("#{} told before it was written: {}", entry.invocation, line(value)));
                        continue;
                    };
                    notice.copies.push(Copy { by: entry.invocation, at: index, arrived: *arrived });
                    match &notice.told {
                        None => notice.told = Some((index, value.clone())),
                        Some((_, first)) if first != value => {
                            wrong.push(format!("P4: one id says two things: {} and {}", line(first), line(value)));
                        }
                        Some(_) => {}
                    }
                }
            }
            _ => {}
        }
    }
    for (id, notice) in &notices {
        let Some((_, value)) = &notice.told else {
            wrong.push(format!("P1: written and never told: {id} of {} {}", notice.item.0, short(&notice.item.1)));
            continue;
        };
        let excuses = notice.copies.iter().filter(|copy| is_excused(log, id, copy)).count();
        if notice.copies.len() > 1 + excuses {
            wrong.push(format!("P2: told {} times with {excuses} excuses: {}", notice.copies.len(), line(value)));
        }
    }
    in_order(&notices, wrong)
}

/// Whether a copy may be followed by another, or be one too many: its sender did not hear that SNS took it, or could not
/// remove it, because it died or froze or ran out of time or because an answer got lost.
fn is_excused(log: &Log, id: &str, copy: &Copy) -> bool {
    if !copy.arrived {
        return true;
    }
    let own = || log.entries.iter().enumerate().filter(|(_, entry)| entry.invocation == copy.by);
    if own().any(|(_, entry)| matches!(entry.what, Event::Froze { .. })) {
        return true;
    }
    let mut hindered = false;
    for (_, entry) in own().skip_while(|(index, _)| *index <= copy.at) {
        match &entry.what {
            Event::Called { question, spoilt, took_effect, .. } => {
                if let Some(Written::Removal(removed)) = question.write.as_ref().map(|write| &write.what)
                    && removed.iter().any(|removed| removed == id)
                {
                    if *took_effect {
                        return false;
                    }
                    hindered |= spoilt.is_some();
                }
            }
            Event::Died => return true,
            // Its time ran out before it could remove what it had sent: Lambda would have ended it there and then.
            Event::Ended(report) => hindered |= report.scopes.iter().any(|scope| scope.out_of_time),
            _ => {}
        }
    }
    hindered
}

/// P3: within a facet, what was written first is told first.
fn in_order(notices: &BTreeMap<String, Notice>, wrong: &mut Vec<String>) -> Told {
    let mut told: Vec<_> =
        notices.values().filter_map(|notice| notice.told.as_ref().map(|(at, value)| (*at, notice, value))).collect();
    told.sort_by_key(|(at, notice, _)| (*at, notice.order));
    let mut last: BTreeMap<(&(String, String), &str), usize> = BTreeMap::new();
    let mut result = Told::default();
    for (_, notice, value) in told {
        let facet = value["facet"].as_str().unwrap_or_default();
        let before = last.insert((&notice.item, facet), notice.order);
        if before.is_some_and(|before| before > notice.order) {
            wrong.push(format!("P3: told after what came later: {}", line(value)));
        }
        let source = Source::parse(value["source"].as_str().unwrap_or_default()).expect("a source");
        let subject = value["subject"].as_str().unwrap_or_default().to_owned();
        let reason = value["reason"].as_str().unwrap_or_default().to_owned();
        let runs = value["attributes"]["failures_in_a_row"].as_str().and_then(|runs| runs.parse().ok());
        result.by_facet.entry((source, subject, facet.to_owned())).or_default().push(Said { reason, runs });
    }
    result
}
