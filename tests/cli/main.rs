//! The command line from outside: the built binary, what it prints and how it exits.
#![cfg(feature = "cli")]

mod account;
mod check;
mod docs;
mod machine;
mod page;
mod preview;
mod rehearse;
mod report;
mod silences;
#[path = "../support/mod.rs"]
mod support;
mod watch;
