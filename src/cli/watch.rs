//! `tidings watch`: one pass after the other over a real account, until interrupted.

use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::Outcome;
use super::error::CliError;
use super::local::{Watcher, WatcherArgs};
use super::printer::Printer;
use super::progress::Bars;
use super::rendered::Channel;
use super::show::{self, Output, Trouble};
use super::signals::stop_requested;
use super::style::{BOLD, paint};
use crate::report::Report;

/// A shorter time between passes is pointless: statuses change slowly, and AWS throttles.
const SHORTEST: Duration = Duration::from_secs(1);

const EXAMPLES: &str = "\
Examples:
  tidings watch                                  every minute, notices on the terminal
  tidings watch --every 5m --channel sms         every five minutes, one line per notice
  tidings watch --source redshift --region eu-west-1

It prints news, and says when a source cannot be read and when it can be read again. On a
terminal, bars at the bottom show what is under way. Ctrl-C stops it after the current pass,
and a second Ctrl-C at once. Nothing is lost either way.";

/// The arguments of `watch`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    watcher: WatcherArgs,
    /// The time from one pass to the next, such as 30s or 5m.
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = period)]
    every: Duration,
}

/// Watches until Ctrl-C or SIGTERM.
pub(super) fn run(args: &Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(watch(args, printer))
}

async fn watch(args: &Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let watcher = Watcher::open(&args.watcher, false).await?;
    watcher.announce_baseline(printer).await?;
    printer.note(format!("watching {}; Ctrl-C ends it", watcher.place()));
    let mut ticks = interval(args.every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stop = std::pin::pin!(stop_requested());
    let mut trouble = Trouble::new();
    let mut bars = Bars::on_terminal(args.watcher.output);
    let mut is_first = true;
    loop {
        tokio::select! {
            biased;
            stopped = &mut stop => return stopped.map(|()| Outcome::Fine).map_err(CliError::from),
            _ = ticks.tick() => {}
        }
        // Polled together with the pass, so that a Ctrl-C in its middle is noticed, and heeded at its end.
        let mut stopping = false;
        let begun = Instant::now();
        let mut pass = std::pin::pin!(watcher.pass());
        let (report, messages) = loop {
            tokio::select! {
                done = &mut pass => break done,
                stopped = &mut stop, if !stopping => {
                    stopped?;
                    stopping = true;
                    let note = "stopping when this pass is done; Ctrl-C again stops at once";
                    bars.above(|| printer.note(note));
                }
                stopped = stop_requested(), if stopping => {
                    stopped?;
                    return Ok(Outcome::Fine);
                }
            }
        };
        tracing::debug!(seconds = begun.elapsed().as_secs_f64(), "the pass took {:?}", begun.elapsed());
        let now = show::trouble(&report);
        let changes = show::changes_of_trouble(&trouble, &now);
        trouble = now;
        // First, so that the bar of a job is gone when its end is printed.
        let shown = if bars.are_shown() && (is_first || has_moved(&report)) {
            is_first = false;
            watcher.jobs().await.map(|jobs| bars.show(&jobs))
        } else {
            Ok(())
        };
        bars.above(|| match args.watcher.output {
            Output::Json if is_worth_a_line(&report, &changes) => {
                show::json_lines(printer, &report, &messages, args.watcher.channel);
            }
            Output::Text if is_worth_a_line(&report, &changes) => {
                let at = report.reference_time.strftime("%Y-%m-%d %H:%M:%SZ");
                printer.line(format!("{}  {}", paint(BOLD, at), show::counts(&report)));
                for change in changes {
                    printer.line(format!("  {change}"));
                }
                for message in &messages {
                    printer.line(message.laid_out(args.watcher.channel));
                    if args.watcher.channel != Channel::Sms {
                        printer.line("");
                    }
                }
            }
            _ => {}
        });
        shown?;
        if stopping {
            return Ok(Outcome::Fine);
        }
    }
}

fn is_worth_a_line(report: &Report, changes: &[String]) -> bool {
    has_moved(report) || report.noticed > 0 || report.published > 0 || !changes.is_empty()
}

fn has_moved(report: &Report) -> bool {
    report.scopes.iter().any(|scope| scope.changed > 0)
}

fn period(text: &str) -> Result<Duration, String> {
    let period: SignedDuration = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    Duration::try_from(period)
        .ok()
        .filter(|period| *period >= SHORTEST)
        .ok_or_else(|| "the shortest is one second".to_owned())
}
