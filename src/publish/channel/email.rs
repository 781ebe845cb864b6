//! The form for mails: a letter in plain text.

use askama::Template;

use super::{Channel, LEFT_OUT, roundup};
use crate::domain::Notice;
use crate::publish::digest::Digest;
use crate::publish::render::facts::{Fact, facts};
use crate::publish::render::headline::headline;
use crate::publish::render::links::{command, console};
use crate::publish::render::mute::mute;
use crate::publish::render::steps::next_steps;
use crate::publish::render::text::one_line;
use crate::publish::render::words::{message, note, speaker, words};

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
{% endfor %}{% endif %}{% if !steps.is_empty() %}
What to do next:
{% for step in steps %}- {{ step }}
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
    steps: Vec<String>,
    note: Option<String>,
    console: Option<String>,
    command: Option<String>,
    mute: Option<String>,
    id: String,
    reason: &'static str,
    severity: &'static str,
}

/// Mails, by the key `email`.
pub(super) struct Email;

impl Channel for Email {
    fn protocol(&self) -> &'static str {
        "email"
    }

    fn copy(&self, digest: &Digest<'_>) -> String {
        match digest.notices {
            [notice] => letter(notice),
            _ => roundup::letter(digest),
        }
    }

    fn brief(&self, digest: &Digest<'_>, _whole: &Digest<'_>) -> String {
        match digest.notices {
            [notice] => {
                let (id, reason, severity) = (notice.id, notice.reason(), notice.severity);
                let message = message(notice).map(|message| format!("{message}\n\n")).unwrap_or_default();
                format!("{}\n\n{message}{LEFT_OUT}\n\nNotice: {id} ({reason}, {severity})\n", headline(notice))
            }
            _ => format!("{}\n\n{LEFT_OUT}\n", digest.summary()),
        }
    }
}

fn letter(notice: &Notice) -> String {
    let letter = Letter {
        headline: headline(notice),
        facts: facts(notice),
        speaker: speaker(notice),
        words: words(notice),
        steps: next_steps(notice).iter().map(|step| one_line(step)).collect(),
        note: note(notice),
        console: console(notice),
        command: command(notice).map(|command| one_line(&command)),
        mute: mute(&[notice]).map(|rule| one_line(&rule)),
        id: notice.id.to_string(),
        reason: notice.reason().as_str(),
        severity: notice.severity.as_str(),
    };
    // Writing to a string cannot fail; the headline alone would still be news.
    letter.render().unwrap_or(letter.headline)
}
