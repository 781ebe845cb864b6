//! What people were told about a subject.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Notice;

/// How many notices an item remembers, including those that still wait. Older ones are forgotten.
pub const MOST_REMEMBERED: usize = 30;

/// A notice that SNS has accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToldNotice {
    pub notice: Notice,
    /// The reference time of the invocation that published it.
    #[serde(with = "crate::domain::packed_time::required")]
    pub told_at: Timestamp,
}
