//! Redshift Serverless: `ListTableRestoreStatus` and `GetTableRestoreStatus`.
//!
//! JSON 1.1 both ways.

use serde_json::Value;

use super::json::{Object, asked_size, epoch_seconds};
use super::page::{newest_first, page};
use super::{Ask, Refusal};
use crate::simulator::world::{ServerlessRestore, World, visible};

const PAGE: usize = 100;

pub(super) fn answer(ask: &Ask, world: &World) -> Result<String, Refusal> {
    let request = ask.json().map_err(|_| Refusal::new(400, "SerializationException", "the body is not JSON"))?;
    match ask.operation.as_str() {
        "ListTableRestoreStatus" => list(ask, &request, world),
        "GetTableRestoreStatus" => get(ask, &request, world),
        _ => Err(Refusal::unknown_operation(ask)),
    }
}

fn list(ask: &Ask, request: &Value, world: &World) -> Result<String, Refusal> {
    let size = world.page_size(asked_size(&request["maxResults"], PAGE).map_err(invalid)?);
    let namespace = request["namespaceName"].as_str();
    let workgroup = request["workgroupName"].as_str();
    let here: Vec<&ServerlessRestore> =
        world.serverless.values().filter(|restore| visible(restore.region.as_deref(), &ask.region)).collect();
    if let Some(name) = namespace {
        let named = here.iter().any(|restore| restore.namespace.as_deref() == Some(name));
        if !named && !world.namespaces.contains(name) {
            return Err(not_found(&format!("The namespace {name} was not found.")));
        }
    }
    if let Some(name) = workgroup {
        let named = here.iter().any(|restore| restore.workgroup.as_deref() == Some(name));
        if !named && !world.workgroups.contains(name) {
            return Err(not_found(&format!("The workgroup {name} was not found.")));
        }
    }
    let listed: Vec<(String, &ServerlessRestore)> = here
        .into_iter()
        .filter(|restore| namespace.is_none_or(|name| restore.namespace.as_deref() == Some(name)))
        .filter(|restore| workgroup.is_none_or(|name| restore.workgroup.as_deref() == Some(name)))
        .map(|restore| (newest_first(restore.requested, &restore.id), restore))
        .collect();
    let page = page(listed, "ListTableRestoreStatus", request["nextToken"].as_str(), size).map_err(|_| {
        let message = "The pagination token is not valid or has expired.";
        Refusal::new(400, "InvalidPaginationException", message)
    })?;
    let statuses: Vec<Value> = page.items.into_iter().map(to_json).collect();
    Ok(Object::new().with("nextToken", page.next).with("tableRestoreStatuses", Some(statuses)).into_string())
}

fn get(ask: &Ask, request: &Value, world: &World) -> Result<String, Refusal> {
    let id = request["tableRestoreRequestId"]
        .as_str()
        .filter(|id| !id.is_empty())
        .ok_or_else(|| invalid("tableRestoreRequestId must not be null."))?;
    let restore = world
        .serverless
        .get(id)
        .filter(|restore| visible(restore.region.as_deref(), &ask.region))
        .ok_or_else(|| not_found(&format!("The table restore request {id} was not found.")))?;
    Ok(Object::new().with("tableRestoreStatus", Some(to_json(restore))).into_string())
}

fn to_json(restore: &ServerlessRestore) -> Value {
    let source = restore.source.clone().unwrap_or_default();
    let target = restore.target.clone().unwrap_or_default();
    Object::new()
        .with("tableRestoreRequestId", Some(restore.id.as_str()))
        .with("status", restore.status.as_deref())
        .with("message", restore.message.as_deref())
        .with("requestTime", restore.requested.map(epoch_seconds))
        .with("namespaceName", restore.namespace.as_deref())
        .with("workgroupName", restore.workgroup.as_deref())
        .with("snapshotName", restore.snapshot.as_deref())
        .with("recoveryPointId", restore.recovery_point.as_deref())
        .with("progressInMegaBytes", restore.progress_mb)
        .with("totalDataInMegaBytes", restore.total_mb)
        .with("sourceDatabaseName", source.database)
        .with("sourceSchemaName", source.schema)
        .with("sourceTableName", source.table)
        .with("targetDatabaseName", target.database)
        .with("targetSchemaName", target.schema)
        .with("newTableName", target.table)
        .into()
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "ValidationException", message)
}

fn not_found(message: &str) -> Refusal {
    Refusal::new(400, "ResourceNotFoundException", message)
}
