//! Finds status messages that say the same about different things. AWS names the table, the key or the request in each.

/// Replaces the words that the messages do not have in common.
const GAP: &str = "…";

/// The message with a gap for every word that looks like a name: an id, an ARN, a path, a number or a quoted word.
/// Messages with the same result probably have the same cause.
pub(super) fn likeness(message: &str) -> String {
    let words: Vec<&str> = message.split_whitespace().map(|word| if is_name(word) { GAP } else { word }).collect();
    words.join(" ")
}

/// What similar messages have in common: the words that are the same in all, and a gap for the others.
pub(super) fn common<'a>(messages: impl IntoIterator<Item = &'a str>) -> String {
    let mut messages = messages.into_iter();
    let mut words: Vec<&str> = messages.next().unwrap_or_default().split_whitespace().collect();
    for message in messages {
        let mut others = message.split_whitespace();
        for word in &mut words {
            if others.next() != Some(word) {
                *word = GAP;
            }
        }
    }
    // Two gaps in a row mean no more than one.
    words.dedup_by(|later, earlier| *later == GAP && *earlier == GAP);
    words.join(" ")
}

/// Whether a word looks like a name.
fn is_name(word: &str) -> bool {
    let is_quoted = word.contains(['"', '\'', '`', '“', '”']);
    let core = word.trim_matches(|c: char| !c.is_alphanumeric());
    is_quoted && !core.is_empty() && !is_short_form(word)
        || core.contains(|c: char| c.is_ascii_digit() || "/:_.@=".contains(c))
}

/// `doesn't`, `table's`: an apostrophe between letters is not a quote.
fn is_short_form(word: &str) -> bool {
    let trimmed = word.trim_matches(['.', ',', ';', ':', '!', '?', ')', '(']);
    let ends = trimmed.starts_with(|c: char| c.is_alphabetic()) && trimmed.ends_with(|c: char| c.is_alphabetic());
    ends && !trimmed.contains(['"', '`', '“', '”'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_differ_only_in_names_are_similar() {
        let alike = [
            (
                "Insufficient access to KMS key arn:aws:kms:us-east-1:1:key/0a1b for table sales.orders.",
                "Insufficient access to KMS key arn:aws:kms:us-east-1:1:key/0a1b for table sales.events.",
                "Insufficient access to KMS key arn:aws:kms:us-east-1:1:key/0a1b for table …",
            ),
            (
                "Table 'a' isn't there (request 8f2a1c3e)",
                "Table 'b' isn't there (request 5b7d4e21)",
                "Table … isn't there (request …",
            ),
            ("Access denied.", "Access denied.", "Access denied."),
        ];
        for (one, other, together) in alike {
            assert_eq!(likeness(one), likeness(other), "{one}");
            assert_eq!(common([one, other]), together);
            assert_eq!(common([one]), one);
        }
    }

    #[test]
    fn messages_that_say_different_things_are_not() {
        assert_ne!(likeness("The key is disabled"), likeness("The key is missing"));
        assert_ne!(likeness("Access denied"), likeness("Access denied to a key"));
        assert_eq!(common([]), "");
    }
}
