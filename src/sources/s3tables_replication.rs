//! Replication of S3 tables: `GetTableReplicationStatus`
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_s3Buckets_GetTableReplicationStatus.html>).
//!
//! Most tables are not replicated, and no listing says which are. So a table without replication is not read again for a
//! while ([`Unreplicated`]).

use std::sync::Arc;

use aws_sdk_s3tables::Client;
use aws_sdk_s3tables::operation::get_table_replication_status::GetTableReplicationStatusOutput;
use futures_util::future::BoxFuture;

use super::discovery::{Buckets, Table};
use super::sweep::sweep;
use super::unreplicated::Unreplicated;
use super::{Ask, Fetch, Found, Lazy, required, timestamp, words};
use crate::calls::Calls;
use crate::domain::{Facet, FacetObservation, Observation};
use crate::error::{ApiError, ErrorKind};

const ACTION: &str = "s3tables:GetTableReplicationStatus";

pub(super) struct Replication {
    client: Lazy<Client>,
    concurrency: usize,
    unreplicated: Unreplicated,
}

impl Replication {
    pub(super) fn new(client: Lazy<Client>, concurrency: usize) -> Self {
        Self { client, concurrency, unreplicated: Unreplicated::new() }
    }

    async fn get(&self, calls: Calls<'_>, table: Table) -> Result<Option<Observation>, ApiError> {
        let request = self.client.get_table_replication_status().table_arn(&**table.arn());
        parse(table, &calls.make(ACTION, || request.clone().send()).await?)
    }
}

impl Fetch for Replication {
    fn fetch<'a, 'k: 'a>(&'a self, ask: &'a Ask<'k>, found: &'a mut Found<'k>) -> BoxFuture<'a, Result<(), ApiError>> {
        let now = ask.reference_time;
        Box::pin(sweep(
            ask,
            found,
            (Buckets::AsSet, self.concurrency),
            Some(&self.unreplicated),
            move |table| async move {
                let arn = Arc::clone(table.arn());
                let answer = self.get(ask.calls, table).await.or_else(none_if_not_replicated);
                if matches!(answer, Ok(None)) {
                    self.unreplicated.note(&arn, now);
                }
                answer
            },
        ))
    }
}

/// The documentation does not say what the API answers for a table without replication. It may be a 404, another error that
/// names the missing configuration, or an empty list. A table that no longer exists is not replicated either.
fn none_if_not_replicated(error: ApiError) -> Result<Option<Observation>, ApiError> {
    let is_missing = match error.kind {
        ErrorKind::NotFound => true,
        ErrorKind::Invalid => names_a_missing_configuration(&error),
        _ => false,
    };
    if is_missing { Ok(None) } else { Err(error) }
}

fn names_a_missing_configuration(error: &ApiError) -> bool {
    const MISSING: [&str; 9] = [
        "notfound",
        "nosuch",
        "not found",
        "not configured",
        "not exist",
        "not have",
        "not enabled",
        "no replication",
        "not replicated",
    ];
    let said = format!("{} {}", error.code.as_deref().unwrap_or_default(), error.message).to_lowercase();
    (said.contains("replicat") || said.contains("configuration")) && MISSING.iter().any(|word| said.contains(word))
}

/// `None` for a table without destinations: it is not replicated.
fn parse(table: Table, answer: &GetTableReplicationStatusOutput) -> Result<Option<Observation>, ApiError> {
    let mut facets = Vec::with_capacity(answer.destinations().len());
    for destination in answer.destinations() {
        let bucket = required(ACTION, "destinationTableBucketArn", Some(destination.destination_table_bucket_arn()))?;
        let status = required(ACTION, "replicationStatus", Some(destination.replication_status().as_str()))?;
        let updated = destination.last_successful_replicated_update();
        facets.push(FacetObservation {
            run: updated.and_then(|updated| timestamp(Some(updated.timestamp()))),
            message: words(destination.failure_message()),
            ..FacetObservation::new(Facet::Destination(bucket.to_owned()), status)
        });
    }
    Ok((!facets.is_empty()).then(|| Observation {
        subject: table.subject(),
        began_at: None,
        facets,
        awaits_more: false,
    }))
}
