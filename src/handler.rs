//! The Lambda handler: turns events into passes, and returns the report or a typed error. Below the binaries, only this
//! module and the command line read the clock.

mod queue;
mod silence;
mod widget;

use std::io::Write;
use std::time::Duration;

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use aws_lambda_events::event::sqs::SqsBatchResponse;
use jiff::Timestamp;
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::Instrument;

use crate::domain::{Scope, Source, shorten};
use crate::metrics;
use crate::pass::{Invocation, Order, Tidings};
use crate::report::Report;
pub use silence::SilenceAnswer;

/// Why an invocation failed. The type's name is stable, and the message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The event is of a kind that tidings does not accept.
    #[error(
        "unknown event: {0}. Accepted are scheduled events (from an EventBridge rule or EventBridge Scheduler), \
         \"Restore Job State Change\" events of aws.backup, messages of the queues of tidings, {{\"command\": \"pass\", \
         \"sources\": [..], \"dry_run\": true}}, and {{\"command\": \"silence\", \"notice_id\": .., \"for\": \"72h\", \"reason\": ..}}, \
         and calls of a CloudWatch custom widget"
    )]
    UnknownEvent(String),
    /// The event is of an accepted kind, but something in it is missing or wrong.
    #[error("invalid event: {0}")]
    InvalidEvent(String),
    /// The function's ARN has no account or region.
    #[error("the invoked function's ARN {0:?} does not name an account and a region")]
    InvalidFunctionArn(String),
    /// Every scope failed.
    #[error("nothing could be done: {0}")]
    NothingDone(String),
}

impl HandlerError {
    /// The type that callers see.
    const fn error_type(&self) -> &'static str {
        match self {
            Self::UnknownEvent(_) => "Tidings.UnknownEvent",
            Self::InvalidEvent(_) => "Tidings.InvalidEvent",
            Self::InvalidFunctionArn(_) => "Tidings.InvalidFunctionArn",
            Self::NothingDone(_) => "Tidings.NothingDone",
        }
    }

    /// For errors before a pass. A pass logs its own errors.
    fn log(&self) {
        tracing::error!(error_type = self.error_type(), "{self}");
    }
}

/// How many bytes of an event an error message repeats.
const LONGEST: usize = 300;
/// How many bytes of all errors together an error message repeats.
const LONGEST_ERROR: usize = 4_000;
/// The longest job id that is accepted. Real ones are much shorter.
const LONGEST_ID: usize = 256;

impl HandlerError {
    fn unknown(what: &str) -> Self {
        Self::UnknownEvent(shorten(what, LONGEST))
    }

    fn invalid(what: &str) -> Self {
        Self::InvalidEvent(shorten(what, LONGEST))
    }
}

impl From<HandlerError> for Diagnostic {
    fn from(error: HandlerError) -> Self {
        Self { error_type: error.error_type().to_owned(), error_message: error.to_string() }
    }
}

/// The answer to an event.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    Report(Box<Report>),
    /// To messages of a queue: those that SQS must keep.
    Batch(SqsBatchResponse),
    /// To a command about a silence.
    Silence(Box<SilenceAnswer>),
    /// To a dashboard that shows the custom widget: HTML, or its documentation in Markdown.
    Widget(String),
}

/// Handles one event, and writes the metrics of the pass to `metrics`: the function's standard output, which CloudWatch
/// reads.
///
/// # Errors
/// The event is not accepted, or every scope failed. Partial failures are in the report instead, and so are all failures of
/// a hint. A message of a queue that fails is in the answer.
pub async fn handle(
    tidings: &Tidings,
    function_name: &str,
    metrics: impl Write,
    event: LambdaEvent<Value>,
) -> Result<Answer, HandlerError> {
    #[expect(clippy::disallowed_methods, reason = "the handler is an edge: from here on, time is data")]
    let now = Timestamp::now();
    handle_at(now, tidings, function_name, metrics, event).await
}

/// [`handle`] at a given time.
///
/// # Errors
/// As for [`handle`].
pub async fn handle_at(
    now: Timestamp,
    tidings: &Tidings,
    function_name: &str,
    metrics: impl Write,
    event: LambdaEvent<Value>,
) -> Result<Answer, HandlerError> {
    // From here on, every log line has the request id, at any log level.
    let span = tracing::error_span!("invocation", request_id = event.context.request_id);
    answer(now, tidings, function_name, metrics, event).instrument(span).await
}

