//! AWS Backup: restore jobs, backup jobs and copy jobs, each with a listing and a question about one job.
//!
//! Methods and paths, JSON answers. Listings are newest first and forget jobs
//! created more than thirty days ago; a job's own page never does.

mod copies;
mod jobs;
mod restores;

use axum::http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::json::Object;
use super::page::{newest_first, page};
use super::{Ask, Refusal};
use crate::simulator::world::{BackupCopy, BackupJob, BackupRestore, World, visible};

const PAGE: usize = 1000;
const LISTED_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The operation at a method and a path.
pub(super) fn route(method: &Method, path: &[&str]) -> Option<&'static str> {
    match (method, path) {
        (&Method::GET, ["restore-jobs"]) => Some("ListRestoreJobs"),
        (&Method::GET, ["restore-jobs", _]) => Some("DescribeRestoreJob"),
        (&Method::GET, ["backup-jobs"]) => Some("ListBackupJobs"),
        (&Method::GET, ["backup-jobs", _]) => Some("DescribeBackupJob"),
        (&Method::GET, ["copy-jobs"]) => Some("ListCopyJobs"),
        (&Method::GET, ["copy-jobs", _]) => Some("DescribeCopyJob"),
        _ => None,
    }
}

pub(super) fn answer(ask: &Ask, world: &World, now: Timestamp) -> Result<String, Refusal> {
    let answer = match ask.operation.as_str() {
        "ListRestoreJobs" => list::<BackupRestore>(ask, world, now)?,
        "ListBackupJobs" => list::<BackupJob>(ask, world, now)?,
        "ListCopyJobs" => list::<BackupCopy>(ask, world, now)?,
        "DescribeRestoreJob" => describe::<BackupRestore>(ask, world)?,
        "DescribeBackupJob" => describe::<BackupJob>(ask, world)?,
        "DescribeCopyJob" => Object::new().with("CopyJob", Some(describe::<BackupCopy>(ask, world)?)),
        _ => return Err(Refusal::unknown_operation(ask)),
    };
    Ok(answer.into_string())
}

/// A filter of a listing: its name in the query, and what it is compared with.
type Filter<T> = (&'static str, fn(&T) -> Option<&str>);

/// One kind of job, as far as listings and questions about one job need to know it.
trait Job: Sized + 'static {
    /// What messages call it.
    const KIND: &'static str;
    /// The member of a listing that has the jobs.
    const LISTED_AS: &'static str;
    /// The filter by state.
    const STATE: Filter<Self>;
    /// The states that the filter by state takes.
    const STATES: &'static [&'static str];
    /// The other filters that compare a text.
    const FILTERS: &'static [Filter<Self>];

    /// The job of an id.
    fn find<'a>(world: &'a World, id: &str) -> Option<&'a Self>;
    /// The jobs of the world.
    fn all(world: &World) -> impl Iterator<Item = &Self>;
    /// Whose it is, where, and when.
    fn place(&self) -> Place<'_>;
    /// The job as it is answered.
    fn to_json(&self, own_account: &str) -> Object;
}

/// Whose job it is, where it is visible, when it began and when it ended.
struct Place<'a> {
    id: &'a str,
    account: Option<&'a str>,
    region: Option<&'a str>,
    created: Option<Timestamp>,
    completed: Option<Timestamp>,
}

fn list<T: Job>(ask: &Ask, world: &World, now: Timestamp) -> Result<Object, Refusal> {
    let asked = Asked::<T>::read(ask)?;
    let oldest = now.saturating_sub(LISTED_FOR).unwrap_or(Timestamp::MIN);
    let listed: Vec<(String, &T)> = T::all(world)
        .map(|job| (job, job.place()))
        .filter(|(_, place)| visible(place.region, &ask.region))
        .filter(|(_, place)| place.created.is_none_or(|created| created >= oldest))
        .filter(|(job, place)| asked.admits(job, place, &world.account))
        .map(|(job, place)| (newest_first(place.created, place.id), job))
        .collect();
    let size = world.page_size(page_size(ask)?);
    let page = page(listed, &ask.operation, ask.field("nextToken"), size).map_err(|_| invalid("Invalid NextToken."))?;
    let jobs: Vec<Value> = page.items.into_iter().map(|job| job.to_json(&world.account).into()).collect();
    Ok(Object::new().with("NextToken", page.next).with(T::LISTED_AS, Some(jobs)))
}

