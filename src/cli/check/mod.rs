//! `tidings check`: checks a settings file, prints the settings in effect, and tests the rules with the user's own cases.

mod cases;
mod effective;
mod reference;
mod result;

use std::path::PathBuf;

use super::Outcome;
use super::error::CliError;
use super::printer::Printer;
use super::show::Output;
use super::style::{BOLD, DIM, GREEN, RED, paint};
use crate::config::Config;
use result::CaseResult;

const EXAMPLES: &str = "\
Examples:
  tidings check                                        the built-in settings
  tidings check --config tidings.toml                  check the file and print the settings in effect
  tidings check --config tidings.toml --test cases.toml   check your own cases

Exit codes with --test: 0 all results are as expected, 1 one is not, 2 a file has a mistake.
docs/settings.md describes both files.";

/// The arguments of `check`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The settings (tidings.toml). Default: the built-in settings.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Your own cases (TOML), each with what you expect.
    #[arg(long, value_name = "FILE")]
    test: Option<PathBuf>,
    /// The default topic: topics in rules must be in its region.
    #[arg(long, value_name = "ARN")]
    topic_arn: Option<String>,
    /// Print text for a person, or one JSON document for a program.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
    /// Print the reference of all settings as Markdown: docs/settings.md.
    #[arg(long, hide = true)]
    reference: bool,
}

/// Checks the files and prints the result.
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
    let results: Vec<CaseResult> = cases.iter().map(|case| CaseResult::on(case, &config.policy)).collect();
    if let Some(name) = results.iter().find_map(CaseResult::lacks_time) {
        return Err(CliError::CaseWithoutTime { case: name.to_owned() });
    }
    report(args, &results, printer);
    Ok(if results.iter().all(CaseResult::is_fine) { Outcome::Fine } else { Outcome::Findings })
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
        Some(origin) => format!("{origin} has no mistakes and {rules} rules; these are the settings in effect"),
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

/// Prints the results of the cases.
fn report(args: &Args, results: &[CaseResult], printer: &mut Printer) {
    if args.output == Output::Json {
        printer.line(result::json(results));
        return;
    }
    for result in results {
        let sign = if result.is_fine() { paint(GREEN, "pass") } else { paint(RED, "FAIL") };
        printer.line(format!("{sign}  {}", result.name));
        printer.line(paint(DIM, format!("      rules: {}", result.rules())));
        for difference in &result.differences {
            printer
                .line(format!("      {}: expected {}, is {}", difference.key, difference.expected, difference.actual));
        }
    }
    let failed = results.iter().filter(|result| !result.is_fine()).count();
    printer.line(match failed {
        0 => format!("{} cases, all as expected", results.len()),
        _ => format!("{} cases, {failed} not as expected", results.len()),
    });
}
