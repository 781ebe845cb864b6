//! Progress bars below the notices of `tidings watch`: one for each job that is under way, as long as it is.
//!
//! They are on stderr, and only if both outputs are a terminal and a person reads them.

use std::collections::BTreeMap;
use std::io::{IsTerminal, stderr, stdout};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::show::Output;
use super::tracked::{bar, number};
use crate::page::Job;

/// How many bars there are. A line says how many jobs have none.
const MOST: usize = 8;

/// The bars. Without a terminal there are none.
pub(super) struct Bars(Option<Shown>);

struct Shown {
    multi: MultiProgress,
    /// By the id of the job.
    bars: BTreeMap<String, ProgressBar>,
    /// The line under the bars.
    more: Option<ProgressBar>,
}

impl Bars {
    pub fn on_terminal(output: Output) -> Self {
        let is_read_by_person = output == Output::Text && stdout().is_terminal() && stderr().is_terminal();
        Self(is_read_by_person.then(|| Shown {
            multi: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()),
            bars: BTreeMap::new(),
            more: None,
        }))
    }

    pub const fn are_shown(&self) -> bool {
        self.0.is_some()
    }

    /// Prints something above the bars.
    pub fn above<R>(&self, print: impl FnOnce() -> R) -> R {
        match &self.0 {
            Some(shown) => shown.multi.suspend(print),
            None => print(),
        }
    }

    /// Shows these jobs, and no others.
    pub fn show(&mut self, jobs: &[Job]) {
        let Some(Shown { multi, bars, more }) = &mut self.0 else { return };
        let (with_bar, without) = jobs.split_at(jobs.len().min(MOST));
        bars.retain(|id, bar| {
            let is_on = with_bar.iter().any(|job| job.id == *id);
            if !is_on {
                bar.finish_and_clear();
                multi.remove(bar);
            }
            is_on
        });
        if let Some(line) = more.take() {
            line.finish_and_clear();
            multi.remove(&line);
        }
        for (position, job) in with_bar.iter().enumerate() {
            let bar = bars.entry(job.id.clone()).or_insert_with(|| multi.insert(position, ProgressBar::no_length()));
            bar.set_style(style(if job.warning.is_some() {
                "{prefix:.yellow} {wide_msg}"
            } else {
                "{prefix:.cyan} {wide_msg}"
            }));
            bar.set_prefix(prefix(job));
            bar.set_message(message(job));
            bar.tick();
        }
        if !without.is_empty() {
            let line = multi.add(ProgressBar::no_length());
            line.set_style(style("{wide_msg}"));
            line.set_message(format!("and {} more: `tidings status` shows all", without.len()));
            line.tick();
            *more = Some(line);
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.multi.clear().ok();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// `██████░░░░  61 %`.
fn prefix(job: &Job) -> String {
    match job.percent {
        Some(percent) => format!("{} {:>5}", bar(percent), number(percent)),
        None => format!("{} {:>5}", bar(0.0), "?"),
    }
}

/// `583 KiB/s, 2 h left: table restore of dev.public.orders on cluster analytics`.
fn message(job: &Job) -> String {
    let said: Vec<&str> = job.warning.as_deref().into_iter().chain(job.brief.as_deref()).collect();
    if said.is_empty() { job.what.clone() } else { format!("{}: {}", said.join(", "), job.what) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(id: &str, percent: Option<f64>, warning: Option<&str>, brief: Option<&str>) -> Job {
        Job {
            id: id.to_owned(),
            what: format!("table restore {id}"),
            source: "table restores in Amazon Redshift",
            place: "123456789012, us-east-1".to_owned(),
            since: "running for 2 h".to_owned(),
            warning: warning.map(str::to_owned),
            percent,
            progress: None,
            estimate: None,
            brief: brief.map(str::to_owned),
        }
    }

    #[test]
    fn a_line_says_how_far_how_fast_and_what() {
        let line = |job: &Job| format!("{} {}", prefix(job), message(job));
        assert_eq!(
            line(&job("a", Some(61.8), None, Some("583 KiB/s, 2 h left"))),
            "██████░░░░  61 % 583 KiB/s, 2 h left: table restore a"
        );
        assert_eq!(
            line(&job("b", None, Some("Stalled for 3 h"), None)),
            "░░░░░░░░░░     ? Stalled for 3 h: table restore b"
        );
        assert_eq!(line(&job("c", Some(0.0), None, None)), "░░░░░░░░░░   0 % table restore c");
    }

    #[test]
    fn a_bar_is_there_as_long_as_its_job() {
        let multi = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        let mut bars = Bars(Some(Shown { multi, bars: BTreeMap::new(), more: None }));
        let ids = |bars: &Bars| bars.0.as_ref().map(|shown| shown.bars.keys().cloned().collect::<Vec<_>>());
        bars.show(&[job("a", Some(1.0), None, None), job("b", None, None, None)]);
        assert_eq!(ids(&bars), Some(vec!["a".to_owned(), "b".to_owned()]));
        bars.show(&[job("b", None, None, None)]);
        assert_eq!(ids(&bars), Some(vec!["b".to_owned()]));
        let many: Vec<Job> = (0..MOST + 3).map(|number| job(&number.to_string(), None, None, None)).collect();
        bars.show(&many);
        let shown = bars.0.as_ref().expect("bars");
        assert_eq!(
            (shown.bars.len(), shown.more.as_ref().map(ProgressBar::message)),
            (MOST, Some("and 3 more: `tidings status` shows all".to_owned()))
        );
    }
}
