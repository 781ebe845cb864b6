//! The Lambda function's environment variables.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{Config, ConfigError, topic_region};
use crate::domain::Source;

/// The name of the state table.
pub const TABLE_NAME: &str = "TIDINGS_TABLE_NAME";
/// The topic that notices go to.
pub const TOPIC_ARN: &str = "TIDINGS_TOPIC_ARN";
/// The path of the settings file, in the function's package.
pub const CONFIG: &str = "TIDINGS_CONFIG";
/// What is logged, such as `info` or `tidings=debug`.
pub const LOG: &str = "TIDINGS_LOG";
/// The sources to watch, separated by commas. The template sets it to those that the role may read.
pub const SOURCES: &str = "TIDINGS_SOURCES";

/// The queue for messages about targets. With it, a tick sends one message for each target.
pub const QUEUE_URL: &str = "TIDINGS_QUEUE_URL";
/// The queue for messages about scopes whose notices wait. With it, passes do not publish.
pub const DELIVERY_QUEUE_URL: &str = "TIDINGS_DELIVERY_QUEUE_URL";

/// The function's own name, which Lambda sets. Metrics carry it.
pub const FUNCTION_NAME: &str = "AWS_LAMBDA_FUNCTION_NAME";

pub(super) const KNOWN: [&str; 7] = [TABLE_NAME, TOPIC_ARN, CONFIG, LOG, SOURCES, QUEUE_URL, DELIVERY_QUEUE_URL];

/// The AWS resources that a process works with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// The name of the state table.
    pub table_name: String,
    /// The topic that notices go to.
    pub topic_arn: String,
    /// The queue for messages about targets.
    pub queue_url: Option<String>,
    /// The queue for messages about scopes whose notices wait.
    pub delivery_queue_url: Option<String>,
}

impl Resources {
    /// Without queues.
    pub fn new(table_name: &str, topic_arn: &str) -> Self {
        Self { table_name: table_name.to_owned(), topic_arn: topic_arn.to_owned(), ..Self::default() }
    }
}

/// What the Lambda function needs from its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    pub resources: Resources,
    /// The settings file, if there is one.
    pub config: Option<PathBuf>,
    /// The log filter, if there is one.
    pub log: Option<String>,
    /// The sources to watch, if there are any; overrides the settings file.
    pub sources: Option<Vec<Source>>,
    pub function_name: String,
}

impl Environment {
    /// Reads the variables of tidings. The AWS SDK reads its own.
    ///
    /// # Errors
    /// A variable is missing, unknown or invalid; the error names it.
    pub fn read(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let (mut table_name, mut topic_arn, mut config, mut log) = (None, None, None, None);
        let (mut function_name, mut sources) = (None, None);
        let (mut queue_url, mut delivery_queue_url) = (None, None);
        for (name, value) in variables {
            match name.as_str() {
                FUNCTION_NAME => function_name = Some(value),
                _ if !name.starts_with("TIDINGS_") => {}
                TABLE_NAME => table_name = Some(value),
                TOPIC_ARN => topic_arn = Some(value),
                CONFIG => config = Some(PathBuf::from(value)),
                LOG => log = Some(value),
                QUEUE_URL => queue_url = read_queue_url(QUEUE_URL, value)?,
                DELIVERY_QUEUE_URL => delivery_queue_url = read_queue_url(DELIVERY_QUEUE_URL, value)?,
                SOURCES => sources = read_sources(&value)?,
                _ => return Err(ConfigError::Unknown(name)),
            }
        }
        let given =
            |value: Option<String>, name| value.filter(|value| !value.is_empty()).ok_or(ConfigError::Missing(name));
        let topic_arn = given(topic_arn, TOPIC_ARN)?;
        if topic_region(&topic_arn).is_none() {
            return Err(ConfigError::Invalid {
                name: TOPIC_ARN,
                value: topic_arn,
                expected: "the ARN of an SNS topic".into(),
            });
        }
        let config = config.filter(|path| !path.as_os_str().is_empty());
        let log = log.filter(|filter| !filter.is_empty());
        if let Some(value) = log.clone().filter(|filter| !crate::log::is_filter(filter)) {
            let expected = "a filter such as info or tidings=debug".into();
            return Err(ConfigError::Invalid { name: LOG, value, expected });
        }
        let table_name = given(table_name, TABLE_NAME)?;
        Ok(Self {
            resources: Resources { table_name, topic_arn, queue_url, delivery_queue_url },
            config,
            log,
            sources,
            function_name: given(function_name, FUNCTION_NAME)?,
        })
    }

    /// The settings in the settings file, or the defaults, with the sources that the environment names.
    ///
    /// # Errors
    /// The settings file has mistakes.
    pub fn settings(&self) -> Result<Config, ConfigError> {
        let mut settings = Config::load_for(self.config.as_deref(), Some(&self.resources.topic_arn))?;
        if let Some(sources) = &self.sources {
            settings.sources.clone_from(sources);
        }
        Ok(settings)
    }
}

/// The URL of a queue; `None` if the variable is empty.
fn read_queue_url(name: &'static str, value: String) -> Result<Option<String>, ConfigError> {
    if value.is_empty() {
        return Ok(None);
    }
    if !value.starts_with("https://") && !value.starts_with("http://") {
        return Err(ConfigError::Invalid { name, value, expected: "the URL of an SQS queue".into() });
    }
    Ok(Some(value))
}

/// Comma-separated names of sources; `None` if there are none.
fn read_sources(value: &str) -> Result<Option<Vec<Source>>, ConfigError> {
    let names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
    let sources: Option<BTreeSet<Source>> = names.map(Source::parse).collect();
    let sources = sources.ok_or_else(|| {
        let expected = format!("a list of sources between commas: {}", Source::ALL.map(Source::as_str).join(", "));
        ConfigError::Invalid { name: SOURCES, value: value.to_owned(), expected: expected.into() }
    })?;
    Ok((!sources.is_empty()).then(|| sources.into_iter().collect()))
}
