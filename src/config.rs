//! Settings: the environment says where, `tidings.toml` says what and how.

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::SignedDuration;
use serde::Deserialize;
use toml::Spanned;

use crate::domain::{Policy, Source};
use crate::publish;
use crate::sources::{self, TableFilter};

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

/// The function's own name, which Lambda sets. Metrics carry it.
pub const FUNCTION_NAME: &str = "AWS_LAMBDA_FUNCTION_NAME";

const KNOWN: [&str; 5] = [TABLE_NAME, TOPIC_ARN, CONFIG, LOG, SOURCES];

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable that must be set is not.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// A variable with our prefix that means nothing.
    #[error("unknown setting {0}; the settings are {known}", known = KNOWN.join(", "))]
    Unknown(String),
    /// A variable whose value makes no sense.
    #[error("{name} is {value:?}, which is not {expected}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What it holds.
        value: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// The settings file cannot be read.
    #[error("failed to read the settings file {path}")]
    Unreadable {
        /// Where it should be.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The settings file is not what it should be. The text has line and column.
    #[error("in the settings file {origin}: {message}")]
    File {
        /// The file.
        origin: String,
        /// What is wrong, and where.
        message: String,
    },
}

/// What the Lambda function needs from its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// The name of the state table.
    pub table_name: String,
    /// The topic that notices go to.
    pub topic_arn: String,
    /// The settings file, if there is one.
    pub config: Option<PathBuf>,
    /// What is logged, if it was said.
    pub log: Option<String>,
    /// The sources to watch, if they were named; goes before what the settings file says.
    pub sources: Option<Vec<Source>>,
    /// The function's own name.
    pub function_name: String,
}

impl Environment {
    /// Reads the variables that concern tidings. Everything else is left to the AWS SDK.
    ///
    /// # Errors
    /// A setting is missing, unknown or makes no sense; the error names it.
    pub fn read(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let (mut table_name, mut topic_arn, mut config, mut log) = (None, None, None, None);
        let (mut function_name, mut sources) = (None, None);
        for (name, value) in variables {
            match name.as_str() {
                FUNCTION_NAME => function_name = Some(value),
                _ if !name.starts_with("TIDINGS_") => {}
                TABLE_NAME => table_name = Some(value),
                TOPIC_ARN => topic_arn = Some(value),
                CONFIG => config = Some(PathBuf::from(value)),
                LOG => log = Some(value),
                SOURCES => sources = read_sources(&value)?,
                _ => return Err(ConfigError::Unknown(name)),
            }
        }
        let given =
            |value: Option<String>, name| value.filter(|value| !value.is_empty()).ok_or(ConfigError::Missing(name));
        let topic_arn = given(topic_arn, TOPIC_ARN)?;
        if !topic_arn.starts_with("arn:") || topic_arn.split(':').count() != 6 {
            return Err(ConfigError::Invalid {
                name: TOPIC_ARN,
                value: topic_arn,
                expected: "the ARN of an SNS topic",
            });
        }
        let config = config.filter(|path| !path.as_os_str().is_empty());
        let log = log.filter(|filter| !filter.is_empty());
        if let Some(value) = log.clone().filter(|filter| !crate::log::is_filter(filter)) {
            let expected = "a filter such as info or tidings=debug";
            return Err(ConfigError::Invalid { name: LOG, value, expected });
        }
        Ok(Self {
            table_name: given(table_name, TABLE_NAME)?,
            topic_arn,
            config,
            log,
            sources,
            function_name: given(function_name, FUNCTION_NAME)?,
        })
    }

    /// The settings in the settings file, or the defaults, with the sources that the environment names.
    ///
    /// # Errors
    /// The settings file makes no sense.
    pub fn settings(&self) -> Result<Config, ConfigError> {
        let mut settings = Config::load(self.config.as_deref())?;
        if let Some(sources) = &self.sources {
            settings.sources.clone_from(sources);
        }
        Ok(settings)
    }
}

/// Names of sources between commas; none of them is `None`.
fn read_sources(value: &str) -> Result<Option<Vec<Source>>, ConfigError> {
    let names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
    let sources: Option<BTreeSet<Source>> = names.map(Source::parse).collect();
    let expected = "a list of sources between commas: redshift, redshift-serverless, backup, s3tables-replication, \
                    s3tables-maintenance";
    let sources = sources.ok_or_else(|| ConfigError::Invalid { name: SOURCES, value: value.to_owned(), expected })?;
    Ok((!sources.is_empty()).then(|| sources.into_iter().collect()))
}

