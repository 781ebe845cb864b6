//! What the function finds: the simulator on a port, its table and its topic, and a few jobs and tables per source.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use tidings::simulator::{
    BackupRestore, Call, Clock, Destination, MaintenanceJob, Publication, RedshiftRestore, ServerlessRestore, Simulator,
};

pub use super::support::account::TABLE;
use super::support::account::{TOPIC, calls_of, deployed, serve};
use super::{ACCOUNT, REGION, contract};

/// The Redshift restore that is under way when a stage is set.
pub const REDSHIFT: &str = "f1d6b2a8-3c40-4e7f-9a15-70b8c9d2e3f4";
/// The Backup restore job that is under way when a stage is set.
pub const BACKUP: &str = "9C1E5B7D-2F3A-4806-B4C2-D1E0F9A8B7C6";
/// What AWS says when a restore fails here.
pub const WHY: &str = "The table orders already exists in schema sales.";
/// How many subjects each source has when a stage is set.
pub const EACH: u64 = 2;

const DESTINATION: &str = "arn:aws:s3tables:eu-west-1:123456789012:bucket/lake-copy";

/// An item as the SDK reads it.
pub type Item = HashMap<String, AttributeValue>;

/// The simulator on a port.
pub struct Stage {
    pub simulator: Simulator,
    pub endpoint: String,
    pub topic_arn: &'static str,
}

impl Stage {
    /// A simulated account with a table, a topic and two subjects per source.
    pub fn set() -> Self {
        let simulator = deployed(Clock::system(), REGION);
        let endpoint = serve(&simulator);
        let stage = Self { simulator, endpoint, topic_arn: TOPIC };
        stage.fill();
        stage
    }

    fn fill(&self) {
        let long_ago = self.ago(48 * 60);
        let lately = self.ago(20);
        let some = |text: &str| Some(text.to_owned());
        let mut world = self.simulator.world();
        for (id, status, requested) in [(REDSHIFT, "IN_PROGRESS", lately), ("0a-redshift-done", "SUCCEEDED", long_ago)]
        {
            world.put_redshift(RedshiftRestore {
                status: some(status),
                requested: Some(requested),
                progress_mb: Some(512),
                total_mb: Some(2048),
                cluster: some("analytics"),
                source: Some("dev.sales.orders".parse().unwrap()),
                target: Some("dev.sales.orders_restored".parse().unwrap()),
                ..RedshiftRestore::new(id)
            });
        }
        for (id, status, requested) in [("sl-running", "PENDING", lately), ("sl-failed", "FAILED", long_ago)] {
            world.put_serverless(ServerlessRestore {
                status: some(status),
                requested: Some(requested),
                namespace: some("reports"),
                ..ServerlessRestore::new(id)
            });
        }
        world.put_backup(BackupRestore {
            status: some("COMPLETED"),
            created: Some(long_ago),
            completed: Some(long_ago),
            resource_type: some("EBS"),
            ..BackupRestore::new("done-job")
        });
        world.put_backup(backup_job(BACKUP, "RUNNING", lately));
        for (table, status) in [("orders", "completed"), ("clicks", "failed")] {
            let table = world.table("lake", "sales", table);
            let destination = Destination { status: some(status), updated: Some(long_ago), ..Destination::default() };
            table.replication.insert(DESTINATION.to_owned(), destination);
            let compaction = MaintenanceJob { status: some("Successful"), run: Some(long_ago), message: None };
            table.maintenance.insert("icebergCompaction".to_owned(), compaction);
        }
    }

    /// That many minutes before now.
    pub fn ago(&self, minutes: i64) -> Timestamp {
        self.simulator.clock().now().checked_sub(SignedDuration::from_mins(minutes)).expect("a time")
    }

    /// Adds a Backup restore job that began just now, or moves on the one with this id.
    pub fn put_backup(&self, id: &str, status: &str) {
        let began = self.ago(1);
        self.simulator.world().put_backup(backup_job(id, status, began));
    }

