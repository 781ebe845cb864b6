//! Globs over short texts: names, ARNs, messages.

use globset::{GlobBuilder, GlobMatcher};

/// A glob over a whole text, without regard to case: `*` is any run of characters, `/` and line breaks included, `?` is
/// one character, `{a,b}` is either.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    matcher: GlobMatcher,
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
    /// A bracket or brace is not closed, say.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let glob = GlobBuilder::new(text).case_insensitive(true).literal_separator(false).build();
        match glob {
            Ok(glob) => Ok(Self { text: text.to_owned(), matcher: glob.compile_matcher() }),
            Err(error) => Err(PatternError { text: text.to_owned(), reason: error.kind().to_string() }),
        }
    }

    /// The glob as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole of `text` fits.
    pub fn matches(&self, text: &str) -> bool {
        self.matcher.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
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
}
