//! `tidings history`: what people were told.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::columns::{Cell, Row, fit, table};
use super::error::CliError;
use super::local;
use super::printer::Printer;
use super::show::{Output, minute};
use super::style::{DIM, GREEN, RED, YELLOW, paint};
use super::{Outcome, account};
use crate::domain::{Severity, ToldNotice};
use crate::operate::{history, parse_length};
use crate::publish::channel::cloudevents::notice_json;
use crate::publish::render::headline;

const EXAMPLES: &str = "\
Examples:
  tidings history                                what people were told in the last 7 days
  tidings history --since 30d --table tidings    in the last 30 days, by the Lambda function
  tidings history --subject orders               only about subjects with this text in their name or id
  tidings history --output json | jq '.notices[].reason'

The state remembers the last 30 notices of each subject and of each source.";

/// How wide the headlines are at least.
const NARROWEST: usize = 24;

/// The arguments of `history`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// How far to look back, such as 12h or 30d.
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = parse_length)]
    since: SignedDuration,
    /// Show only subjects whose name or id contains this text.
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// Print a table for a person, or one JSON document for a program.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
    #[command(flatten)]
    state: local::StateArgs,
    #[command(flatten)]
    account: account::Args,
}

/// Prints the history.
pub(super) fn run(args: &Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let scopes = runtime.block_on(async {
        let store = local::to_show(&args.state, &args.account).await?;
        Ok::<_, CliError>(store.everything().await?)
    })?;
    let since = local::now().checked_sub(args.since).unwrap_or(Timestamp::MIN);
    let mut entries = history(&scopes, since);
    entries.retain(|entry| args.subject.as_ref().is_none_or(|text| is_about(entry, text)));
    match args.output {
        Output::Json => printer.line(json!({"notices": entries.iter().map(to_json).collect::<Vec<_>>()})),
        Output::Text if entries.is_empty() => {
            printer.line(format!("Nothing was told since {}.", minute(since)));
        }
        Output::Text => print(&entries, printer),
    }
    Ok(Outcome::Fine)
}

/// The notice in its machine-readable form, with when it was told.
fn to_json(entry: &ToldNotice) -> serde_json::Value {
    let mut json = notice_json(&entry.notice);
    json["told_at"] = json!(entry.told_at);
    json
}

fn is_about(entry: &ToldNotice, text: &str) -> bool {
    let name = entry.notice.facet_event().map(|event| event.subject.name.to_lowercase());
    let text = text.to_lowercase();
    entry.notice.subject().to_lowercase().contains(&text) || name.is_some_and(|name| name.contains(&text))
}

fn print(entries: &[ToldNotice], printer: &mut Printer) {
    let room = printer.width().saturating_sub("2026-03-02 06:00Z".len() + 6).max(NARROWEST);
    let rows: Vec<Row> = entries
        .iter()
        .map(|entry| {
            let style = match entry.notice.severity {
                Severity::Critical => RED,
                Severity::Warning => YELLOW,
                Severity::Info => GREEN,
            };
            let told_at = Cell::line(minute(entry.told_at));
            let cells = vec![told_at, Cell::text(fit(&headline(&entry.notice), room, 2)).painted(style)];
            let id = paint(DIM, format!("{:20}notice {}", "", entry.notice.id));
            Row { cells, under: vec![id] }
        })
        .collect();
    for line in table(&["told", "what happened"].map(Cell::line), &rows) {
        printer.line(line);
    }
}
