//! How AWS is called for one scope: the status APIs under their rate limits, everything with its throttled answers
//! counted.
//!
//! A pass reports how often AWS throttled each scope, also where the SDK's retries made up for it: that shows a quota
//! being reached long before anything fails. Scopes share the clients of the status APIs. So the interceptor of these clients
//! reports to the call that is being made, which is in a task-local variable. An interceptor for each call would take longer:
//! the SDK then merges the configurations of the client and of the call.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction, RetryReason};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::ErrorKind;
use tokio::task_local;

use crate::error::ApiError;
use crate::rate_limit::{RateLimits, Token};

/// How often a call is made that AWS throttles in all the SDK's attempts.
const MAX_CALLS: u32 = 3;
/// The HTTP status that means throttling, whatever error code comes with it.
const TOO_MANY_REQUESTS: u16 = 429;

/// Counts one scope's throttled answers. Clones share the count.
#[derive(Clone, Debug, Default)]
pub struct Throttles(Arc<AtomicUsize>);

impl Throttles {
    /// How many there were so far.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts the throttled answers of the clients that it is given to.
    pub fn interceptor(&self) -> Attempts {
        Attempts(Some(Call { throttles: self.clone(), token: None }))
    }
}

/// Makes one scope's calls to the status APIs.
#[derive(Clone, Copy, Debug)]
pub struct Calls<'a> {
    limits: &'a RateLimits,
    throttles: &'a Throttles,
}

impl<'a> Calls<'a> {
    /// Calls under these limits.
    pub const fn new(limits: &'a RateLimits, throttles: &'a Throttles) -> Self {
        Self { limits, throttles }
    }

    /// Makes a call of the operation with that IAM action as soon as its rate allows. If AWS throttles all the SDK's
    /// attempts, the call waits for another token. The client has the interceptor [`Attempts::of_the_call`].
    pub async fn make<T, E, F>(self, action: &'static str, send: impl Fn() -> F) -> Result<T, ApiError>
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let mut calls = 1;
        loop {
            let token = Arc::new(self.limits.acquire(action).await);
            let call = Call { throttles: self.throttles.clone(), token: Some(Arc::clone(&token)) };
            // Boxed, because the SDK's futures have five kilobytes.
            let answer = CALL.scope(call, Box::pin(send())).await;
            if !token.was_throttled() || calls == MAX_CALLS {
                return answer.map_err(|error| ApiError::new(action, &error));
            }
            calls += 1;
        }
    }
}

/// Where the attempts of a call are reported.
#[derive(Clone, Debug)]
struct Call {
    throttles: Throttles,
    /// For calls under a rate limit.
    token: Option<Arc<Token>>,
}

task_local! {
    /// The call that is being made.
    static CALL: Call;
}

/// Looks at each attempt of a call: tells the rate limit, and counts throttled answers.
///
/// It has a call if everything that its client does is reported there. Otherwise it reports to the call that is being made.
#[derive(Debug)]
pub struct Attempts(Option<Call>);

impl Attempts {
    /// For the clients of [`Calls`].
    pub const fn of_the_call() -> Self {
        Self(None)
    }

    fn report(&self, to: impl FnOnce(&Call)) {
        match &self.0 {
            Some(call) => to(call),
            // Without one, a connection is being opened before the first event.
            None => CALL.try_with(to).unwrap_or_default(),
        }
    }
}

#[dyn_dispatch_hint]
impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "Attempts"
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.report(|call| {
            if let Some(token) = &call.token {
                token.attempt_begins();
            }
        });
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
            && (status == Some(TOO_MANY_REQUESTS) || is_throttling(&classify(context, components)));
        self.report(|call| {
            if throttled {
                call.throttles.0.fetch_add(1, Ordering::Relaxed);
            }
            if let (Some(token), Some(_)) = (&call.token, status) {
                token.attempt_answered(throttled);
            }
        });
        Ok(())
    }
}

/// What the SDK's classifiers say about the attempt: they know each service's error codes for throttling. As in the SDK,
/// the last one that has something to say decides.
fn classify(context: &FinalizerInterceptorContextRef<'_>, components: &RuntimeComponents) -> RetryAction {
    components.retry_classifiers().fold(RetryAction::NoActionIndicated, |action, classifier| {
        match classifier.classify_retry_v2(context.inner(), &action) {
            RetryAction::NoActionIndicated => action,
            action => action,
        }
    })
}

fn is_throttling(action: &RetryAction) -> bool {
    matches!(action, RetryAction::RetryIndicated(RetryReason::RetryableError { kind: ErrorKind::ThrottlingError, .. }))
}
