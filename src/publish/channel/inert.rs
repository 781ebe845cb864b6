//! Makes text from others harmless in chat: it must not become a link, a mention or markup.
//!
//! Slack reads `<...>` as links and mentions, reads `&lt;` as an escaped `<`, and turns addresses into links
//! (<https://docs.slack.dev/messaging/formatting-message-text>). Teams reads `[text](address)` as Markdown. Amazon Q
//! does not document what it escapes, so escaping here could have the wrong result. Instead, each character that could
//! begin markup is replaced by one that looks similar, and an address is written as security advisories do:
//! `https[:]//evil[.]example`.
//!
//! A bare name such as `evil.example` stays as it is, because it looks like `public.orders`. If an application turns it
//! into a link, readers see where the link goes.

/// For text outside code.
pub(in crate::publish) fn inert(text: &str) -> String {
    neutralise(text, false)
}

/// For text between backticks or in a code block, where `*`, `_` and `~` are not markup and should stay as they are.
pub(super) fn inert_code(text: &str) -> String {
    neutralise(text, true)
}

/// For the sentences of tidings, in which commands and settings are between backticks.
pub(super) fn inert_sentence(text: &str) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    // A last backtick without a partner does not begin code.
    let closed = pieces.len() - (pieces.len() + 1) % 2;
    let piece = |(position, piece): (usize, &&str)| match position % 2 {
        1 if position < closed => format!("`{}`", inert_code(piece)),
        // The backtick must leave something: without it, `:` before it and `//` after it would make an address.
        1 => format!("'{}", inert(piece)),
        _ => inert(piece),
    };
    pieces.iter().enumerate().map(piece).collect()
}

fn neutralise(text: &str, in_code: bool) -> String {
    let mut inert = String::with_capacity(text.len());
    let mut address_ends_at = 0;
    let mut before = None;
    for (at, c) in text.char_indices() {
        let after = &text[at + c.len_utf8()..];
        let next = after.chars().next();
        let in_word = is_letter(before) && is_letter(next);
        match c {
            '<' => inert.push('＜'),
            '@' => inert.push('＠'),
            '`' => inert.push('\''),
            '&' if is_entity(after) => inert.push('＆'),
            '(' if inert.ends_with(']') => inert.push_str(" ("),
            ':' if after.starts_with("//") => {
                address_ends_at = at + c.len_utf8() + word(after);
                inert.push_str("[:]");
            }
            '.' if is_www(&text[..at]) && next.is_some_and(char::is_alphanumeric) => {
                address_ends_at = at + c.len_utf8() + word(after);
                inert.push_str("[.]");
            }
            '.' if at < address_ends_at => inert.push_str("[.]"),
            '*' if !in_code => inert.push('＊'),
            '~' if !in_code => inert.push('～'),
            // Inside a word, it is not markup.
            '_' if !in_word && !in_code => inert.push('＿'),
            _ => inert.push(c),
        }
        before = Some(c);
    }
    inert
}

/// The number of bytes before the next whitespace.
fn word(text: &str) -> usize {
    text.find(char::is_whitespace).unwrap_or(text.len())
}

fn is_www(before: &str) -> bool {
    before.get(before.len().saturating_sub(3)..).is_some_and(|end| end.eq_ignore_ascii_case("www"))
}

/// `lt;`, `#60;`.
fn is_entity(after: &str) -> bool {
    let name = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '#');
    name.is_some_and(|end| end > 0 && after[end..].starts_with(';'))
}

fn is_letter(c: Option<char>) -> bool {
    c.is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backtick_without_a_partner_joins_nothing() {
        assert_eq!(inert_sentence("Allow arn:`//evil.example"), "Allow arn:'//evil.example");
    }

    #[test]
    fn nothing_becomes_a_link_a_mention_or_markup() {
        let cases = [
            // Slack's links and mentions, written out and escaped.
            ("<https://evil.example|AWS console>", "＜https[:]//evil[.]example|AWS console>"),
            ("<!channel> <!here> <!subteam^S1>", "＜!channel> ＜!here> ＜!subteam^S1>"),
            ("<@U123> in <#C123>", "＜＠U123> in ＜#C123>"),
            ("&lt;!here&gt; &#60;!here&#62; &amp;lt;", "＆lt;!here＆gt; ＆#60;!here＆#62; ＆amp;lt;"),
            ("R&D & more;", "R&D & more;"),
            // Plain mentions and mail addresses.
            ("@here, @channel and @everyone", "＠here, ＠channel and ＠everyone"),
            ("user@example.com", "user＠example.com"),
            // Markdown's links.
            ("[AWS console](https://evil.example)", "[AWS console] (https[:]//evil[.]example)"),
            ("![](x) [a]((b)", "![] (x) [a] ((b)"),
            // Addresses by themselves.
            ("see https://evil.example/a.b?c=d.e", "see https[:]//evil[.]example/a[.]b?c=d[.]e"),
            ("http://a.example/http://b.example", "http[:]//a[.]example/http[:]//b[.]example"),
            ("s3://lake/x.parquet", "s3[:]//lake/x[.]parquet"),
            ("https://evil.(x)", "https[:]//evil[.] (x)"),
            ("WWW.evil.example", "WWW[.]evil[.]example"),
            ("arn:aws:iam::123456789012:role/x", "arn:aws:iam::123456789012:role/x"),
            // Emphasis.
            ("*bold* ~gone~ _italic_", "＊bold＊ ～gone～ ＿italic＿"),
            ("dev.public.orders_daily -> a_b", "dev.public.orders_daily -> a_b"),
            ("`code` ```fence```", "'code' '''fence'''"),
        ];
        for (text, expected) in cases {
            assert_eq!(inert(text), expected);
            assert_eq!(inert(expected), expected, "twice is once");
        }
    }

    #[test]
    fn code_keeps_what_is_no_markup_there() {
        assert_eq!(inert_code("arn:aws:s3:::lake/*, a__b, ~x"), "arn:aws:s3:::lake/*, a__b, ~x");
        assert_eq!(inert_code("<!here> ``` https://evil.example"), "＜!here> ''' https[:]//evil[.]example");
    }

    #[test]
    fn a_sentence_keeps_its_own_code() {
        let cases = [
            ("Set `exclude = [\"a/**\"]` or *not*.", "Set `exclude = [\"a/**\"]` or ＊not＊."),
            ("`aws x <y>` for _z_", "`aws x ＜y>` for ＿z＿"),
            ("an open `one", "an open 'one"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(inert_sentence(text), expected);
        }
    }
}
