//! What happened in a run, in order: what the oracle judges, and what a person reads when it fails.

use std::fmt::Write as _;

use serde_json::Value;
use tidings::domain::Source;
use tidings::report::Report;

use crate::answers::Sighting;
use crate::asked::Question;
use crate::script::Tick;

/// Something that happened. `invocation` is the number of the invocation that it happened to.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Milliseconds since the start.
    pub at: i64,
    pub invocation: usize,
    pub what: Event,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// An invocation began.
    Began { tick: Tick, process: usize, cold: bool, calm: bool },
    /// A call was answered, or spoilt, or both.
    Called { question: Question, spoilt: Option<&'static str>, status: u16, took_effect: bool, arrived: bool },
    /// A status API's answer about a subject arrived.
    Saw(Sighting),
    /// A status API's answer arrived that a subject is not there.
    Missed(Source, String),
    /// SNS accepted notices in one call, as the machine form has them; whether the answer arrived.
    Published { notices: Vec<Value>, digests: usize, arrived: bool },
    /// Someone asked for a silence; whether the notice exists, and what was answered.
    Silenced { known: bool, answer: Result<(), String> },
    /// What became of a message that it sent or received, if not what one expects.
    Message(&'static str),
    /// The process died.
    Died,
    /// The process was frozen until then.
    Froze { until: i64 },
    /// The invocation ran to its end.
    Ended(Box<Report>),
}

/// One run.
#[derive(Default)]
pub struct Log {
    pub entries: Vec<Entry>,
}

impl Log {
    pub fn push(&mut self, at: i64, invocation: usize, what: Event) {
        self.entries.push(Entry { at, invocation, what });
    }

    /// The run as text, one line for each thing that happened. Without ids: the order of notices stands for them.
    pub fn trace(&self) -> String {
        let mut text = String::new();
        for Entry { at, invocation, what } in &self.entries {
            let _ = write!(text, "{:>5}.{:03} #{invocation:<3} ", at.div_euclid(1000), at.rem_euclid(1000));
            let _ = match what {
                Event::Began { tick, process, cold, calm } => writeln!(
                    text,
                    "{} {:?} on process {process}{}, patience {} s, skew {} ms{}",
                    if *calm { "calm" } else { "tick" },
                    tick.order,
                    if *cold { " (cold)" } else { "" },
                    tick.patience / 1000,
                    tick.skew,
                    if tick.at == *at { "" } else { " (late)" }
                ),
                Event::Called { question, spoilt, status, took_effect, arrived } => writeln!(
                    text,
                    "  {} -> {status}{}{}{}",
                    question.outline(),
                    spoilt.map(|kind| format!(" {kind}")).unwrap_or_default(),
                    if *took_effect { "" } else { " (no effect)" },
                    if *arrived { "" } else { " (no answer)" }
                ),
                Event::Saw(sighting) => {
                    let facets = sighting.facets.iter().map(|fact| {
                        let run = fact.run.map(|run| format!("@{}", run.strftime("%T"))).unwrap_or_default();
                        format!("{} {}{run}", short(&fact.facet), fact.word)
                    });
                    writeln!(text, "    {}: {}", short(&sighting.subject), facets.collect::<Vec<_>>().join(", "))
                }
                Event::Missed(_, subject) => writeln!(text, "    {}: not there", short(subject)),
                Event::Published { notices, arrived, .. } => {
                    let told = notices.iter().map(line).collect::<Vec<_>>().join("; ");
                    writeln!(text, "    TOLD {told}{}", if *arrived { "" } else { " (no answer)" })
                }
                Event::Message(what) => writeln!(text, "    {what}"),
                Event::Silenced { answer, .. } => writeln!(text, "    silence: {answer:?}"),
                Event::Died => writeln!(text, "DIED"),
                Event::Froze { until } => writeln!(text, "FROZEN until {}", until / 1000),
                Event::Ended(report) => {
                    let scopes = report.scopes.iter().map(|scope| {
                        let error = scope.error.as_ref().map(|error| format!(" ({})", error.kind.as_str()));
                        format!("{} {}{}", scope.source, scope.coverage, error.unwrap_or_default())
                    });
                    writeln!(text, "ended: {}", scopes.collect::<Vec<_>>().join(", "))
                }
            };
        }
        text
    }
}

/// The last part of an ARN or path.
pub fn short(text: &str) -> &str {
    text.rsplit('/').next().unwrap_or_default()
}

/// A notice in one line.
pub fn line(notice: &Value) -> String {
    let text = |key: &str| notice[key].as_str().unwrap_or("-");
    let subject = notice["attributes"]["table"].as_str().unwrap_or_else(|| short(text("subject")));
    format!("{} {} {subject}: {} -> {}", text("reason"), short(text("facet")), text("from"), text("to"))
}
