//! Several notices told in one message: counts, what they have in common, and the worst of them by name.

use std::collections::{BTreeMap, BTreeSet};

use super::amounts::count;
use super::headline::{failures_in_a_row, headline, since, story};
use super::likeness::{common, likeness};
use super::text::one_line;
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
                let parts = self.notices.iter().filter(|notice| notice.subject != whole.subject);
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
        let id = thread(first);
        let is_one_story = self.notices.iter().all(|notice| thread(notice) == id && notice.scope == first.scope);
        if !is_one_story || self.notices.iter().all(|notice| notice.subject == id) {
            return None;
        }
        let whole = self.notices.iter().rev().find(|notice| notice.subject == id);
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
        let since = self.notices.iter().filter_map(|notice| since(notice, "failing_since")).min();
        let since = match (self.reason, since) {
            (Reason::Recovered, Some(since)) => {
                format!(", the first had failed since {}", super::amounts::minute(since))
            }
            (_, Some(since)) => format!(", failing since {} or later", super::amounts::minute(since)),
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
        let subjects: BTreeSet<&str> = self.notices.iter().map(|notice| notice.subject.as_str()).collect();
        let (one, many) = match self.notices.first().map(|notice| (notice.scope.source, notice.facet.as_str())) {
            None | Some((_, "scope")) => ("source", "sources"),
            Some((Source::Redshift | Source::RedshiftServerless, _)) => ("table restore", "table restores"),
            Some((Source::Backup, "validation")) => ("validation of a restore", "validations of restores"),
            Some((Source::Backup, "deletion")) => ("clean-up after a restore", "clean-ups after restores"),
            Some((Source::Backup, _)) => ("restore job", "restore jobs"),
            Some((Source::S3TablesReplication | Source::S3TablesMaintenance, _)) => ("table", "tables"),
        };
        format!("{} {}", count(subjects.len()), if subjects.len() == 1 { one } else { many })
    }
}

/// What ties notices together: the restore that the subject is a part of, else the subject itself.
pub fn thread(notice: &Notice) -> &str {
    let parent =
        notice.labels.get("parent_job_id").filter(|id| notice.scope.source == Source::Backup && !id.is_empty());
    parent.unwrap_or(&notice.subject)
}

/// The group that a notice belongs to: its reason in words, its kind of facet and the likeness of its explanation.
pub(crate) fn group_of(notice: &Notice) -> (Reason, &'static str, String) {
    let kind = if notice.scope.source == Source::Backup { notice.facet.as_str() } else { "" };
    let likeness = notice.message.as_deref().map(likeness).unwrap_or_default();
    (notice.reason, word(notice), format!("{kind}\u{1f}{likeness}"))
}

/// A notice's reason in words. A source of which a part cannot be read is not unreachable, and a restore that completed
/// with issues is not simply completed.
fn word(notice: &Notice) -> &'static str {
    let error = notice.labels.get("error").map(String::as_str);
    match notice.reason {
        Reason::Unreachable if notice.to == "partly-unreachable" => "partly unreadable",
        Reason::Unreachable if error == Some("not-available") => "not available here",
        Reason::Reachable if notice.from.as_deref() == Some("partly-unreachable") => "readable again",
        Reason::Completed if is_restore_with_a_message(notice) => "completed with issues",
        Reason::UnknownStatus => "unknown status",
        Reason::StillFailing => "still failing",
        reason => reason.as_str(),
    }
}

fn is_restore_with_a_message(notice: &Notice) -> bool {
    notice.scope.source == Source::Backup && notice.facet == "restore" && notice.message.is_some()
}

fn groups(notices: &[Notice]) -> Vec<Group<'_>> {
    let mut grouped: BTreeMap<(Reason, &'static str, String), Vec<&Notice>> = BTreeMap::new();
    for notice in notices {
        grouped.entry(group_of(notice)).or_default().push(notice);
    }
    let mut groups: Vec<Group<'_>> = grouped
        .into_iter()
        .map(|((reason, word, _), mut notices)| {
            let said = notices.iter().filter_map(|notice| notice.message.as_deref());
            let cause = shorten(&one_line(&common(said)), CAUSE);
            let severity = notices.iter().map(|notice| notice.severity).max().unwrap_or(Severity::Info);
            notices.sort_by_key(|notice| {
                let since = since(notice, "failing_since");
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
        *numbers.entry((notice.reason, word(notice))).or_default() += 1;
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
