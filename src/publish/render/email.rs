//! The form for mails: a letter in plain text.

use askama::Template;

use super::commands::show_more;
use super::digest::Digest;
use super::facts::{Fact, facts};
use super::headline::headline;
use super::hints::hints;
use super::links::console;
use super::mute::mute;
use super::roundup;
use super::text::one_line;
use super::words::{note, speaker, words};
use crate::domain::Notice;

/// A letter about one notice: what happened, where, since when and how far, AWS's own words, what to do, where to look,
/// how to hear no more of it.
/// A block without content leaves no trace, and no fact is without a value.
#[derive(Template)]
#[template(
    ext = "txt",
    source = "{{ headline }}

{% for fact in facts %}{{ fact.name }}: {{ fact.value }}
{% endfor %}{% if !words.is_empty() %}
{{ speaker }}
{% for line in words %}  {{ line }}
{% endfor %}{% endif %}{% if !hints.is_empty() %}
What to do next:
{% for hint in hints %}- {{ hint }}
{% endfor %}{% endif %}
{% if let Some(note) = note %}Note: {{ note }}
{% endif %}{% if let Some(link) = console %}Console: {{ link }}
{% endif %}{% if let Some(command) = command %}AWS CLI: {{ command }}
{% endif %}{% if let Some(rule) = mute %}Mute: {{ rule }}
{% endif %}Notice: {{ id }} ({{ reason }}, {{ severity }})
"
)]
struct Letter {
    headline: String,
    facts: Vec<Fact>,
    speaker: &'static str,
    words: Vec<String>,
    hints: Vec<String>,
    note: Option<String>,
    console: Option<String>,
    command: Option<String>,
    mute: Option<String>,
    id: String,
    reason: &'static str,
    severity: &'static str,
}

/// The letter for these notices.
pub fn email(notices: &[Notice]) -> String {
    email_of(&Digest::new(notices, None))
}

pub(super) fn email_of(digest: &Digest<'_>) -> String {
    match digest.notices {
        [notice] => letter(notice),
        _ => roundup::letter(digest),
    }
}

fn letter(notice: &Notice) -> String {
    let letter = Letter {
        headline: headline(notice),
        facts: facts(notice),
        speaker: speaker(notice),
        words: words(notice),
        hints: hints(notice).iter().map(|hint| one_line(hint)).collect(),
        note: note(notice),
        console: console(notice),
        command: show_more(notice).map(|command| one_line(&command)),
        mute: mute(&[notice]).map(|rule| one_line(&rule)),
        id: notice.id.to_string(),
        reason: notice.reason.as_str(),
        severity: notice.severity.as_str(),
    };
    // Writing to a string cannot fail; the headline alone would still be news.
    letter.render().unwrap_or(letter.headline)
}
