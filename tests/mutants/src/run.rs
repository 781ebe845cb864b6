//! Wakes one mutant after the other and runs the tests that reach it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::build::Built;

/// What became of a mutant.
#[derive(Clone, Debug)]
pub enum Verdict {
    Failed {
        tests: &'static str,
        test: String,
    },
    /// It hangs, which nobody would overlook.
    TimedOut {
        tests: &'static str,
    },
    Survived {
        reached_by: usize,
    },
}

impl Verdict {
    /// What caught it, for the figures.
    pub const fn by(&self) -> &'static str {
        match self {
            Self::Failed { tests, .. } => tests,
            Self::TimedOut { .. } => "timeout",
            Self::Survived { .. } => "survived",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { tests, test } => write!(f, "{tests}: {test}"),
            Self::TimedOut { tests } => write!(f, "{tests}: timeout"),
            Self::Survived { reached_by } => write!(f, "survived {reached_by} tests that reach it"),
        }
    }
}

/// Which tests of which binary reach a mutant. What was reached outside of any test's thread is reached by all.
type Reach = BTreeMap<usize, BTreeSet<String>>;

/// One binary of tests with what is known of it from a run without mutants.
struct Tests<'b> {
    name: &'static str,
    binary: &'b Path,
    reach: Reach,
    all: BTreeSet<String>,
    patience: Duration,
}

enum End {
    Passed,
    Failed(String),
    TimedOut,
}

pub fn run(built: &Built, chosen: &[usize]) -> BTreeMap<usize, Verdict> {
    let tests: Vec<Tests> = built.tests.iter().map(|(name, binary)| rehearse(built, name, binary)).collect();
    let (next, verdicts) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let workers = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(id) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let verdict = judge(built, &tests, *id);
                    if matches!(verdict, Verdict::Survived { .. }) {
                        println!("  {verdict}: {}", built.mutants[*id].place());
                    }
                    verdicts.lock().expect("nobody panics").insert(*id, verdict);
                }
            });
        }
    });
    verdicts.into_inner().expect("nobody panics")
}

/// The tests as they are: all must pass, and leave behind which mutants each of them reaches.
fn rehearse<'b>(built: &'b Built, name: &'static str, binary: &'b PathBuf) -> Tests<'b> {
    let seen = built.tree.with_file_name("seen.txt");
    let _ = fs::remove_file(&seen);
    let begun = Instant::now();
    match execute(built, binary, &[("TIDINGS_MUTANTS_SEEN", &seen.to_string_lossy())], &[], Duration::from_mins(20)) {
        End::Passed => {}
        End::Failed(test) => panic!("{name}: {test} fails without any mutant"),
        End::TimedOut => panic!("{name}: hangs without any mutant"),
    }
    let mut reach = Reach::new();
    for line in fs::read_to_string(&seen).unwrap_or_default().lines() {
        let (id, test) = line.split_once(' ').expect("an id and a test");
        reach.entry(id.parse().expect("an id")).or_default().insert(test.to_owned());
    }
    println!("{name}: {:.0} s, {} mutants reached", begun.elapsed().as_secs_f64(), reach.len());
    Tests { name, binary, reach, all: tests_of(binary), patience: begun.elapsed() * 3 + Duration::from_secs(20) }
}

fn tests_of(binary: &Path) -> BTreeSet<String> {
    let listed = Command::new(binary).arg("--list").output().expect("a test binary");
    let listed = String::from_utf8_lossy(&listed.stdout);
    listed.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
}

/// The tests that take seconds: they get their turn when all others have passed.
const SLOW: [&str; 3] = ["properties::", "storm::", "pace::"];

fn judge(built: &Built, tests: &[Tests], id: usize) -> Verdict {
    let awake = id.to_string();
    let mut reached_by = 0;
    for slowly in [false, true] {
        for Tests { name, binary, reach, all, patience } in tests {
            let reaching = reach.get(&id).into_iter().flatten().map(String::as_str);
            // A thread without a name may belong to any test.
            let mut names: Vec<&str> = match reach.get(&id) {
                Some(names) if names.contains("") => all.iter().map(String::as_str).collect(),
                _ => reaching.collect(),
            };
            names.retain(|name| SLOW.iter().any(|slow| name.contains(slow)) == slowly);
            if names.is_empty() {
                continue;
            }
            reached_by += names.len();
            match execute(built, binary, &[("TIDINGS_MUTANT", &awake)], &names, *patience) {
                End::Passed => {}
                End::Failed(test) => return Verdict::Failed { tests: name, test },
                End::TimedOut => return Verdict::TimedOut { tests: name },
            }
        }
    }
    Verdict::Survived { reached_by }
}

/// Runs tests until one fails.
fn execute(built: &Built, binary: &Path, environment: &[(&str, &str)], names: &[&str], patience: Duration) -> End {
    // A mutant may fill the memory before it is missed.
    let mut command = Command::new("sh");
    command.args(["-c", r#"ulimit -v 6000000; exec "$@""#, "sh"]).arg(binary);
    if !names.is_empty() {
        command.arg("--exact").args(names);
    }
    command.current_dir(&built.tree).env("INSTA_UPDATE", "no").env("INSTA_WORKSPACE_ROOT", &built.tree);
    command.envs(environment.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = command.spawn().expect("a test binary");
    let output = BufReader::new(process.stdout.take().expect("its output"));
    let (send, lines) = mpsc::channel();
    thread::spawn(move || output.lines().map_while(Result::ok).all(|line| send.send(line).is_ok()));
    let deadline = Instant::now() + patience;
    let end = loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                if let Some(test) = line.strip_prefix("test ").and_then(|line| line.strip_suffix(" ... FAILED")) {
                    break End::Failed(test.to_owned());
                }
            }
            Err(RecvTimeoutError::Timeout) => break End::TimedOut,
            Err(RecvTimeoutError::Disconnected) => {
                let ended = process.wait().expect("an end");
                return if ended.success() { End::Passed } else { End::Failed("it aborts".to_owned()) };
            }
        }
    };
    let _ = process.kill();
    let _ = process.wait();
    end
}
