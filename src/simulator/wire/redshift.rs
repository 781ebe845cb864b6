//! Amazon Redshift: `DescribeTableRestoreStatus`.
//!
//! Query requests, XML answers. A request by id answers whatever the status; a
//! request without one lists what [`RedshiftLists`] says.

use super::page::{oldest_first, page};
use super::xml::Xml;
use super::{Ask, Protocol, Refusal};
use crate::simulator::world::{RedshiftLists, RedshiftRestore, World, visible};

const PAGE: usize = 100;

pub(super) fn answer(ask: &Ask, world: &World) -> Result<String, Refusal> {
    match ask.operation.as_str() {
        "DescribeTableRestoreStatus" => describe(ask, world),
        _ => Err(Refusal::unknown_operation(ask)),
    }
}

fn describe(ask: &Ask, world: &World) -> Result<String, Refusal> {
    let size = page_size(ask)?;
    let id = ask.field("TableRestoreRequestId");
    let cluster = ask.field("ClusterIdentifier");
    let here: Vec<&RedshiftRestore> =
        world.redshift.values().filter(|restore| visible(restore.region.as_deref(), &ask.region)).collect();
    if let Some(cluster) = cluster {
        let named = here.iter().any(|restore| restore.cluster.as_deref() == Some(cluster));
        if !named && !world.clusters.contains(cluster) {
            let message = format!("Cluster {cluster} not found.");
            return Err(Refusal::new(404, "ClusterNotFound", message));
        }
    }
    let listed: Vec<(String, &RedshiftRestore)> = here
        .into_iter()
        .filter(|restore| cluster.is_none_or(|cluster| restore.cluster.as_deref() == Some(cluster)))
        .filter(|restore| match id {
            Some(id) => restore.id == id,
            None => world.redshift_lists == RedshiftLists::AllRequests || in_progress(restore),
        })
        .map(|restore| (oldest_first(restore.requested, &restore.id), restore))
        .collect();
    if let (Some(id), true) = (id, listed.is_empty()) {
        let message = format!("Table restore request {id} not found.");
        return Err(Refusal::new(400, "TableRestoreNotFoundFault", message));
    }
    let size = world.page_size(size);
    let page = page(listed, "DescribeTableRestoreStatus", ask.field("Marker"), size)
        .map_err(|_| invalid("The marker is not valid."))?;

    let Protocol::Query { namespace } = ask.service.protocol() else {
        return Err(Refusal::unknown_operation(ask));
    };
    Ok(Xml::answer(ask, namespace, |xml| {
        xml.optional("Marker", page.next.as_ref());
        xml.element("TableRestoreStatusDetails", |xml| {
            for restore in &page.items {
                xml.element("TableRestoreStatus", |xml| write(xml, restore));
            }
        });
    }))
}

fn write(xml: &mut Xml, restore: &RedshiftRestore) {
    let source = restore.source.clone().unwrap_or_default();
    let target = restore.target.clone().unwrap_or_default();
    xml.text("TableRestoreRequestId", &restore.id);
    xml.optional("Status", restore.status.as_ref());
    xml.optional("Message", restore.message.as_ref());
    xml.optional("RequestTime", restore.requested);
    xml.optional("ProgressInMegaBytes", restore.progress_mb);
    xml.optional("TotalDataInMegaBytes", restore.total_mb);
    xml.optional("ClusterIdentifier", restore.cluster.as_ref());
    xml.optional("SnapshotIdentifier", restore.snapshot.as_ref());
    xml.optional("SourceDatabaseName", source.database);
    xml.optional("SourceSchemaName", source.schema);
    xml.optional("SourceTableName", source.table);
    xml.optional("TargetDatabaseName", target.database);
    xml.optional("TargetSchemaName", target.schema);
    xml.optional("NewTableName", target.table);
}

fn page_size(ask: &Ask) -> Result<usize, Refusal> {
    let Some(asked) = ask.field("MaxRecords") else {
        return Ok(PAGE);
    };
    asked
        .parse()
        .ok()
        .filter(|size| (20..=PAGE).contains(size))
        .ok_or_else(|| invalid(format!("The value {asked} for MaxRecords is not between 20 and 100.")))
}

fn in_progress(restore: &RedshiftRestore) -> bool {
    let is = |word: &str| restore.status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case(word));
    is("PENDING") || is("IN_PROGRESS")
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "InvalidParameterValue", message)
}
