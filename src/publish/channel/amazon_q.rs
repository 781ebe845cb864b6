//! The copy for Slack and Teams: a custom notification of Amazon Q Developer, delivered over HTTPS.
//!
//! The schema: <https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html>. Amazon Q silently drops a
//! notification that violates it. So every limit here counts UTF-8 bytes, which is the strictest way to count. Only the
//! limits of the title and the description are documented.
//!
//! No text from AWS can become a link or a mention (`inert.rs`). Only the console link, and the note that an operator
//! wrote in `tidings.toml`, stay as they are.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::cloudevents::event_id;
use super::inert::{inert, inert_code, inert_sentence};
use super::roundup::{steps, when};
use super::{Channel, LEFT_OUT};
use crate::domain::{Notice, NoticeId, Severity, shorten};
use crate::publish::digest::{Digest, parent_or_self};
use crate::publish::render::amounts::count;
use crate::publish::render::facts::{facts, place};
use crate::publish::render::headline::headline;
use crate::publish::render::links::{command, console};
use crate::publish::render::steps::next_steps;
use crate::publish::render::text::one_line;
use crate::publish::render::words::{message_heading, message_lines, note};

// The limits that AWS documents. Here they count bytes.
const TITLE: usize = 250;
const DESCRIPTION: usize = 8_000;

// Limits of our own, in bytes.
/// For all texts without another limit.
const TEXT: usize = 500;
/// For the facts together.
const FACTS: usize = 3_000;
/// For a link or a command. A longer one is left out.
const LINE: usize = 1_000;
/// For the status message.
const MESSAGE: usize = 5_000;
/// For a name in a list.
const NAME: usize = 200;

/// How many items a list may have.
const ITEMS: usize = 10;

/// The UUID namespace of thread ids, made for this project.
const THREADS: Uuid = Uuid::from_u128(0x5f4c_7d1e_03aa_4e5b_b1c2_9d20_77e6_41c8);

#[derive(Serialize)]
struct Notification {
    version: &'static str,
    source: &'static str,
    id: String,
    content: Content,
    metadata: Metadata,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    text_type: &'static str,
    title: String,
    description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    next_steps: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    keywords: Vec<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_id: Option<String>,
    summary: String,
    event_type: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_resources: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    additional_context: BTreeMap<&'static str, String>,
}

/// A notification that is not about notices. The description is shortened to the limit of the schema. Only `title` is made
/// inert here.
pub(in crate::publish) struct Post {
    pub id: NoticeId,
    pub severity: Severity,
    pub title: String,
    pub description: String,
    /// Notifications with the same topic share a thread.
    pub topic: String,
    pub event_type: &'static str,
}

pub(in crate::publish) fn post(post: &Post) -> String {
    let line = inert(&one_line(&post.title));
    json(&Notification {
        version: "1.0",
        source: "custom",
        id: post.id.to_string(),
        content: Content {
            text_type: "client-markdown",
            title: shorten(&format!("{} {line}", sign(post.severity)), TITLE),
            description: shorten(&post.description, DESCRIPTION),
            next_steps: Vec::new(),
            keywords: vec![post.severity.as_str(), post.event_type],
        },
        metadata: Metadata {
            thread_id: Some(Uuid::new_v5(&THREADS, post.topic.as_bytes()).to_string()),
            summary: shorten(&line, TITLE),
            event_type: post.event_type,
            related_resources: Vec::new(),
            additional_context: BTreeMap::new(),
        },
    })
}

pub(super) struct AmazonQ;

impl Channel for AmazonQ {
    fn protocol(&self) -> &'static str {
        "https"
    }

    fn copy(&self, digest: &Digest<'_>) -> String {
        json(&notification(digest))
    }

    /// Without lists, facts and next steps. A thread id is made of subject ids. Shortened subject ids may be equal, so
    /// the thread id comes from the digest before its texts were shortened.
    fn brief(&self, digest: &Digest<'_>, full: &Digest<'_>) -> String {
        let Notification { version, source, id, content, metadata } = notification(digest);
        json(&Notification {
            version,
            source,
            id,
            content: Content {
                description: LEFT_OUT.to_owned(),
                next_steps: Vec::new(),
                keywords: Vec::new(),
                ..content
            },
            metadata: Metadata {
                thread_id: thread(full.notices).map(|id| id.to_string()),
                related_resources: Vec::new(),
                additional_context: BTreeMap::new(),
                ..metadata
            },
        })
    }
}

