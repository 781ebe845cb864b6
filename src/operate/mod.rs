//! What people do with a deployment besides being told: they silence failures, look up what they were told, and get a
//! report about a week or a month.
//!
//! Everything here reads the whole state, so a pass uses it only to send the report. The command line and the function's
//! handler use it when somebody asks.

use jiff::{SignedDuration, Span, SpanRelativeTo};

mod history;
mod report;
mod restore_test;
mod silence;

pub use history::{find_notice, history};
pub use report::{Gathering, REMEMBERED, report};
pub use silence::{SilenceError, SilenceRequest, Silenced, silence, silenced, unsilence};

/// A length of time that somebody wrote, such as `90m` or `3d`. A day has 24 hours.
///
/// # Errors
/// It is no length of time, or it is in months or years, which are not all equally long.
pub fn parse_length(text: &str) -> Result<SignedDuration, jiff::Error> {
    text.parse::<Span>()?.to_duration(SpanRelativeTo::days_are_24_hours())
}
