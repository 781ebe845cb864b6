//! Where `poll`, `watch` and `status` keep what they know: a file of the user's own, or a DynamoDB table.
//!
//! The file is an embedded DynamoDB, so the store is the same one as in Lambda. One tidings at a time writes to it: a
//! lock on a file beside it is held for as long as the process runs.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::Client;

use super::error::CliError;
use crate::aws;
use crate::domain::Policy;
use crate::simulator::{Clock, Simulator};
use crate::store::Store;

/// The table in the file.
const TABLE: &str = "tidings";
/// The region that the embedded database's clients sign for. It makes no difference.
const REGION: &str = "us-east-1";

/// Where the state is.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// The state file; tidings/state.db in the user's state directory (~/.local/state) unless given.
    #[arg(long, value_name = "FILE", conflicts_with = "table")]
    state: Option<PathBuf>,
    /// Keep the state in this DynamoDB table instead: the one that the Lambda function uses, or one like it.
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,
}

/// State on this machine. Its simulator also stands in for SNS when notices go to the terminal.
pub(super) struct Local {
    pub simulator: Simulator,
    _lock: Option<File>,
}

impl Local {
    /// Opens the state file for writing, creating it if there is none. Nobody else may until this is dropped.
    pub fn open(args: &Args) -> Result<Self, CliError> {
        let path = path(args)?;
        let failed = |reason: String| CliError::StateFile { path: path.clone(), reason };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
        }
        let lock = lock(&path)?;
        let simulator = Simulator::on_file(&path).map_err(|error| failed(error.to_string()))?;
        simulator.create_table(TABLE).map_err(|error| failed(error.to_string()))?;
        Ok(Self { simulator, _lock: Some(lock) })
    }

    /// Opens the state file to look at it, whoever is writing to it.
    pub fn look(args: &Args) -> Result<Self, CliError> {
        let path = path(args)?;
        if !path.exists() {
            return Err(CliError::NoState { path });
        }
        let opened = Simulator::on_file(&path);
        let simulator = opened.map_err(|error| CliError::StateFile { path, reason: error.to_string() })?;
        Ok(Self { simulator, _lock: None })
    }

    /// Opens the state file to look at it; if there is none, a state that knows nothing and that nobody will see again.
    pub fn look_or_nothing(args: &Args) -> Result<Self, CliError> {
        let path = path(args)?;
        if path.exists() {
            return Self::look(args);
        }
        let local = Self::none();
        let created = local.simulator.create_table(TABLE);
        created.map_err(|error| CliError::StateFile { path, reason: error.to_string() })?;
        Ok(local)
    }

    /// No state at all, for when it is in a DynamoDB table.
    pub fn none() -> Self {
        Self { simulator: Simulator::with_clock(Clock::system()), _lock: None }
    }

    /// The store in the file.
    pub fn store(&self) -> Store {
        let sdk = self.simulator.sdk_config(REGION).into_builder();
        let sdk = sdk.retry_config(aws::retries()).timeout_config(aws::timeouts()).build();
        Store::new(Client::new(&sdk), TABLE)
    }
}

/// Makes the topics that rules name, where SNS is simulated: what goes there is printed like everything else.
pub(super) fn make_topics(simulator: &Simulator, policy: &Policy) {
    let mut world = simulator.world();
    for arn in policy.rules.iter().filter_map(|rule| rule.effect.topic_arn.clone()) {
        world.topics.entry(arn).or_default();
    }
}

/// Where the file is, or would be.
fn path(args: &Args) -> Result<PathBuf, CliError> {
    if let Some(path) = &args.state {
        return Ok(path.clone());
    }
    let named = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let folder = named.or_else(|| Some(std::env::home_dir()?.join(".local").join("state")));
    Ok(folder.ok_or(CliError::NoStateDirectory)?.join("tidings").join("state.db"))
}

fn lock(path: &Path) -> Result<File, CliError> {
    let failed = |error: std::io::Error| CliError::StateFile { path: path.to_owned(), reason: error.to_string() };
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let file = File::options().create(true).truncate(false).write(true).open(beside).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(CliError::StateBusy { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}
