//! The Lambda edge: events in, the pass report or a typed diagnostic out. The one place below the binaries that reads
//! the clock.

use std::time::Duration;

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use jiff::Timestamp;
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde::Deserialize;
use serde_json::Value;
use tracing::Instrument;

use crate::domain::Source;
use crate::pass::{Invocation, Order, Tidings};
use crate::report::Report;

/// Why an invocation failed. The type's name is stable; the message says the way out.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The event is none of those that tidings understands.
    #[error(
        "unknown event: {0}. Accepted are scheduled events (from an EventBridge rule or EventBridge Scheduler), \
         \"Restore Job State Change\" events of aws.backup, and {{\"command\": \"pass\", \"sources\": [..], \
         \"dry_run\": true}}"
    )]
    UnknownEvent(String),
    /// The event is of a kind that tidings understands, but something in it is missing or wrong.
    #[error("invalid event: {0}")]
    InvalidEvent(String),
    /// The runtime did not say which function this is.
    #[error("the invoked function's ARN {0:?} does not name an account and a region")]
    InvalidFunctionArn(String),
    /// Every scope failed: there is nothing to report.
    #[error("nothing could be done: {0}")]
    NothingDone(String),
}

impl From<HandlerError> for Diagnostic {
    fn from(error: HandlerError) -> Self {
        let error_type = match &error {
            HandlerError::UnknownEvent(_) => "Tidings.UnknownEvent",
            HandlerError::InvalidEvent(_) => "Tidings.InvalidEvent",
            HandlerError::InvalidFunctionArn(_) => "Tidings.InvalidFunctionArn",
            HandlerError::NothingDone(_) => "Tidings.NothingDone",
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}

/// Handles one event.
///
/// # Errors
/// The event makes no sense, or every scope failed. What failed in part is in the report instead.
pub async fn handle(tidings: &Tidings, event: LambdaEvent<Value>) -> Result<Report, HandlerError> {
    // Every line that is logged from here on names the invocation, whatever level the filter asks for.
    let span = tracing::error_span!("invocation", request_id = event.context.request_id);
    answer(tidings, event).instrument(span).await
}

async fn answer(tidings: &Tidings, event: LambdaEvent<Value>) -> Result<Report, HandlerError> {
    let order = read(&event.payload, &tidings.config.sources).inspect_err(|error| tracing::error!("{error}"))?;
    let invocation = invocation(&event.context)?;
    let report = tidings.run(&order, &invocation).await;
    if report.is_failure() {
        let errors = report.scopes.iter().filter_map(|scope| scope.error.as_ref());
        let told: Vec<&str> = errors.map(|error| error.message.as_str()).collect();
        return Err(HandlerError::NothingDone(told.join("; ")));
    }
    Ok(report)
}

/// Account and region from the function's ARN, time from the clock, patience from the deadline.
fn invocation(context: &Context) -> Result<Invocation, HandlerError> {
    let arn = &context.invoked_function_arn;
    let parts: Vec<&str> = arn.split(':').collect();
    let (region, account) = match parts.as_slice() {
        ["arn", _, "lambda", region, account, ..] if !region.is_empty() && !account.is_empty() => (*region, *account),
        _ => return Err(HandlerError::InvalidFunctionArn(arn.clone())),
    };
    #[expect(clippy::disallowed_methods, reason = "the edge: from here on, time is data")]
    let now = Timestamp::now();
    let deadline = Duration::from_millis(context.deadline);
    let since_epoch = Duration::try_from(now.duration_since(Timestamp::UNIX_EPOCH)).unwrap_or_default();
    // The request id is the same when Lambda tries an event again, so it does not tell invocations apart.
    let token = format!("{}/{}", context.request_id, uuid::Uuid::new_v4().simple());
    Ok(Invocation::new(account.to_owned(), region.to_owned(), token, now, deadline.saturating_sub(since_epoch)))
}

/// The command of a manual invocation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manual {
    command: String,
    sources: Option<Vec<String>>,
    #[serde(default)]
    dry_run: bool,
}

/// What an event asks for. `watched` are the sources that the settings name.
///
/// # Errors
/// The event makes no sense to tidings.
pub fn read(event: &Value, watched: &[Source]) -> Result<Order, HandlerError> {
    if event.get("command").is_some() {
        return manual(event, watched);
    }
    if event.get("source").is_none() || event.get("detail-type").is_none() {
        return Err(HandlerError::UnknownEvent(outline(event)));
    }
    let event: EventBridgeEvent<Value> = serde_json::from_value(event.clone())
        .map_err(|error| HandlerError::InvalidEvent(format!("it looks like an EventBridge event, but {error}")))?;
    match (event.source.as_str(), event.detail_type.as_str()) {
        ("aws.events" | "aws.scheduler", "Scheduled Event") => {
            Ok(Order { sources: watched.to_vec(), subject: None, dry_run: false })
        }
        ("aws.backup", "Restore Job State Change") => backup_hint(&event.detail, watched),
        (source, detail_type) => {
            Err(HandlerError::UnknownEvent(format!("source {source:?} with detail-type {detail_type:?}")))
        }
    }
}

/// An event of AWS Backup is a hint: the job is fetched and judged as always. Its status, which the documented samples
/// call `status` or `state`, is not believed.
fn backup_hint(detail: &Value, watched: &[Source]) -> Result<Order, HandlerError> {
    let id = detail.get("restoreJobId").and_then(Value::as_str).filter(|id| !id.is_empty()).ok_or_else(|| {
        HandlerError::InvalidEvent("a Restore Job State Change without detail.restoreJobId".to_owned())
    })?;
    let status = detail.get("status").or_else(|| detail.get("state")).and_then(Value::as_str).unwrap_or("unnamed");
    tracing::info!(restore_job_id = id, status, "AWS Backup hints at restore job {id}: {status}");
    let sources = watched.iter().copied().filter(|source| *source == Source::Backup).collect();
    Ok(Order { sources, subject: Some(id.to_owned()), dry_run: false })
}

fn manual(event: &Value, watched: &[Source]) -> Result<Order, HandlerError> {
    let manual: Manual =
        serde_json::from_value(event.clone()).map_err(|error| HandlerError::InvalidEvent(error.to_string()))?;
    if manual.command != "pass" {
        let message = format!("unknown command {:?}; the only command is \"pass\"", manual.command);
        return Err(HandlerError::InvalidEvent(message));
    }
    let sources = match manual.sources {
        None => watched.to_vec(),
        Some(names) => named(&names)?,
    };
    Ok(Order { sources, subject: None, dry_run: manual.dry_run })
}

/// The sources of these names, each once: two passes over one scope in one invocation would take each other's writes
/// for their own.
fn named(names: &[String]) -> Result<Vec<Source>, HandlerError> {
    let known = Source::ALL.map(Source::as_str).join(", ");
    if names.is_empty() {
        let message = format!("no sources in an empty list; leave sources out for all, or name some of {known}");
        return Err(HandlerError::InvalidEvent(message));
    }
    let mut sources = Vec::with_capacity(names.len());
    for name in names {
        let source = Source::parse(name)
            .ok_or_else(|| HandlerError::InvalidEvent(format!("unknown source {name:?}; the sources are {known}")))?;
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    Ok(sources)
}

/// What an event looks like from outside, without repeating what it holds.
fn outline(event: &Value) -> String {
    match event {
        Value::Object(fields) if fields.is_empty() => "an empty object".to_owned(),
        Value::Object(fields) => {
            let names: Vec<String> = fields.keys().take(8).map(|name| crate::domain::shorten(name, 40)).collect();
            format!("an object with {}", names.join(", "))
        }
        Value::Array(_) => "a list".to_owned(),
        Value::String(_) => "a text".to_owned(),
        Value::Number(_) => "a number".to_owned(),
        Value::Bool(_) => "true or false".to_owned(),
        Value::Null => "null".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn order(event: &Value) -> Result<Order, String> {
        read(event, &Source::ALL).map_err(|error| error.to_string())
    }

    #[test]
    fn ticks_come_in_two_shapes() {
        for (source, detail) in [("aws.events", json!({})), ("aws.scheduler", json!("{}"))] {
            let event = json!({"source": source, "detail-type": "Scheduled Event", "detail": detail});
            let expected = Order { sources: Source::ALL.to_vec(), subject: None, dry_run: false };
            assert_eq!(order(&event), Ok(expected));
        }
    }

    #[test]
    fn a_backup_event_is_a_hint_whichever_field_its_status_is_in() {
        for field in ["status", "state"] {
            let event = json!({"source": "aws.backup", "detail-type": "Restore Job State Change",
                               "detail": {"restoreJobId": "4F2C", field: "FAILED"}});
            let order = order(&event).expect("an order");
            assert_eq!((order.sources, order.subject.as_deref()), (vec![Source::Backup], Some("4F2C")));
        }
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        let cases = [
            (json!({"Records": []}), "an object with Records"),
            (json!(null), "unknown event: null"),
            (json!([1]), "a list"),
            (json!({"source": "aws.ec2", "detail-type": "x", "detail": {}}), "source \"aws.ec2\""),
            (json!({"source": "aws.backup", "detail-type": "Restore Job State Change", "detail": {}}), "restoreJobId"),
            (json!({"source": 1, "detail-type": "x"}), "looks like an EventBridge event, but"),
            (json!({"command": "dance"}), "unknown command \"dance\""),
            (json!({"command": "pass", "dryrun": true}), "unknown field `dryrun`"),
            (json!({"command": "pass", "sources": ["rds"]}), "unknown source \"rds\"; the sources are redshift,"),
        ];
        for (event, expected) in cases {
            let error = order(&event).expect_err("an error");
            assert!(error.contains(expected), "{event}: {error}");
        }
    }

    #[test]
    fn a_dry_run_of_some_sources() {
        let order = order(&json!({"command": "pass", "sources": ["Backup"], "dry_run": true}));
        assert_eq!(order, Ok(Order { sources: vec![Source::Backup], subject: None, dry_run: true }));
    }
}
