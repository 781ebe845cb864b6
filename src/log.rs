//! Logs: JSON lines in Lambda, plain lines on a terminal's stderr.
//!
//! `TIDINGS_LOG` overrides Lambda's log level control. The set-up in `lambda_runtime` knows only the latter, and leaves out
//! the time, which Lambda needs to filter JSON lines.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Lambda's log level control: `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR` or `FATAL`.
const LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";
/// Lambda's log format control: `JSON` or `Text`.
const FORMAT: &str = "AWS_LAMBDA_LOG_FORMAT";

/// Lambda's log controls, as they are set in the function's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Controls {
    level: LevelFilter,
    is_text: bool,
}

impl Default for Controls {
    fn default() -> Self {
        Self { level: LevelFilter::INFO, is_text: false }
    }
}

impl Controls {
    /// Reads the two variables. Lambda sets them, so values that are not known are ignored.
    pub fn read(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut controls = Self::default();
        for (name, value) in variables {
            match name.as_str() {
                LEVEL if value.eq_ignore_ascii_case("FATAL") => controls.level = LevelFilter::ERROR,
                LEVEL => controls.level = value.parse().unwrap_or(LevelFilter::INFO),
                FORMAT => controls.is_text = value.eq_ignore_ascii_case("text"),
                _ => {}
            }
        }
        controls
    }

    /// Logs our own lines at the level of the control, and warnings of the libraries, because their lower levels contain
    /// requests and answers. `filter` overrides both. A level without a target is for our own lines.
    ///
    /// The runtime's line about a failed invocation is left out, because we log the error. A panic is on stderr without it.
    fn filter(self, filter: Option<&str>) -> Targets {
        let level = self.level;
        let ours = |level: &str| format!("tidings={level},bootstrap={level}");
        let base = format!("{},{}", level.min(LevelFilter::WARN), ours(&level.to_string()));
        let base = format!("{base},lambda_runtime::layers::panic=off");
        let wanted = match filter {
            None | Some("") => base.clone(),
            Some(filter) if filter.parse::<LevelFilter>().is_ok() => format!("{base},{}", ours(filter)),
            Some(filter) => format!("{base},{filter}"),
        };
        // A filter that is wrong was refused when the environment was read.
        wanted.parse().or_else(|_| base.parse()).unwrap_or_default()
    }
}

/// Logs to stdout for Lambda, as JSON unless its format control says text.
pub fn to_lambda(filter: Option<&str>, controls: &Controls) {
    lambda_lines(filter, *controls, std::io::stdout).init();
}

fn lambda_lines(
    filter: Option<&str>,
    controls: Controls,
    writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
) -> Box<dyn tracing::Subscriber + Send + Sync> {
    let lines = fmt::layer().with_writer(writer);
    let lines = if controls.is_text {
        // Lambda adds the time to text.
        lines.with_ansi(false).without_time().boxed()
    } else {
        lines.json().flatten_event(true).with_span_list(false).boxed()
    };
    Box::new(tracing_subscriber::registry().with(lines).with(controls.filter(filter)))
}

/// What a command logs by default. The warnings of a pass are left out: they are in its report, which is printed.
#[cfg(feature = "cli")]
const DEFAULT_BESIDE: &str = "warn,tidings::pass=error,aws_config=error,aws_smithy_runtime::client::http=off";

/// Logs to stderr for a command.
#[cfg(feature = "cli")]
pub fn to_stderr(filter: Option<&str>) {
    let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(is_terminal);
    tracing_subscriber::registry().with(lines).with(parse(filter, DEFAULT_BESIDE)).init();
}

/// Whether a filter is valid.
pub fn is_filter(filter: &str) -> bool {
    filter.parse::<Targets>().is_ok()
}

#[cfg(feature = "cli")]
fn parse(filter: Option<&str>, default: &str) -> Targets {
    let filter = filter.filter(|filter| !filter.is_empty()).unwrap_or(default);
    filter.parse().or_else(|_| default.parse()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is written of a few events with these variables and this `TIDINGS_LOG`.
    fn logged(variables: &[(&str, &str)], filter: Option<&str>) -> Vec<String> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let controls = Controls::read(variables);
        let lines = Lines::default();
        let written = lines.clone();
        tracing::subscriber::with_default(lambda_lines(filter, controls, move || lines.clone()), || {
            tracing::error!(target: "lambda_runtime::layers::panic", "runtime error");
            tracing::error!(target: "tidings::pass", "our error");
            tracing::warn!(target: "aws_smithy_runtime", "their warning");
            tracing::info!(target: "tidings::pass", count = 2, "our information");
            tracing::info!(target: "aws_smithy_runtime", "their information");
            tracing::debug!(target: "bootstrap", "our debugging");
            tracing::debug!(target: "aws_smithy_runtime", "their debugging");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).expect("text");
        text.lines().map(str::to_owned).collect()
    }

    fn check(level: Option<&str>, filter: Option<&str>, expected: &[&str]) {
        let variables: Vec<_> = level.map(|level| (LEVEL, level)).into_iter().collect();
        let lines: Vec<serde_json::Value> = logged(&variables, filter)
            .iter()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
            .collect();
        let messages: Vec<&str> = lines.iter().map(|line| line["message"].as_str().expect("a message")).collect();
        assert_eq!(messages, expected, "level {level:?}, filter {filter:?}");
    }

    #[test]
    fn the_control_decides_for_us_and_the_filter_has_the_last_word() {
        let [error, information, debugging] = ["our error", "our information", "our debugging"];
        let warning = "their warning";
        check(None, None, &[error, warning, information]);
        check(None, Some(""), &[error, warning, information]);
        check(Some("DEBUG"), None, &[error, warning, information, debugging]);
        check(Some("warn"), None, &[error, warning]);
        check(Some("FATAL"), None, &[error]);
        check(Some("LOUD"), None, &[error, warning, information]);
        check(Some("ERROR"), Some("debug"), &[error, information, debugging]);
        check(Some("DEBUG"), Some("error"), &[error, warning]);
        check(Some("ERROR"), Some("tidings=info"), &[error, information]);
        let theirs = Some("aws_smithy_runtime=debug");
        check(None, theirs, &[error, warning, information, "their information", "their debugging"]);
        check(None, Some("tidings=loud"), &[error, warning, information]);
    }

    #[test]
    fn lines_are_json_with_a_time_unless_text_is_asked_for() {
        for format in [None, Some("JSON"), Some("json")] {
            let variables: Vec<_> = format.map(|format| (FORMAT, format)).into_iter().collect();
            let lines = logged(&variables, None);
            let line: serde_json::Value = serde_json::from_str(&lines[2]).expect("JSON");
            assert_eq!((&line["level"], &line["count"]), (&"INFO".into(), &2.into()), "{line}");
            let time = line["timestamp"].as_str().and_then(|time| time.parse::<jiff::Timestamp>().ok());
            assert!(time.is_some(), "{line}");
        }
        let lines = logged(&[(FORMAT, "Text")], None);
        assert_eq!(lines[2].trim_start(), "INFO tidings::pass: our information count=2");
    }
}
