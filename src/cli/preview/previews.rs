//! What is shown: notices with their messages.

use std::collections::BTreeSet;

use crate::cli::rendered::{Channel, Rendered};
use crate::domain::{Notice, Reason};
use crate::publish::{self, HttpsForm, render};
use crate::samples;

/// Every channel, in the order in which they are shown.
pub(super) const CHANNELS: [Channel; 4] = [Channel::Email, Channel::Slack, Channel::Sms, Channel::Machine];

/// A notice and its message.
#[derive(Clone, Debug)]
pub(super) struct Preview {
    pub notice: Notice,
    pub message: Rendered,
}

impl Preview {
    pub fn of(notice: Notice) -> Self {
        let settings = publish::Settings { https: HttpsForm::AmazonQ, ..publish::Settings::default() };
        let message = Rendered::of_message(&render(std::slice::from_ref(&notice), &settings));
        Self { notice, message }
    }
}

/// Samples of these reasons, or of all reasons if there are none, the most severe reason first.
pub(super) fn samples(reasons: &BTreeSet<Reason>) -> Vec<Preview> {
    let mut notices: Vec<Notice> = samples::all().into_iter().map(|(_, notice)| notice).collect();
    notices.retain(|notice| reasons.is_empty() || reasons.contains(&notice.reason()));
    // A stable sort: within a reason, the order of the samples.
    notices.sort_by_key(|notice| Reason::ALL.iter().position(|reason| *reason == notice.reason()));
    notices.into_iter().map(Preview::of).collect()
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

/// Who receives it.
pub(super) const fn readers(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "email subscribers",
        Channel::Slack => "through Amazon Q Developer, over HTTPS",
        Channel::Sms => "phones",
        Channel::Machine => "queues, functions, webhooks",
    }
}

/// When notices of that reason are sent.
pub(super) const fn meaning(reason: Reason) -> &'static str {
    match reason {
        Reason::Failed => {
            "A restore, a validation, a clean-up, a replication or a maintenance run failed, or a validation timed out."
        }
        Reason::Canceled => "AWS or the service stopped a restore.",
        Reason::Vanished => {
            "An unfinished restore, or a first backfill, can no longer be found. It may have succeeded or failed."
        }
        Reason::UnknownStatus => "AWS reports a status that tidings does not know.",
        Reason::Stalled => "An unfinished restore has made no progress for `stalled_after`.",
        Reason::Overdue => "A restore has exceeded AWS Backup's own estimate by more than `overdue_after`.",
        Reason::Lagging => "Changes have waited to be replicated for longer than `max_lag`.",
        Reason::StillFailing => {
            "A reminder, every `reminder_interval`: what is still failing, how often and since when."
        }
        Reason::Unreachable => {
            "A source, or a part of it, could not be read for `unreachable_after` passes in a row; or the account or the region does not have the service; or the role in an account, or in all accounts, could not be assumed."
        }
        Reason::Completed => {
            "A restore or a validation succeeded, or a replication or a table's maintenance succeeded for the first time. If AWS Backup completed a restore with a message, the notice is a warning."
        }
        Reason::Recovered => "What was failing, stalled or lagging works again.",
        Reason::Reachable => "A source, or a part of it, can be read again.",
        Reason::Baseline => "The first pass over a source: what is watched, and what is failing right now.",
        Reason::Started => "Routine, off by default: a restore began.",
        Reason::Validating => "Routine, off by default: a validation began.",
        Reason::Disabled => "Routine, off by default: a maintenance job was switched off.",
    }
}
