//! One run: ticks come, processes start, work, die, freeze and thaw; at the end all is calm, and what was to be told must
//! have been told.

use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use jiff::SignedDuration;
use tidings::aws;
use tidings::config::{Config, Resources};
use tidings::domain::{Effect, Known, Match, Mute, Policy, Reason, Repeats, Rule, Scope, Source};
use tidings::operate::{self, SilenceRequest};
use tidings::pass::{Invocation, Order, Tidings};
use tidings::report::Report;
use tidings::simulator::World;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::asked::Question;
use crate::history::at;
use crate::line::Line;
use crate::log::{Event, Log};
use crate::queues::{Batch, Queue};
use crate::script::{Asked, Script, Tick};
pub use crate::stage::REGION;
use crate::stage::{ACCOUNT, Stage, TABLE};

/// How long a process may go on after it thawed, if its deadline is over by then.
const AFTER_THAW: Duration = Duration::from_secs(30);
/// Longer than anything takes.
const LONG: Duration = Duration::from_hours(24);
/// How many passes end a run: two in which everything must be told, and one that finds nothing to do. A sweep over tables
/// that ran out of time takes one more, which goes on from there. So does what can never be read: the third whole read tells
/// it.
pub fn calm_passes(script: &Script) -> usize {
    let sweeps = |source: &Source| matches!(source, Source::S3TablesReplication | Source::S3TablesMaintenance);
    3 + usize::from(script.sources.iter().any(sweeps)) + usize::from(script.conditions.is_any())
}

/// What a run left behind.
pub struct Outcome {
    pub script: Script,
    pub log: Log,
    /// The state table at the end, and what of it cannot be read.
    pub known: Vec<Known>,
    pub unreadable: Vec<String>,
    /// The world at the end.
    pub world: World,
    /// The region in the ARNs of the world's tables.
    pub region: String,
    /// With which invocation the calm began, and with which its last pass.
    pub calm_from: usize,
    pub last_from: usize,
}

impl Outcome {
    /// The reports of the invocations that ran to their end, in the order in which they ended.
    pub fn reports(&self) -> impl Iterator<Item = &Report> {
        self.log.entries.iter().filter_map(|entry| match &entry.what {
            Event::Ended(report) => Some(&**report),
            _ => None,
        })
    }
}

/// Runs `script` in a runtime of its own under a paused clock.
pub fn run(script: Script, region: String) -> Outcome {
    // The SDK draws its pauses before retries from here.
    fastrand::seed(script.seed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async { Play::new(script, region).go().await })
}

/// The settings that a script wants.
fn settle(policy: &mut Policy, script: &Script) {
    let limits = &script.limits;
    let span = |ms: Option<i64>| ms.map(SignedDuration::from_millis);
    policy.routine.clone_from(&script.routine);
    policy.stalled_after = Source::DEFAULT.into_iter().zip(span(limits.stalled_after).into_iter().cycle()).collect();
    policy.overdue_after = span(limits.overdue_after);
    policy.max_lag = span(limits.max_lag);
    policy.reminder_interval = span(limits.reminder_interval);
    let failed = || Match { reasons: [Reason::Failed].into(), ..Match::default() };
    let effect = Effect {
        failure_threshold: NonZeroU32::new(limits.threshold),
        repeats: limits.tell.then_some(Repeats::Tell),
        mute: limits.muted_until.map(|until| Mute::Until(at(until))),
        ..Effect::default()
    };
    policy.rules.push(Rule { name: "of the script".to_owned(), matches: failed(), effect });
}

/// A run under someone else's direction.
pub struct Play {
    pub stage: Arc<Stage>,
    processes: Vec<Process>,
    lives: FuturesUnordered<Living>,
    /// The passes of the calm so far: with which invocation each began, and what it was.
    calm: Vec<(usize, Tick)>,
}

struct Process {
    tidings: Option<Arc<Tidings>>,
    busy: bool,
    number: usize,
}

