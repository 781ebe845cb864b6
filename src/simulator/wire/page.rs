//! Pages and the opaque tokens between them.
//!
//! A token holds the sort key of the last item handed out, so a listing stays
//! sound while items come and go between its pages.

use std::cmp::Ordering;
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
    items: Vec<(String, T)>,
    listing: &str,
    token: Option<&str>,
    size: usize,
) -> Result<Page<T>, BadToken> {
    page_in_order(items, listing, token, size, str::cmp)
}

/// The page of `items` after `token`, in the reverse order of their keys.
pub(super) fn page_reversed<T>(
    items: Vec<(String, T)>,
    listing: &str,
    token: Option<&str>,
    size: usize,
) -> Result<Page<T>, BadToken> {
    page_in_order(items, listing, token, size, |one, other| other.cmp(one))
}

fn page_in_order<T>(
    mut items: Vec<(String, T)>,
    listing: &str,
    token: Option<&str>,
    size: usize,
    order: fn(&str, &str) -> Ordering,
) -> Result<Page<T>, BadToken> {
    let after = token.map(|token| open(listing, token)).transpose()?;
    items.retain(|(key, _)| after.as_ref().is_none_or(|after| order(key, after).is_gt()));
    items.sort_by(|(one, _), (other, _)| order(one, other));
    let next = (items.len() > size).then(|| seal(listing, &items[size - 1].0));
    items.truncate(size);
    Ok(Page { items: items.into_iter().map(|(_, item)| item).collect(), next })
}

/// The token for what follows `key`. Line feeds fill it up to a multiple of 16 digits, which `ListImports` of DynamoDB
/// demands.
pub(super) fn seal(listing: &str, key: &str) -> String {
    let mut text = format!("{listing}\n{key}");
    while text.len() % 8 != 0 {
        text.push('\n');
    }
    let mut token = String::new();
    for byte in text.bytes() {
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
    let key = text.as_deref().and_then(|text| text.strip_prefix(listing)?.strip_prefix('\n'));
    key.map(|key| key.trim_end_matches('\n').to_owned()).ok_or(BadToken)
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
    fn reversed_pages_go_from_the_last_to_the_first() {
        let first = checked(page_reversed(letters(), "Letters", None, 2));
        assert_eq!(first.items, ['e', 'd']);
        let second = checked(page_reversed(letters(), "Letters", first.next.as_deref(), 9));
        assert_eq!(second.items, ['c', 'b', 'a']);
        assert_eq!(second.next, None);
    }

    #[test]
    fn tokens_are_groups_of_sixteen_digits_and_give_their_key_back() {
        for key in ["", "1", "1234567", "12345678", "two\nlines"] {
            let token = seal("Letters", key);
            assert_eq!(token.len() % 16, 0, "{token}");
            assert_eq!(open("Letters", &token).ok().as_deref(), Some(key));
        }
    }

    #[test]
    fn foreign_tokens_are_refused() {
        let other = seal("Numbers", "1");
        for token in ["x", "zz", "", "4c", "é", other.as_str()] {
            assert!(page(letters(), "Letters", Some(token), 2).is_err(), "{token}");
        }
    }
}
