//! `tidings check`: whether a settings file is right, what it adds up to, and whether the user's own cases come out as
//! they should.

mod cases;
mod effective;
mod reference;
mod verdict;

use std::path::PathBuf;

use super::Outcome;
use super::error::CliError;
use super::printer::Printer;
use super::show::Output;
use super::style::{BOLD, DIM, GREEN, RED, paint};
use crate::config::Config;
use verdict::Verdict;

const EXAMPLES: &str = "\
Examples:
  tidings check                                        the built-in settings
  tidings check --config tidings.toml                  is the file right, and what does it add up to?
  tidings check --config tidings.toml --test cases.toml   do your own cases come out as they should?

With --test, exit codes are 0 all cases come out as expected, 1 one does not, 2 a file is
wrong. docs/settings.md describes both files.";

/// What `check` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The settings (tidings.toml); the built-in ones unless given.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Cases of your own (TOML), each with what is expected of it.
    #[arg(long, value_name = "FILE")]
    test: Option<PathBuf>,
    /// The topic that tidings publishes to: what rules name must be in its region.
    #[arg(long, value_name = "ARN")]
    topic_arn: Option<String>,
    /// Print for a person, or one JSON document for a program.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
    /// Print the reference of all settings as Markdown: docs/settings.md.
    #[arg(long, hide = true)]
    reference: bool,
}

/// Checks the files and prints what they come to.
pub(super) fn run(args: &Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    if args.reference {
        printer.line(reference::markdown().trim_end());
        return Ok(Outcome::Fine);
    }
    if let Some(arn) = args.topic_arn.as_ref().filter(|arn| crate::config::topic_region(arn).is_none()) {
        return Err(CliError::TopicArn(arn.clone()));
    }
    let config = Config::load_for(args.config.as_deref(), args.topic_arn.as_deref())?;
    let Some(path) = &args.test else {
        show(args, &config, printer);
        return Ok(Outcome::Fine);
    };
    let origin = path.display().to_string();
    let text =
        std::fs::read_to_string(path).map_err(|source| CliError::CasesUnreadable { path: path.clone(), source })?;
    let cases = cases::read(&text).map_err(|mistakes| CliError::Cases { origin: origin.clone(), mistakes })?;
    let verdicts: Vec<Verdict> = cases.iter().map(|case| Verdict::on(case, &config.policy)).collect();
    if let Some(name) = verdicts.iter().find_map(Verdict::lacks_time) {
        return Err(CliError::CaseWithoutTime { case: name.to_owned() });
    }
    report(args, &verdicts, printer);
    Ok(if verdicts.iter().all(Verdict::is_fine) { Outcome::Fine } else { Outcome::Findings })
}

/// Prints the settings in effect.
fn show(args: &Args, config: &Config, printer: &mut Printer) {
    let origin = args.config.as_ref().map(|path| path.display().to_string());
    if args.output == Output::Json {
        printer.line(effective::json(config));
        return;
    }
    let rules = config.policy.rules.len() - crate::domain::Rule::shipped().len();
    printer.note(match &origin {
        Some(origin) => format!("{origin} is right: {rules} rules of its own; this is what holds"),
        None => "these are the built-in settings".to_owned(),
    });
    for line in effective::toml(config).lines() {
        printer.line(match line.split_once("  # default") {
            Some((setting, default)) => {
                format!("{}{}", paint(BOLD, setting), paint(DIM, format!("  # default{default}")))
            }
            None if line.starts_with('#') => paint(DIM, line),
            None if line.starts_with('[') => paint(BOLD, line),
            None => line.to_owned(),
        });
    }
}

/// Prints how the cases came out.
fn report(args: &Args, verdicts: &[Verdict], printer: &mut Printer) {
    if args.output == Output::Json {
        printer.line(verdict::json(verdicts));
        return;
    }
    for verdict in verdicts {
        let sign = if verdict.is_fine() { paint(GREEN, "pass") } else { paint(RED, "FAIL") };
        printer.line(format!("{sign}  {}", verdict.name));
        printer.line(paint(DIM, format!("      rules: {}", verdict.rules())));
        for difference in &verdict.differences {
            printer
                .line(format!("      {}: expected {}, is {}", difference.key, difference.expected, difference.actual));
        }
    }
    let failed = verdicts.iter().filter(|verdict| !verdict.is_fine()).count();
    printer.line(match failed {
        0 => format!("{} cases, all as expected", verdicts.len()),
        _ => format!("{} cases, {failed} not as expected", verdicts.len()),
    });
}
