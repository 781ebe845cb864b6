//! `tidings preview`: what people get, before they get it. Sample notices of every reason, or a real one that waits in an
//! outbox, in the form of every channel: on the terminal, as one HTML page, or as the gallery of docs/notices.md.

mod exhibits;
mod markdown;
mod page;
mod slack;
mod waiting;

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use uuid::Uuid;

use super::Outcome;
use super::account;
use super::error::CliError;
use super::letter::Channel;
use super::local;
use super::printer::Printer;
use super::style::{BOLD, DIM, paint};
use crate::domain::Reason;
use exhibits::Exhibit;

const EXAMPLES: &str = "\
Examples:
  tidings preview --reason failed                  samples of one reason, in every channel
  tidings preview --channel sms                    every reason, as phones show it
  tidings preview --html notices.html              everything side by side, in a browser
  tidings preview --id UUID --table tidings        a notice of your own that waits to be sent";

/// What `preview` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Show the form for these readers; may be given several times. All of them unless given.
    #[arg(long, value_enum)]
    channel: Vec<Channel>,
    /// Show this reason only; may be given several times.
    #[arg(long, value_name = "REASON", value_parser = PossibleValuesParser::new(Reason::ALL.map(Reason::as_str)))]
    reason: Vec<String>,
    /// Show the notice of this id, which waits in an outbox, rather than samples.
    #[arg(long, value_name = "UUID", conflicts_with = "reason")]
    id: Option<Uuid>,
    /// Write one page with every channel side by side, which needs nothing but a browser.
    #[arg(long, value_name = "FILE", conflicts_with = "channel")]
    html: Option<PathBuf>,
    /// Print the gallery as Markdown: docs/notices.md.
    #[arg(long, hide = true, conflicts_with_all = ["channel", "html", "id"])]
    markdown: bool,
    #[command(flatten)]
    state: local::StateArgs,
    #[command(flatten)]
    account: account::Args,
}

/// Shows them.
pub(super) fn run(args: &Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let exhibits = match args.id {
        Some(id) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            vec![Exhibit::of(runtime.block_on(waiting::find(id, &args.state, &args.account))?)]
        }
        None => exhibits::samples(&args.reason.iter().filter_map(|name| Reason::parse(name)).collect()),
    };
    if args.markdown {
        printer.line(markdown::gallery(&exhibits).trim_end());
        return Ok(Outcome::Fine);
    }
    if let Some(path) = &args.html {
        let written = std::fs::write(path, page::page(&exhibits, args.id.is_none()));
        written.map_err(|source| CliError::Unwritable { path: path.clone(), source })?;
        printer.note(format!("{} notices are in {}; open it in a browser", exhibits.len(), path.display()));
        return Ok(Outcome::Fine);
    }
    let channels = if args.channel.is_empty() { exhibits::CHANNELS.to_vec() } else { args.channel.clone() };
    for exhibit in &exhibits {
        let (reason, source) = (exhibit.notice.reason(), exhibit.notice.scope.source);
        for channel in &channels {
            let heading = format!("{reason}, {source}, {}", exhibits::name(*channel));
            printer.line(format!(
                "{}{}",
                paint(BOLD, heading),
                paint(DIM, format!("  {}", exhibits::readers(*channel)))
            ));
            printer.line(format!("{}\n", exhibit.letter.laid_out(*channel)));
        }
    }
    Ok(Outcome::Fine)
}
