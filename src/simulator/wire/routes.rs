//! The operations of the REST services, by method and path.

use axum::http::Method;

use super::Service;

/// The operation of `service` at a method and a path.
pub(super) fn operation(service: Service, method: &Method, path: &[&str]) -> Option<&'static str> {
    match (service, method, path) {
        (Service::Backup, &Method::GET, ["restore-jobs"]) => Some("ListRestoreJobs"),
        (Service::Backup, &Method::GET, ["restore-jobs", _]) => Some("DescribeRestoreJob"),
        (Service::S3Tables, &Method::GET, ["buckets"]) => Some("ListTableBuckets"),
        (Service::S3Tables, &Method::GET, ["tables", _]) => Some("ListTables"),
        (Service::S3Tables, &Method::GET, ["replication-status"]) => Some("GetTableReplicationStatus"),
        (Service::S3Tables, &Method::GET, ["tables", _, _, _, "maintenance-job-status"]) => {
            Some("GetTableMaintenanceJobStatus")
        }
        _ => None,
    }
}
