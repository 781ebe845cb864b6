//! The stage of one run: the simulator, the world's history coming to pass in virtual time, who is dead or frozen, and
//! the log of it all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use axum::body::Bytes;
use axum::http::{Request, Response};
use fastrand::Rng;
use futures_util::FutureExt;
use serde_json::Value;
use tidings::report::Report;
use tidings::simulator::{Clock, ConnectionBroken, Fault, RedshiftLists, Simulator, World};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::asked::Question;
use crate::history::{BUCKET, START, at};
use crate::log::{Event, Log};
use crate::mishaps::Kind;
use crate::queues::{Batch, Queue, Waiting};
use crate::script::{Script, Tick};
pub use crate::support::account::{ACCOUNT, REGION, TABLE};
use crate::support::account::{deployed, time};
use crate::support::messages;

/// No invocation of a run has any business making more calls than this.
const MOST_CALLS: usize = 2_000;
/// Virtual time begins this long before the first tick, so that the world has a past.
const PAST: i64 = 3_600_000;

/// What a run takes place on.
pub struct Stage {
    pub sim: Simulator,
    /// Where the SDK clients think they are. The SDK keeps its retry quotas by service and region for the whole
    /// process, so each run has a region of its own, lest runs disturb each other.
    pub region: String,
    pub script: Script,
    /// Told when a message arrives in a queue.
    pub arrived: Notify,
    begun: Instant,
    inner: Mutex<Inner>,
}

struct Inner {
    log: Log,
    /// How many of the script's turns have come to pass.
    turns: usize,
    /// The world after each of them.
    past: Vec<(i64, World)>,
    /// The ARNs of all tables there ever were, by name.
    tables: BTreeMap<String, String>,
    lives: Vec<Life>,
    /// Which invocation each process works on.
    processes: Vec<usize>,
    rng: Rng,
    /// Calls that wait for someone to let them through, if anyone decides on their order.
    gate: Option<Vec<Parked>>,
    waiting: Waiting,
}

/// A call that waits.
pub struct Parked {
    pub invocation: usize,
    pub question: Question,
    go: oneshot::Sender<()>,
}

/// What the harness does to an invocation.
#[derive(Clone, Debug)]
pub struct Life {
    pub dead: bool,
    pub frozen_until: Option<Instant>,
    /// How many calls each mishap has matched.
    matched: Vec<u32>,
    /// How many calls it has made.
    calls: usize,
    /// The last invocations of a run are spared.
    calm: bool,
}

/// Notes the ARNs of the world's tables by their names.
fn note_tables(tables: &mut BTreeMap<String, String>, world: &World, region: &str) {
    for bucket in world.buckets.values() {
        for table in bucket.tables() {
            tables.insert(table.name.clone(), bucket.table_arn(table, region, ACCOUNT));
        }
    }
}

impl Stage {
    /// A stage for `script`. Call it inside a runtime whose clock is paused.
    pub fn new(script: Script, region: String) -> Arc<Self> {
        let sim = deployed(Clock::frozen(time(START)), &region);
        {
            let mut world = sim.world();
            world.bucket(BUCKET);
            script.conditions.apply(&mut world);
            world.page_limit = script.page_limit;
            if script.in_progress_only {
                world.redshift_lists = RedshiftLists::InProgressOnly;
            }
            for queue in Queue::ALL {
                world.queues.insert(queue.url(&region), Vec::new());
            }
        }
        let past = vec![(-PAST, sim.world().clone())];
        let mut tables = BTreeMap::new();
        note_tables(&mut tables, &sim.world(), &region);
        let inner = Inner {
            log: Log::default(),
            turns: 0,
            past,
            tables,
            lives: Vec::new(),
            processes: Vec::new(),
            rng: Rng::with_seed(script.seed ^ 0x5eed),
            gate: None,
            waiting: Waiting::new(script.seed),
        };
        Arc::new(Self { sim, region, script, arrived: Notify::new(), begun: Instant::now(), inner: Mutex::new(inner) })
    }

