//! Many accounts and regions: the whole product against the simulator, in process and under a paused clock.
//!
//! `stage.rs` has an organization, the queues with what SQS may do to messages, and the invocations that Lambda makes.

#![recursion_limit = "256"] // The future of an invocation has that many futures inside.

mod access;
mod discovery;
mod isolation;
mod messages;
mod metrics;
mod queues;
mod report;
mod stage;
#[path = "../support/mod.rs"]
mod support;
