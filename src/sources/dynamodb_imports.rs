//! Imports of DynamoDB tables: `ListImports` and `DescribeImport`
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeImport.html>).

use std::borrow::Cow;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::list_imports::ListImportsOutput;
use aws_sdk_dynamodb::types::{ImportStatus, ImportTableDescription};

use super::dynamodb_jobs::{Entry, PAGE, message, observation, to_describe};
use super::labels::{Label, labels};
use super::{Ask, Found, Lazy, ListAndGet, each_page, required, timestamp};
use crate::calls::Calls;
use crate::domain::{Facet, FacetObservation, Observation, Progress, SubjectId, label};
use crate::error::ApiError;

const LIST: &str = "dynamodb:ListImports";
const DESCRIBE: &str = "dynamodb:DescribeImport";

pub(super) struct Imports {
    client: Lazy<Client>,
}

impl Imports {
    pub(super) const fn new(client: Lazy<Client>) -> Self {
        Self { client }
    }
}

impl ListAndGet for Imports {
    const GET_ACTION: &str = DESCRIBE;

    async fn list(&self, ask: &Ask<'_>, found: &mut Found<'_>) -> Result<Vec<SubjectId>, ApiError> {
        let mut entries = Vec::new();
        let request = self.client.list_imports().page_size(PAGE);
        let send = |token| {
            let request = request.clone().set_next_token(token);
            async move { ask.calls.make(LIST, || request.clone().send()).await }
        };
        let take = |page: ListImportsOutput| {
            for job in page.import_summary_list() {
                match Entry::of(LIST, job.import_arn(), job.import_status().map(ImportStatus::as_str)) {
                    Ok(entry) => entries.push(entry),
                    Err(error) => found.note_unusable(error),
                }
            }
            page.next_token
        };
        each_page(LIST, send, take).await?;
        Ok(to_describe(ask, entries, &Facet::Import, found))
    }

    async fn get(&self, calls: Calls<'_>, arn: &str) -> Result<Option<Observation>, ApiError> {
        let request = self.client.describe_import().import_arn(arn);
        let answer = calls.make(DESCRIBE, || request.clone().send()).await?;
        let description = answer.import_table_description();
        let job =
            description.ok_or_else(|| ApiError::malformed(DESCRIBE, "an answer without ImportTableDescription"))?;
        parse(job).map(Some)
    }
}

/// The labels that this source makes. The numbers of items are there when the import has ended.
pub(super) const LABELS: &[Label<ImportTableDescription>] = &[
    (label::S3_BUCKET, |job| job.s3_bucket_source().map(|source| source.s3_bucket().into())),
    (label::S3_PREFIX, |job| job.s3_bucket_source()?.s3_key_prefix().map(Cow::from)),
    (label::LOG_GROUP_ARN, |job| job.cloud_watch_log_group_arn().map(Cow::from)),
    (label::ITEMS, |job| job.end_time().map(|_| job.imported_item_count().to_string().into())),
    (label::ITEM_ERRORS, |job| job.end_time().map(|_| job.error_count().to_string().into())),
];

/// An import with errors still completes. `ErrorCount` then stands for the message, if AWS gives none.
fn parse(job: &ImportTableDescription) -> Result<Observation, ApiError> {
    let arn = required(DESCRIBE, "ImportArn", job.import_arn())?;
    let status = required(DESCRIBE, "ImportStatus", job.import_status().map(ImportStatus::as_str))?;
    let errors = (job.error_count() > 0 && status == ImportStatus::Completed.as_str())
        .then(|| format!("ErrorCount: {}", job.error_count()));
    let done_bytes = job.processed_size_bytes().and_then(|bytes| u64::try_from(bytes).ok());
    let import = FacetObservation {
        ended_at: timestamp(job.end_time()),
        message: message(job.failure_code(), job.failure_message()).or(errors),
        progress: done_bytes.map(|bytes| Progress { done_bytes: Some(bytes), ..Progress::default() }),
        ..FacetObservation::new(Facet::Import, status)
    };
    Ok(observation(arn, &Facet::Import, labels(LABELS, job), vec![import], timestamp(job.start_time())))
}
