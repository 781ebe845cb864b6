//! A simulator, a tidings working on it, and what was told.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tidings::aws;
use tidings::config::{Config, Resources};
use tidings::domain::{Scope, Source};
use tidings::operate::{SilenceRequest, Silenced, silence};
use tidings::pass::{Invocation, Order, Tidings};
use tidings::report::{Report, ScopeReport};
use tidings::simulator::{Publication, Simulator};

use crate::permissions::hold_against_the_template;
pub use crate::support::account::{ACCOUNT, REGION, TABLE, TOPIC};
use crate::support::account::{calls_of, deployed, monday};
use crate::support::messages;
pub use crate::support::messages::notices;

/// How long an invocation may take unless a test says otherwise.
pub const PATIENCE: Duration = Duration::from_mins(2);

pub struct Stage {
    pub sim: Simulator,
    pub tidings: Tidings,
    pub sources: Vec<Source>,
    /// Calls that the test itself makes and tidings does not.
    pub by_hand: Option<&'static str>,
    invocations: u32,
}

impl Stage {
    /// Watches these sources at 06:00 on a Monday.
    pub fn of(sources: &[Source]) -> Self {
        Self::with(sources, Config::default())
    }

    /// The same with a rule that has every failed run told: several notices of one outbox, without waiting for reminders.
    pub fn telling_every_failure(source: Source) -> Self {
        let text = "[[rule]]\nmatch = { source = \"*\" }\nrepeats = \"tell\"";
        Self::with(&[source], Config::parse(text, "tidings.toml").expect("settings"))
    }

    pub fn with(sources: &[Source], config: Config) -> Self {
        let sim = deployed(monday(), REGION);
        let tidings = cold_start(&sim, config);
        Self { sim, tidings, sources: sources.to_vec(), by_hand: None, invocations: 0 }
    }

    /// A new process: nothing is remembered but what the table holds.
    pub fn cold_start(&mut self) {
        self.tidings = cold_start(&self.sim, self.tidings.config.clone());
    }

    /// A process beside the one that is used.
    pub fn another_process(&self) -> Tidings {
        cold_start(&self.sim, self.tidings.config.clone())
    }

    pub fn now(&self) -> Timestamp {
        self.sim.clock().now()
    }

    pub fn ago(&self, minutes: i64) -> Timestamp {
        self.now().checked_sub(SignedDuration::from_mins(minutes)).expect("a time")
    }

    pub fn wait(&self, minutes: i64) {
        self.sim.clock().advance(SignedDuration::from_mins(minutes));
    }

    pub fn invocation(&mut self, patience: Duration) -> Invocation {
        self.invocations += 1;
        let token = format!("invocation-{}", self.invocations);
        Invocation::new(ACCOUNT.to_owned(), REGION.to_owned(), token, self.now(), patience)
    }

    pub fn order(&self) -> Order {
        Order::Pass { sources: self.sources.clone(), dry_run: false }
    }

    pub fn dry_run(&self) -> Order {
        Order::Pass { sources: self.sources.clone(), dry_run: true }
    }

    /// What an event about a Backup job orders.
    pub fn hint_at(job: &str) -> Order {
        let (account, region) = (ACCOUNT.to_owned(), REGION.to_owned());
        Order::Hint { scope: Scope { source: Source::Backup, account, region }, subject: job.into() }
    }

    /// One tick.
    pub async fn pass(&mut self) -> Report {
        self.pass_within(PATIENCE).await
    }

    pub async fn pass_within(&mut self, patience: Duration) -> Report {
        let (order, invocation) = (self.order(), self.invocation(patience));
        self.tidings.run(&order, &invocation).await
    }

    /// A Backup event: one job only.
    pub async fn hint(&mut self, job: &str) -> Report {
        let (order, invocation) = (Self::hint_at(job), self.invocation(PATIENCE));
        self.tidings.run(&order, &invocation).await
    }

    /// Five minutes later, the next tick; what it told.
    pub async fn tick(&mut self) -> Vec<String> {
        self.wait(5);
        let report = self.pass().await;
        for scope in &report.scopes {
            assert_eq!(scope.error, None, "{} failed", scope.source);
            assert_eq!(scope.coverage, "complete", "{}", scope.source);
        }
        self.told()
    }

    /// The first pass, whose baseline notices are expected and set aside.
    pub async fn baseline(&mut self) {
        let report = self.pass().await;
        let told = self.told();
        assert_eq!(told.len(), self.sources.len(), "one baseline notice for each scope: {report:?} {told:?}");
        assert!(told.iter().all(|told| told.starts_with("baseline ")), "{told:?}");
    }

    /// Every message since the last call, each of them checked.
    pub fn messages(&self) -> Vec<Publication> {
        let inbox = self.sim.inbox();
        self.sim.clear_inbox();
        inbox.iter().for_each(messages::check);
        inbox
    }

    /// The notices of every message since the last call, as the machine form has them.
    pub fn notices(&self) -> Vec<Value> {
        self.messages().iter().flat_map(notices).collect()
    }

    /// The notices since the last call, one line each: `failed restore r-1: running -> failed`.
    pub fn told(&self) -> Vec<String> {
        self.notices().iter().map(line).collect()
    }

    /// Silences the failure that a notice is about.
    pub async fn silence(&mut self, notice: &str, length: &str) -> Result<Silenced, String> {
        let request =
            SilenceRequest::new(notice, length, "ticket 4711", Some("ana")).map_err(|error| error.to_string())?;
        let writer = self.invocation(PATIENCE).writer;
        silence(&self.tidings.store, &request, &writer).await.map_err(|error| error.to_string())
    }

    /// The ids of the subjects of which the table has records that have not expired.
    pub async fn records(&self, source: Source) -> Vec<String> {
        let scope = Scope { source, account: ACCOUNT.to_owned(), region: REGION.to_owned() };
        let known = self.tidings.store.peek(&scope).await.expect("the table can be read").known;
        let now = self.now();
        let kept = known.records.iter().filter(|kept| kept.state.expires_at.is_none_or(|at| at > now));
        kept.map(|kept| kept.state.subject.id.to_string()).collect()
    }

    /// How many calls of that operation the simulator has seen.
    pub fn count(&self, operation: &str) -> usize {
        calls_of(&self.sim, operation).len()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let mut calls = self.sim.calls();
            calls.retain(|call| Some(call.operation.as_str()) != self.by_hand);
            hold_against_the_template(&calls);
        }
    }
}

/// One notice in one line.
pub fn line(notice: &Value) -> String {
    let text = |key: &str| notice[key].as_str().unwrap_or("-").to_owned();
    let short = |text: String| text.rsplit('/').next().unwrap_or_default().to_owned();
    // An S3 table by its name, not by its ARN.
    let table = notice["attributes"]["bucket"].as_str().and(notice["attributes"]["table"].as_str());
    format!(
        "{} {} {}: {} -> {}",
        text("reason"),
        short(text("facet")),
        table.map_or_else(|| short(text("subject")), str::to_owned),
        text("from"),
        text("to")
    )
}

/// The report on one source.
pub fn scope(report: &Report, source: Source) -> &ScopeReport {
    report.scopes.iter().find(|scope| scope.source == source.as_str()).expect("the source is in the report")
}

fn cold_start(sim: &Simulator, config: Config) -> Tidings {
    let sdk = aws::with_limits(sim.sdk_config(REGION).into_builder());
    Tidings::new(&sdk.build(), &Resources::new(TABLE, TOPIC), config)
}
