//! Makes text safe to display: removes control characters, converts to ASCII, and cuts at a word.

/// Replaces characters that can break emails, XML or terminals. Line ends become `\n`, and tabs become spaces. Other
/// control characters, directional overrides and noncharacters become `U+FFFD`. To do it twice changes nothing more.
pub(in crate::publish) fn clean(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .map(|c| match c {
            '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
            '\t' => ' ',
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// `text` cleaned, on one line, with single spaces.
pub(crate) fn one_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `text` on one line of printable ASCII. A character that has no ASCII spelling becomes `?`.
pub(in crate::publish) fn ascii(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            ' '..='~' => folded.push(c),
            _ => folded.push_str(plain(c)),
        }
    }
    folded
}

/// An ASCII spelling.
const fn plain(c: char) -> &'static str {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '·' | '•' => "-",
        '‘' | '’' | '‚' | '′' => "'",
        '“' | '”' | '„' | '«' | '»' | '″' => "\"",
        '…' => "...",
        '→' => "->",
        '×' => "x",
        'à'..='ã' | 'å' | 'ā' | 'ą' => "a",
        'À'..='Ã' | 'Å' => "A",
        'ä' | 'æ' => "ae",
        'Ä' | 'Æ' => "Ae",
        'ç' | 'ć' | 'č' => "c",
        'Ç' | 'Č' => "C",
        'è'..='ë' | 'ē' | 'ę' | 'ě' => "e",
        'È'..='Ë' => "E",
        'ì'..='ï' | 'ī' => "i",
        'Ì'..='Ï' => "I",
        'ñ' | 'ń' | 'ň' => "n",
        'Ñ' => "N",
        'ò'..='õ' | 'ø' | 'ō' => "o",
        'Ò'..='Õ' | 'Ø' => "O",
        'ö' | 'œ' => "oe",
        'Ö' | 'Œ' => "Oe",
        'ù'..='û' | 'ū' | 'ů' => "u",
        'Ù'..='Û' => "U",
        'ü' => "ue",
        'Ü' => "Ue",
        'ý' | 'ÿ' => "y",
        'ł' => "l",
        'ś' | 'š' => "s",
        'Š' => "S",
        'ß' => "ss",
        'ź' | 'ż' | 'ž' => "z",
        'Ž' => "Z",
        _ => "?",
    }
}

/// The beginning of an ASCII text, in at most `max` characters. If it is cut, it ends in `...`, and after a word if a
/// word ends in the second half.
pub(in crate::publish) fn cut(text: &str, max: usize) -> String {
    debug_assert!(text.is_ascii() && max > 3);
    if text.len() <= max {
        return text.to_owned();
    }
    let room = &text[..max - 3];
    let end = match room.rfind(' ') {
        _ if text.as_bytes()[max - 3] == b' ' => room.len(),
        Some(space) if space >= max / 2 => space,
        _ => room.len(),
    };
    let kept = room[..end].trim_end_matches([' ', ',', ':', ';', '-', '(']);
    format!("{kept}...")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_go_and_line_ends_stay() {
        assert_eq!(clean("a\r\nb\rc\td\0e\u{7f}\u{202e}"), "a\nb\nc d\u{fffd}e\u{fffd}\u{fffd}");
        assert_eq!(one_line(" a\r\n\r\n b\t c "), "a b c");
    }

    #[test]
    fn characters_with_an_ascii_spelling_get_it() {
        assert_eq!(ascii("Größe – “naïve” café…\n数 € x"), "Groesse - \"naive\" cafe... ? ? x");
        assert_eq!(ascii("1\u{a0}000 → 2×3 ‘so’"), "1 000 -> 2x3 'so'");
        assert_eq!(ascii("àåā ÀÅ äæ ÄÆ çć ÇČ ëę ÈË ïī ÌÏ"), "aaa AA aeae AeAe cc CC ee EE ii II");
        assert_eq!(ascii("ñń Ñ õø ÕØ öœ ÖŒ ùů ÙÛ ü Ü ýÿ"), "nn N oo OO oeoe OeOe uu UU ue Ue yy");
        assert_eq!(ascii("ł śš Š ß źż Ž"), "l ss S ss zz Z");
    }

    #[test]
    fn text_is_cut_after_a_word() {
        assert_eq!(cut("table restore of orders", 23), "table restore of orders");
        assert_eq!(cut("table restore of orders", 19), "table restore of...");
        assert_eq!(cut("table restore of orders", 20), "table restore of...");
        assert_eq!(cut(&"a".repeat(30), 10), "aaaaaaa...");
        assert_eq!(cut("in bucket lake (us-east-1)", 19), "in bucket lake...");
    }
}
