//! The command line: one file per verb, one printer for everything a person or a
//! program reads. Data goes to stdout, logs go to stderr.

mod printer;
mod simulate;

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use printer::Printer;

/// A run that could not do what was asked of it.
const EXIT_ERROR: u8 = 2;

/// Tells people, once and in good words, when an AWS restore, a replication or a
/// table-maintenance job fails or finishes.
#[derive(Debug, Parser)]
#[command(name = "tidings", version)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run the simulated AWS services on a local port.
    Simulate(simulate::Args),
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_env("TIDINGS_LOG"))
        .with_writer(std::io::stderr)
        .init();
    let mut printer = Printer::new();
    let outcome = match cli.verb {
        Verb::Simulate(args) => simulate::run(&args, &mut printer),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            printer.error(error.as_ref() as &dyn Error);
            ExitCode::from(EXIT_ERROR)
        }
    }
}
