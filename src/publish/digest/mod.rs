//! Decides which notices share a message (`batch.rs`) and how many messages they need (`compose.rs`), and
//! finds what the notices of a message have in common.

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
use super::render::facts::place;
use super::render::headline::{affected, failing_since, failures_in_a_row, headline};
use super::render::text::one_line;
use super::render::words::message;
use crate::domain::notice::{Event, ScopeEvent};
use crate::domain::{Notice, Reason, Severity, Source, shorten};

/// In bytes, for what the status messages of a group have in common.
const CAUSE: usize = 600;
/// How many of the silenced failures a digest names, and the bytes of each name.
const SILENCED: usize = 5;
const NAME: usize = 150;

/// The position of a message, if the notices do not fit in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::publish) struct Part {
    /// Counted from one.
    pub number: usize,
    /// The number of messages.
    pub of: usize,
    /// The number of notices in all messages.
    pub total: usize,
}

/// The notices of one message, in groups.
pub(super) struct Digest<'a> {
    pub notices: &'a [Notice],
    /// `None` if all notices fit in one message.
    pub part: Option<Part>,
    /// The most severe first, then the largest.
    pub groups: Vec<Group<'a>>,
    /// The failures of which no reminders are sent now.
    silenced: &'a [String],
}

/// Notices with the same reason and similar status messages.
pub(super) struct Group<'a> {
    pub reason: Reason,
    /// The words for the reason, such as `completed with issues`.
    pub word: &'static str,
    /// The highest severity in the group.
    pub severity: Severity,
    /// What the status messages have in common, on one line. `None` if there are none.
    pub cause: Option<String>,
    /// The most severe first.
    pub notices: Vec<&'a Notice>,
}

impl<'a> Digest<'a> {
    pub fn new(notices: &'a [Notice], part: Option<Part>) -> Self {
        Self { notices, part, groups: groups(notices), silenced: &[] }
    }

    /// The same with the names of the failures that are silenced now.
    pub fn with_silenced(self, silenced: &'a [String]) -> Self {
        Self { silenced, ..self }
    }

    /// `Silenced now: icebergCompaction on table sales.orders, and 3 more`. `None` if nothing is silenced.
    pub fn silenced(&self) -> Option<String> {
        let named: Vec<String> =
            self.silenced.iter().take(SILENCED).map(|name| shorten(&one_line(name), NAME)).collect();
        let more = self.silenced.len() - named.len();
        let more = if more > 0 { format!(", and {} more", count(more)) } else { String::new() };
        (!named.is_empty()).then(|| format!("{}{more}", named.join("; ")))
    }

    /// The counts and the source: `FAILED 412: S3 Tables maintenance`. For a restore and its parts, the headline of the
    /// restore.
    pub fn title(&self) -> String {
        let all = counts(self.notices);
        let part = match self.part {
            Some(part) => format!(" ({}/{}, {} in all)", part.number, part.of, count(part.total)),
            None => String::new(),
        };
        match self.parent() {
            Some(Parent::Told(parent)) => {
                let parts = self.notices.iter().filter(|notice| notice.subject() != parent.subject());
                format!("{} (its parts: {}){part}", headline(parent), counts(parts))
            }
            Some(Parent::Elsewhere(id)) => format!("{all}{part}: parts of restore job {id}"),
            None => format!("{all}{part}: {}", places(self.notices)),
        }
    }

    /// What the status messages of all notices have in common.
    pub fn cause(&self) -> Option<&str> {
        match self.groups.as_slice() {
            [only] => only.cause.as_deref(),
            _ => None,
        }
    }

    /// The title, and the cause if all notices have the same.
    pub fn summary(&self) -> String {
        match self.cause() {
            Some(cause) => format!("{}: {cause}", self.title()),
            None => self.title(),
        }
    }

    /// What `say` returns for all notices, if it is the same for all. For a restore and its parts, what it returns for
    /// the restore.
    pub fn agreed(&self, say: impl Fn(&Notice) -> Option<String>) -> Option<String> {
        if let Some(Parent::Told(parent)) = self.parent() {
            return say(parent);
        }
        let first = say(self.notices.first()?)?;
        self.notices.iter().all(|notice| say(notice).as_ref() == Some(&first)).then_some(first)
    }

    /// The restore that all other notices of the message are parts of.
    fn parent(&self) -> Option<Parent<'a>> {
        let first = self.notices.first()?;
        let id = parent_or_own_id(first)?;
        let is_one_restore =
            self.notices.iter().all(|notice| parent_or_own_id(notice) == Some(id) && notice.scope == first.scope);
        if !is_one_restore || self.notices.iter().all(|notice| notice.subject() == id) {
            return None;
        }
        let parent = self.notices.iter().rev().find(|notice| notice.subject() == id);
        Some(parent.map_or(Parent::Elsewhere(id), Parent::Told))
    }
}