    pub fn topic(&self) -> String {
        format!("arn:aws:sns:{}:{ACCOUNT}:tidings", self.region)
    }

    /// Milliseconds since the start, by the true clock.
    pub fn now(&self) -> i64 {
        i64::try_from(self.begun.elapsed().as_millis()).expect("a run is short") - PAST
    }

    pub fn instant(&self, ms: i64) -> Instant {
        self.begun + Duration::from_millis(u64::try_from(ms + PAST).unwrap_or_default())
    }

    /// A process that has not started.
    pub fn process(&self) -> usize {
        let mut inner = self.inner();
        inner.processes.push(usize::MAX);
        inner.processes.len() - 1
    }

    /// The number of the next invocation.
    pub fn next_invocation(&self) -> usize {
        self.inner().lives.len()
    }

    /// An invocation begins on a process; its number.
    pub fn begin(&self, process: usize, calm: bool) -> usize {
        let mut inner = self.inner();
        let matched = vec![0; self.script.mishaps.len()];
        inner.lives.push(Life { dead: false, frozen_until: None, matched, calls: 0, calm });
        let invocation = inner.lives.len() - 1;
        inner.processes[process] = invocation;
        invocation
    }

    pub fn note(&self, invocation: usize, what: Event) {
        let now = self.now();
        self.inner().log.push(now, invocation, what);
    }

    pub fn life(&self, invocation: usize) -> (bool, Option<Instant>) {
        let inner = self.inner();
        let life = &inner.lives[invocation];
        (life.dead, life.frozen_until)
    }

    /// The process dies: nothing that it does from here on has any effect.
    pub fn die(&self, invocation: usize) {
        let now = self.now();
        let mut inner = self.inner();
        inner.lives[invocation].dead = true;
        inner.log.push(now, invocation, Event::Died);
    }

    /// The ids of the failures that were told so far.
    pub fn failures_told(&self) -> Vec<String> {
        let inner = self.inner();
        let told = inner.log.entries.iter().filter_map(|entry| match &entry.what {
            Event::Published { notices, .. } => Some(notices),
            _ => None,
        });
        let is_failure = |notice: &&Value| notice["reason"] == "failed" || notice["reason"] == "still-failing";
        told.flatten().filter(is_failure).filter_map(|notice| notice["id"].as_str().map(str::to_owned)).collect()
    }

    pub fn take_log(&self) -> Log {
        std::mem::take(&mut self.inner().log)
    }

    /// Lets come to pass what is due in the world.
    pub fn catch_up(&self) {
        let now = self.now();
        self.sim.clock().set(at(now));
        let mut inner = self.inner();
        while let Some(turn) = self.script.turns.get(inner.turns).filter(|turn| turn.at <= now) {
            let mut world = self.sim.world();
            turn.apply(&mut world);
            note_tables(&mut inner.tables, &world, &self.region);
            inner.past.push((turn.at, world.clone()));
            inner.turns += 1;
        }
    }

    /// Puts the script's ballast into an item of its source, or takes it out again, as is due at `now`.
    pub async fn weigh_down(&self, now: i64) {
        let Some(ballast) = &self.script.ballast else {
            return;
        };
        let client = Client::new(&self.sim.sdk_config(&self.region));
        let scope = format!("{}/{ACCOUNT}/{REGION}", ballast.source);
        let items = client.query().table_name(TABLE).key_condition_expression("pk = :pk");
        let items = items.expression_attribute_values(":pk", AttributeValue::S(scope)).send().await;
        let items = items.expect("the table can be read").items.unwrap_or_default();
        let is_due = (ballast.from..ballast.until).contains(&now);
        let lies = items.iter().find(|item| item.contains_key("ballast"));
        let Some(item) =
            lies.or_else(|| items.iter().find(|item| item["sk"].as_s().is_ok_and(|sk| sk != "#checkpoint")))
        else {
            return;
        };
        let update = client.update_item().table_name(TABLE).key("pk", item["pk"].clone()).key("sk", item["sk"].clone());
        let update = match (is_due, lies.is_some()) {
            (true, false) => {
                let text = "b".repeat(ballast.bytes.saturating_sub(2_000));
                let set = update.update_expression("SET ballast = :ballast");
                set.expression_attribute_values(":ballast", AttributeValue::S(text))
            }
            (false, true) => update.update_expression("REMOVE ballast"),
            _ => return,
        };
        // What there is already may leave no room even for this.
        drop(update.send().await);
    }

