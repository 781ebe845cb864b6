//! The AWS account that `poll` and `watch` read, with the user's own credentials.

use aws_config::{Region, SdkConfig};

use super::error::CliError;
use crate::aws;
use crate::error::ApiError;

/// The account and the region.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// The AWS profile. Default: the one in the environment.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The AWS region. Default: the one in the environment or the profile.
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
}

/// An account and a region in it.
pub(super) struct Account {
    /// What clients are made from.
    pub sdk: SdkConfig,
    /// Its twelve digits.
    pub id: String,
    /// The region.
    pub region: String,
}

/// The SDK configuration and the region.
pub(super) async fn configure(args: &Args) -> Result<(SdkConfig, String), CliError> {
    let mut loader = aws::loader();
    if let Some(profile) = &args.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &args.region {
        loader = loader.region(Region::new(region.clone()));
    }
    let sdk = loader.load().await;
    let region = sdk.region().map(ToString::to_string).filter(|region| !region.is_empty());
    Ok((sdk, region.ok_or(CliError::NoRegion)?))
}

impl Account {
    /// Asks STS which account the credentials belong to. This is the first call, so wrong credentials are reported here.
    pub async fn reach(args: &Args) -> Result<Self, CliError> {
        let (sdk, region) = configure(args).await?;
        let client = aws_sdk_sts::Client::new(&sdk);
        let failed = |source| CliError::Account { source };
        let caller = client.get_caller_identity().send().await;
        let caller = caller.map_err(|error| failed(ApiError::new("sts:GetCallerIdentity", &error)))?;
        let id = caller.account().unwrap_or_default().to_owned();
        if id.is_empty() {
            return Err(failed(ApiError::malformed("sts:GetCallerIdentity", "an answer without an account")));
        }
        Ok(Self { sdk, id, region })
    }
}
