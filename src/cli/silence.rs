//! `tidings silence`, `silences` and `unsilence`: no more reminders of a failure that people know of.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::columns::{Cell, Row, fit, table};
use super::error::CliError;
use super::local::{self, State};
use super::printer::Printer;
use super::show::{Output, minute};
use super::{Outcome, account};
use crate::operate::{self, SilenceError, SilenceRequest, Silenced};
use crate::store::Writer;

const EXAMPLES: &str = "\
Examples:
  tidings silence 2d1f7a90-11aa-5c3e-9d10-5f0c7e000001 --for 3d --reason \"ticket 4711\"
  tidings silence 2d1f7a90-11aa-5c3e-9d10-5f0c7e000001 --for 3d --reason \"ticket 4711\" --table tidings

The id is in the last line of the email, and `tidings history` shows it. A silence ends when
the failure is over, and you are told of that. It is at most 30 days long.";

/// How long a write may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// How wide the text about the failure is at least.
const NARROWEST: usize = 24;

/// The arguments of `silence`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The id of a notice about the failure.
    #[arg(value_name = "NOTICE-ID")]
    notice: String,
    /// How long, such as 12h or 3d; at most 30d.
    #[arg(long = "for", value_name = "DURATION")]
    length: String,
    /// Why, for everyone who looks at the silences.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who asks for it.
    #[arg(long, value_name = "NAME", env = "USER", hide_env_values = true)]
    by: Option<String>,
    #[command(flatten)]
    state: local::StateArgs,
    #[command(flatten)]
    account: account::Args,
}

/// The arguments of `unsilence`.
#[derive(Debug, clap::Args)]
pub(super) struct EndArgs {
    /// The id of a notice about the failure.
    #[arg(value_name = "NOTICE-ID")]
    notice: String,
    #[command(flatten)]
    state: local::StateArgs,
    #[command(flatten)]
    account: account::Args,
}

/// The arguments of `silences`.
#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    state: local::StateArgs,
    #[command(flatten)]
    account: account::Args,
    /// Print a table for a person, or one JSON document for a program.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// Silences a failure.
pub(super) fn run(args: &Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let by = args.by.as_deref().filter(|by| !by.is_empty());
    let request = SilenceRequest::new(&args.notice, &args.length, &args.reason, by)?;
    let silenced = change(&args.state, &args.account, async |state, writer| {
        operate::silence(&state.store, &request, writer).await
    })?;
    printer.line(format!("Silenced until {}: {}", minute(silenced.until), silenced.what));
    printer.line("No reminders are sent until then. You will be told when it recovers, and the silence ends then.");
    Ok(Outcome::Fine)
}

/// Ends a silence.
pub(super) fn end(args: &EndArgs, printer: &mut Printer) -> Result<Outcome, CliError> {
    let silenced = change(&args.state, &args.account, async |state, writer| {
        operate::unsilence(&state.store, &args.notice, writer).await
    })?;
    printer.line(format!("No longer silenced: {}", silenced.what));
    Ok(Outcome::Fine)
}

/// Prints the silences.
pub(super) fn list(args: &ListArgs, printer: &mut Printer) -> Result<Outcome, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let scopes = runtime.block_on(async {
        let store = local::to_show(&args.state, &args.account).await?;
        Ok::<_, CliError>(store.everything().await?)
    })?;
    let silenced = operate::silenced(&scopes, local::now());
    match args.output {
        Output::Json => printer.line(json!({"silences": silenced})),
        Output::Text if silenced.is_empty() => printer.line("Nothing is silenced."),
        Output::Text => print(&silenced, printer),
    }
    Ok(Outcome::Fine)
}

/// Changes the state.
fn change(
    state: &local::StateArgs,
    account: &account::Args,
    act: impl AsyncFnOnce(&State, &Writer) -> Result<Silenced, SilenceError>,
) -> Result<Silenced, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let state = local::to_change(state, account).await?;
        let now = local::now();
        let until = now.checked_add(PATIENCE).unwrap_or(Timestamp::MAX);
        let writer = Writer { token: Uuid::new_v4().simple().to_string(), now, until };
        Ok(act(&state, &writer).await?)
    })
}

fn print(silenced: &[Silenced], printer: &mut Printer) {
    let by = |silenced: &Silenced| silenced.by.clone().unwrap_or_default();
    let widest = silenced.iter().map(|silenced| by(silenced).chars().count()).max().unwrap_or_default();
    let room = printer.width().saturating_sub("2026-03-02 06:00Z".len() + widest + 8).max(NARROWEST);
    let header = ["until", "by", "what"].map(Cell::line);
    let rows: Vec<Row> = silenced
        .iter()
        .map(|silenced| {
            let mut lines = fit(&silenced.what, room, 2);
            lines.extend(fit(&silenced.reason, room, 2));
            lines.push(format!("notice {}", silenced.notice_id));
            let cells = vec![Cell::line(minute(silenced.until)), Cell::line(by(silenced)), Cell::text(lines)];
            Row { cells, under: Vec::new() }
        })
        .collect();
    for line in table(&header, &rows) {
        printer.line(line);
    }
}