/// This cannot fail: the struct contains only texts, lists and maps of texts.
fn json(notification: &Notification) -> String {
    serde_json::to_string(notification).unwrap_or_default()
}

fn notification(digest: &Digest<'_>) -> Notification {
    let notices = digest.notices;
    let most_severe = notices.iter().max_by_key(|notice| notice.severity);
    let event_type = most_severe.map_or("none", |notice| notice.reason().as_str());
    let severity = most_severe.map_or(Severity::Info, |notice| notice.severity);
    let mut keywords = vec![severity.as_str()];
    let mut sources: Vec<_> = notices.iter().map(|notice| notice.scope.source).collect();
    sources.sort_unstable();
    sources.dedup();
    keywords.extend(sources.iter().map(|source| source.as_str()));
    let line = match notices {
        [notice] => headline(notice),
        _ => digest.summary(),
    };
    // Amazon Q would drop a notification without a text.
    let line = if line.is_empty() { event_type.to_owned() } else { line };
    let steps = match notices {
        [notice] => next_steps(notice),
        _ => steps(digest),
    };
    Notification {
        version: "1.0",
        source: "custom",
        id: event_id(notices).to_string(),
        content: Content {
            text_type: "client-markdown",
            title: shorten(&format!("{} {}", sign(severity), inert(&line)), TITLE),
            description: shorten(&description(digest), DESCRIPTION),
            next_steps: steps.iter().map(|step| shorten(&inert_sentence(&one_line(step)), TEXT)).take(ITEMS).collect(),
            keywords,
        },
        metadata: Metadata {
            thread_id: thread(notices).map(|id| id.to_string()),
            summary: shorten(&inert(&line), TITLE),
            event_type,
            related_resources: resources(notices),
            additional_context: match notices {
                [notice] => context(notice),
                _ => BTreeMap::new(),
            },
        },
    }
}

/// A symbol that shows the severity to people who scroll through the channel.
const fn sign(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "🔴",
        Severity::Warning => "🟠",
        Severity::Info => "🟢",
    }
}

/// The facts, the status message in a code block, and where to look. Uses only markup that Slack and Teams both
/// support. The last lines are never left out, however long the rest is.
fn description(digest: &Digest<'_>) -> String {
    let [notice] = digest.notices else {
        return groups(digest);
    };
    let last = last_lines(note(notice), console(notice), command(notice));
    let mut text = String::new();
    for fact in facts(notice) {
        let _ = writeln!(text, "*{}:* {}", fact.name, inert(&fact.value));
    }
    if text.len() > FACTS {
        text = shorten(&text, FACTS) + "\n";
    }
    let message = message_lines(notice).join("\n");
    if !message.is_empty() {
        // Chat applications read no markup in a code block.
        let before = format!("*{}*\n```\n", message_heading(notice));
        let after = "\n```\n";
        let room = DESCRIPTION.saturating_sub(text.len() + before.len() + after.len() + last.len());
        let _ = write!(text, "{before}{}{after}", shorten(&inert_code(&message), room.min(MESSAGE)));
    }
    text.push_str(&last);
    text.trim_end().to_owned()
}

/// The note of the operator, the console link, and the command.
fn last_lines(note: Option<String>, link: Option<String>, command: Option<String>) -> String {
    let mut text = String::new();
    if let Some(note) = note {
        let _ = writeln!(text, "*Note:* {}", shorten(&note, TEXT));
    }
    if let Some(link) = link.filter(|link| link.len() <= LINE) {
        let _ = writeln!(text, "*Console:* {link}");
    }
    // If a character of the command were replaced, it would be a different command. So the command is left out.
    let command = command.map(|command| one_line(&command)).filter(|command| is_unchanged(command));
    if let Some(command) = command.filter(|command| command.len() <= LINE) {
        let _ = writeln!(text, "*AWS CLI:* `{command}`");
    }
    text
}

