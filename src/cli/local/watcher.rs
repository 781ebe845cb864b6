//! A real account watched from this machine: what `poll` does once and `watch` again and again.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use uuid::Uuid;

use super::State;
use crate::cli::account::{self, Account};
use crate::cli::error::CliError;
use crate::cli::printer::Printer;
use crate::cli::rendered::{Channel, Rendered, settings_for};
use crate::cli::show::{self, Output};
use crate::config::Config;
use crate::domain::{Notice, Scope, Source};
use crate::page::{Job, jobs};
use crate::pass::{Invocation, Order, Reports, Tidings, targets_of};
use crate::publish::{Publisher, render};
use crate::report::Report;
use crate::sources::Sources;

/// How long a pass may take. The next one continues where it stopped.
const PATIENCE: Duration = Duration::from_mins(2);

/// The arguments that `poll` and `watch` share.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(in crate::cli) struct WatcherArgs {
    #[command(flatten)]
    account: account::Args,
    #[command(flatten)]
    state: super::StateArgs,
    /// Read only this source; may be given several times.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(Source::ALL.map(Source::as_str)))]
    source: Vec<String>,
    /// The settings (tidings.toml).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Publish to this SNS topic instead of printing.
    #[arg(long, value_name = "ARN")]
    topic_arn: Option<String>,
    /// The channel whose form of the notices is printed.
    #[arg(long, value_enum, default_value_t = Channel::Email)]
    pub channel: Channel,
    /// Print text for a person, or one JSON value per line for a program.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
}

/// The account, and everything that a pass over it works with.
pub(in crate::cli) struct Watcher {
    account: Account,
    /// Held as long as this process may write to the state file.
    _lock: Option<File>,
    tidings: Tidings,
    sources: Vec<Source>,
    dry_run: bool,
}

impl Watcher {
    /// Opens the state and finds out which account this is.
    pub async fn open(args: &WatcherArgs, dry_run: bool) -> Result<Self, CliError> {
        let mut config = Config::load_for(args.config.as_deref(), args.topic_arn.as_deref())?;
        if args.topic_arn.is_none() {
            config.publishing = settings_for(args.channel, config.publishing);
        }
        if let Some(arn) = args.topic_arn.as_ref().filter(|arn| !arn.starts_with("arn:") || arn.split(':').count() != 6)
        {
            return Err(CliError::TopicArn(arn.clone()));
        }
        let account = Account::reach(&args.account).await?;
        let open = if dry_run { State::open_to_read } else { State::open };
        let State { store, lock } = open(&args.state, &account.sdk)?;
        let publisher = match &args.topic_arn {
            Some(arn) => Publisher::new(aws_sdk_sns::Client::new(&account.sdk), arn.clone()),
            None => Publisher::to_memory("the terminal"),
        };
        let asked: BTreeSet<Source> = args.source.iter().filter_map(|name| Source::parse(name)).collect();
        let sources = if asked.is_empty() { config.sources.clone() } else { asked.into_iter().collect() };
        let sources_of = Sources::new(&account.sdk, config.fetching.clone());
        let targets = targets_of(&account.sdk, &config);
        let reports = Reports::default();
        let tidings = Tidings {
            sources: sources_of,
            targets,
            queue: None,
            delivery_queue: None,
            store,
            publisher,
            reports,
            config,
        };
        Ok(Self { account, _lock: lock, tidings, sources, dry_run })
    }

    /// For sentences: `account 123456789012, us-east-1`.
    pub fn place(&self) -> String {
        format!("account {}, {}", self.account.id, self.account.region)
    }

    /// Says which sources are read for the first time, because that pass sends no notices about what it finds.
    pub async fn announce_baseline(&self, printer: &mut Printer) -> Result<(), CliError> {
        let mut new = Vec::new();
        for source in &self.sources {
            let (account, region) = (self.account.id.clone(), self.account.region.clone());
            let scope = Scope { source: *source, account, region };
            let is_known = self.tidings.store.has_baseline(&scope).await;
            if !is_known? {
                new.push(source.as_str());
            }
        }
        if !new.is_empty() {
            printer.note(format!(
                "first pass over {} in {}: it sends one summary for each source; later passes send a notice for each change",
                new.join(", "),
                self.place()
            ));
        }
        Ok(())
    }

    /// Runs a pass. Returns its report and the messages for the terminal.
    pub async fn pass(&self) -> (Report, Vec<Rendered>) {
        let now = super::now();
        let token = Uuid::new_v4().simple().to_string();
        let (id, region) = (self.account.id.clone(), self.account.region.clone());
        let invocation = Invocation::new(id, region, token, now, PATIENCE);
        let order = Order::Pass { sources: self.sources.clone(), dry_run: self.dry_run };
        let (report, previewed) = self.tidings.run_or_rehearse(&order, &invocation).await;
        let mut messages: Vec<Rendered> =
            self.tidings.publisher.take_messages().iter().map(Rendered::of_message).collect();
        messages.extend(previewed.iter().map(|notice| self.preview(notice)));
        (report, messages)
    }

    /// What is under way, as the last pass left it.
    pub async fn jobs(&self) -> Result<Vec<Job>, CliError> {
        let scopes = self.tidings.store.everything().await?;
        Ok(jobs(&scopes, super::now()))
    }

    /// What a notice would look like if it were sent.
    fn preview(&self, notice: &Notice) -> Rendered {
        Rendered::of_message(&render(std::slice::from_ref(notice), &self.tidings.config.publishing))
    }
}

/// Fails when nothing at all could be done.
pub(in crate::cli) fn require_anything_done(report: &Report) -> Result<(), CliError> {
    let skipped = report.scopes.iter().all(|scope| scope.coverage == "skipped");
    if report.is_failure() || (skipped && !report.scopes.is_empty()) {
        let trouble = show::trouble(report);
        let mut errors: Vec<&str> = trouble.values().map(|(_, story)| story.as_str()).collect();
        errors.dedup();
        return Err(CliError::NothingDone {
            errors: errors.join("; "),
            kind: trouble.values().next().and_then(|(kind, _)| *kind),
        });
    }
    Ok(())
}
