//! Globs over short texts: names, ARNs, messages.

use std::sync::OnceLock;

use globset::{Glob, GlobBuilder, GlobMatcher};

use crate::domain::shorten;

/// In characters. Any glob up to that length can be made into an automaton.
const LONGEST: usize = 1_000;

/// A glob over a whole text, without regard to case: `*` is any run of characters, `/` and line breaks included, `?` is
/// one character, `{a,b}` is either.
#[derive(Clone, Debug)]
pub struct Pattern {
    glob: Glob,
    /// Made when it is first needed, which most are not: each is an automaton that costs as much as an eighth of a
    /// process's start.
    matcher: OnceLock<GlobMatcher>,
}

/// Why a text is no glob.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a pattern: {reason}")]
pub struct PatternError {
    text: String,
    reason: String,
}

impl Pattern {
    /// Reads a glob.
    ///
    /// # Errors
    /// A bracket or brace is not closed, say, or it is longer than 1,000 characters.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        if text.chars().count() > LONGEST {
            let reason = format!("it is longer than {LONGEST} characters");
            return Err(PatternError { text: shorten(text, 40), reason });
        }
        let glob = GlobBuilder::new(text).case_insensitive(true).literal_separator(false).build();
        match glob {
            Ok(glob) => Ok(Self { glob, matcher: OnceLock::new() }),
            Err(error) => Err(PatternError { text: text.to_owned(), reason: error.kind().to_string() }),
        }
    }

    /// The glob as it was written.
    pub fn as_str(&self) -> &str {
        self.glob.glob()
    }

    /// Whether the whole of `text` fits.
    pub fn matches(&self, text: &str) -> bool {
        self.matcher.get_or_init(|| self.glob.compile_matcher()).is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.glob == other.glob
    }
}

/// Patterns of which one must fit. None at all fits everything, even what is missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patterns(pub Vec<Pattern>);

impl Patterns {
    /// Whether the text fits.
    pub fn fit(&self, text: Option<&str>) -> bool {
        self.0.is_empty() || text.is_some_and(|text| self.0.iter().any(|pattern| pattern.matches(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_the_whole_text_without_case() {
        let cases = [
            ("prod-*", "prod-orders", true),
            ("prod-*", "my-prod-orders", false),
            ("*access*KMS*", "Insufficient Access\nto kms key arn:aws:kms:x/y", true),
            ("arn:aws:s3tables:*:bucket/lake", "arn:aws:s3tables:us-east-1:123456789012:bucket/lake", true),
            ("{orders,events}", "Events", true),
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
    fn a_pattern_is_as_long_as_can_be_matched_and_no_longer() {
        assert!(Pattern::new(&"*".repeat(LONGEST)).expect("a pattern").matches("\n"));
        for piece in ["?", "ä", "{a,b}", "[a-z]"] {
            let text = piece.repeat(LONGEST / piece.chars().count());
            assert!(!Pattern::new(&text).expect("a pattern").matches(""), "{piece}");
        }
        let error = Pattern::new(&"a".repeat(LONGEST + 1)).expect_err("too long").to_string();
        assert!(error.ends_with("is not a pattern: it is longer than 1000 characters"), "{error}");
    }
}
