//! The pure parts: judging a scope, and putting notices into words.
//!
//! Without arguments, or with divan's, times them. `cpu <subjects>` prints the milliseconds of CPU that judging an
//! unchanged scope takes; `count <work>` does one piece of work in a function named `counted`, for an instruction counter.

use std::hint::black_box;

use divan::Bencher;
use jiff::{SignedDuration, Timestamp};
use tidings::domain::{
    Coverage, Facet, FacetObservation, Known, Labels, Notice, Observation, Observed, Outbox, Plan, Policy, Scope,
    Source, Subject, Tracked, plan,
};
use tidings::publish::{self, Message, render};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["cpu", subjects] => say(&format!("{:.3}", cpu_of_plan(subjects.parse().expect("a number")))),
        ["count", work] => count(work),
        _ => divan::main(),
    }
}

#[expect(clippy::disallowed_macros, reason = "a benchmark's result is its output")]
fn say(text: &str) {
    println!("{text}");
}

fn count(work: &str) {
    let (what, size) = work.rsplit_once('-').expect("such as plan-1000");
    let size: usize = size.parse().expect("a number");
    match what {
        "plan" => {
            let case = Case::unchanged(size);
            black_box(counted(|| case.plan()));
        }
        "render" => {
            let notices = notices(size);
            black_box(counted(|| messages(&notices)));
        }
        _ => panic!("nothing is called {what}"),
    }
}

#[inline(never)]
fn counted<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// What the scheduler has given this process, which has one thread.
fn cpu_nanoseconds() -> u64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").expect("the scheduler's statistics");
    text.split(' ').next().and_then(|spent| spent.parse().ok()).expect("a number")
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds")]
fn cpu_of_plan(subjects: usize) -> f64 {
    let case = Case::unchanged(subjects);
    // The scheduler counts in steps of some milliseconds.
    let times = (500_000 / subjects).max(1);
    let begun = cpu_nanoseconds();
    for _ in 0..times {
        black_box(case.plan());
    }
    (cpu_nanoseconds() - begun) as f64 / 1e6 / times as f64
}

/// A scope before a pass, and what the pass has read.
struct Case {
    known: Known,
    observed: Observed,
    now: Timestamp,
}

impl Case {
    /// Tables with one maintenance job each, all as they were.
    fn unchanged(subjects: usize) -> Self {
        let scope = Scope {
            source: Source::S3TablesMaintenance,
            account: "123456789012".to_owned(),
            region: "eu-central-1".to_owned(),
        };
        let now = "2026-03-02T06:00:00Z".parse().expect("a time");
        let observations = (0..subjects).map(|index| table(index, "Successful", now)).collect();
        let observed = Observed { observations, ..Observed::default() };
        let mut case = Self { known: Known::nothing(scope), observed, now };
        let first = case.plan();
        case.known.checkpoint.state = first.checkpoint.state;
        for change in first.changes {
            let tracked = Tracked { state: change.state, outbox: Outbox::default(), history: Vec::new(), revision: 1 };
            case.known.records.insert(&tracked);
        }
        case.now = now.checked_add(SignedDuration::from_mins(5)).expect("a time");
        case
    }

    fn plan(&self) -> Plan {
        plan(&self.known, &self.observed, &Coverage::Complete, &Policy::default(), self.now)
    }
}

fn table(index: usize, status: &str, run: Timestamp) -> Observation {
    let id = format!("arn:aws:s3tables:eu-central-1:123456789012:bucket/lake/table/{index:012}");
    let labels = [("bucket", "lake"), ("namespace", "sales"), ("table_arn", id.as_str())];
    let labels: Labels = labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let facet = Facet::Job("icebergCompaction".to_owned());
    let message = (status == "Failed").then(|| "Insufficient access to the table's data files.".to_owned());
    Observation {
        subject: Subject { name: format!("table sales.t{index} in bucket lake"), id: id.into(), labels }.into(),
        began_at: None,
        facets: vec![FacetObservation { run: Some(run), message, ..FacetObservation::new(facet, status) }],
        awaits_more: false,
    }
}

/// That many notices of failed maintenance.
fn notices(count: usize) -> Vec<Notice> {
    let mut case = Case::unchanged(count);
    case.observed.observations = (0..count).map(|index| table(index, "Failed", case.now)).collect();
    case.plan().notices().cloned().collect()
}

fn messages(notices: &[Notice]) -> Vec<Message> {
    let settings = publish::Settings::default();
    notices.iter().map(|notice| render(std::slice::from_ref(notice), &settings)).collect()
}

#[divan::bench(args = [1_000, 10_000, 100_000])]
fn plan_unchanged(bencher: Bencher, subjects: usize) {
    let case = Case::unchanged(subjects);
    bencher.bench(|| case.plan());
}

#[divan::bench(args = [1, 100])]
fn render_each(bencher: Bencher, count: usize) {
    let notices = notices(count);
    bencher.bench(|| messages(&notices));
}
