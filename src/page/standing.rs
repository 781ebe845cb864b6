//! The sentence at the top: how things stand.

use jiff::{SignedDuration, Timestamp};

use super::ago;
use super::facets::{Facets, Group};
use crate::domain::Source;
use crate::publish::render::{count, minute, span};
use crate::store::Loaded;

/// Passes are at most an hour apart. So without a complete read for longer than this, tidings does not run, or the settings
/// let it ask less often (`every`).
const SILENT: SignedDuration = SignedDuration::from_hours(3);

/// How things stand.
pub(super) struct Standing {
    /// `bad`, `odd`, `good` or `nothing`, for the colour.
    pub tone: &'static str,
    pub parts: Vec<Part>,
    /// What follows the parts: `; everything else is fine.`.
    pub end: &'static str,
    pub as_of: String,
    /// `The last complete pass was 4 min ago.`
    pub last_pass: Option<String>,
    /// A warning if passes seem to have stopped.
    pub stopped: Option<String>,
    /// For the title of the page.
    pub brief: String,
}

/// A part of the sentence.
pub(super) struct Part {
    /// `bad`, `odd` or nothing, for the colour.
    pub tone: &'static str,
    pub text: String,
}

impl Standing {
    pub fn of(scopes: &[&Loaded], facets: &Facets<'_>, unread: usize, now: Timestamp) -> Self {
        let sources =
            || scopes.iter().map(|loaded| &loaded.known).filter(|known| Source::ALL.contains(&known.scope.source));
        let last = sources().filter_map(|known| known.checkpoint.state.last_complete_at).max();
        let is_stopped = last.is_none_or(|last| last.duration_until(now) > SILENT) && sources().next().is_some();
        let failing = facets.count(Group::Failing);
        let warnings = facets.warnings();
        let under_way = match warnings {
            0 => "under way".to_owned(),
            warnings => format!("under way ({} with a warning)", count(warnings)),
        };
        let counts = [
            (failing, "failing", "bad"),
            (unread, "unreadable", "odd"),
            (facets.count(Group::UnderWay), under_way.as_str(), if warnings > 0 { "odd" } else { "" }),
            (facets.count(Group::Silenced), "silenced", ""),
            (facets.count(Group::Muted), "muted by rules", ""),
        ];
        let counts = counts.into_iter().filter(|(number, ..)| *number > 0);
        let mut parts: Vec<Part> =
            counts.map(|(number, what, tone)| Part { tone, text: format!("{} {what}", count(number)) }).collect();
        let is_empty = sources().next().is_none();
        let tone = match () {
            () if failing > 0 => "bad",
            () if unread > 0 || warnings > 0 || is_stopped => "odd",
            () if is_empty => "nothing",
            () => "good",
        };
        let end = match (is_empty && unread == 0, failing > 0, parts.is_empty()) {
            (true, ..) => {
                parts = vec![Part { tone: "", text: "Nothing is watched yet".to_owned() }];
                ". The first pass fills this page."
            }
            (_, true, _) if is_stopped => ".",
            (_, true, _) => "; everything else is fine.",
            (_, false, true) => {
                let text = if is_stopped { "Nothing was failing" } else { "Nothing is failing" };
                parts = vec![Part { tone: "", text: text.to_owned() }];
                if is_stopped { "." } else { ", and nothing is under way. All is well." }
            }
            (_, false, false) => {
                parts.insert(0, Part { tone: "", text: "Nothing is failing".to_owned() });
                "."
            }
        };
        let stopped = is_stopped.then(|| {
            let since = match last {
                Some(last) => format!("since {}, {} ago", minute(last), span(last.duration_until(now))),
                None => "yet".to_owned(),
            };
            // Passes that ran, but could not read all of any source, leave the same trace.
            let is_explained = sources().all(|known| known.checkpoint.state.has_trouble());
            let advice =
                if is_explained { "what the passes could not read is below" } else { "check that tidings runs" };
            format!("No pass has read a source completely {since}: {advice}.")
        });
        let last_pass = last.filter(|_| !is_stopped);
        Self {
            tone,
            brief: parts.first().map(|part| part.text.clone()).unwrap_or_default(),
            parts,
            end,
            as_of: minute(now),
            last_pass: last_pass.map(|last| format!("The last complete pass was {}.", ago(last, now))),
            stopped,
        }
    }
}
