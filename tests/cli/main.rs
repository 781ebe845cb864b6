//! The command line from outside: the built binary, what it prints and how it exits.
#![cfg(feature = "cli")]

mod account;
mod rehearse;
mod support;
mod watch;
