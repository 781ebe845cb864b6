//! What a person wants to know about a notice besides the headline: where, what, since when, how far, how fast.

use jiff::{SignedDuration, Timestamp};

use super::amounts::{minute, rate, size, span};
use super::estimate::estimate;
use super::headline::over_at;
use super::text::one_line;
use crate::domain::{Notice, Reason, Source};

/// A named fact. Neither part is ever empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    /// What it is, such as `Where`.
    pub name: &'static str,
    /// The fact itself, on one line.
    pub value: String,
}

/// The facts worth a person's time, in the order in which they are asked for.
pub(super) fn facts(notice: &Notice) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut add = |name: &'static str, value: Option<String>| {
        if let Some(value) = value.map(|value| one_line(&value)).filter(|value| !value.is_empty()) {
            facts.push(Fact { name, value });
        }
    };
    add("Where", place(notice));
    if notice.facet == "scope" {
        let since = notice.first_seen_at;
        match notice.reason {
            Reason::Unreachable => add("Since", Some(with_span(since, notice.observed_at))),
            Reason::Reachable => {
                let is_part = notice.from.as_deref() == Some("partly-unreachable");
                let name = if is_part { "Could not be read" } else { "Was unreachable" };
                add(name, Some(lasted(since, notice.observed_at)));
            }
            _ => {}
        }
        return facts;
    }
    for (name, value) in about_subject(notice) {
        add(name, value);
    }
    add("Status", status(notice));
    add("Requested", requested(notice));
    add(ending(notice), Some(ended(notice)));
    for (label, is, was) in [
        ("failing_since", "Failing since", "Was failing"),
        ("lagging_since", "Waiting since", "Was behind"),
        ("stalled_since", "No progress since", "Did not move"),
        ("expected_by", "AWS expected it by", ""),
    ] {
        let Some(since) = time(notice, label) else { continue };
        match notice.reason {
            Reason::Recovered => add(was, (!was.is_empty()).then(|| lasted(since, over_at(notice)))),
            _ => add(is, Some(with_span(since, notice.observed_at))),
        }
    }
    add("Last good copy", last_good_copy(notice));
    add("Progress", progress(notice));
    add("Estimate", estimate(notice, request_time(notice)));
    facts
}

pub(super) fn place(notice: &Notice) -> Option<String> {
    let scope = &notice.scope;
    match (scope.account.is_empty(), scope.region.is_empty()) {
        (true, true) => None,
        (true, false) => Some(scope.region.clone()),
        (false, true) => Some(format!("account {}", scope.account)),
        (false, false) => Some(format!("account {}, {}", scope.account, scope.region)),
    }
}

/// The labels that matter to a person. The headline names the subject already; these identify it.
fn about_subject(notice: &Notice) -> Vec<(&'static str, Option<String>)> {
    let label = |name: &str| notice.labels.get(name).cloned();
    let subject = Some(notice.subject.clone());
    match notice.scope.source {
        Source::Redshift => vec![
            ("Cluster", label("cluster")),
            ("Tables", from_to(label("source_table"), label("target_table"))),
            ("Snapshot", label("snapshot")),
            ("Request", subject),
        ],
        Source::RedshiftServerless => vec![
            ("Namespace", within(label("namespace"), "workgroup", label("workgroup"))),
            ("Tables", from_to(label("source_table"), label("target_table"))),
            ("Snapshot", label("snapshot")),
            ("Recovery point", label("recovery_point")),
            ("Request", subject),
        ],
        Source::Backup => vec![
            ("Resource type", label("resource_type")),
            ("Source", label("source_resource_arn")),
            ("Recovery point", label("recovery_point_arn")),
            ("Restored to", label("created_resource_arn")),
            ("Restore test", label("restore_testing_plan_arn")),
            ("Job", within(subject, "part of", label("parent_job_id"))),
        ],
        Source::S3TablesReplication => vec![("Table", table(notice)), ("Destination", Some(notice.facet.clone()))],
        Source::S3TablesMaintenance => vec![("Table", table(notice)), ("Job", Some(notice.facet.clone()))],
    }
}

fn from_to(from: Option<String>, to: Option<String>) -> Option<String> {
    match (from, to) {
        (Some(from), Some(to)) => Some(format!("{from} -> {to}")),
        (from, to) => from.or(to),
    }
}

fn within(what: Option<String>, relation: &str, whole: Option<String>) -> Option<String> {
    match (what, whole) {
        (Some(what), Some(whole)) => Some(format!("{what}, {relation} {whole}")),
        (what, None) => what,
        (None, Some(whole)) => Some(format!("{relation} {whole}")),
    }
}

fn table(notice: &Notice) -> Option<String> {
    let label = |name: &str| notice.labels.get(name).filter(|value| !value.is_empty());
    match (label("namespace"), label("table"), label("bucket")) {
        (Some(namespace), Some(table), Some(bucket)) => Some(format!("{namespace}.{table} in table bucket {bucket}")),
        _ => label("table_arn").or(Some(&notice.subject)).cloned(),
    }
}

/// `failed (AWS: FAILED), before that running`.
fn status(notice: &Notice) -> Option<String> {
    let is_news = |word: &&String| !word.is_empty() && letters(word) != letters(&notice.to);
    let word = notice.aws_status.as_ref().filter(is_news);
    let mut status = match word {
        // What AWS said last is not how it ended.
        Some(word) if notice.reason != Reason::Vanished => format!("{} (AWS: {word})", notice.to),
        _ => notice.to.clone(),
    };
    if let Some(from) = notice.from.as_ref().filter(|from| **from != notice.to) {
        status = format!("{status}, was {from}");
    }
    (!status.is_empty()).then_some(status)
}

