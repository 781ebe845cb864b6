//! `bootstrap` with aws-lc in the place of ring, and nothing else changed.

use std::sync::Arc;

use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use tidings::config::Environment;
use tidings::pass::Tidings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let environment = Environment::read(std::env::vars())?;
    let config = environment.settings()?;
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https();
    let sdk = tidings::aws::loader().http_client(http).load().await;
    let tidings = Arc::new(Tidings::new(&sdk, &environment.table_name, &environment.topic_arn, config));
    tidings.connect().await;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
        let tidings = Arc::clone(&tidings);
        async move { tidings::handler::handle(&tidings, "tidings", std::io::sink(), event).await }
    }))
    .await
}
