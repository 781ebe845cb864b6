//! `tidings status`: prints the stored state. It does not call the status APIs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Outcome;
use super::account;
use super::error::CliError;
use super::local;
use super::printer::Printer;
use super::show::{Output, minute};
use super::style::YELLOW;
use super::tracked::{self, Row};
use crate::domain::{Known, Source, mark, part_name};
use crate::page::{self, page};
use crate::store::StoreError;

const EXAMPLES: &str = "\
Examples:
  tidings status                      the state of `poll` and `watch`
  tidings status --failing            only what is failing; exits with 1 if anything is
  tidings status --table tidings      the state of the Lambda function
  tidings status --html page.html     the same with what was told lately, in a browser
  tidings status --source backup --output json | jq '.tracked[].status'

The table fits the terminal, or the number of columns in COLUMNS. \u{2026} means that text is
left out; --output json has all of it.";

/// The arguments of `status`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    account: account::Args,
    #[command(flatten)]
    state: local::StateArgs,
    /// Show only this source; may be given several times.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(Source::ALL.map(Source::as_str)))]
    source: Vec<String>,
    /// Show only what is failing, and exit with 1 if anything is.
    #[arg(long)]
    failing: bool,
    /// Print a table for a person, or one JSON document for a program.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
    /// Write a page for a browser, with what was told in the last 30 days.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["failing", "output"])]
    html: Option<PathBuf>,
}

/// The state of the chosen sources.
struct Overview {
    rows: Vec<Row>,
    scopes: Vec<Known>,
    unreadable: Vec<StoreError>,
}

/// Prints what is tracked.
pub(super) fn run(args: &Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if let Some(path) = &args.html {
        return runtime.block_on(write_page(args, path, printer));
    }
    let overview = runtime.block_on(look(args))?;
    match args.output {
        Output::Text => print(&overview, args, printer),
        Output::Json => printer.line(to_json(&overview)),
    }
    let is_failing = overview.rows.iter().any(Row::is_failing) || overview.unread().next().is_some();
    Ok(if args.failing && is_failing { Outcome::Findings } else { Outcome::Fine })
}

/// Writes the page.
async fn write_page(args: &Args, path: &Path, printer: &mut Printer) -> Result<Outcome, CliError> {
    let store = local::to_show(&args.state, &args.account).await?;
    let scopes = store.everything().await?;
    let accounts = store.all_accounts().await?;
    let options = page::Options { sources: asked(args), ..page::Options::page() };
    let written = std::fs::write(path, page(&scopes, &accounts, local::now(), &options));
    written.map_err(|source| CliError::Unwritable { path: path.to_owned(), source })?;
    printer.note(format!("the page is in {}; open it in a browser", path.display()));
    Ok(Outcome::Fine)
}

/// The sources to show. Empty for all.
fn asked(args: &Args) -> BTreeSet<Source> {
    args.source.iter().filter_map(|name| Source::parse(name)).collect()
}

async fn look(args: &Args) -> Result<Overview, CliError> {
    let store = local::to_show(&args.state, &args.account).await?;
    let asked = asked(args);
    let now = local::now();
    let mut overview = Overview { rows: Vec::new(), scopes: Vec::new(), unreadable: Vec::new() };
    for loaded in store.everything().await? {
        if !asked.is_empty() && !asked.contains(&loaded.known.scope.source) {
            continue;
        }
        overview.rows.extend(tracked::rows(&loaded.known, now));
        overview.scopes.push(loaded.known);
        overview.unreadable.extend(loaded.unreadable);
    }
    overview.rows.retain(|row| row.is_failing() || !args.failing);
    tracked::sort(&mut overview.rows);
    Ok(overview)
}

impl Overview {
    /// Scopes that the last pass could not read, and since when.
    fn unread(&self) -> impl Iterator<Item = (&Known, Timestamp)> {
        self.scopes.iter().filter_map(|known| Some((known, known.checkpoint.state.failing_since?)))
    }
}

fn print(overview: &Overview, args: &Args, printer: &mut Printer) {
    if overview.rows.is_empty() {
        printer.line(match (args.failing, overview.scopes.is_empty()) {
            (_, true) => "Nothing is tracked yet.",
            (true, false) => "Nothing is failing.",
            (false, false) => "There is nothing to track: no restores, no tables.",
        });
    } else {
        for line in tracked::table(&overview.rows, printer.width()) {
            printer.line(line);
        }
    }
    for (known, since) in overview.unread() {
        let since = minute(since);
        let failures = known.checkpoint.state.failures;
        let passes = if failures == 1 { "pass" } else { "passes" };
        let line = format!("{} could not be read since {since}, in {failures} {passes}", known.scope);
        printer.sentence(YELLOW, &line);
    }
    for known in &overview.scopes {
        for (part, state) in &known.checkpoint.state.unread {
            let (since, name) = (minute(state.unread.since), part_name(part));
            printer.sentence(YELLOW, &format!("{}: {name} could not be read since {since}; the rest was", known.scope));
        }
    }
    for error in &overview.unreadable {
        printer.note(error);
    }
}

fn to_json(overview: &Overview) -> Value {
    let scopes: Vec<Value> = overview
        .scopes
        .iter()
        .map(|known| {
            let state = &known.checkpoint.state;
            let parts: BTreeMap<&String, Value> = state
                .unread
                .iter()
                .map(|(part, state)| {
                    (part, json!({"since": state.unread.since, "passes": state.unread.passes, "told": state.told}))
                })
                .collect();
            let outboxes =
                known.records.marked(mark::WAITING).map(|entry| entry.unpack().outbox.notices.len()).sum::<usize>();
            json!({
                "source": known.scope.source.as_str(),
                "account": known.scope.account,
                "region": known.scope.region,
                "baseline_at": state.baseline_at,
                "last_complete_at": state.last_complete_at,
                "failures": state.failures,
                "failing_since": state.failing_since,
                "unread_parts": parts,
                "waiting": outboxes + known.checkpoint.outbox.notices.len(),
            })
        })
        .collect();
    json!({
        "scopes": scopes,
        "tracked": overview.rows.iter().map(Row::to_json).collect::<Vec<_>>(),
        "unreadable": overview.unreadable.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
