//! When the report is due: every week or every month, at a time of day in a time zone.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// When the report is due.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    pub every: Every,
    pub at: Time,
    /// The time zone of the day and of `at`.
    pub time_zone: TimeZone,
}

/// How often the report is sent, and on which day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Every {
    #[default]
    Never,
    Week(Weekday),
    /// The day of the month, from 1 to 31. A shorter month has its last day.
    Month(i8),
}

impl Every {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Week(_) => "week",
            Self::Month(_) => "month",
        }
    }
}

impl Default for Schedule {
    fn default() -> Self {
        Self { every: Every::Never, at: Time::constant(8, 0, 0, 0), time_zone: TimeZone::UTC }
    }
}

impl Schedule {
    /// The last time at or before `now` at which a report was due. `None` if there are no reports.
    pub fn last_due(&self, now: Timestamp) -> Option<Timestamp> {
        let today = now.to_zoned(self.time_zone.clone()).date();
        let (day, before) = match self.every {
            Every::Never => return None,
            Every::Week(weekday) => {
                let day = today.checked_sub(Span::new().days(today.weekday().since(weekday))).ok()?;
                (day, day.checked_sub(Span::new().days(7)).ok()?)
            }
            Every::Month(number) => {
                let month_before = today.first_of_month().checked_sub(Span::new().months(1)).ok()?;
                (in_month(today, number), in_month(month_before, number))
            }
        };
        self.at(day).filter(|due| *due <= now).or_else(|| self.at(before))
    }

    /// `at` on that day. If clocks skip that time, it is as much later. If they show it twice, it is the first time.
    fn at(&self, day: Date) -> Option<Timestamp> {
        self.time_zone.to_ambiguous_timestamp(day.to_datetime(self.at)).compatible().ok()
    }
}

/// The day with this number in the month of `date`, or its last day.
fn in_month(date: Date, number: i8) -> Date {
    date.with().day(number.clamp(1, date.days_in_month())).build().unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn schedule(every: Every, zone: &str, at: Time) -> Schedule {
        Schedule { every, at, time_zone: TimeZone::get(zone).expect("a time zone") }
    }

    #[test]
    fn the_last_due_time_is_the_newest_one_that_has_come() {
        let weekly = schedule(Every::Week(Weekday::Monday), "Europe/Berlin", time(8, 0, 0, 0));
        let monthly = schedule(Every::Month(31), "UTC", time(6, 30, 0, 0));
        let night = schedule(Every::Week(Weekday::Sunday), "Europe/Berlin", time(2, 30, 0, 0));
        let ahead = schedule(Every::Week(Weekday::Monday), "Pacific/Kiritimati", time(0, 0, 0, 0));
        let cases = [
            // 2026-03-02 is a Monday. In winter, 08:00 in Berlin is 07:00 UTC.
            (&weekly, "2026-03-02T06:59:59Z", "2026-02-23T07:00:00Z"),
            (&weekly, "2026-03-02T07:00:00Z", "2026-03-02T07:00:00Z"),
            (&weekly, "2026-03-08T23:30:00Z", "2026-03-02T07:00:00Z"),
            // Summer time begins on Sunday, 2026-03-29.
            (&weekly, "2026-03-30T05:59:59Z", "2026-03-23T07:00:00Z"),
            (&weekly, "2026-03-30T06:00:00Z", "2026-03-30T06:00:00Z"),
            (&weekly, "2026-10-26T06:59:59Z", "2026-10-19T06:00:00Z"),
            (&weekly, "2026-10-26T07:00:00Z", "2026-10-26T07:00:00Z"),
            // 02:30 does not exist on that Sunday, and happens twice on the one in October.
            (&night, "2026-03-29T01:29:59Z", "2026-03-22T01:30:00Z"),
            (&night, "2026-03-29T01:30:00Z", "2026-03-29T01:30:00Z"),
            (&night, "2026-10-25T00:30:00Z", "2026-10-25T00:30:00Z"),
            (&night, "2026-10-25T01:45:00Z", "2026-10-25T00:30:00Z"),
            // A month without the day has its last one.
            (&monthly, "2026-03-01T00:00:00Z", "2026-02-28T06:30:00Z"),
            (&monthly, "2026-03-31T06:29:59Z", "2026-02-28T06:30:00Z"),
            (&monthly, "2026-03-31T06:30:00Z", "2026-03-31T06:30:00Z"),
            (&monthly, "2026-01-15T00:00:00Z", "2025-12-31T06:30:00Z"),
            // Monday begins 14 hours earlier there.
            (&ahead, "2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z"),
            (&ahead, "2026-03-01T09:59:59Z", "2026-02-22T10:00:00Z"),
        ];
        for (schedule, now, due) in cases {
            assert_eq!(schedule.last_due(at(now)), Some(at(due)), "{:?} at {now}", schedule.every);
        }
        assert_eq!(Schedule::default().last_due(at("2026-03-02T08:00:00Z")), None);
    }
}
