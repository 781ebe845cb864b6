//! `tidings report`: what happened in a period, out of the stored state. It does not call the status APIs.

mod csv;
mod html;

use std::collections::BTreeMap;

use clap::ValueEnum;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::error::CliError;
use super::local;
use super::printer::Printer;
use super::{Outcome, account};
use crate::domain::Every;
use crate::domain::report::{Period, PeriodReport};
use crate::operate::{REMEMBERED, report};
use crate::publish::report::{data, letter};

const EXAMPLES: &str = "\
Examples:
  tidings report --table tidings                                  the last 7 days, as text
  tidings report --from 2026-03-01 --to 2026-03-31                a month, both days included
  tidings report --from 2026-03-01 --output csv > tests.csv       one line for each restore test
  tidings report --from 2026-03-01 --output html > report.html    a page to print

What is failing, silenced or unreadable is so now. The state remembers a finished restore for
45 days after AWS has last listed it, and the last 30 notices of each subject.";

/// The form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A letter for a person.
    Text,
    /// One line for each restore test, with a header.
    Csv,
    /// One JSON document for a program.
    Json,
    /// A page to read in a browser, to print or to keep.
    Html,
}

/// The arguments of `report`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The first day, or a time such as 2026-03-02T07:00:00Z. Default: 7 days before the end.
    #[arg(long, value_name = "DATE")]
    from: Option<Moment>,
    /// The last day, or a time that is not in the period any more. Default: now.
    #[arg(long, value_name = "DATE")]
    to: Option<Moment>,
    /// The time zone of the days, such as Europe/Berlin.
    #[arg(long, value_name = "NAME", default_value = "UTC", value_parser = time_zone)]
    time_zone: TimeZone,
    /// The form of the report.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
    #[command(flatten)]
    state: local::StateArgs,
    #[command(flatten)]
    account: account::Args,
}

/// A day or a point in time.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Day(Date),
    Time(Timestamp),
}

impl std::str::FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // A time without its offset would also be a day, and the time would be lost.
        let day = || text.parse().ok().filter(|_| text.len() == "2026-03-01".len()).map(Self::Day);
        text.parse().map(Self::Time).ok().or_else(day).ok_or_else(|| {
            "it looks like 2026-03-01, or with a time and its offset like 2026-03-01T08:00:00Z".to_owned()
        })
    }
}

impl Moment {
    /// The point in time. A day is the begin of the day that comes so many days after it.
    fn resolve(self, days: i64, time_zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Time(time) => Some(time),
            Self::Day(day) => {
                let day = day.checked_add(Span::new().days(days)).ok()?;
                Some(day.to_zoned(time_zone.clone()).ok()?.timestamp())
            }
        }
    }
}

fn time_zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| "it looks like Europe/Berlin".to_owned())
}

/// Prints the report.
pub(super) fn run(args: &Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let now = local::now();
    let period = period(args, now)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(gather(args, period, now))?;
    if period.from.duration_until(now) > REMEMBERED {
        printer.note(format!(
            "the state remembers a finished restore for {} days after AWS has last listed it; the report may lack older ones",
            REMEMBERED.as_hours() / 24
        ));
    }
    match args.output {
        Output::Text => printer.line(letter(&report, None, None).trim_end()),
        Output::Csv => printer.line(csv::restore_tests(&report).trim_end_matches('\n')),
        Output::Json => printer.line(data(&report)),
        Output::Html => printer.line(html::page(&report).trim_end()),
    }
    Ok(Outcome::Fine)
}

fn period(args: &Args, now: Timestamp) -> Result<Period, CliError> {
    const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
    let to = args.to.map_or(Some(now), |to| to.resolve(1, &args.time_zone)).ok_or(CliError::Period)?;
    let from = args.from.map_or_else(|| to.checked_sub(WEEK).ok(), |from| from.resolve(0, &args.time_zone));
    let from = from.filter(|from| *from < to).ok_or(CliError::Period)?;
    Ok(Period { from, to })
}

async fn gather(args: &Args, period: Period, now: Timestamp) -> Result<PeriodReport, CliError> {
    let store = local::to_show(&args.state, &args.account).await?;
    let scopes = store.everything().await?;
    let accounts = store.all_accounts().await?;
    let names: BTreeMap<String, String> =
        accounts.into_iter().filter_map(|(id, stored)| Some((id, stored.account.name?))).collect();
    Ok(report(&scopes, &names, Every::Never, period, now))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: Args,
    }

    fn parsed(arguments: &[&str]) -> Option<String> {
        let now = "2026-04-02T12:00:00Z".parse().expect("a time");
        let command = Command::try_parse_from([&["report"], arguments].concat()).ok()?;
        let Period { from, to } = period(&command.args, now).ok()?;
        Some(format!("{from} {to}"))
    }

    #[test]
    fn days_are_whole_and_times_are_exact() {
        let cases: [(&[&str], &str); 6] = [
            (&[], "2026-03-26T12:00:00Z 2026-04-02T12:00:00Z"),
            (&["--from", "2026-03-01", "--to", "2026-03-31"], "2026-03-01T00:00:00Z 2026-04-01T00:00:00Z"),
            // Summer time begins on 2026-03-29.
            (
                &["--from", "2026-03-01", "--to", "2026-03-31", "--time-zone", "Europe/Berlin"],
                "2026-02-28T23:00:00Z 2026-03-31T22:00:00Z",
            ),
            (&["--from", "2026-03-31", "--to", "2026-03-31"], "2026-03-31T00:00:00Z 2026-04-01T00:00:00Z"),
            (&["--to", "2026-03-09T07:00:00Z"], "2026-03-02T07:00:00Z 2026-03-09T07:00:00Z"),
            (&["--from", "2026-03-02T08:00:00+01:00"], "2026-03-02T07:00:00Z 2026-04-02T12:00:00Z"),
        ];
        for (arguments, expected) in cases {
            assert_eq!(parsed(arguments).as_deref(), Some(expected), "{arguments:?}");
        }
        for wrong in [
            ["--from", "2026-04-03"],
            ["--from", "soon"],
            ["--from", "2026-03-02T08:00"],
            ["--to", "2026-02-30"],
            ["--time-zone", "Berlin"],
        ] {
            assert_eq!(parsed(&wrong), None, "{wrong:?}");
        }
    }
}