impl Play {
    pub fn new(script: Script, region: String) -> Self {
        let lives = FuturesUnordered::new();
        Self { stage: Stage::new(script, region), processes: Vec::new(), lives, calm: Vec::new() }
    }

    async fn go(mut self) -> Outcome {
        let ticks = self.stage.script.ticks.clone();
        for tick in &ticks {
            self.wait_until(self.stage.instant(tick.at)).await;
            self.stage.weigh_down(tick.at).await;
            self.start(tick, None);
        }
        self.finish().await;
        self.calm_down().await
    }

    /// Ends the run: every lease and claim runs out, and all is well again.
    pub async fn calm_down(mut self) -> Outcome {
        let ticks = &self.stage.script.ticks;
        // Every lease and claim is over, every clock agrees, and every item has room again.
        let over = self.stage.now().max(ticks.last().map_or(0, |tick| tick.at)) + 900_000;
        let last_turn = self.stage.script.turns.last().map_or(0, |turn| turn.at);
        let light = self.stage.script.ballast.as_ref().map_or(0, |ballast| ballast.until);
        let calm_from = over.max(last_turn + 300_000).max(light);
        for pass in 0..calm_passes(&self.stage.script) {
            let due = calm_from + 300_000 * i64::try_from(pass).expect("a few");
            self.wait_until(self.stage.instant(due)).await;
            self.stage.weigh_down(due).await;
            // A process that remembers nothing asks about every table, unless it goes on with a sweep of an earlier one:
            // then the next such process does. Others may rely for an hour on what they know of tables without replication.
            let has_queue = self.stage.script.queues.as_ref().is_some_and(|queues| queues.targets);
            let order = if has_queue { Asked::Dispatch } else { Asked::Pass };
            let tick = Tick { at: due, order, patience: 120_000, skew: 0, cold: pass < 2 };
            self.calm.push((self.stage.next_invocation(), tick.clone()));
            self.start(&tick, None);
            self.finish().await;
        }
        self.look().await
    }

    /// What is there at the end.
    async fn look(mut self) -> Outcome {
        let log = self.stage.take_log();
        let (index, _, tidings) = self.idle(true);
        self.stage.begin(self.processes[index].number, true);
        let (mut known, mut unreadable) = (Vec::new(), Vec::new());
        for source in &self.stage.script.sources {
            let loaded = tidings.store.peek(&scope(*source)).await.expect("the table can be read");
            unreadable.extend(loaded.unreadable.iter().map(ToString::to_string));
            known.push(loaded.known);
        }
        let world = self.stage.sim.world().clone();
        let region = self.stage.region.clone();
        let script = self.stage.script.clone();
        let began = |calm: Option<&(usize, Tick)>| calm.expect("there was a calm").0;
        let (calm_from, last_from) = (began(self.calm.first()), began(self.calm.last()));
        Outcome { script, log, known, unreadable, world, region, calm_from, last_from }
    }

    /// Begins an invocation, with messages if a queue has any for it; its number.
    pub fn start(&mut self, tick: &Tick, batch: Option<Batch>) -> usize {
        let calm = !self.calm.is_empty();
        let (index, cold, tidings) = self.idle(tick.cold);
        let process = &mut self.processes[index];
        process.busy = true;
        let number = process.number;
        let invocation = self.stage.begin(number, calm);
        self.stage.note(invocation, Event::Began { tick: tick.clone(), process: number, cold, calm });
        let order = match (&tick.order, &batch) {
            (_, Some(batch)) => batch.order(&self.stage.script),
            // Someone who silences a failure gives no order.
            (Asked::Dispatch | Asked::Silence { .. }, None) => Order::Dispatch,
            (Asked::Hint(id), None) => {
                let (account, region) = (ACCOUNT.to_owned(), REGION.to_owned());
                let scope = Scope { source: Source::Backup, account, region };
                Order::Hint { scope, subject: id.as_str().into() }
            }
            (asked, None) => {
                Order::Pass { sources: self.stage.script.sources.clone(), dry_run: *asked == Asked::DryRun }
            }
        };
        let patience = Duration::from_millis(u64::try_from(tick.patience).expect("patience"));
        let now = at(self.stage.now() + tick.skew);
        let token = format!("invocation-{invocation}");
        let begun = Invocation::new(ACCOUNT.to_owned(), REGION.to_owned(), token, now, patience);
        let body: Pin<Box<dyn Future<Output = Report>>> = match tick.order {
            Asked::Silence { pick, minutes } => {
                Box::pin(silence(Arc::clone(&self.stage), tidings, begun, (invocation, pick, minutes)))
            }
            _ => Box::pin(async move { tidings.run(&order, &begun).await }),
        };
        self.lives.push(Living {
            body: Some(body),
            batch,
            stage: Arc::clone(&self.stage),
            invocation,
            process: index,
            deadline: Box::pin(sleep_until(Instant::now() + patience)),
            thaw: None,
        });
        invocation
    }

