//! The report in Slack and Teams, with the rules of `channel/amazon_q.rs`: its limits, and no text from AWS that could
//! become a link or a mention.

use std::fmt::Write as _;

use super::words::{
    counts, failing, is_one_place, kind, lost_restore, period, quiet, restores, silenced, tests_in_short, told,
    unreadable, verdict,
};
use super::{REASON, title};
use crate::domain::report::PeriodReport;
use crate::domain::{NoticeId, Target, shorten};
use crate::publish::channel::{Post, inert, post};
use crate::publish::render::amounts::count;

/// How many entries of each list are shown.
const ROWS: usize = 10;
/// In bytes, for an entry.
const LINE: usize = 200;
/// In bytes, for everything but the command.
const DESCRIPTION: usize = 7_000;

/// The notification. All reports of a deployment share a thread.
pub(super) fn notification(
    report: &PeriodReport,
    id: NoticeId,
    home: &Target,
    command: &str,
    has_lists: bool,
) -> String {
    let topic = format!("{REASON}\u{1f}{}\u{1f}{}", home.account, home.region);
    post(&Post {
        id,
        severity: report.severity(),
        title: title(report),
        description: with_command(if has_lists { description(report) } else { period_line(report) }, command),
        topic,
        event_type: REASON,
    })
}

fn description(report: &PeriodReport) -> String {
    let one_place = is_one_place(report);
    let left_out = report.left_out;
    let mut text = String::new();
    let _ = writeln!(text, "*{}:* {}", kind(report), inert(&verdict(report)));
    let _ = writeln!(text, "*Watched:* {}", inert(&counts(report)));
    let _ = writeln!(text, "{}", period_line(report));
    let lines = report.failing.iter().map(|entry| failing(entry, one_place)).collect::<Vec<_>>();
    list(&mut text, "Failing now", None, &lines, left_out.failing);
    let lost = report.tests.iter().filter(|test| test.verdict.is_lost());
    let lost = lost
        .map(|test| format!("{}: {} (job {})", test.verdict.as_str(), test.resource(), test.job))
        .collect::<Vec<_>>();
    let summary = (report.test_count() > 0).then(|| tests_in_short(report));
    list(&mut text, "Restore tests", summary, &lost, 0);
    let lines = report.lost_restores.iter().map(|entry| lost_restore(entry, one_place)).collect::<Vec<_>>();
    let summary = (report.restore_count() > 0).then(|| restores(report));
    list(&mut text, "Other restores", summary, &lines, left_out.lost_restores);
    let lines = report.unreadable.iter().map(|entry| unreadable(entry, one_place)).collect::<Vec<_>>();
    list(&mut text, "Cannot be read", None, &lines, left_out.unreadable);
    let lines = report.silenced.iter().map(|entry| silenced(entry, one_place)).collect::<Vec<_>>();
    list(&mut text, "Silenced", None, &lines, left_out.silenced);
    let _ = writeln!(text, "*Sent:* {}", inert(&told(report)));
    let _ = writeln!(text, "*Quiet:* {}", inert(&quiet(report)));
    shorten(text.trim_end(), DESCRIPTION)
}

fn period_line(report: &PeriodReport) -> String {
    format!("*Period:* {}", period(report))
}

fn with_command(text: String, command: &str) -> String {
    // If a character of the command were replaced, it would be a different command.
    if command.contains(['`', '<', '@', '&']) { text } else { format!("{text}\n*All of it:* `{command}`") }
}

/// A list under its heading. Without a summary, the heading has the number of entries.
fn list(text: &mut String, heading: &str, summary: Option<String>, lines: &[String], left_out: usize) {
    let total = lines.len() + left_out;
    let Some(summary) = summary.or_else(|| (total > 0).then(|| count(total))) else { return };
    let _ = writeln!(text, "*{heading}:* {}", inert(&summary));
    for line in lines.iter().take(ROWS) {
        let _ = writeln!(text, "- {}", shorten(&inert(line), LINE));
    }
    if total > ROWS.min(lines.len()) {
        let _ = writeln!(text, "- and {} more", count(total - ROWS.min(lines.len())));
    }
}
