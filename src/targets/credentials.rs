//! The credentials of other accounts: assumed once an hour for each account, and kept by this process.
//!
//! The identity cache of the SDK is not used. It holds 64 identities, so with more accounts it would assume roles again
//! and again.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aws_config::SdkConfig;
use aws_credential_types::provider::{error::CredentialsError, future};
use aws_sdk_sts::Client;
use aws_sdk_sts::config::{Credentials, ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::identity::SharedIdentityCache;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::error::ApiError;

/// The IAM action.
pub const ASSUME_ROLE: &str = "sts:AssumeRole";
/// The longest session that a role can get with the credentials of another role, such as the function's own:
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html> (role chaining).
const SESSION: SignedDuration = SignedDuration::from_hours(1);
/// How long before their end credentials are renewed.
const AHEAD: SignedDuration = SignedDuration::from_mins(1);
/// For how long a failure is remembered.
const FAILED: SignedDuration = SignedDuration::from_secs(50);
/// The name of the sessions, which `CloudTrail` shows in the other accounts.
const SESSION_NAME: &str = "tidings";

/// Assumes the role in other accounts. Clones share the credentials.
#[derive(Clone)]
pub(super) struct Sessions {
    sdk: SdkConfig,
    /// Made when it is first needed, because most deployments watch one account.
    client: Arc<OnceLock<Client>>,
    role: String,
    external_id: Option<String>,
    /// By account id. The inner lock is held while STS is asked.
    accounts: Arc<Mutex<HashMap<String, Slot>>>,
    clock: Arc<Mutex<Option<Clock>>>,
}

type Slot = Arc<tokio::sync::Mutex<Option<Session>>>;

/// The last answer of STS about an account.
#[derive(Clone)]
struct Session {
    answer: Result<Credentials, ApiError>,
    began: Timestamp,
    /// When STS is asked again.
    until: Timestamp,
    /// When the credentials expire.
    ends: Timestamp,
}

/// The time, as far as it is known: the reference time of the last invocation, and when it began. The clock of tokio alone
/// would not do, because it may stand still while Lambda freezes the process.
#[derive(Clone, Copy, Debug)]
struct Clock {
    reference_time: Timestamp,
    begun: Instant,
}

impl Sessions {
    pub(super) fn new(sdk: &SdkConfig, role: String, external_id: Option<String>) -> Self {
        let (client, accounts, clock) = (Arc::default(), Arc::default(), Arc::default());
        Self { sdk: sdk.clone(), client, role, external_id, accounts, clock }
    }

    /// Notes the reference time of an invocation that begins.
    pub(super) fn begin(&self, reference_time: Timestamp) {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Clock { reference_time, begun: Instant::now() });
    }

    fn now(&self) -> Timestamp {
        let clock = *self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        clock.map_or(Timestamp::UNIX_EPOCH, |Clock { reference_time, begun }| {
            reference_time.saturating_add(begun.elapsed()).unwrap_or(reference_time)
        })
    }

    /// Assumes the role in the account, unless this process has its credentials. Returns when it was assumed.
    pub(super) async fn assume(&self, account: &str, partition: &str) -> Result<Timestamp, ApiError> {
        self.session(account, partition).await.map(|(_, assumed_at)| assumed_at)
    }

    /// The configuration of clients for the account. `sdk` has the region.
    pub(super) fn configure(&self, sdk: &SdkConfig, account: &str, partition: &str) -> SdkConfig {
        let provider =
            Provider { sessions: self.clone(), account: account.to_owned(), partition: partition.to_owned() };
        let cache = aws_sdk_sts::config::IdentityCache::no_cache();
        sdk.to_builder()
            .credentials_provider(SharedCredentialsProvider::new(provider))
            .identity_cache(SharedIdentityCache::new(cache))
            .build()
    }

    /// Calls for the same account wait for each other, so that only the first of them asks STS.
    async fn session(&self, account: &str, partition: &str) -> Result<(Credentials, Timestamp), ApiError> {
        let slot = {
            let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(accounts.entry(account.to_owned()).or_default())
        };
        let mut slot = slot.lock().await;
        let now = self.now();
        if let Some(session) = slot.as_ref().filter(|session| now < session.until) {
            let began = session.began;
            return session.answer.clone().map(|credentials| (credentials, began));
        }
        let answer = self.ask(account, partition).await;
        let before = slot.take();
        let after = |span| now.saturating_add(span).unwrap_or(Timestamp::MAX);
        let session = match (answer, before) {
            (Ok(credentials), _) => {
                Session { answer: Ok(credentials), began: now, until: after(SESSION - AHEAD), ends: after(SESSION) }
            }
            // The credentials of before are still valid. The next call tries to renew them after a while.
            (Err(error), Some(before)) if before.answer.is_ok() && after(FAILED) < before.ends => {
                tracing::warn!(account, %error, "failed to renew the credentials for account {account}: {error}");
                Session { until: after(FAILED), ..before }
            }
            (Err(error), _) => Session { answer: Err(error), began: now, until: after(FAILED), ends: now },
        };
        let answer = session.answer.clone().map(|credentials| (credentials, session.began));
        *slot = Some(session);
        answer
    }

    async fn ask(&self, account: &str, partition: &str) -> Result<Credentials, ApiError> {
        let role_arn = format!("arn:{partition}:iam::{account}:role/{}", self.role);
        let answer = self
            .client
            .get_or_init(|| Client::new(&self.sdk))
            .assume_role()
            .role_arn(&role_arn)
            .role_session_name(SESSION_NAME)
            .duration_seconds(i32::try_from(SESSION.as_secs()).unwrap_or(3_600))
            .set_external_id(self.external_id.clone())
            .send()
            .await
            .map_err(|error| ApiError::new(ASSUME_ROLE, &error))?;
        let credentials =
            answer.credentials().ok_or_else(|| ApiError::malformed(ASSUME_ROLE, "an answer without credentials"))?;
        Ok(Credentials::new(
            credentials.access_key_id(),
            credentials.secret_access_key(),
            Some(credentials.session_token().to_owned()),
            None,
            "tidings",
        ))
    }
}

/// Gives the SDK's clients the credentials of an account.
struct Provider {
    sessions: Sessions,
    account: String,
    partition: String,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Provider({})", self.account)
    }
}

impl ProvideCredentials for Provider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let session = self.sessions.session(&self.account, &self.partition).await;
            session.map(|(credentials, _)| credentials).map_err(CredentialsError::provider_error)
        })
    }
}
