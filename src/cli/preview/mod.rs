//! `tidings preview`: what notices look like. Shows samples of every reason, or a real notice, in the form
//! of every channel: on the terminal, as one HTML page, or as the gallery in docs/notices.md.

mod markdown;
mod page;
mod previews;
mod slack;

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use uuid::Uuid;

use super::Outcome;
use super::account;
use super::error::CliError;
use super::local;
use super::printer::Printer;
use super::rendered::Channel;
use super::style::{BOLD, DIM, paint};
use crate::domain::{Notice, Reason};
use crate::operate::find_notice;
use previews::Preview;

const EXAMPLES: &str = "\
Examples:
  tidings preview --reason failed                  samples of one reason, in every channel
  tidings preview --channel sms                    every reason, as phones show it
  tidings preview --html notices.html              everything side by side, in a browser
  tidings preview --id UUID --table tidings        a notice that waits or that was sent lately";

/// The arguments of `preview`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Show only this channel; may be given several times.
    #[arg(long, value_enum)]
    channel: Vec<Channel>,
    /// Show only this reason; may be given several times.
    #[arg(long, value_name = "REASON", value_parser = PossibleValuesParser::new(Reason::ALL.map(Reason::as_str)))]
    reason: Vec<String>,
    /// Show the notice with this id instead of samples: one that waits to be sent, or one of the last 30 of its subject.
    #[arg(long, value_name = "UUID", conflicts_with = "reason")]
    id: Option<Uuid>,
    /// Write one HTML page with all channels side by side.
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

/// The notice of that id.
async fn find(id: Uuid, args: &Args) -> Result<Notice, CliError> {
    let store = local::to_show(&args.state, &args.account).await?;
    let scopes = store.everything().await?;
    find_notice(&scopes, id).ok_or(CliError::NoSuchNotice { id })
}

/// Shows them.
pub(super) fn run(args: &Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let previews = match args.id {
        Some(id) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            vec![Preview::of(runtime.block_on(find(id, args))?)]
        }
        None => previews::samples(&args.reason.iter().filter_map(|name| Reason::parse(name)).collect()),
    };
    if args.markdown {
        printer.line(markdown::gallery(&previews).trim_end());
        return Ok(Outcome::Fine);
    }
    if let Some(path) = &args.html {
        let written = std::fs::write(path, page::page(&previews, args.id.is_none()));
        written.map_err(|source| CliError::Unwritable { path: path.clone(), source })?;
        printer.note(format!("{} notices are in {}; open it in a browser", previews.len(), path.display()));
        return Ok(Outcome::Fine);
    }
    let channels = if args.channel.is_empty() { previews::CHANNELS.to_vec() } else { args.channel.clone() };
    for preview in &previews {
        let (reason, source) = (preview.notice.reason(), preview.notice.scope.source);
        for channel in &channels {
            let heading = format!("{reason}, {source}, {}", previews::name(*channel));
            printer.line(format!(
                "{}{}",
                paint(BOLD, heading),
                paint(DIM, format!("  {}", previews::readers(*channel)))
            ));
            printer.line(format!("{}\n", preview.message.laid_out(*channel)));
        }
    }
    Ok(Outcome::Fine)
}
