//! Globs for names, ARNs and messages.

use std::sync::OnceLock;

use globset::{Glob, GlobBuilder, GlobMatcher};

use crate::domain::shorten;

/// In characters. Every glob of at most this length can be compiled.
const LONGEST: usize = 1_000;

/// A glob that must match the whole text. Case makes no difference. `*` matches any characters, including `/` and line
/// breaks, `?` matches one character, and `{a,b}` matches either.
#[derive(Clone, Debug)]
pub struct Pattern {
    glob: Glob,
    /// Compiled when it is first needed, because most are never needed, and compiling one takes up to an eighth of the
    /// start of a process.
    matcher: OnceLock<GlobMatcher>,
}

/// Why a text is not a valid glob.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a pattern: {reason}")]
pub struct PatternError {
    text: String,
    reason: String,
}

impl Pattern {
    /// Parses a glob.
    ///
    /// # Errors
    /// The glob is longer than 1,000 characters, or its syntax is wrong, such as a brace that is not closed.
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

    /// The glob as the user wrote it.
    pub fn as_str(&self) -> &str {
        self.glob.glob()
    }

    pub fn matches(&self, text: &str) -> bool {
        self.matcher.get_or_init(|| self.glob.compile_matcher()).is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.glob == other.glob
    }
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
    fn every_pattern_of_the_greatest_length_can_be_compiled() {
        assert!(Pattern::new(&"*".repeat(LONGEST)).expect("a pattern").matches("\n"));
        for piece in ["?", "ä", "{a,b}", "[a-z]"] {
            let text = piece.repeat(LONGEST / piece.chars().count());
            assert!(!Pattern::new(&text).expect("a pattern").matches(""), "{piece}");
        }
        let error = Pattern::new(&"a".repeat(LONGEST + 1)).expect_err("too long").to_string();
        assert!(error.ends_with("is not a pattern: it is longer than 1000 characters"), "{error}");
    }
}
