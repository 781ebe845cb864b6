//! The state machines of a subject.

use std::fmt;

use super::{Facets, Source, Status};

/// One state machine of a subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    Restore,
    /// The validation of a restore test.
    Validation,
    /// The deletion of what a restore test restored.
    Deletion,
    /// Replication to one destination: the ARN of its table bucket.
    Destination(String),
    /// One type of maintenance job, such as `icebergCompaction`.
    Job(String),
}

/// Which rules a facet follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FacetKind {
    /// One-shot: a restore begins once and ends once.
    Restore,
    /// One-shot: follows the restore of a restore test.
    Validation,
    /// One-shot: follows the validation of a restore test.
    Deletion,
    /// Recurring: every commit to the source table starts it again.
    Replication,
    /// Recurring: a run is identified by its timestamp.
    Maintenance,
}

impl Facet {
    pub const fn kind(&self) -> FacetKind {
        match self {
            Self::Restore => FacetKind::Restore,
            Self::Validation => FacetKind::Validation,
            Self::Deletion => FacetKind::Deletion,
            Self::Destination(_) => FacetKind::Replication,
            Self::Job(_) => FacetKind::Maintenance,
        }
    }

    /// The name in messages and rows: `restore`, a destination's ARN, a job type.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Restore => "restore",
            Self::Validation => "validation",
            Self::Deletion => "deletion",
            Self::Destination(name) | Self::Job(name) => name,
        }
    }

    /// A noun phrase for this facet of the subject with that name, such as `validation of ...`.
    pub fn describe(&self, name: &str) -> String {
        match self {
            Self::Restore => name.to_owned(),
            Self::Validation => format!("validation of {name}"),
            Self::Deletion => format!("clean-up after {name}"),
            Self::Destination(arn) => format!("replication of {name} to {}", arn.rsplit('/').next().unwrap_or(arn)),
            Self::Job(job) => format!("{job} on {name}"),
        }
    }

    /// The opposite of [`Facet::as_str`] for a subject of `source`. `None` for a facet that only a later version knows.
    pub fn parse(source: Source, name: &str) -> Option<Self> {
        match source.facets() {
            Facets::Restore => {
                [Self::Restore, Self::Validation, Self::Deletion].into_iter().find(|it| it.as_str() == name)
            }
            Facets::Destinations => Some(Self::Destination(name.to_owned())),
            Facets::Jobs => Some(Self::Job(name.to_owned())),
            Facets::None => None,
        }
    }
}

impl FacetKind {
    /// Whether it runs again and again. A one-shot facet never starts again after its end.
    pub const fn is_recurring(self) -> bool {
        matches!(self, Self::Replication | Self::Maintenance)
    }

    /// Whether a facet with this status must still end: an unfinished restore, or a replication's first copy. People
    /// wait for that end, so they are told if such a facet disappears. If a maintenance job disappears, or a
    /// replication that was complete, somebody removed it.
    pub const fn owes_an_end(self, status: &Status, completed_once: bool) -> bool {
        match self {
            Self::Restore | Self::Validation | Self::Deletion => !status.is_finished(),
            Self::Replication => matches!(status, Status::Pending | Status::Unknown(_)) && !completed_once,
            Self::Maintenance => false,
        }
    }
}

impl fmt::Display for Facet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_for_the_sources_that_have_such_facets() {
        let own = |name: &str| name.to_owned();
        let cases = [
            (Source::Backup, Facet::Restore),
            (Source::Backup, Facet::Validation),
            (Source::Backup, Facet::Deletion),
            (Source::S3TablesReplication, Facet::Destination(own("arn:aws:s3tables:us-east-1:123456789012:bucket/dr"))),
            (Source::S3TablesMaintenance, Facet::Job(own("icebergCompaction"))),
        ];
        for (source, facet) in cases {
            assert_eq!(Facet::parse(source, facet.as_str()), Some(facet));
        }
        assert_eq!(Facet::parse(Source::Backup, "encore"), None);
    }
}
