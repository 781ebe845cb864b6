//! The email about several notices: how many there are, what they have in common, and the names of the most severe
//! ones.

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

/// How many groups the email shows, the most severe first.
const GROUPS: usize = 6;
/// Up to this many notices are listed one by one with their ids.
const LISTED: usize = 12;
/// If there are more notices, this many are named, the most severe first.
const NAMED: usize = 10;
/// In bytes, for a name.
const NAME: usize = 200;
/// How many next steps the email shows.
const STEPS: usize = 3;

/// About 25 lines for any number of notices. The copy for programs contains every notice.
pub(super) fn text(digest: &Digest<'_>) -> String {
    let mut text = format!("{}\n\n", digest.title());
    if let Some(place) = digest.agreed(place) {
        let _ = writeln!(text, "Where: {}", one_line(&place));
    }
    let _ = writeln!(text, "When: {}", when(digest.notices));
    if let Some(part) = digest.part {
        let (number, of) = (part.number, part.of);
        let _ =
            writeln!(text, "This is message {number} of {of}: all {} notices do not fit in one.", count(part.total));
    }
    if let Some(silenced) = digest.silenced() {
        let _ = writeln!(text, "Silenced now: {silenced}");
    }
    groups(&mut text, digest);
    let steps = steps(digest);
    if !steps.is_empty() {
        let _ = write!(text, "\nWhat to do next:\n");
        for step in steps {
            let _ = writeln!(text, "- {step}");
        }
    }
    text.push('\n');
    if let Some(note) = digest.agreed(note) {
        let _ = writeln!(text, "Note: {}", shorten(&note, NAME));
    }
    if let Some(link) = digest.agreed(console) {
        let _ = writeln!(text, "Console: {link}");
    }
    if let Some(command) = digest.agreed(command) {
        let _ = writeln!(text, "AWS CLI: {}", one_line(&command));
    }
    if let Some(rule) = mute(&digest.notices.iter().collect::<Vec<_>>()) {
        let _ = writeln!(text, "Mute: {}", one_line(&rule));
    }
    if digest.notices.len() > LISTED {
        let all = count(digest.notices.len());
        let _ = writeln!(text, "Notices: all {all} with their ids are in the machine-readable copy of this message.");
    }
    text
}

/// Lists a few notices one by one, and many notices by what they have in common.
fn groups(text: &mut String, digest: &Digest<'_>) {
    let few = digest.notices.len() <= LISTED;
    let most = NAMED.div_ceil(digest.groups.len().clamp(1, GROUPS));
    let told = if few { LISTED } else { GROUPS };
    for group in digest.groups.iter().take(told) {
        let _ = writeln!(text, "\n{}", group.line());
        if few {
            for notice in &group.notices {
                let (id, reason, severity) = (notice.id, notice.reason(), notice.severity);
                let line = shorten(&headline(notice), NAME);
                let _ = writeln!(text, "- {line}\n  Notice: {id} ({reason}, {severity})");
            }
            continue;
        }
        let (names, more) = group.names(most);
        for name in names {
            let _ = writeln!(text, "- {}", shorten(&name, NAME));
        }
        if more > 0 {
            let _ = writeln!(text, "- and {} more", count(more));
        }
    }
    let rest = digest.groups.get(told..).unwrap_or_default();
    if !rest.is_empty() {
        let notices: usize = rest.iter().map(|group| group.notices.len()).sum();
        let _ = writeln!(text, "\n{} more, with {} other explanations", count(notices), count(rest.len()));
    }
}

/// The time of the first and of the last change.
pub(super) fn when(notices: &[Notice]) -> String {
    let times = || notices.iter().map(Notice::changed_at);
    let (first, last) = (times().min().unwrap_or(Timestamp::MIN), times().max().unwrap_or(Timestamp::MIN));
    let (from, to) = (minute(first), minute(last));
    if from == to { from } else { format!("{from} to {to}") }
}

/// The steps that are the same for every notice of a group, those of the most severe group first.
pub(super) fn steps(digest: &Digest<'_>) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    for group in &digest.groups {
        let mut common = group.notices.first().map(|notice| next_steps(notice)).unwrap_or_default();
        for notice in &group.notices {
            if common.is_empty() {
                break;
            }
            let its = next_steps(notice);
            common.retain(|step| its.contains(step));
        }
        for step in common {
            let step = one_line(&step);
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
    }
    steps.truncate(STEPS);
    steps
}
