//! Exports: `ListExports` and `DescribeExport`.

use super::super::json::{Object, epoch_seconds};
use super::{Job, Place};
use crate::simulator::world::{TableExport, World};

impl Job for TableExport {
    const ARN: &'static str = "ExportArn";
    const SIZE: &'static str = "MaxResults";
    const LISTED_AS: &'static str = "ExportSummaries";
    const DESCRIBED_AS: &'static str = "ExportDescription";
    const UNKNOWN: &'static str = "ExportNotFoundException";

    fn all(world: &World) -> impl Iterator<Item = &Self> {
        world.exports.values()
    }

    fn arn_in(&self, region: &str, account: &str) -> String {
        self.arn(region, account)
    }

    fn table_arn_in(&self, region: &str, account: &str) -> String {
        self.table_arn(region, account)
    }

    fn place(&self) -> Place<'_> {
        Place { status: self.status.as_deref(), start: self.start, region: self.region.as_deref() }
    }

    fn summary(&self, region: &str, account: &str) -> Object {
        Object::new()
            .with("ExportArn", Some(self.arn(region, account)))
            .with("ExportStatus", self.status.as_deref())
            .with("ExportType", self.export_type.as_deref())
    }

    fn description(&self, region: &str, account: &str) -> Object {
        self.summary(region, account)
            .with("StartTime", self.start.map(epoch_seconds))
            .with("EndTime", self.end.map(epoch_seconds))
            .with("TableArn", Some(self.table_arn(region, account)))
            .with("ExportTime", self.export_time.map(epoch_seconds))
            .with("S3Bucket", self.bucket.as_deref())
            .with("S3Prefix", self.prefix.as_deref())
            .with("FailureCode", self.failure_code.as_deref())
            .with("FailureMessage", self.message.as_deref())
            .with("BilledSizeBytes", self.size_bytes)
            .with("ItemCount", self.items)
    }
}
