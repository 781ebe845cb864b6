//! tidings

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "simulator")]
pub mod simulator;
