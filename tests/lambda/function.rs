//! The process under test: started with the environment that Lambda gives it, invoked, read and ended.

use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::REGION;
use super::runtime_api::{Failure, Invocation, Outcome, RuntimeApi};
use super::stage::{Stage, TABLE};

/// How long anything may take before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// What an invocation has left when nothing else is said.
const REMAINING: Duration = Duration::from_mins(1);

/// Credentials that no log may repeat.
pub const ACCESS_KEY_ID: &str = "AKIDLAMBDATESTS00042";
pub const SECRET_ACCESS_KEY: &str = "Zk0secret/of+the-lambda.tests";
pub const SESSION_TOKEN: &str = "IQoJsessionTokenOfTheLambdaTests";

/// A running `bootstrap`. The process is killed when this value is dropped, so also when a test fails.
pub struct Function {
    child: Child,
    api: RuntimeApi,
    stdout: Reader,
    stderr: Reader,
}

/// The lines of an output so far, and the task that reads them to the end.
struct Reader {
    lines: Arc<Mutex<Vec<String>>>,
    reading: JoinHandle<()>,
}

/// What a process that has ended left behind.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: Vec<String>,
    pub stderr: Vec<String>,
    /// How often it asked for an event.
    pub asked: usize,
}

impl Function {
    pub async fn start(stage: &Stage) -> Self {
        Self::start_with(stage, &[]).await
    }

    /// With these variables set besides, or instead, or, where `None`, removed.
    pub async fn start_with(stage: &Stage, variables: &[(&str, Option<&str>)]) -> Self {
        let api = RuntimeApi::serve().await;
        let runtime_api = api.address.to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_bootstrap"));
        command.env_clear().envs([
            ("AWS_LAMBDA_RUNTIME_API", runtime_api.as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", "tidings"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/tidings"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/03/02/[$LATEST]0123456789abcdef0123456789abcdef"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"),
            ("LAMBDA_TASK_ROOT", "/var/task"),
            ("AWS_REGION", REGION),
            ("AWS_DEFAULT_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID),
            ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY),
            ("AWS_SESSION_TOKEN", SESSION_TOKEN),
            ("AWS_ENDPOINT_URL", &stage.endpoint),
            ("TIDINGS_TABLE_NAME", TABLE),
            ("TIDINGS_TOPIC_ARN", stage.topic_arn),
        ]);
        for (name, value) in variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("bootstrap starts");
        let stdout = Reader::new(child.stdout.take().expect("stdout is piped"));
        let stderr = Reader::new(child.stderr.take().expect("stderr is piped"));
        Self { child, api, stdout, stderr }
    }

    /// Invokes the function, which has `remaining` left, and waits for what it makes of the event.
    pub async fn invoke(&self, event: &Value, request_id: &str, remaining: Duration) -> Outcome {
        let outcome = self.api.invoke(Invocation {
            request_id: request_id.to_owned(),
            event: event.clone(),
            deadline: now() + remaining,
        });
        let outcome = timeout(PATIENCE, outcome).await;
        match outcome {
            Ok(Ok(outcome)) => {
                let complaints = self.api.complaints();
                assert!(complaints.is_empty(), "{complaints:?}\n{}", self.output());
                outcome
            }
            Ok(Err(_)) | Err(_) => panic!("no answer to {event}: {:?}\n{}", self.api.complaints(), self.output()),
        }
    }

    /// Invokes the function with plenty of time; the report that it answers.
    pub async fn report(&self, event: &Value) -> Value {
        self.report_within(event, REMAINING).await
    }

    /// [`Function::report`] with `remaining` left.
    pub async fn report_within(&self, event: &Value, remaining: Duration) -> Value {
        self.report_to(event, &uuid::Uuid::new_v4().to_string(), remaining).await
    }

    /// [`Function::report`] to an invocation with this id.
    pub async fn report_to(&self, event: &Value, request_id: &str, remaining: Duration) -> Value {
        match self.invoke(event, request_id, remaining).await {
            Outcome::Answer(report) => report,
            Outcome::Error(failure) => panic!("{event} failed: {failure:?}\n{}", self.output()),
        }
    }

    /// Invokes the function with plenty of time; the error that it reports.
    pub async fn failure(&self, event: &Value) -> Failure {
        self.failure_within(event, REMAINING).await
    }

    /// [`Function::failure`] with `remaining` left.
    pub async fn failure_within(&self, event: &Value, remaining: Duration) -> Failure {
        match self.invoke(event, &uuid::Uuid::new_v4().to_string(), remaining).await {
            Outcome::Error(failure) => failure,
            Outcome::Answer(report) => panic!("{event} did not fail: {report}\n{}", self.output()),
        }
    }

    /// Waits until it has started: until it asks for its first event.
    pub async fn is_ready(&self) {
        timeout(PATIENCE, self.api.is_asked()).await.unwrap_or_else(|_| panic!("it never asks\n{}", self.output()));
    }

    /// Waits until the process ends by itself.
    pub async fn ended(mut self) -> Ended {
        let status = timeout(PATIENCE, self.child.wait()).await;
        let status = status.unwrap_or_else(|_| panic!("bootstrap goes on\n{}", self.output()));
        self.left(status.expect("the process can be waited for")).await
    }

    /// Kills the process, as Lambda does, and reads what it wrote.
    pub async fn kill(mut self) -> Ended {
        self.child.start_kill().expect("the process can be killed");
        let status = timeout(PATIENCE, self.child.wait()).await.expect("a killed process ends");
        self.left(status.expect("the process can be waited for")).await
    }

    async fn left(self, status: ExitStatus) -> Ended {
        let Self { child: _, api, stdout, stderr } = self;
        Ended { status, stdout: stdout.all().await, stderr: stderr.all().await, asked: api.asked() }
    }

    fn output(&self) -> String {
        format!("stdout:\n{}\nstderr:\n{}", self.stdout.text(), self.stderr.text())
    }
}

impl Reader {
    fn new(output: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let read = Arc::clone(&lines);
        let reading = tokio::spawn(async move {
            let mut output = BufReader::new(output).lines();
            while let Ok(Some(line)) = output.next_line().await {
                read.lock().unwrap().push(line);
            }
        });
        Self { lines, reading }
    }

    fn text(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }

    async fn all(self) -> Vec<String> {
        timeout(PATIENCE, self.reading).await.expect("the output ends").expect("the output is read");
        std::mem::take(&mut *self.lines.lock().unwrap())
    }
}

/// The time since 1970, which deadlines are written in.
#[expect(clippy::disallowed_methods, reason = "the process under test reads the system's clock")]
fn now() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970")
}
