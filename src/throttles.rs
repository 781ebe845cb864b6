//! How often AWS throttled a scope, answers that the SDK's retries made up for included: they show a quota being reached
//! well before anything fails.
//!
//! Scopes share clients and run side by side on one thread, so a count kept by a client could not tell them apart. The
//! count is therefore the task's: an answer counts for the pass in whose course it arrived. Outside of [`count`] nothing
//! is counted.

use std::cell::Cell;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction, RetryReason};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::ErrorKind;

use crate::pace;

/// The HTTP status that means nothing else, whatever code comes with it.
const TOO_MANY_REQUESTS: u16 = 429;

tokio::task_local! {
    static SEEN: Cell<usize>;
}

/// What `work` results in, and how many throttled answers it got.
pub async fn count<T>(work: impl Future<Output = T>) -> (T, usize) {
    SEEN.scope(Cell::new(0), async { (work.await, SEEN.with(Cell::get)) }).await
}

/// Looks at the answer to each attempt of each call of a client, for the count and for the pace ([`crate::pace`]). Every
/// client that a pass works with has one ([`crate::aws`]).
#[derive(Debug)]
pub struct Watch;

#[dyn_dispatch_hint]
impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "ThrottleWatch"
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        pace::attempt_begins();
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let status = context.response().map(|response| response.status().as_u16());
        let throttled = context.inner().is_failed()
            && (status == Some(TOO_MANY_REQUESTS) || is_throttling(&verdict(context, components)));
        if throttled {
            // Nobody counts outside of a pass, such as in `tidings check`.
            let _ = SEEN.try_with(|seen| seen.set(seen.get() + 1));
        }
        if status.is_some() {
            pace::attempt_answered(throttled);
        }
        Ok(())
    }
}

/// What the SDK's own classifiers make of the attempt: they know every service's words for throttling.
fn verdict(context: &FinalizerInterceptorContextRef<'_>, components: &RuntimeComponents) -> RetryAction {
    components.retry_classifiers().fold(RetryAction::NoActionIndicated, |verdict, classifier| {
        match classifier.classify_retry_v2(context.inner(), &verdict) {
            RetryAction::NoActionIndicated => verdict,
            verdict => verdict,
        }
    })
}

fn is_throttling(verdict: &RetryAction) -> bool {
    matches!(verdict, RetryAction::RetryIndicated(RetryReason::RetryableError { kind: ErrorKind::ThrottlingError, .. }))
}
