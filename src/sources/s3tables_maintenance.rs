//! Maintenance of S3 tables: `GetTableMaintenanceJobStatus`
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_s3Buckets_GetTableMaintenanceJobStatus.html>).

use aws_sdk_s3tables::Client;
use aws_sdk_s3tables::operation::get_table_maintenance_job_status::GetTableMaintenanceJobStatusOutput;
use futures_util::future::BoxFuture;

use super::discovery::{Buckets, Table};
use super::sweep::sweep;
use super::{Ask, Fetch, Found, Lazy, required, timestamp, words};
use crate::calls::Calls;
use crate::domain::{Facet, FacetObservation, Observation};
use crate::error::ApiError;

const ACTION: &str = "s3tables:GetTableMaintenanceJobStatus";

pub(super) struct Maintenance {
    client: Lazy<Client>,
    concurrency: usize,
}

impl Maintenance {
    pub(super) const fn new(client: Lazy<Client>, concurrency: usize) -> Self {
        Self { client, concurrency }
    }

    async fn get(&self, calls: Calls<'_>, table: Table) -> Result<Option<Observation>, ApiError> {
        let request = self.client.get_table_maintenance_job_status().table_bucket_arn(table.bucket_arn());
        let request = request.namespace(table.namespace()).name(table.name());
        parse(table, &calls.make(ACTION, || request.clone().send()).await?)
    }
}

impl Fetch for Maintenance {
    fn fetch<'a, 'k: 'a>(&'a self, ask: &'a Ask<'k>, found: &'a mut Found<'k>) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(sweep(ask, found, (Buckets::AsSet, self.concurrency), None, move |table| self.get(ask.calls, table)))
    }
}

/// `None` for a table without maintenance jobs, and if another table has its name now.
fn parse(table: Table, answer: &GetTableMaintenanceJobStatusOutput) -> Result<Option<Observation>, ApiError> {
    let arn = answer.table_arn();
    if !arn.is_empty() && arn != &**table.arn() {
        return Ok(None);
    }
    let mut facets = Vec::with_capacity(answer.status().len());
    for (job, value) in answer.status() {
        let status = required(ACTION, "status", Some(value.status().as_str()))?;
        facets.push(FacetObservation {
            run: timestamp(value.last_run_timestamp()),
            message: words(value.failure_message()),
            ..FacetObservation::new(Facet::Job(job.as_str().to_owned()), status)
        });
    }
    facets.sort_unstable_by(|a, b| a.facet.cmp(&b.facet));
    Ok((!facets.is_empty()).then(|| Observation {
        subject: table.subject(),
        began_at: None,
        facets,
        awaits_more: false,
    }))
}
