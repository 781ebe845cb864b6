//! Which accounts and regions are watched, and how they are reached.
//!
//! `organization.rs` lists accounts, `directory.rs` keeps the list, `credentials.rs` assumes roles, and `dispatch.rs`
//! sends a message for each target to a queue.

mod credentials;
mod directory;
mod dispatch;
mod message;
mod organization;
mod settings;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::{Region, SdkConfig};
use jiff::Timestamp;

use crate::domain::Target;
use crate::error::ApiError;
use crate::rate_limit::RateLimits;
use crate::sources::{self, Sources};
use credentials::Sessions;

pub use credentials::ASSUME_ROLE;
pub use directory::{Directory, Listing, Refreshed};
pub use dispatch::{Dispatched, Outgoing, Queue};
pub use message::{DeliveryMessage, MessageError, QueueMessage, TargetMessage};
pub use organization::Details;
pub use settings::{Accounts, ListedAccount, Settings};

/// The targets of a process.
pub struct Targets {
    settings: Settings,
    sdk: SdkConfig,
    fetching: sources::Settings,
    sessions: Sessions,
    directory: Directory,
    /// The rate limits of each target that this process has read. They outlive the pass that learned them.
    rate_limits: Mutex<HashMap<Target, Arc<RateLimits>>>,
    /// By account, which of its sessions the table knows to be successful.
    noted: Mutex<HashMap<String, Timestamp>>,
}

/// A target whose account can be read.
pub struct Reached {
    pub sources: Sources,
    /// When the role was assumed. `None` for the function's own account.
    pub assumed_at: Option<Timestamp>,
}

impl Targets {
    /// The targets of these settings. `sdk` has the function's own region and credentials.
    pub fn new(sdk: &SdkConfig, settings: Settings, fetching: sources::Settings, details: Details) -> Self {
        Self {
            sessions: Sessions::new(sdk, settings.role.clone(), settings.external_id.clone()),
            directory: Directory::new(sdk, settings.clone(), details),
            settings,
            sdk: sdk.clone(),
            fetching,
            rate_limits: Mutex::default(),
            noted: Mutex::default(),
        }
    }

    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    pub const fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Notes the reference time of an invocation that begins, because credentials expire.
    pub fn begin(&self, reference_time: Timestamp) {
        self.sessions.begin(reference_time);
    }

    /// Makes clients for a target other than `home`, after assuming the role in its account if it is another one.
    ///
    /// # Errors
    /// The role cannot be assumed.
    pub async fn reach(&self, target: &Target, home: &Target) -> Result<Reached, ApiError> {
        let sdk = self.sdk.to_builder().region(Region::new(target.region.clone())).build();
        if target.account == home.account {
            return Ok(Reached { sources: self.sources(&sdk, target), assumed_at: None });
        }
        let partition = partition(&home.region);
        let assumed_at = self.sessions.assume(&target.account, partition).await?;
        let sdk = self.sessions.configure(&sdk, &target.account, partition);
        Ok(Reached { sources: self.sources(&sdk, target), assumed_at: Some(assumed_at) })
    }

    /// Whether the table knows that the role in the account was assumed at that time.
    pub fn is_noted(&self, account: &str, assumed_at: Timestamp) -> bool {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).get(account) == Some(&assumed_at)
    }

    /// Remembers that the table knows it.
    pub fn note(&self, account: &str, assumed_at: Timestamp) {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).insert(account.to_owned(), assumed_at);
    }

    fn sources(&self, sdk: &SdkConfig, target: &Target) -> Sources {
        let mut rate_limits = self.rate_limits.lock().unwrap_or_else(PoisonError::into_inner);
        let rate_limits = Arc::clone(rate_limits.entry(target.clone()).or_default());
        Sources::under(sdk, self.fetching.clone(), rate_limits)
    }
}

/// The partition of a region: `aws`, `aws-cn` or `aws-us-gov`.
fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}
