//! The history of the world that one seed decides on: restores that start, move, fail, finish and vanish, runs of
//! maintenance, replications that flap, tables that come and go.

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use tidings::domain::Source;
use tidings::simulator::{BackupRestore, Destination, MaintenanceJob, RedshiftRestore, ServerlessRestore, World};

/// When the first tick is due; everything else counts in milliseconds from here.
pub const START: &str = "2026-03-02T06:00:00Z";
pub const BUCKET: &str = "lake";
/// A table bucket that the role may not read, if there is one.
pub const LOCKED: &str = "aaa";
/// A table bucket that AWS manages, if there is one.
pub const MANAGED: &str = "aws-s3";
pub const NAMESPACE: &str = "sales";
const MINUTE: i64 = 60_000;

/// A point in time by its distance from the start in milliseconds.
pub fn at(ms: i64) -> Timestamp {
    let start: Timestamp = START.parse().expect("a time");
    start.checked_add(SignedDuration::from_millis(ms)).expect("a time")
}

/// Something that happens in the world.
#[derive(Clone, Debug)]
pub struct Turn {
    pub at: i64,
    pub what: What,
}

/// What happens.
#[derive(Clone, Debug)]
pub enum What {
    /// A table restore in Redshift or Redshift Serverless takes this status; it begins with its first.
    Restore { source: Source, id: String, word: String },
    /// A Backup job takes this status.
    Job { id: String, word: String, test: bool },
    /// The validation of a Backup job takes this status.
    Validation { id: String, word: String },
    /// The clean-up after a Backup job takes this status.
    Deletion { id: String, word: String },
    /// A restore or a Backup job comes to this point: megabytes or percent.
    Progress { source: Source, id: String, amount: i64 },
    /// A Backup job has something to say about its end.
    Issue { id: String },
    /// AWS Backup says how many minutes a job will take.
    Estimate { id: String, minutes: i64 },
    /// A restore or a job is gone without a trace.
    Gone { source: Source, id: String },
    /// A maintenance job says this; with `run`, of a run that began now.
    Run { table: String, job: String, word: String, run: bool },
    /// A replication says this; with `updated`, after an update that succeeded now.
    Replica { table: String, to: String, word: String, updated: bool },
    /// A destination is taken away.
    Unreplicated { table: String, to: String },
    /// A table is dropped.
    Dropped { table: String },
}