/// A status word without regard to case and punctuation.
fn letters(word: &str) -> String {
    let letters = word.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// When the restore was asked for, if that is known.
fn request_time(notice: &Notice) -> Option<Timestamp> {
    let is_restore = notice.facet == "restore";
    let label = notice.labels.get("started_at")?;
    is_restore.then(|| label.parse().ok()).flatten()
}

fn requested(notice: &Notice) -> Option<String> {
    match request_time(notice) {
        Some(time) => Some(minute(time)),
        None if notice.facet == "restore" => Some(format!("not known; first seen {}", minute(notice.first_seen_at))),
        None => None,
    }
}

/// What happened at `changed_at`.
fn ending(notice: &Notice) -> &'static str {
    match notice.reason {
        Reason::Failed if notice.run.is_some() && is_maintenance(notice) => "Run",
        Reason::Failed => "Failed",
        Reason::Canceled => "Stopped",
        Reason::Completed => "Completed",
        Reason::Recovered => "Recovered",
        Reason::Started => "Started",
        Reason::Validating | Reason::Disabled => "Since",
        Reason::Stalled | Reason::Overdue | Reason::Lagging | Reason::StillFailing => "As of",
        _ => "Noticed",
    }
}

/// When it happened, and how long after the request. Where AWS gives no time there is only that of the pass that saw it:
/// the latest that it can have been.
fn ended(notice: &Notice) -> String {
    let is_seen = match notice.reason {
        Reason::Vanished
        | Reason::UnknownStatus
        | Reason::Stalled
        | Reason::Overdue
        | Reason::Lagging
        | Reason::StillFailing => return minute(notice.observed_at),
        Reason::Recovered if over_at(notice) == notice.observed_at => {
            return format!("seen at {}", minute(notice.observed_at));
        }
        _ => notice.changed_at == notice.observed_at,
    };
    let time = minute(notice.changed_at);
    if is_seen && matches!(notice.reason, Reason::Validating | Reason::Disabled) {
        return format!("{time} or earlier");
    }
    match (is_seen, took(notice).map(span)) {
        (true, Some(took)) => format!("seen at {time}, within {took} of the request"),
        (true, None) => format!("seen at {time}"),
        (false, Some(took)) => format!("{time}, {took} after the request"),
        (false, None) => time,
    }
}

/// How long it took from the request to the end.
fn took(notice: &Notice) -> Option<SignedDuration> {
    let is_end = matches!(notice.reason, Reason::Failed | Reason::Canceled | Reason::Completed);
    let took = request_time(notice)?.duration_until(notice.changed_at);
    (is_end && took.is_positive()).then_some(took)
}

fn time(notice: &Notice, label: &str) -> Option<Timestamp> {
    notice.labels.get(label)?.parse().ok()
}

fn last_good_copy(notice: &Notice) -> Option<String> {
    let is_stale = notice.scope.source == Source::S3TablesReplication
        && !matches!(notice.reason, Reason::Completed | Reason::Recovered);
    let run = notice.run.filter(|_| is_stale)?;
    Some(with_span(run, notice.observed_at))
}

/// `2026-03-02 04:10 UTC, 2 h 10 min ago`.
fn with_span(since: Timestamp, now: Timestamp) -> String {
    let elapsed = since.duration_until(now);
    if elapsed.as_secs() < 60 {
        return minute(since);
    }
    format!("{}, {} ago", minute(since), span(elapsed))
}

/// `from 2026-03-02 04:10 UTC, for 2 h 10 min`.
fn lasted(from: Timestamp, to: Timestamp) -> String {
    format!("from {}, for {}", minute(from), span(from.duration_until(to)))
}

/// `37 % (3.0 GiB of 8.0 GiB), 1.2 MiB/s on average`.
fn progress(notice: &Notice) -> Option<String> {
    let progress = notice.progress?;
    let amount = match (progress.done_bytes, progress.total_bytes) {
        (Some(done), Some(total)) if done == total => Some(size(total)),
        (Some(done), Some(total)) => Some(format!("{} of {}", size(done), size(total))),
        (Some(done), None) => Some(format!("{} so far", size(done))),
        (None, Some(total)) if notice.reason == Reason::Completed => Some(size(total)),
        (None, Some(total)) => Some(format!("{} in all", size(total))),
        (None, None) => None,
    };
    let percent = progress.percent.filter(|percent| percent.is_finite()).map(|percent| format!("{percent:.0} %"));
    let mut text = match (percent, amount) {
        (Some(percent), Some(amount)) => format!("{percent} ({amount})"),
        (percent, amount) => percent.or(amount)?,
    };
    let copied = match notice.reason {
        Reason::Completed => progress.done_bytes.or(progress.total_bytes),
        _ => progress.done_bytes,
    };
    let speed = copied.filter(|&bytes| bytes > 0).zip(took(notice)).and_then(|(bytes, took)| rate(bytes, took));
    if let Some(speed) = speed {
        text = format!("{text}, {speed} on average");
    }
    Some(text)
}

fn is_maintenance(notice: &Notice) -> bool {
    notice.scope.source == Source::S3TablesMaintenance
}