fn describe<T: Job>(ask: &Ask, world: &World) -> Result<Object, Refusal> {
    let id = ask.path.last().map(String::as_str).unwrap_or_default();
    let job = T::find(world, id).filter(|job| visible(job.place().region, &ask.region)).ok_or_else(|| {
        let message = format!("Cannot find {} with ID {id}", T::KIND);
        Refusal::new(400, "ResourceNotFoundException", message)
    })?;
    Ok(job.to_json(&world.account))
}

/// What a listing was narrowed to.
struct Asked<'a, T> {
    account: Option<&'a str>,
    texts: Vec<(&'a str, Filter<T>)>,
    created: Span,
    completed: Span,
}

impl<'a, T: Job> Asked<'a, T> {
    fn read(ask: &'a Ask) -> Result<Self, Refusal> {
        if let Some(word) = ask.field(T::STATE.0).filter(|word| !T::STATES.contains(word)) {
            return Err(invalid(format!("Invalid {} {} {word}.", T::KIND, T::STATE.0)));
        }
        let filters = T::FILTERS.iter().copied().chain([T::STATE]);
        Ok(Self {
            account: ask.field("accountId").filter(|account| *account != "*"),
            texts: filters.filter_map(|filter| Some((ask.field(filter.0)?, filter))).collect(),
            created: Span::read(ask, "createdAfter", "createdBefore")?,
            completed: Span::read(ask, "completeAfter", "completeBefore")?,
        })
    }

    fn admits(&self, job: &T, place: &Place<'_>, own_account: &str) -> bool {
        self.account.is_none_or(|asked| asked == place.account.unwrap_or(own_account))
            && self.texts.iter().all(|(asked, (_, found))| found(job) == Some(asked))
            && self.created.contains(place.created)
            && self.completed.contains(place.completed)
    }
}

/// The time between two filters, without its ends.
struct Span {
    after: Option<Timestamp>,
    before: Option<Timestamp>,
}

impl Span {
    fn read(ask: &Ask, after: &str, before: &str) -> Result<Self, Refusal> {
        Ok(Self { after: time(ask, after)?, before: time(ask, before)? })
    }

    /// Whether `at` is in it. What has no time is only in a span without ends.
    fn contains(&self, at: Option<Timestamp>) -> bool {
        self.after.is_none_or(|after| at.is_some_and(|at| at > after))
            && self.before.is_none_or(|before| at.is_some_and(|at| at < before))
    }
}

fn time(ask: &Ask, name: &str) -> Result<Option<Timestamp>, Refusal> {
    ask.field(name)
        .map(|text| text.parse().map_err(|_| invalid(format!("{name} is `{text}`, which is no time."))))
        .transpose()
}

fn page_size(ask: &Ask) -> Result<usize, Refusal> {
    let Some(asked) = ask.field("maxResults") else {
        return Ok(PAGE);
    };
    asked
        .parse()
        .ok()
        .filter(|size| (1..=PAGE).contains(size))
        .ok_or_else(|| invalid(format!("MaxResults is {asked}, not between 1 and 1000.")))
}

/// `CreatedBy` of a job that a backup plan made; `None` if nothing is known of a plan.
fn created_by_plan(arn: Option<&str>, name: Option<&str>, rule: Option<&str>) -> Option<Object> {
    (arn.is_some() || name.is_some() || rule.is_some())
        .then(|| Object::new().with("BackupPlanArn", arn).with("BackupPlanName", name).with("BackupRuleName", rule))
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "InvalidParameterValueException", message)
}
