//! The gallery: every reason in every channel, as Markdown for docs/notices.md.

use std::fmt::Write as _;

use super::previews::{CHANNELS, Preview, meaning, name};
use super::slack::{self, Block, Part};
use crate::cli::rendered::Channel;
use crate::domain::Reason;
use crate::publish::render::title;

const HEAD: &str = "\
<!-- Made by `make docs` out of the code and its samples. Change those. -->

# Notices

This page shows what each reason looks like in each channel. It is made from sample data by the code that makes real notices.
`tidings preview --html FILE` shows the same in a browser, and `tidings preview --reason REASON` on the terminal.
`tidings preview --id UUID` shows a real notice that has not been sent yet. Rules decide where a notice goes and its severity:
[settings.md](settings.md).
";

/// The page.
pub(super) fn gallery(previews: &[Preview]) -> String {
    let of = |reason: Reason| previews.iter().filter(move |preview| preview.notice.reason() == reason);
    let reasons: Vec<Reason> = Reason::ALL.into_iter().filter(|reason| of(*reason).next().is_some()).collect();
    let mut page = format!("{HEAD}\n| reason | severity | |\n|---|---|---|\n");
    for reason in &reasons {
        let _ = writeln!(page, "| [`{reason}`](#{reason}) | {} | {} |", reason.severity(), meaning(*reason));
    }
    for reason in &reasons {
        let _ = write!(page, "\n## {reason}\n\n{} Severity: {}.\n", meaning(*reason), reason.severity());
        for (position, preview) in of(*reason).enumerate() {
            let _ = write!(page, "\n### {}\n", title(&preview.notice));
            // The first of a reason is shown whole; of the others, the message says what is different.
            let channels = if position == 0 { CHANNELS.as_slice() } else { &CHANNELS[..1] };
            for channel in channels {
                show(&mut page, preview, *channel);
            }
        }
    }
    page
}

fn show(page: &mut String, preview: &Preview, channel: Channel) {
    let message = &preview.message;
    let _ = write!(page, "\n**{}**\n\n", capital(name(channel)));
    let _ = match channel {
        Channel::Email => {
            write!(page, "~~~text\nSubject: {}\n\n{}\n~~~\n", message.subject(), message.copy(channel).trim())
        }
        Channel::Slack => write!(page, "{}", quoted(&slack::read(&message.copy(channel)))),
        Channel::Sms => write!(page, "~~~text\n{}\n~~~\n", message.copy(channel).trim()),
        Channel::Machine => {
            let json = serde_json::to_string_pretty(message.event()).unwrap_or_default();
            write!(page, "<details><summary>show</summary>\n\n~~~json\n{json}\n~~~\n\n</details>\n")
        }
    };
}

fn capital(name: &str) -> String {
    name[..1].to_uppercase() + &name[1..]
}

/// A post as a quotation, line by line.
fn quoted(post: &slack::Post) -> String {
    let mut lines = vec![format!("**{}**", literal(&post.title)), String::new()];
    for block in &post.blocks {
        match block {
            Block::Line { label, parts } if parts.is_empty() => lines.push(format!("**{label}:**")),
            Block::Line { label, parts } if label.is_empty() => lines.push(format!("{}<br>", text(parts))),
            Block::Line { label, parts } => lines.push(format!("**{label}:** {}<br>", text(parts))),
            Block::Code(code) => {
                lines.extend([String::new(), "~~~text".to_owned()]);
                lines.extend(code.lines().map(str::to_owned));
                lines.extend(["~~~".to_owned(), String::new()]);
            }
        }
    }
    if !post.next_steps.is_empty() {
        lines.extend([String::new(), "**Next steps**".to_owned(), String::new()]);
        lines.extend(post.next_steps.iter().map(|step| format!("- {}", text(step))));
    }
    lines.iter().fold(String::new(), |mut quote, line| {
        let _ = writeln!(quote, "{}", format!("> {line}").trim_end());
        quote
    })
}

fn text(parts: &[Part]) -> String {
    parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => literal(text),
            Part::Code(code) => format!("`{code}`"),
            Part::Link(address) => format!("<{address}>"),
        })
        .collect()
}

/// Text in which nothing is taken for markup.
fn literal(text: &str) -> String {
    let mut plain = String::new();
    for message in text.chars() {
        if matches!(message, '*' | '_' | '<' | '[' | '`' | '~' | '|' | '\\') {
            plain.push('\\');
        }
        plain.push(message);
    }
    plain
}
