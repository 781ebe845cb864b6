//! `tidings rehearse`: plays a scripted day through real passes, offline, with the simulator instead of AWS and a virtual
//! clock. The same scenario always gives the same output.

mod stage;
mod summary;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::Outcome;
use super::error::CliError;
use super::printer::Printer;
use super::rendered::{Channel, Rendered, settings_for};
use super::show::{self, Output, Trouble};
use super::style::{BOLD, DIM, paint};
use crate::config::Config;
use crate::report::Report;
use crate::simulator::Scenario;
use stage::Stage;
use summary::Summary;

/// A scenario that is built in.
struct BuiltIn {
    name: &'static str,
    scenario: &'static str,
    /// The settings to play it with, unless the command names others.
    settings: &'static str,
}

/// The first one is the default.
const BUILT_IN: [BuiltIn; 3] = [
    BuiltIn { name: "day", scenario: include_str!("scenarios/day.toml"), settings: "" },
    BuiltIn {
        name: "night",
        scenario: include_str!("scenarios/night.toml"),
        settings: include_str!("scenarios/night_settings.toml"),
    },
    BuiltIn {
        name: "organization",
        scenario: include_str!("scenarios/organization.toml"),
        settings: include_str!("scenarios/organization_settings.toml"),
    },
];

const EXAMPLES: &str = "\
Examples:
  tidings rehearse                          a day on a data platform, as emails
  tidings rehearse --channel slack          the same, as Slack shows it
  tidings rehearse --scenario night         backups, copies, exports and imports
  tidings rehearse --scenario organization  a day of 200 accounts in three regions
  tidings rehearse --html page.html         and how things stand at the end, in a browser
  tidings rehearse --scenario outage.toml   your own scenario (docs/scenarios.md)
  tidings rehearse --output json            for a program: one JSON value per line";

/// The arguments of `rehearse`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The channel whose form of the notices is printed.
    #[arg(long, value_enum, default_value_t = Channel::Email)]
    channel: Channel,
    /// The scenario (TOML), or a built-in one: `day`, `night`, `organization`. Default: `day`.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// The settings (tidings.toml) to rehearse with.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print for a person, or one JSON value per line for a program.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
    /// Write the page of `tidings status --html`, as it is at the end.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Silence what is failing at the end and has this text in its name.
    #[arg(long, value_name = "TEXT", hide = true)]
    silence: Option<String>,
    /// Write the answers to the CloudWatch widget in light and dark: FILE.light.html and FILE.dark.html.
    #[arg(long, value_name = "FILE", hide = true)]
    widget: Option<PathBuf>,
}

/// Plays the scenario and prints it.
pub(super) fn run(args: &Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let chosen = args.scenario.as_deref().unwrap_or(Path::new(BUILT_IN[0].name));
    let built_in = BUILT_IN.iter().find(|built_in| chosen == Path::new(built_in.name));
    let mut config = match (&args.config, built_in) {
        (None, Some(built_in)) => Config::parse(built_in.settings, built_in.name)?,
        (path, _) => Config::load(path.as_deref())?,
    };
    config.publishing = settings_for(args.channel, config.publishing);
    let (origin, scenario) = match built_in {
        Some(built_in) => (format!("{}, which is built in", built_in.name), Scenario::parse(built_in.scenario)),
        None => (chosen.display().to_string(), Scenario::load(chosen)),
    };
    let scenario = scenario.map_err(|source| CliError::Scenario { origin, source })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    runtime.block_on(play(args, scenario, config, printer))?;
    Ok(Outcome::Fine)
}

