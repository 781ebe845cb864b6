//! Table restores, which Redshift and Redshift Serverless describe alike in two SDK types.

use std::sync::Arc;

use aws_smithy_types::DateTime;

use super::{labels, timestamp, words};
use crate::domain::{Facet, FacetObservation, Observation, Progress, Subject, label};

/// What either service says of a table restore.
pub(super) struct TableRestore<'a> {
    pub(super) id: &'a str,
    pub(super) status: &'a str,
    pub(super) message: Option<&'a str>,
    pub(super) requested: Option<&'a DateTime>,
    /// Megabytes restored so far, and in all.
    pub(super) megabytes: (Option<i64>, Option<i64>),
    /// Database, schema and table.
    pub(super) source: [Option<&'a str>; 3],
    /// Database, schema and table.
    pub(super) target: [Option<&'a str>; 3],
    /// Where it happens, for sentences: "on cluster analytics".
    pub(super) place: Option<String>,
    /// Further labels.
    pub(super) labels: Vec<(&'a str, Option<&'a str>)>,
}

impl TableRestore<'_> {
    pub(super) fn observation(self) -> Observation {
        let (source_table, target_table) = (dotted(self.source), dotted(self.target));
        let mut name = format!("table restore {}", self.id);
        if let Some(table) = &source_table {
            name = format!("table restore of {table}");
            if let Some(place) = &self.place {
                name = format!("{name} {place}");
            }
        }
        let mut all =
            labels([(label::SOURCE_TABLE, source_table.as_deref()), (label::TARGET_TABLE, target_table.as_deref())]);
        all.extend(labels(self.labels));
        Observation {
            subject: Arc::new(Subject { id: self.id.into(), name, labels: all }),
            began_at: timestamp(self.requested),
            facets: vec![FacetObservation {
                message: words(self.message),
                progress: Progress::from_megabytes(self.megabytes.0, self.megabytes.1),
                ..FacetObservation::new(Facet::Restore, self.status)
            }],
            awaits_more: false,
        }
    }
}

/// `database.schema.table` of the parts that are known.
fn dotted(parts: [Option<&str>; 3]) -> Option<String> {
    let known: Vec<&str> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    (!known.is_empty()).then(|| known.join("."))
}
