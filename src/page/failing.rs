//! What is failing: each with since when, how often, AWS's message, and what to do next.

use jiff::Timestamp;

use super::facets::{Seen, place};
use crate::domain::shorten;
use crate::publish::render::{Fact, command, console, count, facts, message_lines, minute, next_steps, one_line, span};

/// How many bytes of AWS's message the page shows.
const LONGEST_MESSAGE: usize = 1_500;
/// How many bytes of a name the page shows.
const LONGEST_NAME: usize = 300;
/// Facts that the rest of an entry says already.
const SAID: [&str; 5] = ["Where", "Status", "Failing since", "As of", "Silence"];

/// A failure.
pub(super) struct Failure {
    pub what: String,
    pub source: &'static str,
    pub place: String,
    pub since: String,
    /// `2 d 3 h`: for how long it has been failing.
    pub age: String,
    /// The lines of AWS's message.
    pub message: Vec<String>,
    /// What a rule of the settings adds.
    pub note: Option<String>,
    pub facts: Vec<Fact>,
    /// The most useful step, which is always shown.
    pub first_step: Vec<Words>,
    pub more_steps: Vec<Vec<Words>>,
    pub console: Option<String>,
    pub command: Option<String>,
    /// The notice about it. `None` if there is none, so that it cannot be silenced.
    pub notice_id: Option<String>,
    /// Whether everything about it is shown at once.
    pub is_open: bool,
}

/// A part of a sentence.
pub(super) enum Words {
    Code(String),
    Text(String),
}

/// A failure with a silence.
pub(super) struct Silenced {
    pub what: String,
    pub source: &'static str,
    pub place: String,
    pub since: String,
    pub reason: String,
    /// `by ana, until 2026-03-05 06:00 UTC (2 d 3 h from now)`.
    pub terms: String,
    pub notice_id: String,
}

impl Failure {
    pub fn of(seen: &Seen<'_>, now: Timestamp, is_open: bool) -> Self {
        let notice = seen.notice(now);
        let message = shorten(&message_lines(&notice).join("\n"), LONGEST_MESSAGE);
        let mut facts = facts(&notice);
        facts.retain(|fact| !SAID.contains(&fact.name));
        for fact in &mut facts {
            fact.value = shorten(&fact.value, LONGEST_NAME);
        }
        let steps = next_steps(&notice);
        let mut steps = steps.iter().map(|step| words(&shorten(step, LONGEST_MESSAGE)));
        Self {
            what: name(seen),
            source: seen.scope.source.describe(),
            place: place(seen.scope, seen.account_name),
            since: since(seen, now),
            age: span(seen.since().duration_until(now)),
            message: message.lines().map(str::to_owned).collect(),
            note: notice.note.as_deref().map(one_line).filter(|note| !note.is_empty()),
            facts,
            first_step: steps.next().unwrap_or_default(),
            more_steps: steps.collect(),
            console: console(&notice),
            command: command(&notice).filter(|command| command.len() <= LONGEST_MESSAGE),
            notice_id: seen.notice_id().map(|id| id.to_string()),
            is_open,
        }
    }
}

impl Silenced {
    pub fn of(seen: &Seen<'_>, now: Timestamp) -> Self {
        let silence = seen.silence(now);
        let by = silence.and_then(|silence| silence.by.as_deref()).map(|by| format!("by {}, ", one_line(by)));
        let until = silence.map_or(now, |silence| silence.until);
        Self {
            what: name(seen),
            source: seen.scope.source.describe(),
            place: place(seen.scope, seen.account_name),
            since: since(seen, now),
            reason: silence.map(|silence| one_line(&silence.reason)).unwrap_or_default(),
            terms: format!(
                "{}until {} ({} from now)",
                by.unwrap_or_default(),
                minute(until),
                span(now.duration_until(until))
            ),
            notice_id: silence.map(|silence| silence.notice.to_string()).unwrap_or_default(),
        }
    }
}

/// What it is about, in a sentence's place.
pub(super) fn name(seen: &Seen<'_>) -> String {
    shorten(&seen.what(), LONGEST_NAME)
}

/// `Failing for 2 d 3 h, since 2026-02-28 02:00 UTC, 4 failures in a row`; of a restore `Failed 23 h ago, ..`.
fn since(seen: &Seen<'_>, now: Timestamp) -> String {
    let elapsed = span(seen.since().duration_until(now));
    let at = minute(seen.since());
    if !seen.facet.kind().is_recurring() {
        return format!("Failed {elapsed} ago, at {at}");
    }
    match seen.state.failing.as_ref().map_or(1, |failing| failing.runs) {
        0 | 1 => format!("Failing for {elapsed}, since {at}"),
        runs => format!("Failing for {elapsed}, since {at}; {} failures in a row", count(runs as usize)),
    }
}

/// The sentence in parts. What is between backticks is code.
pub(super) fn words(sentence: &str) -> Vec<Words> {
    let parts = one_line(sentence);
    let parts = parts.split('`').enumerate().filter(|(_, part)| !part.is_empty());
    parts
        .map(|(position, part)| {
            let part = part.to_owned();
            if position % 2 == 1 { Words::Code(part) } else { Words::Text(part) }
        })
        .collect()
}