async fn answer(
    now: Timestamp,
    tidings: &Tidings,
    function_name: &str,
    mut metrics: impl Write,
    event: LambdaEvent<Value>,
) -> Result<Answer, HandlerError> {
    let invocation = invocation(&event.context, tidings.publisher.topic_arn(), now).inspect_err(HandlerError::log)?;
    // These come first, so that no parameter of the widget can make it do anything else.
    if widget::asks_for_documentation(&event.payload) {
        return Ok(Answer::Widget(widget::documentation()));
    }
    if widget::is_widget(&event.payload) {
        return Ok(Answer::Widget(Box::pin(widget::answer(tidings, &event.payload, &invocation)).await));
    }
    if queue::is_batch(&event.payload) {
        let batch = queue::read(event.payload).inspect_err(HandlerError::log)?;
        return Ok(Answer::Batch(queue::answer(tidings, function_name, &mut metrics, batch, &invocation).await));
    }
    if silence::is_command(&event.payload) {
        let answered = silence::answer(&tidings.store, event.payload, &invocation.writer).await;
        return answered.map(|answer| Answer::Silence(Box::new(answer))).inspect_err(HandlerError::log);
    }
    let own = (invocation.account.as_str(), invocation.region.as_str());
    let order = read(&event.payload, &tidings.config.sources, own).inspect_err(HandlerError::log)?;
    // With a queue, a tick sends messages about targets, and other invocations read them.
    let order = if tidings.queue.is_some() && is_tick(&event.payload) { Order::Dispatch } else { order };
    let report = tidings.run(&order, &invocation).await;
    write_metrics(&report, function_name, &mut metrics);
    // A hint only saves waiting for the next tick, which reads the same job. If its invocation failed, Lambda would put the
    // event into the dead-letter queue, and the alarm would last until someone purges the queue, though nothing was lost.
    let is_hint = matches!(order, Order::Hint { .. });
    if report.is_failure() && !is_hint {
        let errors = report.scopes.iter().filter_map(|scope| scope.error.as_ref());
        let mut messages: Vec<&str> = errors.map(|error| error.message.as_str()).collect();
        messages.dedup();
        return Err(HandlerError::NothingDone(shorten(&messages.join("; "), LONGEST_ERROR)));
    }
    Ok(Answer::Report(Box::new(report)))
}

fn write_metrics(report: &Report, function_name: &str, metrics: impl Write) {
    if let Err(error) = metrics::write(report, function_name, metrics) {
        tracing::warn!(%error, "failed to write the metrics of the pass: {error}");
    }
}

/// Whether the event is a tick of a schedule.
fn is_tick(event: &Value) -> bool {
    event.get("detail-type").and_then(Value::as_str) == Some("Scheduled Event")
}

/// How long an invocation may take if its deadline is far in the past, as in cargo-lambda's emulator.
const EMULATED: Duration = Duration::from_mins(5);

/// Takes account and region from the function's ARN, and the time that is left from the deadline.
///
/// cargo-lambda's emulator of the runtime has no real ARN, so the topic's account and region are used, and a deadline far in
/// the past, so [`EMULATED`] is used.
fn invocation(context: &Context, topic_arn: &str, now: Timestamp) -> Result<Invocation, HandlerError> {
    let arn = &context.invoked_function_arn;
    let (region, account) = match place(arn) {
        Some(place) => place,
        None if arn.starts_with("arn:") => return Err(HandlerError::InvalidFunctionArn(arn.clone())),
        None => place(topic_arn).ok_or_else(|| HandlerError::InvalidFunctionArn(arn.clone()))?,
    };
    let deadline = Duration::from_millis(context.deadline);
    let since_epoch = Duration::try_from(now.duration_since(Timestamp::UNIX_EPOCH)).unwrap_or_default();
    let remaining = if deadline + EMULATED < since_epoch { EMULATED } else { deadline.saturating_sub(since_epoch) };
    // The request id alone is not enough: it is the same when Lambda retries an event.
    let token = format!("{}/{}", context.request_id, uuid::Uuid::new_v4().simple());
    Ok(Invocation::new(account.to_owned(), region.to_owned(), token, now, remaining))
}

