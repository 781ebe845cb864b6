//! A real notice, found by its id in the outboxes of a state.

use uuid::Uuid;

use crate::cli::account;
use crate::cli::error::CliError;
use crate::cli::state::{self, Local};
use crate::domain::Notice;
use crate::store::Store;

/// The notice of that id. Only those that wait are stored: once SNS has accepted a notice, it is gone from here.
pub(super) async fn find(id: Uuid, state: &state::Args, account: &account::Args) -> Result<Notice, CliError> {
    let local = if state.table.is_some() { Local::none() } else { Local::look(state)? };
    let store = match &state.table {
        Some(table) => {
            let (sdk, _) = account::configure(account).await?;
            Store::new(aws_sdk_dynamodb::Client::new(&sdk), table)
        }
        None => local.store(),
    };
    let failed = |source| CliError::Store { source };
    for scope in store.scopes().await.map_err(failed)? {
        let known = store.peek(&scope).await.map_err(failed)?.known;
        let outboxes = known.records.values().map(|tracked| &tracked.outbox).chain([&known.checkpoint.outbox]);
        if let Some(notice) = outboxes.flat_map(|outbox| outbox.notices.values()).find(|notice| notice.id == id) {
            return Ok(notice.clone());
        }
    }
    Err(CliError::NoSuchNotice { id })
}
