//! Amazon Redshift Serverless: table restores in namespaces.

use super::{About, CAUSE_FIXED, Fact, MuteKey, STILL_NEEDED, label, named, owned, plain, table_restore, within};
use crate::domain::Notice;
use crate::domain::label as name;
use crate::domain::notice::{FacetChange, FacetEvent};
use crate::publish::render::escape::{shell_word, uri_component};

pub(super) struct RedshiftServerless;

impl About for RedshiftServerless {
    fn subjects(&self, _event: &FacetEvent) -> (&'static str, &'static str) {
        ("table restore", "table restores")
    }

    fn facts(&self, event: &FacetEvent) -> Vec<Fact> {
        vec![
            ("Namespace", within(label(event, name::NAMESPACE), "workgroup", label(event, name::WORKGROUP))),
            table_restore::tables(event),
            ("Snapshot", owned(event, name::SNAPSHOT)),
            ("Recovery point", owned(event, name::RECOVERY_POINT)),
            ("Request", Some(event.subject.id.to_string())),
        ]
    }

    fn next_steps(&self, _notice: &Notice, event: &FacetEvent) -> Vec<String> {
        let namespace = named("namespace", plain(event, name::NAMESPACE));
        match event.change {
            FacetChange::Failed(_) | FacetChange::StillFailing(_) => {
                let point = match plain(event, name::RECOVERY_POINT) {
                    Some(id) => format!("recovery point {id}"),
                    None => table_restore::snapshot(event),
                };
                table_restore::failed(event, &namespace, &point, again(event, CAUSE_FIXED))
            }
            FacetChange::Canceled => super::canceled(again(event, STILL_NEEDED)),
            FacetChange::Vanished => table_restore::vanished(event),
            FacetChange::UnknownStatus => super::unknown_status(),
            FacetChange::Stalled { .. } => table_restore::stalled(
                format!(
                    "AWS still reports it as unfinished: see whether the {namespace} and its workgroup are available."
                ),
                "",
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
        match event.and_then(|event| label(event, name::WORKGROUP)).map(uri_component) {
            Some(workgroup) => format!("redshiftv2/home?region={region}#serverless-workgroup?workgroup={workgroup}"),
            None => format!("redshiftv2/home?region={region}#serverless-dashboard"),
        }
    }

    fn command(&self, event: Option<&FacetEvent>) -> Option<String> {
        Some(match event {
            Some(event) => format!(
                "redshift-serverless get-table-restore-status --table-restore-request-id {}",
                shell_word(&event.subject.id)
            ),
            None => "redshift-serverless list-table-restore-status".to_owned(),
        })
    }

    fn mute_keys(&self, event: &FacetEvent) -> Vec<MuteKey> {
        vec![("namespace", owned(event, name::NAMESPACE))]
    }

    fn parameter(&self) -> &'static str {
        "WatchRedshiftServerless"
    }
}

/// How to request the restore again. That depends on whether it used a snapshot or a recovery point.
///
/// How long a recovery point is kept:
/// <https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-snapshots-recovery-points.html>
fn again(event: &FacetEvent, when: &str) -> String {
    match label(event, name::RECOVERY_POINT) {
        Some(_) => format!(
            "{} Redshift Serverless keeps a recovery point for 24 hours.",
            table_restore::again(
                "aws redshift-serverless restore-table-from-recovery-point --recovery-point-id ...",
                when
            )
        ),
        None => table_restore::again("aws redshift-serverless restore-table-from-snapshot", when),
    }
}
