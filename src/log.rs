//! Logs: JSON lines in Lambda, plain lines on a terminal's stderr.

use tracing_subscriber::EnvFilter;

/// What is logged when nobody said.
const DEFAULT: &str = "info,aws_config=warn,aws_runtime=warn,aws_smithy_runtime=warn,lambda_runtime=warn";

/// Logs as Lambda wants them: JSON lines on stdout.
pub fn to_lambda(filter: Option<&str>) {
    let json = tracing_subscriber::fmt().json().flatten_event(true).with_span_list(false);
    json.with_env_filter(parse(filter, DEFAULT)).init();
}

/// What is logged beside a command's output when nobody said: what a pass warns of is in its report, which is shown.
#[cfg(feature = "cli")]
const DEFAULT_BESIDE: &str = "warn,tidings::pass=error,aws_config=error,aws_smithy_runtime::client::http=off";

/// Logs beside a command's output: on stderr, and little unless more is asked for.
#[cfg(feature = "cli")]
pub fn to_stderr(filter: Option<&str>) {
    let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let lines = tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(is_terminal);
    lines.with_env_filter(parse(filter, DEFAULT_BESIDE)).init();
}

/// Whether a filter makes sense.
pub fn is_filter(filter: &str) -> bool {
    EnvFilter::try_new(filter).is_ok()
}

fn parse(filter: Option<&str>, default: &str) -> EnvFilter {
    let filter = filter.filter(|filter| !filter.is_empty()).unwrap_or(default);
    EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new(default))
}