/// What is watched and how, with everything that the settings file leaves out filled in.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which sources are watched.
    pub sources: Vec<Source>,
    /// What is news.
    pub policy: Policy,
    /// How the sources go about their work.
    pub fetching: sources::Settings,
    /// How messages look.
    pub publishing: publish::Settings,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            sources: Source::ALL.to_vec(),
            policy: Policy::default(),
            fetching: sources::Settings::default(),
            publishing: publish::Settings::default(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    sources: Option<Vec<Spanned<String>>>,
    routine: Option<Vec<Spanned<String>>>,
    https: Option<HttpsForm>,
    unreachable_after: Option<std::num::NonZeroU32>,
    #[serde(default)]
    backup: BackupSection,
    #[serde(default)]
    s3tables: S3TablesSection,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum HttpsForm {
    AmazonQ,
    Machine,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct BackupSection {
    look_back: Option<SignedDuration>,
    settle_limit: Option<SignedDuration>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct S3TablesSection {
    #[serde(default)]
    include: Vec<Spanned<String>>,
    #[serde(default)]
    exclude: Vec<Spanned<String>>,
    concurrency: Option<std::num::NonZeroU16>,
}

impl Config {
    /// The settings in that file, or the defaults when there is none.
    ///
    /// # Errors
    /// The file cannot be read, or [`Config::parse`] refuses it.
    pub fn load(path: Option<&std::path::Path>) -> Result<Self, ConfigError> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Reads settings; `origin` is named in errors.
    ///
    /// # Errors
    /// The text is not TOML, has an unknown key, or a value that makes no sense. The error names line and column.
    pub fn parse(text: &str, origin: &str) -> Result<Self, ConfigError> {
        let failed = |message: String| ConfigError::File { origin: origin.to_owned(), message };
        let file: File = toml::from_str(text).map_err(|error| failed(error.to_string().trim_end().to_owned()))?;
        let at = |span: std::ops::Range<usize>, message: String| {
            let line = text[..span.start].matches('\n').count() + 1;
            failed(format!("line {line}: {message}"))
        };
        let named = |names: &[Spanned<String>]| -> Result<Vec<Source>, ConfigError> {
            let mut sources = BTreeSet::new();
            for name in names {
                let known = Source::ALL.map(Source::as_str).join(", ");
                let source = Source::parse(name.get_ref()).ok_or_else(|| {
                    at(name.span(), format!("unknown source {:?}; the sources are {known}", name.get_ref()))
                })?;
                sources.insert(source);
            }
            Ok(sources.into_iter().collect())
        };
        let globs = |patterns: &[Spanned<String>]| -> Result<Vec<String>, ConfigError> {
            for pattern in patterns {
                TableFilter::new(std::slice::from_ref(pattern.get_ref()), &[])
                    .map_err(|error| at(pattern.span(), error.to_string()))?;
            }
            Ok(patterns.iter().map(|pattern| pattern.get_ref().clone()).collect())
        };

        let mut config = Self::default();
        if let Some(names) = &file.sources {
            config.sources = named(names)?;
        }
        if let Some(names) = &file.routine {
            config.policy.routine = named(names)?.into_iter().collect();
        }
        if let Some(passes) = file.unreachable_after {
            config.policy.unreachable_after = passes.get();
        }
        if let Some(form) = file.https {
            config.publishing.https = match form {
                HttpsForm::AmazonQ => publish::HttpsForm::AmazonQ,
                HttpsForm::Machine => publish::HttpsForm::Machine,
            };
        }
        if let Some(limit) = file.backup.settle_limit {
            config.policy.settle_limit = limit;
        }
        if let Some(look_back) = file.backup.look_back {
            config.fetching.look_back = look_back;
        }
        if let Some(concurrency) = file.s3tables.concurrency {
            config.fetching.concurrency = usize::from(concurrency.get());
        }
        config.fetching.tables = TableFilter::new(&globs(&file.s3tables.include)?, &globs(&file.s3tables.exclude)?)
            .map_err(|error| failed(error.to_string()))?;
        Ok(config)
    }
}