impl Turn {
    /// Makes it so.
    pub fn apply(&self, world: &mut World) {
        let now = Some(at(self.at));
        match &self.what {
            What::Restore { source: Source::Redshift, id, word } => {
                let restore = world.redshift.entry(id.clone()).or_insert_with(|| RedshiftRestore {
                    requested: now,
                    source: "dev.public.orders".parse().ok(),
                    cluster: Some("analytics".to_owned()),
                    ..RedshiftRestore::new(id.clone())
                });
                restore.status = Some(word.clone());
            }
            What::Restore { id, word, .. } => {
                let restore = world
                    .serverless
                    .entry(id.clone())
                    .or_insert_with(|| ServerlessRestore { requested: now, ..ServerlessRestore::new(id.clone()) });
                restore.status = Some(word.clone());
            }
            What::Job { id, word, test } => {
                let plan = "arn:aws:backup:eu-central-1:123456789012:restore-testing-plan:weekly";
                let job = world.backup.entry(id.clone()).or_insert_with(|| BackupRestore {
                    created: now,
                    restore_testing_plan_arn: test.then(|| plan.to_owned()),
                    ..BackupRestore::new(id.clone())
                });
                job.status = Some(word.clone());
                let ended = ["completed", "failed", "aborted"].contains(&word.to_lowercase().as_str());
                job.completed = if ended { now } else { None };
            }
            What::Validation { id, word } => {
                if let Some(job) = world.backup.get_mut(id) {
                    job.validation_status = Some(word.clone());
                }
            }
            What::Deletion { id, word } => {
                if let Some(job) = world.backup.get_mut(id) {
                    job.deletion_status = Some(word.clone());
                }
            }
            What::Progress { source: Source::Redshift, id, amount } => {
                if let Some(restore) = world.redshift.get_mut(id) {
                    (restore.progress_mb, restore.total_mb) = (Some(*amount), Some(100));
                }
            }
            What::Progress { source: Source::RedshiftServerless, id, amount } => {
                if let Some(restore) = world.serverless.get_mut(id) {
                    (restore.progress_mb, restore.total_mb) = (Some(*amount), Some(100));
                }
            }
            What::Progress { id, amount, .. } => {
                if let Some(job) = world.backup.get_mut(id) {
                    job.percent_done = Some(format!("{amount}.00%"));
                }
            }
            What::Issue { id } => {
                if let Some(job) = world.backup.get_mut(id) {
                    job.message = Some("2 of 120 objects could not be restored".to_owned());
                }
            }
            What::Estimate { id, minutes } => {
                if let Some(job) = world.backup.get_mut(id) {
                    job.expected_minutes = Some(*minutes);
                }
            }
            What::Gone { source, id } => match source {
                Source::Redshift => drop(world.redshift.remove(id)),
                Source::RedshiftServerless => drop(world.serverless.remove(id)),
                _ => drop(world.backup.remove(id)),
            },
            What::Run { table, job, word, run } => {
                let table = world.table(BUCKET, NAMESPACE, table);
                let before = table.maintenance.get(job).and_then(|job| job.run);
                let job_now = MaintenanceJob {
                    status: Some(word.clone()),
                    run: if *run { now } else { before },
                    message: word.eq_ignore_ascii_case("failed").then(|| "Insufficient access".to_owned()),
                };
                table.maintenance.insert(job.clone(), job_now);
            }
            What::Replica { table, to, word, updated } => {
                let destination = world.table(BUCKET, NAMESPACE, table).replication.entry(to.clone()).or_default();
                let before = destination.updated;
                *destination = Destination {
                    status: Some(word.clone()),
                    updated: if *updated { now } else { before },
                    message: word.eq_ignore_ascii_case("failed").then(|| "the destination is gone".to_owned()),
                    ..Destination::default()
                };
            }
            What::Unreplicated { table, to } => {
                world.table(BUCKET, NAMESPACE, table).replication.remove(to);
            }
            What::Dropped { table } => {
                world.bucket(BUCKET).drop_table(NAMESPACE, table);
            }
        }
    }
}

/// Decides on a history of these sources until `end`, in the order of time.
pub fn history(rng: &mut Rng, sources: &[Source], end: i64) -> Vec<Turn> {
    let mut turns = Vec::new();
    for source in sources {
        let subjects = rng.usize(1..=3);
        for index in 0..subjects {
            match source {
                Source::Redshift | Source::RedshiftServerless => restore(rng, *source, index, end, &mut turns),
                Source::Backup => job(rng, index, end, &mut turns),
                Source::S3TablesReplication => replication(rng, index, end, &mut turns),
                Source::S3TablesMaintenance => maintenance(rng, index, end, &mut turns),
                other => unreachable!("the simulation does not run {other}"),
            }
        }
    }
    turns.retain(|turn| turn.at < end);
    turns.sort_by_key(|turn| turn.at);
    turns
}

/// Adds how restores come along between their statuses, and what AWS Backup expects of its jobs.
pub fn unfold(rng: &mut Rng, turns: &mut Vec<Turn>) {
    let mut more = Vec::new();
    for turn in turns.iter() {
        let (source, id) = match &turn.what {
            What::Restore { source, id, .. } => (*source, id),
            What::Job { id, .. } => (Source::Backup, id),
            _ => continue,
        };
        let mut at = turn.at;
        for _ in 0..rng.usize(0..4) {
            at += soon(rng);
            let what = What::Progress { source, id: id.clone(), amount: rng.i64(0..=100) };
            more.push(Turn { at, what });
        }
        if source == Source::Backup && rng.bool() {
            let what = What::Estimate { id: id.clone(), minutes: rng.i64(1..40) };
            more.push(Turn { at: turn.at, what });
        }
    }
    turns.extend(more);
    turns.sort_by_key(|turn| turn.at);
}

