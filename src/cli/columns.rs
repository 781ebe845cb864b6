//! Text in columns, for a terminal. No line is wider than asked for, and no word is broken over two lines: one that is
//! too long, such as an ARN, loses its middle.

use std::iter::repeat_n;

use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::style::paint;

/// Between two columns.
pub(super) const GAP: usize = 2;
/// Before the first one.
pub(super) const MARGIN: usize = 1;
/// How far a long word is shortened before the end of the text is left out.
const SHORTEST: usize = 12;
/// How long it may be in a text whose end is left out.
const SHORT: usize = 24;

/// A cell: its lines, which are wrapped already.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    lines: Vec<String>,
    style: Style,
    is_number: bool,
}

impl Cell {
    /// Text on the left.
    pub fn text(lines: Vec<String>) -> Self {
        Self { lines, ..Self::default() }
    }

    /// A line on the left.
    pub fn line(line: impl Into<String>) -> Self {
        Self::text(vec![line.into()])
    }

    /// A number, on the right.
    pub fn number(line: impl Into<String>) -> Self {
        Self { is_number: true, ..Self::line(line) }
    }

    /// The same in `style`.
    pub fn painted(self, style: Style) -> Self {
        Self { style, ..self }
    }

    fn width(&self) -> usize {
        self.lines.iter().map(|line| line.width()).max().unwrap_or_default()
    }

    /// One of its lines, in a column of that width.
    fn padded(&self, line: usize, width: usize) -> String {
        let Some(line) = self.lines.get(line) else { return " ".repeat(width) };
        let space = " ".repeat(width.saturating_sub(line.width()));
        let line = if self.style == Style::new() { line.clone() } else { paint(self.style, line) };
        if self.is_number { space + &line } else { line + &space }
    }
}

/// A row, and the lines that stand under it, over all columns.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub cells: Vec<Cell>,
    pub under: Vec<String>,
}

/// The lines of a table: the header, a rule and the rows.
pub(super) fn table(header: &[Cell], rows: &[Row]) -> Vec<String> {
    let width = |column: usize| {
        let all = rows.iter().map(|row| row.cells.as_slice()).chain([header]);
        all.filter_map(|cells| cells.get(column)).map(Cell::width).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let mut lines = side_by_side(header, &widths);
    lines.push(repeat_n('─', full_width(&widths)).collect());
    for row in rows {
        lines.extend(side_by_side(&row.cells, &widths));
        lines.extend(row.under.iter().cloned());
    }
    lines
}

/// How wide a table with columns of these widths is.
pub(super) fn full_width(columns: &[usize]) -> usize {
    MARGIN + columns.iter().sum::<usize>() + GAP * columns.len().saturating_sub(1)
}

fn side_by_side(cells: &[Cell], widths: &[usize]) -> Vec<String> {
    let height = cells.iter().map(|cell| cell.lines.len()).max().unwrap_or_default();
    let line = |line: usize| {
        let cells: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| cell.padded(line, *width)).collect();
        format!("{}{}", " ".repeat(MARGIN), cells.join(&" ".repeat(GAP))).trim_end().to_owned()
    };
    (0..height).map(line).collect()
}

/// `text` in lines of at most `width`, and in at most `most` of them. Long words are shortened as far as that needs. Where
/// that is not enough, the end is left out, and an ellipsis says so.
pub(super) fn fit(text: &str, width: usize, most: usize) -> Vec<String> {
    // What would move the cursor is no more than a space here.
    let is_space = |letter: char| letter.is_whitespace() || letter.is_control();
    let words: Vec<&str> = text.split(is_space).filter(|word| !word.is_empty()).collect();
    let arranged =
        |limits: &[usize]| wrapped(words.iter().zip(limits).map(|(word, limit)| without_middle(word, *limit)), width);
    let all = |limit: usize| vec![limit.min(width); words.len()];
    let longest = words.iter().map(|word| word.width()).max().unwrap_or_default().min(width);
    let Some(limit) = (SHORTEST.min(longest)..=longest).rev().find(|limit| arranged(&all(*limit)).len() <= most) else {
        return cut(arranged(&all(SHORT)), width, most);
    };
    // Some of the words need not be that short.
    let mut limits = all(limit);
    for (position, word) in words.iter().enumerate() {
        let longer = (limit..=word.width().min(width)).rev().find(|longer| {
            limits[position] = *longer;
            arranged(&limits).len() <= most
        });
        limits[position] = longer.unwrap_or(limit);
    }
    arranged(&limits)
}

/// The first `most` of these lines, with an ellipsis at their end.
fn cut(mut lines: Vec<String>, width: usize, most: usize) -> Vec<String> {
    lines.truncate(most);
    if let Some(last) = lines.last_mut() {
        while last.width() >= width.max(1) {
            match last.rfind(' ') {
                Some(space) => last.truncate(space),
                None => drop(last.pop()),
            }
        }
        last.push('…');
    }
    lines
}

fn wrapped(words: impl Iterator<Item = String>, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// A word of at most `limit` columns: its beginning and its end say most.
fn without_middle(word: &str, limit: usize) -> String {
    if word.width() <= limit {
        return word.to_owned();
    }
    let room = limit.saturating_sub(1);
    let tail: String = taken(word.chars().rev(), room / 2).chars().rev().collect();
    format!("{}…{tail}", taken(word.chars(), room - room / 2))
}

/// As many of the letters as `room` has columns for.
fn taken(letters: impl Iterator<Item = char>, room: usize) -> String {
    let mut left = room;
    letters
        .take_while(|letter| {
            let fits = left.checked_sub(letter.width().unwrap_or_default());
            left = fits.unwrap_or_default();
            fits.is_some()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_and_long_ones_lose_their_middle() {
        let arn = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        let text = format!("Insufficient access to the KMS key {arn} used to encrypt the table.");
        let cases: [(usize, usize, &[&str]); 5] = [
            (200, 2, &[&text]),
            (
                80,
                2,
                &[
                    "Insufficient access to the KMS key",
                    "arn:aws:kms:us-east-1:1234…2ab-34cd-56ef-1234567890ab used to encrypt the table.",
                ],
            ),
            (50, 3, &[]),
            (24, 2, &[]),
            (8, 1, &[]),
        ];
        for (width, most, expected) in cases {
            let lines = fit(&text, width, most);
            assert!(!lines.is_empty() && lines.len() <= most, "{lines:#?}");
            assert!(lines.iter().all(|line| line.width() <= width), "{width}: {lines:#?}");
            if !expected.is_empty() {
                assert_eq!(lines, expected);
            }
        }
    }
}
