//! Sends the report about a week or a month when it is due.
//!
//! Every tick looks whether one is due. That costs no request: the due time follows from the settings and the reference time,
//! and the process remembers for which due time it knows that the report was sent. A process that does not know it yet asks
//! the table once.
//!
//! The report is claimed in the table, published, and then noted as sent. If the process dies before that, the next tick
//! sends it again with the same id.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout_at;

use super::{Invocation, Order, Tidings};
use crate::domain::report::{Period, PeriodReport, report_id};
use crate::domain::{ErrorKind, Scope, ScopeError, Source, Target};
use crate::operate::{Gathering, REMEMBERED};
use crate::publish::PublishError;
use crate::publish::report::{Deployment, render};
use crate::report::SentReport;
use crate::store::ReportClaim;

/// How many scopes are read at the same time.
const CONCURRENCY: usize = 8;

/// A report is sent this long after its period has ended. Until then, invocations that began in the period may still write
/// what they have seen and told.
const SETTLED: SignedDuration = SignedDuration::from_mins(5);

/// What this process knows of the reports. Clones of [`Tidings`] do not exist, so there is one for each process.
#[derive(Debug, Default)]
pub struct Reports(Mutex<Progress>);

#[derive(Debug, Default)]
struct Progress {
    /// The due time of the last report that needs no more work.
    done: Option<Timestamp>,
    /// The due time of the last report that SNS has accepted from this process.
    accepted: Option<Timestamp>,
}

impl Reports {
    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tidings {
    /// Sends the report if one is due and nobody has sent it. `None` if there was nothing to do.
    pub(super) async fn report_if_due(&self, order: &Order, invocation: &Invocation) -> Option<SentReport> {
        let is_tick = matches!(order, Order::Pass { dry_run: false, .. } | Order::Dispatch);
        let settled = invocation.writer.now.checked_sub(SETTLED).unwrap_or(Timestamp::MIN);
        let due = self.config.report.last_due(settled).filter(|_| is_tick)?;
        if self.reports.lock().done >= Some(due) {
            return None;
        }
        let sent = timeout_at(invocation.end, self.send_report(due, invocation)).await;
        let error = match sent.unwrap_or_else(|_| Err(out_of_time())) {
            Ok(false) => return None,
            Ok(true) => None,
            Err(error) => Some(error.into()),
        };
        Some(SentReport { id: report_id(&invocation.home(), due), due, published: error.is_none(), error })
    }

    /// Returns whether this invocation has sent the report.
    async fn send_report(&self, due: Timestamp, invocation: &Invocation) -> Result<bool, ScopeError> {
        let home = invocation.home();
        let failed = |error| ScopeError::from(&error);
        // A report that SNS has accepted is not sent again only because the table could not be written.
        let is_accepted = self.reports.lock().accepted == Some(due);
        if !is_accepted {
            let claim = self.store.claim_report(&home.account, due, &invocation.writer).await.map_err(failed)?;
            let last = match claim {
                ReportClaim::Ours(last) => last,
                ReportClaim::Busy => return Ok(false),
                ReportClaim::Done => {
                    self.reports.lock().done = Some(due);
                    return Ok(false);
                }
            };
            let earliest = due.checked_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
            let period = Period { from: last.max(earliest), to: due };
            let report = self.gather(period, &home, invocation.writer.now).await?;
            self.publish_report(&report, &home, invocation).await?;
            self.reports.lock().accepted = Some(due);
        }
        self.store.note_report(&home.account, due).await.map_err(failed)?;
        self.reports.lock().done = Some(due);
        Ok(!is_accepted)
    }

    /// Reads what is stored about everything that is watched.
    async fn gather(&self, period: Period, home: &Target, now: Timestamp) -> Result<PeriodReport, ScopeError> {
        let failed = |error| ScopeError::from(&error);
        let sources = &self.config.sources;
        let mut names = BTreeMap::new();
        let mut scopes: Vec<Scope> = Vec::new();
        if self.config.targets.is_home_only() {
            scopes.extend(sources.iter().map(|source| home.scope(*source)));
        } else {
            let listing = self.targets.directory().listing(home, &self.store).await.map_err(failed)?;
            let targets = listing.targets();
            scopes.extend(targets.iter().flat_map(|target| sources.iter().map(|source| target.scope(*source))));
            scopes.push(home.scope(Source::Hub));
            for (id, account) in &listing.accounts {
                names.extend(account.name.clone().map(|name| (id.clone(), name)));
                let region = home.region.clone();
                scopes.push(Scope { source: Source::Account, account: id.clone(), region });
            }
        }
        let mut gathering = Gathering::new(&names, self.config.report.every, period, now);
        let mut loaded = stream::iter(&scopes).map(|scope| self.store.peek(scope)).buffered(CONCURRENCY);
        // One scope after the other, because all of them together may need more memory than a pass over one.
        while let Some(loaded) = loaded.next().await {
            gathering.add(&loaded.map_err(failed)?);
        }
        Ok(gathering.finish())
    }

    async fn publish_report(
        &self,
        report: &PeriodReport,
        home: &Target,
        invocation: &Invocation,
    ) -> Result<(), ScopeError> {
        let deployment = Deployment { home, table: self.store.table_name() };
        let topic = self.publisher.topic_arn();
        loop {
            let max_bytes = self.publisher.max_bytes(topic);
            let message = render(report, &deployment, self.config.publishing.https, max_bytes);
            let sent = timeout_at(invocation.act_until, self.publisher.publish(topic, &[message])).await;
            match sent.map_err(|_| out_of_time())?.pop() {
                Some(Ok(())) => return Ok(()),
                // Nobody has received it, and the known limit of the topic is lower now. It cannot become lower for ever.
                Some(Err(PublishError::TooLong { .. })) if self.publisher.max_bytes(topic) < max_bytes => {}
                Some(Err(error)) => {
                    let action = error.action().map(str::to_owned);
                    return Err(ScopeError { kind: error.kind(), message: error.to_string(), action });
                }
                None => return Err(out_of_time()),
            }
        }
    }
}

fn out_of_time() -> ScopeError {
    ScopeError {
        kind: ErrorKind::Timeout,
        message: "time ran out before the report was sent; the next pass sends it".to_owned(),
        action: None,
    }
}
