//! Escapes text for shells and URIs.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Every character except the unreserved ones of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(in crate::publish) fn uri_component(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// One word for a POSIX shell.
pub(in crate::publish) fn shell_word(text: &str) -> String {
    // A word cannot contain a NUL.
    shlex::try_quote(&text.replace('\0', "")).map(Cow::into_owned).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::shell_word;

    #[test]
    fn odd_names_are_quoted_for_the_shell() {
        for text in ["arn:aws:s3tables:us-east-1:1:bucket/lake", "a; rm -rf ~", "it's", "", "$(date) `date`", "a\0b"] {
            let words = shlex::split(&format!("aws {}", shell_word(text))).expect("words");
            assert_eq!(words, ["aws", text.replace('\0', "").as_str()], "{text}");
        }
        assert_eq!(shell_word("arn:aws:s3tables:us-east-1:1:bucket/lake"), "arn:aws:s3tables:us-east-1:1:bucket/lake");
    }
}
