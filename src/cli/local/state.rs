//! The state of commands for a real account: a file of the user, or a DynamoDB table.
//!
//! The file is an embedded DynamoDB, so the store is the same as in Lambda. Only one process at a time may write to it: it
//! locks a file beside the state file as long as it runs.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use dynoxide::{Database, DynoxideError};

use crate::cli::account;
use crate::cli::error::CliError;
use crate::dynamodb;
use crate::store::Store;

/// The table in the file.
const TABLE: &str = "tidings";

/// Where the state is.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(in crate::cli) struct StateArgs {
    /// The state file. Default: tidings/state.db in the user's state directory (~/.local/state).
    #[arg(long, value_name = "FILE", conflicts_with = "table")]
    state: Option<PathBuf>,
    /// Keep the state in this DynamoDB table instead of a file. It may be the Lambda function's table.
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
}

/// The opened state.
pub(in crate::cli) struct State {
    pub store: Store,
    /// Held as long as this process may write to the file.
    pub lock: Option<File>,
}

impl State {
    /// Opens the state for writing, creating the file if there is none. `sdk` reaches the table, if it is in one.
    pub fn open(args: &StateArgs, sdk: &SdkConfig) -> Result<Self, CliError> {
        if let Some(table) = &args.table {
            return Ok(Self { store: in_table(table, sdk), lock: None });
        }
        let path = path(args)?;
        let failed = |reason: String| CliError::StateFile { path: path.clone(), reason };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
        }
        let lock = lock(&path)?;
        let database = database(&path)?;
        dynamodb::create_table(&database, TABLE).map_err(|error| failed(error.to_string()))?;
        Ok(Self { store: in_database(&database), lock: Some(lock) })
    }

    /// Opens the state for a dry run. If there is no file, the state is empty and nothing is created.
    pub fn open_to_read(args: &StateArgs, sdk: &SdkConfig) -> Result<Self, CliError> {
        if let Some(table) = &args.table {
            return Ok(Self { store: in_table(table, sdk), lock: None });
        }
        let path = path(args)?;
        let database = if path.exists() { database(&path)? } else { empty_database(&path)? };
        Ok(Self { store: in_database(&database), lock: None })
    }
}

/// Opens the state to change an item of it. The lock is to be held as long as that takes.
pub(in crate::cli) async fn to_change(args: &StateArgs, account: &account::Args) -> Result<State, CliError> {
    if let Some(table) = &args.table {
        let (sdk, _) = account::configure(account).await?;
        return Ok(State { store: in_table(table, &sdk), lock: None });
    }
    let path = path(args)?;
    if !path.exists() {
        return Err(CliError::NoState { path });
    }
    let lock = lock(&path)?;
    Ok(State { store: in_database(&database(&path)?), lock: Some(lock) })
}

/// Opens the state to show it, also while another process writes to it.
pub(in crate::cli) async fn to_show(args: &StateArgs, account: &account::Args) -> Result<Store, CliError> {
    if let Some(table) = &args.table {
        let (sdk, _) = account::configure(account).await?;
        return Ok(in_table(table, &sdk));
    }
    let path = path(args)?;
    if !path.exists() {
        return Err(CliError::NoState { path });
    }
    Ok(in_database(&database(&path)?))
}

fn in_table(table: &str, sdk: &SdkConfig) -> Store {
    Store::new(Client::new(sdk), table)
}

fn in_database(database: &Database) -> Store {
    Store::new(dynamodb::client(database), TABLE)
}

fn database(path: &Path) -> Result<Database, CliError> {
    let opened = Database::new(&path.to_string_lossy());
    opened.map_err(|error| CliError::StateFile { path: path.to_owned(), reason: error.to_string() })
}

fn empty_database(path: &Path) -> Result<Database, CliError> {
    let failed = |error: DynoxideError| CliError::StateFile { path: path.to_owned(), reason: error.to_string() };
    let database = Database::memory().map_err(failed)?;
    dynamodb::create_table(&database, TABLE).map_err(failed)?;
    Ok(database)
}

/// Where the file is, or would be.
fn path(args: &StateArgs) -> Result<PathBuf, CliError> {
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
