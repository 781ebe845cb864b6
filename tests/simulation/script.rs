//! What one seed decides: the sources, the settings, the world's history, the ticks, and what goes wrong.

use std::collections::BTreeSet;

use fastrand::Rng;
use tidings::domain::Source;

use crate::conditions::Conditions;
use crate::history::{Turn, What, complete_with_issues, history, unfold};
use crate::mishaps::{Mishap, mishaps, queue_mishaps};
use crate::queues::Queues;

/// Everything that happens in one run. Shrinking takes things out of it.
#[derive(Clone, Debug)]
pub struct Script {
    pub seed: u64,
    pub sources: Vec<Source>,
    pub routine: BTreeSet<Source>,
    pub limits: Limits,
    pub ballast: Option<Ballast>,
    pub conditions: Conditions,
    /// The longest page that a listing hands out.
    pub page_limit: Option<usize>,
    /// Whether Redshift lists only what is in progress: its documentation allows either reading.
    pub in_progress_only: bool,
    /// How long a call takes at most, in milliseconds.
    pub latency: u64,
    pub turns: Vec<Turn>,
    pub ticks: Vec<Tick>,
    pub mishaps: Vec<Mishap>,
    /// The queues of the deployment, if it has any.
    pub queues: Option<Queues>,
}

/// What the settings say about what takes too long and what is held back. Times are in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    pub stalled_after: Option<i64>,
    pub overdue_after: Option<i64>,
    pub max_lag: Option<i64>,
    pub reminder_interval: Option<i64>,
    /// How many runs of maintenance must fail in a row; 0 is no rule about it.
    pub threshold: u32,
    /// Whether further failed runs are told one by one and do not wait for the reminder.
    pub tell: bool,
    /// Until when failures are muted.
    pub muted_until: Option<i64>,
    /// Above how many notices of a pass they are told together.
    pub digest_above: Option<usize>,
}

/// Something that nobody of ours wrote lies in an item for a while and leaves little room.
#[derive(Clone, Debug)]
pub struct Ballast {
    pub source: Source,
    pub from: i64,
    pub until: i64,
    pub bytes: usize,
}

/// One invocation that is due.
#[derive(Clone, Debug)]
pub struct Tick {
    /// When it begins.
    pub at: i64,
    pub order: Asked,
    /// How long it may take.
    pub patience: i64,
    /// By how much its clock is off.
    pub skew: i64,
    /// Whether a new process takes it although an idle one is there.
    pub cold: bool,
}

/// What a tick asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Pass,
    Hint(String),
    DryRun,
    /// Messages about targets are sent.
    Dispatch,
    /// The notices of passes are sent.
    Delivery,
    /// Someone silences one of the failures that were told so far.
    Silence {
        pick: usize,
        minutes: i64,
    },
}

pub const MINUTE: i64 = 60_000;
/// By how much two clocks differ at most: more than the five seconds of docs/reliability.md may double a notice.
pub const LARGEST_SKEW: i64 = 2_000;

impl Script {
    /// A script in which nothing happens and nothing goes wrong.
    pub fn empty(sources: Vec<Source>) -> Self {
        Self {
            seed: 7,
            sources,
            routine: BTreeSet::new(),
            limits: Limits::default(),
            ballast: None,
            conditions: Conditions::default(),
            page_limit: None,
            in_progress_only: false,
            latency: 0,
            turns: Vec::new(),
            ticks: Vec::new(),
            mishaps: Vec::new(),
            queues: None,
        }
    }

    /// The same with queues: ticks only send messages, or passes leave their notices to deliveries, or both.
    pub fn with_queues(seed: u64) -> Self {
        let mut script = Self::of(seed);
        let mut rng = Rng::with_seed(seed ^ 0x9_0e05);
        let queues = Queues::of(&mut rng);
        if queues.targets {
            for tick in script.ticks.iter_mut().filter(|tick| tick.order == Asked::Pass) {
                tick.order = Asked::Dispatch;
            }
        }
        // A tick becomes up to three invocations.
        script.mishaps = queue_mishaps(&mut rng, script.ticks.len() * 3);
        script.queues = Some(queues);
        script
    }

