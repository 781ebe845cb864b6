//! What people do with a deployment besides being told: they silence failures, and look up what they were told.
//!
//! Everything here reads the whole state table, so no pass uses it. The command line and the function's handler do.

mod history;
mod silence;

pub use history::{Entry, find_notice, history};
pub use silence::{SilenceError, SilenceRequest, Silenced, silence, silenced, unsilence};
