//! A user's machine: a home of its own, an AWS account that is simulated, and the `tidings` command.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tidings::simulator::{Clock, Fault, Simulator};

use crate::support::account::serve;

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The lines of stdout as JSON, at least one.
    pub fn json(&self) -> Vec<Value> {
        let lines: Vec<Value> =
            self.stdout.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
        assert!(!lines.is_empty(), "nothing was printed; stderr: {}", self.stderr);
        lines
    }

    #[track_caller]
    pub fn expect(&self, code: i32, out: &[&str], err: &[&str]) -> &Self {
        assert_eq!(self.code, code, "{self:#?}");
        for (text, parts) in [(&self.stdout, out), (&self.stderr, err)] {
            for part in parts {
                assert!(!part.is_empty() && text.contains(part), "{part:?} is missing: {self:#?}");
            }
        }
        self
    }
}

/// A machine with an empty home, and an account that answers on a port of this one.
pub struct Machine {
    pub home: PathBuf,
    pub simulator: Simulator,
    endpoint: String,
}

impl Machine {
    /// A machine whose home is a directory of that name, which must be the test's own.
    pub fn new(name: &str) -> Self {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(name);
        std::fs::remove_dir_all(&home).ok();
        std::fs::create_dir_all(&home).expect("a home");
        let simulator = Simulator::with_clock(Clock::system());
        simulator.create_table("tidings").expect("a table");
        let endpoint = serve(&simulator);
        Self { home, simulator, endpoint }
    }

    /// The command, with an environment that holds nothing of this machine's.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(arguments);
        command.env("HOME", &self.home).envs([
            ("AWS_ENDPOINT_URL", self.endpoint.as_str()),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "simulated"),
            ("AWS_SECRET_ACCESS_KEY", "simulated"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ]);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        finish(&mut self.command(arguments))
    }

    /// Makes a change to the account, in the words of a scenario.
    pub fn change(&self, change: Value) {
        let change = serde_json::from_value(change).expect("a change");
        self.simulator.apply(&change).expect("a change that can be made");
    }

    pub fn inject(&self, fault: Value) {
        let fault: Fault = serde_json::from_value(fault).expect("a fault");
        self.simulator.inject(fault);
    }

    /// A restore under way, a compaction that fails, a replication that works.
    pub fn furnish(&self) {
        let table = |more: Value| {
            let mut table = json!({"bucket": "lake", "namespace": "web", "name": "clicks"});
            table.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
            table
        };
        self.change(json!({
            "redshift": {"id": "r-1", "cluster": "analytics", "source": "dev.public.orders",
                         "status": "IN_PROGRESS", "progress_mb": 512, "total_mb": 2048},
            "maintenance": table(json!({"job": "icebergCompaction", "status": "Failed", "message": "no access"})),
            "replication": table(json!({"destination": "lake-replica", "status": "Completed"})),
        }));
    }
}

/// A file of that name, which must be the test's own, and its path.
pub fn written(name: &str, text: &str) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli");
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file");
    path.to_str().expect("a path").to_owned()
}

/// The command on a machine without an account.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    command.env_clear().args(arguments).stdin(Stdio::null());
    command
}

pub fn finish(command: &mut Command) -> Ran {
    let output = command.output().expect("the command starts");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Ran { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}
