//! Scenario tests: the real pass, the real SDK clients and the real store against the simulator, in process and under a
//! paused clock. Each test plays a world through time and asserts on what people are told.

mod availability;
mod backup;
mod backup_jobs;
mod delivery;
mod digests;
mod dynamodb;
mod expiration;
mod full;
mod further_jobs;
mod history;
mod late;
mod maintenance;
mod metrics;
mod pace;
mod partial;
mod permissions;
mod redshift;
mod replication;
mod report;
mod rules;
mod scale;
mod scopes;
mod serverless;
mod silences;
mod stage;
mod stored;
mod storm;
#[path = "../support/mod.rs"]
mod support;
mod template;
mod upgrade;
