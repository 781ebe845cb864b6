//! The mistakes in a file, each with its place. All of them are found before they are reported.

use std::fmt::Write as _;
use std::ops::Range;

/// How many mistakes are listed at most.
const SHOWN: usize = 25;
/// How much of a line is shown, in characters.
const WIDTH: usize = 100;

/// The mistakes in one text.
#[derive(Debug)]
pub(crate) struct Mistakes<'t> {
    text: &'t str,
    list: Vec<Mistake>,
}

#[derive(Debug)]
struct Mistake {
    span: Range<usize>,
    what: String,
}

impl<'t> Mistakes<'t> {
    pub(crate) fn in_text(text: &'t str) -> Self {
        Self { text, list: Vec::new() }
    }

    /// Adds a mistake: what is wrong with the text in `span`, and how to fix it.
    pub(crate) fn add(&mut self, span: Range<usize>, what: impl Into<String>) {
        self.list.push(Mistake { span, what: what.into() });
    }

    /// Adds text to the last mistake.
    pub(crate) fn amend(&mut self, more: &str) {
        if let Some(last) = self.list.last_mut() {
            last.what.push_str(more);
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.list.len()
    }

    /// All of them in the order of the text, each with its line and column; `None` when there are none.
    pub(crate) fn report(mut self) -> Option<String> {
        if self.list.is_empty() {
            return None;
        }
        self.list.sort_by_key(|mistake| (mistake.span.start, mistake.span.end));
        let mut report = String::new();
        if self.list.len() > 1 {
            let _ = write!(report, "{} mistakes", self.list.len());
        }
        for mistake in self.list.iter().take(SHOWN) {
            if !report.is_empty() {
                report.push('\n');
            }
            self.place(mistake, &mut report);
        }
        if self.list.len() > SHOWN {
            let _ = write!(report, "\nand {} more", self.list.len() - SHOWN);
        }
        Some(report)
    }

    /// The mistake, and below it the line that it is in, with a mark under the part that is wrong.
    fn place(&self, mistake: &Mistake, report: &mut String) {
        let floor = |position: usize| {
            let position = position.min(self.text.len());
            (0..=position).rev().find(|position| self.text.is_char_boundary(*position)).unwrap_or(0)
        };
        let start = floor(mistake.span.start);
        let before = &self.text[..start];
        let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        let column = self.text[begin..start].chars().count() + 1;
        let _ = write!(report, "line {line}, column {column}: {}", mistake.what);
        let shown = self.text[begin..].lines().next().unwrap_or_default();
        if shown.trim().is_empty() || column > WIDTH {
            return;
        }
        let end = floor(mistake.span.end).clamp(start, begin + shown.len().max(start - begin));
        let marks = self.text[start..end].chars().count().clamp(1, (WIDTH + 1 - column).max(1));
        let cut: String = shown.chars().take(WIDTH).map(|letter| if letter == '\t' { ' ' } else { letter }).collect();
        let gutter = line.to_string().len().max(3);
        let _ = write!(report, "\n{line:>gutter$} | {}", cut.trim_end());
        let _ = write!(report, "\n{:>gutter$} | {}{}", "", " ".repeat(column - 1), "^".repeat(marks));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters() {
        let text = "a = 1\nname = \"Überfällig\" # ja\n";
        let mut mistakes = Mistakes::in_text(text);
        mistakes.add(text.find('"').expect("a quote")..text.find(" #").expect("an end"), "no name");
        mistakes.add(0..1, "no key");
        let expected = "2 mistakes\n\
                        line 1, column 1: no key\n  1 | a = 1\n    | ^\n\
                        line 2, column 8: no name\n  2 | name = \"Überfällig\" # ja\n    |        ^^^^^^^^^^^^";
        assert_eq!(mistakes.report().as_deref(), Some(expected));
    }

    #[test]
    fn a_place_beyond_the_text_is_its_end() {
        for text in ["", "a", "a\n"] {
            let mut mistakes = Mistakes::in_text(text);
            mistakes.add(7..9, "ends too early");
            assert!(mistakes.report().expect("a report").contains("ends too early"));
        }
    }
}
