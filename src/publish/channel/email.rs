//! The copy for emails: plain text.

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
use crate::publish::render::words::{message, message_heading, message_lines, note};

/// The email about one notice: what happened, the facts, the status message, what to do, where to look, and how to mute
/// it. Blocks without content are left out.
#[derive(Template)]
#[template(
    ext = "txt",
    source = "{{ headline }}

{% for fact in facts %}{{ fact.name }}: {{ fact.value }}
{% endfor %}{% if !message.is_empty() %}
{{ heading }}
{% for line in message %}  {{ line }}
{% endfor %}{% endif %}{% if !steps.is_empty() %}
What to do next:
{% for step in steps %}- {{ step }}
{% endfor %}{% endif %}
{% if let Some(note) = note %}Note: {{ note }}
{% endif %}{% if let Some(link) = console %}Console: {{ link }}
{% endif %}{% if let Some(command) = command %}AWS CLI: {{ command }}
{% endif %}{% if let Some(rule) = mute %}Mute: {{ rule }}
{% endif %}{% if can_be_silenced %}Silence: tidings silence {{ id }} --for 1d --reason \"...\"
{% endif %}Notice: {{ id }} ({{ reason }}, {{ severity }})
"
)]
struct Letter {
    headline: String,
    facts: Vec<Fact>,
    heading: &'static str,
    message: Vec<String>,
    steps: Vec<String>,
    note: Option<String>,
    console: Option<String>,
    command: Option<String>,
    mute: Option<String>,
    can_be_silenced: bool,
    id: String,
    reason: &'static str,
    severity: &'static str,
}

pub(super) struct Email;

impl Channel for Email {
    fn protocol(&self) -> &'static str {
        "email"
    }

    fn copy(&self, digest: &Digest<'_>) -> String {
        match digest.notices {
            [notice] => text_of_one(notice),
            _ => roundup::text(digest),
        }
    }

    fn brief(&self, digest: &Digest<'_>, _full: &Digest<'_>) -> String {
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

fn text_of_one(notice: &Notice) -> String {
    let letter = Letter {
        headline: headline(notice),
        facts: facts(notice),
        heading: message_heading(notice),
        message: message_lines(notice),
        steps: next_steps(notice).iter().map(|step| one_line(step)).collect(),
        note: note(notice),
        console: console(notice),
        command: command(notice).map(|command| one_line(&command)),
        mute: mute(&[notice]).map(|rule| one_line(&rule)),
        can_be_silenced: notice.is_of_failure(),
        id: notice.id.to_string(),
        reason: notice.reason().as_str(),
        severity: notice.severity.as_str(),
    };
    // This cannot fail, because it writes to a string. If it did, people would still get the headline.
    letter.render().unwrap_or(letter.headline)
}
