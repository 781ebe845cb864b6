//! Which notices are told together ([`batch`]), in how many messages ([`compose`](mod@compose)), and what they have in
//! common: counts, causes, the worst of them by name.

mod batch;
mod compose;
mod likeness;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

pub use batch::{Batch, Unit, batches};
pub use compose::{Composed, compose, most_of_one_outbox};

use self::likeness::{common, likeness};
use super::about::about;
use super::render::amounts::{count, minute};
use super::render::headline::{failing_since, failures_in_a_row, headline, story};
use super::render::text::one_line;
use super::render::words::message;
use crate::domain::notice::{Event, ScopeEvent};
use crate::domain::{Notice, Reason, Severity, Source, shorten};

/// How much of a common cause is told.
const CAUSE: usize = 600;

/// Which of several messages one is, when what happened does not fit a single one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::publish) struct Part {
    /// Counted from one.
    pub number: usize,
    /// How many messages there are.
    pub of: usize,
    /// How many notices all of them have together.
    pub total: usize,
}

/// The notices of one message, in groups.
pub(super) struct Digest<'a> {
    /// All of them, in order.
    pub notices: &'a [Notice],
    /// Which message this is of several.
    pub part: Option<Part>,
    /// The gravest first, then the largest.
    pub groups: Vec<Group<'a>>,
}

/// Notices with the same reason whose explanations agree.
pub(super) struct Group<'a> {
    /// Why they are told.
    pub reason: Reason,
    /// The reason in words, such as `completed with issues`.
    pub word: &'static str,
    /// The highest severity among them.
    pub severity: Severity,
    /// What their explanations have in common, on one line; `None` without explanations.
    pub cause: Option<String>,
    /// The worst first.
    pub notices: Vec<&'a Notice>,
}

impl<'a> Digest<'a> {
    pub fn new(notices: &'a [Notice], part: Option<Part>) -> Self {
        Self { notices, part, groups: groups(notices) }
    }

    /// Counts first, then where: `FAILED 412: S3 Tables maintenance`. A restore and its parts are called by the whole.
    pub fn title(&self) -> String {
        let all = counts(self.notices);
        let part = match self.part {
            Some(part) => format!(" ({}/{}, {} in all)", part.number, part.of, count(part.total)),
            None => String::new(),
        };
        match self.whole() {
            Some(Whole::Told(whole)) => {
                let parts = self.notices.iter().filter(|notice| notice.subject() != whole.subject());
                format!("{} (its parts: {}){part}", headline(whole), counts(parts))
            }
            Some(Whole::Elsewhere(id)) => format!("{all}{part}: parts of restore job {id}"),
            None => format!("{all}{part}: {}", places(self.notices)),
        }
    }

    /// What all notices have in common, if they do.
    pub fn cause(&self) -> Option<&str> {
        match self.groups.as_slice() {
            [only] => only.cause.as_deref(),
            _ => None,
        }
    }

    /// The title, and the cause if there is one for all.
    pub fn summary(&self) -> String {
        match self.cause() {
            Some(cause) => format!("{}: {cause}", self.title()),
            None => self.title(),
        }
    }

    /// What all notices say if they agree, else what the restore says that the others are parts of.
    pub fn agreed(&self, say: impl Fn(&Notice) -> Option<String>) -> Option<String> {
        if let Some(Whole::Told(whole)) = self.whole() {
            return say(whole);
        }
        let first = say(self.notices.first()?)?;
        self.notices.iter().all(|notice| say(notice).as_ref() == Some(&first)).then_some(first)
    }

    /// The restore that all of these are parts of, or that has parts among these.
    fn whole(&self) -> Option<Whole<'a>> {
        let first = self.notices.first()?;
        let id = whole_of(first)?;
        let is_one_story =
            self.notices.iter().all(|notice| whole_of(notice) == Some(id) && notice.scope == first.scope);
        if !is_one_story || self.notices.iter().all(|notice| notice.subject() == id) {
            return None;
        }
        let whole = self.notices.iter().rev().find(|notice| notice.subject() == id);
        Some(whole.map_or(Whole::Elsewhere(id), Whole::Told))
    }
}