    /// The same with people who silence failures, and more reminders for them to silence. One in three has queues.
    pub fn with_silences(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed ^ 0x51_1e4ce);
        let mut script = if rng.u8(0..3) == 0 { Self::with_queues(seed) } else { Self::of(seed) };
        script.limits.reminder_interval.get_or_insert_with(|| rng.i64(2..12) * MINUTE);
        let end = script.ticks.last().map_or(MINUTE, |tick| tick.at);
        for _ in 0..rng.usize(1..=4) {
            let order = Asked::Silence { pick: rng.usize(..), minutes: rng.i64(1..40) };
            let at = rng.i64(end / 3..=end + 5 * MINUTE);
            let skew = if rng.u8(0..3) == 0 { rng.i64(-LARGEST_SKEW / 2..=LARGEST_SKEW / 2) } else { 0 };
            script.ticks.push(Tick { at, order, patience: 60_000, skew, cold: rng.bool() });
        }
        script.ticks.sort_by_key(|tick| tick.at);
        script
    }

    pub fn of(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let count = [1, 1, 1, 1, 1, 2, 2, 2, 3, 5][rng.usize(0..10)];
        let mut sources = Source::DEFAULT.to_vec();
        rng.shuffle(&mut sources);
        sources.truncate(count);
        sources.sort_unstable();
        let routine = if rng.u8(0..3) == 0 { sources.iter().copied().collect() } else { BTreeSet::new() };
        let page_limit = (rng.u8(0..3) == 0).then(|| rng.usize(1..=2));
        let in_progress_only = rng.u8(0..3) == 0;
        let latency = [0, 0, 20, 200, 1500][rng.usize(0..5)];
        let passes = rng.i64(5..=11);
        let end = passes * 5 * MINUTE;
        let mut turns = history(&mut rng, &sources, end);
        if in_progress_only {
            // A status that nobody knows would hide a restore from the listing, and nobody could tell when it began.
            turns.retain(
                |turn| !matches!(&turn.what, What::Restore { word, .. } if word.eq_ignore_ascii_case("queued")),
            );
        }
        let mut ticks = ticks(&mut rng, passes, &turns);
        if rng.u8(0..20) == 0 {
            pause(&mut rng, &mut ticks, &mut turns);
        }
        let mishaps = mishaps(&mut rng, ticks.len());
        // Drawn apart, so that a seed means what it always meant.
        let mut rng = Rng::with_seed(seed ^ 0x11a7e);
        let mut limits = Limits::of(&mut rng, end);
        unfold(&mut rng, &mut turns);
        let ballast = (rng.u8(0..12) == 0).then(|| {
            let from = rng.i64(0..end);
            let source = sources[rng.usize(0..sources.len())];
            // DynamoDB takes 409,600 bytes in all.
            Ballast { source, from, until: from + rng.i64(1..6) * 5 * MINUTE, bytes: rng.usize(390_000..409_000) }
        });
        limits.digest_above = (rng.u8(0..3) == 0).then(|| rng.usize(0..3));
        let mut rng = Rng::with_seed(seed ^ 0x10c_ced);
        let conditions = Conditions::of(&mut rng, &sources, end);
        complete_with_issues(&mut rng, &mut turns);
        Self {
            seed,
            sources,
            routine,
            limits,
            ballast,
            conditions,
            page_limit,
            in_progress_only,
            latency,
            turns,
            ticks,
            mishaps,
            queues: None,
        }
    }
}

impl Limits {
    fn of(rng: &mut Rng, end: i64) -> Self {
        let mut some = |of: u8, minutes: std::ops::Range<i64>| (rng.u8(0..of) == 0).then(|| rng.i64(minutes) * MINUTE);
        let limits = Self {
            stalled_after: some(2, 6..30),
            overdue_after: some(2, 0..10),
            max_lag: some(2, 6..30),
            reminder_interval: some(2, 6..30),
            ..Self::default()
        };
        Self {
            threshold: if rng.u8(0..4) == 0 { rng.u32(1..=3) } else { 0 },
            tell: rng.u8(0..4) == 0,
            muted_until: (rng.u8(0..5) == 0).then(|| rng.i64(0..end)),
            ..limits
        }
    }
}

/// Ticks every five minutes: late, left out, doubled, overlapping; hints after what happened to a Backup job.
fn ticks(rng: &mut Rng, passes: i64, turns: &[Turn]) -> Vec<Tick> {
    let mut ticks = Vec::new();
    let tick = |rng: &mut Rng, at: i64, order: Asked| Tick {
        at,
        order,
        patience: [4_000, 20_000, 60_000, 60_000, 120_000, 120_000, 280_000][rng.usize(0..7)],
        skew: if rng.u8(0..3) == 0 { rng.i64(-LARGEST_SKEW / 2..=LARGEST_SKEW / 2) } else { 0 },
        cold: rng.u8(0..4) == 0,
    };
    for pass in 0..passes {
        if pass > 0 && rng.u8(0..20) == 0 {
            continue;
        }
        let due = pass * 5 * MINUTE;
        let late = if rng.u8(0..3) == 0 { rng.i64(0..90_000) } else { rng.i64(0..1500) };
        let order = if rng.u8(0..25) == 0 { Asked::DryRun } else { Asked::Pass };
        ticks.push(tick(rng, due + late, order));
        if rng.u8(0..5) == 0 {
            let latest = [50, 2_000, 30_000, 120_000][rng.usize(0..4)];
            let again = rng.i64(0..latest);
            ticks.push(tick(rng, due + late + again, Asked::Pass));
        }
    }
    for turn in turns.iter().filter(|turn| turn.at > 0) {
        let (What::Job { id, .. } | What::Validation { id, .. } | What::Deletion { id, .. }) = &turn.what else {
            continue;
        };
        if rng.u8(0..3) == 0 {
            let latest = [500, 20_000][rng.usize(0..2)];
            let delay = rng.i64(0..latest);
            ticks.push(tick(rng, turn.at + delay, Asked::Hint(id.clone())));
        }
    }
    // A hint right into a pass.
    let ids: BTreeSet<&String> =
        turns.iter().filter_map(|turn| if let What::Job { id, .. } = &turn.what { Some(id) } else { None }).collect();
    for id in ids {
        if rng.bool() {
            let with = ticks[rng.usize(0..ticks.len())].at;
            let latest = [10, 300, 5_000][rng.usize(0..3)];
            let delay = rng.i64(0..latest);
            ticks.push(tick(rng, with + delay, Asked::Hint(id.clone())));
        }
    }
    ticks.sort_by_key(|tick| tick.at);
    ticks
}

/// Nothing runs for hours: what was due after some point is due much later, in the world or for us.
fn pause(rng: &mut Rng, ticks: &mut [Tick], turns: &mut [Turn]) {
    let from = ticks[rng.usize(0..ticks.len())].at;
    let hours = rng.i64(1..40) * 60 * MINUTE;
    for tick in ticks.iter_mut().filter(|tick| tick.at > from) {
        tick.at += hours;
    }
    if rng.bool() {
        for turn in turns.iter_mut().filter(|turn| turn.at > from) {
            turn.at += hours;
        }
    }
}
