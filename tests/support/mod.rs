//! What the suites share: the simulated account, and how messages are read and checked. Each suite includes this module
//! with `#[path]` and keeps what only it needs.
#![allow(dead_code, reason = "each suite uses a part of it")]

pub mod account;
pub mod messages;
