//! Pages and the opaque tokens between them.
//!
//! A token holds the sort key of the last item handed out, so a listing stays
//! sound while items come and go between its pages.

use std::fmt::Write;

use jiff::Timestamp;

/// One page of a listing and the token of the next, if there is one.
pub(super) struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// A token that this listing did not give out.
pub(super) struct BadToken;

/// The page of `items` after `token`, in the order of their keys.
pub(super) fn page<T>(
    mut items: Vec<(String, T)>,
    listing: &str,
    token: Option<&str>,
    size: usize,
) -> Result<Page<T>, BadToken> {
    let after = token.map(|token| open(listing, token)).transpose()?;
    items.retain(|(key, _)| after.as_ref().is_none_or(|after| key > after));
    items.sort_by(|(one, _), (other, _)| one.cmp(other));
    let next = (items.len() > size).then(|| seal(listing, &items[size - 1].0));
    items.truncate(size);
    Ok(Page { items: items.into_iter().map(|(_, item)| item).collect(), next })
}

/// The token for what follows `key`.
pub(super) fn seal(listing: &str, key: &str) -> String {
    let mut token = String::new();
    for byte in format!("{listing}\n{key}").bytes() {
        // Writing to a string does not fail.
        write!(token, "{byte:02x}").ok();
    }
    token
}

/// The key in a token of this listing.
pub(super) fn open(listing: &str, token: &str) -> Result<String, BadToken> {
    let bytes: Option<Vec<u8>> =
        (0..token.len()).step_by(2).map(|at| u8::from_str_radix(token.get(at..at + 2)?, 16).ok()).collect();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.as_deref().and_then(|text| text.strip_prefix(listing)?.strip_prefix('\n')).map(str::to_owned).ok_or(BadToken)
}

/// A key that sorts oldest first; what has no time comes first.
pub(super) fn oldest_first(at: Option<Timestamp>, id: &str) -> String {
    format!("{:020}/{id}", at.map_or(0, from_the_beginning))
}

/// A key that sorts newest first; what has no time comes last.
pub(super) fn newest_first(at: Option<Timestamp>, id: &str) -> String {
    let age = i64::MAX - at.map_or(0, from_the_beginning);
    format!("{age:020}/{id}")
}

fn from_the_beginning(at: Timestamp) -> i64 {
    at.as_millisecond() - Timestamp::MIN.as_millisecond()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters() -> Vec<(String, char)> {
        ('a'..='e').map(|letter| (letter.to_string(), letter)).collect()
    }

    fn checked<T>(page: Result<Page<T>, BadToken>) -> Page<T> {
        page.unwrap_or_else(|BadToken| panic!("the token should be good"))
    }

    #[test]
    fn pages_cover_everything_once_and_end() {
        let mut seen = Vec::new();
        let mut token = None;
        loop {
            let page = checked(page(letters(), "Letters", token.as_deref(), 2));
            seen.extend(page.items);
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, ['a', 'b', 'c', 'd', 'e']);
    }

    #[test]
    fn an_item_that_went_away_takes_no_other_with_it() {
        let first = checked(page(letters(), "Letters", None, 2));
        let mut left = letters();
        left.retain(|(_, letter)| *letter != 'b');
        let second = checked(page(left, "Letters", first.next.as_deref(), 9));
        assert_eq!(second.items, ['c', 'd', 'e']);
    }

    #[test]
    fn foreign_tokens_are_refused() {
        let other = seal("Numbers", "1");
        for token in ["x", "zz", "", "4c", "é", other.as_str()] {
            assert!(page(letters(), "Letters", Some(token), 2).is_err(), "{token}");
        }
    }
}
