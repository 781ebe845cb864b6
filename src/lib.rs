//! tidings
pub mod domain;
pub mod publish;
