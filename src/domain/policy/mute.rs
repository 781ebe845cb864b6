//! When a rule mutes notices.

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// When notices are muted.
#[derive(Clone, Debug, PartialEq)]
pub enum Mute {
    /// Overrides the mute of an earlier rule.
    Never,
    Always,
    Until(Timestamp),
    Weekly(Window),
}

/// A time window that repeats every week.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// The days on which the window begins.
    pub days: Vec<Weekday>,
    pub from: Time,
    /// Exclusive. If it is not later than `from`, the window ends on the next day.
    pub to: Time,
    /// The time zone of `days`, `from` and `to`.
    pub time_zone: TimeZone,
}

impl Mute {
    pub fn is_on(&self, now: Timestamp) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::Until(end) => now < *end,
            Self::Weekly(window) => window.contains(now),
        }
    }
}

impl Window {
    fn contains(&self, now: Timestamp) -> bool {
        let local = now.to_zoned(self.time_zone.clone()).datetime();
        let (day, time) = (local.date(), local.time());
        let begins = |weekday: Weekday| self.days.contains(&weekday);
        if self.from < self.to {
            return begins(day.weekday()) && (self.from..self.to).contains(&time);
        }
        // The window passes midnight. It may have begun today, or yesterday.
        let yesterday = day.checked_sub(1.day()).unwrap_or(day);
        (begins(day.weekday()) && time >= self.from) || (begins(yesterday.weekday()) && time < self.to)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_mute_ends_when_it_says() {
        let end = at("2026-03-02T06:00:00Z");
        assert!(Mute::Until(end).is_on(at("2026-03-02T05:59:59Z")));
        assert!(!Mute::Until(end).is_on(end));
        assert!(Mute::Always.is_on(end) && !Mute::Never.is_on(end));
    }

    /// 2026-03-02 is a Monday. In Berlin, summer time begins on Sunday 2026-03-29 at 02:00.
    #[test]
    fn a_window_is_in_the_local_time_of_its_time_zone() {
        let berlin = TimeZone::get("Europe/Berlin").expect("a time zone");
        let window = |days: &[Weekday], from, to| Window { days: days.to_vec(), from, to, time_zone: berlin.clone() };
        let night = window(&[Weekday::Friday, Weekday::Saturday], time(22, 0, 0, 0), time(6, 0, 0, 0));
        let noon = window(&[Weekday::Monday], time(12, 0, 0, 0), time(13, 0, 0, 0));
        let day = window(&[Weekday::Sunday], time(0, 0, 0, 0), time(0, 0, 0, 0));
        let cases = [
            (&night, "2026-03-06T20:59:59Z", false),
            (&night, "2026-03-06T21:00:00Z", true),
            (&night, "2026-03-07T04:59:59Z", true),
            (&night, "2026-03-07T05:00:00Z", false),
            (&night, "2026-03-08T02:00:00Z", true),
            (&night, "2026-03-09T02:00:00Z", false),
            // In summer time, the window is one hour earlier in UTC.
            (&night, "2026-03-29T03:59:59Z", true),
            (&night, "2026-03-29T04:00:00Z", false),
            (&noon, "2026-03-02T11:30:00Z", true),
            (&noon, "2026-03-03T11:30:00Z", false),
            (&day, "2026-03-07T23:30:00Z", true),
            (&day, "2026-03-08T22:59:59Z", true),
            (&day, "2026-03-08T23:00:00Z", false),
        ];
        for (window, now, expected) in cases {
            assert_eq!(window.contains(at(now)), expected, "{now}");
        }
    }
}
