//! The whole program on a simulated account, under the scenario's clock.

use std::time::Duration;

use jiff::Timestamp;
use lambda_runtime::LambdaEvent;
use serde_json::json;

use super::super::error::CliError;
use super::super::rendered::Rendered;
use super::super::tracked::{self, Row};
use crate::aws;
use crate::config::{Config, Resources};
use crate::domain::{Notice, Source};
use crate::handler::{Answer, handle_at};
use crate::operate::{self, SilenceRequest, history};
use crate::page::{self, page};
use crate::pass::{Invocation, Order, Tidings};
use crate::report::Report;
use crate::simulator::{Scenario, Script, Simulator};

const REGION: &str = "us-east-1";
const NAME: &str = "tidings";
/// The time-out of the Lambda function.
const PATIENCE: Duration = Duration::from_mins(2);

/// A rehearsal in progress.
pub(super) struct Stage {
    simulator: Simulator,
    script: Script,
    tidings: Tidings,
    sources: Vec<Source>,
    passes: usize,
}

impl Stage {
    pub fn new(scenario: Scenario, config: Config) -> Result<Self, CliError> {
        let simulator = Simulator::new(scenario.start);
        let failed = |error: dynoxide::DynoxideError| std::io::Error::other(error.to_string());
        simulator.create_table(NAME).map_err(failed)?;
        let topic_arn = simulator.world().create_topic(REGION, NAME);
        // Messages to topics that rules name are printed, too.
        for arn in config.policy.rules.iter().filter_map(|rule| rule.effect.topic_arn.clone()) {
            simulator.world().topics.entry(arn).or_default();
        }
        let sdk = aws::with_limits(simulator.sdk_config(REGION).into_builder()).build();
        let sources = config.sources.clone();
        let tidings = Tidings::new(&sdk, &Resources::new(NAME, &topic_arn), config);
        Ok(Self { simulator, script: Script::new(scenario), tidings, sources, passes: 0 })
    }

    /// Applies the scenario's changes up to `at`, then runs a pass. Returns its report and the published messages.
    pub async fn pass(&mut self, at: Timestamp) -> Result<(Report, Vec<Rendered>), CliError> {
        self.script.run_to(&self.simulator, at)?;
        self.passes += 1;
        let invocation = self.invocation(&format!("rehearsal {}", self.passes), at);
        let order = Order::Pass { sources: self.sources.clone(), dry_run: false };
        let report = self.tidings.run(&order, &invocation).await;
        let messages = self.simulator.inbox().iter().map(Rendered::of_publication).collect();
        self.simulator.clear_inbox();
        self.simulator.clear_calls();
        Ok((report, messages))
    }

    /// What is failing or unfinished.
    pub async fn unfinished(&self) -> Result<Vec<Row>, CliError> {
        let mut rows = Vec::new();
        for loaded in self.tidings.store.everything().await? {
            rows.extend(tracked::rows(&loaded.known, self.now()));
        }
        rows.retain(Row::is_unfinished);
        tracked::sort(&mut rows);
        Ok(rows)
    }

    /// The page, as it is now.
    pub async fn page(&self) -> Result<String, CliError> {
        let scopes = self.tidings.store.everything().await?;
        let accounts = self.tidings.store.all_accounts().await?;
        Ok(page(&scopes, &accounts, self.now(), &page::Options::page()))
    }

    /// Silences the failures of subjects with that text in their names, as a person would.
    pub async fn silence(&self, text: &str) -> Result<(), CliError> {
        let store = &self.tidings.store;
        let scopes = store.everything().await?;
        let mut told = history(&scopes, Timestamp::MIN).into_iter().map(|entry| entry.notice);
        let is_wanted = |notice: &Notice| {
            notice.is_of_failure() && notice.facet_event().is_some_and(|event| event.subject.name.contains(text))
        };
        if let Some(notice) = told.rfind(is_wanted) {
            let request = SilenceRequest::new(&notice.id.to_string(), "3d", "ticket 4711", Some("ana"))?;
            operate::silence(store, &request, &self.invocation("a silence", self.now()).writer).await?;
        }
        Ok(())
    }

    /// What the Lambda function answers to the CloudWatch widget.
    pub async fn widget(&self, theme: &str) -> String {
        let event = json!({"widgetContext": {"theme": theme}});
        let event = LambdaEvent::new(event, lambda_runtime::Context::default());
        match handle_at(self.now(), &self.tidings, NAME, std::io::sink(), event).await {
            Ok(Answer::Widget(html)) => html,
            Ok(other) => format!("{other:?}"),
            Err(error) => error.to_string(),
        }
    }

    fn invocation(&self, token: &str, at: Timestamp) -> Invocation {
        let account = self.simulator.world().account.clone();
        Invocation::new(account, REGION.to_owned(), token.to_owned(), at, PATIENCE)
    }

    /// The simulated time.
    pub fn now(&self) -> Timestamp {
        self.simulator.clock().now()
    }
}
