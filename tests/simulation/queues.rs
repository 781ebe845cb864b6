//! The queues of a run: what SQS and the pollers of Lambda do to messages. SQS may deliver a message late, twice and after
//! one that was sent later; here some are lost, too, because a message that is lost must cost nothing but time.

use fastrand::Rng;
use tidings::domain::Target;
use tidings::pass::Order;
use tidings::report::Report;
use tidings::targets::{DeliveryMessage, QueueMessage};

use crate::script::{Asked, LARGEST_SKEW, Script, Tick};
use crate::stage::{ACCOUNT, REGION};

/// How long a message that an invocation has received stays invisible, in milliseconds.
const VISIBILITY: i64 = 300_000;

/// Which queues a deployment has, and how their messages are handed out.
#[derive(Clone, Debug)]
pub struct Queues {
    /// Whether a tick only sends messages about targets.
    pub targets: bool,
    /// Whether passes leave their notices to deliveries.
    pub deliveries: bool,
    /// How many messages about targets one invocation gets at most.
    pub batch: usize,
    /// For how long messages for a delivery are collected, in milliseconds.
    pub window: i64,
}

impl Queues {
    pub fn of(rng: &mut Rng) -> Self {
        let (targets, deliveries) = [(true, true), (true, true), (true, false), (false, true)][rng.usize(0..4)];
        Self { targets, deliveries, batch: rng.usize(1..=3), window: [0, 1_000, 30_000][rng.usize(0..3)] }
    }
}

/// A queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    Targets,
    Deliveries,
}

impl Queue {
    pub const ALL: [Self; 2] = [Self::Targets, Self::Deliveries];

    pub fn url(self, region: &str) -> String {
        let name = match self {
            Self::Targets => "targets",
            Self::Deliveries => "deliveries",
        };
        format!("https://sqs.{region}.amazonaws.com/{ACCOUNT}/{name}")
    }

    /// How often a message is handed out before it becomes a dead letter.
    fn attempts(self) -> u32 {
        match self {
            Self::Targets => 2,
            Self::Deliveries => 5,
        }
    }
}

/// A message on its way.
#[derive(Clone, Debug)]
struct Message {
    /// When it can be received, in milliseconds.
    due: i64,
    queue: Queue,
    body: QueueMessage,
    attempts: u32,
}

/// What one invocation gets.
pub struct Batch {
    queue: Queue,
    messages: Vec<Message>,
}

/// The messages that wait.
pub struct Waiting {
    rng: Rng,
    messages: Vec<Message>,
}

impl Waiting {
    pub fn new(seed: u64) -> Self {
        Self { rng: Rng::with_seed(seed ^ 0x9_0e0e), messages: Vec::new() }
    }

    /// A message arrives. What becomes of it, if not what one expects.
    pub fn arrive(&mut self, now: i64, queue: Queue, body: &str, calm: bool) -> Option<&'static str> {
        let body = QueueMessage::parse(body).expect("a message of ours");
        let message = Message { due: now, queue, body, attempts: 0 };
        if calm {
            self.messages.push(message);
            return None;
        }
        let rng = &mut self.rng;
        let soon = now + rng.i64(0..1_000);
        let latest = [30_000, 900_000][rng.usize(0..2)];
        let late = now + rng.i64(0..latest);
        let (what, due) = match rng.u8(0..20) {
            0 => (Some("message lost"), Vec::new()),
            1 | 2 => (Some("message twice"), vec![soon, late]),
            3..6 => (Some("message late"), vec![late]),
            _ => (None, vec![soon]),
        };
        self.messages.extend(due.into_iter().map(|due| Message { due, ..message.clone() }));
        what
    }

    /// When the next invocation is due.
    pub fn next(&self, queues: &Queues) -> Option<i64> {
        self.messages.iter().map(|message| message.due + window(message.queue, queues)).min()
    }

    /// The messages of the invocation that is due by now.
    pub fn take(&mut self, now: i64, queues: &Queues) -> Option<Batch> {
        let is_due = |message: &&Message| message.due + window(message.queue, queues) <= now;
        let queue = self.messages.iter().find(is_due)?.queue;
        let most = if queue == Queue::Targets { queues.batch } else { usize::MAX };
        let mut batch = Batch { queue, messages: Vec::new() };
        self.messages.retain(|message| {
            let is_taken = message.queue == queue && message.due <= now && batch.messages.len() < most;
            if is_taken {
                batch.messages.push(message.clone());
            }
            !is_taken
        });
        Some(batch)
    }

    /// An invocation has ended, with a report unless it died. What becomes of its messages.
    pub fn give_back(&mut self, now: i64, batch: Batch, report: Option<&Report>) -> Vec<&'static str> {
        let failed = batch.messages.into_iter().filter(|message| has_failed(message, report));
        let mut what = Vec::new();
        for message in failed {
            let attempts = message.attempts + 1;
            if attempts < message.queue.attempts() {
                self.messages.push(Message { due: now + VISIBILITY, attempts, ..message });
                what.push("message came again");
            } else {
                what.push("dead letter");
            }
        }
        what
    }

    /// The invocation that gets a batch, in a run without calm.
    pub fn invocation(&mut self, now: i64, batch: &Batch) -> Tick {
        let rng = &mut self.rng;
        Tick {
            at: now,
            order: batch.asked(),
            patience: [4_000, 20_000, 60_000, 120_000, 280_000][rng.usize(0..5)],
            skew: if rng.u8(0..3) == 0 { rng.i64(-LARGEST_SKEW / 2..=LARGEST_SKEW / 2) } else { 0 },
            cold: rng.u8(0..4) == 0,
        }
    }
}

impl Batch {
    pub fn asked(&self) -> Asked {
        match self.queue {
            Queue::Targets => Asked::Pass,
            Queue::Deliveries => Asked::Delivery,
        }
    }

    /// What the handler makes of it.
    pub fn order(&self, script: &Script) -> Order {
        let home = Target { account: ACCOUNT.to_owned(), region: REGION.to_owned() };
        let mut deliveries: Vec<DeliveryMessage> = Vec::new();
        for message in &self.messages {
            match &message.body {
                QueueMessage::Target(message) => assert_eq!(message.target(), home),
                QueueMessage::Delivery(message) => deliveries.push(message.clone()),
            }
        }
        match self.queue {
            Queue::Targets => Order::Targets { targets: vec![home], sources: script.sources.clone() },
            Queue::Deliveries => Order::Deliver(deliveries),
        }
    }
}

fn window(queue: Queue, queues: &Queues) -> i64 {
    if queue == Queue::Deliveries { queues.window } else { 0 }
}

/// Whether SQS keeps a message: its invocation died, or could not deliver what it names.
fn has_failed(message: &Message, report: Option<&Report>) -> bool {
    let (Some(report), QueueMessage::Delivery(delivery)) = (report, &message.body) else {
        return report.is_none();
    };
    let of = delivery.scope().expect("a scope");
    let mut failed = report.scopes.iter().filter(|scope| scope.error.is_some());
    failed.any(|scope| scope.source == of.source.as_str())
}
