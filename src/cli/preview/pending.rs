//! Finds a notice by its id in the outboxes of a state.

use uuid::Uuid;

use crate::cli::account;
use crate::cli::error::CliError;
use crate::cli::local;
use crate::domain::Notice;

/// The notice of that id. Only those that wait are stored: once SNS has accepted a notice, it is gone from here.
pub(super) async fn find(id: Uuid, state: &local::StateArgs, account: &account::Args) -> Result<Notice, CliError> {
    let store = local::to_show(state, account).await?;
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
