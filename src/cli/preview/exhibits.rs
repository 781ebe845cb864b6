//! What is shown: notices with the letters that tell them.

use std::collections::BTreeSet;

use crate::cli::letter::{Channel, Letter};
use crate::domain::{Notice, Reason};
use crate::publish::{self, HttpsForm, render};
use crate::samples;

/// Every channel, in the order in which they are shown.
pub(super) const CHANNELS: [Channel; 4] = [Channel::Email, Channel::Slack, Channel::Sms, Channel::Machine];

/// A notice and what its readers get.
#[derive(Clone, Debug)]
pub(super) struct Exhibit {
    pub notice: Notice,
    pub letter: Letter,
}

impl Exhibit {
    pub fn of(notice: Notice) -> Self {
        let settings = publish::Settings { https: HttpsForm::AmazonQ, ..publish::Settings::default() };
        let letter = Letter::of_message(&render(std::slice::from_ref(&notice), &settings));
        Self { notice, letter }
    }
}

/// Samples of these reasons, or of all where none is named; the gravest reason first.
pub(super) fn samples(reasons: &BTreeSet<Reason>) -> Vec<Exhibit> {
    let mut notices: Vec<Notice> = samples::all().into_iter().map(|(_, notice)| notice).collect();
    notices.retain(|notice| reasons.is_empty() || reasons.contains(&notice.reason()));
    // A stable sort: within a reason, the order of the samples.
    notices.sort_by_key(|notice| Reason::ALL.iter().position(|reason| *reason == notice.reason()));
    notices.into_iter().map(Exhibit::of).collect()
}

/// A channel's name in headings.
pub(super) const fn name(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "email",
        Channel::Slack => "Slack and Teams",
        Channel::Sms => "SMS",
        Channel::Machine => "JSON",
    }
}

/// Who gets it.
pub(super) const fn readers(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "subscribers by mail",
        Channel::Slack => "through Amazon Q Developer, over HTTPS",
        Channel::Sms => "phones",
        Channel::Machine => "queues, functions, webhooks",
    }
}

/// When notices of that reason are sent.
pub(super) const fn meaning(reason: Reason) -> &'static str {
    match reason {
        Reason::Failed => {
            "A restore, a validation, a clean-up, a replication or a maintenance run ended badly, or a validation timed out."
        }
        Reason::Canceled => "AWS or the service stopped a restore.",
        Reason::Vanished => {
            "An unfinished restore, or a first backfill, is no longer to be found. It may have ended either way."
        }
        Reason::UnknownStatus => "AWS used a word that tidings does not know.",
        Reason::Stalled => "An unfinished restore has not moved for as long as `stalled_after` says.",
        Reason::Overdue => "A restore takes longer than AWS Backup's own estimate, by more than `overdue_after`.",
        Reason::Lagging => "Changes have been waiting to be replicated for longer than `max_lag`.",
        Reason::StillFailing => {
            "A reminder, every `reminder_interval`: what people were told about still fails, how often and since when."
        }
        Reason::Unreachable => {
            "A source, or a part of it, could not be read for `unreachable_after` passes in a row; or the account or the region does not have the service."
        }
        Reason::Completed => {
            "A restore or a validation ended well; a replication, or a table's maintenance, did for the first time. A restore that AWS Backup completed with a message is a warning."
        }
        Reason::Recovered => "What people were warned of is over.",
        Reason::Reachable => "A source, or a part of it, can be read again.",
        Reason::Baseline => "The first pass over a source: what is watched, and what is failing right now.",
        Reason::Started => "Routine, only for those who opt in: a restore began to move.",
        Reason::Validating => "Routine, only for those who opt in: a validation began.",
        Reason::Disabled => "Routine, only for those who opt in: a maintenance job was switched off.",
    }
}
