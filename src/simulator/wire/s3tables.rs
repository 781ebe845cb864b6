//! S3 Tables: `ListTableBuckets`, `ListTables`, `GetTableReplicationStatus`,
//! `GetTableMaintenanceJobStatus` and `GetTableRecordExpirationJobStatus`.
//!
//! Methods and paths, JSON answers.

use axum::http::Method;
use jiff::Timestamp;
use serde_json::Value;

use super::json::Object;
use super::page::{open, page, seal};
use super::{Ask, Refusal};
use crate::simulator::world::{
    Destination, MaintenanceJob, RecordExpiration, Table, TableBucket, UnexpiringAnswer, UnreplicatedAnswer, World,
    visible,
};

const PAGE: usize = 1000;

/// The operation at a method and a path.
pub(super) fn route(method: &Method, path: &[&str]) -> Option<&'static str> {
    match (method, path) {
        (&Method::GET, ["buckets"]) => Some("ListTableBuckets"),
        (&Method::GET, ["tables", _]) => Some("ListTables"),
        (&Method::GET, ["table-record-expiration-job-status"]) => Some("GetTableRecordExpirationJobStatus"),
        (&Method::GET, ["replication-status"]) => Some("GetTableReplicationStatus"),
        (&Method::GET, ["tables", _, _, _, "maintenance-job-status"]) => Some("GetTableMaintenanceJobStatus"),
        _ => None,
    }
}

pub(super) fn answer(ask: &Ask, world: &World) -> Result<String, Refusal> {
    match ask.operation.as_str() {
        "ListTableBuckets" => list_buckets(ask, world),
        "ListTables" => list_tables(ask, world),
        "GetTableReplicationStatus" => replication_status(ask, world),
        "GetTableMaintenanceJobStatus" => maintenance_status(ask, world),
        "GetTableRecordExpirationJobStatus" => expiration_status(ask, world),
        _ => Err(Refusal::unknown_operation(ask)),
    }
}

fn list_buckets(ask: &Ask, world: &World) -> Result<String, Refusal> {
    let size = page_size(ask, "maxBuckets", world)?;
    let prefix = ask.field("prefix").unwrap_or_default();
    let is_asked_for = |bucket: &TableBucket| match ask.field("type") {
        Some(kind) => kind == bucket_type(bucket),
        None => world.lists_aws_buckets || bucket_type(bucket) == "customer",
    };
    let listed: Vec<(String, &TableBucket)> = world
        .buckets
        .values()
        .filter(|bucket| is_asked_for(bucket) && bucket.name.starts_with(prefix))
        .filter(|bucket| visible(bucket.region.as_deref(), &ask.region))
        .map(|bucket| (bucket.name.clone(), bucket))
        .collect();
    let token = ask.field("continuationToken");
    let page = page(listed, "ListTableBuckets", token, size).map_err(|_| bad_token())?;
    let buckets: Vec<Value> = page
        .items
        .into_iter()
        .map(|bucket| {
            Object::new()
                .with("arn", Some(bucket.arn(&ask.region, &world.account)))
                .with("name", Some(bucket.name.as_str()))
                .with("ownerAccountId", Some(world.account.as_str()))
                .with("createdAt", Some(written(bucket.created)))
                .with("type", Some(bucket_type(bucket)))
                .into()
        })
        .collect();
    Ok(Object::new().with("tableBuckets", Some(buckets)).with("continuationToken", page.next).into_string())
}

fn bucket_type(bucket: &TableBucket) -> &str {
    bucket.kind.as_deref().unwrap_or("customer")
}

fn list_tables(ask: &Ask, world: &World) -> Result<String, Refusal> {
    let size = page_size(ask, "maxTables", world)?;
    let bucket = bucket(ask, world, ask.path.get(1))?;
    let namespace = ask.field("namespace");
    let prefix = ask.field("prefix").unwrap_or_default();
    // A bucket may hold tens of thousands of tables: begin after the token's.
    let (after_namespace, after_name) = match ask.field("continuationToken") {
        Some(token) => open("ListTables", token)
            .ok()
            .and_then(|key| {
                let (namespace, name) = key.split_once('\n')?;
                Some((namespace.to_owned(), name.to_owned()))
            })
            .ok_or_else(bad_token)?,
        None => Default::default(),
    };
    let mut matching = bucket
        .tables_after(&after_namespace, &after_name)
        .filter(|table| namespace.is_none_or(|namespace| table.namespace == namespace))
        .filter(|table| table.name.starts_with(prefix));
    let listed: Vec<&Table> = matching.by_ref().take(size).collect();
    let last = listed.last().filter(|_| matching.next().is_some());
    let next = last.map(|table| seal("ListTables", &format!("{}\n{}", table.namespace, table.name)));
    let tables: Vec<Value> = listed
        .into_iter()
        .map(|table| {
            Object::new()
                .with("namespace", Some(vec![table.namespace.clone()]))
                .with("name", Some(table.name.as_str()))
                .with("type", Some(table.kind.as_deref().unwrap_or("customer")))
                .with("tableARN", Some(bucket.table_arn(table, &ask.region, &world.account)))
                .with("createdAt", Some(written(table.created)))
                .with("modifiedAt", Some(written(table.modified.or(table.created))))
                .with("managedByService", table.managed_by.as_deref())
                .into()
        })
        .collect();
    Ok(Object::new().with("tables", Some(tables)).with("continuationToken", next).into_string())
}