    /// Goes on until every invocation waits at the gate or has ended. Which of them wait.
    pub async fn settle(&mut self, invocations: [usize; 2]) -> [Option<Question>; 2] {
        loop {
            while let Some(Some(end)) = self.lives.next().now_or_never() {
                self.ended(end);
            }
            let alive = |invocation| self.lives.iter().any(|living| living.invocation == invocation);
            let waiting = invocations.map(|invocation| self.stage.waiting(invocation).filter(|_| alive(invocation)));
            if invocations.iter().zip(&waiting).all(|(invocation, waits)| waits.is_some() || !alive(*invocation)) {
                return waiting;
            }
            tokio::task::yield_now().await;
        }
    }

    /// An idle process, or a new one.
    fn idle(&mut self, cold: bool) -> (usize, bool, Arc<Tidings>) {
        let idle = self.processes.iter().position(|process| !process.busy && process.tidings.is_some());
        if let (Some(index), false) = (idle, cold) {
            let tidings = self.processes[index].tidings.clone().expect("an idle process lives");
            return (index, false, tidings);
        }
        let number = self.stage.process();
        let line = Line { stage: Arc::clone(&self.stage), process: number };
        let sdk = self.stage.sim.sdk_config(&self.stage.region).into_builder();
        let sdk = aws::with_limits(sdk.http_client(line)).build();
        let mut config = Config::default();
        settle(&mut config.policy, &self.stage.script);
        if let Some(digest_above) = self.stage.script.limits.digest_above {
            config.publishing.digest_above = digest_above;
        }
        let url = |queue: Queue, has: bool| has.then(|| queue.url(&self.stage.region));
        let queues = self.stage.script.queues.as_ref();
        let resources = Resources {
            queue_url: url(Queue::Targets, queues.is_some_and(|queues| queues.targets)),
            delivery_queue_url: url(Queue::Deliveries, queues.is_some_and(|queues| queues.deliveries)),
            ..Resources::new(TABLE, &self.stage.topic())
        };
        let tidings = Arc::new(Tidings::new(&sdk, &resources, config));
        self.processes.push(Process { tidings: Some(Arc::clone(&tidings)), busy: false, number });
        (self.processes.len() - 1, true, tidings)
    }

    pub async fn wait_until(&mut self, when: Instant) {
        while Instant::now() < when {
            self.step(when).await;
        }
    }

    /// Goes on until every invocation has ended and the queues are empty.
    pub async fn finish(&mut self) {
        while !self.lives.is_empty() || self.stage.next_batch().is_some() {
            self.step(Instant::now() + LONG).await;
        }
    }

    /// Goes on until an invocation ends, a message arrives, or it is `until`.
    async fn step(&mut self, until: Instant) {
        while let Some((batch, tick)) = self.stage.take_batch() {
            // In calm, messages fare like the tick that they come from.
            let calm = self.calm.last().map(|(_, calm)| Tick { at: tick.at, order: batch.asked(), ..calm.clone() });
            self.start(&calm.unwrap_or(tick), Some(batch));
        }
        let until = self.stage.next_batch().map_or(until, |next| next.min(until));
        tokio::select! {
            biased;
            Some(end) = self.lives.next() => self.ended(end),
            () = self.stage.arrived.notified() => {}
            () = sleep_until(until) => {}
        }
    }

