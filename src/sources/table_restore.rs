//! Table restores, which Redshift and Redshift Serverless describe with the same facts in two SDK types.

use std::borrow::Cow;
use std::sync::Arc;

use aws_smithy_types::DateTime;

use super::labels::{Label, labels};
use super::{timestamp, words};
use crate::domain::{Facet, FacetObservation, Labels, Observation, Progress, Subject, label};

/// The facts about a table restore.
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
    /// Where it happens, such as `on cluster analytics`.
    pub(super) place: Option<String>,
    /// Further labels.
    pub(super) labels: Labels,
}

/// The labels that both sources make.
pub(super) const LABELS: &[Label<Tables>] = &[
    (label::SOURCE_TABLE, |tables| tables.source.as_deref().map(Cow::from)),
    (label::TARGET_TABLE, |tables| tables.target.as_deref().map(Cow::from)),
];

/// The tables of a restore, each as `database.schema.table`.
pub(super) struct Tables {
    source: Option<String>,
    target: Option<String>,
}

impl TableRestore<'_> {
    pub(super) fn observation(self) -> Observation {
        let tables = Tables { source: dotted(self.source), target: dotted(self.target) };
        let mut name = format!("table restore {}", self.id);
        if let Some(table) = &tables.source {
            name = format!("table restore of {table}");
            if let Some(place) = &self.place {
                name = format!("{name} {place}");
            }
        }
        let mut all = labels(LABELS, &tables);
        all.extend(self.labels);
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
