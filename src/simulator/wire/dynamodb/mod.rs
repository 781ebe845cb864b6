//! Amazon DynamoDB. Exports and imports are the world's; the embedded database answers everything else.
//!
//! JSON 1.0 both ways. The listings forget what began more than ninety days ago; a job's own page never does.

mod exports;
mod imports;

use dynoxide::Database;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::json::{Object, asked_size};
use super::page::page_reversed;
use super::{Answer, Ask, Refusal};
use crate::dynamodb::{self, CONTENT_TYPE};
use crate::simulator::world::{DynamoDbLists, TableExport, TableImport, World, visible};

const PAGE: usize = 25;
const LISTED_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The operations that ask for what the world has.
const OF_THE_WORLD: [&str; 4] = ["ListExports", "DescribeExport", "ListImports", "DescribeImport"];

/// What the embedded database answers; `None` if the answer is the world's to give.
pub(in crate::simulator) fn answer_from_database(database: &Database, ask: &Ask) -> Option<Answer> {
    if OF_THE_WORLD.contains(&ask.operation.as_str()) {
        return None;
    }
    let (status, body) = dynamodb::answer(database, &ask.operation, &ask.body);
    Some(Answer { status, content_type: CONTENT_TYPE, error_type: None, query_error: None, body: body.into_bytes() })
}

pub(super) fn answer(ask: &Ask, world: &World, now: Timestamp) -> Result<String, Refusal> {
    let request = ask.json().map_err(|_| Refusal::new(400, "SerializationException", "the body is not JSON"))?;
    let answer = match ask.operation.as_str() {
        "ListExports" => list::<TableExport>(ask, &request, world, now)?,
        "ListImports" => list::<TableImport>(ask, &request, world, now)?,
        "DescribeExport" => describe::<TableExport>(ask, &request, world)?,
        "DescribeImport" => describe::<TableImport>(ask, &request, world)?,
        _ => return Err(Refusal::unknown_operation(ask)),
    };
    Ok(answer.into_string())
}

/// An export or an import.
trait Job: Sized + 'static {
    /// The member of a question that has the job's ARN.
    const ARN: &'static str;
    /// The member of a listing's question that has the size of a page.
    const SIZE: &'static str;
    /// The member of a listing that has the jobs.
    const LISTED_AS: &'static str;
    /// The member of an answer that has the one job.
    const DESCRIBED_AS: &'static str;
    /// The error that says that there is no such job.
    const UNKNOWN: &'static str;

    /// The jobs of the world.
    fn all(world: &World) -> impl Iterator<Item = &Self>;
    /// The job's ARN as a caller in `region` sees it.
    fn arn_in(&self, region: &str, account: &str) -> String;
    /// The ARN of its table as a caller in `region` sees it.
    fn table_arn_in(&self, region: &str, account: &str) -> String;
    /// The status, the start, and the only region.
    fn place(&self) -> Place<'_>;
    /// The job as a listing shows it to a caller in `region`.
    fn summary(&self, region: &str, account: &str) -> Object;
    /// The job as the answer about it shows it to a caller in `region`.
    fn description(&self, region: &str, account: &str) -> Object;
}

/// How a job stands, when it began, and where it is visible.
struct Place<'a> {
    status: Option<&'a str>,
    start: Option<Timestamp>,
    region: Option<&'a str>,
}

impl Place<'_> {
    fn is_listed(&self, lists: DynamoDbLists, oldest: Timestamp) -> bool {
        let unfinished = matches!(self.status, Some("IN_PROGRESS" | "CANCELLING"));
        let is_new_enough = self.start.is_none_or(|start| start >= oldest);
        is_new_enough && !(unfinished && lists == DynamoDbLists::CompletedOnly)
    }
}

/// The jobs that are visible from where the question comes, with their ARNs.
fn visible_jobs<'a, T: Job>(ask: &Ask, world: &'a World) -> impl Iterator<Item = (String, &'a T)> {
    let here = T::all(world).filter(|job| visible(job.place().region, &ask.region));
    here.map(|job| (job.arn_in(&ask.region, &world.account), job))
}

fn list<T: Job>(ask: &Ask, request: &Value, world: &World, now: Timestamp) -> Result<Object, Refusal> {
    let size = world.page_size(asked_size(&request[T::SIZE], PAGE).map_err(invalid)?);
    let oldest = now.saturating_sub(LISTED_FOR).unwrap_or(Timestamp::MIN);
    let table = request["TableArn"].as_str();
    let listed: Vec<(String, &T)> = visible_jobs::<T>(ask, world)
        .filter(|(_, job)| job.place().is_listed(world.dynamodb_lists, oldest))
        .filter(|(_, job)| table.is_none_or(|table| table == job.table_arn_in(&ask.region, &world.account)))
        .collect();
    let page = page_reversed(listed, &ask.operation, request["NextToken"].as_str(), size)
        .map_err(|_| invalid("The NextToken is not valid."))?;
    let jobs: Vec<Value> = page.items.into_iter().map(|job| job.summary(&ask.region, &world.account).into()).collect();
    Ok(Object::new().with(T::LISTED_AS, Some(jobs)).with("NextToken", page.next))
}

fn describe<T: Job>(ask: &Ask, request: &Value, world: &World) -> Result<Object, Refusal> {
    let asked = request[T::ARN].as_str().ok_or_else(|| invalid(format!("{} must not be null.", T::ARN)))?;
    let (_, job) = visible_jobs::<T>(ask, world)
        .find(|(arn, _)| arn == asked)
        .ok_or_else(|| Refusal::new(400, T::UNKNOWN, format!("There is nothing with the {} {asked}.", T::ARN)))?;
    Ok(Object::new().with(T::DESCRIBED_AS, Some(job.description(&ask.region, &world.account))))
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "ValidationException", message)
}