    /// From here on every call waits until [`Stage::release`] lets it through; or no longer.
    pub fn hold(&self, hold: bool) {
        self.inner().gate = hold.then(Vec::new);
    }

    /// The first call of an invocation that waits.
    pub fn waiting(&self, invocation: usize) -> Option<Question> {
        let inner = self.inner();
        let gate = inner.gate.as_ref()?;
        gate.iter().find(|parked| parked.invocation == invocation).map(|parked| parked.question.clone())
    }

    /// Lets the first waiting call of an invocation through, or drops it unmade.
    pub fn release(&self, invocation: usize, make: bool) {
        let mut inner = self.inner();
        let gate = inner.gate.as_mut().expect("a gate");
        let index = gate.iter().position(|parked| parked.invocation == invocation).expect("a call waits");
        let parked = gate.remove(index);
        if make {
            parked.go.send(()).expect("the call waits");
        }
    }

    /// Waits at the gate, if there is one. Whether the call may be made.
    pub async fn pass_gate(&self, invocation: usize, question: &Question) -> bool {
        let gone = {
            let mut inner = self.inner();
            let Some(gate) = &mut inner.gate else {
                return true;
            };
            let (go, gone) = oneshot::channel();
            gate.push(Parked { invocation, question: question.clone(), go });
            gone
        };
        gone.await.is_ok()
    }

    /// The invocation that a process works on.
    pub fn invocation_on(&self, process: usize) -> usize {
        self.inner().processes[process]
    }

    /// The ARN of the table of that name.
    pub fn table_arn(&self, name: &str) -> Option<String> {
        self.inner().tables.get(name).cloned()
    }

    /// What an invocation has just sent to the queues is on its way.
    pub fn collect_messages(&self, invocation: usize) {
        let now = self.now();
        let mut inner = self.inner();
        let calm = inner.lives[invocation].calm;
        for queue in Queue::ALL {
            let mut world = self.sim.world();
            let sent = std::mem::take(world.queues.get_mut(&queue.url(&self.region)).expect("the queue exists"));
            for message in sent {
                if let Some(what) = inner.waiting.arrive(now, queue, &message.body, calm) {
                    inner.log.push(now, invocation, Event::Message(what));
                }
            }
        }
        self.arrived.notify_one();
    }

    /// When the next message is handed out.
    pub fn next_batch(&self) -> Option<Instant> {
        let queues = self.script.queues.as_ref()?;
        let due = self.inner().waiting.next(queues)?;
        Some(self.instant(due))
    }

    /// The messages that are handed out now, and the invocation that gets them.
    pub fn take_batch(&self) -> Option<(Batch, Tick)> {
        let now = self.now();
        let waiting = &mut self.inner().waiting;
        let batch = waiting.take(now, self.script.queues.as_ref()?)?;
        let tick = waiting.invocation(now, &batch);
        Some((batch, tick))
    }

