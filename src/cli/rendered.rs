//! A message in the forms of all channels, for the terminal.

use clap::ValueEnum;
use serde_json::Value;

use super::style::{BOLD, DIM, GREEN, RED, YELLOW, paint};
use crate::domain::{Reason, Severity, Source};
use crate::publish::{self, HttpsForm, Message};
use crate::simulator::Publication;

/// A channel: each has its own form of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Channel {
    /// The email.
    Email,
    /// The notification that Amazon Q Developer posts in Slack or Teams.
    Slack,
    /// The text message.
    Sms,
    /// The CloudEvents JSON for queues, functions and webhooks.
    Machine,
}

/// One message in all its forms.
#[derive(Clone, Debug)]
pub(super) struct Rendered {
    subject: String,
    email: String,
    https: String,
    sms: String,
    event: Value,
}

/// What one notice of a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Topic {
    pub reason: Reason,
    pub source: Source,
    pub severity: Severity,
}

impl Rendered {
    pub fn of_publication(publication: &Publication) -> Self {
        Self::new(publication.subject.clone().unwrap_or_default(), |protocol| publication.copy(protocol))
    }

    pub fn of_message(message: &Message) -> Self {
        Self::new(message.subject.clone(), |protocol| message.copy(protocol).unwrap_or_default())
    }

    fn new(subject: String, copy: impl Fn(&str) -> String) -> Self {
        Self {
            subject,
            email: copy("email"),
            https: copy("https"),
            sms: copy("sms"),
            event: serde_json::from_str(&copy("sqs")).unwrap_or_default(),
        }
    }

    /// What its notices are about.
    pub fn topics(&self) -> Vec<Topic> {
        let notices = self.event["data"]["notices"].as_array().map(Vec::as_slice).unwrap_or_default();
        // What all notices of a digest have in common is said once.
        let shared = &self.event["data"]["shared"];
        let word = |notice: &Value, key: &str| {
            let text = notice[key].as_str().or_else(|| shared[key].as_str());
            text.unwrap_or_default().to_owned()
        };
        notices
            .iter()
            .filter_map(|notice| {
                Some(Topic {
                    reason: Reason::parse(&word(notice, "reason"))?,
                    source: Source::from_key(&word(notice, "source"))?,
                    severity: Severity::parse(&word(notice, "severity"))?,
                })
            })
            .collect()
    }

    /// The machine form.
    pub fn event(&self) -> &Value {
        &self.event
    }

    /// The mail's subject line.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The text that is sent on `channel`.
    pub fn copy(&self, channel: Channel) -> String {
        match channel {
            Channel::Email => self.email.clone(),
            Channel::Slack => self.https.clone(),
            Channel::Sms => self.sms.clone(),
            Channel::Machine => self.event.to_string(),
        }
    }

    /// For the terminal: what the reader's screen would show, after a bar in the colour of its severity.
    pub fn laid_out(&self, channel: Channel) -> String {
        let text = match channel {
            Channel::Email => format!("{}\n\n{}", paint(BOLD, format!("Subject: {}", self.subject)), self.email.trim()),
            Channel::Slack => slack(&self.https),
            Channel::Sms => self.sms.clone(),
            Channel::Machine => serde_json::to_string_pretty(&self.event).unwrap_or_default(),
        };
        let severity = self.topics().iter().map(|topic| topic.severity).max().unwrap_or(Severity::Info);
        let bar = paint(
            match severity {
                Severity::Critical => RED,
                Severity::Warning => YELLOW,
                Severity::Info => GREEN,
            },
            "│",
        );
        let lines: Vec<String> = text.lines().map(|line| format!("  {bar} {line}").trim_end().to_owned()).collect();
        lines.join("\n")
    }
}

/// The settings with which every message has the form for `channel`.
pub(super) fn settings_for(channel: Channel, settings: publish::Settings) -> publish::Settings {
    if channel == Channel::Slack { publish::Settings { https: HttpsForm::AmazonQ, ..settings } } else { settings }
}

/// Title, description and next steps of a custom notification, as Slack lays them out.
fn slack(notification: &str) -> String {
    let content = serde_json::from_str::<Value>(notification).unwrap_or_default()["content"].take();
    let mut lines = vec![paint(BOLD, content["title"].as_str().unwrap_or_default())];
    let mut in_block = false;
    for line in content["description"].as_str().unwrap_or_default().lines() {
        match line.trim() {
            "```" => in_block = !in_block,
            _ if in_block => lines.push(format!("    {}", paint(DIM, line))),
            _ => lines.push(bold_labels(line)),
        }
    }
    let steps = content["nextSteps"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !steps.is_empty() {
        lines.push(String::new());
        lines.push(paint(BOLD, "Next steps"));
        lines.extend(steps.iter().filter_map(Value::as_str).map(|step| format!("  • {step}")));
    }
    lines.join("\n")
}

/// `*Label:* text` with the label in bold and without its stars.
fn bold_labels(line: &str) -> String {
    let label = line.strip_prefix('*').and_then(|rest| rest.split_once(":*"));
    label.map_or_else(|| line.to_owned(), |(label, text)| format!("{}{text}", paint(BOLD, format!("{label}:"))))
}
