//! What to do next. Hints say what is known to be true of the API and the failure; they never guess at a cause that AWS
//! did not name.

use super::causes::{Cause, cause};
use crate::domain::{Notice, Reason, Source};

/// Where a one-shot job's failure promises a retry, that contradicts its being final.
const AWS_RETRIES: &str = "AWS says that it tries again: see in the console whether it does before you repeat it.";

/// What comes next of something that runs again and again.
const RECOVERY: &str = "You will be told when it recovers.";

/// The steps for this notice, the most useful first; empty when there is nothing to do.
pub(super) fn hints(notice: &Notice) -> Vec<String> {
    match notice.reason {
        Reason::Failed => failed(notice),
        Reason::Canceled => vec![
            "It was stopped before it ended, and nothing more will come of it. CloudTrail shows who stopped it, if a person did.".to_owned(),
            "Start it again if it is still needed.".to_owned(),
        ],
        Reason::Vanished => vanished(notice),
        Reason::UnknownStatus => vec![
            "tidings does not know this status word and concludes nothing from it: see in the console how it stands.".to_owned(),
            "tidings keeps watching and will tell how it ends. A newer version may know the word.".to_owned(),
        ],
        Reason::Stalled | Reason::Overdue | Reason::Lagging => Vec::new(),
        Reason::StillFailing => failed(notice),
        Reason::Unreachable => unreachable(notice),
        Reason::Completed => completed(notice),
        Reason::Disabled => vec![
            "Nothing to do if it was meant; otherwise switch it on again (aws s3tables put-table-maintenance-configuration).".to_owned(),
        ],
        Reason::Baseline if label(notice, "failing").is_some_and(|count| count != "0") => vec![
            "What is failing already was failing before tidings came; it is told again only when it changes.".to_owned(),
        ],
        Reason::Recovered
        | Reason::Reachable
        | Reason::Baseline
        | Reason::Started
        | Reason::Validating => Vec::new(),
    }
}

fn label<'a>(notice: &'a Notice, name: &str) -> Option<&'a str> {
    let value = notice.labels.get(name)?.as_str();
    (!value.is_empty()).then_some(value)
}

fn failed(notice: &Notice) -> Vec<String> {
    match (notice.scope.source, notice.facet.as_str()) {
        (Source::Redshift | Source::RedshiftServerless, _) => table_restore(notice),
        (Source::Backup, "validation") => validation(notice),
        (Source::Backup, "deletion") => deletion(notice),
        (Source::Backup, _) => backup(notice),
        (Source::S3TablesReplication, _) => replication(notice),
        (Source::S3TablesMaintenance, _) => maintenance(notice),
    }
}

fn table_restore(notice: &Notice) -> Vec<String> {
    let serverless = notice.scope.source == Source::RedshiftServerless;
    let (home, action, command) = if serverless {
        (
            named("namespace", label(notice, "namespace")),
            "redshift-serverless:RestoreTableFromSnapshot",
            "aws redshift-serverless restore-table-from-snapshot",
        )
    } else {
        (
            named("cluster", label(notice, "cluster")),
            "redshift:RestoreTableFromClusterSnapshot",
            "aws redshift restore-table-from-cluster-snapshot",
        )
    };
    let point = match label(notice, "recovery_point") {
        Some(id) => format!("recovery point {id}"),
        None => named("snapshot", label(notice, "snapshot")),
    };
    let first = match cause(notice.message.as_deref()) {
        Cause::Retried => return vec![AWS_RETRIES.to_owned()],
        Cause::Kms => Some(format!(
            "Check the KMS keys of the {home} and of the {point}: enabled, not scheduled for deletion, and usable by Redshift."
        )),
        Cause::Access => {
            Some(format!("Check that the caller of the restore may call {action} on the {home} and the {point}."))
        }
        Cause::Quota => Some(format!("Free what the message says is short on the {home}, or make it larger.")),
        Cause::Exists => Some(
            "Choose a new name for the restored table, or rename the one in the way: a table restore never overwrites."
                .to_owned(),
        ),
        Cause::NotFound => Some(format!(
            "Check that the {point} still exists and contains the table, and that the target database and schema exist."
        )),
        Cause::Other => None,
    };
    let mut steps: Vec<String> = first.into_iter().collect();
    steps.push(format!(
        "AWS does not repeat a failed table restore: request it again ({command}) once the cause is gone."
    ));
    steps
}

