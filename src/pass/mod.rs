//! A pass: collect, plan, commit, publish, report, for each scope on its own.
//!
//! In every scope, a pass first publishes the notices that earlier passes left in the outboxes. It writes a state and
//! its notices before it sends them, and writes the checkpoint only after every change. If one scope fails, the others
//! do not.
//!
//! If the settings name more targets than the function's own account and region, passes leave their notices to a
//! delivery (`hand_over.rs`), which sends the notices of many targets together (`delivery.rs`).

mod access;
mod collect;
mod commit;
mod connect;
mod deliver;
mod delivery;
mod dispatch;
mod hand_over;
mod invocation;
mod log;
mod report;
mod scope;
mod targets;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_config::SdkConfig;

use crate::config::{Config, Resources};
use crate::domain::{Notice, Scope, ScopeError, Source, Target};
use crate::publish::Publisher;
use crate::publish::channel::cloudevents;
use crate::report::{Report, ScopeReport};
use crate::sources::Sources;
use crate::store::Store;
use crate::targets::{Details, Listing, Queue, Refreshed, Targets};
pub use invocation::{Invocation, Order};
pub use report::Reports;
use scope::Passed;
use targets::{Reading, reading, readings};

/// The clients and settings of a process. A process needs only one.
pub struct Tidings {
    /// The APIs in the function's own account and region.
    pub sources: Sources,
    pub targets: Targets,
    /// The queue for messages about targets.
    pub queue: Option<Queue>,
    /// The queue for messages about scopes whose notices wait. Without it, passes send their notices themselves.
    pub delivery_queue: Option<Queue>,
    pub store: Store,
    pub publisher: Publisher,
    /// The reports about weeks or months that this process knows of.
    pub reports: Reports,
    pub config: Config,
}

/// The result of an order.
#[derive(Default)]
struct Done {
    passed: Vec<Passed>,
    /// How many messages were sent to the queue.
    dispatched: Option<usize>,
    /// The accounts and regions that this tick is about.
    listing: Option<Arc<Listing>>,
}

impl Tidings {
    /// Makes every client from `sdk`.
    pub fn new(sdk: &SdkConfig, resources: &Resources, config: Config) -> Self {
        let queue = |url: &Option<String>| url.as_ref().map(|url| Queue::new(sdk, url.clone()));
        Self {
            sources: Sources::new(sdk, config.fetching.clone()),
            targets: targets_of(sdk, &config),
            queue: queue(&resources.queue_url),
            delivery_queue: queue(&resources.delivery_queue_url),
            store: Store::new(aws_sdk_dynamodb::Client::new(sdk), &resources.table_name),
            publisher: Publisher::new(aws_sdk_sns::Client::new(sdk), resources.topic_arn.clone()),
            reports: Reports::default(),
            config,
        }
    }

    /// Carries out an order. Never fails: the report contains the errors.
    pub async fn run(&self, order: &Order, invocation: &Invocation) -> Report {
        let (mut report, notices) = self.run_or_rehearse(order, invocation).await;
        if order.is_dry_run() {
            report.notices = Some(notices.iter().map(cloudevents::notice_json).collect());
        }
        report
    }

    /// Carries out an order. For a dry run, returns the notices themselves rather than their JSON form in the report.
    pub async fn run_or_rehearse(&self, order: &Order, invocation: &Invocation) -> (Report, Vec<Notice>) {
        let Done { passed, dispatched, listing } = self.carry_out(order, invocation).await;
        let sent = Box::pin(self.report_if_due(order, invocation)).await;
        // After an open call, SNS may still accept a message. Until the claims expire, nobody else may send it.
        if !order.is_dry_run() && !passed.iter().any(|passed| passed.was_cut_off) {
            self.store.note_ended(&invocation.writer);
        }
        let (scopes, notices): (Vec<ScopeReport>, Vec<Vec<Notice>>) =
            passed.into_iter().map(|passed| (passed.report, passed.notices)).unzip();
        let notices: Vec<Notice> = notices.into_iter().flatten().collect();
        let mut report = Report::new(invocation.writer.now, scopes);
        report.dispatched = dispatched;
        report.report = sent;
        report.is_of_many = !self.config.targets.is_home_only();
        report.expected = listing.map(|listing| expected(&listing, &self.config.sources));
        if order.is_dry_run() {
            report.dry_run = true;
            report.highest_severity = notices.iter().map(|notice| notice.severity).max();
        }
        log::summarize(&report);
        (report, notices)
    }

