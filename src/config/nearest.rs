//! Suggestions for misspelled words.

use strsim::damerau_levenshtein;

/// The candidate that is written most like `word`, without regard to case; `None` when none of them is much like it.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.trim().to_lowercase().replace('_', "-");
    let distance = |candidate: &str| damerau_levenshtein(&word, &candidate.to_lowercase().replace('_', "-"));
    // A third of the letters may differ; in a short word, one.
    let limit = (word.chars().count() / 3).max(1);
    let measured = candidates.into_iter().map(|candidate| (distance(candidate), candidate));
    measured
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, nearest)| nearest)
}

/// The end of a sentence about an unknown word: the nearest known one, or all of them.
pub(crate) fn suggestion(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(nearest) => format!("did you mean {nearest:?}?"),
        None => format!("it can be {}", listed(known, "or")),
    }
}

/// `a, b and c`.
pub(crate) fn listed(words: &[&str], and: &str) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} {and} {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_near() {
        let known = ["stalled_after", "overdue_after", "look_back", "settle_limit"];
        let cases = [
            ("staled_after", Some("stalled_after")),
            ("overdue-after", Some("overdue_after")),
            ("Look_Back", Some("look_back")),
            ("lookback", Some("look_back")),
            ("colour", None),
            ("", None),
        ];
        for (word, expected) in cases {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
        assert_eq!(suggestion("colour", &["a", "b", "c"]), "it can be a, b or c");
    }
}
