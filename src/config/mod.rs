//! Settings: the environment says where, `tidings.toml` says what and how.
//!
//! The file is read by hand from its TOML tree rather than derived, so that every mistake in it is found at once and told
//! with its place and what would be right. A file with a mistake is refused as a whole: half a policy is none.

mod environment;
mod file;
mod item;
mod keys;
mod matches;
mod mistakes;
mod mute;
mod nearest;
mod rules;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use environment::{CONFIG, Environment, FUNCTION_NAME, LOG, SOURCES, TABLE_NAME, TOPIC_ARN};

use crate::domain::{Policy, Source};
use crate::publish;
use crate::sources;
use environment::KNOWN;
use mistakes::Mistakes;

/// What the command line's other files are read with, and what the reference is made of.
#[cfg(feature = "cli")]
pub(crate) mod reading {
    pub(crate) use super::file::parse;
    pub(crate) use super::item::{Item, items, items_of, names};
    pub(crate) use super::keys::{Key, Keys, MatchKey, MuteKey, RuleKey, SECTIONS, Section, key, section};
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
    /// The settings file is not what it should be: every mistake, with line and column.
    #[error("in the settings file {origin}: {mistakes}")]
    File {
        /// The file.
        origin: String,
        /// What is wrong, and where.
        mistakes: String,
    },
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

impl Config {
    /// The settings in that file, or the defaults when there is none.
    ///
    /// # Errors
    /// The file cannot be read, or [`Config::parse`] refuses it.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        Self::load_for(path, None)
    }

    /// The same for whoever publishes to that topic: rules may name further topics in its region only.
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
    /// The text is not TOML, has an unknown key, or a value that makes no sense. The error tells every mistake with its
    /// line and column, and what would be right.
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

/// The region in a standard SNS topic's ARN; `None` when it is no such ARN.
pub(crate) fn topic_region(arn: &str) -> Option<&str> {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", partition, "sns", region, account, name] = parts.as_slice() else { return None };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    (partition.starts_with("aws") && !region.is_empty() && is_account && is_name).then_some(*region)
}
