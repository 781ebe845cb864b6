//! The HTML page with all channels side by side. It loads nothing else, and its switch between light and dark works
//! without a script.

use askama::Template;

use super::previews::{Preview, meaning};
use super::slack::{self, Block, Part, Post};
use crate::cli::rendered::Channel;
use crate::domain::Reason;
use crate::publish::render::title;

/// How many characters a text message may have.
const SMS: usize = 140;

#[derive(Template)]
#[template(path = "preview.html")]
struct Page {
    groups: Vec<Group>,
    count: usize,
    samples: bool,
}

/// The previews of one reason.
struct Group {
    reason: &'static str,
    severity: &'static str,
    meaning: Vec<Part>,
    shown: Vec<Shown>,
}

/// One preview, as the page shows it.
struct Shown {
    title: String,
    source: &'static str,
    severity: &'static str,
    subject: String,
    email: String,
    slack: Post,
    sms: String,
    sms_length: usize,
    json: Vec<JsonLine>,
}

/// A line of JSON: what is before its key, the key, and what is behind.
struct JsonLine {
    indent: String,
    key: String,
    rest: String,
}

/// The page with these previews; `samples` says that they are not real notices.
pub(super) fn page(previews: &[Preview], samples: bool) -> String {
    let of = |reason: Reason| -> Vec<&Preview> {
        previews.iter().filter(|preview| preview.notice.reason() == reason).collect()
    };
    let groups = Reason::ALL.into_iter().filter(|reason| !of(*reason).is_empty());
    let groups = groups.map(|reason| Group {
        reason: reason.as_str(),
        severity: of(reason).iter().map(|preview| preview.notice.severity).max().unwrap_or(reason.severity()).as_str(),
        meaning: slack::parts(meaning(reason)),
        shown: of(reason).into_iter().map(shown).collect(),
    });
    let page = Page { groups: groups.collect(), count: previews.len(), samples };
    // Writing to a string cannot fail.
    page.render().unwrap_or_default()
}

fn shown(preview: &Preview) -> Shown {
    let message = &preview.message;
    let sms = message.copy(Channel::Sms);
    let json = serde_json::to_string_pretty(message.event()).unwrap_or_default();
    Shown {
        title: title(&preview.notice),
        source: preview.notice.scope.source.as_str(),
        severity: preview.notice.severity.as_str(),
        subject: message.subject().to_owned(),
        email: message.copy(Channel::Email).trim().to_owned(),
        slack: slack::read(&message.copy(Channel::Slack)),
        sms_length: sms.chars().count(),
        sms,
        json: json.lines().map(json_line).collect(),
    }
}

fn json_line(line: &str) -> JsonLine {
    let text = line.trim_start();
    let indent = line[..line.len() - text.len()].to_owned();
    let (key, rest) = match text.split_once("\":") {
        Some((key, rest)) if text.starts_with('"') => (format!("{key}\""), format!(":{rest}")),
        _ => (String::new(), text.to_owned()),
    };
    JsonLine { indent, key, rest }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::preview::previews;

    #[test]
    fn the_page_is_complete_in_itself() {
        let previews = previews::samples(&Reason::ALL.into());
        let page = page(&previews, true);
        for preview in &previews {
            let reason = preview.notice.reason();
            assert!(page.contains(&format!("id=\"{reason}\"")), "{reason}");
        }
        for foreign in ["<script", "src=", "@import", "url(", "<link", "<img"] {
            assert!(!page.contains(foreign), "{foreign}");
        }
        assert_eq!(page.matches("class=\"panel email\"").count(), previews.len());
    }

    #[test]
    fn what_aws_says_is_text_and_nothing_else() {
        let notice = previews::samples(&[Reason::Failed].into())[0].notice.clone();
        let notice = crate::samples::with(notice, |event| {
            let name = "<b>bold</b>".to_owned();
            event.subject = crate::domain::Subject { name, ..(*event.subject).clone() }.into();
            event.message = Some("<script>alert(1)</script> \" onload='x' &amp;".to_owned());
        });
        let page = page(&[Preview::of(notice)], false);
        assert!(!page.contains("<script") && !page.contains("<b>bold"), "{page}");
        assert!(page.contains("&#60;script&#62;alert(1)"), "{page}");
    }
}
