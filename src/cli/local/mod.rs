//! What commands for a real account use of this machine where the Lambda function uses AWS: its clock, and a file for the
//! state.

mod state;
mod watcher;

use jiff::Timestamp;

pub(super) use state::{State, StateArgs, to_change, to_show};
pub(super) use watcher::{Watcher, WatcherArgs, require_anything_done};

/// The time.
#[expect(clippy::disallowed_methods, reason = "the command line is an edge: from here on, time is data")]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}
