//! The report for programs: `CloudEvents` 1.0 in structured JSON. Its schema is `schemas/tidings.report.v1.json`. Programs
//! depend on it, so a change that breaks them needs a new `type`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::title;
use crate::domain::report::{FailingNow, LeftOut, PeriodReport, Place, RestoreTest, Verdict};
use crate::domain::{NoticeId, Status};

const TYPE: &str = "tidings.report.v1";

/// The event. `source` is the path of the deployment. Without lists, it has only the counts.
pub(super) fn event(report: &PeriodReport, id: NoticeId, source: &str, has_lists: bool) -> Value {
    let mut data = data(report);
    if let Some(object) = data.as_object_mut().filter(|_| !has_lists) {
        object.retain(|key, _| HEAD.contains(&key.as_str()));
    }
    json!({
        "specversion": "1.0",
        "id": id,
        "source": source,
        "type": TYPE,
        "time": report.made_at,
        "datacontenttype": "application/json",
        "data": data,
    })
}

/// The keys of the smallest form.
const HEAD: [&str; 6] = ["title", "severity", "every", "period", "made_at", "counts"];

/// What the report says.
pub fn data(report: &PeriodReport) -> Value {
    let told: BTreeMap<&str, usize> = report.told.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
    let LeftOut { tests, lost_restores, failing, silenced, unreadable } = report.left_out;
    let left_out = [
        ("restore_tests", tests),
        ("lost_restores", lost_restores),
        ("failing", failing),
        ("silenced", silenced),
        ("unreadable", unreadable),
    ];
    let left_out: BTreeMap<&str, usize> = left_out.into_iter().filter(|(_, count)| *count > 0).collect();
    json!({
        "title": title(report),
        "severity": report.severity().as_str(),
        "every": report.every.as_str(),
        "period": {"from": report.period.from, "to": report.period.to},
        "made_at": report.made_at,
        "counts": {
            "tables": report.tables,
            "subjects": report.subjects,
            "quiet": report.quiet,
            "restore_tests": report.test_count(),
            "restore_tests_passed": report.passed_count(),
            "restores": report.restore_count(),
            "failing": report.failing_count(),
            "silenced": report.silenced_count(),
            "unreadable": report.unreadable_count(),
            "notices": report.told_count(),
        },
        "watched": report.watched.iter().map(|watched| json!({
            "source": watched.source.as_str(),
            "scopes": watched.scopes,
            "subjects": watched.subjects,
            "last_complete_at": watched.last_complete_at,
            "never_read": watched.never_read,
        })).collect::<Vec<_>>(),
        "verdicts": verdicts(&report.verdicts),
        "restore_tests": report.tests.iter().map(test).collect::<Vec<_>>(),
        "restores": verdicts(&report.restores),
        "lost_restores": report.lost_restores.iter().map(|restore| {
            let mut entry = located(&restore.place);
            extend(&mut entry, json!({
                "source": restore.source.as_str(),
                "name": restore.what,
                "verdict": restore.verdict.as_str(),
                "ended_at": restore.ended_at,
                "message": restore.message,
            }));
            entry
        }).collect::<Vec<_>>(),
        "failing": report.failing.iter().map(failing_now).collect::<Vec<_>>(),
        "silenced": report.silenced.iter().map(failing_now).collect::<Vec<_>>(),
        "unreadable": report.unreadable.iter().map(|unreadable| {
            let mut entry = located(&unreadable.place);
            let source = unreadable.source.as_str();
            extend(&mut entry, json!({"source": source, "part": unreadable.part, "since": unreadable.since}));
            entry
        }).collect::<Vec<_>>(),
        "told": {"by_reason": told, "is_least": report.told_is_least},
        "left_out": left_out,
    })
}

/// Every verdict with its number.
fn verdicts(counts: &BTreeMap<Verdict, usize>) -> Value {
    let counts = Verdict::ALL.map(|verdict| (verdict.as_str(), counts.get(&verdict).copied().unwrap_or_default()));
    json!(BTreeMap::from(counts))
}

/// A restore test, with every key. Its value is null if it is not known.
pub(super) fn test(test: &RestoreTest) -> Value {
    let status = |status: &Option<Status>| status.as_ref().map(Status::as_str);
    let mut entry = located(&test.place);
    extend(
        &mut entry,
        json!({
            "job": test.job,
            "parent_job": test.parent_job,
            "plan": test.plan(),
            "plan_arn": test.plan_arn,
            "resource_type": test.resource_type,
            "source_resource_arn": test.source_arn,
            "created_resource_arn": test.created_arn,
            "recovery_point_arn": test.recovery_point_arn,
            "verdict": test.verdict.as_str(),
            "passed": test.verdict.is_passed(),
            "verdict_at": test.verdict_at,
            "began_at": test.began_at,
            "ended_at": test.ended_at,
            "duration_seconds": test.duration().map(|duration| duration.as_secs()),
            "restore": test.restore.as_str(),
            "validation": status(&test.validation),
            "deletion": status(&test.deletion),
            "message": test.message,
        }),
    );
    entry
}

fn failing_now(failing: &FailingNow) -> Value {
    let mut entry = located(&failing.place);
    let silence = failing.silence.as_ref().map(|silence| {
        json!({
            "notice_id": silence.notice,
            "began_at": silence.began_at,
            "until": silence.until,
            "reason": silence.reason,
            "by": silence.by,
        })
    });
    extend(
        &mut entry,
        json!({
            "source": failing.source.as_str(),
            "subject": failing.subject,
            "facet": failing.facet,
            "name": failing.what,
            "since": failing.since,
            "failures": failing.failures,
            "message": failing.message,
            "told": failing.is_told,
            "silence": silence,
        }),
    );
    entry
}

fn located(place: &Place) -> Value {
    json!({"account": place.account, "account_name": place.account_name, "region": place.region})
}

fn extend(object: &mut Value, more: Value) {
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
}