async fn play(args: &Args, scenario: Scenario, config: Config, printer: &mut Printer) -> Result<(), CliError> {
    let passes: Vec<Timestamp> = scenario.passes().collect();
    let mut pass_printer = PassPrinter::new(args.channel);
    if args.output == Output::Text {
        printer.line(paint(BOLD, &scenario.title));
        let every = format!("{:#}", scenario.every);
        printer.line(format!("{} passes, one every {every}, from {}", passes.len(), show::day(scenario.start)));
    }
    let mut stage = Stage::new(scenario, config)?;
    let mut summary = Summary::default();
    for at in passes {
        let (report, messages) = stage.pass(at).await?;
        summary.add(&report, &messages);
        match args.output {
            Output::Text => pass_printer.print(printer, &report, &messages),
            Output::Json => show::json_lines(printer, &report, &messages, args.channel),
        }
    }
    if let Some(text) = &args.silence {
        stage.silence(text).await?;
    }
    if let Some(path) = &args.html {
        write(path, &stage.page().await?)?;
    }
    if let Some(path) = &args.widget {
        for theme in ["light", "dark"] {
            write(&path.with_extension(format!("{theme}.html")), &stage.widget(theme).await)?;
        }
    }
    let (unfinished, now) = (stage.unfinished().await?, stage.now());
    match args.output {
        Output::Text => {
            pass_printer.end(printer);
            summary.print(printer, &unfinished);
            if let Some(path) = &args.html {
                printer.note(format!("the page is in {}; open it in a browser", path.display()));
            }
        }
        Output::Json => printer.line(summary.to_json(&unfinished, now)),
    }
    Ok(())
}

fn write(path: &Path, html: &str) -> Result<(), CliError> {
    std::fs::write(path, html).map_err(|source| CliError::Unwritable { path: path.to_owned(), source })
}

/// Prints the passes: one line each, and one line for several passes in a row without notices.
struct PassPrinter {
    channel: Channel,
    quiet: Option<Quiet>,
    trouble: Trouble,
    day: String,
}

/// Passes in a row that had nothing new.
struct Quiet {
    from: Timestamp,
    to: Timestamp,
    passes: usize,
    changed: usize,
    waiting: usize,
}

impl PassPrinter {
    fn new(channel: Channel) -> Self {
        Self { channel, quiet: None, trouble: Trouble::new(), day: String::new() }
    }

    fn print(&mut self, printer: &mut Printer, report: &Report, messages: &[Rendered]) {
        let trouble = show::trouble(report);
        let changes = show::changes_of_trouble(&self.trouble, &trouble);
        self.trouble = trouble;
        if messages.is_empty() && report.noticed == 0 && changes.is_empty() {
            self.keep_quiet(report);
            return;
        }
        self.end(printer);
        let at = report.reference_time;
        self.begin_day(printer, at);
        printer.line(format!("{}  {}", paint(BOLD, show::clock(at)), show::counts(report)));
        for change in changes {
            printer.line(format!("       {change}"));
        }
        for message in messages {
            printer.line(message.laid_out(self.channel));
            if self.channel != Channel::Sms {
                printer.line("");
            }
        }
    }

    fn keep_quiet(&mut self, report: &Report) {
        let at = report.reference_time;
        let quiet = self.quiet.get_or_insert(Quiet { from: at, to: at, passes: 0, changed: 0, waiting: 0 });
        quiet.to = at;
        quiet.passes += 1;
        quiet.changed += report.scopes.iter().map(|scope| scope.changed).sum::<usize>();
        quiet.waiting = report.pending;
    }

    /// Prints the quiet passes so far.
    fn end(&mut self, printer: &mut Printer) {
        let Some(Quiet { from, to, passes, changed, waiting }) = self.quiet.take() else {
            return;
        };
        self.begin_day(printer, from);
        let mut line = match passes {
            1 => format!("{}  nothing new", show::clock(from)),
            _ => format!("{} to {}  nothing new in {passes} passes", show::clock(from), show::clock(to)),
        };
        if changed > 0 {
            let _ = write!(line, ", {changed} changed");
        }
        if waiting > 0 {
            let _ = write!(line, ", {waiting} waiting to be sent");
        }
        printer.line(paint(DIM, line));
    }

    /// Prints the date when a new day begins.
    fn begin_day(&mut self, printer: &mut Printer, at: Timestamp) {
        let day = show::day(at);
        if day != self.day {
            printer.line(format!("\n{}", paint(BOLD, format!("{day} (UTC)"))));
            self.day = day;
        }
    }
}
