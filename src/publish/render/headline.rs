//! The line that says it all, the verdict first.

use jiff::{SignedDuration, Timestamp};

use super::amounts::{ordinal, span};
use super::text::one_line;
use crate::domain::{Notice, Reason, Severity};

/// One line for one notice: `FAILED: table restore of dev.public.orders on cluster analytics`. What is critical is in
/// capitals, and what is not a first alert says so at once, with how long or how often.
pub(super) fn headline(notice: &Notice) -> String {
    let title = one_line(&notice.title);
    match title.split_once(": ") {
        Some((verdict, story)) => format!("{}: {story}", in_full(notice, verdict)),
        None => title,
    }
}

/// What the notice is about, without its verdict: `table restore of dev.public.orders on cluster analytics`.
pub(super) fn story(notice: &Notice) -> String {
    let title = one_line(&notice.title);
    title.split_once(": ").map(|(_, story)| story.to_owned()).unwrap_or(title)
}

/// The verdict with what sets it apart from others of its reason.
fn in_full(notice: &Notice, verdict: &str) -> String {
    let elapsed = |label: &str| since(notice, label).map(|time| span(time.duration_until(notice.observed_at)));
    let lasted = |label: &str| since(notice, label).map(|time| span(time.duration_until(over_at(notice))));
    let capitals = |word: &str| {
        if notice.severity == Severity::Critical { word.to_uppercase() } else { word.to_owned() }
    };
    let word = capitals(verdict);
    match notice.reason {
        Reason::Failed => match failures_in_a_row(notice) {
            Some(count) => format!("{word} again ({} in a row)", ordinal(count)),
            None => word,
        },
        Reason::StillFailing => match (failures_in_a_row(notice), elapsed("failing_since")) {
            (Some(count), Some(time)) => format!("{word} ({} failure in {time})", ordinal(count)),
            (Some(count), None) => format!("{word} ({} failure in a row)", ordinal(count)),
            (None, Some(time)) => format!("{word} (for {time})"),
            (None, None) => word,
        },
        Reason::Stalled => elapsed("stalled_since").map_or(word.clone(), |time| format!("{word} for {time}")),
        Reason::Overdue => elapsed("expected_by").map_or(word.clone(), |time| format!("{word} by {time}")),
        Reason::Lagging => elapsed("lagging_since").map_or(word.clone(), |time| format!("{word} by {time}")),
        Reason::Recovered => {
            let over = [("failing_since", verdict), ("lagging_since", "Caught up"), ("stalled_since", "Moving again")];
            let over = over.into_iter().find_map(|(label, word)| Some((capitals(word), lasted(label)?)));
            over.map_or(word, |(word, time)| format!("{word} after {time}"))
        }
        _ => word,
    }
}

/// When what people were warned of was over. A restore that moves again does so without a change of its status, so there
/// is only the time at which that was noticed.
pub(super) fn over_at(notice: &Notice) -> Timestamp {
    if notice.labels.contains_key("stalled_since") { notice.observed_at } else { notice.changed_at }
}

/// How many failures in a row, when this is not the first.
pub(super) fn failures_in_a_row(notice: &Notice) -> Option<u64> {
    let count = notice.labels.get("failures_in_a_row")?.parse().ok()?;
    (count > 1).then_some(count)
}

/// A time that a label holds, if it is worth saying that it has passed: at least a minute before the notice.
pub(super) fn since(notice: &Notice, label: &str) -> Option<Timestamp> {
    let time: Timestamp = notice.labels.get(label)?.parse().ok()?;
    (time.duration_until(notice.observed_at) >= SignedDuration::from_mins(1)).then_some(time)
}
