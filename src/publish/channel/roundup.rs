//! The letter about several notices: counts first, what they have in common, the worst by name.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::domain::{Notice, shorten};
use crate::publish::digest::Digest;
use crate::publish::render::amounts::{count, minute};
use crate::publish::render::facts::place;
use crate::publish::render::headline::headline;
use crate::publish::render::links::{command, console};
use crate::publish::render::mute::mute;
use crate::publish::render::steps::next_steps;
use crate::publish::render::text::one_line;
use crate::publish::render::words::note;

/// How many groups are told, the gravest first.
const GROUPS: usize = 6;
/// How many notices a letter names one by one with their ids; of more, only the worst are named.
const LISTED: usize = 12;
/// How many of the worst are named.
const NAMED: usize = 10;
/// How much of a name is told.
const NAME: usize = 200;
/// How many hints are given.
const HINTS: usize = 3;

/// About 25 lines, whatever happened: the machine form has every notice.
pub(super) fn letter(digest: &Digest<'_>) -> String {
    let mut letter = format!("{}\n\n", digest.title());
    if let Some(place) = digest.agreed(place) {
        let _ = writeln!(letter, "Where: {}", one_line(&place));
    }
    let _ = writeln!(letter, "When: {}", when(digest.notices));
    if let Some(part) = digest.part {
        let (number, of) = (part.number, part.of);
        let _ =
            writeln!(letter, "This is message {number} of {of}: all {} notices do not fit in one.", count(part.total));
    }
    groups(&mut letter, digest);
    let steps = steps(digest);
    if !steps.is_empty() {
        let _ = write!(letter, "\nWhat to do next:\n");
        for step in steps {
            let _ = writeln!(letter, "- {step}");
        }
    }
    letter.push('\n');
    if let Some(note) = digest.agreed(note) {
        let _ = writeln!(letter, "Note: {}", shorten(&note, NAME));
    }
    if let Some(link) = digest.agreed(console) {
        let _ = writeln!(letter, "Console: {link}");
    }
    if let Some(command) = digest.agreed(command) {
        let _ = writeln!(letter, "AWS CLI: {}", one_line(&command));
    }
    if let Some(rule) = mute(&digest.notices.iter().collect::<Vec<_>>()) {
        let _ = writeln!(letter, "Mute: {}", one_line(&rule));
    }
    if digest.notices.len() > LISTED {
        let all = count(digest.notices.len());
        let _ =
            writeln!(letter, "Notices: all {all} with their ids stand in the machine-readable copy of this message.");
    }
    letter
}

/// Few notices one by one, many by what they have in common.
fn groups(letter: &mut String, digest: &Digest<'_>) {
    let few = digest.notices.len() <= LISTED;
    let most = NAMED.div_ceil(digest.groups.len().clamp(1, GROUPS));
    let told = if few { LISTED } else { GROUPS };
    for group in digest.groups.iter().take(told) {
        let _ = writeln!(letter, "\n{}", group.line());
        if few {
            for notice in &group.notices {
                let (id, reason, severity) = (notice.id, notice.reason(), notice.severity);
                let line = shorten(&headline(notice), NAME);
                let _ = writeln!(letter, "- {line}\n  Notice: {id} ({reason}, {severity})");
            }
            continue;
        }
        let (names, more) = group.names(most);
        for name in names {
            let _ = writeln!(letter, "- {}", shorten(&name, NAME));
        }
        if more > 0 {
            let _ = writeln!(letter, "- and {} more", count(more));
        }
    }
    let rest = digest.groups.get(told..).unwrap_or_default();
    if !rest.is_empty() {
        let notices: usize = rest.iter().map(|group| group.notices.len()).sum();
        let _ = writeln!(letter, "\n{} more, with {} other explanations", count(notices), count(rest.len()));
    }
}

/// The times between which it happened.
pub(super) fn when(notices: &[Notice]) -> String {
    let times = || notices.iter().map(Notice::changed_at);
    let (first, last) = (times().min().unwrap_or(Timestamp::MIN), times().max().unwrap_or(Timestamp::MIN));
    let (from, to) = (minute(first), minute(last));
    if from == to { from } else { format!("{from} to {to}") }
}

/// The steps that hold for every notice of a group, those of the gravest group first.
pub(super) fn steps(digest: &Digest<'_>) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    for group in &digest.groups {
        let mut common = group.notices.first().map(|notice| next_steps(notice)).unwrap_or_default();
        for notice in &group.notices {
            if common.is_empty() {
                break;
            }
            let its = next_steps(notice);
            common.retain(|hint| its.contains(hint));
        }
        for hint in common {
            let hint = one_line(&hint);
            if !steps.contains(&hint) {
                steps.push(hint);
            }
        }
    }
    steps.truncate(HINTS);
    steps
}
