//! Why a command failed, and how to fix it.

use std::io;
use std::path::PathBuf;

use super::simulate::SimulateError;
use crate::config::ConfigError;
use crate::error::{ApiError, ErrorKind};
use crate::operate::SilenceError;
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
    #[error("a change of the scenario failed")]
    Change(#[from] ChangeError),
    #[error("failed to start")]
    Start(#[from] io::Error),
    #[error("no AWS region is set")]
    NoRegion,
    #[error("failed to get the AWS account id")]
    Account { source: ApiError },
    #[error("{0:?} is not the ARN of an SNS topic")]
    TopicArn(String),
    #[error("no directory for the state file: neither XDG_STATE_HOME nor HOME is set")]
    NoStateDirectory,
    #[error("the state file {} cannot be used: {reason}", .path.display())]
    StateFile { path: PathBuf, reason: String },
    #[error("the state file {} is in use by another tidings", .path.display())]
    StateBusy { path: PathBuf },
    #[error("there is no state file {}", .path.display())]
    NoState { path: PathBuf },
    #[error("the state cannot be read")]
    Store(#[from] StoreError),
    #[error("failed to read the cases {}", .path.display())]
    CasesUnreadable { path: PathBuf, source: io::Error },
    #[error("in the cases {origin}: {mistakes}")]
    Cases { origin: String, mistakes: String },
    #[error("the result of the case {case:?} depends on the time, and the case has none")]
    CaseWithoutTime { case: String },
    #[error("no notice in the state has the id {id}")]
    NoSuchNotice { id: uuid::Uuid },
    #[error(transparent)]
    Silence(#[from] SilenceError),
    #[error("the period has no begin before its end")]
    Period,
    #[error("failed to write {}", .path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("nothing could be done: {errors}")]
    NothingDone { errors: String, kind: Option<ErrorKind> },
}

impl CliError {
    /// How to fix it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Scenario { .. } => "docs/scenarios.md describes scenarios",
            Self::NoRegion => "give --region, set AWS_REGION, or set `region` in your AWS profile",
            Self::Account { source } => return of_api(source).map(str::to_owned),
            Self::Silence(SilenceError::Unknown(_)) => {
                "check that this is the right state (--state FILE, --table NAME); `tidings history` shows the ids"
            }
            Self::Store(StoreError::Api { table, source })
            | Self::Silence(SilenceError::Store(StoreError::Api { table, source })) => {
                return if source.kind == ErrorKind::NotFound {
                    Some(format!("check the name {table} and the region; `make deploy` creates the table"))
                } else {
                    of_api(source).map(str::to_owned)
                };
            }
            Self::TopicArn(_) => "it looks like arn:aws:sns:REGION:ACCOUNT:NAME",
            Self::NoStateDirectory => "give --state FILE, or keep the state in DynamoDB with --table NAME",
            Self::StateFile { .. } => "use another state file with --state FILE",
            Self::StateBusy { .. } => {
                "stop the other process, or use another state file with --state FILE; `tidings status` works meanwhile"
            }
            Self::NoState { .. } => "run `tidings poll` first, or name the state with --state FILE or --table NAME",
            Self::Config(ConfigError::File { .. }) | Self::Cases { .. } => "docs/settings.md describes every key",
            Self::CaseWithoutTime { .. } => "add the time: given = { time = 2026-03-07T23:00:00Z, .. }",
            Self::NoSuchNotice { .. } => {
                "the state remembers the last 30 notices of a subject; also check that this is the right state (--state FILE, \
                 --table NAME)"
            }
            Self::Period => "give a --from that is before --to",
            Self::NothingDone { kind: Some(kind), .. } => return of_kind(*kind).map(str::to_owned),
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// How to fix a failed call.
fn of_api(error: &ApiError) -> Option<&'static str> {
    of_kind(error.kind)
}

/// How to fix an error of that kind.
const fn of_kind(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::Credentials => Some(
            "log in again (`aws sso login`), name a profile with --profile, or set AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY",
        ),
        ErrorKind::Denied => Some("allow the action above in the policy of the role or user that you use"),
        ErrorKind::Unavailable | ErrorKind::Timeout => Some("check the network, and AWS_ENDPOINT_URL if it is set"),
        _ => None,
    }
}
