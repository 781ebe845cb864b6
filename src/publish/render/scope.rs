//! The text of notices about a scope: it is watched now, or it, or a part of it, cannot be read.

use std::fmt::Write as _;

use crate::domain::notice::{Baseline, ScopeEvent, UnreadFor, UnreadPart};
use crate::domain::{Notice, Source, bucket_name, part_name};

/// What the notice is about: `S3 Tables maintenance: 40 tables in table bucket aaa`.
pub(super) fn affected(notice: &Notice, event: &ScopeEvent) -> String {
    let source = notice.scope.source;
    if source == Source::Account {
        return account(notice);
    }
    let what = source.describe();
    match event {
        ScopeEvent::Unreachable { .. } | ScopeEvent::Reachable(_) => what.to_owned(),
        ScopeEvent::PartlyUnreachable { parts, .. } => {
            let unread = match parts.named.as_slice() {
                [part] if parts.more == 0 => unread(source, part),
                _ => counted(source, parts.subjects),
            };
            format!("{what}: {unread}")
        }
        ScopeEvent::PartsReachable { parts, .. } => format!("{what}: {}", keys_named(parts)),
        ScopeEvent::Baseline(Baseline { known, unfinished, failing, .. }) => {
            format!("{what}: {known} known, {unfinished} unfinished, {failing} failing")
        }
    }
}

/// The explanation. It begins with the error, because a text message has little room for more.
pub(super) fn message(notice: &Notice, event: &ScopeEvent) -> String {
    let source = notice.scope.source;
    match event {
        ScopeEvent::Unreachable { unread, error } if matches!(source, Source::Account | Source::Hub) => {
            let whose = if source == Source::Hub { "these accounts" } else { "this account" };
            format!(
                "{}. {} passes in a row failed. Until this is fixed, nothing in {whose} is watched. Whatever ends in the \
                 meantime is reported then.",
                error.message.trim_end_matches('.'),
                unread.passes
            )
        }
        ScopeEvent::Unreachable { unread, error } => {
            let mut message = format!("{}.", error.message.trim_end_matches('.'));
            if error.is_not_available() {
                message
                    .push_str(" The account or the region does not have this service, so there is nothing to watch.");
            } else if unread.passes > 0 {
                let _ = write!(
                    message,
                    " {} passes in a row could not read it. Until it can be read again, tidings does not assume that \
                     anything has finished. Whatever ends in the meantime is reported then.",
                    unread.passes
                );
            }
            message
        }
        ScopeEvent::Reachable(unread) | ScopeEvent::PartsReachable { unread, .. } => could_not_be_read(*unread),
        ScopeEvent::PartlyUnreachable { unread: duration, parts } => {
            let mut message = String::new();
            for part in &parts.named {
                // If there is only one part, the title names it.
                let is_only = parts.named.len() == 1 && parts.more == 0;
                let what = if is_only { String::new() } else { format!("{}: ", unread(source, part)) };
                let _ = writeln!(message, "{what}{}.", part.error.message.trim_end_matches('.'));
            }
            if parts.more > 0 {
                let _ = writeln!(message, "... and {} more parts.", parts.more);
            }
            if duration.passes > 0 {
                let _ = write!(
                    message,
                    "{} passes in a row could not read this part. Everything else is still watched.",
                    duration.passes
                );
            }
            message
        }
        ScopeEvent::Baseline(found) => baseline(source, found),
    }
}

/// `account prod-data (444455556666)`.
fn account(notice: &Notice) -> String {
    format!("account {}", account_named(notice))
}

/// `prod-data (444455556666)`, or the id if there is no name.
pub(in crate::publish) fn account_named(notice: &Notice) -> String {
    let id = &notice.scope.account;
    match &notice.account_name {
        Some(name) => format!("{name} ({id})"),
        None => id.clone(),
    }
}

fn could_not_be_read(unread: UnreadFor) -> String {
    match unread.passes {
        0 => String::new(),
        passes => format!("{passes} passes in a row could not read it."),
    }
}

fn baseline(source: Source, found: &Baseline) -> String {
    let Baseline { known, unfinished, failing, finished, named, unread: parts } = found;
    let mut message = match known {
        0 => "There is nothing here yet. Whatever begins from now on is watched.".to_owned(),
        known => format!(
            "{known} known: {unfinished} unfinished, {failing} failing right now, {finished} finished earlier \
             (history, not reported one by one)."
        ),
    };
    for facet in named {
        let said = facet.message.as_deref().unwrap_or("no message from AWS");
        let _ = write!(message, "\nFailing: {} of {}: {said}", facet.facet, facet.subject);
    }
    if *failing > named.len() {
        let _ = write!(message, "\n... and {} more.", failing - named.len());
    }
    if let Some(parts) = parts {
        for part in &parts.named {
            let _ = write!(message, "\nNot read: {}: {}", unread(source, part), part.error.message);
        }
        if parts.more > 0 {
            let _ = write!(message, "\n... and {} more parts were not read.", parts.more);
        }
    }
    message
}

/// `40 tables in table bucket aaa`, `2 restore jobs`.
fn unread(source: Source, part: &UnreadPart) -> String {
    let Some(bucket) = bucket_name(&part.part) else {
        return counted(source, part.subjects);
    };
    if part.is_listing {
        return format!("new tables in table bucket {bucket}");
    }
    match part.exclude.as_slice() {
        [path] if part.subjects == 1 && !path.ends_with("**") => {
            let table = path.trim_start_matches(bucket).trim_start_matches('/').replace('/', ".");
            format!("table {table} in table bucket {bucket}")
        }
        _ => format!("{} in table bucket {bucket}", counted(source, part.subjects)),
    }
}

/// `40 tables`, `1 restore job`.
fn counted(source: Source, count: usize) -> String {
    let (one, many) = source.subjects();
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The names of the first parts, and the number of the others.
pub(in crate::publish) fn parts_named<'p>(parts: impl Iterator<Item = &'p str>, more: usize) -> String {
    let mut names: Vec<String> = parts.map(part_name).collect();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}

/// The same for parts of which only the keys are known.
pub(in crate::publish) fn keys_named(parts: &[String]) -> String {
    /// More names than this do not fit on a line.
    const NAMED: usize = 5;
    parts_named(parts.iter().take(NAMED).map(String::as_str), parts.len().saturating_sub(NAMED))
}