    fn ended(&mut self, end: End) {
        if let Some(batch) = end.batch {
            self.stage.give_back(end.invocation, batch, end.report.as_ref());
        }
        let process = &mut self.processes[end.process];
        process.busy = false;
        match end.report {
            Some(report) => self.stage.note(end.invocation, Event::Ended(Box::new(report))),
            // The process went down with the invocation.
            None => process.tidings = None,
        }
    }
}

/// Someone silences a failure that was told. One in eight gives an id that nobody was told.
async fn silence(
    stage: Arc<Stage>,
    tidings: Arc<Tidings>,
    invocation: Invocation,
    (number, pick, minutes): (usize, usize, i64),
) -> Report {
    let told = stage.failures_told();
    let known = !told.is_empty() && pick % 8 > 0;
    let id = if known { told[pick / 8 % told.len()].as_str() } else { "00000000-0000-5000-8000-000000000000" };
    let request = SilenceRequest::new(id, &format!("{minutes}m"), "known", None).expect("a request");
    let answer = operate::silence(&tidings.store, &request, &invocation.writer).await;
    let answer = answer.map(drop).map_err(|error| error.to_string());
    stage.note(number, Event::Silenced { known, answer });
    Report::new(invocation.writer.now, Vec::new())
}

pub fn scope(source: Source) -> Scope {
    Scope { source, account: ACCOUNT.to_owned(), region: REGION.to_owned() }
}

/// How an invocation ended: without a report, it died.
struct End {
    invocation: usize,
    process: usize,
    report: Option<Report>,
    batch: Option<Batch>,
}

/// An invocation while it lives: not polled while its process is frozen, dropped when its process dies.
struct Living {
    body: Option<Pin<Box<dyn Future<Output = Report>>>>,
    /// The messages that it was given.
    batch: Option<Batch>,
    stage: Arc<Stage>,
    invocation: usize,
    process: usize,
    deadline: Pin<Box<Sleep>>,
    thaw: Option<Pin<Box<Sleep>>>,
}

impl Living {
    fn end(&mut self, report: Option<Report>) -> Poll<End> {
        let batch = self.batch.take();
        Poll::Ready(End { invocation: self.invocation, process: self.process, report, batch })
    }

    /// Whether the process is frozen now; if it is, it wakes when it thaws.
    fn is_frozen(&mut self, context: &mut Context<'_>) -> bool {
        let (_, Some(until)) = self.stage.life(self.invocation) else {
            return false;
        };
        if Instant::now() >= until {
            return false;
        }
        if self.thaw.as_ref().is_none_or(|thaw| thaw.deadline() != until) {
            self.thaw = Some(Box::pin(sleep_until(until)));
            let deadline = self.deadline.deadline().max(until + AFTER_THAW);
            self.deadline.as_mut().reset(deadline);
        }
        self.thaw.as_mut().is_some_and(|thaw| thaw.as_mut().poll(context).is_pending())
    }
}

impl Future for Living {
    type Output = End;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<End> {
        if self.is_frozen(context) {
            return Poll::Pending;
        }
        if self.deadline.as_mut().poll(context).is_ready() {
            self.stage.die(self.invocation);
            self.body = None;
            return self.end(None);
        }
        let polled = self.body.as_mut().expect("polled once more after the end").as_mut().poll(context);
        let (dead, _) = self.stage.life(self.invocation);
        if dead {
            self.body = None;
            return self.end(None);
        }
        match polled {
            Poll::Ready(report) => {
                self.body = None;
                self.end(Some(report))
            }
            Poll::Pending => {
                // Frozen by the call that it just made: it wakes by itself.
                self.is_frozen(context);
                Poll::Pending
            }
        }
    }
}
