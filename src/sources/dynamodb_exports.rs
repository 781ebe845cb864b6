//! Exports of DynamoDB tables: `ListExports` and `DescribeExport`
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeExport.html>).

use std::borrow::Cow;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::list_exports::ListExportsOutput;
use aws_sdk_dynamodb::types::{ExportDescription, ExportStatus};

use super::dynamodb_jobs::{Entry, PAGE, message, observation, to_describe};
use super::labels::{Label, labels};
use super::{Ask, Found, Lazy, ListAndGet, each_page, required, timestamp};
use crate::calls::Calls;
use crate::domain::{Facet, FacetObservation, Observation, SubjectId, label};
use crate::error::ApiError;

const LIST: &str = "dynamodb:ListExports";
const DESCRIBE: &str = "dynamodb:DescribeExport";

pub(super) struct Exports {
    client: Lazy<Client>,
}

impl Exports {
    pub(super) const fn new(client: Lazy<Client>) -> Self {
        Self { client }
    }
}

impl ListAndGet for Exports {
    const GET_ACTION: &str = DESCRIBE;

    async fn list(&self, ask: &Ask<'_>, found: &mut Found<'_>) -> Result<Vec<SubjectId>, ApiError> {
        let mut entries = Vec::new();
        let request = self.client.list_exports().max_results(PAGE);
        let send = |token| {
            let request = request.clone().set_next_token(token);
            async move { ask.calls.make(LIST, || request.clone().send()).await }
        };
        let take = |page: ListExportsOutput| {
            for job in page.export_summaries() {
                match Entry::of(LIST, job.export_arn(), job.export_status().map(ExportStatus::as_str)) {
                    Ok(entry) => entries.push(entry),
                    Err(error) => found.note_unusable(error),
                }
            }
            page.next_token
        };
        each_page(LIST, send, take).await?;
        Ok(to_describe(ask, entries, &Facet::Export, found))
    }

    async fn get(&self, calls: Calls<'_>, arn: &str) -> Result<Option<Observation>, ApiError> {
        let request = self.client.describe_export().export_arn(arn);
        let answer = calls.make(DESCRIBE, || request.clone().send()).await?;
        let description = answer.export_description();
        let job = description.ok_or_else(|| ApiError::malformed(DESCRIBE, "an answer without ExportDescription"))?;
        parse(job).map(Some)
    }
}

/// The labels that this source makes.
pub(super) const LABELS: &[Label<ExportDescription>] = &[
    (label::S3_BUCKET, |job| job.s3_bucket().map(Cow::from)),
    (label::S3_PREFIX, |job| job.s3_prefix().map(Cow::from)),
    (label::EXPORT_TYPE, |job| job.export_type().map(|kind| kind.as_str().into())),
    (label::ITEMS, |job| job.item_count().map(|count| count.to_string().into())),
];

fn parse(job: &ExportDescription) -> Result<Observation, ApiError> {
    let arn = required(DESCRIBE, "ExportArn", job.export_arn())?;
    let status = required(DESCRIBE, "ExportStatus", job.export_status().map(ExportStatus::as_str))?;
    let export = FacetObservation {
        ended_at: timestamp(job.end_time()),
        message: message(job.failure_code(), job.failure_message()),
        ..FacetObservation::new(Facet::Export, status)
    };
    Ok(observation(arn, &Facet::Export, labels(LABELS, job), vec![export], timestamp(job.start_time())))
}
