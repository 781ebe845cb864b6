//! `tidings poll`: one pass over a real account.

use super::Outcome;
use super::error::CliError;
use super::local::{Watcher, WatcherArgs, require_anything_done};
use super::printer::Printer;
use super::rendered::Channel;
use super::show::{self, Output, Trouble};
use crate::domain::Severity;

const EXAMPLES: &str = "\
Examples:
  tidings poll                                   the default sources, notices on the terminal
  tidings poll --source backup --channel sms     one source, one line per notice
  tidings poll --dry-run                         print what would be sent, and write nothing
  tidings poll --output json | jq .              one JSON value per line
  tidings poll --table tidings --topic-arn ARN   what the Lambda function does, from here

Exit codes: 0 all is well, 1 there was a critical notice or a warning, or a source could not
be read, 2 nothing could be done.";

/// The arguments of `poll`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    watcher: WatcherArgs,
    /// Write nothing and send nothing; print what would be sent.
    #[arg(long)]
    dry_run: bool,
}

/// Runs a pass and prints its notices.
pub(super) fn run(args: &Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(poll(args, printer))
}

async fn poll(args: &Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let watcher = Watcher::open(&args.watcher, args.dry_run).await?;
    watcher.announce_baseline(printer).await?;
    let (report, messages) = watcher.pass().await;
    let channel = args.watcher.channel;
    if args.watcher.output == Output::Json {
        show::json_lines(printer, &report, &messages, channel);
    }
    require_anything_done(&report)?;
    let trouble = show::trouble(&report);
    if args.watcher.output == Output::Text {
        for message in &messages {
            printer.line(message.laid_out(channel));
            if channel != Channel::Sms {
                printer.line("");
            }
        }
        printer.line(format!("{}: {}", watcher.place(), show::counts(&report)));
        for line in show::changes_of_trouble(&Trouble::new(), &trouble) {
            printer.line(line);
        }
    }
    let is_bad = report.highest_severity >= Some(Severity::Warning);
    Ok(if is_bad || !trouble.is_empty() { Outcome::Findings } else { Outcome::Fine })
}
