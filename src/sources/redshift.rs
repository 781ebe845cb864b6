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
use futures_util::future::BoxFuture;

use super::labels::{Label, labels};
use super::table_restore::TableRestore;
use super::whole_xml::WholeXml;
use super::{Ask, Fetch, Found, Lazy, ask_each, next_page, required};
use crate::calls::Calls;
use crate::domain::{Observation, label};
use crate::error::ApiError;

const END_TAG: &str = "</DescribeTableRestoreStatusResponse>";
const ACTION: &str = "redshift:DescribeTableRestoreStatus";
/// The largest page the API gives.
const PAGE: i32 = 100;
/// How many requests are read by id at once.
const CONCURRENCY: usize = 4;

pub(super) struct Redshift {
    client: Lazy<Client>,
}

impl Redshift {
    pub(super) const fn new(client: Lazy<Client>) -> Self {
        Self { client }
    }

    async fn call(&self, calls: Calls<'_>, request: Request) -> Result<Answer, ApiError> {
        let call = || request.clone().customize().interceptor(WholeXml { end_tag: END_TAG });
        calls.make(ACTION, |attempts| call().interceptor(attempts).send()).await
    }

    async fn list(&self, calls: Calls<'_>, found: &mut Found<'_>) -> Result<(), ApiError> {
        let mut token: Option<String> = None;
        loop {
            let request = self.client.describe_table_restore_status().max_records(PAGE).set_marker(token.clone());
            let page = self.call(calls, request).await?;
            for restore in page.table_restore_status_details() {
                found.note_entry(parse(restore));
            }
            token = next_page(ACTION, token.as_deref(), page.marker)?;
            if token.is_none() {
                return Ok(());
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

impl Fetch for Redshift {
    fn fetch<'a, 'k: 'a>(&'a self, ask: &'a Ask<'k>, found: &'a mut Found<'k>) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(async move {
            self.list(ask.calls, found).await?;
            let missing = found.missing();
            ask_each(found, ACTION, missing, CONCURRENCY, |id| async move {
                let answer = self.get(ask.calls, &id).await;
                (id, answer)
            })
            .await
        })
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