    /// Lets the running Redshift restore fail.
    pub fn fail_redshift(&self) {
        let mut world = self.simulator.world();
        let restore = world.redshift.get_mut(REDSHIFT).expect("a restore");
        restore.status = Some("FAILED".to_owned());
        restore.message = Some(WHY.to_owned());
    }

    /// More replicated tables, so that the bucket holds `count`; their ARNs in the order in which they are swept.
    pub fn replicate(&self, count: u64) -> Vec<String> {
        let mut world = self.simulator.world();
        for number in EACH..count {
            let destination = Destination { status: Some("completed".to_owned()), ..Destination::default() };
            let table = world.table("lake", "sales", &format!("more_{number}"));
            table.replication.insert(DESTINATION.to_owned(), destination);
        }
        let bucket = world.bucket("lake").clone();
        let mut arns: Vec<String> = bucket.tables().map(|table| bucket.table_arn(table, REGION, ACCOUNT)).collect();
        arns.sort_unstable();
        arns
    }

    /// Lets the replication of the table with this ARN fail.
    pub fn fail_replication(&self, arn: &str) {
        let id = arn.rsplit('/').next().expect("an id");
        let mut world = self.simulator.world();
        let bucket = world.bucket("lake");
        let table = bucket.table_by_id(id).expect("a table");
        let (namespace, name) = (table.namespace.clone(), table.name.clone());
        let table = bucket.table_mut(&namespace, &name).expect("a table");
        let destination = table.replication.get_mut(DESTINATION).expect("a destination");
        destination.status = Some("failed".to_owned());
        destination.message = Some(WHY.to_owned());
    }

    /// The notices published so far, each checked against the contract of messages, oldest first.
    pub fn told(&self) -> Vec<contract::Told> {
        self.simulator.inbox().iter().flat_map(|publication| contract::read(publication, self.topic_arn)).collect()
    }

    /// The message of the newest notice.
    pub fn newest(&self) -> Publication {
        self.simulator.inbox().pop().expect("a message")
    }

    /// The calls so far to one operation.
    pub fn calls_of(&self, operation: &str) -> Vec<Call> {
        calls_of(&self.simulator, operation)
    }

    /// The item of a subject, read from DynamoDB by the SDK's client.
    pub async fn item(&self, source: &str, subject: &str) -> Item {
        let answer = self
            .dynamodb()
            .get_item()
            .table_name(TABLE)
            .key("pk", AttributeValue::S(format!("{source}/{ACCOUNT}/{REGION}")))
            .key("sk", AttributeValue::S(subject.to_owned()))
            .consistent_read(true)
            .send()
            .await
            .expect("an answer of DynamoDB");
        answer.item.unwrap_or_else(|| panic!("no item of {subject}"))
    }

    /// Every item in the table, by its keys.
    pub async fn items(&self) -> BTreeMap<(String, String), Item> {
        let answer = self.dynamodb().scan().table_name(TABLE).consistent_read(true).send().await;
        let answer = answer.expect("an answer of DynamoDB");
        assert!(answer.last_evaluated_key.is_none(), "a page is all");
        let text = |item: &Item, key: &str| item[key].as_s().expect("a text").clone();
        answer
            .items
            .unwrap_or_default()
            .into_iter()
            .map(|item| ((text(&item, "pk"), text(&item, "sk")), item))
            .collect()
    }

    fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.simulator.sdk_config(REGION))
    }
}

fn backup_job(id: &str, status: &str, began: Timestamp) -> BackupRestore {
    BackupRestore {
        status: Some(status.to_owned()),
        message: (status == "FAILED").then(|| WHY.to_owned()),
        created: Some(began),
        completed: (status == "FAILED").then_some(began),
        resource_type: Some("EC2".to_owned()),
        ..BackupRestore::new(id)
    }
}
