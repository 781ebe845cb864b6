//! Redshift Serverless table restores: `ListTableRestoreStatus` and `GetTableRestoreStatus`
//! (<https://docs.aws.amazon.com/redshift-serverless/latest/APIReference/API_GetTableRestoreStatus.html>).

use std::borrow::Cow;

use aws_sdk_redshiftserverless::Client;
use aws_sdk_redshiftserverless::types::TableRestoreStatus;

use super::labels::{Label, labels};
use super::table_restore::TableRestore;
use super::{Ask, Found, Lazy, ListAndGet, next_page, required};
use crate::calls::Calls;
use crate::domain::{Observation, SubjectId, label};
use crate::error::ApiError;

const LIST: &str = "redshift-serverless:ListTableRestoreStatus";
const GET: &str = "redshift-serverless:GetTableRestoreStatus";
/// The largest page the API gives.
const PAGE: i32 = 100;

pub(super) struct RedshiftServerless {
    client: Lazy<Client>,
}

impl RedshiftServerless {
    pub(super) const fn new(client: Lazy<Client>) -> Self {
        Self { client }
    }
}

impl ListAndGet for RedshiftServerless {
    const GET_ACTION: &str = GET;

    /// Reads every page. If the service no longer accepts a page token, the listing starts again, once.
    async fn list(&self, ask: &Ask<'_>, found: &mut Found<'_>) -> Result<Vec<SubjectId>, ApiError> {
        let mut token: Option<String> = None;
        let mut restarted = false;
        loop {
            let request = self.client.list_table_restore_status().max_results(PAGE).set_next_token(token.clone());
            let page = match ask.calls.make(LIST, || request.clone().send()).await {
                Err(error) if error.code.as_deref() == Some("InvalidPaginationException") && !restarted => {
                    tracing::warn!(error = %error, "{LIST} no longer accepts its page token; listing once more");
                    restarted = true;
                    token = None;
                    continue;
                }
                answer => answer?,
            };
            for restore in page.table_restore_statuses() {
                found.note_entry(parse(LIST, restore));
            }
            token = next_page(LIST, token.as_deref(), page.next_token)?;
            if token.is_none() {
                return Ok(found.missing());
            }
        }
    }

    async fn get(&self, calls: Calls<'_>, id: &str) -> Result<Option<Observation>, ApiError> {
        let request = self.client.get_table_restore_status().table_restore_request_id(id);
        let answer = calls.make(GET, || request.clone().send()).await?;
        let restore = answer
            .table_restore_status()
            .ok_or_else(|| ApiError::malformed(GET, "an answer without tableRestoreStatus"))?;
        parse(GET, restore).map(Some)
    }
}

/// The labels that this source makes besides those of every table restore.
pub(super) const LABELS: &[Label<TableRestoreStatus>] = &[
    (label::NAMESPACE, |restore| restore.namespace_name().map(Cow::from)),
    (label::WORKGROUP, |restore| restore.workgroup_name().map(Cow::from)),
    (label::SNAPSHOT, |restore| restore.snapshot_name().map(Cow::from)),
    (label::RECOVERY_POINT, |restore| restore.recovery_point_id().map(Cow::from)),
];

fn parse(action: &'static str, restore: &TableRestoreStatus) -> Result<Observation, ApiError> {
    let restore = TableRestore {
        id: required(action, "tableRestoreRequestId", restore.table_restore_request_id())?,
        status: required(action, "status", restore.status())?,
        message: restore.message(),
        requested: restore.request_time(),
        megabytes: (restore.progress_in_mega_bytes(), restore.total_data_in_mega_bytes()),
        source: [restore.source_database_name(), restore.source_schema_name(), restore.source_table_name()],
        target: [restore.target_database_name(), restore.target_schema_name(), restore.new_table_name()],
        place: restore.namespace_name().map(|namespace| format!("in namespace {namespace}")),
        labels: labels(LABELS, restore),
    };
    Ok(restore.observation())
}
