//! The subject of emails, which is also the text message.

use super::headline::headline;
use super::text::{ascii, cut};
use crate::publish::digest::Digest;

/// SNS accepts fewer than 100 characters.
const MAX: usize = 99;

/// The subject of a message: fewer than 100 printable ASCII characters, beginning with a letter. It contains the
/// headline, then the region if there is room, then what several notices have in common.
pub(in crate::publish) fn subject_of(digest: &Digest<'_>) -> String {
    line(digest, MAX)
}

/// One line of at most `max` characters.
pub(in crate::publish) fn line(digest: &Digest<'_>, max: usize) -> String {
    let (title, cause) = match digest.notices {
        [] => ("Nothing to tell".to_owned(), None),
        [notice] => (headline(notice), None),
        _ => (digest.title(), digest.cause()),
    };
    let mut line = ascii(&title);
    if !line.starts_with(|c: char| c.is_ascii_alphabetic()) {
        line.insert_str(0, "Notice: ");
    }
    let region = digest.notices.first().map(|notice| ascii(&notice.scope.region)).filter(|region| {
        !region.is_empty() && digest.notices.iter().all(|other| ascii(&other.scope.region) == *region)
    });
    if let Some(region) = region
        && line.len() + region.len() + 3 <= max
    {
        line = format!("{line} ({region})");
    }
    if let Some(cause) = cause.map(ascii).filter(|cause| !cause.is_empty() && line.len() + 16 <= max) {
        line = format!("{line}: {cause}");
    }
    cut(line.trim_end(), max)
}
