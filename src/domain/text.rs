//! Shortens text that people read.

/// Returns `text`, or the beginning of it with a mark that says how many characters are missing, in at most
/// `max_bytes`. Never splits a character. If `max_bytes` is too small for the mark, the result is the mark alone.
pub fn shorten(text: &str, max_bytes: usize) -> String {
    if text.len() <= max_bytes {
        return text.to_owned();
    }
    // The length of the mark depends on the number in it. The number of all characters is at least as long.
    let total = text.chars().count();
    let room = max_bytes.saturating_sub(mark(total).len());
    let end = (0..=room).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let kept = text[..end].trim_end();
    format!("{kept}{}", mark(total - kept.chars().count()))
}

fn mark(left_out: usize) -> String {
    format!(" … [{left_out} more characters]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_text_is_left_alone() {
        assert_eq!(shorten("Insufficient access", 100), "Insufficient access");
    }

    #[test]
    fn the_mark_says_how_much_is_missing() {
        assert_eq!(shorten(&"a".repeat(60), 40), format!("{} … [45 more characters]", "a".repeat(15)));
    }

    proptest::proptest! {
        #[test]
            fn any_text_fits_and_every_missing_character_is_counted(text in "\\PC{0,400}", max in 30_usize..300) {
            let short = shorten(&text, max);
            proptest::prop_assert!(short.len() <= max);
            if text.len() > max {
                let (kept, rest) = short.rsplit_once(" … [").expect("a mark");
                let count: usize = rest.trim_end_matches(" more characters]").parse().expect("a count");
                proptest::prop_assert!(text.starts_with(kept));
                proptest::prop_assert_eq!(kept.chars().count() + count, text.chars().count());
            }
        }
    }
}
