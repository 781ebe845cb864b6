//! tidings tells people, once and in good words, when an AWS restore, a replication or a table-maintenance job fails or
//! finishes.
//!
//! ```text
//!  schedule / Backup event / manual             reference time, deadline
//!                 │                                    │
//!              handler ──► pass:  collect ──► plan ──► commit ──► publish ──► report
//!                                   │          │         │           │
//!                                sources     domain    store       publish
//!                               (5 files)  (pure fn) (DynamoDB)     (SNS)
//! ```
//!
//! With many accounts and regions, `targets` lists them, assumes their roles, and has the queues between passes.
//!
//! Dependencies point one way: `domain` ← {`sources`, `store`, `publish`} ← `targets` ← `pass` ← {`handler`, `cli`} ←
//! binaries. `operate` stands beside `pass`. `sources`, `store` and `publish` never import each other. ARCHITECTURE.md says more.

pub mod aws;
pub mod calls;
#[cfg(feature = "cli")]
pub mod cli;
pub mod config;
pub mod domain;
#[cfg(feature = "simulator")]
mod dynamodb;
pub mod error;
pub mod handler;
pub mod log;
pub mod metrics;
pub mod operate;
pub mod page;
pub mod pass;
pub mod publish;
pub mod rate_limit;
pub mod report;
#[cfg(any(test, feature = "cli"))]
mod samples;
#[cfg(feature = "simulator")]
pub mod simulator;
pub mod sources;
pub mod store;
pub mod targets;