/// Lets some Backup jobs complete with issues.
pub fn complete_with_issues(rng: &mut Rng, turns: &mut Vec<Turn>) {
    let mut more = Vec::new();
    for turn in turns.iter() {
        if let What::Job { id, word, .. } = &turn.what
            && word.eq_ignore_ascii_case("completed")
            && rng.u8(0..3) == 0
        {
            more.push(Turn { at: turn.at, what: What::Issue { id: id.clone() } });
        }
    }
    turns.extend(more);
    turns.sort_by_key(|turn| turn.at);
}

/// A table that fails, and nobody here can do anything about it: AWS manages its bucket.
pub fn managed_table(world: &mut World) {
    world.bucket(MANAGED).kind = Some("aws".to_owned());
    let table = world.table(MANAGED, NAMESPACE, "journal");
    let status = Some("Failed".to_owned());
    let job = MaintenanceJob { status, run: Some(at(-MINUTE)), message: Some("out of luck".to_owned()) };
    table.maintenance.insert("icebergCompaction".to_owned(), job);
    let to = "arn:aws:s3tables:eu-west-1:123456789012:bucket/replica-a".to_owned();
    let status = Some("failed".to_owned());
    table.replication.insert(to, Destination { status, ..Destination::default() });
}

/// Tables that have nothing to tell: what they did was long ago.
pub fn quiet_tables(world: &mut World, count: usize) {
    let long_ago = Some(at(-120 * MINUTE));
    for index in 0..count {
        let table = world.table(LOCKED, NAMESPACE, &format!("l{index}"));
        let job = MaintenanceJob { status: Some("Successful".to_owned()), run: long_ago, message: None };
        table.maintenance.insert("icebergCompaction".to_owned(), job);
        let to = "arn:aws:s3tables:eu-west-1:123456789012:bucket/replica-a".to_owned();
        let status = Some("completed".to_owned());
        table.replication.insert(to, Destination { status, updated: long_ago, ..Destination::default() });
    }
}

/// A beginning: before the first tick for some, later for most. Whole seconds, as AWS has them.
fn beginning(rng: &mut Rng, end: i64) -> i64 {
    let from = if rng.u8(0..10) < 4 { -40 * MINUTE } else { 0 };
    rng.i64(from..end * 9 / 10) / 1000 * 1000
}

/// The time until the next thing happens to a subject: seconds for some, an hour for few.
fn soon(rng: &mut Rng) -> i64 {
    let longest = [10, 120, 600, 1200, 3000][rng.usize(0..5)];
    rng.i64(1..=longest) * 1000
}

/// A word as AWS spells it, or in another case.
fn spelled(rng: &mut Rng, word: &str) -> String {
    match rng.u8(0..10) {
        0 => word.to_lowercase(),
        1 => word.to_uppercase(),
        _ => word.to_owned(),
    }
}

fn one_of<'w>(rng: &mut Rng, words: &[&'w str]) -> &'w str {
    words[rng.usize(0..words.len())]
}

fn restore(rng: &mut Rng, source: Source, index: usize, end: i64, turns: &mut Vec<Turn>) {
    let id = format!("{}-{index}", if source == Source::Redshift { "r" } else { "s" });
    let mut now = beginning(rng, end);
    let mut words = Vec::new();
    if rng.bool() {
        words.push("PENDING");
    }
    words.push("IN_PROGRESS");
    if rng.u8(0..10) == 0 {
        words.push("QUEUED");
        words.push("IN_PROGRESS");
    }
    words.push(one_of(rng, &["SUCCEEDED", "SUCCEEDED", "FAILED", "FAILED", "CANCELED", "gone"]));
    for word in words {
        let what = match word {
            "gone" => What::Gone { source, id: id.clone() },
            word => What::Restore { source, id: id.clone(), word: spelled(rng, word) },
        };
        turns.push(Turn { at: now, what });
        now += soon(rng);
    }
}

