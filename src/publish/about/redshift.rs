//! Amazon Redshift: table restores on provisioned clusters.

use super::{About, CAUSE_FIXED, Fact, MuteKey, STILL_NEEDED, label, named, owned, plain, table_restore};
use crate::domain::Notice;
use crate::domain::label as name;
use crate::domain::notice::{FacetChange, FacetEvent};
use crate::publish::render::escape::{shell_word, uri_component};

pub(super) struct Redshift;

impl About for Redshift {
    fn subjects(&self, _event: &FacetEvent) -> (&'static str, &'static str) {
        ("table restore", "table restores")
    }

    fn facts(&self, event: &FacetEvent) -> Vec<Fact> {
        vec![
            ("Cluster", owned(event, name::CLUSTER)),
            table_restore::tables(event),
            ("Snapshot", owned(event, name::SNAPSHOT)),
            ("Request", Some(event.subject.id.to_string())),
        ]
    }

    fn next_steps(&self, _notice: &Notice, event: &FacetEvent) -> Vec<String> {
        let cluster = named("cluster", plain(event, name::CLUSTER));
        let again = |when| table_restore::again("aws redshift restore-table-from-cluster-snapshot", when);
        match event.change {
            FacetChange::Failed(_) | FacetChange::StillFailing(_) => {
                table_restore::failed(event, &cluster, &table_restore::snapshot(event), again(CAUSE_FIXED))
            }
            FacetChange::Canceled => super::canceled(again(STILL_NEEDED)),
            FacetChange::Vanished => table_restore::vanished(event),
            FacetChange::UnknownStatus => super::unknown_status(),
            // InProgressTableRestoreQuotaExceededFault:
            // https://docs.aws.amazon.com/redshift/latest/APIReference/API_RestoreTableFromClusterSnapshot.html
            FacetChange::Stalled { .. } => table_restore::stalled(
                format!(
                    "AWS still reports it as unfinished: see whether the {cluster} is available, and not paused, resizing or short of disk space."
                ),
                ", and limits how many table restores run at once",
            ),
            FacetChange::Completed => table_restore::completed(event),
            // There is nothing to do, or the API does not report it.
            FacetChange::Overdue { .. }
            | FacetChange::Lagging { .. }
            | FacetChange::Disabled
            | FacetChange::Recovered(_)
            | FacetChange::Started
            | FacetChange::Validating => Vec::new(),
        }
    }

    fn console(&self, event: Option<&FacetEvent>, region: &str) -> String {
        match event.and_then(|event| label(event, name::CLUSTER)).map(uri_component) {
            Some(cluster) => format!("redshiftv2/home?region={region}#cluster-details?cluster={cluster}"),
            None => format!("redshiftv2/home?region={region}#clusters"),
        }
    }

    fn command(&self, event: Option<&FacetEvent>) -> Option<String> {
        let list = "redshift describe-table-restore-status";
        Some(match event {
            Some(event) => format!("{list} --table-restore-request-id {}", shell_word(&event.subject.id)),
            None => list.to_owned(),
        })
    }

    fn mute_keys(&self, event: &FacetEvent) -> Vec<MuteKey> {
        vec![("cluster", owned(event, name::CLUSTER))]
    }

    fn parameter(&self) -> &'static str {
        "WatchRedshift"
    }
}
