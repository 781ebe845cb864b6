//! The real `bootstrap` process, driven over the Lambda Runtime API as Lambda drives it.
//!
//! The Runtime API is a small server of these tests' own; the AWS services, SNS and DynamoDB are the simulator on a
//! loopback port of the test process. The function gets an otherwise empty environment. Nothing leaves the machine,
//! and each test has a simulator and a process of its own.
#![cfg(feature = "simulator")]

mod backup_hints;
mod connections;
mod contract;
mod deadline;
mod denied;
mod dry_run;
mod function;
mod logs;
mod metrics;
mod proxy;
mod refused_events;
mod retries;
mod runtime_api;
mod sample_events;
mod settings;
mod silences;
mod socket;
mod stage;
#[path = "../support/mod.rs"]
mod support;
mod targets;
mod ticks;
mod widget;

use serde_json::{Value, json};
use support::account::{ACCOUNT, REGION};

const SOURCES: [&str; 5] =
    ["redshift", "redshift-serverless", "backup", "s3tables-replication", "s3tables-maintenance"];

/// One of the sample events.
fn sample(name: &str) -> Value {
    let path = sample_events::folder().join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A tick of an `EventBridge` rule.
fn tick() -> Value {
    sample("schedule.json")
}

/// A manual pass over these sources.
fn pass_over(sources: &[&str]) -> Value {
    json!({"command": "pass", "sources": sources})
}