    /// An invocation that was given messages has ended, with a report unless it died.
    pub fn give_back(&self, invocation: usize, batch: Batch, report: Option<&Report>) {
        let now = self.now();
        let mut inner = self.inner();
        for what in inner.waiting.give_back(now, batch, report) {
            inner.log.push(now, invocation, Event::Message(what));
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("the harness does not panic while it holds the lock")
    }

    /// The process is frozen; until when.
    pub fn freeze(&self, invocation: usize, ms: i64) -> Instant {
        let now = self.now();
        let until = self.instant(now + ms);
        let mut inner = self.inner();
        inner.lives[invocation].frozen_until = Some(until);
        inner.log.push(now, invocation, Event::Froze { until: now + ms });
        until
    }

    /// What goes wrong with this call, or what it meets in any case.
    pub fn trouble(&self, invocation: usize, question: &Question) -> Option<Kind> {
        let refusal = self.script.conditions.refusal(question, self.now());
        // A mishap counts its calls, whatever they meet. None of them makes a service answer that is not there.
        match self.mishap(invocation, question) {
            Some(Kind::Slow(_) | Kind::Stale(_) | Kind::FreezeBefore(_) | Kind::FreezeAfter(_))
                if refusal.is_some() =>
            {
                refusal
            }
            mishap => mishap.or(refusal),
        }
    }

    fn mishap(&self, invocation: usize, question: &Question) -> Option<Kind> {
        let mut inner = self.inner();
        let life = &mut inner.lives[invocation];
        life.calls += 1;
        assert!(life.calls < MOST_CALLS, "#{invocation} makes calls without end");
        if life.calm {
            return None;
        }
        let mut struck = None;
        for (mishap, matched) in self.script.mishaps.iter().zip(&mut life.matched) {
            if mishap.invocations.contains(&invocation) && question.is_for(mishap.target) {
                *matched += 1;
                if struck.is_none() && *matched > mishap.skip && *matched <= mishap.skip.saturating_add(mishap.times) {
                    struck = Some(mishap.kind.clone());
                }
            }
        }
        struck
    }

    /// How long a call takes at most, in milliseconds.
    pub fn longest_latency(&self) -> i64 {
        i64::try_from(self.script.latency).expect("a short time")
    }

    /// How long a call takes.
    pub fn latency(&self) -> Duration {
        let longest = self.script.latency;
        if longest == 0 {
            return Duration::ZERO;
        }
        Duration::from_millis(self.inner().rng.u64(0..=longest))
    }

    /// The world as it was `ms` ago.
    fn earlier(&self, ms: i64) -> World {
        let then = self.now() - ms;
        let inner = self.inner();
        let index = inner.past.partition_point(|(at, _)| *at <= then).saturating_sub(1);
        inner.past[index].1.clone()
    }

    /// The services' answer, now. `None` when there will never be one.
    pub fn answer(
        &self,
        request: Request<Bytes>,
        kind: Option<&Kind>,
    ) -> Option<Result<Response<Bytes>, ConnectionBroken>> {
        self.catch_up();
        let present = match kind {
            Some(Kind::Stale(ms)) => {
                let earlier = self.earlier(*ms);
                Some(std::mem::replace(&mut *self.sim.world(), earlier))
            }
            _ => None,
        };
        if let Some(Kind::Fault(fault)) = kind {
            self.sim.inject(Fault::new(fault.clone()));
        }
        let answer = self.sim.answer(request).now_or_never();
        self.sim.clear_faults();
        self.sim.clear_calls();
        if let Some(present) = present {
            *self.sim.world() = present;
        }
        answer
    }

    /// What SNS has accepted since the last call: a list of notices for each message.
    pub fn accepted(&self) -> Vec<Vec<Value>> {
        let inbox = self.sim.inbox();
        self.sim.clear_inbox();
        inbox
            .iter()
            .map(|publication| {
                let notices = messages::notices(publication);
                // A digest has an id of its own.
                let told = if notices.len() == 1 {
                    notices[0]["id"].clone()
                } else {
                    messages::event(publication)["id"].clone()
                };
                assert_eq!(publication.attributes["notice_id"].value, told, "P4: the id is the same in every copy");
                notices
            })
            .collect()
    }
}
