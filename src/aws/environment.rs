//! The configuration of all clients from environment variables alone.
//!
//! The names are those of
//! <https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html>. The SDK's own loader also reads profiles,
//! web identities and metadata services, which a Lambda function does not have.

use std::fmt;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::http::HttpClient;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

const ENDPOINT_URL: &str = "AWS_ENDPOINT_URL";

/// Reads the configuration. `variable` gives the value of an environment variable.
pub(super) fn read(
    variable: impl Fn(&str) -> Option<String> + Clone + Send + Sync + 'static,
    http_client: impl HttpClient + 'static,
) -> SdkConfig {
    let given = move |name: &str| variable(name).filter(|value| !value.is_empty());
    let is_on = |name| given(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let ignores_endpoints = is_on("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    let region = given("AWS_REGION").or_else(|| given("AWS_DEFAULT_REGION")).map(Region::new);
    let endpoint = given(ENDPOINT_URL).filter(|_| !ignores_endpoints);
    let credentials = SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new());
    let mut config = super::with_limits(SdkConfig::builder())
        .behavior_version(super::behavior())
        .region(region)
        .credentials_provider(credentials)
        .http_client(http_client)
        .sleep_impl(TokioSleep::new())
        .use_fips(is_on("AWS_USE_FIPS_ENDPOINT"))
        .use_dual_stack(is_on("AWS_USE_DUALSTACK_ENDPOINT"))
        .service_config(OfService { given, ignores_endpoints });
    config.set_endpoint_url(endpoint);
    config.build()
}

/// Variables about one service, such as `AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS`.
struct OfService<F> {
    given: F,
    ignores_endpoints: bool,
}

impl<F> fmt::Debug for OfService<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OfService")
    }
}

impl<F: Fn(&str) -> Option<String> + Send + Sync> LoadServiceConfig for OfService<F> {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        if self.ignores_endpoints && key.env() == ENDPOINT_URL {
            return None;
        }
        let service = key.service_id().to_uppercase().replace([' ', '-'], "_");
        (self.given)(&format!("{}_{service}", key.env())).or_else(|| (self.given)(key.env()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(variables: &'static [(&str, &str)]) -> SdkConfig {
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        read(variable, super::super::http_client())
    }

    fn endpoint(config: &SdkConfig, service_id: &str) -> Option<String> {
        let key = ServiceConfigKey::builder().service_id(service_id).env(ENDPOINT_URL).profile("endpoint_url");
        config.service_config()?.load_config(key.build().expect("a key"))
    }

    #[test]
    fn endpoints_of_services_come_before_the_one_for_all() {
        let config = config(&[
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS", "http://127.0.0.1:2"),
            ("AWS_USE_FIPS_ENDPOINT", "TRUE"),
        ]);
        assert_eq!(config.region().map(Region::as_ref), Some("eu-central-1"));
        assert_eq!(config.endpoint_url(), Some("http://127.0.0.1:1"));
        assert_eq!(endpoint(&config, "Redshift Serverless").as_deref(), Some("http://127.0.0.1:2"));
        assert_eq!(endpoint(&config, "DynamoDB").as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!((config.use_fips(), config.use_dual_stack()), (Some(true), Some(false)));
    }

    #[test]
    fn empty_variables_count_as_missing_and_endpoints_can_be_ignored() {
        let empty = config(&[("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "us-east-1"), ("AWS_ENDPOINT_URL", "")]);
        assert_eq!(empty.region().map(Region::as_ref), Some("us-east-1"));
        assert_eq!((empty.endpoint_url(), endpoint(&empty, "SNS")), (None, None));
        let ignored =
            config(&[("AWS_ENDPOINT_URL", "http://127.0.0.1:1"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")]);
        assert_eq!((ignored.endpoint_url(), endpoint(&ignored, "SNS")), (None, None));
    }
}
