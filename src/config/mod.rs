//! The settings: the environment, and the file `tidings.toml`.
//!
//! The file is read from its TOML tree and not with derived code, so that all mistakes in it are found at once and reported
//! with their place and how to fix them. A file with a mistake is not used at all.

mod environment;
mod file;
mod item;
mod keys;
mod matches;
mod mistakes;
mod mute;
mod nearest;
mod report;
mod rules;
mod targets;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;

pub use environment::{
    CONFIG, DELIVERY_QUEUE_URL, Environment, FUNCTION_NAME, LOG, QUEUE_URL, Resources, SOURCES, TABLE_NAME, TOPIC_ARN,
};

use crate::domain::{Policy, Schedule, Source};
use crate::publish;
use crate::sources;
use environment::KNOWN;
use mistakes::Mistakes;

/// What the command line uses to read its other files and to write the reference.
#[cfg(feature = "cli")]
pub(crate) mod reading {
    pub(crate) use super::file::parse;
    pub(crate) use super::item::{Item, items, items_of, names};
    pub(crate) use super::keys::{Key, Keys, MatchKey, MuteKey, RuleKey, SETTINGS, Section, key, section};
    pub(crate) use super::matches::Compared;
    pub(crate) use super::mistakes::Mistakes;
    pub(crate) use super::mute::timestamp;
    pub(crate) use super::rules::severities;
}

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable that must be set is not.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// An unknown variable with our prefix.
    #[error("unknown setting {0}; the settings are {known}", known = KNOWN.join(", "))]
    Unknown(String),
    /// A variable with an invalid value.
    #[error("{name} is {value:?}, which is not {expected}")]
    Invalid { name: &'static str, value: String, expected: Cow<'static, str> },
    /// The settings file cannot be read.
    #[error("failed to read the settings file {path}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// The settings file has mistakes.
    #[error("in the settings file {origin}: {mistakes}")]
    File { origin: String, mistakes: String },
}

/// The settings in effect, with defaults for what the settings file leaves out.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which sources are watched.
    pub sources: Vec<Source>,
    /// Which accounts and regions are watched.
    pub targets: crate::targets::Settings,
    /// How often a source is asked at most. Sources that are not in the map are asked in every pass.
    pub every: BTreeMap<Source, SignedDuration>,
    /// What is sent.
    pub policy: Policy,
    /// How the sources are read.
    pub fetching: sources::Settings,
    /// How messages look.
    pub publishing: publish::Settings,
    /// When the report is sent.
    pub report: Schedule,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            sources: Source::DEFAULT.to_vec(),
            targets: crate::targets::Settings::default(),
            every: BTreeMap::new(),
            policy: Policy::default(),
            fetching: sources::Settings::default(),
            publishing: publish::Settings::default(),
            report: Schedule::default(),
        }
    }
}

impl Config {
    /// The settings in that file, or the defaults when there is none.
    ///
    /// # Errors
    /// The file cannot be read, or [`Config::parse`] refuses it.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        Self::load_for(path, None)
    }

    /// The same with a default topic: topics in rules must be in its region.
    ///
    /// # Errors
    /// As for [`Config::load`].
    pub fn load_for(path: Option<&Path>, topic_arn: Option<&str>) -> Result<Self, ConfigError> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        Self::read(&text, &path.display().to_string(), topic_arn.and_then(topic_region))
    }

    /// Reads settings; `origin` is named in errors.
    ///
    /// # Errors
    /// The text is not TOML, or has an unknown key or an invalid value. The error lists every mistake with its line, its
    /// column and how to fix it.
    pub fn parse(text: &str, origin: &str) -> Result<Self, ConfigError> {
        Self::read(text, origin, None)
    }

    fn read(text: &str, origin: &str, home: Option<&str>) -> Result<Self, ConfigError> {
        let mut mistakes = Mistakes::in_text(text);
        let config = file::read(text, home, &mut mistakes);
        match mistakes.report() {
            None => Ok(config),
            Some(mistakes) => Err(ConfigError::File { origin: origin.to_owned(), mistakes }),
        }
    }
}

/// The region in the ARN of a standard SNS topic; `None` for any other text.
pub(crate) fn topic_region(arn: &str) -> Option<&str> {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", partition, "sns", region, account, name] = parts.as_slice() else { return None };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    (partition.starts_with("aws") && !region.is_empty() && is_account && is_name).then_some(*region)
}
