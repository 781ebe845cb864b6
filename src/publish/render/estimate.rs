//! Estimates how long an unfinished restore will still take.

use jiff::{SignedDuration, Timestamp};

use super::amounts::{minute, rate, span};
use crate::domain::notice::{FacetChange, FacetEvent};
use crate::domain::{Notice, Progress, Status};

/// A longer estimate is not useful.
const LONGEST: SignedDuration = SignedDuration::from_hours(30 * 24);

/// With a smaller share done, an estimate would be a guess.
const LEAST: f64 = 0.01;

/// How long a restore will still take at its average rate so far.
pub(crate) struct Remaining {
    pub left: SignedDuration,
    /// `397 KiB/s`, if AWS says how many bytes are done.
    pub speed: Option<String>,
}

/// `another 3 h 40 min at the average rate so far (397 KiB/s), until about 2026-03-02 10:00 UTC`. `None` if the restore
/// has ended, has not moved, or has no known beginning.
pub(super) fn estimate(notice: &Notice, event: &FacetEvent) -> Option<String> {
    let Remaining { left, speed } = remaining(event, notice.observed_at)?;
    let speed = speed.map(|speed| format!(" ({speed})")).unwrap_or_default();
    if matches!(event.change, FacetChange::Stalled { .. }) {
        return Some(format!("another {} at its average rate{speed}, once it moves again", span(left)));
    }
    let end = notice.observed_at.checked_add(left).ok()?;
    Some(format!("another {} at the average rate so far{speed}, until about {}", span(left), minute(end)))
}

/// The same as numbers, at `now`.
pub(crate) fn remaining(event: &FacetEvent, now: Timestamp) -> Option<Remaining> {
    let began_at = event.job_requested_at()?;
    let progress = event.progress?;
    let is_known = !matches!(event.change, FacetChange::Vanished);
    let is_under_way = is_known && matches!(event.to, Status::Running | Status::Pending) && event.facet.kind().is_job();
    let share = share(&progress).filter(|share| is_under_way && (LEAST..1.0).contains(share))?;
    let elapsed = began_at.duration_until(now);
    let left = elapsed.as_secs_f64() * (1.0 - share) / share;
    if !elapsed.is_positive() || left > LONGEST.as_secs_f64() {
        return None;
    }
    let left = SignedDuration::try_from_secs_f64(left).ok()?;
    Some(Remaining { left, speed: progress.done_bytes.and_then(|bytes| rate(bytes, elapsed)) })
}

/// The share that is done, from 0 to 1, in bytes if they are known, else from AWS's percentage.
fn share(progress: &Progress) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let by_bytes = |done: u64, total: u64| (total > 0).then(|| done as f64 / total as f64);
    let bytes = progress.done_bytes.zip(progress.total_bytes).and_then(|(done, total)| by_bytes(done, total));
    bytes.or_else(|| progress.percent.map(|percent| percent / 100.0)).filter(|share| share.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Source;
    use crate::domain::notice::Failures;
    use crate::samples::{at, bare, with};

    fn told_of(change: FacetChange, to: Status, progress: Option<Progress>, requested_at: Timestamp) -> Option<String> {
        let notice = with(bare(Source::Redshift, change), |event| {
            (event.to, event.progress, event.requested_at) = (to, progress, Some(requested_at));
        });
        estimate(&notice, notice.facet_event().expect("a facet"))
    }

    fn told(change: FacetChange, progress: Option<Progress>) -> Option<String> {
        told_of(change, Status::Running, progress, at("04:20:00"))
    }

    fn overdue() -> FacetChange {
        FacetChange::Overdue { expected_by: at("05:00:00") }
    }

    #[test]
    fn the_estimate_follows_from_the_share_that_is_done() {
        let half = Progress::from_megabytes(Some(4_096), Some(8_192));
        assert_eq!(
            told(overdue(), half).as_deref(),
            Some("another 2 h at the average rate so far (583 KiB/s), until about 2026-03-02 08:20 UTC")
        );
        assert_eq!(
            told(FacetChange::Stalled { since: at("04:30:00") }, half).as_deref(),
            Some("another 2 h at its average rate (583 KiB/s), once it moves again")
        );
        let percent = Progress::from_percent_text(Some("80.00%"), None);
        assert_eq!(
            told(FacetChange::Started, percent).as_deref(),
            Some("another 30 min at the average rate so far, until about 2026-03-02 06:50 UTC")
        );
    }

    #[test]
    fn bytes_are_preferred_to_the_percentage() {
        let share_of = |percent, done_bytes, total_bytes| share(&Progress { percent, done_bytes, total_bytes });
        assert_eq!(share_of(Some(90.0), Some(1), Some(4)), Some(0.25));
        assert_eq!(share_of(Some(90.0), Some(0), Some(0)), Some(0.9));
        assert_eq!(share_of(Some(90.0), Some(1), None), Some(0.9));
        assert_eq!(share_of(None, None, None), None);
    }

    #[test]
    fn there_is_no_estimate_without_a_basis() {
        for progress in [
            None,
            Progress::from_megabytes(Some(0), Some(8_192)),
            Progress::from_megabytes(Some(8_192), Some(8_192)),
            Progress::from_megabytes(Some(1), Some(101)),
        ] {
            assert_eq!(told(overdue(), progress), None);
        }
        let in_a_century = Some(Progress { percent: Some(1.0), ..Progress::default() });
        let since = at("04:20:00").checked_sub(SignedDuration::from_hours(24 * 365)).expect("a time");
        assert_eq!(told_of(overdue(), Status::Running, in_a_century, since), None);
        let half = Progress::from_megabytes(Some(1), Some(2));
        let failed = FacetChange::Failed(Failures { since: at("06:20:00"), count: 1 });
        assert_eq!(told_of(failed, Status::Failed, half, at("04:20:00")), None);
    }
}
