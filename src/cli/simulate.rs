//! `tidings simulate`: the simulated services as an endpoint for anything that
//! calls AWS: the function under `cargo lambda watch`, SAM, boto3, the AWS CLI.

use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use jiff::SignedDuration;
use tokio::net::TcpListener;

use super::printer::Printer;
use super::signals::stop_requested;
use crate::simulator::{Clock, Scenario, ScenarioError, Script, Simulator};

/// The region that the printed settings name.
const REGION: &str = "us-east-1";

/// The arguments of `simulate`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The port on 127.0.0.1; 0 for any free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// A scenario (TOML) to play, starting now.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Make an organization of the account and this many others, each with the role: team-1, team-2 and so on.
    #[arg(long, value_name = "NUMBER")]
    accounts: Option<usize>,
    /// The DynamoDB table to create.
    #[arg(long, value_name = "NAME", default_value = "tidings")]
    table: String,
    /// The SNS topic to create.
    #[arg(long, value_name = "NAME", default_value = "tidings")]
    topic: String,
    /// How long each answer takes, such as 20ms.
    #[arg(long, value_name = "DURATION", default_value = "0s")]
    latency: SignedDuration,
}

/// Why the simulator could not be started.
#[derive(Debug, thiserror::Error)]
pub(super) enum SimulateError {
    #[error("failed to read the scenario {}", .path.display())]
    Scenario { path: PathBuf, source: ScenarioError },
    #[error("a latency cannot be negative")]
    NegativeLatency,
    #[error("failed to create the table `{name}`: {reason}")]
    Table { name: String, reason: String },
    #[error("failed to serve on port {port}")]
    Serve { port: u16, source: io::Error },
    #[error("failed to start")]
    Start(#[from] io::Error),
}

/// Serves until Ctrl-C or SIGTERM.
pub(super) fn run(args: &Args, printer: &mut Printer) -> Result<(), SimulateError> {
    let simulator = prepare(args)?;
    let topic_arn = simulator.world().create_topic(REGION, &args.topic);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let port = args.port;
    runtime
        .block_on(async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
            let endpoint = format!("http://{}", listener.local_addr()?);
            printer.line(settings(&endpoint, &args.table, &topic_arn));
            tokio::select! {
                served = simulator.serve(listener) => served,
                stopped = stop_requested() => stopped,
            }
        })
        .map_err(|source| SimulateError::Serve { port, source })?;
    Ok(())
}

/// A simulator with the table and the scenario from the arguments.
fn prepare(args: &Args) -> Result<Simulator, SimulateError> {
    let simulator = Simulator::with_clock(Clock::system());
    let latency = args.latency.try_into();
    simulator.set_latency(latency.map_err(|_| SimulateError::NegativeLatency)?);
    simulator
        .create_table(&args.table)
        .map_err(|error| SimulateError::Table { name: args.table.clone(), reason: error.to_string() })?;
    if let Some(count) = args.accounts {
        simulator.world().create_organization(count);
    }
    if let Some(path) = &args.scenario {
        let scenario = Scenario::load(path).map_err(|source| SimulateError::Scenario { path: path.clone(), source })?;
        let scenario = scenario.starting_at(simulator.clock().now());
        simulator.follow(Script::new(scenario));
    }
    Ok(simulator)
}

/// What to paste into a shell.
fn settings(endpoint: &str, table: &str, topic_arn: &str) -> String {
    format!(
        "# tidings simulate: the AWS services are at {endpoint} (control: {endpoint}/_tidings/)\n\
         export AWS_ENDPOINT_URL={endpoint}\n\
         export AWS_REGION={REGION}\n\
         export AWS_DEFAULT_REGION={REGION}\n\
         export AWS_ACCESS_KEY_ID=simulated\n\
         export AWS_SECRET_ACCESS_KEY=simulated\n\
         export TIDINGS_TABLE_NAME={table}\n\
         export TIDINGS_TOPIC_ARN={topic_arn}"
    )
}
