//! tidings
pub mod domain;