    async fn carry_out(&self, order: &Order, invocation: &Invocation) -> Done {
        self.targets.begin(invocation.writer.now);
        // With a queue for deliveries, no pass publishes, whatever the settings name.
        let is_home_only = self.config.targets.is_home_only() && self.delivery_queue.is_none();
        let mut listing = None;
        let passed = match order {
            Order::Pass { sources, .. } if is_home_only => self.pass_at_home(order, sources, invocation).await,
            Order::Pass { sources, .. } => {
                let (passed, listed) = Box::pin(self.pass_everywhere(order, sources, invocation)).await;
                listing = listed;
                passed
            }
            Order::Dispatch => return Box::pin(self.dispatch(invocation)).await,
            Order::Targets { targets, sources } => {
                Box::pin(self.pass_over_targets(order, targets, sources, invocation)).await
            }
            Order::Deliver(messages) => Box::pin(self.deliver(messages, invocation)).await,
            Order::Hint { scope, subject } if is_home_only => {
                // Only the function's own account and region are watched. An event that names others is a sample, or
                // was forwarded: the job is looked up here, and is not found if it is not here.
                let own = invocation.home().scope(scope.source);
                if *scope != own {
                    tracing::info!(%scope, %subject, "a hint about {subject} names {scope}; it is looked up in {own}");
                }
                let sources: Vec<Source> = [scope.source].into_iter().filter(|source| self.watches(*source)).collect();
                self.pass_at_home(order, &sources, invocation).await
            }
            Order::Hint { scope, .. } if !self.watches(scope.source) => Vec::new(),
            Order::Hint { scope, .. } => {
                let target = Target { account: scope.account.clone(), region: scope.region.clone() };
                Box::pin(self.pass_over_targets(order, &[target], &[scope.source], invocation)).await
            }
        };
        Done { passed, dispatched: None, listing }
    }

    fn watches(&self, source: Source) -> bool {
        self.config.sources.contains(&source)
    }

    /// A pass over every target. Then people are told about accounts that cannot be read.
    async fn pass_everywhere(
        &self,
        order: &Order,
        sources: &[Source],
        invocation: &Invocation,
    ) -> (Vec<Passed>, Option<Arc<Listing>>) {
        let (home, now) = (invocation.home(), invocation.writer.now);
        let directory = self.targets.directory();
        if order.is_dry_run() {
            let passed = match directory.listing(&home, &self.store).await {
                Ok(listing) => self.pass_over_all(readings(&listing, sources), order, invocation).await,
                Err(error) => vec![Passed::failed(&home.scope(Source::Hub), ScopeError::from(&error))],
            };
            return (passed, None);
        }
        let refreshed = match directory.refresh(&home, &self.store, now).await {
            Ok(refreshed) => refreshed,
            Err(error) => return (vec![Passed::failed(&home.scope(Source::Hub), ScopeError::from(&error))], None),
        };
        let listing = Arc::clone(&refreshed.listing);
        let mut passed = self.pass_over_all(readings(&refreshed.listing, sources), order, invocation).await;
        // The passes have stored which accounts they could read.
        match self.store.accounts(&home.account).await {
            Ok(stored) => {
                let refreshed = Refreshed { stored, ..refreshed };
                passed.extend(self.tell_access(&refreshed, invocation).await);
            }
            Err(error) => passed.push(Passed::failed(&home.scope(Source::Hub), ScopeError::from(&error))),
        }
        (passed, Some(listing))
    }

    /// A pass over these targets. One that the settings do not name is left out.
    async fn pass_over_targets(
        &self,
        order: &Order,
        targets: &[Target],
        sources: &[Source],
        invocation: &Invocation,
    ) -> Vec<Passed> {
        let home = invocation.home();
        let listing = match self.targets.directory().listing_with(targets, &home, &self.store).await {
            Ok(listing) => listing,
            Err(error) => {
                let failed = |scope: &Scope| Passed::failed(scope, ScopeError::from(&error));
                let scopes = targets.iter().flat_map(|target| sources.iter().map(|source| target.scope(*source)));
                return scopes.map(|scope| failed(&scope)).collect();
            }
        };
        let targets: BTreeSet<&Target> = targets.iter().collect();
        let readings: Vec<Reading> =
            targets.into_iter().filter_map(|target| reading(&listing, target.clone(), sources)).collect();
        self.pass_over_all(readings, order, invocation).await
    }

    /// Whether the target is one of those to watch.
    ///
    /// # Errors
    /// The table cannot be read.
    pub async fn is_target(&self, target: &Target, home: &Target) -> Result<bool, crate::store::StoreError> {
        let listing = self.targets.directory().listing_with(std::slice::from_ref(target), home, &self.store).await?;
        Ok(listing.account(target).is_some())
    }
}

/// How many scopes each source has in each region.
fn expected(listing: &Listing, sources: &[Source]) -> BTreeMap<(&'static str, String), usize> {
    let of_region = |region: &String| {
        let region = region.clone();
        sources.iter().map(move |source| ((source.as_str(), region.clone()), listing.accounts.len()))
    };
    listing.regions.iter().flat_map(of_region).collect()
}

/// The targets of these settings.
pub(crate) fn targets_of(sdk: &SdkConfig, config: &Config) -> Targets {
    let rules = || config.policy.rules.iter().map(|rule| &rule.matches);
    let details = Details {
        units: rules().any(|matches| !matches.units.0.is_empty()),
        tags: rules().any(|matches| !matches.account_tags.is_empty()),
    };
    Targets::new(sdk, config.targets.clone(), config.fetching.clone(), details)
}
