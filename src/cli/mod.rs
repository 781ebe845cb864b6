//! The command line: one file per verb, one printer for everything a person or a
//! program reads. Data goes to stdout, logs go to stderr.

mod account;
mod check;
mod columns;
mod error;
mod letter;
mod local;
mod poll;
mod preview;
mod printer;
mod rehearse;
mod show;
mod signals;
mod simulate;
mod status;
mod style;
mod tracked;
mod watch;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use error::CliError;
use printer::Printer;

/// A run that could not do what was asked of it.
const EXIT_ERROR: u8 = 2;
/// A run that did, and found something that people should look at.
const EXIT_FINDINGS: u8 = 1;

const AFTER_HELP: &str = "\
Try it: `tidings rehearse` plays a whole day offline, in a second, without an AWS account.

Exit codes: 0 all is well, 1 there is something to look at, 2 it could not be done.
Data goes to stdout, everything else to stderr.";

/// Tells people, once and in good words, when an AWS restore, a replication or a
/// table-maintenance job fails or finishes.
#[derive(Debug, Parser)]
#[command(name = "tidings", version, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    /// What is logged on stderr, such as `info` or `tidings=debug`.
    #[arg(long, global = true, env = crate::config::LOG, value_name = "FILTER", hide_env_values = true, display_order = 900)]
    log: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Play a scripted day through the real thing, offline.
    Rehearse(rehearse::Args),
    /// Run the simulated AWS services on a local port.
    Simulate(simulate::Args),
    /// Look at a real account once and print what is news.
    Poll(poll::Args),
    /// Look at a real account again and again and print what is news.
    Watch(watch::Args),
    /// Check the settings, show what they add up to, and try your own cases on them.
    Check(check::Args),
    /// Show what notices look like, in every channel.
    Preview(preview::Args),
    /// Show what is tracked: what is failing, what is under way and how far.
    Status(status::Args),
}

/// How a run that did what was asked of it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// All is well.
    Fine,
    /// Something is worth a look.
    Findings,
}

/// Runs the command that the process was started with.
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
