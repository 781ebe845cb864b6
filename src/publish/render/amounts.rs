//! Formats times, durations, sizes and counts for people.

use jiff::{SignedDuration, Timestamp};

/// `2026-03-02 06:20 UTC`.
pub(crate) fn minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A duration in its two largest units: `2 h 10 min`, `3 d 4 h`, `45 s`.
pub(crate) fn span(span: SignedDuration) -> String {
    let seconds = span.as_secs().max(0);
    let (large, small) = match seconds {
        0..60 => return format!("{seconds} s"),
        60..3_600 => return format!("{} min", seconds / 60),
        3_600..86_400 => ((seconds / 3_600, "h"), (seconds % 3_600 / 60, "min")),
        _ => ((seconds / 86_400, "d"), (seconds % 86_400 / 3_600, "h")),
    };
    match small.0 {
        0 => format!("{} {}", large.0, large.1),
        _ => format!("{} {} {} {}", large.0, large.1, small.0, small.1),
    }
}

/// A size in binary units: `8.0 GiB`.
pub(in crate::publish) fn size(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let mut amount = bytes as f64;
    let mut unit = 0;
    while amount >= 1024.0 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    match (unit, amount) {
        (0, _) => format!("{bytes} B"),
        (_, 100.0..) => format!("{amount:.0} {}", UNITS[unit]),
        _ => format!("{amount:.1} {}", UNITS[unit]),
    }
}

/// An average speed: `12.0 MiB/s`. `None` if the duration is less than a second.
pub(in crate::publish) fn rate(bytes: u64, span: SignedDuration) -> Option<String> {
    let seconds = u64::try_from(span.as_secs()).ok().filter(|&seconds| seconds > 0)?;
    Some(format!("{}/s", size(bytes / seconds)))
}

/// A count with separators: `5,000`.
pub(crate) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `3rd`.
pub(in crate::publish) fn ordinal(count: u64) -> String {
    let ending = match (count % 10, count % 100) {
        (1, 0..=10 | 12..) => "st",
        (2, 0..=11 | 13..) => "nd",
        (3, 0..=12 | 14..) => "rd",
        _ => "th",
    };
    format!("{count}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units_at_most() {
        let cases = [
            (-5, "0 s"),
            (45, "45 s"),
            (60, "1 min"),
            (3_599, "59 min"),
            (3_600, "1 h"),
            (7_800, "2 h 10 min"),
            (90_000, "1 d 1 h"),
            (172_800, "2 d"),
        ];
        for (seconds, said) in cases {
            assert_eq!(span(SignedDuration::from_secs(seconds)), said);
        }
    }

    #[test]
    fn sizes_have_one_decimal_at_most() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(1023), "1023 B");
        assert_eq!(size(8 << 30), "8.0 GiB");
        assert_eq!(size(512 << 20), "512 MiB");
        assert_eq!(size(u64::MAX), "16.0 EiB");
        assert_eq!(rate(7_800 << 20, SignedDuration::from_secs(7_800)).as_deref(), Some("1.0 MiB/s"));
        assert_eq!(rate(1, SignedDuration::ZERO), None);
    }

    #[test]
    fn counts_have_separators() {
        let said: Vec<String> = [0, 12, 999, 1_000, 5_000, 1_234_567].map(count).to_vec();
        assert_eq!(said.join(" "), "0 12 999 1,000 5,000 1,234,567");
    }

    #[test]
    fn ordinals_end_in_th_from_11_to_13() {
        let said: Vec<String> = [1, 2, 3, 4, 11, 12, 13, 21, 111, 122].map(ordinal).to_vec();
        assert_eq!(said.join(" "), "1st 2nd 3rd 4th 11th 12th 13th 21st 111th 122nd");
    }
}
