//! `tidings watch`: news as they come, trouble once, and a clean end.
#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::json;

use crate::machine::Machine;

/// How long a line may take.
const PATIENCE: Duration = Duration::from_secs(30);

struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(machine: &Machine) -> Self {
        let mut command = machine.command(&["watch", "--every", "1s", "--channel", "sms"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the command starts");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, lines) = channel();
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok()));
        Self { child, lines }
    }

    /// The lines up to the first one that contains `part`.
    #[track_caller]
    fn until(&self, part: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            lines.push(line.unwrap_or_else(|_| panic!("{part:?} did not come after {lines:#?}")));
            if lines.last().is_some_and(|line| line.contains(part)) {
                return lines;
            }
        }
    }

    /// Interrupts it, as Ctrl-C does. The exit code and what it still printed.
    fn interrupt(mut self) -> (Option<i32>, Vec<String>) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status().expect("kill");
        assert!(sent.success());
        let code = self.child.wait().expect("an end").code();
        (code, self.lines.iter().collect())
    }
}

#[test]
fn news_trouble_and_an_end() {
    let machine = Machine::new("watch");
    machine.furnish();
    let watch = Watch::start(&machine);
    watch.until("Now watching: S3 Tables maintenance");

    // Whoever else wants the state is turned away; looking is fine.
    machine.run(&["poll"]).expect(2, &[], &["is in use by another tidings", "hint: stop the other process"]);
    machine.run(&["status"]).expect(0, &["icebergCompaction"], &[]);

    machine.change(json!({"redshift": {"id": "r-1", "status": "FAILED", "message": "disk full"}}));
    watch.until("FAILED: table restore of dev.public.orders");

    machine.inject(json!({"service": "backup", "kind": "access-denied"}));
    let denied = "backup: backup:ListRestoreJobs was denied";
    let before = watch.until(denied);
    let passes =
        |machine: &Machine| machine.simulator.calls().iter().filter(|call| call.operation == "ListRestoreJobs").count();
    let seen = passes(&machine);
    while passes(&machine) < seen + 2 {
        std::thread::sleep(Duration::from_millis(50));
    }
    machine.simulator.clear_faults();
    let trouble = [before, watch.until("backup: works again")].concat();
    assert_eq!(trouble.iter().filter(|line| line.contains(denied)).count(), 1, "told once: {trouble:#?}");

    let (code, rest) = watch.interrupt();
    assert_eq!(code, Some(0), "{rest:#?}");
    machine.run(&["poll"]).expect(0, &["account 123456789012, us-east-1"], &[]);
}

#[test]
fn a_period_that_makes_no_sense_is_refused() {
    let machine = Machine::new("period");
    for period in ["0s", "soon", "-1m"] {
        let argument = format!("--every={period}");
        machine.run(&["watch", &argument]).expect(2, &[], &["--every"]);
    }
}

/// Runs the command in a terminal of 100 columns, which util-linux makes.
#[expect(clippy::disallowed_macros, reason = "whoever runs the tests has to see what was skipped")]
fn in_terminal(machine: &Machine, arguments: &str) -> Option<Terminal> {
    if Command::new("script").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("SKIPPED: the bars of `watch` in a terminal, because `script` of util-linux is not installed");
        return None;
    }
    let plain = machine.command(&[]);
    let program = plain.get_program().to_str().expect("a path").to_owned();
    let mut command = Command::new("script");
    command.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("TERM", "xterm").env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let line = format!("stty cols 100 rows 30; exec {program} {arguments}");
    command.args(["--quiet", "--flush", "--command", &line, "/dev/null"]);
    Some(Terminal(command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("a terminal")))
}

/// A terminal. It is closed when this value is dropped, so also when a test fails, and what runs in it ends.
struct Terminal(Child);

impl Drop for Terminal {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn in_a_terminal_bars_show_what_is_under_way_until_it_ends() {
    let machine = Machine::new("bars");
    machine.furnish();
    let Some(mut terminal) = in_terminal(&machine, "watch --every 1s --channel sms") else { return };
    // Bars have no line end, so pieces are read and not lines.
    let mut stdout = terminal.0.stdout.take().expect("a pipe");
    let (sender, pieces) = channel();
    std::thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = std::io::Read::read(&mut stdout, &mut piece) {
            sender.send(String::from_utf8_lossy(&piece[..length]).into_owned()).ok();
        }
    });
    let mut seen = String::new();
    let mut until = |part: &str| {
        let from = seen.len();
        while !seen[from..].contains(part) {
            let piece = pieces.recv_timeout(PATIENCE);
            seen += &piece.unwrap_or_else(|_| panic!("{part:?} did not come: {seen:?}"));
        }
        seen[from..].to_owned()
    };
    until("25 %");
    machine.change(json!({"redshift": {"id": "r-1", "progress_mb": 1024}}));
    until("50 %");
    machine.change(json!({"redshift": {"id": "r-1", "status": "FAILED", "message": "disk full"}}));
    until("FAILED: table restore of dev.public.orders");
    // Whatever is drawn from now on has no bar. News of something else shows that passes go on.
    machine.change(json!({"backup": {"id": "b-1", "status": "COMPLETED", "resource_type": "EBS"}}));
    let after = until("Completed: EBS restore");
    assert!(!after.contains("50 %"), "the bar is still there: {after:?}");
}
