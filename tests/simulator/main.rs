//! What the simulated services do, as the real SDK clients see it, in process and under the simulator's clock: listings,
//! filters, pages, refusals, faults. The formats (every field and every error) are checked with boto3 in tests/wire.
#![cfg(feature = "cli")]

mod backup;
mod backup_copies;
mod backup_jobs;
mod dynamodb;
mod exports_and_imports;
mod faults;
mod redshift;
mod redshift_serverless;
mod s3tables;
mod scenario;
mod scenario_jobs;
mod server;
mod sns;
#[path = "../support/mod.rs"]
mod support;

use aws_smithy_types::DateTime;
use jiff::Timestamp;
use support::account::{REGION, monday, time};
use tidings::simulator::Simulator;

/// An empty account.
fn simulator() -> Simulator {
    Simulator::with_clock(monday())
}

/// The SDK's form of a time.
fn sdk_time(at: Timestamp) -> DateTime {
    DateTime::from_millis(at.as_millisecond())
}

/// How often `operation` was called.
fn calls_of(simulator: &Simulator, operation: &str) -> usize {
    support::account::calls_of(simulator, operation).len()
}
