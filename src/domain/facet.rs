//! The state machines of a subject.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Facets, Source, Status};

/// One state machine of a subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Facet {
    Restore,
    /// The validation of a restore test.
    Validation,
    /// The deletion of what a restore test restored.
    Deletion,
    /// A backup job of AWS Backup.
    Backup,
    /// A copy job of AWS Backup.
    Copy,
    /// An export of a DynamoDB table.
    Export,
    /// An import of a DynamoDB table.
    Import,
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
    /// One-shot. Backup jobs complete in such numbers that their completion is routine.
    Backup,
    /// One-shot, and routine like a backup.
    Copy,
    /// One-shot.
    Export,
    /// One-shot.
    Import,
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
            Self::Backup => FacetKind::Backup,
            Self::Copy => FacetKind::Copy,
            Self::Export => FacetKind::Export,
            Self::Import => FacetKind::Import,
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
            Self::Backup => "backup",
            Self::Copy => "copy",
            Self::Export => "export",
            Self::Import => "import",
            Self::Destination(name) | Self::Job(name) => name,
        }
    }

    /// A noun phrase for this facet of the subject with that name, such as `validation of ...`.
    pub fn describe(&self, name: &str) -> String {
        match self {
            Self::Restore | Self::Backup | Self::Copy | Self::Export | Self::Import => name.to_owned(),
            Self::Validation => format!("validation of {name}"),
            Self::Deletion => format!("clean-up after {name}"),
            Self::Destination(arn) => format!("replication of {name} to {}", arn.rsplit('/').next().unwrap_or(arn)),
            Self::Job(job) => format!("{job} on {name}"),
        }
    }

    /// The opposite of [`Facet::as_str`] for a subject of `source`. `None` for a facet that only a later version knows.
    pub fn parse(source: Source, name: &str) -> Option<Self> {
        match source.facets() {
            Facets::OneShot(facets) => facets.iter().find(|facet| facet.as_str() == name).cloned(),
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

    /// Whether it is a job that somebody or a schedule requested: it has a time of request, it may report progress, and
    /// it may stall. A validation and a deletion only follow such a job.
    pub const fn is_job(self) -> bool {
        matches!(self, Self::Restore | Self::Backup | Self::Copy | Self::Export | Self::Import)
    }

    /// Whether nobody waits for a completion without issues. Backups and their copies complete by the hundred every
    /// night. Of the deletion of what a restore test restored, only the failure costs money.
    pub const fn completes_as_routine(self) -> bool {
        matches!(self, Self::Deletion | Self::Backup | Self::Copy)
    }

    /// Whether a facet with this status must still end: an unfinished job, or a replication's first copy. People
    /// wait for that end, so they are told if such a facet disappears. If a maintenance job disappears, or a
    /// replication that was complete, somebody removed it.
    pub const fn owes_an_end(self, status: &Status, completed_once: bool) -> bool {
        match self {
            Self::Restore
            | Self::Validation
            | Self::Deletion
            | Self::Backup
            | Self::Copy
            | Self::Export
            | Self::Import => !status.is_finished(),
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
            (Source::BackupJobs, Facet::Backup),
            (Source::BackupCopies, Facet::Copy),
            (Source::DynamoDbExports, Facet::Export),
            (Source::DynamoDbImports, Facet::Import),
        ];
        for (source, facet) in cases {
            assert_eq!(Facet::parse(source, facet.as_str()), Some(facet));
        }
        assert_eq!(Facet::parse(Source::Backup, "encore"), None);
        assert_eq!(Facet::parse(Source::BackupJobs, "restore"), None);
    }
}
