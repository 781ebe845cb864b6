//! A real account under observation from this machine: what `poll` does once and `watch` again and again.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use uuid::Uuid;

use super::account::{self, Account};
use super::error::CliError;
use super::letter::{Channel, Letter, settings_for};
use super::printer::Printer;
use super::show::Output;
use super::state::{self, Local};
use crate::aws;
use crate::config::Config;
use crate::domain::{Notice, Scope, Source};
use crate::pass::{Invocation, Order, Tidings};
use crate::publish::{Publisher, render};
use crate::report::Report;
use crate::sources::Sources;
use crate::store::Store;

/// The topic that stands for the terminal.
const TERMINAL: &str = "terminal";
/// How long a pass may take. The next one goes on where it stopped.
const PATIENCE: Duration = Duration::from_mins(2);

/// What `poll` and `watch` are told.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    #[command(flatten)]
    account: account::Args,
    #[command(flatten)]
    state: state::Args,
    /// Look at this source only; may be given several times.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(Source::ALL.map(Source::as_str)))]
    source: Vec<String>,
    /// The settings (tidings.toml).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Publish to this SNS topic instead of printing.
    #[arg(long, value_name = "ARN")]
    topic_arn: Option<String>,
    /// Print notices as these readers get them.
    #[arg(long, value_enum, default_value_t = Channel::Email)]
    pub channel: Channel,
    /// Print for a person, or one JSON value per line for a program.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
}

/// The account, everything that a pass over it works with, and where its notices go.
pub(super) struct Outlook {
    account: Account,
    local: Local,
    tidings: Tidings,
    sources: Vec<Source>,
    dry_run: bool,
}

impl Outlook {
    /// Opens the state and finds out which account this is.
    pub async fn open(args: &Args, dry_run: bool) -> Result<Self, CliError> {
        let mut config = Config::load_for(args.config.as_deref(), args.topic_arn.as_deref())?;
        if args.topic_arn.is_none() {
            config.publishing = settings_for(args.channel, config.publishing);
        }
        if let Some(arn) = args.topic_arn.as_ref().filter(|arn| !arn.starts_with("arn:") || arn.split(':').count() != 6)
        {
            return Err(CliError::TopicArn(arn.clone()));
        }
        let account = Account::reach(&args.account).await?;
        let local = match (&args.state.table, dry_run) {
            (Some(_), _) => Local::none(),
            (None, true) => Local::look_or_nothing(&args.state)?,
            (None, false) => Local::open(&args.state)?,
        };
        let store = match &args.state.table {
            Some(table) => Store::new(aws_sdk_dynamodb::Client::new(&account.sdk), table),
            None => local.store(),
        };
        let publisher = match &args.topic_arn {
            Some(arn) => Publisher::new(aws_sdk_sns::Client::new(&account.sdk), arn.clone()),
            None => to_terminal(&local, &account.region, &config),
        };
        let asked: BTreeSet<Source> = args.source.iter().filter_map(|name| Source::parse(name)).collect();
        let sources = if asked.is_empty() { config.sources.clone() } else { asked.into_iter().collect() };
        let sources_of = Sources::new(&account.sdk, config.fetching.clone());
        let tidings = Tidings { sources: sources_of, store, publisher, config };
        Ok(Self { account, local, tidings, sources, dry_run })
    }

    /// Where we are, for sentences: `123456789012, us-east-1`.
    pub fn place(&self) -> String {
        format!("account {}, {}", self.account.id, self.account.region)
    }

    /// Says which sources have not been looked at before: there will be no news of them this time.
    pub async fn announce_baseline(&self, printer: &mut Printer) -> Result<(), CliError> {
        let mut new = Vec::new();
        for source in &self.sources {
            let (account, region) = (self.account.id.clone(), self.account.region.clone());
            let scope = Scope { source: *source, account, region };
            let is_known = self.tidings.store.has_baseline(&scope).await;
            if !is_known.map_err(|source| CliError::Store { source })? {
                new.push(source.as_str());
            }
        }
        if !new.is_empty() {
            printer.note(format!(
                "first look at {} in {}: what is there already is the baseline, told in one summary each; what changes \
                 from now on is news",
                new.join(", "),
                self.place()
            ));
        }
        Ok(())
    }

    /// Runs a pass. Its report, and what goes to the terminal.
    pub async fn pass(&self) -> (Report, Vec<Letter>) {
        let now = self.local.simulator.clock().now();
        let token = Uuid::new_v4().simple().to_string();
        let (id, region) = (self.account.id.clone(), self.account.region.clone());
        let invocation = Invocation::new(id, region, token, now, PATIENCE);
        let order = Order::Pass { sources: self.sources.clone(), dry_run: self.dry_run };
        let (report, foreseen) = self.tidings.run_or_rehearse(&order, &invocation).await;
        let mut letters: Vec<Letter> = self.local.simulator.inbox().iter().map(Letter::of_publication).collect();
        letters.extend(foreseen.iter().map(|notice| self.foresee(notice)));
        self.local.simulator.clear_inbox();
        self.local.simulator.clear_calls();
        (report, letters)
    }

    /// What a notice would look like if it were sent.
    fn foresee(&self, notice: &Notice) -> Letter {
        Letter::of_message(&render(std::slice::from_ref(notice), &self.tidings.config.publishing))
    }
}

/// A publisher whose topic is in this process: what it is given is printed after the pass.
fn to_terminal(local: &Local, region: &str, config: &Config) -> Publisher {
    state::make_topics(&local.simulator, &config.policy);
    let topic_arn = local.simulator.world().create_topic(region, TERMINAL);
    let sdk = local.simulator.sdk_config(region).into_builder();
    let sdk = sdk.retry_config(aws::retries()).timeout_config(aws::timeouts()).build();
    Publisher::new(aws_sdk_sns::Client::new(&sdk), topic_arn)
}

/// Fails when nothing at all could be done.
pub(super) fn require_anything_done(report: &Report) -> Result<(), CliError> {
    let skipped = report.scopes.iter().all(|scope| scope.coverage == "skipped");
    if report.is_failure() || (skipped && !report.scopes.is_empty()) {
        let trouble = super::show::trouble(report);
        let mut errors: Vec<&str> = trouble.values().map(|(_, story)| story.as_str()).collect();
        errors.dedup();
        return Err(CliError::NothingDone {
            errors: errors.join("; "),
            kind: trouble.values().next().and_then(|(kind, _)| *kind),
        });
    }
    Ok(())
}
