//! `tidings targets`: prints the accounts and regions of the stored state. It does not call the status APIs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::columns::{Cell, Row, table};
use super::error::CliError;
use super::local;
use super::printer::Printer;
use super::show::{Output, minute};
use super::style::YELLOW;
use super::{Outcome, account};
use crate::domain::{Checkpoint, Known, Source, Target, part_name};
use crate::store::{Store, StoreError, StoredAccount};

const EXAMPLES: &str = "\
Examples:
  tidings targets --table tidings      the targets of the Lambda function
  tidings targets --table tidings --failing
                                       only those with a problem; exits with 1 if there are any
  tidings targets --table tidings --output json | jq '.targets[] | select(.problems != [])'";

/// The arguments of `targets`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    account: account::Args,
    #[command(flatten)]
    state: local::StateArgs,
    /// Show only targets with a problem, and exit with 1 if there are any.
    #[arg(long)]
    failing: bool,
    /// Print a table for a person, or one JSON document for a program.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// A target as the state shows it.
struct Line {
    account: String,
    name: Option<String>,
    /// `None` for an account that was never read.
    region: Option<String>,
    /// When the first of its sources had its baseline, or the account was first listed.
    since: Option<Timestamp>,
    /// When the source that was read least recently was read completely. `None` if one of them never was.
    last_complete: Option<Timestamp>,
    problems: Vec<String>,
}

/// Prints the targets.
pub(super) fn run(args: &Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut lines = runtime.block_on(async {
        let store = local::to_show(&args.state, &args.account).await?;
        Ok::<_, CliError>(look(&store).await?)
    })?;
    let is_failing = lines.iter().any(|line| !line.problems.is_empty());
    lines.retain(|line| !args.failing || !line.problems.is_empty());
    match args.output {
        Output::Json => {
            printer.line(json!({"targets": lines.iter().map(Line::to_json).collect::<Vec<_>>()}));
        }
        Output::Text if lines.is_empty() => {
            printer.line(if args.failing { "No target has a problem." } else { "Nothing is watched yet." });
        }
        Output::Text => print(&lines, printer),
    }
    Ok(if args.failing && is_failing { Outcome::Findings } else { Outcome::Fine })
}

async fn look(store: &Store) -> Result<Vec<Line>, StoreError> {
    let mut targets: BTreeMap<Target, Vec<(Source, Checkpoint)>> = BTreeMap::new();
    for Known { scope, checkpoint, .. } in store.everything().await?.into_iter().map(|loaded| loaded.known) {
        if Source::ALL.contains(&scope.source) {
            let target = Target { account: scope.account, region: scope.region };
            targets.entry(target).or_default().push((scope.source, checkpoint.state));
        }
    }
    let mut accounts = store.all_accounts().await?;
    let mut lines: Vec<Line> =
        targets.iter().map(|(target, sources)| line_of(target, sources, accounts.get(&target.account))).collect();
    accounts.retain(|id, stored| {
        let is_listed = stored.is_member || stored.access.failing.is_some();
        is_listed && !targets.keys().any(|target| target.account == *id)
    });
    lines.extend(accounts.into_iter().map(|(account, stored)| Line {
        problems: access_problem(&stored).into_iter().collect(),
        account,
        name: stored.account.name,
        region: None,
        since: stored.joined_at,
        last_complete: None,
    }));
    lines.sort_by(|one, other| {
        (&one.name, &one.account, &one.region).cmp(&(&other.name, &other.account, &other.region))
    });
    Ok(lines)
}

fn line_of(target: &Target, sources: &[(Source, Checkpoint)], stored: Option<&StoredAccount>) -> Line {
    let mut problems: Vec<String> = stored.and_then(access_problem).into_iter().collect();
    if stored.is_some_and(|stored| stored.missed > 0 && !stored.is_member) {
        problems.push("it has left the organization and is no longer watched".to_owned());
    }
    for (source, checkpoint) in sources {
        if let Some(since) = checkpoint.failing_since {
            problems.push(format!("{source} could not be read since {}", minute(since)));
        }
        for part in checkpoint.unread.keys() {
            problems.push(format!("{source}: {} could not be read", part_name(part)));
        }
    }
    let complete: Option<Vec<Timestamp>> = sources.iter().map(|(_, checkpoint)| checkpoint.last_complete_at).collect();
    Line {
        account: target.account.clone(),
        name: stored.and_then(|stored| stored.account.name.clone()),
        region: Some(target.region.clone()),
        since: sources.iter().filter_map(|(_, checkpoint)| checkpoint.baseline_at).min(),
        last_complete: complete.and_then(|times| times.into_iter().min()),
        problems,
    }
}

fn access_problem(stored: &StoredAccount) -> Option<String> {
    let failing = stored.access.failing.as_ref()?;
    Some(format!("since {}: {}", minute(failing.unread.since), failing.error.message))
}

fn print(lines: &[Line], printer: &mut Printer) {
    let header = ["Account", "Name", "Region", "Watched since", "Last complete"].map(Cell::line);
    let time = |time: Option<Timestamp>| Cell::line(time.map_or_else(|| "never".to_owned(), minute));
    let rows: Vec<Row> = lines
        .iter()
        .map(|line| Row {
            cells: vec![
                Cell::line(&line.account),
                Cell::line(line.name.as_deref().unwrap_or_default()),
                Cell::line(line.region.as_deref().unwrap_or("-")),
                time(line.since),
                time(line.last_complete),
            ],
            under: Vec::new(),
        })
        .collect();
    for line in table(&header, &rows) {
        printer.line(line);
    }
    for line in lines {
        for problem in &line.problems {
            let region = line.region.as_deref().map(|region| format!(", {region}")).unwrap_or_default();
            let name = line.name.as_deref().unwrap_or(&line.account);
            printer.sentence(YELLOW, &format!("{name}{region}: {problem}"));
        }
    }
}

impl Line {
    fn to_json(&self) -> Value {
        json!({
            "account": self.account,
            "name": self.name,
            "region": self.region,
            "watched_since": self.since,
            "last_complete_at": self.last_complete,
            "problems": self.problems,
        })
    }
}