/// Whether no character of the text is replaced in code.
fn is_unchanged(text: &str) -> bool {
    inert_code(text) == text
}

/// Each group, with the names of its most severe notices.
fn groups(digest: &Digest<'_>) -> String {
    let mut text = String::new();
    let most = ITEMS.div_ceil(digest.groups.len().max(1));
    if let Some(place) = digest.agreed(place) {
        let _ = writeln!(text, "*Where:* {}", shorten(&inert(&one_line(&place)), TEXT));
    }
    let _ = writeln!(text, "*When:* {}", when(digest.notices));
    if let Some(silenced) = digest.silenced() {
        let _ = writeln!(text, "*Silenced now:* {}", inert(&silenced));
    }
    for group in digest.groups.iter().take(ITEMS) {
        let _ = writeln!(text, "*{}*", shorten(&inert(&group.line()), TEXT));
        let (names, more) = group.names(most);
        for name in names {
            let _ = writeln!(text, "- {}", shorten(&inert(&name), NAME));
        }
        if more > 0 {
            let _ = writeln!(text, "- and {} more", count(more));
        }
    }
    let rest: usize = digest.groups.iter().skip(ITEMS).map(|group| group.notices.len()).sum();
    if rest > 0 {
        let _ = writeln!(text, "{} more, with other explanations", count(rest));
    }
    let last = last_lines(digest.agreed(note), digest.agreed(console), None);
    let room = DESCRIPTION.saturating_sub(last.len() + "\n".len());
    format!("{}\n{last}", shorten(text.trim_end(), room)).trim_end().to_owned()
}

/// One thread for each subject, so that its start, failure and recovery are in one place. The parts of a restore share
/// the thread of the restore. A message about several subjects of a scope goes to a thread of the scope.
fn thread(notices: &[Notice]) -> Option<Uuid> {
    let first = notices.first()?;
    let same_scope = notices.iter().all(|notice| notice.scope == first.scope);
    let same_subject = notices.iter().all(|notice| parent_or_self(notice) == parent_or_self(first));
    let topic = match (same_scope, same_subject) {
        (true, true) => format!("{}\u{1f}{}", first.scope, parent_or_self(first)),
        (true, false) => first.scope.to_string(),
        (false, _) => return None,
    };
    Some(Uuid::new_v5(&THREADS, topic.as_bytes()))
}

/// The ARNs that the notices name.
fn resources(notices: &[Notice]) -> Vec<String> {
    let mut arns: Vec<&str> = Vec::new();
    for notice in notices {
        let Some(event) = notice.facet_event() else { continue };
        let named = [&*event.subject.id, event.facet.as_str()];
        for text in named.into_iter().chain(event.subject.labels.values().map(String::as_str)) {
            let is_arn = text.starts_with("arn:") && text.len() <= TEXT;
            // If a character of the ARN were replaced, it would be a different ARN. So the ARN is left out.
            if is_arn && is_unchanged(text) && !text.contains(char::is_whitespace) && !arns.contains(&text) {
                arns.push(text);
            }
        }
    }
    arns.into_iter().take(ITEMS).map(str::to_owned).collect()
}

/// The event for the function that silences a failure for a day.
fn silence(notice: &Notice) -> Option<String> {
    let event = json!({"command": "silence", "notice_id": notice.id, "for": "24h", "reason": "silenced from chat"});
    notice.is_of_failure().then(|| event.to_string())
}

/// The values that custom actions in the channel can use as variables.
fn context(notice: &Notice) -> BTreeMap<&'static str, String> {
    let scope = &notice.scope;
    [
        ("account", scope.account.as_str()),
        ("accountName", notice.account_name.as_deref().unwrap_or_default()),
        ("region", scope.region.as_str()),
        ("source", scope.source.as_str()),
        ("subject", &*notice.subject()),
        ("facet", notice.facet()),
        ("reason", notice.reason().as_str()),
        ("severity", notice.severity.as_str()),
        ("status", notice.to()),
        ("noticeId", &notice.id.to_string()),
        // The event that silences the failure. Only failures have it, so a custom action can show its button on them.
        ("silence", &silence(notice).unwrap_or_default()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| (name, shorten(&inert_code(&one_line(value)), TEXT)))
    .collect()
}
