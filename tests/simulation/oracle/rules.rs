//! The rules of "What is news" for each kind of facet, read off README.md once more and written without a look at the
//! product's own.

use jiff::{SignedDuration, Timestamp};
use tidings::domain::Source;

use super::news::{Facet, View};
use super::standing::{Change, Law, Recovery, failed};
use crate::answers::Fact;
use crate::history::at;

/// Clocks differ and answers lag: what ended this long before the last complete read still counts as new.
const GRACE: SignedDuration = SignedDuration::from_mins(5);

/// Whether something first seen as it stands is news.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fresh {
    No,
    Maybe,
    Yes,
}

/// What AWS's words come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    Waiting,
    Moving,
    Good,
    Bad,
    Stopped,
    Off,
    Unknown,
}

impl Stand {
    pub fn of(facet: &str, source: Source, word: &str) -> Self {
        let word = word.to_lowercase().replace('_', "");
        let words: &[(&str, Self)] = match (source, facet) {
            (Source::S3TablesReplication, _) => {
                &[("pending", Self::Waiting), ("completed", Self::Good), ("failed", Self::Bad)]
            }
            (Source::S3TablesMaintenance, _) => &[
                ("notyetrun", Self::Waiting),
                ("successful", Self::Good),
                ("failed", Self::Bad),
                ("disabled", Self::Off),
            ],
            (_, "restore") => &[
                ("pending", Self::Waiting),
                ("inprogress", Self::Moving),
                ("running", Self::Moving),
                ("succeeded", Self::Good),
                ("completed", Self::Good),
                ("failed", Self::Bad),
                ("canceled", Self::Stopped),
                ("aborted", Self::Stopped),
            ],
            (_, "validation") => &[
                ("validating", Self::Moving),
                ("successful", Self::Good),
                ("failed", Self::Bad),
                ("timedout", Self::Bad),
            ],
            _ => &[("deleting", Self::Moving), ("successful", Self::Good), ("failed", Self::Bad)],
        };
        words.iter().find(|(known, _)| *known == word).map_or(Self::Unknown, |(_, stand)| *stand)
    }

    pub const fn is_end(self) -> bool {
        matches!(self, Self::Good | Self::Bad | Self::Stopped)
    }
}

/// Whether something that carries these times, and was not known, is news to an invocation with that view.
pub fn fresh(view: &View, times: [Option<Timestamp>; 2]) -> Fresh {
    let Some(baseline_at) = view.baseline_at else {
        return Fresh::No;
    };
    match times.into_iter().flatten().max() {
        None => Fresh::Yes,
        Some(latest) => {
            let horizon = view.complete_at.map(|complete| at(complete - 2_000).checked_sub(GRACE).expect("a time"));
            let is_before = horizon.is_some_and(|horizon| latest <= horizon);
            match (latest > at(baseline_at), is_before) {
                (true, true) if view.is_over => Fresh::Maybe,
                (true, _) => Fresh::Yes,
                (false, true) => Fresh::No,
                (false, false) => Fresh::Maybe,
            }
        }
    }
}

/// Restores, validations, deletions.
pub fn one_shot(facet: &mut Facet, said: &Fact, stand: Stand, (fresh, view): (Fresh, &View), law: &Law) -> Change {
    let certainty = match (facet.stand, stand) {
        (Some(_), _) => Fresh::Yes,
        // What is under way is history only if it began before the baseline, and that is not known to the minute.
        (None, Stand::Moving) if view.baseline_at.is_some() && fresh == Fresh::No => Fresh::Maybe,
        (None, _) => fresh,
    };
    let before = facet.stand;
    if before.is_some_and(Stand::is_end) && !stand.is_end() {
        return Change::Ignored;
    }
    facet.stand = Some(stand);
    if before == Some(stand) {
        return Change::None;
    }
    let is_deletion = said.facet == "deletion";
    match stand {
        // While it is muted it waits: an end is for good, and told in the end.
        Stand::Bad => facet.expect("failed", certainty),
        Stand::Stopped => facet.expect("canceled", certainty),
        Stand::Good if !is_deletion || law.routine => facet.expect("completed", certainty),
        Stand::Moving if law.routine && said.facet != "deletion" => {
            // It begins once. An old answer may take it back to waiting, and a process that has kept the scope in memory
            // does not see that.
            let reason = if said.facet == "restore" { "started" } else { "validating" };
            let is_again = certainty == Fresh::Yes && facet.is_expected(reason);
            facet.expect(reason, if is_again { Fresh::Maybe } else { certainty });
        }
        _ => {}
    }
    Change::None
}

