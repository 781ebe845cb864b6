//! The command line: one file per verb, one printer for everything a person or a
//! program reads. Data goes to stdout, logs go to stderr.

mod account;
mod check;
mod columns;
mod error;
mod history;
mod local;
mod poll;
mod preview;
mod printer;
mod progress;
mod rehearse;
mod rendered;
mod report;
mod show;
mod signals;
mod silence;
mod simulate;
mod status;
mod style;
mod targets;
mod tracked;
mod watch;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use error::CliError;
use printer::Printer;

/// The command failed.
const EXIT_ERROR: u8 = 2;
/// The command worked and found something that needs attention.
const EXIT_FINDINGS: u8 = 1;

const AFTER_HELP: &str = "\
Try it: `tidings rehearse` plays a whole day offline, in a second, without an AWS account.

Exit codes: 0 all is well, 1 something needs attention, 2 the command failed.
Data goes to stdout, everything else to stderr.";

/// Sends a clear notice, once, when an AWS restore, a replication or a table-maintenance job
/// fails or finishes.
#[derive(Debug, Parser)]
#[command(name = "tidings", version, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    /// What to log on stderr, such as `info` or `tidings=debug`.
    #[arg(long, global = true, env = crate::config::LOG, value_name = "FILTER", hide_env_values = true, display_order = 900)]
    log: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Play a scripted day through the whole program, offline.
    Rehearse(rehearse::Args),
    /// Run the simulated AWS services on a local port.
    Simulate(simulate::Args),
    /// Read a real account once and print the notices.
    Poll(poll::Args),
    /// Read a real account at regular intervals and print the notices.
    Watch(watch::Args),
    /// Check the settings file, print the settings in effect, and test the rules with your own cases.
    Check(check::Args),
    /// Show what notices look like, in every channel.
    Preview(preview::Args),
    /// Show what is failing and what is in progress.
    Status(status::Args),
    /// Show what people were told.
    History(history::Args),
    /// Report what happened in a period: restore tests, notices, and what is failing.
    Report(report::Args),
    /// Send no more reminders of a failure until it is over.
    Silence(silence::Args),
    /// Show which failures are silenced.
    Silences(silence::ListArgs),
    /// End a silence.
    Unsilence(silence::EndArgs),
    /// Show which accounts and regions are watched, and which of them cannot be read.
    Targets(targets::Args),
}

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Fine,
    /// Something needs attention.
    Findings,
}

/// Runs the command in the process's arguments.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    crate::log::to_stderr(cli.log.as_deref());
    let mut printer = Printer::new();
    let outcome: Result<Outcome, CliError> = match cli.verb {
        Verb::Rehearse(args) => rehearse::run(&args, &mut printer),
        Verb::Simulate(args) => simulate::run(&args, &mut printer).map(|()| Outcome::Fine).map_err(CliError::from),
        Verb::Poll(args) => poll::run(&args, &mut printer),
        Verb::Watch(args) => watch::run(&args, &mut printer),
        Verb::Check(args) => check::run(&args, &mut printer),
        Verb::Preview(args) => preview::run(&args, &mut printer),
        Verb::Status(args) => status::run(&args, &mut printer),
        Verb::History(args) => history::run(&args, &mut printer),
        Verb::Report(args) => report::run(&args, &mut printer),
        Verb::Silence(args) => silence::run(&args, &mut printer),
        Verb::Silences(args) => silence::list(&args, &mut printer),
        Verb::Unsilence(args) => silence::end(&args, &mut printer),
        Verb::Targets(args) => targets::run(&args, &mut printer),
    };
    match outcome {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(EXIT_FINDINGS),
        Err(error) => {
            printer.error(&error, error.hint().as_deref());
            ExitCode::from(EXIT_ERROR)
        }
    }
}