/// A restore with parts.
enum Whole<'a> {
    /// It has a notice of its own in the message.
    Told(&'a Notice),
    /// Only its parts do.
    Elsewhere(&'a str),
}

impl Group<'_> {
    /// How many, of what and why: `FAILED, 412 tables: Insufficient access to KMS key ...`.
    pub fn line(&self) -> String {
        let how_many = self.how_many();
        let verdict = match (self.reason, self.severity) {
            (Reason::Failed, _) | (_, Severity::Critical) => self.word.to_uppercase(),
            _ => capitalized(self.word),
        };
        let since = self.notices.iter().filter_map(|notice| failing_since(notice)).min();
        let since = match (self.reason, since) {
            (Reason::Recovered, Some(since)) => {
                format!(", the first had failed since {}", minute(since))
            }
            (_, Some(since)) => format!(", failing since {} or later", minute(since)),
            (_, None) => String::new(),
        };
        match (&self.cause, self.reason) {
            (Some(cause), _) => format!("{verdict}, {how_many}{since}: {cause}"),
            (None, Reason::Failed | Reason::StillFailing) => {
                format!("{verdict}, {how_many}{since}: no explanation given")
            }
            (None, _) => format!("{verdict}, {how_many}{since}"),
        }
    }

    /// The names of the worst, `most` at most, and how many more there are.
    pub fn names(&self, most: usize) -> (Vec<String>, usize) {
        let names = self.notices.iter().take(most).map(|notice| match failures_in_a_row(notice) {
            Some(times) => {
                format!("{} ({} times in a row)", story(notice), count(usize::try_from(times).unwrap_or(usize::MAX)))
            }
            None => story(notice),
        });
        (names.collect(), self.notices.len().saturating_sub(most))
    }

    /// `412 tables`.
    fn how_many(&self) -> String {
        let subjects: BTreeSet<Cow<'_, str>> = self.notices.iter().map(|notice| notice.subject()).collect();
        let first = self.notices.first().and_then(|notice| Some((notice.scope.source, notice.facet_event()?)));
        let (one, many) = first.map_or(("source", "sources"), |(source, event)| about(source).subjects(event));
        format!("{} {}", count(subjects.len()), if subjects.len() == 1 { one } else { many })
    }
}

/// What ties notices together: the restore that the subject is a part of, else the subject itself.
pub(super) fn whole(notice: &Notice) -> Cow<'_, str> {
    whole_of(notice).map_or_else(|| notice.subject(), Cow::Borrowed)
}

/// The same of a notice about a subject.
fn whole_of(notice: &Notice) -> Option<&str> {
    notice.facet_event().map(|event| about(notice.scope.source).whole(event))
}

/// Notices with the same key are told as a group: the reason in words, the kind of facet, the likeness of the explanation.
type GroupKey = (Reason, &'static str, String);

fn group_of(notice: &Notice) -> GroupKey {
    let kind = notice.facet_event().map_or("", |event| about(notice.scope.source).group(event));
    let likeness = message(notice).map(|message| likeness(&message)).unwrap_or_default();
    (notice.reason(), word(notice), format!("{kind}\u{1f}{likeness}"))
}

/// A notice's reason in words. A source of which a part cannot be read is not unreachable, and a restore that completed
/// with issues is not simply completed.
fn word(notice: &Notice) -> &'static str {
    match &notice.event {
        Event::Scope(ScopeEvent::PartlyUnreachable { .. }) => "partly unreadable",
        Event::Scope(ScopeEvent::PartsReachable { .. }) => "readable again",
        Event::Scope(ScopeEvent::Unreachable { error, .. }) if error.is_not_available() => "not available here",
        Event::Facet(event) if event.is_completed_with_issues(&notice.scope) => "completed with issues",
        Event::Facet(_) | Event::Scope(_) => match notice.reason() {
            Reason::UnknownStatus => "unknown status",
            Reason::StillFailing => "still failing",
            reason => reason.as_str(),
        },
    }
}

fn groups(notices: &[Notice]) -> Vec<Group<'_>> {
    let mut grouped: BTreeMap<GroupKey, Vec<&Notice>> = BTreeMap::new();
    for notice in notices {
        grouped.entry(group_of(notice)).or_default().push(notice);
    }
    let mut groups: Vec<Group<'_>> = grouped
        .into_iter()
        .map(|((reason, word, _), mut notices)| {
            let said: Vec<Cow<'_, str>> = notices.iter().filter_map(|notice| message(notice)).collect();
            let cause = shorten(&one_line(&common(said.iter().map(|said| &**said))), CAUSE);
            let severity = notices.iter().map(|notice| notice.severity).max().unwrap_or(Severity::Info);
            notices.sort_by_key(|notice| {
                let since = failing_since(notice);
                let times = failures_in_a_row(notice).unwrap_or(1);
                (std::cmp::Reverse((notice.severity, times)), since.is_none(), since)
            });
            Group { reason, word, severity, cause: (!cause.is_empty()).then_some(cause), notices }
        })
        .collect();
    groups.sort_by_key(|group| std::cmp::Reverse((group.severity, group.notices.len())));
    groups
}

/// `FAILED 3, completed 1`, in the order of the reasons.
fn counts<'n>(notices: impl IntoIterator<Item = &'n Notice>) -> String {
    let mut numbers: BTreeMap<(Reason, &'static str), usize> = BTreeMap::new();
    for notice in notices {
        *numbers.entry((notice.reason(), word(notice))).or_default() += 1;
    }
    let counted: Vec<String> = numbers
        .into_iter()
        .map(|((reason, word), number)| {
            let word = if reason == Reason::Failed { "FAILED" } else { word };
            format!("{word} {}", count(number))
        })
        .collect();
    capitalized(&counted.join(", "))
}

fn capitalized(line: &str) -> String {
    let mut letters = line.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What the notices are about, each place once: `S3 Tables maintenance`.
fn places(notices: &[Notice]) -> String {
    let sources: BTreeSet<Source> = notices.iter().map(|notice| notice.scope.source).collect();
    let places: Vec<&str> = sources.into_iter().map(Source::describe).collect();
    places.join(", ")
}
