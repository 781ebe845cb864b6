//! Imports: `ListImports` and `DescribeImport`.

use super::super::json::{Object, epoch_seconds};
use super::{Job, Place};
use crate::simulator::world::{TableImport, World};

impl Job for TableImport {
    const ARN: &'static str = "ImportArn";
    const SIZE: &'static str = "PageSize";
    const LISTED_AS: &'static str = "ImportSummaryList";
    const DESCRIBED_AS: &'static str = "ImportTableDescription";
    const UNKNOWN: &'static str = "ImportNotFoundException";

    fn all(world: &World) -> impl Iterator<Item = &Self> {
        world.imports.values()
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
        let source = self
            .bucket
            .as_deref()
            .map(|bucket| Object::new().with("S3Bucket", Some(bucket)).with("S3KeyPrefix", self.prefix.as_deref()));
        Object::new()
            .with("ImportArn", Some(self.arn(region, account)))
            .with("ImportStatus", self.status.as_deref())
            .with("TableArn", Some(self.table_arn(region, account)))
            .with("S3BucketSource", source)
            .with("CloudWatchLogGroupArn", self.log_group_arn.as_deref())
            .with("InputFormat", self.format.as_deref())
            .with("StartTime", self.start.map(epoch_seconds))
            .with("EndTime", self.end.map(epoch_seconds))
    }

    fn description(&self, region: &str, account: &str) -> Object {
        self.summary(region, account)
            .with("ErrorCount", self.errors)
            .with("ProcessedSizeBytes", self.processed_bytes)
            .with("ProcessedItemCount", self.processed_items)
            .with("ImportedItemCount", self.imported_items)
            .with("FailureCode", self.failure_code.as_deref())
            .with("FailureMessage", self.message.as_deref())
    }
}
