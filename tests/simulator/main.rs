//! The simulator as the real SDK clients see it, in process and under its clock.
#![cfg(feature = "cli")]

mod backup;
mod dynamodb;
mod faults;
mod redshift;
mod redshift_serverless;
mod s3tables;
mod scenario;
mod server;
mod sns;

use aws_smithy_types::DateTime;
use jiff::Timestamp;
use tidings::simulator::Simulator;

const REGION: &str = "eu-central-1";

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A simulator on a Monday morning.
fn simulator() -> Simulator {
    Simulator::new(time("2026-03-02T06:00:00Z"))
}

/// The SDK's form of a time.
fn sdk_time(at: Timestamp) -> DateTime {
    DateTime::from_millis(at.as_millisecond())
}

/// How often `operation` was called.
fn calls_of(simulator: &Simulator, operation: &str) -> usize {
    let calls = simulator.calls();
    calls.iter().filter(|call| call.operation == operation).count()
}