fn replication_status(ask: &Ask, world: &World) -> Result<String, Refusal> {
    let (arn, table) = asked_table(ask, world)?;
    if table.replication.is_empty() {
        match world.unreplicated {
            UnreplicatedAnswer::NotFound => {
                return Err(not_found("The specified table has no replication configuration."));
            }
            UnreplicatedAnswer::BadRequest => {
                return Err(bad_request("Replication is not configured for the specified table."));
            }
            UnreplicatedAnswer::EmptyList => {}
        }
    }
    let destinations: Vec<Value> =
        table.replication.iter().map(|(arn, destination)| destination_json(table, arn, destination)).collect();
    Ok(Object::new().with("sourceTableArn", Some(arn)).with("destinations", Some(destinations)).into_string())
}

fn destination_json(table: &Table, bucket_arn: &str, destination: &Destination) -> Value {
    let update = destination.updated.map(|at| {
        let location = destination
            .metadata_location
            .clone()
            .unwrap_or_else(|| format!("s3://{}--table-s3/metadata/00001.metadata.json", table.id()));
        Object::new().with("metadataLocation", Some(location)).with("timestamp", Some(at.to_string()))
    });
    Object::new()
        .with("replicationStatus", destination.status.as_deref())
        .with("destinationTableBucketArn", Some(bucket_arn))
        .with("destinationTableArn", destination.table_arn.as_deref())
        .with("lastSuccessfulReplicatedUpdate", update)
        .with("failureMessage", destination.message.as_deref())
        .into()
}

fn maintenance_status(ask: &Ask, world: &World) -> Result<String, Refusal> {
    let [_, bucket_arn, namespace, name, _] = &ask.path[..] else {
        return Err(Refusal::unknown_operation(ask));
    };
    let bucket = bucket(ask, world, Some(bucket_arn))?;
    let table = bucket.table(namespace, name).ok_or_else(no_such_table)?;
    let mut status = Object::new();
    for (job_type, job) in &table.maintenance {
        status = status.with(job_type, Some(job_json(job)));
    }
    Ok(Object::new()
        .with("tableARN", Some(bucket.table_arn(table, &ask.region, &world.account)))
        .with("status", Some(status))
        .into_string())
}

fn job_json(job: &MaintenanceJob) -> Value {
    Object::new()
        .with("status", job.status.as_deref())
        .with("lastRunTimestamp", job.run.map(|at| at.to_string()))
        .with("failureMessage", job.message.as_deref())
        .into()
}

fn expiration_status(ask: &Ask, world: &World) -> Result<String, Refusal> {
    let (_, table) = asked_table(ask, world)?;
    let expiration = table.expiration.as_ref().ok_or_else(|| match world.unexpiring {
        UnexpiringAnswer::NotFound => not_found("The specified table has no record expiration configuration."),
        UnexpiringAnswer::MethodNotAllowed => {
            let message = "Record expiration is not supported for the specified table.";
            Refusal::new(405, "MethodNotAllowedException", message)
        }
    })?;
    Ok(expiration_json(expiration).into_string())
}

fn expiration_json(expiration: &RecordExpiration) -> Object {
    let counts = [
        ("deletedDataFiles", expiration.deleted_files),
        ("deletedRecords", expiration.deleted_records),
        ("removedFilesSize", expiration.removed_bytes),
    ];
    let metrics = counts
        .iter()
        .any(|(_, count)| count.is_some())
        .then(|| counts.into_iter().fold(Object::new(), |metrics, (name, count)| metrics.with(name, count)));
    Object::new()
        .with("status", expiration.status.as_deref())
        .with("lastRunTimestamp", expiration.run.map(|at| at.to_string()))
        .with("failureMessage", expiration.message.as_deref())
        .with("metrics", metrics)
}

/// The table whose ARN the query has, and that ARN.
fn asked_table<'a>(ask: &'a Ask, world: &'a World) -> Result<(&'a str, &'a Table), Refusal> {
    let arn = ask.field("tableArn").ok_or_else(|| bad_request("The table ARN is missing."))?;
    let (bucket_arn, id) =
        arn.split_once("/table/").ok_or_else(|| bad_request("The specified table ARN is not valid."))?;
    let table = bucket(ask, world, Some(&bucket_arn.to_owned()))?.table_by_id(id).ok_or_else(no_such_table)?;
    Ok((arn, table))
}

/// The bucket of an ARN, which must be of this account and seen from this region.
fn bucket<'a>(ask: &Ask, world: &'a World, arn: Option<&String>) -> Result<&'a TableBucket, Refusal> {
    let arn = arn.ok_or_else(|| bad_request("The table bucket ARN is missing."))?;
    let name = arn
        .strip_prefix("arn:aws:s3tables:")
        .and_then(|rest| rest.split_once(":bucket/"))
        .map(|(_, name)| name)
        .ok_or_else(|| bad_request("The specified table bucket ARN is not valid."))?;
    world
        .buckets
        .get(name)
        .filter(|bucket| bucket.arn(&ask.region, &world.account) == *arn)
        .filter(|bucket| visible(bucket.region.as_deref(), &ask.region))
        .ok_or_else(|| not_found("The specified table bucket does not exist."))
}

fn page_size(ask: &Ask, name: &str, world: &World) -> Result<usize, Refusal> {
    let size = match ask.field(name) {
        None => PAGE,
        Some(asked) => asked
            .parse()
            .ok()
            .filter(|size| (1..=PAGE).contains(size))
            .ok_or_else(|| bad_request(&format!("{name} is {asked}, not between 1 and 1000.")))?,
    };
    Ok(world.page_size(size))
}

fn written(at: Option<Timestamp>) -> String {
    at.unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

fn bad_request(message: &str) -> Refusal {
    Refusal::new(400, "BadRequestException", message)
}

fn bad_token() -> Refusal {
    bad_request("The continuation token is not valid.")
}

fn not_found(message: &str) -> Refusal {
    Refusal::new(404, "NotFoundException", message)
}

fn no_such_table() -> Refusal {
    not_found("The specified table does not exist.")
}
