//! How a restore ended, and the evidence of a restore test, out of its record.

use jiff::Timestamp;

use crate::domain::report::{Place, RestoreTest, Verdict};
use crate::domain::{Facet, FacetRecord, Record, Status, label};

/// How a restore ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended<'r> {
    pub verdict: Verdict,
    /// `None` if it is open.
    pub times: Option<Times>,
    pub restore: &'r FacetRecord,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// When it ended, as far as that is known.
    pub ended_at: Timestamp,
    /// When tidings saw the end. It decides to which period the restore belongs: a report that was made between the end and
    /// that time has not seen the end, so the next report must.
    pub seen_at: Timestamp,
}

/// How the restore ended. `None` if the record has none. `baseline_at` is that of its scope.
pub(super) fn ended(record: &Record, baseline_at: Option<Timestamp>) -> Option<Ended<'_>> {
    let restore = record.facets.get(&Facet::Restore)?;
    let open = Some(Ended { verdict: Verdict::Open, times: None, restore });
    let by = |verdict, facet: &FacetRecord| {
        // What the first pass over the scope found is older than the first pass.
        let was_first_seen_so = facet.moved_at <= record.first_seen_at;
        let is_of_baseline =
            was_first_seen_so && baseline_at.is_none_or(|baseline_at| record.first_seen_at <= baseline_at);
        // AWS has no time for the end of a validation. The end of the restore is as close as one can get.
        let ended_at = if was_first_seen_so { restore.changed_at } else { facet.changed_at };
        let seen_at = if is_of_baseline { ended_at } else { facet.moved_at };
        Some(Ended { verdict, times: Some(Times { ended_at, seen_at }), restore })
    };
    match restore.status {
        Status::Failed | Status::TimedOut => by(Verdict::Failed, restore),
        Status::Canceled => by(Verdict::Canceled, restore),
        Status::Completed => {
            let Some(validation) = record.facets.get(&Facet::Validation) else {
                return by(Verdict::Restored, restore);
            };
            match validation.status {
                Status::Completed => by(Verdict::Validated, validation),
                Status::Failed => by(Verdict::Failed, validation),
                Status::TimedOut => by(Verdict::TimedOut, validation),
                _ if record.is_open() => open,
                _ => by(Verdict::Restored, restore),
            }
        }
        _ if record.is_open() => open,
        _ => {
            let at = record.closed_at.unwrap_or(record.observed_at);
            Some(Ended { verdict: Verdict::Vanished, times: Some(Times { ended_at: at, seen_at: at }), restore })
        }
    }
}

/// The restore test that ended so. `None` if the restore is none.
pub(super) fn test(record: &Record, ended: &Ended<'_>, place: impl FnOnce() -> Place) -> Option<RestoreTest> {
    let label = |name: &str| record.subject.labels.get(name).cloned();
    let plan_arn = label(label::RESTORE_TESTING_PLAN_ARN)?;
    let Ended { verdict, times, restore } = *ended;
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
        verdict_at: times.map(|times| times.ended_at),
        began_at: record.began_at,
        ended_at: restore.status.is_finished().then_some(restore.changed_at),
        restore: restore.status.clone(),
        validation: validation.map(status),
        deletion: deletion.map(status),
        message,
    })
}
