//! How a restore ended, and the evidence of a restore test, out of its record.

use jiff::Timestamp;

use crate::domain::report::{Place, RestoreTest, Verdict};
use crate::domain::{Facet, FacetRecord, Record, Status, label};

/// How a restore ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended<'r> {
    pub verdict: Verdict,
    /// `None` if it is open.
    pub at: Option<Timestamp>,
    pub restore: &'r FacetRecord,
}

/// How the restore ended. `None` if the record has none.
pub(super) fn ended(record: &Record) -> Option<Ended<'_>> {
    let restore = record.facets.get(&Facet::Restore)?;
    let of = |verdict, at| Some(Ended { verdict, at: Some(at), restore });
    match restore.status {
        Status::Failed | Status::TimedOut => of(Verdict::Failed, restore.changed_at),
        Status::Canceled => of(Verdict::Canceled, restore.changed_at),
        Status::Completed => {
            let Some(validation) = record.facets.get(&Facet::Validation) else {
                return of(Verdict::Restored, restore.changed_at);
            };
            // AWS gives no time for the validation. If it had ended before tidings first saw it, the end of the restore is
            // as close as one can get.
            let is_older = validation.changed_at <= record.first_seen_at;
            let at = if is_older { restore.changed_at } else { validation.changed_at };
            match validation.status {
                Status::Completed => of(Verdict::Validated, at),
                Status::Failed => of(Verdict::Failed, at),
                Status::TimedOut => of(Verdict::TimedOut, at),
                _ if record.is_open() => Some(Ended { verdict: Verdict::Open, at: None, restore }),
                _ => of(Verdict::Restored, restore.changed_at),
            }
        }
        _ if record.is_open() => Some(Ended { verdict: Verdict::Open, at: None, restore }),
        _ => of(Verdict::Vanished, record.closed_at.unwrap_or(record.observed_at)),
    }
}

/// The restore test. `None` if the restore is none.
pub(super) fn test(record: &Record, place: impl FnOnce() -> Place) -> Option<RestoreTest> {
    let label = |name: &str| record.subject.labels.get(name).cloned();
    let plan_arn = label(label::RESTORE_TESTING_PLAN_ARN)?;
    let Ended { verdict, at, restore } = ended(record)?;
    let facet = |facet: &Facet| record.facets.get(facet);
    let (validation, deletion) = (facet(&Facet::Validation), facet(&Facet::Deletion));
    let status = |facet: &FacetRecord| facet.status.clone();
    let message = [Some(restore), validation, deletion].into_iter().flatten().find_map(|facet| facet.message.clone());
    Some(RestoreTest {
        place: place(),
        job: record.subject.id.to_string(),
        parent_job: label(label::PARENT_JOB_ID),
        plan_arn,
        resource_type: label(label::RESOURCE_TYPE),
        source_arn: label(label::SOURCE_RESOURCE_ARN),
        created_arn: label(label::CREATED_RESOURCE_ARN),
        recovery_point_arn: label(label::RECOVERY_POINT_ARN),
        verdict,
        verdict_at: at,
        began_at: record.began_at,
        ended_at: restore.status.is_finished().then_some(restore.changed_at),
        restore: restore.status.clone(),
        validation: validation.map(status),
        deletion: deletion.map(status),
        message,
    })
}