/// A restore with parts in this message.
enum Parent<'a> {
    /// The notice of the restore is in this message too.
    Told(&'a Notice),
    /// Only its parts are in this message. Contains the id of the restore.
    Elsewhere(&'a str),
}

impl Group<'_> {
    /// `FAILED, 412 tables: Insufficient access to KMS key ...`.
    pub fn line(&self) -> String {
        let how_many = self.how_many();
        let what_happened = match (self.reason, self.severity) {
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
            (Some(cause), _) => format!("{what_happened}, {how_many}{since}: {cause}"),
            (None, Reason::Failed | Reason::StillFailing) => {
                format!("{what_happened}, {how_many}{since}: no explanation given")
            }
            (None, _) => format!("{what_happened}, {how_many}{since}"),
        }
    }

    /// The first names, at most `most`, and the number of the others.
    pub fn names(&self, most: usize) -> (Vec<String>, usize) {
        let is_of_one_target = is_of_one_target(&self.notices);
        let names = self.notices.iter().take(most).map(|notice| {
            let what = match failures_in_a_row(notice) {
                Some(times) => {
                    let times = count(usize::try_from(times).unwrap_or(usize::MAX));
                    format!("{} ({times} times in a row)", affected(notice))
                }
                None => affected(notice),
            };
            match place(notice).filter(|_| !is_of_one_target && notice.scope.source != Source::Account) {
                Some(place) => format!("{what}, in {place}"),
                None => what,
            }
        });
        (names.collect(), self.notices.len().saturating_sub(most))
    }

    /// `412 tables`.
    fn how_many(&self) -> String {
        let subjects: BTreeSet<Cow<'_, str>> = self.notices.iter().map(|notice| notice.subject()).collect();
        let first = self.notices.first().and_then(|notice| Some((notice.scope.source, notice.facet_event()?)));
        let of_scope = match self.notices.first().map(|notice| notice.scope.source) {
            Some(Source::Account) => ("account", "accounts"),
            _ => ("source", "sources"),
        };
        let (one, many) = first.map_or(of_scope, |(source, event)| about(source).subjects(event));
        format!("{} {}", count(subjects.len()), if subjects.len() == 1 { one } else { many })
    }
}

/// The id of the restore that the subject is a part of, else of the subject itself. Notices with the same id share a
/// message.
pub(super) fn parent_or_self(notice: &Notice) -> Cow<'_, str> {
    parent_or_own_id(notice).map_or_else(|| notice.subject(), Cow::Borrowed)
}

/// The same for a notice about a subject. `None` for a notice about a scope.
fn parent_or_own_id(notice: &Notice) -> Option<&str> {
    notice.facet_event().map(|event| about(notice.scope.source).parent_or_self(event))
}

/// Notices with the same key form a group: the reason and its words, the kind of facet, and the normalized status
/// message.
type GroupKey = (Reason, &'static str, String);

fn group_of(notice: &Notice) -> GroupKey {
    let kind = notice.facet_event().map_or("", |event| about(notice.scope.source).group(event));
    let likeness = message(notice).map(|message| likeness(&message)).unwrap_or_default();
    (notice.reason(), word(notice), format!("{kind}\u{1f}{likeness}"))
}

/// The words for the reason of a notice. They are more exact than the reason: a source that can be read in part is not
/// unreachable, and a restore that completed with issues is not simply completed.
fn word(notice: &Notice) -> &'static str {
    match &notice.event {
        Event::Scope(ScopeEvent::PartlyUnreachable { .. }) => "partly unreadable",
        Event::Scope(ScopeEvent::PartsReachable { .. }) => "readable again",
        Event::Scope(ScopeEvent::Unreachable { error, .. }) if error.is_not_available() => "not available here",
        Event::Facet(event) if event.is_completed_with_issues(notice.scope.source) => "completed with issues",
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

/// The sources of the notices, each once, and the number of accounts: `S3 Tables maintenance in 40 accounts`.
fn places(notices: &[Notice]) -> String {
    let sources: BTreeSet<Source> = notices.iter().map(|notice| notice.scope.source).collect();
    let accounts: BTreeSet<&str> = notices.iter().map(|notice| notice.scope.account.as_str()).collect();
    let in_accounts = format!("{} accounts", count(accounts.len()));
    if sources.iter().eq([&Source::Account]) {
        return in_accounts;
    }
    let places: Vec<&str> = sources.into_iter().map(Source::describe).collect();
    let places = places.join(", ");
    if accounts.len() > 1 { format!("{places} in {in_accounts}") } else { places }
}

/// Whether all notices are from the same account and region.
fn is_of_one_target(notices: &[&Notice]) -> bool {
    let target = |notice: &&Notice| (notice.scope.account.clone(), notice.scope.region.clone());
    notices.iter().all(|notice| notices.first().map(target) == Some(target(notice)))
}