fn backup(notice: &Notice) -> Vec<String> {
    let role = named("role", label(notice, "iam_role_arn"));
    let first = match cause(notice.message.as_deref()) {
        Cause::Retried => return vec![AWS_RETRIES.to_owned()],
        Cause::Kms => Some(format!("Check that the {role} may use the KMS keys of the recovery point and of the target (kms:Decrypt, kms:GenerateDataKey, kms:CreateGrant), and that both keys are enabled.")),
        Cause::Access => Some(format!("Check the {role}: AWS Backup restores with its permissions, iam:PassRole included.")),
        Cause::Quota => Some("Raise the limit that the message names in Service Quotas, or free some of it.".to_owned()),
        Cause::Exists => Some("Restore under a new name, or remove what is in the way.".to_owned()),
        Cause::NotFound => Some("Check that what the message names still exists: recovery point, subnet, security group, instance profile, target.".to_owned()),
        Cause::Other => None,
    };
    let mut steps: Vec<String> = first.into_iter().collect();
    steps.push(if label(notice, "restore_testing_plan_arn").is_some() {
        "This was a restore test: production is untouched, but this recovery point is not proven to restore. The plan tests again at its next run.".to_owned()
    } else {
        "AWS Backup does not repeat a failed restore: start it again from the recovery point once the cause is gone.".to_owned()
    });
    steps
}

fn validation(notice: &Notice) -> Vec<String> {
    let first = if notice.to == "timed-out" {
        "Nobody reported a result in time: check whatever should call PutRestoreValidationResult (the function, its trigger, its permissions)."
    } else {
        "The restore itself ended well; your validation reported this failure (PutRestoreValidationResult): see its logs."
    };
    vec![
        first.to_owned(),
        "Until a later test passes, do not count on this recovery point. AWS Backup deletes the restored copy by itself.".to_owned(),
    ]
}

fn deletion(notice: &Notice) -> Vec<String> {
    let copy = label(notice, "created_resource_arn").unwrap_or("what was restored for the test");
    vec![
        format!("Delete {copy} by hand: AWS Backup could not, and it goes on costing money."),
        "The result of the restore test itself is not affected.".to_owned(),
    ]
}

fn replication(notice: &Notice) -> Vec<String> {
    let first = match cause(notice.message.as_deref()) {
        Cause::Kms => Some(
            "Check that the replication role may use the KMS keys of source (kms:Decrypt) and destination (kms:GenerateDataKey), and that both keys are enabled.",
        ),
        Cause::Access => Some(
            "Check the replication role: it must trust replication.s3tables.amazonaws.com, read the source table and write to the destination bucket, whose own policy must allow it.",
        ),
        Cause::Quota => {
            Some("Raise the limit that the message names in the destination account and region, or free some of it.")
        }
        Cause::Exists => Some("Rename or remove the table in the destination bucket that is in the way."),
        Cause::NotFound => Some(
            "Check that the destination bucket still exists, and that the replication configuration still names it.",
        ),
        Cause::Retried => Some("S3 Tables tries again by itself: act only if it does not recover."),
        Cause::Other => None,
    };
    let mut steps: Vec<String> = first.map(str::to_owned).into_iter().collect();
    steps.push(
        match notice.run {
            Some(_) => "Readers of the copy see old data until it recovers; the source table is not affected.",
            None => "The destination has no complete copy yet; the source table is not affected.",
        }
        .to_owned(),
    );
    steps.push(RECOVERY.to_owned());
    steps
}

