//! Why a command could not do what was asked, and what to do about it.

use std::io;
use std::path::PathBuf;

use super::simulate::SimulateError;
use crate::config::ConfigError;
use crate::error::{ApiError, ErrorKind};
use crate::simulator::{ChangeError, ScenarioError};
use crate::store::StoreError;

/// Exit code 2.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Simulate(#[from] SimulateError),
    #[error("failed to read the scenario {origin}")]
    Scenario { origin: String, source: ScenarioError },
    #[error("the scenario cannot go on")]
    Change(#[from] ChangeError),
    #[error("failed to start")]
    Start(#[from] io::Error),
    #[error("no AWS region is set")]
    NoRegion,
    #[error("failed to find out which AWS account this is")]
    Account { source: ApiError },
    #[error("{0:?} is not the ARN of an SNS topic")]
    TopicArn(String),
    #[error("there is no place for the state file: neither XDG_STATE_HOME nor HOME is set")]
    NoStateDirectory,
    #[error("the state file {} cannot be used: {reason}", .path.display())]
    StateFile { path: PathBuf, reason: String },
    #[error("the state file {} is in use by another tidings", .path.display())]
    StateBusy { path: PathBuf },
    #[error("nothing is tracked yet: there is no state file {}", .path.display())]
    NoState { path: PathBuf },
    #[error("the state cannot be read")]
    Store { source: StoreError },
    #[error("failed to read the cases {}", .path.display())]
    CasesUnreadable { path: PathBuf, source: io::Error },
    #[error("in the cases {origin}: {mistakes}")]
    Cases { origin: String, mistakes: String },
    #[error("the case {case:?} comes out one way or the other, depending on the time")]
    CaseWithoutTime { case: String },
    #[error("no notice {id} waits in an outbox")]
    NoSuchNotice { id: uuid::Uuid },
    #[error("failed to write {}", .path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("nothing could be done: {errors}")]
    NothingDone { errors: String, kind: Option<ErrorKind> },
}

impl CliError {
    /// The way out.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Scenario { .. } => "docs/scenarios.md describes what a scenario may hold",
            Self::NoRegion => "give --region, set AWS_REGION, or set `region` in your AWS profile",
            Self::Account { source } => return of_api(source).map(str::to_owned),
            Self::Store { source: StoreError::Api { table, source } } => {
                return if source.kind == ErrorKind::NotFound {
                    Some(format!("is {table} the table's name, and in this region? `make deploy` creates one"))
                } else {
                    of_api(source).map(str::to_owned)
                };
            }
            Self::TopicArn(_) => "it looks like arn:aws:sns:REGION:ACCOUNT:NAME",
            Self::NoStateDirectory => "give --state FILE, or keep the state in DynamoDB with --table NAME",
            Self::StateFile { .. } => "give another one with --state FILE",
            Self::StateBusy { .. } => {
                "stop the other one, or give this one a state of its own with --state FILE; `tidings status` works \
                 meanwhile"
            }
            Self::NoState { .. } => "run `tidings poll` first, or name the state with --state FILE or --table NAME",
            Self::Config(ConfigError::File { .. }) | Self::Cases { .. } => "docs/settings.md describes every key",
            Self::CaseWithoutTime { .. } => "say when it happens: given = { time = 2026-03-07T23:00:00Z, .. }",
            Self::NoSuchNotice { .. } => {
                "notices that SNS has accepted are no longer stored: look for the id in the mailbox or the queue that got \
                 it; is the state the right one (--state FILE, --table NAME)?"
            }
            Self::NothingDone { kind: Some(kind), .. } => return of_kind(*kind).map(str::to_owned),
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// What to do about a failed call.
fn of_api(error: &ApiError) -> Option<&'static str> {
    of_kind(error.kind)
}

/// What to do about a failure of that kind.
const fn of_kind(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::Credentials => Some(
            "log in again (`aws sso login`), name a profile with --profile, or set AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY",
        ),
        ErrorKind::Denied => Some("allow the action that is named above in the policy of the role or user you run as"),
        ErrorKind::Unavailable | ErrorKind::Timeout => {
            Some("is the network there? AWS_ENDPOINT_URL, if set, must answer")
        }
        _ => None,
    }
}
