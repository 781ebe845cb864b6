//! The subject of emails, which is also the text message.

use super::headline::headline;
use super::text::{ascii, cut};
use crate::domain::{Notice, Source};
use crate::publish::digest::Digest;

/// SNS accepts fewer than 100 characters.
const MAX: usize = 99;

/// The subject of a message: fewer than 100 printable ASCII characters, beginning with a letter. It contains the
/// headline, then the name of the account and the region if there is room, then what several notices have in common.
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
    if let Some(place) = place(digest.notices)
        && line.len() + place.len() + 3 <= max
    {
        line = format!("{line} ({place})");
    }
    if let Some(cause) = cause.map(ascii).filter(|cause| !cause.is_empty() && line.len() + 16 <= max) {
        line = format!("{line}: {cause}");
    }
    cut(line.trim_end(), max)
}

/// `prod-data, eu-central-1`: what all notices have in common of the name of the account and the region. The title of a
/// notice about an account has the name already.
fn place(notices: &[Notice]) -> Option<String> {
    let first = notices.first()?;
    let common = |part: fn(&Notice) -> Option<&str>| {
        let text = ascii(part(first)?);
        let is_common = notices.iter().all(|other| part(other).map(ascii).as_ref() == Some(&text));
        (is_common && !text.is_empty()).then_some(text)
    };
    let name = common(|notice| notice.account_name.as_deref().filter(|_| notice.scope.source != Source::Account));
    let region = common(|notice| Some(notice.scope.region.as_str()).filter(|_| notice.scope.source != Source::Account));
    let place: Vec<String> = name.into_iter().chain(region).collect();
    (!place.is_empty()).then(|| place.join(", "))
}
