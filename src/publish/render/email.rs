//! The form for mails: a letter in plain text.

use std::fmt::Write as _;

use askama::Template;

use super::commands::show_more;
use super::facts::{Fact, facts};
use super::headline::{gravest_first, headline, summary};
use super::hints::hints;
use super::links::console;
use super::text::one_line;
use super::words::{speaker, words};
use crate::domain::{Notice, shorten};

/// A letter about one notice: what happened, where, since when and how far, AWS's own words, what to do, where to look.
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
{% if let Some(link) = console %}Console: {{ link }}
{% endif %}{% if let Some(command) = command %}AWS CLI: {{ command }}
{% endif %}Notice: {{ id }} ({{ reason }}, {{ severity }})
"
)]
struct Letter {
    headline: String,
    facts: Vec<Fact>,
    speaker: &'static str,
    words: Vec<String>,
    hints: Vec<String>,
    console: Option<String>,
    command: Option<String>,
    id: String,
    reason: &'static str,
    severity: &'static str,
}

/// How many notices of a digest get a paragraph.
const TOLD: usize = 20;
/// How much of AWS's words a paragraph takes.
const PARAGRAPH: usize = 400;

/// The letter for these notices.
pub fn email(notices: &[Notice]) -> String {
    match notices {
        [notice] => letter(notice),
        many => digest(many),
    }
}

fn letter(notice: &Notice) -> String {
    let letter = Letter {
        headline: headline(notice),
        facts: facts(notice),
        speaker: speaker(notice),
        words: words(notice),
        hints: hints(notice).iter().map(|hint| one_line(hint)).collect(),
        console: console(notice),
        command: show_more(notice).map(|command| one_line(&command)),
        id: notice.id.to_string(),
        reason: notice.reason.as_str(),
        severity: notice.severity.as_str(),
    };
    // Writing to a string cannot fail; the headline alone would still be news.
    letter.render().unwrap_or(letter.headline)
}

fn digest(notices: &[Notice]) -> String {
    let mut letter = format!("{}\n", summary(notices));
    for notice in gravest_first(notices).into_iter().take(TOLD) {
        let _ = write!(letter, "\n{}\n", headline(notice));
        if let Some(said) = notice.message.as_deref().map(one_line)
            && !said.is_empty()
        {
            let _ = writeln!(letter, "  {}", shorten(&said, PARAGRAPH));
        }
        if let Some(link) = console(notice) {
            let _ = writeln!(letter, "  {link}");
        }
        let _ = writeln!(letter, "  Notice: {}", notice.id);
    }
    if let Some(more) = notices.len().checked_sub(TOLD).filter(|&more| more > 0) {
        let _ = writeln!(letter, "\n... and {more} more, all of them in the machine-readable copy of this message.");
    }
    letter
}
