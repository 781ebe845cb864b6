//! The subject line of mails.

use super::headline::summary;
use super::text::{ascii, cut};
use crate::domain::Notice;

/// SNS wants fewer than 100 characters.
const MAX: usize = 99;

/// The subject for a message: fewer than 100 printable ASCII characters, a letter first, the verdict before all else.
/// The region follows if there is room for it.
pub fn subject(notices: &[Notice]) -> String {
    let mut line = ascii(&summary(notices));
    if !line.starts_with(|c: char| c.is_ascii_alphabetic()) {
        line.insert_str(0, "Notice: ");
    }
    let region = notices
        .first()
        .map(|notice| ascii(&notice.scope.region))
        .filter(|region| !region.is_empty() && notices.iter().all(|other| ascii(&other.scope.region) == *region));
    if let Some(region) = region
        && line.len() + region.len() + 3 <= MAX
    {
        line = format!("{line} ({region})");
    }
    cut(line.trim_end(), MAX)
}
