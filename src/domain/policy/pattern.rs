//! Globs for names, ARNs, messages and paths.

use crate::domain::shorten;

/// A glob that must match the whole text. `?` matches one ASCII character, `[a-z]` one of these, and `{a,b}` either. A character after
/// `\` has no special meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    /// As the library needs it.
    glob: String,
    is_for_paths: bool,
}

/// Why a text is not a valid glob.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a pattern: {reason}")]
pub struct PatternError {
    text: String,
    reason: fast_glob::Error,
}

impl Pattern {
    /// Parses a glob for names, ARNs and messages. Case makes no difference. `*` matches any characters, including `/` and
    /// line breaks.
    ///
    /// # Errors
    /// A brace or a bracket is not closed, or there are more than ten pairs of braces.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        Self::parse(text, false)
    }

    /// Parses a glob for paths. `*` stops at a slash, and `**` in the place of a whole name does not.
    ///
    /// # Errors
    /// As for [`Pattern::new`].
    pub fn of_paths(text: &str) -> Result<Self, PatternError> {
        Self::parse(text, true)
    }

    fn parse(text: &str, is_for_paths: bool) -> Result<Self, PatternError> {
        fast_glob::validate(text).map_err(|reason| PatternError { text: shorten(text, 80), reason })?;
        let mut glob = String::with_capacity(text.len() + 1);
        // For the library, an exclamation mark at the start negates, and `\n` is a line break.
        if text.starts_with('!') {
            glob.push('\\');
        }
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let escaped = characters.next_if(|_| character == '\\');
            if escaped.is_none_or(|escaped| !escaped.is_alphanumeric()) {
                glob.push(character);
            }
            glob.extend(escaped);
        }
        let glob = if is_for_paths { glob } else { without_paths(&glob) };
        Ok(Self { text: text.to_owned(), glob, is_for_paths })
    }

    /// The glob as the user wrote it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn matches(&self, text: &str) -> bool {
        if self.is_for_paths {
            fast_glob::glob_match(&self.glob, text)
        } else {
            fast_glob::glob_match(&self.glob, without_paths(text))
        }
    }
}

/// The text, or the glob, in small letters and without slashes, which have a meaning in paths. Letter by letter: in a whole
/// word, the small letter may depend on the next one, which in a glob is `*`.
fn without_paths(text: &str) -> String {
    let plain = |letter| if letter == '/' { '\u{1}' } else { letter };
    text.chars().flat_map(char::to_lowercase).map(plain).collect()
}

/// Patterns of which at least one must match. An empty list matches everything, also a text that does not exist.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patterns(pub Vec<Pattern>);

impl Patterns {
    pub fn fit(&self, text: Option<&str>) -> bool {
        self.0.is_empty() || text.is_some_and(|text| self.0.iter().any(|pattern| pattern.matches(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_the_whole_text_and_case_makes_no_difference() {
        let cases = [
            ("prod-*", "prod-orders", true),
            ("prod-*", "my-prod-orders", false),
            ("*access*KMS*", "Insufficient Access\nto kms key arn:aws:kms:x/y", true),
            ("arn:aws:s3tables:*:bucket/lake", "arn:aws:s3tables:us-east-1:123456789012:bucket/lake", true),
            ("{orders,events}", "Events", true),
            ("*-zürich", "PROD-ZÜRICH", true),
            ("ΟΔΟΣ*", "ΟΔΟΣΑ", true),
            ("orders", "orders2", false),
        ];
        for (pattern, text, expected) in cases {
            let read = Pattern::new(pattern).expect("a pattern");
            assert_eq!(read.matches(text), expected, "{pattern} over {text}");
            assert_eq!(read == Pattern::new("orders").expect("a pattern"), pattern == "orders");
        }
        let error = Pattern::new("{a,b").expect_err("an open brace").to_string();
        assert!(error.starts_with("\"{a,b\" is not a pattern"), "{error}");
    }

    #[test]
    fn in_paths_a_star_stops_at_a_slash() {
        let cases = [
            ("lake/sales/*", "lake/sales/orders", true),
            ("lake/*", "lake/sales/orders", false),
            ("lake/**", "lake/sales/orders", true),
            ("**/tmp_*", "lake/sales/tmp_1", true),
            ("**", "lake/sales/orders", true),
            ("*/{sales,events}/*", "lake/events/clicks", true),
            ("Lake/**", "lake/sales/orders", false),
        ];
        for (pattern, path, expected) in cases {
            let read = Pattern::of_paths(pattern).expect("a pattern");
            assert_eq!(read.matches(path), expected, "{pattern} over {path}");
        }
    }

    #[test]
    fn special_characters_can_be_ordinary_ones() {
        let cases = [
            ("!prod", "!prod", true),
            ("!prod", "staging", false),
            ("!{a,b}", "!b", true),
            (r"\*", "*", true),
            (r"\*", "a", false),
            (r"[*]", "*", true),
            (r"DOMAIN\Tables", "domaintables", true),
            (r"a\\n", r"A\N", true),
            ("}", "}", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(Pattern::new(pattern).expect("a pattern").matches(text), expected, "{pattern} over {text}");
            assert_eq!(Pattern::of_paths(pattern).expect("a pattern").as_str(), pattern);
        }
        for mistake in ["[a", "{a", r"a\", "!{a"] {
            Pattern::new(mistake).expect_err(mistake);
            Pattern::of_paths(mistake).expect_err(mistake);
        }
    }
}
