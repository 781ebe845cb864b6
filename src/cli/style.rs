//! The styles of what is printed.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

/// What stands out.
pub(super) const BOLD: Style = Style::new().bold();
/// What may be passed over.
pub(super) const DIM: Style = Style::new().dimmed();
/// What went wrong.
pub(super) const RED: Style = AnsiColor::Red.on_default().bold();
/// What needs a look.
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default();
/// What went well.
pub(super) const GREEN: Style = AnsiColor::Green.on_default();

/// `text` in `style`.
pub(super) fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}
