//! Amazon Redshift table restores: `DescribeTableRestoreStatus`
//! (<https://docs.aws.amazon.com/redshift/latest/APIReference/API_DescribeTableRestoreStatus.html>).
//!
//! The documentation contradicts itself about a call without an id: it returns all requests, or only those in progress. So
//! every page is read to find requests, and known unfinished requests that are not listed are read by id.

use std::borrow::Cow;

use aws_sdk_redshift::Client;
use aws_sdk_redshift::operation::describe_table_restore_status::DescribeTableRestoreStatusOutput as Answer;
use aws_sdk_redshift::operation::describe_table_restore_status::builders::DescribeTableRestoreStatusFluentBuilder as Request;
use aws_sdk_redshift::types::{TableRestoreStatus, TableRestoreStatusType};

use super::labels::{Label, labels};
use super::table_restore::TableRestore;
use super::whole_xml::WholeXml;
use super::{Ask, Found, Lazy, ListAndGet, next_page, required};
use crate::calls::Calls;
use crate::domain::{Observation, SubjectId, label};
use crate::error::ApiError;

const END_TAG: &str = "</DescribeTableRestoreStatusResponse>";
const ACTION: &str = "redshift:DescribeTableRestoreStatus";
/// The largest page the API gives.
const PAGE: i32 = 100;

pub(super) struct Redshift {
    client: Lazy<Client>,
}

impl Redshift {
    pub(super) const fn new(client: Lazy<Client>) -> Self {
        Self { client }
    }

    async fn call(&self, calls: Calls<'_>, request: Request) -> Result<Answer, ApiError> {
        let call = || request.clone().customize().interceptor(WholeXml { end_tag: END_TAG });
        calls.make(ACTION, || call().send()).await
    }
}

impl ListAndGet for Redshift {
    const GET_ACTION: &str = ACTION;

    async fn list(&self, ask: &Ask<'_>, found: &mut Found<'_>) -> Result<Vec<SubjectId>, ApiError> {
        let mut token: Option<String> = None;
        loop {
            let request = self.client.describe_table_restore_status().max_records(PAGE).set_marker(token.clone());
            let page = self.call(ask.calls, request).await?;
            for restore in page.table_restore_status_details() {
                found.note_entry(parse(restore));
            }
            token = next_page(ACTION, token.as_deref(), page.marker)?;
            if token.is_none() {
                return Ok(found.missing());
            }
        }
    }

    async fn get(&self, calls: Calls<'_>, id: &str) -> Result<Option<Observation>, ApiError> {
        let request = self.client.describe_table_restore_status().table_restore_request_id(id);
        let answer = self.call(calls, request).await?;
        let restores = answer.table_restore_status_details();
        restores.iter().find(|restore| restore.table_restore_request_id() == Some(id)).map(parse).transpose()
    }
}

/// The labels that this source makes besides those of every table restore.
pub(super) const LABELS: &[Label<TableRestoreStatus>] = &[
    (label::CLUSTER, |restore| restore.cluster_identifier().map(Cow::from)),
    (label::SNAPSHOT, |restore| restore.snapshot_identifier().map(Cow::from)),
];

fn parse(restore: &TableRestoreStatus) -> Result<Observation, ApiError> {
    let restore = TableRestore {
        id: required(ACTION, "TableRestoreRequestId", restore.table_restore_request_id())?,
        status: required(ACTION, "Status", restore.status().map(TableRestoreStatusType::as_str))?,
        message: restore.message(),
        requested: restore.request_time(),
        megabytes: (restore.progress_in_mega_bytes(), restore.total_data_in_mega_bytes()),
        source: [restore.source_database_name(), restore.source_schema_name(), restore.source_table_name()],
        target: [restore.target_database_name(), restore.target_schema_name(), restore.new_table_name()],
        place: restore.cluster_identifier().map(|cluster| format!("on cluster {cluster}")),
        labels: labels(LABELS, restore),
    };
    Ok(restore.observation())
}