/// Region and account of an ARN.
fn place(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.split(':');
    let (arn, region, account) = (parts.next()?, parts.nth(2)?, parts.next()?);
    (arn == "arn" && !region.is_empty() && !account.is_empty()).then_some((region, account))
}

/// The event of a manual invocation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manual {
    command: String,
    sources: Option<Vec<String>>,
    #[serde(default)]
    dry_run: bool,
}

/// What an event asks for. `watched` are the sources that the settings name, `own` are the function's account and region.
///
/// # Errors
/// The event is not accepted.
pub fn read(event: &Value, watched: &[Source], own: (&str, &str)) -> Result<Order, HandlerError> {
    if event.get("command").is_some() {
        return manual(event, watched);
    }
    if event.get("source").is_none() || event.get("detail-type").is_none() {
        return Err(HandlerError::unknown(&outline(event)));
    }
    let event: EventBridgeEvent<Value> = serde_json::from_value(event.clone())
        .map_err(|error| HandlerError::invalid(&format!("it looks like an EventBridge event, but {error}")))?;
    match (event.source.as_str(), event.detail_type.as_str()) {
        ("aws.events" | "aws.scheduler", "Scheduled Event") => {
            Ok(Order::Pass { sources: watched.to_vec(), dry_run: false })
        }
        ("aws.backup", "Restore Job State Change") => backup_hint(event, own),
        (source, detail_type) => {
            Err(HandlerError::unknown(&format!("source {source:?} with detail-type {detail_type:?}")))
        }
    }
}

/// An event of AWS Backup is a hint: the job is read and evaluated like all others. The status in the event, which the
/// documented samples call `status` or `state`, is only logged.
fn backup_hint(event: EventBridgeEvent<Value>, own: (&str, &str)) -> Result<Order, HandlerError> {
    let detail = &event.detail;
    let id = detail
        .get("restoreJobId")
        .and_then(Value::as_str)
        .filter(|id| (1..=LONGEST_ID).contains(&id.len()))
        .ok_or_else(|| HandlerError::invalid("a Restore Job State Change without a valid detail.restoreJobId"))?;
    let status = detail.get("status").or_else(|| detail.get("state")).and_then(Value::as_str).unwrap_or("unnamed");
    let status = shorten(status, 40);
    tracing::info!(restore_job_id = id, status, "AWS Backup sent an event about restore job {id}: {status}");
    let scope = Scope {
        source: Source::Backup,
        account: event.account.unwrap_or_else(|| own.0.to_owned()),
        region: event.region.unwrap_or_else(|| own.1.to_owned()),
    };
    Ok(Order::Hint { scope, subject: id.into() })
}

fn manual(event: &Value, watched: &[Source]) -> Result<Order, HandlerError> {
    let manual: Manual =
        serde_json::from_value(event.clone()).map_err(|error| HandlerError::invalid(&error.to_string()))?;
    if manual.command != "pass" {
        let message =
            format!("unknown command {:?}; the commands are \"pass\", \"silence\" and \"unsilence\"", manual.command);
        return Err(HandlerError::invalid(&message));
    }
    let sources = match manual.sources {
        None => watched.to_vec(),
        Some(names) => named(&names)?,
    };
    Ok(Order::Pass { sources, dry_run: manual.dry_run })
}