fn maintenance(notice: &Notice) -> Vec<String> {
    let first = match cause(notice.message.as_deref()) {
        Cause::Kms => Some(
            "Check the KMS key: enabled, and its policy must allow maintenance.s3tables.amazonaws.com kms:GenerateDataKey and kms:Decrypt.",
        ),
        Cause::Access => Some(
            "Check the policies of table and table bucket for a Deny that keeps S3 Tables maintenance out; with a KMS key, its policy must allow maintenance.s3tables.amazonaws.com kms:GenerateDataKey and kms:Decrypt.",
        ),
        Cause::Retried => Some("S3 Tables tries again by itself: act only if the next runs fail too."),
        Cause::Quota => Some("See the limit that the message names in the quotas of S3 Tables."),
        Cause::NotFound | Cause::Exists | Cause::Other => None,
    };
    let mut steps: Vec<String> = first.map(str::to_owned).into_iter().collect();
    steps.push(
        "The data stays readable; files and snapshots pile up while it fails, so queries get slower and storage grows."
            .to_owned(),
    );
    steps.push(RECOVERY.to_owned());
    steps
}

fn vanished(notice: &Notice) -> Vec<String> {
    let look = match notice.scope.source {
        Source::Redshift | Source::RedshiftServerless => match label(notice, "target_table") {
            Some(table) => {
                format!("See whether {table} exists and is complete before you rely on it.")
            }
            None => "See whether the restored table exists and is complete before you rely on it.".to_owned(),
        },
        Source::Backup => "See whether the restored resource exists before you rely on it.".to_owned(),
        _ => "See whether the table and its replication configuration still exist.".to_owned(),
    };
    vec![
        "It may have ended well or badly: AWS neither lists it any more nor finds it by id, and tidings does not guess.".to_owned(),
        look,
    ]
}

fn unreachable(notice: &Notice) -> Vec<String> {
    let first = match (label(notice, "missing_action"), label(notice, "error")) {
        (Some(action), _) => format!("Allow {action} for the role that tidings runs as. If its policy allows it already, look for a Deny: permissions boundary, service control policy, resource policy."),
        (None, Some("denied")) => "Check the credentials and the policy of the role that tidings runs as.".to_owned(),
        (None, Some("throttled")) => "AWS throttles the calls: run passes less often, or see who else uses up the account's request rate.".to_owned(),
        (None, Some("unavailable" | "timeout")) => "Look at the AWS Health Dashboard for this region, and at the function's network (VPC, NAT, endpoints).".to_owned(),
        (None, Some("malformed")) => "AWS answered in a way that tidings cannot read. If it lasts, report it with the function's log of this pass.".to_owned(),
        _ => "See the function's log for the whole story.".to_owned(),
    };
    vec![first, "Every pass tries again; until one succeeds, nothing here is watched.".to_owned()]
}

fn completed(notice: &Notice) -> Vec<String> {
    let restore_test = label(notice, "restore_testing_plan_arn").is_some();
    let step = match (notice.scope.source, notice.facet.as_str()) {
        (Source::Redshift | Source::RedshiftServerless, _) => match label(notice, "target_table") {
            Some(table) => {
                format!("{table} is ready. Grants and views of the original are not carried over to it.")
            }
            None => return Vec::new(),
        },
        (Source::Backup, "restore") if restore_test => {
            "This was a restore test: if it has a validation, you will be told how that ends.".to_owned()
        }
        (Source::Backup, "validation") => "The restore test passed: this recovery point restores.".to_owned(),
        (Source::S3TablesReplication, _) => {
            "The first copy is complete. From now on only failures and recoveries are told.".to_owned()
        }
        (Source::S3TablesMaintenance, _) => {
            "This was its first successful run. From now on only failures and recoveries are told.".to_owned()
        }
        (Source::Backup, _) => return Vec::new(),
    };
    vec![step]
}

/// `cluster analytics`, or `cluster` when it has no known name.
fn named(kind: &str, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("{kind} {name}"),
        None => kind.to_owned(),
    }
}
