//! Record expiration of S3 tables: `GetTableRecordExpirationJobStatus`
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_s3Buckets_GetTableRecordExpirationJobStatus.html>).
//!
//! Only some tables that AWS manages have it, those of S3 Storage Lens and of `SageMaker` Catalog among them; tables that
//! customers create do not
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-record-expiration.html>). So this source reads the
//! tables in the table buckets of type `aws`, whatever the setting `aws_managed` says.

use aws_sdk_s3tables::Client;
use aws_sdk_s3tables::operation::get_table_record_expiration_job_status::GetTableRecordExpirationJobStatusOutput;
use futures_util::future::BoxFuture;

use super::discovery::{Buckets, Table};
use super::sweep::sweep;
use super::{Ask, Fetch, Found, Lazy, required, timestamp, words};
use crate::calls::Calls;
use crate::domain::{Facet, FacetObservation, Observation};
use crate::error::{ApiError, ErrorKind};

const ACTION: &str = "s3tables:GetTableRecordExpirationJobStatus";
/// The name of the job. The API has no name for it, because it answers about this job only.
const JOB: &str = "recordExpiration";

pub(super) struct Expiration {
    client: Lazy<Client>,
    concurrency: usize,
}

impl Expiration {
    pub(super) const fn new(client: Lazy<Client>, concurrency: usize) -> Self {
        Self { client, concurrency }
    }

    async fn get(&self, calls: Calls<'_>, table: Table) -> Result<Option<Observation>, ApiError> {
        let request = self.client.get_table_record_expiration_job_status().table_arn(&**table.arn());
        let answer = calls.make(ACTION, || request.clone().send()).await;
        match answer {
            Ok(answer) => parse(table, &answer).map(Some),
            Err(error) if has_none(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Fetch for Expiration {
    fn fetch<'a, 'k: 'a>(&'a self, ask: &'a Ask<'k>, found: &'a mut Found<'k>) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(sweep(ask, found, (Buckets::Aws, self.concurrency), None, move |table| self.get(ask.calls, table)))
    }
}

/// Whether the error means that the table has no record expiration. The page of the operation does not say which error
/// does: 404, or 405 for an operation that the table does not allow.
fn has_none(error: &ApiError) -> bool {
    error.kind == ErrorKind::NotFound || error.code.as_deref() == Some("MethodNotAllowedException")
}

fn parse(table: Table, answer: &GetTableRecordExpirationJobStatusOutput) -> Result<Observation, ApiError> {
    let status = required(ACTION, "status", Some(answer.status().as_str()))?;
    let job = FacetObservation {
        run: timestamp(answer.last_run_timestamp()),
        message: words(answer.failure_message()),
        ..FacetObservation::new(Facet::Job(JOB.to_owned()), status)
    };
    Ok(Observation { subject: table.subject(), began_at: None, facets: vec![job], awaits_more: false })
}
