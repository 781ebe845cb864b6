//! The line that says it all, the verdict first.

use std::fmt::Write as _;

use super::amounts::ordinal;
use super::text::one_line;
use crate::domain::{Notice, Reason, Severity};

/// One line for one notice: `FAILED: table restore of dev.public.orders on cluster analytics`. What is critical is in
/// capitals, and a repeated failure says so at once, so that it does not look like a first one.
pub(super) fn headline(notice: &Notice) -> String {
    let title = one_line(&notice.title);
    let Some((verdict, story)) = title.split_once(": ") else {
        return title;
    };
    let mut line = if notice.severity == Severity::Critical { verdict.to_uppercase() } else { verdict.to_owned() };
    if let Some(count) = failures_in_a_row(notice) {
        let _ = write!(line, " again ({} in a row)", ordinal(count));
    }
    format!("{line}: {story}")
}

/// One line for all notices of a message: the headline, or counts of what happened and where.
pub(super) fn summary(notices: &[Notice]) -> String {
    match notices {
        [] => "Nothing to tell".to_owned(),
        [notice] => headline(notice),
        many => format!("{}: {}", counts(many), places(many)),
    }
}

/// The notices in the order in which a person should read them: the gravest first, otherwise as they came.
pub(super) fn gravest_first(notices: &[Notice]) -> Vec<&Notice> {
    let mut sorted: Vec<&Notice> = notices.iter().collect();
    sorted.sort_by_key(|notice| std::cmp::Reverse(notice.severity));
    sorted
}

/// How many failures in a row, when this is not the first.
fn failures_in_a_row(notice: &Notice) -> Option<u64> {
    let count = notice.labels.get("failures_in_a_row")?.parse().ok()?;
    (notice.reason == Reason::Failed && count > 1).then_some(count)
}

/// `FAILED 3, completed 1`, the gravest first.
fn counts(notices: &[Notice]) -> String {
    let counted: Vec<String> = Reason::ALL
        .into_iter()
        .filter_map(|reason| {
            let count = notices.iter().filter(|notice| notice.reason == reason).count();
            let word = match reason {
                Reason::Failed => "FAILED",
                reason => reason.as_str(),
            };
            (count > 0).then(|| format!("{word} {count}"))
        })
        .collect();
    let line = counted.join(", ");
    let mut letters = line.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => line,
    }
}

/// What the notices are about, each place once: `S3 Tables maintenance`.
fn places(notices: &[Notice]) -> String {
    let mut sources: Vec<_> = notices.iter().map(|notice| notice.scope.source).collect();
    sources.sort_unstable();
    sources.dedup();
    let places: Vec<&str> = sources.iter().map(|source| source.describe()).collect();
    places.join(", ")
}
