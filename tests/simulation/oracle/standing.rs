//! What people were told of something that lasts, and what they are told because it lasts: failures that are held back or
//! go on, restores that stand still or take longer than AWS said, changes that wait to be replicated.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tidings::domain::Source;

use super::news::Facet;
use super::rules::{Fresh, Stand};
use crate::answers::Fact;
use crate::history::START;
use crate::script::Limits;

/// What the settings say, and the time of the invocation that judges by them.
pub struct Law<'a> {
    pub limits: &'a Limits,
    pub routine: bool,
    pub now: i64,
}

impl Law<'_> {
    fn is_muted(&self) -> bool {
        self.limits.muted_until.is_some_and(|until| self.now < until)
    }

    fn is_over(&self, since: Option<i64>, limit: Option<i64>) -> bool {
        since.zip(limit).is_some_and(|(since, limit)| self.now >= since + limit)
    }
}

/// What an answer did to a facet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was older than what is known.
    Ignored,
    /// It showed a failure that is told by itself, or held back.
    Failed,
    /// Anything else.
    None,
}

/// What people know of a facet, and since when it stands as it does.
#[derive(Default)]
pub struct Standing {
    /// How many failures in a row.
    pub fails: u32,
    /// What people were warned of and what is not over.
    pub warned: BTreeSet<&'static str>,
    /// Whether it is not certain what was held back, so that nothing can be said of it any more.
    pub unclear: bool,
    withheld: bool,
    /// When people were last told that it is failing.
    told_at: Option<i64>,
    /// Until when people want no reminder of it.
    pub silenced_until: Option<i64>,
    /// What it was and how far, and since when.
    was: Option<(String, Option<Timestamp>)>,
    changed_at: Option<i64>,
    progress: Option<String>,
    moved_at: Option<i64>,
}

impl Standing {
    /// Whether people know that it is failing and want to hear no more of it.
    fn is_silenced(&self, now: i64) -> bool {
        self.told_at.is_some() && self.silenced_until.is_some_and(|until| now < until)
    }

    /// The end of failures.
    pub fn recover(&mut self) -> Recovery {
        let is_secret = self.withheld && self.told_at.is_none();
        (self.fails, self.withheld, self.told_at, self.silenced_until) = (0, false, None, None);
        if is_secret { Recovery::Secret } else { Recovery::Told }
    }
}

/// Whether people knew of the failures that are over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    Told,
    Secret,
}

/// A failure of something that runs again and again; only maintenance has runs that fail one by one.
pub fn failed(facet: &mut Facet, fresh: Fresh, has_runs: bool, law: &Law) -> Change {
    let was_failing = std::mem::replace(&mut facet.failing, true);
    let standing = &mut facet.standing;
    standing.fails += 1;
    let too_few = has_runs && standing.fails < law.limits.threshold;
    // A further failed run of what people know is failing is counted for the reminder.
    let is_counted = was_failing && !standing.withheld && standing.fails > 1 && !(has_runs && law.limits.tell);
    if fresh == Fresh::No {
        standing.told_at = Some(law.now);
    } else if is_counted {
        // If a reminder is due by now, it counts this run.
        return Change::None;
    } else if standing.is_silenced(law.now) {
        return Change::None;
    } else if law.is_muted() || too_few {
        standing.unclear |= fresh == Fresh::Maybe;
        standing.withheld = true;
    } else {
        (standing.withheld, standing.told_at) = (false, Some(law.now));
        facet.expect("failed", fresh);
    }
    Change::Failed
}

/// What is to be told because time has gone by, or because something moves again.
pub fn look_again(
    facet: &mut Facet,
    said: &Fact,
    (change, was_known): (Change, bool),
    expected_by: Option<i64>,
    (source, law): (Source, &Law),
) {
    let stand = facet.stand.expect("it was just seen");
    let run = facet.run;
    let standing = &mut facet.standing;
    let mut moves = false;
    if change != Change::Ignored {
        let word = if stand == Stand::Unknown { format!("? {}", said.word) } else { format!("{stand:?}") };
        let is = Some((word, run));
        let changed = standing.was != is;
        let advanced = said.progress.is_some() && said.progress != standing.progress;
        if changed {
            (standing.was, standing.changed_at) = (is, Some(law.now));
        }
        if changed || advanced {
            moves = standing.moved_at != Some(law.now);
            standing.moved_at = Some(law.now);
        }
        standing.progress = said.progress.clone().or(standing.progress.take());
    }
    if !was_known {
        return;
    }
    let mut due: Vec<&'static str> = Vec::new();
    match source {
        Source::S3TablesReplication => {
            if stand == Stand::Waiting && law.is_over(standing.changed_at, law.limits.max_lag) {
                due.push("lagging");
            }
        }
        Source::S3TablesMaintenance => {}
        _ if said.facet != "restore" => {}
        _ if stand.is_end() => standing.warned.clear(),
        _ if moves && standing.warned.remove("stalled") => return facet.expect("recovered", Fresh::Yes),
        _ => {
            if law.is_over(standing.moved_at, law.limits.stalled_after) {
                due.push("stalled");
            }
            if law.is_over(expected_by, law.limits.overdue_after) {
                due.push("overdue");
            }
        }
    }
    due.retain(|reason| standing.warned.insert(reason));
    for reason in due {
        facet.expect(reason, Fresh::Yes);
    }
    if stand == Stand::Bad && facet.failing && change != Change::Failed {
        goes_on(facet, source, law);
    }
}

/// A failure with nothing new to it: told if it was held back and is no more, else reminded of now and then.
fn goes_on(facet: &mut Facet, source: Source, law: &Law) {
    let standing = &mut facet.standing;
    if standing.is_silenced(law.now) {
        return;
    }
    let reason = if standing.withheld {
        let too_few = source == Source::S3TablesMaintenance && standing.fails < law.limits.threshold;
        (!law.is_muted() && !too_few).then_some("failed")
    } else {
        law.is_over(standing.told_at, law.limits.reminder_interval).then_some("still-failing")
    };
    if let Some(reason) = reason {
        (standing.withheld, standing.told_at) = (false, Some(law.now));
        let runs = (reason == "still-failing" && source == Source::S3TablesMaintenance).then_some(standing.fails);
        facet.expect_counted(reason, runs);
    }
}

/// A time by its distance from the start in milliseconds.
pub fn ms(time: Timestamp) -> i64 {
    time.as_millisecond() - START.parse::<Timestamp>().expect("a time").as_millisecond()
}
