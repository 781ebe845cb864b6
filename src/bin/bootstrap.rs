//! The Lambda function.
#![recursion_limit = "256"] // The future of an invocation has that many futures inside.

use std::process::ExitCode;
use std::sync::Arc;

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use tidings::config::Environment;
use tidings::log::Controls;
use tidings::pass::Tidings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let settings = Environment::read(std::env::vars());
    let filter = settings.as_ref().ok().and_then(|environment| environment.log.as_deref());
    tidings::log::to_lambda(filter, &Controls::read(std::env::vars()));
    let ready = settings.and_then(|environment| Ok((environment.settings()?, environment)));
    let (config, environment) = match ready {
        Ok(ready) => ready,
        Err(error) => {
            tracing::error!("{}", tidings::error::chain(&error));
            return ExitCode::FAILURE;
        }
    };
    let sdk = tidings::aws::load().await;
    let function_name: Arc<str> = environment.function_name.into();
    let tidings = Arc::new(Tidings::new(&sdk, &environment.resources, config));
    tidings.connect().await;
    let served = lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
        let (tidings, function_name) = (Arc::clone(&tidings), Arc::clone(&function_name));
        async move { tidings::handler::handle(&tidings, &function_name, std::io::stdout(), event).await }
    }));
    match served.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("the Lambda runtime API failed: {error}");
            ExitCode::FAILURE
        }
    }
}
