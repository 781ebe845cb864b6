//! The restore tests as CSV (RFC 4180): a header, and one line for each test.

use csv::{Terminator, WriterBuilder};

use crate::domain::Status;
use crate::domain::report::{PeriodReport, RestoreTest};
use crate::publish::report::on_one_line;

/// The names of the columns. They are those of the JSON form.
const COLUMNS: [&str; 20] = [
    "job",
    "verdict",
    "passed",
    "verdict_at",
    "began_at",
    "ended_at",
    "duration_seconds",
    "restore",
    "validation",
    "deletion",
    "message",
    "resource_type",
    "source_resource_arn",
    "created_resource_arn",
    "recovery_point_arn",
    "plan_arn",
    "parent_job",
    "account",
    "account_name",
    "region",
];

pub(super) fn restore_tests(report: &PeriodReport) -> String {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    // This cannot fail, because it writes to memory and every record has the same length.
    let mut write = |cells: [String; 20]| drop(writer.write_record(cells));
    write(COLUMNS.map(str::to_owned));
    report.tests.iter().for_each(|test| write(cells(test)));
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

fn cells(test: &RestoreTest) -> [String; 20] {
    let maybe = |value: &Option<String>| value.clone().unwrap_or_default();
    let status = |status: &Option<Status>| status.as_ref().map(Status::as_str).unwrap_or_default().to_owned();
    let time = |time: Option<jiff::Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    [
        test.job.clone(),
        test.verdict.as_str().to_owned(),
        test.verdict.is_passed().to_string(),
        time(test.verdict_at),
        time(test.began_at),
        time(test.ended_at),
        test.duration().map(|duration| duration.as_secs().to_string()).unwrap_or_default(),
        test.restore.as_str().to_owned(),
        status(&test.validation),
        status(&test.deletion),
        maybe(&test.message),
        maybe(&test.resource_type),
        maybe(&test.source_arn),
        maybe(&test.created_arn),
        maybe(&test.recovery_point_arn),
        test.plan_arn.clone(),
        maybe(&test.parent_job),
        test.place.account.clone(),
        maybe(&test.place.account_name),
        test.place.region.clone(),
    ]
    .map(|cell| no_formula(&on_one_line(&cell)))
}

/// A spreadsheet would run a text that begins like a formula, so such a text gets an apostrophe.
fn no_formula(text: &str) -> String {
    let quote = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    format!("{quote}{text}")
}