fn job(rng: &mut Rng, index: usize, end: i64, turns: &mut Vec<Turn>) {
    let (id, test) = (format!("j-{index}"), rng.bool());
    let mut now = beginning(rng, end);
    let mut push = |rng: &mut Rng, what: What| {
        turns.push(Turn { at: now, what });
        now += soon(rng);
    };
    let mut words = vec!["PENDING", "RUNNING"];
    if rng.u8(0..10) == 0 {
        words.push("RESUMING");
    }
    let end =
        if test { &["COMPLETED", "COMPLETED", "FAILED"][..] } else { &["COMPLETED", "FAILED", "ABORTED", "gone"] };
    words.push(one_of(rng, end));
    for word in &words[usize::from(rng.bool())..] {
        let what = match *word {
            "gone" => What::Gone { source: Source::Backup, id: id.clone() },
            word => What::Job { id: id.clone(), word: spelled(rng, word), test },
        };
        push(rng, what);
    }
    if test && words.last() == Some(&"COMPLETED") {
        let validated = one_of(rng, &["SUCCESSFUL", "FAILED", "TIMED_OUT"]);
        let deleted = one_of(rng, &["SUCCESSFUL", "FAILED"]);
        for word in ["VALIDATING", validated] {
            let what = What::Validation { id: id.clone(), word: spelled(rng, word) };
            push(rng, what);
        }
        for word in ["DELETING", deleted] {
            let what = What::Deletion { id: id.clone(), word: spelled(rng, word) };
            push(rng, what);
        }
    }
}

fn maintenance(rng: &mut Rng, index: usize, end: i64, turns: &mut Vec<Turn>) {
    let table = format!("m{index}");
    for job in &["icebergCompaction", "icebergSnapshotManagement"][..rng.usize(1..=2)] {
        let mut now = beginning(rng, end);
        let mut say = |now: i64, rng: &mut Rng, word: &str, run| {
            let word = spelled(rng, word);
            turns.push(Turn { at: now, what: What::Run { table: table.clone(), job: (*job).to_owned(), word, run } });
        };
        if rng.bool() {
            say(now, rng, "Not_Yet_Run", false);
            now += soon(rng);
        }
        while now < end {
            match rng.u8(0..10) {
                0..5 => say(now, rng, "Successful", true),
                5..9 => say(now, rng, "Failed", true),
                _ => say(now, rng, "Disabled", false),
            }
            now += 240_000 + soon(rng);
        }
    }
    if rng.u8(0..8) == 0 {
        turns.push(Turn { at: end * 3 / 4, what: What::Dropped { table: table.clone() } });
        turns
            .retain(|turn| !matches!(&turn.what, What::Run { table: of, .. } if *of == table && turn.at > end * 3 / 4));
    }
}

fn replication(rng: &mut Rng, index: usize, end: i64, turns: &mut Vec<Turn>) {
    let table = format!("r{index}");
    for to in &["replica-a", "replica-b"][..rng.usize(1..=2)] {
        let to = format!("arn:aws:s3tables:eu-west-1:123456789012:bucket/{to}");
        let mut now = beginning(rng, end);
        let mut say = |now: i64, rng: &mut Rng, word: &str, updated| {
            let word = spelled(rng, word);
            turns.push(Turn { at: now, what: What::Replica { table: table.clone(), to: to.clone(), word, updated } });
        };
        say(now, rng, "pending", false);
        while now < end {
            now += 60_000 + soon(rng);
            match rng.u8(0..12) {
                0..5 => say(now, rng, "completed", true),
                5..8 => say(now, rng, "failed", false),
                8 => say(now, rng, "pending", true),
                9 => say(now, rng, "resyncing", false),
                10 if now < end && rng.bool() => {
                    let what = What::Unreplicated { table: table.clone(), to: to.clone() };
                    turns.push(Turn { at: now, what });
                    break;
                }
                _ => say(now, rng, "pending", false),
            }
        }
    }
    if rng.u8(0..10) == 0 {
        turns.push(Turn { at: end * 3 / 4, what: What::Dropped { table: table.clone() } });
        turns.retain(|turn| {
            turn.at <= end * 3 / 4
                || !matches!(&turn.what, What::Replica { table: of, .. } | What::Unreplicated { table: of, .. } if *of == table)
        });
    }
}
