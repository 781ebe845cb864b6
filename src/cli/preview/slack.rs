//! Amazon Q's custom notification, taken apart as Slack shows it.

use serde_json::Value;

/// What is read of a notification.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Post {
    pub title: String,
    pub blocks: Vec<Block>,
    pub next_steps: Vec<Vec<Part>>,
    pub keywords: Vec<String>,
}

/// A part of the description.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Block {
    /// A line, perhaps with a label before it.
    Line { label: String, parts: Vec<Part> },
    /// Text between fences.
    Code(String),
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Text(String),
    Code(String),
    Link(String),
}

/// Reads the notification's JSON.
pub(super) fn read(notification: &str) -> Post {
    let content = serde_json::from_str::<Value>(notification).unwrap_or_default()["content"].take();
    let list = |key: &str| {
        let values = content[key].as_array().map(Vec::as_slice).unwrap_or_default();
        values.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    Post {
        title: content["title"].as_str().unwrap_or_default().to_owned(),
        blocks: blocks(content["description"].as_str().unwrap_or_default()),
        next_steps: list("nextSteps").iter().map(|step| parts(step)).collect(),
        keywords: list("keywords"),
    }
}

fn blocks(description: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut code: Option<Vec<&str>> = None;
    for line in description.lines() {
        if line.trim() == "```" {
            match code.take() {
                Some(lines) => blocks.push(Block::Code(lines.join("\n"))),
                None => code = Some(Vec::new()),
            }
        } else if let Some(lines) = &mut code {
            lines.push(line);
        } else {
            let labelled = line.strip_prefix('*').and_then(|rest| rest.split_once(":*"));
            let (label, text) = labelled.unwrap_or(("", line));
            blocks.push(Block::Line { label: label.to_owned(), parts: parts(text.trim()) });
        }
    }
    blocks.extend(code.map(|lines| Block::Code(lines.join("\n"))));
    blocks
}

/// `code` between backticks, and addresses.
pub(super) fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    for (position, piece) in text.split('`').enumerate() {
        if position % 2 == 1 {
            parts.push(Part::Code(piece.to_owned()));
            continue;
        }
        let mut plain = String::new();
        for word in piece.split_inclusive(' ') {
            if word.starts_with("https://") {
                parts.push(Part::Text(std::mem::take(&mut plain)));
                let address = word.trim_end();
                parts.push(Part::Link(address.to_owned()));
                plain.push_str(&word[address.len()..]);
            } else {
                plain.push_str(word);
            }
        }
        parts.push(Part::Text(plain));
    }
    parts.retain(|part| *part != Part::Text(String::new()));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_is_taken_apart() {
        let text = |text: &str| Part::Text(text.to_owned());
        let line = |label: &str, parts: Vec<Part>| Block::Line { label: label.to_owned(), parts };
        assert_eq!(
            blocks("*Where:* here\nplain\n```\na\n\nb\n```\n*CLI:* `aws x` or https://a.example/ now"),
            [
                line("Where", vec![text("here")]),
                line("", vec![text("plain")]),
                Block::Code("a\n\nb".to_owned()),
                line(
                    "CLI",
                    vec![
                        Part::Code("aws x".to_owned()),
                        text(" or "),
                        Part::Link("https://a.example/".to_owned()),
                        text(" now")
                    ]
                ),
            ]
        );
    }
}
