//! The only place that writes to the terminal: data on stdout, everything else on stderr. Without a terminal, or with
//! `NO_COLOR`, styles are left out.

use std::error::Error;
use std::fmt::Display;
use std::io::{self, Write};

use anstream::AutoStream;
use anstyle::Style;

use super::columns::fit;
use super::style::{BOLD, GREEN, RED, paint};

/// How wide lines are where neither `COLUMNS` nor a terminal says.
const WIDTH: usize = 120;

/// Writes what people and programs read. A reader that has gone away (a closed
/// pipe) ends the output, not the command.
pub(super) struct Printer {
    stdout: AutoStream<io::Stdout>,
    stderr: AutoStream<io::Stderr>,
}

impl Printer {
    pub fn new() -> Self {
        Self { stdout: anstream::stdout(), stderr: anstream::stderr() }
    }

    /// One line (or several) of data, on stdout, at once.
    pub fn line(&mut self, text: impl Display) {
        if writeln!(self.stdout, "{text}").is_ok() {
            self.stdout.flush().ok();
        }
    }

    /// A sentence, on stdout, in lines that are not wider than the terminal.
    pub fn sentence(&mut self, style: Style, text: &str) {
        for line in fit(text, self.width(), usize::MAX) {
            self.line(paint(style, line));
        }
    }

    /// How many columns a line has: what `COLUMNS` says, or the terminal.
    #[expect(clippy::unused_self, reason = "only code that prints needs the width")]
    pub fn width(&self) -> usize {
        let asked = std::env::var_os("COLUMNS").and_then(|columns| columns.to_str()?.parse().ok());
        let terminal = || terminal_size::terminal_size_of(io::stdout()).map(|(columns, _)| usize::from(columns.0));
        asked.filter(|columns| *columns > 0).or_else(|| terminal().filter(|columns| *columns > 0)).unwrap_or(WIDTH)
    }

    /// Information for people, on stderr.
    pub fn note(&mut self, text: impl Display) {
        writeln!(self.stderr, "{}: {text}", paint(BOLD, "note")).ok();
    }

    /// An error on stderr, with the whole chain of causes and how to fix it.
    pub fn error(&mut self, error: &dyn Error, hint: Option<&str>) {
        writeln!(self.stderr, "{}: {error}", paint(RED, "error")).ok();
        let mut said = error.to_string();
        for cause in std::iter::successors(error.source(), |cause| (*cause).source()) {
            // Some errors repeat their cause.
            let cause = cause.to_string();
            if !said.ends_with(&cause) {
                writeln!(self.stderr, "  because: {cause}").ok();
            }
            said = cause;
        }
        if let Some(hint) = hint {
            writeln!(self.stderr, "{}: {hint}", paint(GREEN, "hint")).ok();
        }
    }
}
