//! How AWS is called for one scope: the status APIs under their rate limits, everything with its throttled answers
//! counted.
//!
//! A pass reports how often AWS throttled each scope, also where the SDK's retries made up for it: that shows a quota
//! being reached long before anything fails. Scopes share clients, so each call carries its scope's counter in an
//! interceptor of its own.

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

    /// Counts the throttled answers of the calls or clients that it is given to.
    pub fn interceptor(&self) -> Attempts {
        Attempts { throttles: self.clone(), token: None }
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
    /// attempts, the call waits for another token. `send` gives the interceptor to the call.
    pub async fn make<T, E, F>(self, action: &'static str, send: impl Fn(Attempts) -> F) -> Result<T, ApiError>
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let mut calls = 1;
        loop {
            let token = Arc::new(self.limits.acquire(action).await);
            let attempts = Attempts { throttles: self.throttles.clone(), token: Some(Arc::clone(&token)) };
            let answer = send(attempts).await;
            if !token.was_throttled() || calls == MAX_CALLS {
                return answer.map_err(|error| ApiError::new(action, &error));
            }
            calls += 1;
        }
    }
}

/// Looks at each attempt of a call: tells the rate limit, and counts throttled answers.
#[derive(Debug)]
pub struct Attempts {
    throttles: Throttles,
    /// For calls under a rate limit.
    token: Option<Arc<Token>>,
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
        if let Some(token) = &self.token {
            token.attempt_begins();
        }
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
        if throttled {
            self.throttles.0.fetch_add(1, Ordering::Relaxed);
        }
        if let (Some(token), Some(_)) = (&self.token, status) {
            token.attempt_answered(throttled);
        }
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
