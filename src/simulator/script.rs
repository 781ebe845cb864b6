//! Scenarios: what happens to the world, and when.
//!
//! ```toml
//! title = "A day at the warehouse"
//! start = "2026-03-02T06:00:00Z"
//! every = "15m"     # a pass every
//! length = "24h"
//!
//! [[at]]
//! time = "1h30m"    # after the start
//! redshift = { id = "r-1", cluster = "analytics", source = "dev.public.orders", status = "PENDING" }
//! ```
//!
//! Entries happen in the order in which they are written. What an entry may hold
//! is a [`Change`]. Parsing a scenario also plays it on an empty world, so a
//! scenario that parses can be played.

use std::ops::Range;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use toml::Spanned;

use super::Simulator;
use super::change::{Change, ChangeError};
use super::world::World;

/// A scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub title: String,
    pub start: Timestamp,
    /// The time between two passes.
    pub every: SignedDuration,
    /// How long it goes on.
    pub length: SignedDuration,
    /// What happens, by the time since the start, in order.
    pub changes: Vec<(SignedDuration, Change)>,
}

/// A scenario that cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    #[error("cannot be read")]
    Read(#[from] std::io::Error),
    /// It is not TOML, or a field is unknown, missing or of the wrong type; the
    /// text names the line and shows it.
    #[error(transparent)]
    Syntax(#[from] toml::de::Error),
    /// A value makes no sense.
    #[error("line {line}, `{key}`: {why}")]
    Value {
        /// The line, from one.
        line: usize,
        key: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    title: Option<String>,
    start: Timestamp,
    every: Spanned<SignedDuration>,
    length: Spanned<SignedDuration>,
    #[serde(default)]
    at: Vec<Spanned<Change>>,
}

impl Scenario {
    /// Reads and checks a scenario file.
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        Self::parse(&std::fs::read_to_string(path)?)
    }

    /// Reads and checks a scenario.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let written: Written = toml::from_str(text)?;
        for (key, duration) in [("every", &written.every), ("length", &written.length)] {
            if *duration.get_ref() <= SignedDuration::ZERO {
                let why = "must be longer than nothing".to_owned();
                return Err(wrong(text, &duration.span(), key, why));
            }
        }
        let (start, length) = (written.start, written.length.into_inner());
        let mut world = World::new();
        let mut changes = Vec::with_capacity(written.at.len());
        let mut last = SignedDuration::ZERO;
        for entry in written.at {
            let span = entry.span();
            let change = entry.into_inner();
            let time = checked_time(&change, last, length).map_err(|why| wrong(text, &span, "time", why))?;
            change
                .apply(&mut world, at(start, time))
                .map_err(|error| wrong(text, &span, error.key, error.to_string()))?;
            last = time;
            changes.push((time, change));
        }
        Ok(Self {
            title: written.title.unwrap_or_else(|| "Untitled".to_owned()),
            start,
            every: written.every.into_inner(),
            length,
            changes,
        })
    }

    /// The same scenario, beginning at `start`. Times that the scenario
    /// gives absolutely stay where they are.
    #[must_use]
    pub fn starting_at(self, start: Timestamp) -> Self {
        Self { start, ..self }
    }

    pub fn end(&self) -> Timestamp {
        at(self.start, self.length)
    }

    /// When passes run: at the start, and then as often as `every` fits in.
    pub fn passes(&self) -> impl Iterator<Item = Timestamp> + use<> {
        let (start, every, end) = (self.start, self.every, self.end());
        std::iter::successors(Some(start), move |pass| pass.checked_add(every).ok())
            .take_while(move |pass| *pass <= end)
    }

    /// Makes the changes that lie after `from` and not after `to` (those at the
    /// very start also when `from` is the start), then sets the clock to `to`.
    pub fn apply_until(&self, simulator: &Simulator, from: Timestamp, to: Timestamp) -> Result<(), ChangeError> {
        for (time, change) in &self.changes {
            let due = at(self.start, *time);
            if (due > from || due == self.start && from == self.start) && due <= to {
                simulator.clock().set(due);
                simulator.apply_at(change, due)?;
            }
        }
        simulator.clock().set(to);
        Ok(())
    }
}

/// A scenario that is being played.
#[derive(Clone, Debug)]
pub struct Script {
    scenario: Scenario,
    next: usize,
}

impl Script {
    /// The beginning of `scenario`.
    pub fn new(scenario: Scenario) -> Self {
        Self { scenario, next: 0 }
    }

    /// The scenario it goes through.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Makes every change up to `to`, each with the clock at its time,
    /// then sets the clock to `to`.
    pub fn run_to(&mut self, simulator: &Simulator, to: Timestamp) -> Result<(), ChangeError> {
        while let Some((due, change)) = self.next_until(to) {
            simulator.clock().set(due);
            simulator.apply_at(&change, due)?;
        }
        simulator.clock().set(to);
        Ok(())
    }

    /// Makes every change up to `to` without moving the clock. What
    /// cannot be made, because the world was edited meanwhile, is logged.
    pub(super) fn catch_up(&mut self, simulator: &Simulator, to: Timestamp) {
        while let Some((due, change)) = self.next_until(to) {
            if let Err(error) = simulator.apply_at(&change, due) {
                tracing::warn!(%error, %due, "a scripted change was skipped: {error}");
            }
        }
    }

    fn next_until(&mut self, to: Timestamp) -> Option<(Timestamp, Change)> {
        let (time, change) = self.scenario.changes.get(self.next)?;
        let due = at(self.scenario.start, *time);
        if due > to {
            return None;
        }
        self.next += 1;
        Some((due, change.clone()))
    }
}

fn at(start: Timestamp, time: SignedDuration) -> Timestamp {
    start.saturating_add(time).unwrap_or(start)
}

fn checked_time(change: &Change, last: SignedDuration, length: SignedDuration) -> Result<SignedDuration, String> {
    let time = change.time.ok_or("an entry needs a time")?;
    if time < last {
        return Err(format!("{time:#} lies before the entry above, at {last:#}"));
    }
    if time > length {
        return Err(format!("{time:#} lies past the end of the scenario, at {length:#}"));
    }
    Ok(time)
}

/// An error at the line of `key` in the entry or assignment that begins where
/// `span` does, or, if it has no such line, where the span begins.
fn wrong(text: &str, span: &Range<usize>, key: &'static str, why: String) -> ScenarioError {
    let line_of_span = text[..span.start].matches('\n').count();
    let within = text
        .lines()
        .skip(line_of_span)
        .enumerate()
        .take_while(|(line, written)| *line == 0 || !written.trim_start().starts_with("[["))
        .find(|(_, written)| written.trim_start().starts_with(key))
        .map_or(0, |(line, _)| line);
    ScenarioError::Value { line: line_of_span + within + 1, key, why }
}