/// Runs of maintenance, known by their timestamps.
pub fn maintenance(facet: &mut Facet, said: &Fact, stand: Stand, view: &View, law: &Law) -> Change {
    let Some(before) = facet.stand else {
        facet.stand = Some(stand);
        facet.run = said.run;
        facet.succeeded = stand == Stand::Good;
        match stand {
            Stand::Bad => return failed(facet, fresh(view, [said.run, None]), true, law),
            Stand::Good => first_success(facet, fresh(view, [said.run, None]), law),
            _ => {}
        }
        return Change::None;
    };
    if said.run.is_some() && said.run < facet.run {
        return Change::Ignored;
    }
    let newer = said.run > facet.run;
    facet.run = said.run.or(facet.run);
    facet.stand = Some(stand);
    match stand {
        Stand::Bad if newer || !facet.failing => return failed(facet, Fresh::Yes, true, law),
        Stand::Good => {
            if facet.failing {
                match facet.standing.recover() {
                    Recovery::Told => facet.expect("recovered", Fresh::Yes),
                    Recovery::Secret if law.routine => facet.expect("completed", Fresh::Yes),
                    // If the failure may be history, people may have been told of a recovery instead.
                    Recovery::Secret if !facet.succeeded => {
                        let fresh = if facet.standing.unclear { Fresh::Maybe } else { Fresh::Yes };
                        first_success(facet, fresh, law);
                    }
                    Recovery::Secret => {}
                }
            } else if newer && law.routine {
                facet.expect("completed", Fresh::Yes);
            } else if !facet.succeeded {
                first_success(facet, Fresh::Yes, law);
            }
            facet.failing = false;
            facet.succeeded = true;
        }
        Stand::Off if before != Stand::Off && law.routine => facet.expect("disabled", Fresh::Yes),
        _ => {}
    }
    Change::None
}

/// A job's first success. Unless every success is wanted, it is told once for the table.
fn first_success(facet: &mut Facet, fresh: Fresh, law: &Law) {
    if law.routine {
        facet.expect("completed", fresh);
    } else {
        facet.first_success = Some(fresh);
    }
}

/// Replication to one destination.
pub fn replication(facet: &mut Facet, said: &Fact, stand: Stand, view: &View, law: &Law) -> Change {
    let Some(before) = facet.stand else {
        facet.stand = Some(stand);
        facet.run = said.run;
        facet.succeeded = stand == Stand::Good || said.run.is_some();
        match stand {
            Stand::Bad => {
                let fresh = if view.baseline_at.is_some() { Fresh::Yes } else { Fresh::No };
                return failed(facet, fresh, false, law);
            }
            _ if facet.succeeded => facet.expect("completed", fresh(view, [said.run, None])),
            _ => {}
        }
        return Change::None;
    };
    if said.run.is_some() && said.run < facet.run {
        return Change::Ignored;
    }
    let updated = said.run > facet.run;
    facet.run = said.run.or(facet.run);
    facet.stand = Some(stand);
    let was_lagging = if stand == Stand::Good || updated { facet.standing.warned.remove("lagging") } else { false };
    if stand == Stand::Bad {
        facet.succeeded |= updated;
        if updated {
            facet.standing.fails = 0;
            facet.standing.silenced_until = None;
        }
        if updated || before != Stand::Bad {
            return failed(facet, Fresh::Yes, false, law);
        }
        return Change::None;
    }
    if stand != Stand::Good && !updated {
        return Change::None;
    }
    if facet.failing {
        match facet.standing.recover() {
            Recovery::Secret if was_lagging => facet.expect("recovered", Fresh::Yes),
            Recovery::Secret if !facet.succeeded || law.routine => facet.expect("completed", Fresh::Yes),
            Recovery::Secret => {}
            Recovery::Told => facet.expect("recovered", Fresh::Yes),
        }
    } else if !facet.succeeded {
        facet.expect("completed", Fresh::Yes);
    } else if was_lagging {
        facet.expect("recovered", Fresh::Yes);
    } else if law.routine && (updated || before != Stand::Good) {
        facet.expect("completed", Fresh::Yes);
    }
    facet.failing = false;
    facet.succeeded = true;
    Change::None
}
