//! What people do with a deployment besides being told: they silence failures, look up what they were told, and get a
//! report about a week or a month.
//!
//! Everything here reads the whole state, so a pass uses it only to send the report. The command line and the function's
//! handler use it when somebody asks.

mod history;
mod report;
mod restore_test;
mod silence;

pub use history::{Entry, find_notice, history};
pub use report::{Gathering, REMEMBERED, report};
pub use silence::{SilenceError, SilenceRequest, Silenced, silence, silenced, unsilence};
