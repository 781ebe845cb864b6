//! The page: how things stand, as HTML that needs no script and loads nothing else.
//!
//! [`page()`] is pure: the same state at the same time gives the same bytes. The order is that of a person who has just been
//! woken: what is failing, what cannot be read, what is silenced, what is under way, what was told lately, and what is
//! watched at all. Each file makes one of these sections. `templates/page.html` lays them out.
//!
//! All texts are escaped by the template, because most of them come from AWS.

mod facets;
mod failing;
mod standing;
#[cfg(test)]
mod tests;
mod time_line;
mod under_way;
mod unread;
mod watched;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use jiff::Timestamp;

use self::facets::{Facets, Group};
use self::failing::{Failure, Silenced, Words};
use self::standing::Standing;
use self::time_line::TimeLine;
pub use self::under_way::{Job, jobs};
use self::unread::Unread;
use self::watched::Watched;
use crate::domain::Source;
use crate::publish::render::{count, span};
use crate::store::{Loaded, StoredAccount};

/// A fragment is at most this long. Lambda's own limit is 6 MB, but a dashboard has to stay quick.
pub const LONGEST_FRAGMENT: usize = 1_000_000;

/// What the page is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A whole page, in the colours that the reader's system prefers.
    Page,
    /// A part of somebody else's page, which decides the colours. It is at most [`LONGEST_FRAGMENT`] bytes long.
    Fragment(Theme),
}

/// Whether the text is dark or light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
}

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub form: Form,
    /// How many entries each section has at most. The page says how many it leaves out.
    pub rows: usize,
    /// Only these sources; all if there are none.
    pub sources: BTreeSet<Source>,
}

impl Options {
    /// A whole page about everything.
    pub const fn page() -> Self {
        Self { form: Form::Page, rows: 500, sources: BTreeSet::new() }
    }
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    form: Form,
    standing: Standing,
    failing: Section<Failure>,
    unread: Section<Unread>,
    silenced: Section<Silenced>,
    muted: Section<Failure>,
    under_way: Section<Job>,
    time_line: TimeLine,
    earlier: Section<Failure>,
    watched: Watched,
    only: Vec<&'a str>,
}

/// The first entries of a section.
struct Section<T> {
    entries: Vec<T>,
    /// How many there are.
    total: usize,
}

impl<T> Section<T> {
    /// Makes only the entries that are shown.
    fn of<S>(all: Vec<S>, rows: usize, entry: impl FnMut(S) -> T) -> Self {
        Self { total: all.len(), entries: all.into_iter().take(rows).map(entry).collect() }
    }

    /// `12 more are not shown`. `None` if all are.
    fn left_out(&self) -> Option<String> {
        left_out(self.total, self.entries.len())
    }
}

/// `4 min ago`.
fn ago(time: Timestamp, now: Timestamp) -> String {
    let age = time.duration_until(now);
    if age.as_secs() < 60 { "just now".to_owned() } else { format!("{} ago", span(age)) }
}

fn left_out(total: usize, shown: usize) -> Option<String> {
    match total - shown {
        0 => None,
        1 => Some("1 more is not shown.".to_owned()),
        more => Some(format!("{} more are not shown.", count(more))),
    }
}

/// The page about the state of these scopes, and the accounts by their ids.
pub fn page(
    scopes: &[Loaded],
    accounts: &BTreeMap<String, StoredAccount>,
    now: Timestamp,
    options: &Options,
) -> String {
    let shown = |source: Source| options.sources.is_empty() || options.sources.contains(&source);
    let scopes: Vec<&Loaded> = scopes.iter().filter(|loaded| shown(loaded.known.scope.source)).collect();
    let mut rows = options.rows;
    loop {
        let html = render(&scopes, accounts, now, &Options { rows, ..options.clone() });
        if options.form == Form::Page || html.len() <= LONGEST_FRAGMENT || rows == 0 {
            return html;
        }
        rows /= 2;
    }
}

fn render(scopes: &[&Loaded], accounts: &BTreeMap<String, StoredAccount>, now: Timestamp, options: &Options) -> String {
    let rows = options.rows;
    let facets = Facets::of(scopes, accounts, now);
    let group = |group: Group| facets.in_group(group);
    let failing = group(Group::Failing);
    // Whoever looks wants to see all failures first. Only if there is one is there room for everything about it.
    let is_open = failing.len() == 1;
    let unread = unread::unread(scopes, accounts, now);
    let under_way = group(Group::UnderWay);
    let page = Page {
        form: options.form,
        standing: Standing::of(scopes, &facets, unread.len(), now),
        failing: Section::of(failing, rows, |facet| Failure::of(&facet, now, is_open)),
        unread: Section::of(unread, rows, |unread| unread),
        silenced: Section::of(group(Group::Silenced), rows, |facet| Silenced::of(&facet, now)),
        muted: Section::of(group(Group::Muted), rows, |facet| Failure::of(&facet, now, false)),
        under_way: Section::of(under_way, rows, |facet| Job::of(&facet, now)),
        time_line: TimeLine::of(scopes, &facets, now, rows),
        earlier: Section::of(group(Group::Earlier), rows, |facet| Failure::of(&facet, now, false)),
        watched: Watched::of(scopes, accounts, now, rows),
        only: options.sources.iter().map(|source| source.as_str()).collect(),
    };
    // Writing to a string cannot fail.
    page.render().unwrap_or_default()
}

/// A fragment that says in a sentence why there is no page.
pub fn apology(sentence: &str, theme: Theme) -> String {
    let (text, mark) = match theme {
        Theme::Light => ("#1b2027", "#b3261e"),
        Theme::Dark => ("#e4e8ed", "#ff8a80"),
    };
    Apology { sentence, text, mark }.render().unwrap_or_default()
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<p class="cwdb-no-default-styles" style="margin: 0; padding: 0.6rem 0.9rem; color: {{ text }}; border-left: 0.5rem solid {{ mark }}">{{ sentence }}</p>"#
)]
struct Apology<'a> {
    sentence: &'a str,
    text: &'static str,
    mark: &'static str,
}

impl Page<'_> {
    /// A colour in CSS: the first in light, the second in dark surroundings.
    fn colour(&self, light: &str, dark: &str) -> String {
        match self.form {
            Form::Page => format!("light-dark({light}, {dark})"),
            Form::Fragment(Theme::Light) => light.to_owned(),
            Form::Fragment(Theme::Dark) => dark.to_owned(),
        }
    }

    fn is_page(&self) -> bool {
        self.form == Form::Page
    }
}