/// The sources with these names, each once: two passes over one scope in one invocation would mistake each other's writes
/// for their own.
fn named(names: &[String]) -> Result<Vec<Source>, HandlerError> {
    let known = Source::ALL.map(Source::as_str).join(", ");
    if names.is_empty() {
        let message = format!("no sources in an empty list; leave sources out for all, or name some of {known}");
        return Err(HandlerError::invalid(&message));
    }
    let mut sources = Vec::with_capacity(names.len());
    for name in names {
        let source = Source::parse(name)
            .ok_or_else(|| HandlerError::invalid(&format!("unknown source {name:?}; the sources are {known}")))?;
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    Ok(sources)
}

/// The shape of an event, without its content.
fn outline(event: &Value) -> String {
    match event {
        Value::Object(fields) if fields.is_empty() => "an empty object".to_owned(),
        Value::Object(fields) => {
            let names: Vec<String> = fields.keys().take(8).map(|name| shorten(name, 40)).collect();
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
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_772_431_200, 0);
    const OWN: (&str, &str) = ("123456789012", "eu-central-1");

    fn order(event: &Value) -> Result<Order, String> {
        read(event, &Source::ALL, OWN).map_err(|error| error.to_string())
    }

    #[test]
    fn ticks_come_in_two_shapes() {
        for (source, detail) in [("aws.events", json!({})), ("aws.scheduler", json!("{}"))] {
            let event = json!({"source": source, "detail-type": "Scheduled Event", "detail": detail});
            let expected = Order::Pass { sources: Source::ALL.to_vec(), dry_run: false };
            assert_eq!(order(&event), Ok(expected));
        }
    }

    #[test]
    fn a_backup_event_is_a_hint_whichever_field_its_status_is_in() {
        for field in ["status", "state"] {
            let event = json!({"source": "aws.backup", "detail-type": "Restore Job State Change",
                               "detail": {"restoreJobId": "4F2C", field: "FAILED"}});
            assert_eq!(order(&event), Ok(hint(OWN)));
        }
    }

    #[test]
    fn a_hint_is_about_the_account_and_the_region_that_the_event_names() {
        let event = json!({"source": "aws.backup", "detail-type": "Restore Job State Change",
                           "account": "444455556666", "region": "us-east-1", "detail": {"restoreJobId": "4F2C"}});
        assert_eq!(order(&event), Ok(hint(("444455556666", "us-east-1"))));
    }

    fn hint((account, region): (&str, &str)) -> Order {
        let scope = Scope { source: Source::Backup, account: account.to_owned(), region: region.to_owned() };
        Order::Hint { scope, subject: "4F2C".into() }
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
        assert_eq!(order, Ok(Order::Pass { sources: vec![Source::Backup], dry_run: true }));
    }

    #[test]
    fn account_region_and_patience_come_from_the_runtime_or_from_what_there_is() {
        let topic = "arn:aws:sns:eu-central-1:111122223333:tidings";
        let function = "arn:aws:lambda:us-east-1:123456789012:function:tidings";
        let place = |arn: &str, topic: &str| {
            let mut context = Context::default();
            context.invoked_function_arn = arn.to_owned();
            invocation(&context, topic, NOW)
                .map(|found| (found.account, found.region))
                .map_err(|error| error.to_string())
        };
        assert_eq!(place(function, topic), Ok(("123456789012".to_owned(), "us-east-1".to_owned())));
        // What cargo-lambda's emulator says, whose deadline is long past, too.
        assert_eq!(place("function-arn", topic), Ok(("111122223333".to_owned(), "eu-central-1".to_owned())));
        assert!(place("arn:aws:lambda:::function:tidings", topic).is_err_and(|error| error.contains("function's ARN")));
        let emulated = invocation(&Context::default(), topic, NOW).expect("an invocation");
        assert!(emulated.writer.until.duration_since(emulated.writer.now) >= jiff::SignedDuration::from_mins(5));
    }

    /// Any JSON, and JSON that looks like the events we know.
    fn any_event() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,40}".prop_map(Value::from),
            prop::sample::select(vec![
                "pass",
                "aws.events",
                "aws.backup",
                "Scheduled Event",
                "Restore Job State Change"
            ])
            .prop_map(Value::from),
            Just(Value::from("x".repeat(100_000))),
        ];
        let keys =
            ["command", "sources", "dry_run", "source", "detail-type", "detail", "restoreJobId", "time", "Records"];
        let key = prop_oneof![4 => prop::sample::select(keys.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,20}"];
        leaf.prop_recursive(4, 64, 8, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::btree_map(key.clone(), inner, 0..8).prop_map(Value::from_iter),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_event_makes_it_panic_or_talk_without_end(event in any_event()) {
            if let Err(error) = read(&event, &Source::ALL, OWN) {
                let diagnostic = Diagnostic::from(error);
                prop_assert!(diagnostic.error_type.starts_with("Tidings."));
                prop_assert!(diagnostic.error_message.len() < 1_000, "{}", diagnostic.error_message.len());
            }
        }
    }
}
