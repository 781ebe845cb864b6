//! The one place that writes to the terminal.

use std::error::Error;
use std::fmt::Display;
use std::io::{self, Write};

use anstream::AutoStream;

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

    /// What went wrong and why, on stderr: the whole chain of causes.
    pub fn error(&mut self, error: &dyn Error) {
        writeln!(self.stderr, "error: {error}").ok();
        for cause in std::iter::successors(error.source(), |cause| (*cause).source()) {
            writeln!(self.stderr, "  because: {cause}").ok();
        }
    }
}
