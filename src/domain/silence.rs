//! Silences: people know that something is failing, and want no more reminders.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Facet, NoticeId, Record};

/// The longest silence.
pub const LONGEST_SILENCE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A wish to hear no more about a failure until it is over. It ends with the failure, or earlier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// The notice that it answers.
    pub notice: NoticeId,
    #[serde(with = "crate::domain::packed_time::required")]
    pub began_at: Timestamp,
    /// When it ends if the failure does not end before.
    #[serde(with = "crate::domain::packed_time::required")]
    pub until: Timestamp,
    /// Why, in one line.
    pub reason: String,
    /// Who asked for it, if they said so.
    pub by: Option<String>,
}

impl Silence {
    pub fn is_on(&self, now: Timestamp) -> bool {
        now < self.until
    }
}

impl Record {
    /// The record with a silence of one facet, or without it if there is none. `None` if the facet is not failing, so
    /// that there is nothing to silence.
    pub fn silenced(&self, facet: &Facet, silence: Option<Silence>) -> Option<Self> {
        let mut record = self.clone();
        let failing = record.facets.get_mut(facet)?.failing.as_mut()?;
        failing.silence = silence.map(Box::new);
        Some(record)
    }
}
